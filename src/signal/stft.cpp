// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/stft.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numbers>
#include <string>

#include <fftw3.h>

namespace attune::signal {
namespace {

constexpr std::size_t kMaxFft = 1U << 20;

/// FFTW's planner is not thread-safe; running a plan is.
std::mutex& planner_mutex() {
    static std::mutex mutex;
    return mutex;
}

double window_value(Window kind, double phase) {
    switch (kind) {
    case Window::kHann: return 0.5 - 0.5 * std::cos(phase);
    case Window::kHamming: return 0.54 - 0.46 * std::cos(phase);
    case Window::kBlackmanHarris:
        return 0.35875 - 0.48829 * std::cos(phase) + 0.14128 * std::cos(2 * phase) -
               0.01168 * std::cos(3 * phase);
    case Window::kRectangular: return 1.0;
    }
    return 1.0;
}

}  // namespace

std::vector<float> make_window(Window kind, std::size_t n) {
    std::vector<float> w(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double phase =
            2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
        w[i] = static_cast<float>(window_value(kind, phase));
    }
    return w;
}

struct RealFft::State {
    std::size_t n = 0;
    float* in = nullptr;
    fftwf_complex* out = nullptr;
    fftwf_plan plan = nullptr;

    ~State() {
        const std::lock_guard lock(planner_mutex());
        if (plan != nullptr) fftwf_destroy_plan(plan);
        fftwf_free(in);
        fftwf_free(out);
    }
};

RealFft::RealFft(std::unique_ptr<State> state) : state_(std::move(state)) {}
RealFft::~RealFft() = default;
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;

Result<RealFft> RealFft::create(std::size_t n) {
    if (n < 4 || n > kMaxFft || n % 2 != 0) {
        return fail(ErrorCode::kBadArgument,
                    "FFT length " + std::to_string(n) + " is not an even number in 4..1048576");
    }
    auto state = std::make_unique<State>();
    state->n = n;
    state->in = fftwf_alloc_real(n);
    state->out = fftwf_alloc_complex(n / 2 + 1);
    if (state->in == nullptr || state->out == nullptr) {
        return fail(ErrorCode::kUnavailable, "no memory for an FFT of " + std::to_string(n));
    }
    std::fill_n(state->in, n, 0.0F);
    {
        const std::lock_guard lock(planner_mutex());
        state->plan =
            fftwf_plan_dft_r2c_1d(static_cast<int>(n), state->in, state->out, FFTW_ESTIMATE);
    }
    if (state->plan == nullptr) {
        return fail(ErrorCode::kInternal, "FFTW made no plan for " + std::to_string(n));
    }
    return RealFft(std::move(state));
}

std::span<float> RealFft::input() noexcept { return {state_->in, state_->n}; }

std::span<const std::complex<float>> RealFft::run() noexcept {
    fftwf_execute(state_->plan);
    // std::complex<float> is laid out as float[2] by the standard, as fftwf_complex is.
    return {reinterpret_cast<const std::complex<float>*>(state_->out), state_->n / 2 + 1};
}

std::size_t RealFft::size() const noexcept { return state_->n; }

Stft::Stft(const StftConfig& config, RealFft fft)
    : config_(config), fft_(std::move(fft)), window_(make_window(config.shape, config.window)) {}

Result<Stft> Stft::create(const StftConfig& given) {
    StftConfig config = given;
    if (config.fft == 0) config.fft = config.window + config.window % 2;
    if (config.window < 4 || config.window > config.fft) {
        return fail(ErrorCode::kBadArgument, "STFT window of " + std::to_string(config.window) +
                                                 " samples is not in 4..fft (" +
                                                 std::to_string(config.fft) + ")");
    }
    if (config.hop < 1 || config.hop > config.window) {
        return fail(ErrorCode::kBadArgument, "STFT hop of " + std::to_string(config.hop) +
                                                 " samples is not in 1..window (" +
                                                 std::to_string(config.window) + ")");
    }
    ATTUNE_TRY(auto fft, RealFft::create(config.fft));
    return Stft(config, std::move(fft));
}

std::span<const std::complex<float>> Stft::frame(std::span<const float> in) noexcept {
    const auto buffer = fft_.input();
    const std::size_t n = std::min(in.size(), window_.size());
    for (std::size_t i = 0; i < n; ++i) buffer[i] = in[i] * window_[i];
    std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(n), buffer.end(), 0.0F);
    return fft_.run();
}

void Stft::magnitude(std::span<const float> in, std::span<float> out) noexcept {
    power(in, out);
    for (float& v : out) v = std::sqrt(v);
}

void Stft::power(std::span<const float> in, std::span<float> out) noexcept {
    const auto x = frame(in);
    const std::size_t n = std::min(out.size(), x.size());
    for (std::size_t k = 0; k < n; ++k) {
        out[k] = x[k].real() * x[k].real() + x[k].imag() * x[k].imag();
    }
}

std::size_t Stft::frames(std::size_t n) const noexcept {
    return n < config_.window ? 0 : 1 + (n - config_.window) / config_.hop;
}

}  // namespace attune::signal
