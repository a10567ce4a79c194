// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/music_evaluation.hpp"
#include "library/music_training.hpp"

namespace attune::library {

using learn::EvaluateRequest;
using learn::Evaluation;
namespace {

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

}  // namespace

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
                          [&](const Indices& train, const Indices&) {
                              return train_quadrant(sets, train);
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
                   [&](const Indices& t, const Indices&) { return train_quadrant(sets, t); },
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
}  // namespace attune::library
