// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/voice_pitch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attune::signal {
namespace {

constexpr std::size_t kFft = 1024;  // >= window + longest lag: the circular correlation is the linear one
constexpr auto kMinLag = static_cast<std::size_t>(kVoiceRate / kPitchMaxHz);
constexpr auto kMaxLag = static_cast<std::size_t>(kVoiceRate / kPitchMinHz) + 1;
constexpr float kVoiced = 0.5F;        // Boersma's voicing threshold .45, a little stricter
constexpr float kSilence = 1e-7F;      // mean square [full scale^2]: -70 dB
constexpr float kOctaveCost = 0.02F;   // a peak an octave lower must be higher by this
constexpr double kSearch = 0.2;        // of a period: where the next cycle is looked for

float refined(std::span<const float> r, std::size_t lag, float& height) {
    const float a = r[lag - 1];
    const float b = r[lag];
    const float c = r[lag + 1];
    const float bend = a - 2.0F * b + c;
    if (bend >= -1e-12F) return static_cast<float>(lag);
    const float shift = std::clamp(0.5F * (a - c) / bend, -0.5F, 0.5F);
    height = b - 0.25F * (a - c) * shift;
    return static_cast<float>(lag) + shift;
}

/// Place of the largest sample in [from, to).
std::size_t highest(std::span<const float> x, std::size_t from, std::size_t to) {
    return static_cast<std::size_t>(std::max_element(x.begin() + static_cast<std::ptrdiff_t>(from),
                                                     x.begin() + static_cast<std::ptrdiff_t>(to)) - x.begin());
}

double peak_place(std::span<const float> x, std::size_t at) {
    if (at == 0 || at + 1 >= x.size()) return static_cast<double>(at);
    const double a = static_cast<double>(x[at - 1]);
    const double b = static_cast<double>(x[at]);
    const double c = static_cast<double>(x[at + 1]);
    const double bend = a - 2.0 * b + c;
    return static_cast<double>(at) + (bend < -1e-12 ? std::clamp(0.5 * (a - c) / bend, -0.5, 0.5) : 0.0);
}

}  // namespace

Result<PitchTracker> PitchTracker::create() {
    ATTUNE_TRY(RealFft fft, RealFft::create(kFft));
    return PitchTracker(std::move(fft));
}

PitchTracker::PitchTracker(RealFft forward)
    : fft_(std::move(forward)), window_(make_window(Window::kHann, kPitchWindow)), acf_(kFft / 2) {
    const std::vector<float> ones(kPitchWindow, 1.0F);
    const auto own = autocorrelate(ones);
    window_acf_.assign(own.begin(), own.end());
}

/// The spectrum's power is real and even, so a second forward transform gives its correlation.
std::span<const float> PitchTracker::autocorrelate(std::span<const float> in) noexcept {
    auto buffer = fft_.input();
    std::ranges::fill(buffer, 0.0F);
    for (std::size_t i = 0; i < in.size(); ++i) buffer[i] = in[i] * window_[i];
    const auto bins = fft_.run();
    std::vector<float>& power = acf_;
    for (std::size_t k = 0; k < kFft / 2; ++k) power[k] = std::norm(bins[k]);
    const float nyquist = std::norm(bins[kFft / 2]);
    buffer = fft_.input();
    for (std::size_t k = 0; k < kFft / 2; ++k) buffer[k] = power[k];
    buffer[kFft / 2] = nyquist;
    for (std::size_t k = 1; k < kFft / 2; ++k) buffer[kFft - k] = power[k];
    const auto correlation = fft_.run();
    const float zero = correlation[0].real();
    for (std::size_t k = 0; k < acf_.size(); ++k) acf_[k] = zero > 0.0F ? correlation[k].real() / zero : 0.0F;
    return acf_;
}

PitchFrame PitchTracker::frame(std::span<const float> in) noexcept {
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    PitchFrame out{kNone, 0.0F, -10.0F};
    double square = 0.0;
    for (const float s : in) square += static_cast<double>(s) * static_cast<double>(s);
    if (!(square > static_cast<double>(kSilence) * static_cast<double>(in.size()))) return out;
    autocorrelate(in);
    for (std::size_t k = 0; k <= kMaxLag + 1; ++k) acf_[k] /= window_acf_[k];
    float best = 0.0F;
    std::size_t lag = 0;
    for (std::size_t k = kMinLag; k <= kMaxLag; ++k) {
        if (acf_[k] <= acf_[k - 1] || acf_[k] < acf_[k + 1]) continue;
        const float cost = kOctaveCost * std::log2(static_cast<float>(k) / static_cast<float>(kMinLag));
        if (acf_[k] - cost > best) {
            best = acf_[k] - cost;
            lag = k;
        }
    }
    if (lag == 0) return out;
    float height = acf_[lag];
    const float period = refined(acf_, lag, height);
    out.strength = std::clamp(height, 0.0F, 1.0F);
    if (out.strength < kVoiced) return out;
    out.f0_hz = static_cast<float>(kVoiceRate) / period;
    const float r = std::min(out.strength, 0.9999F);
    out.hnr_db = std::clamp(10.0F * std::log10(r / (1.0F - r)), -10.0F, 40.0F);
    return out;
}

Perturbation voice_perturbation(std::span<const float> samples, std::span<const float> f0_hz, std::size_t hop) {
    double period_sum = 0.0, period_step = 0.0, height_sum = 0.0, height_step = 0.0;
    int cycles = 0, steps = 0;
    std::size_t k = 0;
    while (k < f0_hz.size()) {
        if (std::isnan(f0_hz[k])) {
            ++k;
            continue;
        }
        std::size_t end = k;
        while (end < f0_hz.size() && !std::isnan(f0_hz[end])) ++end;
        const std::size_t first = k * hop + kPitchWindow / 2;
        const std::size_t last = std::min(samples.size(), (end - 1) * hop + kPitchWindow / 2);
        const double t0 = kVoiceRate / static_cast<double>(f0_hz[k]);
        if (end - k >= 3 && static_cast<double>(first) + 2.0 * t0 < static_cast<double>(last)) {
            std::size_t at = highest(samples, first, first + static_cast<std::size_t>(t0));
            double place = peak_place(samples, at);
            double before = 0.0, height_before = 0.0;
            while (true) {
                const std::size_t frame = std::min(end - 1, k + (at - first) / hop);
                const double period = kVoiceRate / static_cast<double>(f0_hz[frame]);
                const auto from = at + static_cast<std::size_t>((1.0 - kSearch) * period);
                const auto to = at + static_cast<std::size_t>((1.0 + kSearch) * period) + 1;
                if (to >= last) break;
                at = highest(samples, from, to);
                const double next = peak_place(samples, at);
                const double length = next - place;
                const double height = std::abs(static_cast<double>(samples[at]));
                period_sum += length;
                height_sum += height;
                ++cycles;
                if (before > 0.0) {
                    period_step += std::abs(length - before);
                    height_step += std::abs(height - height_before);
                    ++steps;
                }
                before = length;
                height_before = height;
                place = next;
            }
        }
        k = end;
    }
    Perturbation out;
    out.cycles = cycles;
    if (cycles < 10 || steps < 5 || height_sum <= 0.0) {
        out.jitter = out.shimmer = std::numeric_limits<double>::quiet_NaN();
        return out;
    }
    out.jitter = (period_step / steps) / (period_sum / cycles);
    out.shimmer = (height_step / steps) / (height_sum / cycles);
    return out;
}

}  // namespace attune::signal
