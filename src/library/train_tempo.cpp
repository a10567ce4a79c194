// SPDX-License-Identifier: GPL-3.0-or-later
// `attune train tempo`: the weights of signal/tempo_choice.cpp, from pieces that no figure is measured on.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>

#include "core/paths.hpp"
#include "learn/conditional_logit.hpp"
#include "learn/split.hpp"
#include "library/evaluate_known.hpp"
#include "media/decoder.hpp"
#include "signal/music_frames.hpp"
#include "signal/resampler.hpp"
#include "signal/tempo_choice.hpp"

namespace attune::library {
namespace {

constexpr std::size_t kD = signal::kTempoFeatures;
constexpr double kRidge = 0.3;  // on standardised features; chosen among .1, .3, 1, 3 by folds of the training pieces
constexpr int kPulses = 48;  // synthetic, beside the pieces
constexpr double kSlowestPulse = 60.0, kFastestPulse = 160.0, kPulse_s = 20.0;
using Vector = std::array<double, kD>;

struct Choice {
    std::string set, group;
    double bpm = 0.0;
    std::vector<signal::TempoCandidate> candidates;
    std::vector<bool> right;
};

double bpm_of(const signal::TempoCandidate& c) {
    return 60.0 * signal::MusicFrames::kRate / signal::MusicFrames::kOnsetHop / c.frames;
}

/// The candidates of a piece and which of them are right.
Choice choice_of(const std::string& set, const std::string& group, double bpm, std::span<const signal::MusicFrames::Onset> onset) {
    Choice out{set, group, bpm, {}, {}};
    out.candidates = signal::tempo_candidates(onset, signal::onset_strength(onset));
    for (const auto& c : out.candidates) out.right.push_back(same_tempo(bpm_of(c), bpm));
    return out;
}

/// Struck tones at an even pulse with nothing between: whoever taps taps the pulse. No set holds them, and every listener
/// of a metronome expects them.
std::vector<Choice> pulses() {
    std::vector<Choice> out;
    for (int i = 0; i < kPulses; ++i) {
        const double bpm = kSlowestPulse * std::pow(kFastestPulse / kSlowestPulse, static_cast<double>(i) / (kPulses - 1));
        const double root_hz = 110.0 * std::pow(2.0, (i * 7 % 24) / 12.0), decay = 4.0 + 2.0 * (i % 5);
        std::vector<float> sound(static_cast<std::size_t>(kPulse_s * signal::MusicFrames::kRate));
        for (std::size_t k = 0; k < sound.size(); ++k) {
            const double t = static_cast<double>(k) / signal::MusicFrames::kRate, beat = std::fmod(t, 60.0 / bpm);
            double v = 0.0;
            for (int tone = 1; tone <= 1 + i % 4; ++tone) v += std::sin(2.0 * std::numbers::pi * root_hz * (1.0 + 0.26 * tone) * t) / tone;
            sound[k] = static_cast<float>(0.2 * v * std::exp(-decay * beat));
        }
        signal::MusicFramer framer;
        signal::MusicFrames frames;
        framer.push(sound, frames);
        out.push_back(choice_of("pulse", "pulse/" + std::to_string(i), bpm, frames.onset));
    }
    return out;
}

Result<Choice> look(const TruePiece& piece, const core::CancelToken* cancel) {
    ATTUNE_TRY(const auto file, piece.sound(cancel));
    ATTUNE_TRY(const auto decoder, media::Decoder::open(file.string(), {.cancel = cancel}));
    ATTUNE_TRY(auto resampler, signal::Resampler::create(decoder->info().rate_hz, signal::MusicFrames::kRate));
    signal::MusicFramer framer;
    signal::MusicFrames frames;
    std::vector<float> left(16384), right(16384), mono, reduced;
    const auto frame = [&] {
        framer.push(reduced, frames);
        frames.timbre.clear(), frames.tonal.clear();
        reduced.clear();
    };
    while (true) {
        ATTUNE_TRY(const auto n, decoder->read(left, right));
        if (n == 0) break;
        mono.resize(n);
        for (std::size_t i = 0; i < n; ++i) mono[i] = 0.5F * (left[i] + right[i]);
        resampler.push(mono, reduced);
        frame();
    }
    resampler.finish(reduced);
    frame();
    return choice_of(piece.set, piece.group, piece.bpm, frames.onset);
}

/// Pieces without a right candidate say nothing.
Vector fit(const std::vector<Choice>& pieces) {
    std::vector<learn::ChoiceSet> sets;
    std::map<std::string, double> of_set;
    double sum = 0.0;
    const auto says = [](const Choice& c) { return std::find(c.right.begin(), c.right.end(), true) != c.right.end(); };
    for (const auto& c : pieces) of_set[c.set] += says(c) ? 1.0 : 0.0;
    for (const auto& c : pieces) {
        if (!says(c)) continue;
        learn::ChoiceSet s{{}, c.right, 1.0 / std::sqrt(of_set[c.set])};  // no set drowns the others
        for (const auto& k : c.candidates) s.x.insert(s.x.end(), k.features.begin(), k.features.end());
        sum += s.weight;
        sets.push_back(std::move(s));
    }
    const double n = static_cast<double>(sets.size());
    for (auto& s : sets) s.weight *= n / sum;
    const auto w = learn::fit_conditional_logit(std::move(sets), kD, kRidge);
    Vector out{};
    std::copy(w.begin(), w.end(), out.begin());
    return out;
}

double picked_bpm(const Choice& c, const Vector& w) {
    double best = -1e300, bpm = 0.0;
    for (const auto& k : c.candidates) {
        double s = 0.0;
        for (std::size_t i = 0; i < kD; ++i) s += w[i] * k.features[i];
        if (s > best) best = s, bpm = bpm_of(k);
    }
    return bpm;
}

/// Says what folds of the training pieces give, then writes the weights of all of them.
Result<void> fit_and_write(const learn::TrainRequest& request, const std::vector<Choice>& pieces) {
    std::vector<std::string> groups;
    for (const auto& p : pieces) groups.push_back(p.group);
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(groups, 5, request.seed));
    std::map<std::string, std::array<double, 3>> counts;  // n, acc1, acc2
    for (const auto& fold : split.folds()) {
        std::vector<Choice> seen;
        for (const std::size_t i : fold.train()) seen.push_back(pieces[i]);
        const Vector w = fit(seen);
        for (const std::size_t i : fold.test()) {
            const double bpm = picked_bpm(pieces[i], w);
            for (const std::string& set : {pieces[i].set, std::string("all")}) {
                counts[set][0] += 1.0;
                counts[set][1] += same_tempo(bpm, pieces[i].bpm) ? 1.0 : 0.0;
                counts[set][2] += same_tempo_or_octave(bpm, pieces[i].bpm) ? 1.0 : 0.0;
            }
        }
    }
    for (const auto& [set, c] : counts)
        std::fprintf(stderr, "tempo: %s, 5-fold by group on the training pieces: n %.0f acc1 %.3f acc2 %.3f\n", set.c_str(), c[0], c[1] / c[0], c[2] / c[0]);
    const Vector w = fit(pieces);
    std::string text = "// SPDX-License-Identifier: GPL-3.0-or-later\n// Made by `attune train tempo` from " + std::to_string(pieces.size()) + " pieces (" + std::to_string(kPulses) +
                       " of them pulses): a line is eight weights of signal/tempo_choice.cpp.\n";
    for (std::size_t i = 0; i < kD; ++i) {
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "%.6g,%s", w[i], i % 8 == 7 || i + 1 == kD ? "\n" : " ");
        text += number.data();
    }
    std::error_code error;
    std::filesystem::create_directories(request.out, error);
    return core::write_file_atomically(request.out / "tempo_weights.inc", text);
}

}  // namespace

Result<void> train_tempo(const learn::TrainRequest& request, const std::vector<TruePiece>& training) {
    std::vector<Choice> pieces = pulses();
    for (const auto& piece : training) {
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "the training was cancelled");
        ATTUNE_TRY(auto choice, look(piece, request.cancel));
        if (!choice.candidates.empty()) pieces.push_back(std::move(choice));
        if (request.progress) request.progress("pieces", pieces.size(), training.size());
    }
    return fit_and_write(request, pieces);
}

}  // namespace attune::library
