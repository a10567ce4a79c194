// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <set>

#include "library/music_evaluation.hpp"
#include "library/music_training.hpp"

namespace attune::library {

using learn::EvaluateRequest;
using learn::Evaluation;
namespace {

constexpr double kZ90 = 1.6448536269514722;

/// One of the two dimensions over the clips: what raters say, what the model says, and its SD with the genre known (as from a
/// tag) and not known.
struct Dimension {
    std::vector<double> truth, said, sd, sd_untagged;

    [[nodiscard]] double covered(Pick which, const std::vector<double>& width) const {
        double inside = 0.0;
        for (const std::size_t i : which) inside += std::abs(truth[i] - said[i]) <= kZ90 * width[i] ? 1.0 : 0.0;
        return which.empty() ? std::nan("") : inside / static_cast<double>(which.size());
    }
    [[nodiscard]] double rmse(Pick which) const { return learn::rmse(at(truth, which), at(said, which)); }
    /// Width of the interval over that of a guess without music: the spread of all the ratings.
    [[nodiscard]] double width(Pick which) const {
        double mean = 0.0, square = 0.0, sum = 0.0;
        for (const double t : truth) mean += t / static_cast<double>(truth.size());
        for (const double t : truth) square += (t - mean) * (t - mean);
        for (const std::size_t i : which) sum += sd[i];
        return sum / static_cast<double>(which.size()) / std::sqrt(square / static_cast<double>(truth.size()));
    }
};

struct Judged {
    Dimension valence, arousal;

    explicit Judged(std::size_t clips) {
        for (Dimension* d : {&valence, &arousal})
            for (auto* v : {&d->truth, &d->said, &d->sd, &d->sd_untagged}) v->resize(clips);
    }
    void spread(const MusicModel& model, std::size_t at, const std::string& genre) {
        valence.sd[at] = model.sd("valence", genre).value_or(0.0), valence.sd_untagged[at] = model.sd("valence", "").value_or(0.0);
        arousal.sd[at] = model.sd("arousal", genre).value_or(0.0), arousal.sd_untagged[at] = model.sd("arousal", "").value_or(0.0);
    }
    [[nodiscard]] double covered(Pick s) const { return 0.5 * (arousal.covered(s, arousal.sd) + valence.covered(s, valence.sd)); }
    [[nodiscard]] double covered_untagged(Pick s) const {
        return 0.5 * (arousal.covered(s, arousal.sd_untagged) + valence.covered(s, valence.sd_untagged));
    }
};

learn::Metric plain(const char* name, double value, std::size_t n) { return {name, "musifeast17", value, std::nullopt, n, {}}; }

void genre_figures(Evaluation& e, const Judged& j, const std::vector<std::string>& genres) {
    for (const std::string& genre : std::set<std::string>(genres.begin(), genres.end())) {
        Indices which;
        for (std::size_t i = 0; i < genres.size(); ++i) {
            if (genres[i] == genre) which.push_back(i);
        }
        const std::size_t n = which.size();
        e.subgroups.push_back({"genre=" + genre,
                               {plain("coverage90_arousal", j.arousal.covered(which, j.arousal.sd), n),
                                plain("coverage90_valence", j.valence.covered(which, j.valence.sd), n),
                                plain("coverage90", j.covered(which), n), plain("coverage90_untagged", j.covered_untagged(which), n),
                                plain("rmse_arousal", j.arousal.rmse(which), n), plain("rmse_valence", j.valence.rmse(which), n),
                                plain("width_over_climatology_arousal", j.arousal.width(which), n),
                                plain("width_over_climatology_valence", j.valence.width(which), n)}});
    }
}

void regression_figures(Evaluation& e, const MusicSets& sets, const Measured& m, Judged& j) {
    const std::string set = "musifeast17";
    const auto groups = artists(sets, m.clips);
    std::vector<std::string> genres;
    for (std::size_t i = 0; i < m.clips.size(); ++i) {
        const Clip& c = sets.clips[m.clips[i]];
        j.valence.truth[i] = *c.valence, j.valence.said[i] = m.predicted[2 * i];
        j.arousal.truth[i] = *c.arousal, j.arousal.said[i] = m.predicted[2 * i + 1];
        genres.push_back(c.genre);
    }
    const auto both = [&](const std::string& name, auto&& figure) {
        e.metrics.push_back(metric(name + "_arousal", set, groups, [&](Pick s) { return figure(at(j.arousal.truth, s), at(j.arousal.said, s)); }));
        e.metrics.push_back(metric(name + "_valence", set, groups, [&](Pick s) { return figure(at(j.valence.truth, s), at(j.valence.said, s)); }));
    };
    both("r2", [](const auto& t, const auto& p) { return learn::r2(t, p); });
    both("r", [](const auto& t, const auto& p) { return learn::pearson(t, p); });
    both("rmse", [](const auto& t, const auto& p) { return learn::rmse(t, p); });
    const auto coverage = [&](const char* name, const char* note, auto&& figure) {
        e.metrics.push_back(metric(name, set, groups, figure));
        e.metrics.back().note = note;
    };
    const char* known = "genre known, as from a tag";
    coverage("coverage90_arousal", known, [&](Pick s) { return j.arousal.covered(s, j.arousal.sd); });
    coverage("coverage90_valence", known, [&](Pick s) { return j.valence.covered(s, j.valence.sd); });
    coverage("coverage90", known, [&](Pick s) { return j.covered(s); });
    if (!m.clips.empty()) e.calibration.push_back({set, "interval_coverage", e.metrics.back().value, {}});
    coverage("coverage90_untagged", "genre not known: one width for all music", [&](Pick s) { return j.covered_untagged(s); });
    if (m.clips.empty()) return;
    const Indices all = all_of(m.clips.size());
    e.metrics.push_back(plain("width_over_climatology_arousal", j.arousal.width(all), all.size()));
    e.metrics.push_back(plain("width_over_climatology_valence", j.valence.width(all), all.size()));
    for (const char* name : {"r2_arousal", "r2_valence"}) {
        e.chance.push_back(plain(name, 0.0, all.size()));
        e.chance.back().note = "always the mean of the ratings";
    }
    genre_figures(e, j, genres);
}

/// Correlation on musifeast17 of a model that has only seen the quadrants of panda_4q, common
/// artists dropped.
Result<void> transfer_figures(Evaluation& e, const MusicSets& sets) {
    const Indices panda = sets.of("panda_4q"), all = sets.of("musifeast17");
    const Indices test = apart(sets, all, panda);
    if (panda.size() < 100 || test.size() < 20) return {};
    ATTUNE_TRY(const auto model, train_transfer(sets, panda));
    std::vector<double> valence, arousal, pv, pa;
    for (const std::size_t i : test) {
        const auto p = model.predict(sets.clips[i].descriptors);
        valence.push_back(*sets.clips[i].valence), arousal.push_back(*sets.clips[i].arousal);
        pv.push_back(p[0]), pa.push_back(p[1]);
    }
    const auto groups = artists(sets, test);
    auto a = metric("transfer_r_arousal", "musifeast17", groups,
                    [&](Pick s) { return learn::pearson(at(arousal, s), at(pa, s)); });
    auto v = metric("transfer_r_valence", "musifeast17", groups,
                    [&](Pick s) { return learn::pearson(at(valence, s), at(pv, s)); });
    a.note = v.note = "trained on panda_4q alone, tested on musifeast17, common artists dropped";
    e.metrics.push_back(a);
    e.metrics.push_back(v);
    return {};
}

}  // namespace

Result<Evaluation> evaluate_emotion(const EvaluateRequest& request) {
    MusicSets sets;
    ATTUNE_TRY(auto e, opened("music-emotion", request, sets,
                              request.cross_validate ? kBothSets
                                                     : std::vector<std::string>{"musifeast17"}));
    const Indices clips = sets.of("musifeast17"), panda = sets.of("panda_4q");
    if (clips.empty())
        return fail(ErrorCode::kNotFound,
                    "music-emotion is measured on musifeast17, which is not below this folder",
                    request.data.string());
    Measured m;
    Judged judged(clips.size());
    if (request.cross_validate) {
        quote_card("music-emotion", request, e);
        // SDs are of folds within each training side: no clip has a part in its own.
        const auto train = [&](const Indices& seen, const Indices& helpers) -> Result<MusicModel> {
            ATTUNE_TRY(auto model, train_emotion(sets, seen, helpers));
            ATTUNE_CHECK(calibrate_emotion(model, sets, seen, helpers));
            return model;
        };
        ATTUNE_TRY(m, cross_validated(sets, clips, panda, 2, train, request, [&](const MusicModel& model, std::size_t place) {
                       judged.spread(model, place, sets.clips[clips[place]].genre);
                   }));
    } else {
        ATTUNE_TRY(const auto loaded, load_installed("music-emotion", request, e));
        ATTUNE_TRY(m, installed(sets, clips, loaded.first, loaded.second, e));
        judged = Judged(m.clips.size());
        for (std::size_t i = 0; i < m.clips.size(); ++i) judged.spread(loaded.second, i, sets.clips[m.clips[i]].genre);
    }
    e.protocol = m.protocol;
    count(e, sets, m.clips);
    regression_figures(e, sets, m, judged);
    if (request.cross_validate) ATTUNE_CHECK(transfer_figures(e, sets));
    return e;
}
}  // namespace attune::library
