// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/score_source.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"

namespace attune::compose {
namespace {
constexpr double kTail_s = 3.0, kFade_s = 1.5;
constexpr Ticks kAhead = 8 * kTicksPerBeat;  ///< notes are handed over this far ahead
}  // namespace

ScoreSource::ScoreSource(Score score, Performer performer) : score_(std::move(score)), performer_(std::move(performer)) {
    total_ = left_ = kEngineRate.frames(score_.seconds_at(score_.length()) + kTail_s).value;
    performer_.begin(score_.tempo.empty() ? 100.0 : score_.tempo.front().bpm, score_.controls[Control::kTimbre], score_.calibration_db + intensity_db(score_.controls));
}

Result<std::unique_ptr<ScoreSource>> ScoreSource::create(Score score, const std::filesystem::path& soundfont) {
    ATTUNE_TRY(auto synth, Synth::create_for(score, soundfont));
    Performer performer(std::move(synth), score.parts);
    return std::unique_ptr<ScoreSource>(new ScoreSource(std::move(score), std::move(performer)));
}

Result<void> ScoreSource::prepare(int max_block) {
    if (max_block < 1 || max_block > 1 << 20) return fail(ErrorCode::kBadArgument, "max_block " + std::to_string(max_block) + "; 1..1048576 is allowed");
    return {};
}

void ScoreSource::feed() noexcept {
    const Ticks until = performer_.position() + kAhead;
    while (next_tempo_ < score_.tempo.size() && score_.tempo[next_tempo_].tick <= until) {
        if (!performer_.tempo_from(score_.tempo[next_tempo_].tick, score_.tempo[next_tempo_].bpm)) break;
        ++next_tempo_;
    }
    while (next_note_ < score_.notes.size() && score_.notes[next_note_].start <= until) {
        if (!performer_.add(score_.notes[next_note_])) break;
        ++next_note_;
    }
}

std::size_t ScoreSource::process(std::span<float> left, std::span<float> right) noexcept {
    const auto n = static_cast<std::size_t>(std::min<std::int64_t>(left_, static_cast<std::int64_t>(left.size())));
    for (std::size_t done = 0; done < n;) {
        const auto part = std::min<std::size_t>(4096, n - done);
        feed();
        performer_.render(left.subspan(done, part), right.subspan(done, part));
        done += part;
    }
    const auto fade = kEngineRate.frames(kFade_s).value;
    for (std::size_t i = 0; i < n; ++i) {
        const auto rest = left_ - static_cast<std::int64_t>(i);
        if (rest >= fade) continue;
        const double x = static_cast<double>(rest - 1) / static_cast<double>(fade);
        const auto gain = static_cast<float>(x * x * (3.0 - 2.0 * x));
        left[i] *= gain;
        right[i] *= gain;
    }
    left_ -= static_cast<std::int64_t>(n);
    return n;
}

}  // namespace attune::compose
