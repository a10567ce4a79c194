// SPDX-License-Identifier: GPL-3.0-or-later
// `attune train key`: the weights of signal::choose_key(), from songs that no figure is measured on.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/folders.hpp"
#include "core/paths.hpp"
#include "learn/conditional_logit.hpp"
#include "learn/model_card.hpp"
#include "learn/split.hpp"
#include "library/evaluate_known.hpp"
#include "library/track_analysis.hpp"

namespace attune::library {
namespace {

constexpr std::array kRidges{1.0, 3.0, 10.0};
constexpr int kChoiceFolds = 10;
constexpr std::size_t kKeys = 24;
using Weights = std::vector<double>;

struct Song {
    std::string group;
    learn::ChoiceSet choice;  ///< of the 24 keys
    std::size_t key = 0;
};

Result<Song> hear(const TruePiece& piece, const core::CancelToken* cancel) {
    ATTUNE_TRY(const auto file, piece.sound(cancel));
    ATTUNE_TRY(const auto analysis, analyse_file(file, cancel));
    Song song{piece.group, {}, static_cast<std::size_t>(piece.key->pitch_class) + (piece.key->major ? 0U : 12U)};
    for (std::size_t k = 0; k < kKeys; ++k) {
        const auto features = signal::key_features(analysis.key_evidence, k);
        song.choice.x.insert(song.choice.x.end(), features.begin(), features.end());
        song.choice.right.push_back(k == song.key);
    }
    return song;
}

Weights fit(const std::vector<Song>& songs, double ridge) {
    std::vector<learn::ChoiceSet> sets;
    for (const auto& s : songs) sets.push_back(s.choice);
    return learn::fit_conditional_logit(std::move(sets), signal::kKeyFeatures, ridge);
}

/// The likeliest key and what the softmax leaves unsaid of the true one: -ln P.
std::pair<std::size_t, double> judged(const Song& song, const Weights& w) {
    std::array<double, kKeys> scores{};
    for (std::size_t k = 0; k < kKeys; ++k)
        for (std::size_t i = 0; i < w.size(); ++i) scores[k] += w[i] * song.choice.x[k * w.size() + i];
    const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    double sum = 0.0;
    for (const double s : scores) sum += std::exp(s - scores[best]);
    return {best, std::log(sum) + scores[best] - scores[song.key]};
}

Result<void> write(const std::filesystem::path& out, const Weights& w, const std::string& how) {
    std::string text = "// SPDX-License-Identifier: GPL-3.0-or-later\n// " + how + "\n// From the tonic up: mean, sounding, strongest of a major key; the same of a minor key; what minor is worth by itself.\n";
    for (std::size_t i = 0; i < w.size(); ++i) {
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "%.6g,%s", w[i], i % 12 == 11 || i + 1 == w.size() ? "\n" : " ");
        text += number.data();
    }
    ATTUNE_CHECK(core::make_folder(out));
    return core::write_file_atomically(out / "key_weights.inc", text);
}

/// Without the figures of songs that are not trained on: `scripts/eval DATA key` puts them in.
learn::ModelCard card_of(const std::vector<Song>& songs, const std::string& how) {
    learn::ModelCard card;
    card.model = "key";
    card.version = "2";
    card.purpose = "The key and mode of a track, with the key's probability as its confidence.";
    card.not_for = "Music without a key, music that changes it (the commonest is named), tunings other than twelve equal steps.";
    card.inputs = "shares of the twelve pitch classes: mean chroma, how often each sounds, how often it is the strongest above 260 Hz (signal/key.hpp)";
    card.outputs = "one of 24 keys and its probability";
    card.licence = "MIT, as POP909; the 73 weights are in src/signal/detail/key_weights.inc";
    learn::TrainedOn t{"pop909", "MIT", {}};
    for (const auto& s : songs) t.groups.push_back(s.group);
    card.trained_on.push_back(std::move(t));
    card.protocol = how + " Measured once on every fourth song, renders of at most 45 s.";
    card.baseline = "always the commonest key of the songs; profiles of Bellmann less .08 for minor, .794 on the same songs";
    card.calibration = "a softmax fitted by likelihood; -ln P of the truth chose the ridge";
    card.limits = "POP909's keys are the work of an algorithm on recordings; relative major and minor are what is mostly confused.";
    card.subgroups = "by mode, in the result";
    return card;
}

}  // namespace

Result<void> train_key(const learn::TrainRequest& request, const std::vector<TruePiece>& training) {
    std::vector<Song> songs;
    for (const auto& piece : training) {
        if (!piece.key) continue;
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "the training was cancelled");
        ATTUNE_TRY(auto song, hear(piece, request.cancel));
        songs.push_back(std::move(song));
        if (request.progress) request.progress("songs", songs.size(), training.size());
    }
    if (songs.size() < 2 * kChoiceFolds) return fail(ErrorCode::kNotFound, "the key is learnt from songs of pop909, which are not below this folder", request.data.string());
    std::vector<std::string> groups;
    for (const auto& s : songs) groups.push_back(s.group);
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(groups, kChoiceFolds, request.seed));
    double chosen = kRidges.front(), least = 1e300, right_then = 0.0;
    for (const double ridge : kRidges) {
        double loss = 0.0, right = 0.0;
        for (const auto& fold : split.folds()) {
            std::vector<Song> seen;
            for (const std::size_t i : fold.train()) seen.push_back(songs[i]);
            const Weights w = fit(seen, ridge);
            for (const std::size_t i : fold.test()) {
                const auto [key, missed] = judged(songs[i], w);
                loss += missed, right += key == songs[i].key ? 1.0 : 0.0;
            }
        }
        const double n = static_cast<double>(songs.size());
        std::fprintf(stderr, "key: ridge %g, 10-fold on %zu training songs: exact %.3f, -ln P of the truth %.3f\n", ridge, songs.size(), right / n, loss / n);
        if (loss < least) least = loss, chosen = ridge, right_then = right / n;
    }
    std::array<char, 200> how{};
    std::snprintf(how.data(), how.size(), "Made by `attune train key` from %zu songs of POP909 (not every fourth): ridge %g by 10 folds, .%03d exact there.", songs.size(), chosen,
                  static_cast<int>(std::lround(1000.0 * right_then)));
    ATTUNE_CHECK(write(request.out, fit(songs, chosen), how.data()));
    return learn::write_card(request.out / "key.card.json", card_of(songs, how.data()));
}

}  // namespace attune::library
