// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/models.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/metrics.hpp"
#include "learn/model_card.hpp"
#include "learn/split.hpp"
#include "library/fuzzy_knn.hpp"
#include "library/music_dataset.hpp"
#include "library/music_model.hpp"
#include "library/music_training.hpp"

namespace attune::library {
namespace {

using learn::EvaluateRequest;
using learn::Evaluation;
using learn::TrainRequest;
using Indices = std::vector<std::size_t>;
const std::vector<std::string> kBothSets{"musifeast17", "panda_4q"};
constexpr int kFolds = 10;
constexpr std::uint64_t kFoldSeed = 1;
constexpr int kResamples = 1000;
constexpr double kZ90 = 1.6448536269514722;

Indices all_of(std::size_t n) {
    Indices out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = i;
    return out;
}

std::vector<std::string> artists(const MusicSets& sets, const Indices& clips) {
    std::vector<std::string> out;
    for (const std::size_t i : clips) out.push_back(sets.clips[i].artist);
    return out;
}

/// The clips of `others` by artists that are not among those of `clips`.
Indices apart(const MusicSets& sets, const Indices& others, const Indices& clips) {
    std::set<std::string> taken;
    for (const std::size_t i : clips) taken.insert(sets.clips[i].artist);
    Indices out;
    for (const std::size_t i : others) {
        if (!taken.contains(sets.clips[i].artist)) out.push_back(i);
    }
    return out;
}

/// What is measured: clips, and what was said of each by a model that has not learnt from its
/// artist.
struct Measured {
    Indices clips;
    std::vector<double> predicted;  ///< row-major clips × outputs, after softmax or sigmoid
    std::string protocol;
};

using TrainOn = std::function<Result<MusicModel>(const Indices& train, const Indices& helpers)>;

Result<Measured> cross_validated(const MusicSets& sets, const Indices& clips, const Indices& others,
                                 std::size_t outputs, const TrainOn& train,
                                 const EvaluateRequest& request) {
    Measured out;
    out.clips = clips;
    out.predicted.resize(clips.size() * outputs);
    const auto groups = artists(sets, clips);
    const std::set<std::string> distinct(groups.begin(), groups.end());
    ATTUNE_TRY(const auto split,
               learn::Split::grouped_k_fold(
                   groups, std::min<int>(kFolds, static_cast<int>(distinct.size())), kFoldSeed));
    out.protocol = split.protocol() + " (artist), retrained in each fold";
    std::size_t done = 0;
    for (const auto& fold : split.folds()) {
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "the evaluation was cancelled");
        Indices train_clips, test_clips;
        for (const std::size_t i : fold.train()) train_clips.push_back(clips[i]);
        for (const std::size_t i : fold.test()) test_clips.push_back(clips[i]);
        ATTUNE_TRY(const auto model, train(train_clips, apart(sets, others, test_clips)));
        for (const std::size_t i : fold.test()) {
            const auto p = model.predict(sets.clips[clips[i]].descriptors);
            std::copy(p.begin(), p.end(),
                      out.predicted.begin() + static_cast<std::ptrdiff_t>(i * outputs));
        }
        if (request.progress) request.progress("folds", ++done, split.folds().size());
    }
    return out;
}

/// The installed model on the clips whose artists its card does not list (in any set: an artist is
/// one person).
Result<Measured> installed(const MusicSets& sets, const Indices& clips,
                           const learn::InstalledModel& found, const MusicModel& model,
                           Evaluation& e) {
    std::set<std::string> trained;
    for (const auto& t : found.card.trained_on) trained.insert(t.groups.begin(), t.groups.end());
    Measured out;
    out.protocol = "installed model " + found.card.id() + " on artists that it was not trained on";
    std::set<std::string> left;
    for (const std::size_t i : clips) {
        if (trained.contains(sets.clips[i].artist)) {
            ++e.left_out;
            left.insert(sets.clips[i].set + "/" + sets.clips[i].artist);
            continue;
        }
        out.clips.push_back(i);
        const auto p = model.predict(sets.clips[i].descriptors);
        out.predicted.insert(out.predicted.end(), p.begin(), p.end());
    }
    e.left_out_groups.assign(left.begin(), left.end());
    return out;
}

Result<Evaluation> opened(const std::string& name, const EvaluateRequest& request, MusicSets& sets,
                          const std::vector<std::string>& wanted) {
    Evaluation e;
    e.model = name;
    ATTUNE_TRY(sets, load_music_sets(request.data, request.data_dir, wanted, request.progress,
                                     request.cancel));
    e.data = sets.found;
    e.data_sha256 = sets.data_sha256;
    e.warnings = sets.warnings;
    return e;
}

Result<std::pair<learn::InstalledModel, MusicModel>>
load_installed(const std::string& name, const EvaluateRequest& request, Evaluation& e) {
    ATTUNE_TRY(auto found, learn::find_model(request.data_dir, name));
    ATTUNE_TRY(auto model, MusicModel::load(found.weights));
    e.version = found.card.version;
    e.model_sha256 = found.card.sha256;
    e.leaky = found.card.leaky;
    return std::pair{std::move(found), std::move(model)};
}

void quote_card(const std::string& name, const EvaluateRequest& request, Evaluation& e) {
    if (const auto found = learn::find_model(request.data_dir, name)) {
        e.version = found->card.version;
        e.leaky = found->card.leaky;
    }
}

template <typename Figure>
learn::Metric metric(const std::string& name, const std::string& set,
                     const std::vector<std::string>& groups, const Figure& figure,
                     int resamples = kResamples) {
    learn::Metric m;
    m.name = name;
    m.set = set;
    m.n = groups.size();
    const Indices all = all_of(groups.size());
    m.value = groups.empty() ? std::nan("") : figure(std::span<const std::size_t>(all));
    if (!groups.empty())
        m.ci95 = learn::group_bootstrap(
            groups, [&](std::span<const std::size_t> s) { return figure(s); }, resamples);
    return m;
}

using Pick = std::span<const std::size_t>;
template <typename T>
std::vector<T> at(const std::vector<T>& v, Pick which) {
    std::vector<T> out;
    out.reserve(which.size());
    for (const std::size_t i : which) out.push_back(v[i]);
    return out;
}

void count(Evaluation& e, const MusicSets& sets, const Indices& clips) {
    const auto names = artists(sets, clips);
    e.n += clips.size();
    e.groups = std::set<std::string>(names.begin(), names.end()).size();
}

// ---- music-emotion
// -------------------------------------------------------------------------------

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

// ---- classes
// -------------------------------------------------------------------------------------

void class_figures(Evaluation& e, const std::string& set, const std::vector<std::string>& labels,
                   const std::vector<std::string>& groups, const std::vector<double>& p,
                   const std::vector<int>& truth, bool genre) {
    const std::size_t k = labels.size();
    const auto rows = [&](Pick s) {
        std::vector<double> out;
        for (const std::size_t i : s)
            out.insert(out.end(), p.begin() + static_cast<std::ptrdiff_t>(i * k),
                       p.begin() + static_cast<std::ptrdiff_t>((i + 1) * k));
        return out;
    };
    const auto table = [&](Pick s) {
        return learn::confusion(at(truth, s), learn::argmax_rows(rows(s), k), k);
    };
    const auto f1 =
        metric("macro_f1", set, groups, [&](Pick s) { return learn::macro_f1(table(s)); });
    const auto accuracy =
        metric("accuracy", set, groups, [&](Pick s) { return learn::accuracy(table(s)); });
    e.metrics.push_back(genre ? accuracy : f1);
    e.metrics.push_back(genre ? f1 : accuracy);
    e.metrics.push_back(metric("balanced_accuracy", set, groups,
                               [&](Pick s) { return learn::balanced_accuracy(table(s)); }));
    e.metrics.push_back(
        metric("kappa", set, groups, [&](Pick s) { return learn::kappa(table(s)); }));
    e.metrics.push_back(metric(
        "auc", set, groups, [&](Pick s) { return learn::auc_ovr(rows(s), at(truth, s), k); }, 300));
    const auto calibration =
        metric("ece", set, groups, [&](Pick s) { return learn::ece(rows(s), at(truth, s), k); });
    e.metrics.push_back(calibration);
    if (groups.empty()) return;
    const Indices all = all_of(groups.size());
    const auto c = table(all);
    e.confusion.push_back({set, labels, c.counts});
    e.calibration.push_back({set, "ece", calibration.value, learn::reliability(p, truth, k)});
    e.chance.push_back(
        {"accuracy", set, learn::majority_share(c), std::nullopt, groups.size(), "majority class"});
    double sensitivity = 0.0, specificity = 0.0, classes = 0.0;
    for (std::size_t q = 0; q < k; ++q) {
        if (std::count(truth.begin(), truth.end(), static_cast<int>(q)) == 0) continue;
        sensitivity += learn::sensitivity(c, q), specificity += learn::specificity(c, q),
            classes += 1.0;
        e.subgroups.push_back(
            {"class=" + labels[q],
             {{"sensitivity", set, learn::sensitivity(c, q), std::nullopt, groups.size(), {}},
              {"specificity", set, learn::specificity(c, q), std::nullopt, groups.size(), {}}}});
    }
    e.metrics.push_back({"sensitivity", set, sensitivity / classes, std::nullopt, groups.size(),
                         "mean over classes"});
    e.metrics.push_back({"specificity", set, specificity / classes, std::nullopt, groups.size(),
                         "mean over classes"});
}

/// The fuzzy k-NN baseline under the same folds.
Result<void> fuzzy_baseline(Evaluation& e, const MusicSets& sets, const Indices& clips,
                            const std::vector<int>& truth, std::size_t k, const std::string& set) {
    const auto groups = artists(sets, clips);
    const std::set<std::string> distinct(groups.begin(), groups.end());
    if (distinct.size() < 10) return {};
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(groups, kFolds, kFoldSeed));
    std::vector<double> p(clips.size() * k);
    for (const auto& fold : split.folds()) {
        std::vector<float> x;
        std::vector<int> y;
        for (const std::size_t i : fold.train()) {
            const auto& d = sets.clips[clips[i]].descriptors;
            x.insert(x.end(), d.begin(), d.end());
            y.push_back(truth[i]);
        }
        const FuzzyKnn knn(x, y, k);
        for (const std::size_t i : fold.test())
            knn.predict(sets.clips[clips[i]].descriptors, std::span(p).subspan(i * k, k));
    }
    const auto c = learn::confusion(truth, learn::argmax_rows(p, k), k);
    e.chance.push_back({"macro_f1", set, learn::macro_f1(c), std::nullopt, clips.size(),
                        "fuzzy k-NN (Keller 1985), " + split.protocol()});
    e.chance.push_back({"accuracy", set, learn::accuracy(c), std::nullopt, clips.size(),
                        "fuzzy k-NN (Keller 1985), " + split.protocol()});
    return {};
}

std::vector<int> quadrants(const MusicSets& sets, const Indices& clips) {
    std::vector<int> out;
    for (const std::size_t i : clips) out.push_back(*sets.clips[i].quadrant);
    return out;
}

Result<Evaluation> evaluate_quadrant(const EvaluateRequest& request) {
    MusicSets sets;
    ATTUNE_TRY(auto e,
               opened("quadrant", request, sets,
                      request.cross_validate ? kBothSets : std::vector<std::string>{"panda_4q"}));
    const Indices clips = sets.of("panda_4q"), helpers = sets.of("musifeast17");
    if (clips.empty())
        return fail(ErrorCode::kNotFound,
                    "quadrant is measured on panda_4q, which is not below this folder",
                    request.data.string());
    Measured m;
    if (request.cross_validate) {
        quote_card("quadrant", request, e);
        ATTUNE_TRY(m, cross_validated(
                          sets, clips, helpers, 4,
                          [&](const Indices& train, const Indices& others) {
                              return train_quadrant(sets, train, others);
                          },
                          request));
    } else {
        ATTUNE_TRY(const auto loaded, load_installed("quadrant", request, e));
        ATTUNE_TRY(m, installed(sets, clips, loaded.first, loaded.second, e));
    }
    e.protocol = m.protocol;
    count(e, sets, m.clips);
    class_figures(e, "panda_4q", {"Q1", "Q2", "Q3", "Q4"}, artists(sets, m.clips), m.predicted,
                  quadrants(sets, m.clips), false);
    ATTUNE_CHECK(fuzzy_baseline(e, sets, m.clips, quadrants(sets, m.clips), 4, "panda_4q"));
    return e;
}

// ---- calming
// -------------------------------------------------------------------------------------

/// AUC of a score for the listeners' calm tags, over all clips and within quadrant 4.
void calm_figures(Evaluation& e, const MusicSets& sets, const Indices& clips,
                  const std::vector<double>& score, const std::vector<double>* other,
                  const std::string& note) {
    const auto groups = artists(sets, clips);
    std::vector<int> calm, quadrant = quadrants(sets, clips);
    for (const std::size_t i : clips) calm.push_back(*sets.clips[i].calm ? 1 : 0);
    auto whole = metric("auc", "panda_4q", groups,
                        [&](Pick s) { return learn::auc(at(score, s), at(calm, s)); });
    whole.note = note;
    e.metrics.push_back(whole);
    const auto inside = [&](Pick s) {
        Indices in;
        for (const std::size_t i : s) {
            if (quadrant[i] == 3) in.push_back(i);
        }
        return in;
    };
    auto within = metric("auc_within_q4", "panda_4q", groups, [&](Pick s) {
        const auto in = inside(s);
        return learn::auc(at(score, in), at(calm, in));
    });
    within.note = note;
    e.metrics.push_back(within);
    if (other == nullptr) return;
    auto gain = metric("auc_over_p_q4", "panda_4q", groups, [&](Pick s) {
        return learn::auc(at(score, s), at(calm, s)) - learn::auc(at(*other, s), at(calm, s));
    });
    gain.note = "paired bootstrap: this model less P(Q4); the model ships only if the interval "
                "lies above 0";
    e.metrics.push_back(gain);
}

Result<Evaluation> evaluate_calming(const EvaluateRequest& request) {
    MusicSets sets;
    ATTUNE_TRY(auto e,
               opened("calming", request, sets,
                      request.cross_validate ? kBothSets : std::vector<std::string>{"panda_4q"}));
    const Indices clips = sets.of("panda_4q"), helpers = sets.of("musifeast17");
    if (clips.empty())
        return fail(ErrorCode::kNotFound,
                    "calming is measured on panda_4q, which is not below this folder",
                    request.data.string());
    Measured q;
    const auto fourth = [](const Measured& m) {
        std::vector<double> out;
        for (std::size_t i = 3; i < m.predicted.size(); i += 4) out.push_back(m.predicted[i]);
        return out;
    };
    if (request.cross_validate) {
        quote_card("quadrant", request, e);
        ATTUNE_TRY(
            q, cross_validated(
                   sets, clips, helpers, 4,
                   [&](const Indices& t, const Indices& o) { return train_quadrant(sets, t, o); },
                   request));
        ATTUNE_TRY(const auto c, cross_validated(
                                     sets, clips, helpers, 1,
                                     [&](const Indices& t, const Indices& o) {
                                         return train_calming(sets, t, o);
                                     },
                                     request));
        const auto p4 = fourth(q);
        calm_figures(e, sets, q.clips, p4, nullptr, "P(Q4) of the quadrant model: what ships");
        calm_figures(e, sets, c.clips, c.predicted, &p4,
                     "a model trained on the tags: a candidate that did not ship");
    } else {
        ATTUNE_TRY(const auto loaded, load_installed("quadrant", request, e));
        ATTUNE_TRY(q, installed(sets, clips, loaded.first, loaded.second, e));
        calm_figures(e, sets, q.clips, fourth(q), nullptr,
                     "P(Q4) of the quadrant model: what ships");
    }
    e.protocol = q.protocol;
    count(e, sets, q.clips);
    e.chance.push_back({"auc", "panda_4q", 0.5, std::nullopt, q.clips.size(), "any constant"});
    return e;
}

// ---- genre
// ---------------------------------------------------------------------------------------

Result<Evaluation> evaluate_genre(const EvaluateRequest& request) {
    MusicSets sets;
    ATTUNE_TRY(auto e, opened("genre", request, sets, {"musifeast17"}));
    const Indices clips = genre_clips(sets);
    if (clips.empty())
        return fail(ErrorCode::kNotFound,
                    "genre is measured on musifeast17, which is not below this folder",
                    request.data.string());
    std::set<std::string> names;
    for (const std::size_t i : clips) names.insert(sets.clips[i].genre);
    std::vector<std::string> labels(names.begin(), names.end());
    Measured m;
    if (request.cross_validate) {
        quote_card("genre", request, e);
        // A fold may lack a genre in training: its column is then 0.
        const auto train = [&](const Indices& t, const Indices&) {
            return train_genre(sets, t, 1);
        };
        m.clips = clips;
        m.predicted.assign(clips.size() * labels.size(), 0.0);
        ATTUNE_TRY(const auto split,
                   learn::Split::grouped_k_fold(artists(sets, clips), kFolds, kFoldSeed));
        m.protocol = split.protocol() + " (artist), retrained in each fold";
        for (const auto& fold : split.folds()) {
            Indices t;
            for (const std::size_t i : fold.train()) t.push_back(clips[i]);
            ATTUNE_TRY(const auto model, train(t, {}));
            for (const std::size_t i : fold.test()) {
                const auto p = model.predict(sets.clips[clips[i]].descriptors);
                for (std::size_t l = 0; l < p.size(); ++l) {
                    const auto to = static_cast<std::size_t>(
                        std::lower_bound(labels.begin(), labels.end(), model.labels[l]) -
                        labels.begin());
                    m.predicted[i * labels.size() + to] = p[l];
                }
            }
        }
    } else {
        ATTUNE_TRY(const auto loaded, load_installed("genre", request, e));
        labels = loaded.second.labels;
        Indices known;
        for (const std::size_t i : clips) {
            if (std::binary_search(labels.begin(), labels.end(), sets.clips[i].genre))
                known.push_back(i);
        }
        ATTUNE_TRY(m, installed(sets, known, loaded.first, loaded.second, e));
    }
    std::vector<int> truth;
    for (const std::size_t i : m.clips)
        truth.push_back(static_cast<int>(
            std::lower_bound(labels.begin(), labels.end(), sets.clips[i].genre) - labels.begin()));
    e.protocol = m.protocol;
    count(e, sets, m.clips);
    class_figures(e, "musifeast17", labels, artists(sets, m.clips), m.predicted, truth, true);
    ATTUNE_CHECK(fuzzy_baseline(e, sets, m.clips, truth, labels.size(), "musifeast17"));
    return e;
}

// ---- training
// ------------------------------------------------------------------------------------

const char* licence_of(const std::string& set) {
    return set == "musifeast17" ? "labels CC0 1.0, audio for research only"
                                : "audio and labels for research only";
}

learn::ModelCard card_of(const std::string& name, const MusicSets& sets,
                         const std::vector<std::string>& used) {
    learn::ModelCard card;
    card.model = name;
    card.version = "1";
    card.file = name + ".music-model";
    card.inputs = "482 descriptors of a 30 s window of music (signal/music_descriptors.hpp), mono "
                  "at 22,050 Hz, band-limited to 10 kHz, free of gain";
    card.licence = "research only: trained on audio that may be used for research only; the "
                   "weights hold statistics of it, no sound";
    for (const std::string& set : used) {
        learn::TrainedOn t{set, licence_of(set), {}};
        std::set<std::string> groups;
        for (const std::size_t i : sets.of(set)) groups.insert(sets.clips[i].artist);
        t.groups.assign(groups.begin(), groups.end());
        card.trained_on.push_back(std::move(t));
    }
    card.not_for = "Saying how a person feels or will feel, or what music does to anybody's "
                   "health; music of cultures that the raters did not know; speech and noise.";
    card.protocol = "10-fold by artist, one artist key over both sets; clips of a test artist are "
                    "taken out of the other set, too (attune evaluate --cross-validate)";
    card.limits = "Clips of 30 s, mostly Western and in mono at about 24 kb/s; expressed emotion "
                  "as about 33 online raters or AllMusic's editors heard it. "
                  "Genres differ in error: see subgroups of the result.";
    return card;
}

Result<void> write_model(const MusicModel& model, learn::ModelCard card,
                         const Evaluation& evaluation, const std::filesystem::path& out) {
    std::error_code error;
    std::filesystem::create_directories(out, error);
    const std::string bytes = model.to_bytes();
    card.sha256 = core::sha256_hex(bytes);
    for (const auto& m : evaluation.metrics)
        card.metrics.push_back({m, "eval/results/" + card.model + ".json"});
    for (const auto& c : evaluation.chance)
        card.baseline += (card.baseline.empty() ? "" : "; ") + c.name + " on " + c.set + " " +
                         std::to_string(c.value).substr(0, 5) + " (" + c.note + ")";
    ATTUNE_CHECK(core::write_file_atomically(out / card.file, bytes));
    ATTUNE_CHECK(core::write_file_atomically(out / (card.model + ".evaluation.json"),
                                             learn::to_json(evaluation, 1) + "\n"));
    return learn::write_card(out / (card.model + ".card.json"), card);
}

/// The same figure when clips of an artist, and the spelling of folds, may stand on both sides.
Result<learn::LeakyFigure> leaky_r2(const MusicSets& sets) {
    const Indices clips = sets.of("musifeast17"), panda = sets.of("panda_4q");
    ATTUNE_TRY(const auto split,
               learn::Split::leaky_k_fold(clips.size(), kFolds, kFoldSeed, "leaky"));
    std::vector<double> truth, predicted;
    for (const auto& fold : split.folds()) {
        Indices train;
        for (const std::size_t i : fold.train()) train.push_back(clips[i]);
        ATTUNE_TRY(const auto model, train_emotion(sets, train, panda));
        for (const std::size_t i : fold.test()) {
            truth.push_back(*sets.clips[clips[i]].valence);
            predicted.push_back(model.predict(sets.clips[clips[i]].descriptors)[0]);
        }
    }
    return learn::LeakyFigure{"r2_valence", "musifeast17", split.protocol(),
                              learn::r2(truth, predicted)};
}

Result<learn::LeakyFigure> leaky_f1(const MusicSets& sets) {
    const Indices clips = sets.of("panda_4q");
    ATTUNE_TRY(const auto split, learn::Split::leaky_k_fold(clips.size(), 5, kFoldSeed, "leaky"));
    std::vector<int> truth(clips.size()), predicted(clips.size());
    for (const auto& fold : split.folds()) {
        Indices train;
        for (const std::size_t i : fold.train()) train.push_back(clips[i]);
        ATTUNE_TRY(const auto model, train_quadrant(sets, train, sets.of("musifeast17")));
        for (const std::size_t i : fold.test()) {
            const auto p = model.predict(sets.clips[clips[i]].descriptors);
            truth[i] = *sets.clips[clips[i]].quadrant;
            predicted[i] = static_cast<int>(std::max_element(p.begin(), p.end()) - p.begin());
        }
    }
    return learn::LeakyFigure{"macro_f1", "panda_4q", split.protocol(),
                              learn::macro_f1(learn::confusion(truth, predicted, 4))};
}

Result<MusicSets> training_sets(const TrainRequest& request) {
    ATTUNE_TRY(auto sets, load_music_sets(request.data, core::data_dir(), kBothSets,
                                          request.progress, request.cancel));
    if (!sets.warnings.empty())
        return fail(ErrorCode::kCorrupt,
                    "a clip of the training data cannot be used: " + sets.warnings.front());
    return sets;
}

EvaluateRequest validation_of(const TrainRequest& request) {
    EvaluateRequest v;
    v.data = request.data;
    v.data_dir = core::data_dir();
    v.cross_validate = true;
    v.cancel = request.cancel;
    v.progress = request.progress;
    return v;
}

Result<void> train_emotion_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto sets, training_sets(request));
    const Indices clips = sets.of("musifeast17"), panda = sets.of("panda_4q");
    if (clips.size() < 50)
        return fail(ErrorCode::kNotFound, "training music-emotion needs musifeast17",
                    request.data.string());
    ATTUNE_TRY(auto model, train_emotion(sets, clips, panda));
    ATTUNE_CHECK(calibrate_emotion(model, sets, clips, panda));
    ATTUNE_TRY(const auto evaluation, evaluate_emotion(validation_of(request)));
    auto card = card_of("music-emotion", sets, sets.found);
    card.purpose = "The valence and arousal that listeners say music expresses, with a standard "
                   "deviation, for choosing and describing a listener's own tracks.";
    card.outputs = "valence, arousal in -1..1 (ratings 1..5, 3 = 0); constants sd_valence, "
                   "sd_arousal: SD of the error on unseen artists";
    card.calibration = "SDs are residuals of 10-fold predictions by artist; 90 % intervals are "
                       "mean ± 1.645 SD; coverage is in the result";
    card.subgroups = "by genre, in the result";
    card.figures = {{"sd_valence", model.constant("sd_valence", 0.0)},
                    {"sd_arousal", model.constant("sd_arousal", 0.0)}};
    ATTUNE_TRY(const auto leaky, leaky_r2(sets));
    card.leaky.push_back(leaky);
    return write_model(model, std::move(card), evaluation, request.out);
}

Result<void> train_quadrant_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto sets, training_sets(request));
    const Indices panda = sets.of("panda_4q");
    if (panda.size() < 100)
        return fail(ErrorCode::kNotFound, "training quadrant needs panda_4q",
                    request.data.string());
    ATTUNE_TRY(const auto model, train_quadrant(sets, panda, sets.of("musifeast17")));
    ATTUNE_TRY(const auto evaluation, evaluate_quadrant(validation_of(request)));
    auto card = card_of("quadrant", sets, sets.found);
    card.purpose = "Probabilities of Russell's four quadrants of what music expresses. P(Q4) is "
                   "also the calming score: usually heard as calm, "
                   "as listeners' tags have it; it stands for no measured relief.";
    card.outputs = "P(Q1), P(Q2), P(Q3), P(Q4): V+A+, V-A+, V-A-, V+A-";
    card.calibration = "temperature from 5-fold scores by artist; ECE in the result";
    card.subgroups = "by class, in the result";
    ATTUNE_TRY(const auto leaky, leaky_f1(sets));
    card.leaky.push_back(leaky);
    return write_model(model, std::move(card), evaluation, request.out);
}

Result<void> train_calming_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto evaluation, evaluate_calming(validation_of(request)));
    std::error_code error;
    std::filesystem::create_directories(request.out, error);
    // The rule of the house: a model ships only if it beats P(Q4) and separates within Q4.
    const learn::Metric *gain = nullptr, *within = nullptr;
    for (const auto& m : evaluation.metrics) {
        if (m.name == "auc_over_p_q4") gain = &m;
        if (m.name == "auc_within_q4") within = &m;  // the last one is the candidate's
    }
    ATTUNE_CHECK(core::write_file_atomically(request.out / "calming.evaluation.json",
                                             learn::to_json(evaluation, 1) + "\n"));
    if (gain == nullptr || !gain->ci95 || gain->ci95->low <= 0.0 || within == nullptr ||
        within->value < 0.65) {
        return fail(
            ErrorCode::kRefused,
            "no calming model is written: on unseen artists it does not beat P(Q4) of the quadrant "
            "model (difference of AUC " +
                std::to_string(gain != nullptr ? gain->value : std::nan("")) +
                "), so P(Q4) stays the calming score; the figures are in calming.evaluation.json");
    }
    ATTUNE_TRY(const auto sets, training_sets(request));
    ATTUNE_TRY(const auto model, train_calming(sets, sets.of("panda_4q"), sets.of("musifeast17")));
    auto card = card_of("calming", sets, sets.found);
    card.purpose = "How likely listeners are to tag music as calm. It stands for tags, not for "
                   "measured relief.";
    card.outputs = "P(calm)";
    card.calibration = "Platt's sigmoid on 5-fold scores by artist";
    card.subgroups = "within quadrant 4, in the result";
    return write_model(model, std::move(card), evaluation, request.out);
}

Result<void> train_genre_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto sets, load_music_sets(request.data, core::data_dir(), {"musifeast17"},
                                                request.progress, request.cancel));
    const Indices clips = genre_clips(sets);
    if (clips.size() < 50)
        return fail(ErrorCode::kNotFound, "training genre needs musifeast17",
                    request.data.string());
    ATTUNE_TRY(const auto model, train_genre(sets, clips, request.seed));
    ATTUNE_TRY(const auto evaluation, evaluate_genre(validation_of(request)));
    auto card = card_of("genre", sets, sets.found);
    card.purpose =
        "A first guess at the genre of a track without a genre tag; a tag or an edit outranks it.";
    card.outputs = "one probability for each of the genres of MUSIFEAST-17 that name a style";
    card.calibration = "shares of trees; ECE in the result";
    card.subgroups = "by class, in the result";
    return write_model(model, std::move(card), evaluation, request.out);
}

}  // namespace

void register_models(learn::ModelRegistry& registry) {
    registry.add({"music-emotion", "valence and arousal that music expresses, with SD", kBothSets,
                  evaluate_emotion, train_emotion_model});
    registry.add({"quadrant",
                  "probabilities of the four quadrants of expressed emotion",
                  {"panda_4q"},
                  evaluate_quadrant,
                  train_quadrant_model});
    registry.add({"calming",
                  "usually heard as calm: P(Q4) of quadrant unless a model beats it",
                  {"panda_4q"},
                  evaluate_calming,
                  train_calming_model});
    registry.add(
        {"genre", "genre by random forest", {"musifeast17"}, evaluate_genre, train_genre_model});
}

}  // namespace attune::library
