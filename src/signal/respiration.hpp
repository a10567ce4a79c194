// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Breaths a minute, streaming: from chest movement or air flow itself, or from what breath does to the heart.
///
/// In       kChannel: breath in any unit, 4..1000 Hz. kEcg: 80..4000 Hz. kPpg: 20..1000 Hz. kRr: intervals between
///          beats [ms], each with the time of the later beat. NaN counts as the last value
/// Out      one BreathRate a second of signal, of the 32 s before it; 4..40 a minute, and from beats never more than
///          0.45 of the beats. Where nothing swings like breath there is none: it is unknown, not 0
/// Gate     quality = share of a series' power within 0.05 Hz of its peak (white noise: below 0.5). A series counts
///          from 0.6 on; those that count must agree within 3 a minute, and one alone must reach 0.7. A pulse that
///          is unlike those before it, an interval outside 0.3 .. 2 s, or 3 s without a beat begin the window anew
/// Late     kEcg 3 s at most, kPpg 1 s, kRr one beat, kChannel 0.3 s; streaming equals batch for any blocks, bit by bit
/// Threads  one owner; allocates
/// Errors   create(): kBadArgument names rate and range
/// Method   ECG: height of the R wave above the S wave, and sinus arrhythmia; PPG: height, baseline and rate of the
///          pulse (Charlton et al. 2018, doi:10.1109/RBME.2017.2763681); fused where they agree (Karlen et al. 2013,
///          doi:10.1109/TBME.2013.2246160); 4 Hz, trend removed, Hann, spectrum, peak by a parabola
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::signal {

enum class BreathOf { kChannel, kEcg, kPpg, kRr };
[[nodiscard]] const char* to_string(BreathOf of) noexcept;

struct BreathRate {
    double t_s = 0.0;      ///< end of its window, from the first sample on
    double per_min = 0.0;
    double quality = 0.0;  ///< 0..1, the mean of the series that count
};

class Respiration {
public:
    /// `rate_hz` is not used for kRr.
    [[nodiscard]] static Result<Respiration> create(BreathOf of, double rate_hz);
    ~Respiration();
    Respiration(Respiration&&) noexcept;
    Respiration& operator=(Respiration&&) noexcept;

    /// Appends the rates that became certain. Not for kRr.
    void push(std::span<const float> samples, std::vector<BreathRate>& rates);
    /// kRr: a beat at t_s and the interval that it ends.
    void push_interval(double t_s, double rr_ms, std::vector<BreathRate>& rates);
    void reset();

private:
    struct State;
    explicit Respiration(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The whole of a recording.
[[nodiscard]] Result<std::vector<BreathRate>> respiration(std::span<const float> samples, BreathOf of, double rate_hz);

}  // namespace attune::signal
