// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/music_evaluation.hpp"

#include <algorithm>
#include <set>

#include "learn/split.hpp"
#include "library/fuzzy_knn.hpp"

namespace attune::library {

using learn::EvaluateRequest;
using learn::Evaluation;

Indices all_of(std::size_t n) {
    Indices out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = i;
    return out;
}

std::vector<int> quadrants(const MusicSets& sets, const Indices& clips) {
    std::vector<int> out;
    for (const std::size_t i : clips) out.push_back(*sets.clips[i].quadrant);
    return out;
}

Result<Measured> cross_validated(const MusicSets& sets, const Indices& clips, const Indices& others,
                                 std::size_t outputs, const TrainOn& train,
                                 const EvaluateRequest& request, const Witness& witness) {
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
            const auto p = predict(model, sets.clips[clips[i]]);
            std::copy(p.begin(), p.end(),
                      out.predicted.begin() + static_cast<std::ptrdiff_t>(i * outputs));
            if (witness) witness(model, i);
        }
        if (request.progress) request.progress("folds", ++done, split.folds().size());
    }
    return out;
}

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
        const auto p = predict(model, sets.clips[i]);
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
void count(Evaluation& e, const MusicSets& sets, const Indices& clips) {
    const auto names = artists(sets, clips);
    e.n += clips.size();
    e.groups = std::set<std::string>(names.begin(), names.end()).size();
}
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
}  // namespace attune::library
