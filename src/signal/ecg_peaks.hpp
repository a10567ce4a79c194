// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Finds R peaks in one ECG lead, streaming and causal.
///
/// In       ECG in any unit and polarity, oldest first, at config.rate_hz, 80..4000; NaN counts as the last value
/// Out      beats in the order of time, each at most latency_s() after it (one that is found by looking
///          back after a pause: at most 3 s); refractory 200 ms
/// Threads  one owner; push() is RT-SAFE while `beats` has room
/// Errors   create(): kBadArgument if the rate is out of range
/// Method   band-pass, mean absolute slope over 80 ms, adaptive threshold between medians of the last
///          8 beats and 8 noise peaks, T wave by slope, look-back after 1.5 mean intervals (after Pan & Tompkins 1985,
///          doi:10.1109/TBME.1985.325532, and Hamilton 2002, doi:10.1109/CIC.2002.1166717)
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/biquad.hpp"

namespace attune::signal {

struct EcgPeakConfig {
    double rate_hz = 250.0;
};

struct EcgBeat {
    std::int64_t frame = 0;   ///< sample index of the R peak since the start
    float strength = 0.0F;    ///< height of the detection signal above its threshold, 1 = at the threshold
};

class EcgPeakDetector {
public:
    [[nodiscard]] static Result<EcgPeakDetector> create(const EcgPeakConfig& config);

    /// Appends the beats that became certain.
    void push(std::span<const float> ecg, std::vector<EcgBeat>& beats);
    /// Appends what a pending candidate holds; then the detector is as new.
    void finish(std::vector<EcgBeat>& beats);
    void reset();
    [[nodiscard]] double latency_s() const noexcept { return 0.45; }

private:
    struct Candidate {
        std::int64_t at = 0;      ///< sample of the R peak
        std::int64_t energy_at = 0;
        double height = 0.0;
        double slope = 0.0;       ///< largest slope under it
    };
    template <std::size_t N>
    struct Memory {               ///< median of the last N
        std::array<double, N> values{};
        std::size_t n = 0, next = 0;
        void add(double v);
        [[nodiscard]] double median() const;
        void clear() { n = next = 0; }
    };

    EcgPeakDetector() = default;
    void candidate(const Candidate& c, std::vector<EcgBeat>& beats);
    void judge(const Candidate& c, std::vector<EcgBeat>& beats);
    void accept(const Candidate& c, std::vector<EcgBeat>& beats);
    void look_back(std::int64_t now, std::vector<EcgBeat>& beats);
    void learn(std::vector<EcgBeat>& beats);
    [[nodiscard]] double threshold() const;
    [[nodiscard]] Candidate locate(std::int64_t energy_at, double height) const;

    double rate_ = 250.0;
    Biquad high_, low_;
    std::size_t window_ = 0, hold_ = 0, delay_ = 0, mask_ = 0;
    std::int64_t n_ = 0;
    double last_ = 0.0, before_ = 0.0, sum_ = 0.0;
    std::vector<float> smooth_, slope_;  ///< rings of mask_ + 1 samples: low-passed input, scaled slope
    double top_ = 0.0;
    std::int64_t top_at_ = 0;
    std::size_t since_top_ = 0;

    Memory<8> beats_, noise_, intervals_, slopes_;
    std::int64_t last_beat_ = -1;
    bool learning_ = true;
    std::int64_t learning_from_ = 0;
    std::vector<Candidate> early_;
    std::vector<Candidate> skipped_;   ///< below the threshold since the last beat
};

/// The whole of a recording at once; equals the streaming detector for any division into blocks.
[[nodiscard]] Result<std::vector<EcgBeat>> ecg_peaks(std::span<const float> ecg, const EcgPeakConfig& config);

}  // namespace attune::signal
