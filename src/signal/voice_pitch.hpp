// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Pitch, voicing and harmonics-to-noise ratio of one frame of speech.
///
/// In       kPitchWindow samples [-1, 1] at 16 kHz
/// Out      f0 [Hz] 65..550 (NaN where the frame is not voiced), strength 0..1, HNR [dB] -10..40
/// Threads  one owner; frame() is RT-SAFE after create()
/// Errors   create(): kInternal if FFTW refuses.  frame(): none; silence and NaN are unvoiced
/// Method   autocorrelation of the Hann-windowed frame divided by that of the window, highest peak less an
///          octave cost, parabola through the peak: Boersma 1993, Proc. Inst. Phonetic Sciences 17
#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/stft.hpp"

namespace attune::signal {

inline constexpr int kVoiceRate = 16000;           ///< [Hz]
inline constexpr std::size_t kPitchWindow = 640;   ///< 40 ms
inline constexpr double kPitchMinHz = 65.0, kPitchMaxHz = 550.0;

struct PitchFrame {
    float f0_hz = 0.0F;     ///< NaN = not voiced
    float strength = 0.0F;  ///< height of the peak
    float hnr_db = 0.0F;    ///< 10 lg(r / (1 - r)); -10 where the frame is not voiced
};

class PitchTracker {
public:
    [[nodiscard]] static Result<PitchTracker> create();
    /// in.size() == kPitchWindow.
    [[nodiscard]] PitchFrame frame(std::span<const float> in) noexcept;

private:
    explicit PitchTracker(RealFft forward);
    std::span<const float> autocorrelate(std::span<const float> in) noexcept;
    RealFft fft_;
    std::vector<float> window_, window_acf_, acf_;
};

/// Wobble of period and of amplitude from one cycle to the next, over voiced stretches.
struct Perturbation {
    double jitter = 0.0;   ///< mean |T[i] - T[i-1]| / mean T; NaN below 10 cycles
    double shimmer = 0.0;  ///< mean |A[i] - A[i-1]| / mean A; NaN below 10 cycles
    int cycles = 0;
};
/// f0_hz: one value every `hop` samples (NaN = unvoiced), the k-th for the frame centred at
/// k * hop + kPitchWindow / 2.
[[nodiscard]] Perturbation voice_perturbation(std::span<const float> samples, std::span<const float> f0_hz,
                                              std::size_t hop);

}  // namespace attune::signal
