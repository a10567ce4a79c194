// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// 328 numbers for a whole stretch of speech, and how they are set against what is usual for the speaker.
///
/// In       a VoiceView with at least one frame
/// Out      cepstra 0..19: mean, SD, 10th and 90th percentile, SD and mean size of their change over 4 frames;
///          their and the bands' mean over the louder frames, the bands' SD and 90th percentile; pitch [st],
///          loudness [dB], strength, HNR: percentiles and movement; the 16 of VoiceStat. Unknown = 0
/// Method   functionals over low-level descriptors as in Eyben et al. 2016, doi:10.1109/TAFFC.2015.2457417;
///          speaker normalisation: Busso et al. 2011, doi:10.1109/ICASSP.2011.5947652
#include <array>

#include "signal/voice_front.hpp"

namespace attune::signal {

inline constexpr std::size_t kVoiceFunctionals = 328;
using VoiceFunctionals = std::array<float, kVoiceFunctionals>;

[[nodiscard]] VoiceFunctionals voice_functionals(const VoiceView& view);

/// Mean and spread of a speaker's earlier stretches.
class VoiceUsual {
public:
    void add(const VoiceFunctionals& x);
    void remove(const VoiceFunctionals& x);
    [[nodiscard]] double n() const noexcept { return n_; }
    /// 0 without any stretch.
    [[nodiscard]] double mean(std::size_t i) const noexcept;
    [[nodiscard]] double variance(std::size_t i) const noexcept;

private:
    double n_ = 0.0;
    std::array<double, kVoiceFunctionals> sum_{}, square_{};
};

}  // namespace attune::signal
