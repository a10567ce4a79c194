// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Skin conductance: cleaned, split into tonic and phasic, responses found; streaming and causal.
///
/// In       conductance [microsiemens], 0..100, oldest first, at config.rate_hz, 4..256; NaN counts as the last value
/// Out      per sample: clean, tonic, phasic [microsiemens], clean = tonic + phasic; per response: onset, peak, amplitude
/// Threads  one owner; push() is RT-SAFE while `responses` has room
/// Errors   create(): kBadArgument names rate and range
/// Method   clean: Butterworth low-pass of order 4 at min(3 Hz, .4 rate); phasic: high-pass of order 2 at .05 Hz; a response (in the clean signal) rises
///          from a trough by at least .05 microsiemens to its peak (Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x), and is
///          reported when half recovered or when the next one begins, with rise times of .2..6 s
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/biquad.hpp"

namespace attune::signal {

struct EdaConfig {
    double rate_hz = 4.0;
    double least_microsiemens = 0.05;  ///< amplitude of the smallest response, .005..5
};

struct EdaResponse {
    std::int64_t onset = 0, peak = 0;  ///< frames since the start
    double amplitude = 0.0;            ///< [microsiemens]
    double rise_s = 0.0;
};

struct EdaSample {
    float clean = 0.0F, tonic = 0.0F, phasic = 0.0F;
    bool artefact = false;             ///< jump faster than 10 microsiemens/s, outside 0..100, or below .02
};

class EdaSplitter {
public:
    [[nodiscard]] static Result<EdaSplitter> create(const EdaConfig& config);
    /// out.size() >= in.size().
    void push(std::span<const float> in, std::span<EdaSample> out, std::vector<EdaResponse>& responses);
    void reset();

private:
    EdaSplitter() = default;
    void follow(double clean, std::vector<EdaResponse>& responses);
    EdaConfig config_;
    BiquadChain low_, high_;
    std::int64_t n_ = 0;
    double last_ = 0.0, before_ = 0.0;
    double trough_ = 0.0, top_ = 0.0;
    std::int64_t trough_at_ = 0, top_at_ = 0;
    bool rising_ = false;
};

/// Figures of a window that was split before.
struct EdaFeatures {
    double tonic_mean = 0.0, tonic_slope_per_min = 0.0, phasic_sd = 0.0, phasic_area = 0.0, responses_per_min = 0.0,
           mean_amplitude = 0.0, largest_amplitude = 0.0, mean_rise_s = 0.0, artefact_share = 0.0;
};
/// `responses` whose peak lies in the window; its first sample is frame `from`. At least 10 s, else kBadArgument.
[[nodiscard]] Result<EdaFeatures> eda_features(std::span<const EdaSample> window, std::int64_t from,
                                               std::span<const EdaResponse> responses, double rate_hz);

}  // namespace attune::signal
