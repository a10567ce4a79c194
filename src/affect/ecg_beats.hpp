// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// An ECG as believed RR intervals, and second by second whether it is the ECG of a person at all.
///
/// In       one lead in any unit and polarity, oldest first, 80..4000 Hz
/// Out      the same for any division into blocks: a second is judged when its last sample is there, over the last 6 s
///          (from 4 s on); beats of a second that is no ECG are none, nor is the interval over it
/// Threads  one owner
/// Errors   create(): kBadArgument if the rate is out of range
/// Method   signal/ecg_peaks.hpp, signal/body_quality.hpp
#include <optional>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "signal/ecg_peaks.hpp"

namespace attune::affect {

class EcgBeats {
public:
    struct Second {
        Time end;
        std::optional<bool> good;    ///< empty: too little was heard to judge
        std::vector<float> rr_ms;    ///< of the beats that became certain in it
        std::vector<Time> at;        ///< of each, its second beat
    };

    [[nodiscard]] static Result<EcgBeats> create(double rate_hz, Time start);
    /// Appends the seconds that are whole.
    void push(std::span<const float> ecg, std::vector<Second>& out);
    [[nodiscard]] double rate_hz() const noexcept { return rate_hz_; }

private:
    EcgBeats(signal::EcgPeakDetector detector, double rate_hz, Time start) : detector_(std::move(detector)), rate_hz_(rate_hz), start_(start) {}
    [[nodiscard]] Second close();
    [[nodiscard]] Time time_of(std::int64_t frame) const { return start_ + from_seconds(static_cast<double>(frame) / rate_hz_); }

    signal::EcgPeakDetector detector_;
    double rate_hz_;
    Time start_;
    std::int64_t frames_ = 0, seconds_ = 0, last_beat_ = -1;
    std::vector<signal::EcgBeat> beats_;   ///< of the second that is open
    std::vector<float> recent_;            ///< the last 6 s
};

}  // namespace attune::affect
