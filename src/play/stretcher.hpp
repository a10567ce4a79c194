// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Tempo without pitch: Rubber Band R3 with short windows, kept to the timeline's clock.
///
/// In       the stream at 48 kHz, pulled through a window on it; ratio = stream frames per output frame
/// Out      as many frames as asked for; output frame 0 lies at the position given to begin()
/// Place    every step of the stretcher is known, in its input and its output, and set so that the
///          output stays on the integral of the ratio within 2 frames. A transient is moved as a whole
///          within a step of some 500 frames: it may lie 48 frames off at 15 %
/// Ramps    may pass ratio 1 either way: nothing is reset by that (residual of a sine <= -62 dBFS)
/// Threads  one owner; begin() and process() are RT-SAFE after create() (measured under the guard)
/// Method   Rubber Band 3.1 "finer" engine. At ratio 1 its output equals the input within -130 dBFS, but
///          for the highest 30 Hz below 24 kHz, which it drops: they go past it where it meets the dry signal
#include <cstdint>
#include <memory>
#include <span>

#include "core/result.hpp"

namespace attune::play {

/// A stretch of the stream that can be looked at: `frame` counts from the stream's start.
class StreamWindow {
public:
    virtual ~StreamWindow() = default;
    /// Copies n frames from `from` on; what is not there (before 0, or not yet decoded) is silence.
    virtual void copy(std::int64_t from, std::span<float> left,
                      std::span<float> right) noexcept = 0;
};

class Stretcher {
public:
    [[nodiscard]] static Result<std::unique_ptr<Stretcher>> create();
    ~Stretcher();
    Stretcher(const Stretcher&) = delete;
    Stretcher& operator=(const Stretcher&) = delete;

    /// The next output frame lies at stream frame `position`, rounded; primed with what lies before it.
    /// `ratio` is 1 to take over from the dry signal: the first kBlend frames are the stream, within
    /// -100 dBFS, whatever process() is asked for. Another one, where nothing has sounded before, holds at once.
    void begin(StreamWindow& stream, double position, double ratio = 1.0) noexcept;
    static constexpr int kBlend = 480;
    void process(StreamWindow& stream, double ratio, std::span<float> left,
                 std::span<float> right) noexcept;
    /// Output frames since the stretcher last did anything but copy.
    [[nodiscard]] std::int64_t unity_frames() const noexcept;
    /// The ratio has been 1 for so long that the output is the input, within -100 dBFS.
    [[nodiscard]] bool is_input() const noexcept;
    /// Stream frames that must be decoded beyond the position.
    [[nodiscard]] static constexpr std::int64_t look_ahead() { return 6144; }
    /// And before it, for begin().
    [[nodiscard]] static constexpr std::int64_t look_back() { return 2048; }

private:
    Stretcher();
    void feed(StreamWindow& stream) noexcept;
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace attune::play
