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

void regression_figures(Evaluation& e, const MusicSets& sets, const Measured& m, double sd_valence,
                        double sd_arousal) {
    const std::string set = "musifeast17";
    const auto groups = artists(sets, m.clips);
    std::vector<double> valence, arousal, pv, pa;
    std::vector<std::string> genres;
    for (std::size_t i = 0; i < m.clips.size(); ++i) {
        valence.push_back(*sets.clips[m.clips[i]].valence);
        arousal.push_back(*sets.clips[m.clips[i]].arousal);
        pv.push_back(m.predicted[2 * i]);
        pa.push_back(m.predicted[2 * i + 1]);
        genres.push_back(sets.clips[m.clips[i]].genre);
    }
    const auto two = [&](const std::vector<double>& truth, const std::vector<double>& predicted,
                         auto&& figure) {
        return
            [&truth, &predicted, figure](Pick s) { return figure(at(truth, s), at(predicted, s)); };
    };
    const auto r2 = [](const auto& t, const auto& p) { return learn::r2(t, p); };
    const auto r = [](const auto& t, const auto& p) { return learn::pearson(t, p); };
    const auto error = [](const auto& t, const auto& p) { return learn::rmse(t, p); };
    e.metrics.push_back(metric("r2_arousal", set, groups, two(arousal, pa, r2)));
    e.metrics.push_back(metric("r2_valence", set, groups, two(valence, pv, r2)));
    e.metrics.push_back(metric("r_arousal", set, groups, two(arousal, pa, r)));
    e.metrics.push_back(metric("r_valence", set, groups, two(valence, pv, r)));
    e.metrics.push_back(metric("rmse_arousal", set, groups, two(arousal, pa, error)));
    e.metrics.push_back(metric("rmse_valence", set, groups, two(valence, pv, error)));
    const auto covered = [](double sd) {
        return [sd](const auto& t, const auto& p) {
            double inside = 0.0;
            for (std::size_t i = 0; i < t.size(); ++i)
                inside += std::abs(t[i] - p[i]) <= kZ90 * sd ? 1.0 : 0.0;
            return t.empty() ? std::nan("") : inside / static_cast<double>(t.size());
        };
    };
    e.metrics.push_back(
        metric("coverage90_arousal", set, groups, two(arousal, pa, covered(sd_arousal))));
    e.metrics.push_back(
        metric("coverage90_valence", set, groups, two(valence, pv, covered(sd_valence))));
    auto pooled = metric("coverage90", set, groups, [&](Pick s) {
        return 0.5 * (covered(sd_arousal)(at(arousal, s), at(pa, s)) +
                      covered(sd_valence)(at(valence, s), at(pv, s)));
    });
    e.metrics.push_back(pooled);
    // Width of the interval over that of a guess without music (the spread of the ratings
    // themselves).
    const auto width = [&](double sd, const std::vector<double>& truth) {
        double mean = 0.0, square = 0.0;
        for (const double t : truth) mean += t / static_cast<double>(truth.size());
        for (const double t : truth) square += (t - mean) * (t - mean);
        return sd / std::sqrt(square / static_cast<double>(truth.size()));
    };
    if (!m.clips.empty()) {
        e.metrics.push_back({"width_over_climatology_arousal",
                             set,
                             width(sd_arousal, arousal),
                             std::nullopt,
                             m.clips.size(),
                             {}});
        e.metrics.push_back({"width_over_climatology_valence",
                             set,
                             width(sd_valence, valence),
                             std::nullopt,
                             m.clips.size(),
                             {}});
        e.chance.push_back({"r2_arousal", set, 0.0, std::nullopt, m.clips.size(),
                            "always the mean of the ratings"});
        e.chance.push_back({"r2_valence", set, 0.0, std::nullopt, m.clips.size(),
                            "always the mean of the ratings"});
        e.calibration.push_back({set, "interval_coverage", pooled.value, {}});
    }
    for (const std::string& genre : std::set<std::string>(genres.begin(), genres.end())) {
        Indices which;
        for (std::size_t i = 0; i < genres.size(); ++i) {
            if (genres[i] == genre) which.push_back(i);
        }
        learn::Subgroup sub{"genre=" + genre, {}};
        const double a = covered(sd_arousal)(at(arousal, which), at(pa, which)),
                     v = covered(sd_valence)(at(valence, which), at(pv, which));
        sub.metrics.push_back({"coverage90_arousal", set, a, std::nullopt, which.size(), {}});
        sub.metrics.push_back({"coverage90_valence", set, v, std::nullopt, which.size(), {}});
        sub.metrics.push_back({"coverage90", set, 0.5 * (a + v), std::nullopt, which.size(), {}});
        sub.metrics.push_back({"rmse_arousal",
                               set,
                               learn::rmse(at(arousal, which), at(pa, which)),
                               std::nullopt,
                               which.size(),
                               {}});
        sub.metrics.push_back({"rmse_valence",
                               set,
                               learn::rmse(at(valence, which), at(pv, which)),
                               std::nullopt,
                               which.size(),
                               {}});
        e.subgroups.push_back(std::move(sub));
    }
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
    double sd_valence = 0.0, sd_arousal = 0.0;
    if (request.cross_validate) {
        quote_card("music-emotion", request, e);
        ATTUNE_TRY(m, cross_validated(
                          sets, clips, panda, 2,
                          [&](const Indices& train, const Indices& helpers) {
                              return train_emotion(sets, train, helpers);
                          },
                          request));
        MusicModel calibrated;
        ATTUNE_CHECK(
            calibrate_emotion(calibrated, sets, clips, panda));  // its folds are of another seed
        sd_valence = calibrated.constant("sd_valence", 0.0),
        sd_arousal = calibrated.constant("sd_arousal", 0.0);
    } else {
        ATTUNE_TRY(const auto loaded, load_installed("music-emotion", request, e));
        ATTUNE_TRY(m, installed(sets, clips, loaded.first, loaded.second, e));
        sd_valence = loaded.second.constant("sd_valence", 0.0),
        sd_arousal = loaded.second.constant("sd_arousal", 0.0);
    }
    e.protocol = m.protocol;
    count(e, sets, m.clips);
    regression_figures(e, sets, m, sd_valence, sd_arousal);
    if (request.cross_validate) ATTUNE_CHECK(transfer_figures(e, sets));
    return e;
}
}  // namespace attune::library
