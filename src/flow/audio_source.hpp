// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// media, compose → play: anything that makes stereo sound at the engine's rate.
#include <cstdint>
#include <span>

#include "core/result.hpp"
#include "core/units.hpp"

namespace attune::flow {

/// Threads: prepare() on any thread before the first process(); process() on one thread at a time.
class AudioSource {
public:
    virtual ~AudioSource() = default;
    /// Allocates and warms up for blocks of at most max_block frames at kEngineRate.
    [[nodiscard]] virtual Result<void> prepare(int max_block) = 0;
    /// Fills both channels (same size, <= max_block) and returns the frames written; fewer than asked
    /// means the end, or, if !finished(), that the rest is not there yet.
    /// RT-SAFE: allocates, locks, logs and opens nothing.
    [[nodiscard]] virtual std::size_t process(std::span<float> left, std::span<float> right) noexcept = 0;
    [[nodiscard]] virtual bool finished() const noexcept = 0;
    /// [frames] between what is asked for and what is heard.
    [[nodiscard]] virtual FrameCount latency() const noexcept = 0;
};

}  // namespace attune::flow
