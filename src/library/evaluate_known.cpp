// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/evaluate_known.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "core/paths.hpp"
#include "learn/dataset_hash.hpp"
#include "library/music_evaluation.hpp"
#include "library/track_analysis.hpp"

namespace attune::library {
namespace {

using learn::EvaluateRequest;
using learn::Evaluation;

constexpr double kTolerance = 0.04;

struct Heard {
    std::size_t piece = 0;  ///< index into TruePieces::test
    std::optional<signal::TempoEstimate> tempo;
    std::optional<signal::KeyEstimate> key;
};

Result<Heard> hear(const TruePiece& piece, std::size_t index, const core::CancelToken* cancel) {
    ATTUNE_TRY(const auto file, piece.sound(cancel));
    ATTUNE_TRY(const auto analysis, analyse_file(file, cancel));
    return Heard{index, analysis.tempo, analysis.key};
}

/// What is measured: the pieces that count, what was heard in each, and the header of the result.
struct Session {
    TruePieces truth;
    std::vector<Heard> heard;
    Evaluation e;
};

Result<Session> listen(const std::string& name, const EvaluateRequest& request, const FindTruth& find, bool keys_only) {
    Session s;
    ATTUNE_TRY(s.truth, find(request.data, request.data_dir));
    s.e.model = name;
    s.e.version = keys_only ? "2" : "1";  // of the method
    std::set<std::string> sets, groups;
    std::vector<std::filesystem::path> hashed;
    std::size_t wanted = 0, done = 0;
    for (const auto& piece : s.truth.test) wanted += keys_only && !piece.key ? 0U : 1U;
    for (std::size_t i = 0; i < s.truth.test.size(); ++i) {
        const TruePiece& piece = s.truth.test[i];
        if (keys_only && !piece.key) continue;
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "the evaluation was cancelled");
        auto heard = hear(piece, i, request.cancel);
        if (request.progress) request.progress("pieces", ++done, wanted);
        if (!heard) {
            s.e.warnings.push_back(piece.set + "/" + piece.name + ": " + heard.error().describe());
            continue;
        }
        s.heard.push_back(*std::move(heard));
        sets.insert(piece.set), groups.insert(piece.group);
        hashed.push_back(piece.source);
    }
    if (s.heard.empty()) return fail(ErrorCode::kNotFound, name + " has no piece to be measured on below this folder", request.data.string());
    s.e.data.assign(sets.begin(), sets.end());
    ATTUNE_TRY(s.e.data_sha256, learn::data_sha256(request.data, hashed));
    s.e.n = s.heard.size(), s.e.groups = groups.size();
    return s;
}

/// Share of `right` over the pieces of a set, or over all ("all").
learn::Metric share(const Session& s, const std::string& name, const std::string& set, const std::vector<double>& right, const std::string& note = {}) {
    std::vector<std::string> groups;
    std::vector<double> values;
    for (std::size_t i = 0; i < s.heard.size(); ++i) {
        const TruePiece& piece = s.truth.test[s.heard[i].piece];
        if (set != "all" && piece.set != set) continue;
        groups.push_back(piece.group);
        values.push_back(right[i]);
    }
    auto m = metric(name, set, groups, [&](Pick pick) {
        double sum = 0.0;
        for (const std::size_t i : pick) sum += values[i];
        return sum / static_cast<double>(pick.size());
    });
    m.note = note;
    return m;
}

/// The one tempo that is right most often on pieces that are not measured.
double commonest(const std::vector<TruePiece>& pieces) {
    std::vector<double> bpm;
    for (const auto& piece : pieces) bpm.push_back(piece.bpm);
    double best = 120.0;
    std::ptrdiff_t most = 0;
    for (const double guess : bpm) {
        const auto n = std::count_if(bpm.begin(), bpm.end(), [&](double b) { return same_tempo(guess, b); });
        if (n > most) most = n, best = guess;
    }
    return best;
}

Result<Evaluation> evaluate_tempo(const EvaluateRequest& request, const FindTruth& find) {
    ATTUNE_TRY(auto s, listen("tempo", request, find, false));
    s.e.protocol = "tempo of a scan on renders of at most 45 s of MIDI by other people (POP909's every fourth song, Groove's test takes in 4/4, "
                   "game music of Debian packages); acc1: within 4 %, acc2: also a half, a third, double, triple; constants were chosen on other pieces";
    std::vector<double> first, second, fool;
    const double guess = commonest(s.truth.training);
    std::map<std::string, double> halves, doubles, silent, others;
    for (const Heard& h : s.heard) {
        const TruePiece& piece = s.truth.test[h.piece];
        const double bpm = h.tempo ? h.tempo->bpm : 0.0;
        first.push_back(h.tempo && same_tempo(bpm, piece.bpm) ? 1.0 : 0.0);
        second.push_back(h.tempo && same_tempo_or_octave(bpm, piece.bpm) ? 1.0 : 0.0);
        fool.push_back(same_tempo(guess, piece.bpm) ? 1.0 : 0.0);
        if (!h.tempo)
            silent[piece.set] += 1.0;
        else if (same_tempo(2.0 * bpm, piece.bpm))
            halves[piece.set] += 1.0;
        else if (same_tempo(bpm / 2.0, piece.bpm))
            doubles[piece.set] += 1.0;
        else if (!same_tempo(bpm, piece.bpm))
            others[piece.set] += 1.0;
    }
    s.e.metrics.push_back(share(s, "acc1", "all", first, "pooled over the sets"));
    s.e.metrics.push_back(share(s, "acc2", "all", second, "pooled over the sets"));
    for (const auto& set : s.e.data) {
        s.e.metrics.push_back(share(s, "acc1", set, first));
        s.e.metrics.push_back(share(s, "acc2", set, second));
        const auto n = s.e.metrics.back().n;
        const auto of = [&](std::map<std::string, double>& m, const char* name) { return learn::Metric{name, set, m[set] / static_cast<double>(n), std::nullopt, n, {}}; };
        s.e.subgroups.push_back({"set=" + set, {of(halves, "share_half"), of(doubles, "share_double"), of(others, "share_other"), of(silent, "share_none")}});
    }
    s.e.chance.push_back(share(s, "acc1", "all", fool, "always " + std::to_string(std::lround(guess)) + " bpm, the commonest of the training pieces"));
    return std::move(s.e);
}

Result<Evaluation> evaluate_key(const EvaluateRequest& request, const FindTruth& find) {
    ATTUNE_TRY(auto s, listen("key", request, find, true));
    s.e.protocol = "key of a scan on renders of at most 45 s, the middle of the longest key segment of POP909's every fourth song; accuracy: tonic and mode exact";
    std::vector<double> exact, weighted, tonic, fool;
    std::map<bool, std::pair<double, double>> by_mode;
    for (const Heard& h : s.heard) {
        const TrueKey truth = *s.truth.test[h.piece].key;
        const double score = h.key ? key_score({h.key->pitch_class, h.key->major}, truth) : 0.0;
        weighted.push_back(score);
        exact.push_back(score == 1.0 ? 1.0 : 0.0);
        tonic.push_back(h.key && h.key->pitch_class == truth.pitch_class ? 1.0 : 0.0);
        by_mode[truth.major].first += exact.back(), by_mode[truth.major].second += 1.0;
    }
    std::array<double, 24> counts{};
    for (const Heard& h : s.heard) {
        const TrueKey k = *s.truth.test[h.piece].key;
        counts[static_cast<std::size_t>(k.pitch_class + (k.major ? 0 : 12))] += 1.0;
    }
    s.e.metrics.push_back(share(s, "accuracy", "pop909", exact));
    s.e.metrics.push_back(share(s, "mirex", "pop909", weighted, "fifth .5, relative .3, parallel .2"));
    s.e.metrics.push_back(share(s, "tonic", "pop909", tonic));
    for (const auto& [major, sums] : by_mode) {
        s.e.subgroups.push_back({major ? "mode=major" : "mode=minor",
                                 {{"accuracy", "pop909", sums.first / sums.second, std::nullopt, static_cast<std::size_t>(sums.second), {}}}});
    }
    s.e.chance.push_back({"accuracy", "pop909", *std::max_element(counts.begin(), counts.end()) / static_cast<double>(s.heard.size()), std::nullopt,
                          s.heard.size(), "always the commonest key of these songs"});
    return std::move(s.e);
}

}  // namespace

bool same_tempo(double estimate, double truth) noexcept { return std::abs(estimate - truth) <= kTolerance * truth; }

bool same_tempo_or_octave(double estimate, double truth) noexcept {
    for (const double factor : {1.0, 2.0, 0.5, 3.0, 1.0 / 3.0}) {
        if (same_tempo(estimate, factor * truth)) return true;
    }
    return false;
}

double key_score(const TrueKey& estimate, const TrueKey& truth) noexcept {
    const int up = ((estimate.pitch_class - truth.pitch_class) % 12 + 12) % 12;
    if (estimate.major == truth.major) return up == 0 ? 1.0 : up == 7 || up == 5 ? 0.5 : 0.0;
    if (up == 0) return 0.2;
    return up == (truth.major ? 9 : 3) ? 0.3 : 0.0;
}

void register_known(learn::ModelRegistry& registry, FindTruth find) {
    registry.add({"tempo", "tempo of a track (a measurement, nothing is installed)", {"pop909", "groove_midi", "debian_games"},
                  [find](const EvaluateRequest& request) { return evaluate_tempo(request, find); },
                  [find](const learn::TrainRequest& request) -> Result<void> {
                      ATTUNE_TRY(const auto truth, find(request.data, core::data_dir()));
                      return train_tempo(request, truth.training);
                  }});
    registry.add({"key", "key and mode of a track (the weights are part of the program)", {"pop909"},
                  [find](const EvaluateRequest& request) { return evaluate_key(request, find); },
                  [find](const learn::TrainRequest& request) -> Result<void> {
                      ATTUNE_TRY(const auto truth, find(request.data, core::data_dir()));
                      return train_key(request, truth.key_training);
                  }});
}

}  // namespace attune::library
