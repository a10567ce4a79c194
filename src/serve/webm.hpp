// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A live WebM stream of one Opus track (Matroska, RFC 9559; Opus in Matroska): head and blocks as
/// bytes.
///
/// Every block is a cluster of its own with its time, of unknown stream length: a browser's <audio>
/// plays it as it comes. 20 ms packets: 0.6 kB/s of overhead.
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "serve/outbox.hpp"

namespace attune::serve {

/// Threads: one owner.
class WebmStream {
public:
    /// pre_skip: frames that the decoder throws away at the start, at 48 kHz.
    explicit WebmStream(int pre_skip) : pre_skip_(pre_skip) {}
    [[nodiscard]] Bytes head() const;
    /// `frame` is the packet's first frame at 48 kHz; time in the stream begins at the first block.
    [[nodiscard]] Bytes block(std::int64_t frame, std::span<const std::uint8_t> opus);

private:
    int pre_skip_;
    std::int64_t first_frame_ = -1;
};

}  // namespace attune::serve
