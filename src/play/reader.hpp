// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A file on its way into a ring: one decoder thread that nobody waits for.
///
/// In       open(): an item and the first source frame. Out  frames at the file's rate, from the
/// ring Threads  the engine thread calls everything but the constructor and the destructor
/// (RT-SAFE: the
///          thread is woken by a futex, nothing is locked); the decoder thread opens, seeks,
///          decodes. It may hang for ever on a dead disk: the ring stays what it is, and close()
///          only leaves a note
/// Errors   state() kFailed with error(); what was decoded before can still be read
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "core/spsc_ring.hpp"
#include "media/resampler.hpp"
#include "play/item.hpp"

namespace attune::play {

struct Frame {
    float left = 0.0F, right = 0.0F;
};

class Reader {
public:
    enum class State : std::uint32_t {
        kIdle,
        kRequested,
        kOpening,
        kStreaming,
        kDone,
        kFailed,
        kClosing
    };

    /// `buffer_s` >= 5: seconds that the ring holds.
    explicit Reader(double buffer_s);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// False unless idle.
    bool open(const Item* item, std::int64_t first) noexcept;
    /// The ring is forgotten; the reader is idle again as soon as its thread has seen it.
    void close() noexcept;

    [[nodiscard]] State state() const noexcept;
    [[nodiscard]] bool idle() const noexcept { return state() == State::kIdle; }
    /// Opened, and its rate, length and resampler may be asked for.
    [[nodiscard]] bool opened() const noexcept;
    /// No more frames will come than are in the ring.
    [[nodiscard]] bool finished() const noexcept;
    [[nodiscard]] bool failed() const noexcept { return state() == State::kFailed; }
    /// The engine's own note that it has passed the failure on; cleared by open().
    [[nodiscard]] bool told() const noexcept { return told_; }
    void mark_told() noexcept { told_ = true; }
    [[nodiscard]] ErrorCode error() const noexcept;
    [[nodiscard]] const Item* item() const noexcept { return item_; }
    [[nodiscard]] std::int64_t first() const noexcept { return first_; }
    [[nodiscard]] int rate_hz() const noexcept;
    /// Length of the whole file as known by now [source frames]; 0 = not yet.
    [[nodiscard]] std::int64_t source_frames() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t read(std::span<Frame> out) noexcept;
    /// The filter from this file's rate to 48 kHz; may be exchanged for another of the same kind.
    [[nodiscard]] std::unique_ptr<media::Resampler>& resampler() noexcept;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;  ///< shared: a hung thread outlives its reader
    const Item* item_ = nullptr;
    std::int64_t first_ = 0;
    bool told_ = false;
    std::thread thread_;
};

}  // namespace attune::play
