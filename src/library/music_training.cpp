// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/music_training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "learn/calibration.hpp"
#include "learn/metrics.hpp"
#include "learn/split.hpp"
#include "signal/music_descriptors.hpp"

namespace attune::library {
namespace {

using learn::KernelMachine;
using learn::KernelMachineConfig;
using learn::KernelTerm;
using Kind = learn::KernelTerm::Kind;

constexpr std::uint64_t kCalibrationSeed = 77;
constexpr double kCoverage = 0.9;
/// Clips of any genre that a genre's spread is mixed with: 3, 5 and 10 kept every genre within 80-97 % in five foldings of these
/// clips, 10 with the best interval score (Gneiting & Raftery 2007, doi:10.1198/016214506000001437).
constexpr double kGenreShrink = 10.0;

/// Sizes of the groups of descriptors: spectrum, shape and dynamics, harmony, rhythm.
std::vector<std::size_t> descriptor_groups() {
    const auto& names = signal::descriptor_names();
    const auto at = [&](const char* name) {
        return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) -
                                        names.begin());
    };
    const std::size_t shape = at("centroid_mean"), harmony = at("chroma_from_tonic_00"),
                      rhythm = at("onset_share_00");
    return {shape, harmony - shape, rhythm - harmony, names.size() - rhythm};
}

/// Kernels over the descriptors alone.
KernelMachineConfig plain(double ridge) {
    return {descriptor_groups(),
            0,
            {{Kind::kLaplacian, -1, 0.6, 0.7}, {Kind::kGaussian, -1, 0.4, 0.3}},
            ridge};
}

/// What goes over to music of other kinds: the smoothest kernel within one standard error of the
/// best (Breiman et al. 1984, ISBN 0412048418) when each genre of panda_4q is left out in turn, over
/// gamma .02 to .4 and ridge .1 to .8. No other set takes part in the choice.
KernelMachineConfig smooth() {
    return {descriptor_groups(), 0, {{Kind::kGaussian, -1, 0.15, 1.0}}, 0.4};
}

/// Also over what the first stage says.
KernelMachineConfig stacked(std::size_t early, double ridge, std::vector<KernelTerm> terms) {
    KernelMachineConfig c{descriptor_groups(), 1, std::move(terms), ridge};
    const int last = static_cast<int>(c.groups.size());
    c.groups.push_back(early);
    c.terms.push_back({Kind::kLinear, last, 0.0, 0.1});
    c.terms.push_back({Kind::kGaussian, last, 0.45, 0.3});
    return c;
}

std::vector<float> features(const MusicSets& sets, std::span<const std::size_t> clips,
                            const KernelMachine* first) {
    std::vector<float> x;
    for (const std::size_t i : clips) {
        const auto& d = sets.clips[i].descriptors;
        x.insert(x.end(), d.begin(), d.end());
        if (first == nullptr) continue;
        std::vector<double> early(first->outputs());
        first->predict(d, early);
        for (const double v : early) x.push_back(static_cast<float>(v));
    }
    return x;
}

double sign_valence(int quadrant) { return quadrant == 0 || quadrant == 3 ? 1.0 : -1.0; }
double sign_arousal(int quadrant) { return quadrant <= 1 ? 1.0 : -1.0; }

Result<KernelMachine> signs_machine(const MusicSets& sets, std::span<const std::size_t> panda,
                                    bool with_calm) {
    std::vector<double> y;
    for (const std::size_t i : panda) {
        y.push_back(sign_valence(*sets.clips[i].quadrant));
        y.push_back(sign_arousal(*sets.clips[i].quadrant));
        if (with_calm) y.push_back(*sets.clips[i].calm ? 1.0 : -1.0);
    }
    return KernelMachine::train(features(sets, panda, nullptr), y, panda.size(), smooth());
}

Result<KernelMachine> ratings_machine(const MusicSets& sets,
                                      std::span<const std::size_t> musifeast) {
    std::vector<double> y;
    for (const std::size_t i : musifeast)
        y.push_back(*sets.clips[i].valence), y.push_back(*sets.clips[i].arousal);
    return KernelMachine::train(features(sets, musifeast, nullptr), y, musifeast.size(),
                                plain(0.3));
}

std::vector<std::size_t> picked(std::span<const std::size_t> clips,
                                const std::vector<std::size_t>& which) {
    std::vector<std::size_t> out;
    for (const std::size_t w : which) out.push_back(clips[w]);
    return out;
}

/// Scores of each clip by a model that has not seen its artist: row-major clips × outputs.
template <typename Train>
Result<std::vector<double>> held_out_scores(const MusicSets& sets,
                                            std::span<const std::size_t> clips,
                                            std::span<const std::size_t> others, int folds,
                                            std::size_t outputs, const Train& train) {
    const auto groups = artists(sets, clips);
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(groups, folds, kCalibrationSeed));
    std::vector<double> out(clips.size() * outputs);
    for (const auto& fold : split.folds()) {
        const auto test = picked(clips, fold.test());
        const auto helpers = apart(sets, others, test);
        ATTUNE_TRY(const auto model, train(picked(clips, fold.train()), helpers));
        for (std::size_t t = 0; t < test.size(); ++t) {
            const auto s = model.scores(sets.clips[test[t]].descriptors);
            std::copy(s.begin(), s.end(),
                      out.begin() + static_cast<std::ptrdiff_t>(fold.test()[t] * outputs));
        }
    }
    return out;
}

using Indices = std::span<const std::size_t>;

/// What the constants of the quadrant's machines are chosen from, the smoothest first.
constexpr std::array<learn::PairMachineConfig, 9> kQuadrantChoices{{{0.2, 0.25}, {0.2, 0.5}, {0.2, 1.0}, {0.4, 0.25}, {0.4, 0.5},
                                                                    {0.4, 1.0}, {0.8, 0.25}, {0.8, 0.5}, {0.8, 1.0}}};

/// Each clip as rows: the whole and its halves. `first` says where a clip's rows begin, with the end behind the last.
struct ViewRows {
    std::vector<float> x;
    std::vector<int> y;
    std::vector<std::size_t> first;
    [[nodiscard]] std::vector<std::size_t> of(std::span<const std::size_t> clips) const {
        std::vector<std::size_t> out;
        for (const std::size_t c : clips)
            for (std::size_t r = first[c]; r < first[c + 1]; ++r) out.push_back(r);
        return out;
    }
};

ViewRows view_rows(const MusicSets& sets, Indices clips) {
    ViewRows rows;
    for (const std::size_t i : clips) {
        const Clip& c = sets.clips[i];
        rows.first.push_back(rows.y.size());
        const auto add = [&](const std::vector<float>& d) {
            rows.x.insert(rows.x.end(), d.begin(), d.end());
            rows.y.push_back(*c.quadrant);
        };
        add(c.descriptors);
        for (const auto& half : c.halves) add(half);
    }
    rows.first.push_back(rows.y.size());
    return rows;
}

/// Mean votes of each clip by machines that have not seen its artist: row-major clips × 4.
std::vector<double> held_out_votes(const learn::PairTrainer& trainer, const learn::PairMachineConfig& config, const learn::Split& split, const ViewRows& rows) {
    std::vector<double> out(4 * (rows.first.size() - 1), 0.0);
    for (const auto& fold : split.folds()) {
        const auto votes = trainer.votes(config, rows.of(fold.train()), rows.of(fold.test()));
        std::size_t at = 0;
        for (const std::size_t c : fold.test()) {
            const std::size_t views = rows.first[c + 1] - rows.first[c];
            for (std::size_t v = 0; v < views; ++v)
                for (std::size_t q = 0; q < 4; ++q) out[4 * c + q] += votes[at++] / static_cast<double>(views);
        }
    }
    return out;
}

Result<MusicModel> calming_machine(const MusicSets& sets, Indices panda, Indices musifeast) {
    MusicModel m;
    m.kind = MusicModel::Kind::kProbability;
    m.labels = {"calm"};
    if (musifeast.size() >= 20) {
        ATTUNE_TRY(m.first, ratings_machine(sets, musifeast));
    }
    std::vector<double> y;
    for (const std::size_t i : panda) y.push_back(*sets.clips[i].calm ? 1.0 : 0.0);
    const std::vector<KernelTerm> terms{{Kind::kGaussian, -1, 0.4, 0.5},
                                        {Kind::kLaplacian, -1, 0.6, 0.5}};
    KernelMachineConfig config = m.first ? stacked(m.first->outputs(), 0.5, terms)
                                         : KernelMachineConfig{descriptor_groups(), 0, terms, 0.5};
    ATTUNE_TRY(m.second, KernelMachine::train(features(sets, panda, m.first ? &*m.first : nullptr),
                                              y, panda.size(), config));
    return m;
}

}  // namespace

Result<MusicModel> train_emotion(const MusicSets& sets, Indices musifeast, Indices panda) {
    MusicModel m;
    m.kind = MusicModel::Kind::kRegression;
    m.labels = {"valence", "arousal"};
    if (panda.size() >= 20) {
        ATTUNE_TRY(m.first, signs_machine(sets, panda, true));
    }
    std::vector<double> y;
    for (const std::size_t i : musifeast)
        y.push_back(*sets.clips[i].valence), y.push_back(*sets.clips[i].arousal);
    const std::vector<KernelTerm> terms{{Kind::kLaplacian, -1, 0.6, 1.0}};
    KernelMachineConfig config = m.first ? stacked(m.first->outputs(), 0.3, terms)
                                         : KernelMachineConfig{descriptor_groups(), 0, terms, 0.3};
    ATTUNE_TRY(m.second,
               KernelMachine::train(features(sets, musifeast, m.first ? &*m.first : nullptr), y,
                                    musifeast.size(), config));
    return m;
}

Result<void> calibrate_emotion(MusicModel& model, const MusicSets& sets, Indices musifeast,
                               Indices panda) {
    ATTUNE_TRY(const auto scores, held_out_scores(sets, musifeast, panda, 10, 2,
                                                  [&](const auto& train, const auto& helpers) {
                                                      return train_emotion(sets, train, helpers);
                                                  }));
    std::vector<std::string> genres;
    std::vector<double> valence, arousal;
    for (std::size_t t = 0; t < musifeast.size(); ++t) {
        const Clip& c = sets.clips[musifeast[t]];
        genres.push_back(genre_key(c.genre));
        valence.push_back(scores[2 * t] - *c.valence);
        arousal.push_back(scores[2 * t + 1] - *c.arousal);
    }
    for (const auto& [label, errors] : {std::pair{"sd_valence", &valence}, std::pair{"sd_arousal", &arousal}}) {
        ATTUNE_TRY(const auto spreads, learn::GroupSpreads::fit(*errors, genres, kCoverage, kGenreShrink));
        model.constants[label] = spreads.all;
        for (const auto& [genre, sd] : spreads.group) model.constants[std::string(label) + " of " + genre] = sd;
    }
    return {};
}

Result<MusicModel> train_transfer(const MusicSets& sets, Indices panda) {
    MusicModel m;
    m.kind = MusicModel::Kind::kRegression;
    m.labels = {"valence", "arousal"};
    ATTUNE_TRY(m.second, signs_machine(sets, panda, false));
    return m;
}

Result<MusicModel> train_quadrant(const MusicSets& sets, Indices panda) {
    MusicModel m;
    m.kind = MusicModel::Kind::kClasses;
    m.labels = {"Q1", "Q2", "Q3", "Q4"};
    const ViewRows rows = view_rows(sets, panda);
    std::vector<int> truth;
    for (const std::size_t i : panda) truth.push_back(*sets.clips[i].quadrant);
    ATTUNE_TRY(const auto trainer, learn::PairTrainer::create(rows.x, rows.y, 4));
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(artists(sets, panda), 5, kCalibrationSeed));
    double best = -1.0;
    std::vector<double> votes;
    learn::PairMachineConfig chosen;
    for (const auto& config : kQuadrantChoices) {
        auto v = held_out_votes(trainer, config, split, rows);
        const double f1 = learn::macro_f1(learn::confusion(truth, learn::argmax_rows(v, 4), 4));
        if (f1 > best) best = f1, chosen = config, votes = std::move(v);
    }
    m.pairs = trainer.fit(chosen);
    m.by_views = true;
    m.constants["gamma"] = chosen.gamma, m.constants["cost"] = chosen.cost;
    ATTUNE_TRY(m.constants["temperature"], learn::fit_temperature(votes, truth, 4));
    return m;
}

Result<MusicModel> train_calming(const MusicSets& sets, Indices panda, Indices musifeast) {
    ATTUNE_TRY(auto m, calming_machine(sets, panda, musifeast));
    ATTUNE_TRY(const auto scores, held_out_scores(sets, panda, musifeast, 5, 1,
                                                  [&](const auto& train, const auto& helpers) {
                                                      return calming_machine(sets, train, helpers);
                                                  }));
    std::vector<int> truth;
    for (const std::size_t i : panda) truth.push_back(*sets.clips[i].calm ? 1 : 0);
    ATTUNE_TRY(const auto platt, learn::Platt::fit(scores, truth));
    m.constants["platt_slope"] = platt.slope;
    m.constants["platt_offset"] = platt.offset;
    return m;
}

std::vector<std::size_t> genre_clips(const MusicSets& sets) {
    std::map<std::string, int> counts;
    const auto usable = [](const Clip& c) {
        return c.set == "musifeast17" && !c.genre.empty() &&
               c.genre.find("0s") == std::string::npos;
    };
    for (const Clip& c : sets.clips) counts[c.genre] += usable(c) ? 1 : 0;
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < sets.clips.size(); ++i) {
        if (usable(sets.clips[i])) out.push_back(i);
    }
    return out;
}

Result<MusicModel> train_genre(const MusicSets& sets, Indices clips, std::uint64_t seed) {
    MusicModel m;
    m.kind = MusicModel::Kind::kClasses;
    std::set<std::string> names;
    for (const std::size_t i : clips) names.insert(sets.clips[i].genre);
    m.labels.assign(names.begin(), names.end());
    std::vector<int> y;
    for (const std::size_t i : clips)
        y.push_back(static_cast<int>(
            std::lower_bound(m.labels.begin(), m.labels.end(), sets.clips[i].genre) -
            m.labels.begin()));
    ATTUNE_TRY(m.forest, learn::Forest::train(features(sets, clips, nullptr), y, m.labels.size(),
                                              {.trees = 250, .min_leaf = 2, .seed = seed}));
    return m;
}

}  // namespace attune::library
