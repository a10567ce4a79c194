// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/render.hpp"

#include <algorithm>
#include <cmath>
#include <ebur128.h>
#include <memory>

#include "compose/score_source.hpp"
#include "core/units.hpp"

namespace attune::compose {
namespace {

constexpr std::size_t kBlock = 4096;

struct MeterDeleter {
    void operator()(ebur128_state* s) const { ebur128_destroy(&s); }
};

void measure(Rendered& sound) {
    const std::unique_ptr<ebur128_state, MeterDeleter> meter(
        ebur128_init(2, static_cast<unsigned long>(kEngineRate.hz), EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK));
    std::vector<float> both(2 * kBlock);
    for (std::size_t at = 0; at < sound.left.size(); at += kBlock) {
        const auto n = std::min(kBlock, sound.left.size() - at);
        for (std::size_t i = 0; i < n; ++i) {
            both[2 * i] = sound.left[at + i];
            both[2 * i + 1] = sound.right[at + i];
            sound.peak = std::max({sound.peak, static_cast<double>(std::abs(both[2 * i])), static_cast<double>(std::abs(both[2 * i + 1]))});
        }
        ebur128_add_frames_float(meter.get(), both.data(), n);
    }
    double lufs = 0.0;
    if (ebur128_loudness_global(meter.get(), &lufs) == EBUR128_SUCCESS && std::isfinite(lufs)) sound.lufs = lufs;
    for (unsigned channel = 0; channel < 2; ++channel) {
        double peak = 0.0;
        if (ebur128_true_peak(meter.get(), channel, &peak) == EBUR128_SUCCESS) sound.true_peak = std::max(sound.true_peak, peak);
    }
}

}  // namespace

Result<Rendered> render(const Score& score, const core::CancelToken* cancel, double notch_hz, double most_s) {
    ATTUNE_TRY(auto source, ScoreSource::create(score));
    ATTUNE_CHECK(source->prepare(static_cast<int>(kBlock)));
    source->set_notch(notch_hz);
    Rendered sound;
    const FrameCount whole = source->length();
    sound.left.resize(static_cast<std::size_t>(most_s > 0.0 ? std::min(whole.value, kEngineRate.frames(most_s).value) : whole.value));
    sound.right.resize(sound.left.size());
    for (std::size_t at = 0; at < sound.left.size();) {
        if (cancel != nullptr && cancel->cancelled()) return fail(ErrorCode::kCancelled, "rendering was cancelled");
        const auto n = std::min(kBlock, sound.left.size() - at);
        at += source->process(std::span(sound.left).subspan(at, n), std::span(sound.right).subspan(at, n));
    }
    measure(sound);
    return sound;
}

}  // namespace attune::compose
