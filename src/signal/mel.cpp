// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/mel.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "core/text.hpp"
#include "signal/detail/dot.hpp"

namespace attune::signal {
namespace {

// Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above.
constexpr double kHzPerMel = 200.0 / 3.0;
constexpr double kBreakHz = 1000.0;
constexpr double kBreakMel = kBreakHz / kHzPerMel;
const double kLogStep = std::log(6.4) / 27.0;

Result<void> check(const MelConfig& c) {
    const auto number = [](double v) { return core::format_double(v); };
    if (!(c.rate_hz >= 1000.0 && c.rate_hz <= 384000.0)) {
        return fail(ErrorCode::kBadArgument,
                    "mel rate " + number(c.rate_hz) + " Hz is not in 1000..384000");
    }
    if (c.bands < 1 || c.bands > 512) {
        return fail(ErrorCode::kBadArgument,
                    std::to_string(c.bands) + " mel bands are not in 1..512");
    }
    if (!(c.fmin_hz >= 0.0 && c.fmin_hz < c.fmax_hz && c.fmax_hz <= c.rate_hz / 2)) {
        return fail(ErrorCode::kBadArgument,
                    "mel range " + number(c.fmin_hz) + ".." + number(c.fmax_hz) +
                        " Hz is not a range within 0.." + number(c.rate_hz / 2));
    }
    if (!(c.floor > 0.0F)) return fail(ErrorCode::kBadArgument, "the log floor must be above 0");
    return {};
}

}  // namespace

double hz_to_mel(double hz, MelScale scale) {
    if (scale == MelScale::kHtk) return 2595.0 * std::log10(1.0 + hz / 700.0);
    return hz < kBreakHz ? hz / kHzPerMel : kBreakMel + std::log(hz / kBreakHz) / kLogStep;
}

double mel_to_hz(double mel, MelScale scale) {
    if (scale == MelScale::kHtk) return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
    return mel < kBreakMel ? mel * kHzPerMel : kBreakHz * std::exp((mel - kBreakMel) * kLogStep);
}

Result<MelBank> MelBank::create(const MelConfig& config) {
    ATTUNE_CHECK(check(config));
    const std::size_t fft =
        config.stft.fft != 0 ? config.stft.fft : config.stft.window + config.stft.window % 2;
    const double bin_hz = config.rate_hz / static_cast<double>(fft);
    const std::size_t bins = fft / 2 + 1;
    const double low = hz_to_mel(config.fmin_hz, config.scale);
    const double high = hz_to_mel(config.fmax_hz, config.scale);
    const auto edge = [&](std::size_t i) {
        return mel_to_hz(low + (high - low) * static_cast<double>(i) /
                                   static_cast<double>(config.bands + 1),
                         config.scale);
    };

    MelBank bank;
    bank.bands_.reserve(config.bands);
    for (std::size_t b = 0; b < config.bands; ++b) {
        const double left = edge(b), centre = edge(b + 1), right = edge(b + 2);
        const double gain = config.norm == MelNorm::kSlaney ? 2.0 / (right - left) : 1.0;
        Band band{
            .first_bin = 0, .first_weight = bank.weights_.size(), .count = 0, .centre_hz = centre};
        for (std::size_t k = 0; k < bins; ++k) {
            const double hz = static_cast<double>(k) * bin_hz;
            const double weight =
                std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
            if (weight <= 0.0) continue;
            if (band.count == 0) band.first_bin = k;
            bank.weights_.push_back(static_cast<float>(weight * gain));
            ++band.count;
        }
        if (band.count == 0) {
            return fail(ErrorCode::kBadArgument,
                        "mel band " + std::to_string(b) + " of " + std::to_string(config.bands) +
                            " holds no FFT bin; use fewer bands or a longer FFT than " +
                            std::to_string(fft));
        }
        bank.bands_.push_back(band);
    }
    return bank;
}

void MelBank::apply(std::span<const float> power, std::span<float> out) const noexcept {
    for (std::size_t b = 0; b < bands_.size(); ++b) {
        const Band& band = bands_[b];
        out[b] = detail::dot(power.data() + band.first_bin, weights_.data() + band.first_weight,
                             band.count);
    }
}

LogMel::LogMel(const MelConfig& config, Stft stft, MelBank bank)
    : config_(config), stft_(std::move(stft)), bank_(std::move(bank)), power_(stft_.bins()) {}

Result<LogMel> LogMel::create(const MelConfig& config) {
    ATTUNE_TRY(auto stft, Stft::create(config.stft));
    ATTUNE_TRY(auto bank, MelBank::create(config));
    return LogMel(config, std::move(stft), std::move(bank));
}

void LogMel::frame(std::span<const float> in, std::span<float> out) noexcept {
    stft_.power(in, power_);
    bank_.apply(power_, out);
    for (float& v : out) v = std::log(std::max(v, config_.floor));
}

std::vector<float> LogMel::spectrogram(std::span<const float> samples) {
    const std::size_t n = frames(samples.size());
    std::vector<float> out(n * bands());
    for (std::size_t t = 0; t < n; ++t) {
        frame(samples.subspan(t * config_.stft.hop, config_.stft.window),
              std::span(out).subspan(t * bands(), bands()));
    }
    return out;
}

Dct::Dct(std::size_t inputs, std::size_t outputs)
    : inputs_(inputs), outputs_(outputs), basis_(inputs * outputs) {
    const double n = static_cast<double>(inputs);
    for (std::size_t k = 0; k < outputs; ++k) {
        const double scale = std::sqrt((k == 0 ? 1.0 : 2.0) / n);
        for (std::size_t i = 0; i < inputs; ++i) {
            basis_[k * inputs + i] = static_cast<float>(
                scale * std::cos(std::numbers::pi / n * (static_cast<double>(i) + 0.5) *
                                 static_cast<double>(k)));
        }
    }
}

void Dct::apply(std::span<const float> in, std::span<float> out) const noexcept {
    for (std::size_t k = 0; k < outputs_; ++k) {
        out[k] = detail::dot(basis_.data() + k * inputs_, in.data(), inputs_);
    }
}

}  // namespace attune::signal
