// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Strong types where a mistake is cheap to make. A frame is one sample of every channel.
#include <cmath>
#include <compare>
#include <cstdint>

namespace attune {

/// A length in frames at the engine's rate.
struct FrameCount {
    std::int64_t value = 0;
    auto operator<=>(const FrameCount&) const = default;
    friend constexpr FrameCount operator+(FrameCount a, FrameCount b) { return {a.value + b.value}; }
    friend constexpr FrameCount operator-(FrameCount a, FrameCount b) { return {a.value - b.value}; }
};

/// A position in frames from the start of a timeline. Position ± length is legal, position + position
/// does not compile.
struct FramePos {
    std::int64_t value = 0;
    auto operator<=>(const FramePos&) const = default;
    friend constexpr FramePos operator+(FramePos p, FrameCount n) { return {p.value + n.value}; }
    friend constexpr FramePos operator-(FramePos p, FrameCount n) { return {p.value - n.value}; }
    friend constexpr FrameCount operator-(FramePos a, FramePos b) { return {a.value - b.value}; }
};

/// Frames per second of an audio stream [Hz], 1000..384000.
struct SampleRate {
    int hz = 48000;
    auto operator<=>(const SampleRate&) const = default;
    [[nodiscard]] constexpr bool valid() const { return hz >= 1000 && hz <= 384000; }
    [[nodiscard]] constexpr double seconds(FrameCount n) const {
        return static_cast<double>(n.value) / static_cast<double>(hz);
    }
    [[nodiscard]] FrameCount frames(double seconds) const {
        return {static_cast<std::int64_t>(std::llround(seconds * static_cast<double>(hz)))};
    }
};

/// The engine always runs at this rate; sources and sinks resample.
inline constexpr SampleRate kEngineRate{48000};

[[nodiscard]] inline double db_to_gain(double db) { return std::pow(10.0, db / 20.0); }
[[nodiscard]] inline double gain_to_db(double gain) { return 20.0 * std::log10(gain); }

}  // namespace attune
