// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Short-time Fourier spectra of one real signal: a window slides over the samples, frame by frame.
///
/// In       samples [linear, full scale = 1], any finite value
/// Out      bins() = fft/2 + 1 complex bins a frame, unscaled: X[k] = sum x[n] w[n] exp(-2 pi i k n
///          / fft)
/// Threads  a Stft has one owner; creation is serialised inside (FFTW plans), frames are RT-SAFE
/// Errors   create(): kBadArgument names the value. NaN in -> NaN bins, nothing is kept between
///          frames
/// Method   FFTW 3 single precision, estimated plans only, so that every run adds in the same order
#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::signal {

enum class Window { kHann, kHamming, kBlackmanHarris, kRectangular };

/// Periodic window of n samples (the one that an STFT wants: the next sample would repeat the
/// first).
[[nodiscard]] std::vector<float> make_window(Window kind, std::size_t n);

/// Forward FFT of real blocks of one length, single precision.
class RealFft {
public:
    /// n even, 4..1048576.
    [[nodiscard]] static Result<RealFft> create(std::size_t n);
    ~RealFft();
    RealFft(RealFft&&) noexcept;
    RealFft& operator=(RealFft&&) noexcept;

    /// Write size() samples here, then call run().
    [[nodiscard]] std::span<float> input() noexcept;
    /// size()/2 + 1 bins of what input() holds; valid until the next run(). RT-SAFE.
    std::span<const std::complex<float>> run() noexcept;
    [[nodiscard]] std::size_t size() const noexcept;

private:
    struct State;
    explicit RealFft(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

struct StftConfig {
    std::size_t window = 2048;  ///< [samples], 4..1048576
    std::size_t hop = 512;      ///< [samples], 1..window
    std::size_t fft = 0;  ///< [samples], even, >= window; 0 = window (made even). The rest is zeros
    Window shape = Window::kHann;
};

class Stft {
public:
    [[nodiscard]] static Result<Stft> create(const StftConfig& config);

    /// One frame: in.size() == config().window. Valid until the next call. RT-SAFE.
    std::span<const std::complex<float>> frame(std::span<const float> in) noexcept;
    /// The same, as magnitudes into out (bins() values). RT-SAFE.
    void magnitude(std::span<const float> in, std::span<float> out) noexcept;
    /// The same, as powers |X|^2 into out (bins() values). RT-SAFE.
    void power(std::span<const float> in, std::span<float> out) noexcept;

    /// Whole frames that fit into n samples, without padding: 0 if n < window.
    [[nodiscard]] std::size_t frames(std::size_t n) const noexcept;
    [[nodiscard]] std::size_t bins() const noexcept { return fft_.size() / 2 + 1; }
    [[nodiscard]] const StftConfig& config() const noexcept { return config_; }

private:
    Stft(const StftConfig& config, RealFft fft);
    StftConfig config_;
    RealFft fft_;
    std::vector<float> window_;
};

}  // namespace attune::signal
