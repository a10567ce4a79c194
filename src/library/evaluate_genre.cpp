// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>

#include "learn/split.hpp"
#include "library/music_evaluation.hpp"
#include "library/music_training.hpp"

namespace attune::library {

using learn::EvaluateRequest;
using learn::Evaluation;

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
}  // namespace attune::library
