// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Heart-rate variability from beat-to-beat intervals, with gaps kept as gaps.
///
/// In       beat times [s], rising. Intervals outside 300..2000 ms, or over 20 % from the median of the five around
///          them, are marked as artefacts; nothing is interpolated, and no difference crosses a gap
/// Out      figures; empty where the window is too short: rmssd and pnn 30 s, mean and sdnn 60 s, hf 60 s, lf and ratio
///          120 s, sd1, sd2, sample entropy, alpha1 120 s and 100 intervals. Below 80 % good intervals: all empty
/// Threads  any; allocates
/// Method   Task Force 1996 (doi:10.1161/01.CIR.93.5.1043); spectrum by Lomb-Scargle on the beats themselves (Laguna 1998,
///          doi:10.1109/10.678605); sample entropy m 2, r .2 SD (Richman & Moorman 2000); DFA alpha1 4..16 beats (Peng 1995)
#include <optional>
#include <span>
#include <vector>

namespace attune::signal {

struct RrInterval {
    double t_s = 0.0;    ///< of the later beat
    double rr_ms = 0.0;
    bool good = true;    ///< false = artefact: a gap
};

/// Intervals of beat times, artefacts marked.
[[nodiscard]] std::vector<RrInterval> rr_clean(std::span<const double> beat_times_s);

struct Hrv {
    std::size_t n = 0;              ///< good intervals
    double good_share = 0.0;        ///< of the intervals
    double covered_s = 0.0;         ///< sum of the good intervals
    std::optional<double> mean_nn_ms, sdnn_ms, rmssd_ms, sdsd_ms, pnn50, pnn20, median_nn_ms, mad_nn_ms, iqr_nn_ms, cvnn, cvsd,
        min_nn_ms, max_nn_ms, mean_hr_bpm, sd_hr_bpm;
    std::optional<double> lf_ms2, hf_ms2, lf_hf, hf_nu, hf_peak_hz;
    std::optional<double> sd1_ms, sd2_ms, sd1_sd2, sample_entropy, dfa_alpha1;
};
[[nodiscard]] Hrv hrv_features(std::span<const RrInterval> intervals);

}  // namespace attune::signal
