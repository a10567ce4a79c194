// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Mel filter bank, log-mel spectrogram and cepstrum: the front end that recognisers of music and
/// of voice share.
///
/// In       mono samples [linear] at config.rate_hz
/// Out      row-major frames × bands; log_mel = ln(max(mel energy, floor))
/// Threads  one owner; frame() is RT-SAFE after create()
/// Errors   create(): kBadArgument if a range is empty, above half the rate, or a band holds no bin
/// Method   triangles in power, Slaney's or HTK's mel scale; Slaney's norm makes each triangle of
/// area
///          2/(f_hi - f_lo) as in librosa.filters.mel. Equal to numpy to 1e-4:
///          tests/golden/scripts/mel_reference.py
#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/stft.hpp"

namespace attune::signal {

enum class MelScale { kSlaney, kHtk };
enum class MelNorm { kNone, kSlaney };

/// mel(f) and its inverse on either scale.
[[nodiscard]] double hz_to_mel(double hz, MelScale scale);
[[nodiscard]] double mel_to_hz(double mel, MelScale scale);

struct MelConfig {
    double rate_hz = 22050.0;  ///< 1000..384000
    StftConfig stft{};         ///< window, hop, FFT length [samples]
    std::size_t bands = 80;    ///< 1..512
    double fmin_hz = 30.0;     ///< 0..fmax
    double fmax_hz = 10000.0;  ///< ..rate/2
    MelScale scale = MelScale::kSlaney;
    MelNorm norm = MelNorm::kSlaney;
    float floor = 1e-10F;  ///< > 0: smallest energy that the logarithm sees
};

/// Triangles over the bins of a power spectrum, kept sparse.
class MelBank {
public:
    [[nodiscard]] static Result<MelBank> create(const MelConfig& config);
    /// power.size() == fft/2 + 1, out.size() == bands(). RT-SAFE.
    void apply(std::span<const float> power, std::span<float> out) const noexcept;
    [[nodiscard]] std::size_t bands() const noexcept { return bands_.size(); }
    /// Centre frequency of a band [Hz].
    [[nodiscard]] double centre_hz(std::size_t band) const { return bands_[band].centre_hz; }

private:
    struct Band {
        std::size_t first_bin = 0;
        std::size_t first_weight = 0;
        std::size_t count = 0;
        double centre_hz = 0.0;
    };
    std::vector<Band> bands_;
    std::vector<float> weights_;
};

class LogMel {
public:
    [[nodiscard]] static Result<LogMel> create(const MelConfig& config);
    /// in.size() == window, out.size() == bands. RT-SAFE.
    void frame(std::span<const float> in, std::span<float> out) noexcept;
    /// Row-major frames × bands of a whole signal, without padding; empty if it is shorter than a
    /// window.
    [[nodiscard]] std::vector<float> spectrogram(std::span<const float> samples);
    [[nodiscard]] std::size_t frames(std::size_t n) const noexcept { return stft_.frames(n); }
    [[nodiscard]] std::size_t bands() const noexcept { return bank_.bands(); }
    [[nodiscard]] const MelConfig& config() const noexcept { return config_; }

private:
    LogMel(const MelConfig& config, Stft stft, MelBank bank);
    MelConfig config_;
    Stft stft_;
    MelBank bank_;
    std::vector<float> power_;
};

/// DCT-II with orthonormal scaling: log-mel bands -> cepstral coefficients (MFCC).
class Dct {
public:
    Dct(std::size_t inputs, std::size_t outputs);
    /// in.size() == inputs, out.size() == outputs. RT-SAFE.
    void apply(std::span<const float> in, std::span<float> out) const noexcept;
    [[nodiscard]] std::size_t outputs() const noexcept { return outputs_; }

private:
    std::size_t inputs_, outputs_;
    std::vector<float> basis_;  ///< row-major outputs × inputs
};

}  // namespace attune::signal
