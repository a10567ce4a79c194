// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How the models of music are measured: what every `evaluate` of this room shares.
///
/// In       labelled clips (music_dataset.hpp) and a way to train on some of them
/// Out      predictions of clips by models that have not learnt from their artist, and the figures
///          made of them, each with a 95 % interval by bootstrap over artists
/// Errors   kCancelled; whatever loading the data or the installed model reports
/// Method   grouped 10-fold and group bootstrap as in learn/split.hpp and learn/metrics.hpp
#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "learn/metrics.hpp"
#include "learn/model_card.hpp"
#include "learn/model_registry.hpp"
#include "library/music_dataset.hpp"
#include "library/music_model.hpp"

namespace attune::library {

using Indices = std::vector<std::size_t>;
using Pick = std::span<const std::size_t>;

inline const std::vector<std::string> kBothSets{"musifeast17", "panda_4q"};
inline constexpr int kFolds = 10;
inline constexpr std::uint64_t kFoldSeed = 1;
inline constexpr int kResamples = 1000;

[[nodiscard]] Indices all_of(std::size_t n);
/// The quadrant of each clip, 0..3, in order.
[[nodiscard]] std::vector<int> quadrants(const MusicSets& sets, const Indices& clips);

/// What is measured: clips, and what was said of each by a model that has not learnt from its
/// artist.
struct Measured {
    Indices clips;
    std::vector<double> predicted;  ///< row-major clips × outputs, after softmax or sigmoid
    std::string protocol;
};

/// Trains on `train`; `helpers` are clips of the other set by artists that are not tested.
using TrainOn = std::function<Result<MusicModel>(const Indices& train, const Indices& helpers)>;
/// Sees each clip beside the model that judged it.
using Witness = std::function<void(const MusicModel& model, std::size_t place)>;

/// kFolds by artist, retrained in each fold; artists under test are taken out of `others`, too.
[[nodiscard]] Result<Measured> cross_validated(const MusicSets& sets, const Indices& clips,
                                               const Indices& others, std::size_t outputs,
                                               const TrainOn& train,
                                               const learn::EvaluateRequest& request,
                                               const Witness& witness = {});
/// The installed model on the clips whose artists its card does not list (in any set: an artist is
/// one person).
[[nodiscard]] Result<Measured> installed(const MusicSets& sets, const Indices& clips,
                                         const learn::InstalledModel& found,
                                         const MusicModel& model, learn::Evaluation& e);

/// Loads the sets and says in the evaluation which they are.
[[nodiscard]] Result<learn::Evaluation> opened(const std::string& name,
                                               const learn::EvaluateRequest& request,
                                               MusicSets& sets,
                                               const std::vector<std::string>& wanted);
/// The installed model, named in the evaluation.
[[nodiscard]] Result<std::pair<learn::InstalledModel, MusicModel>>
load_installed(const std::string& name, const learn::EvaluateRequest& request,
               learn::Evaluation& e);
/// Version and leaky figure of the installed model's card, if there is one.
void quote_card(const std::string& name, const learn::EvaluateRequest& request,
                learn::Evaluation& e);
/// Adds the clips to n and counts their artists.
void count(learn::Evaluation& e, const MusicSets& sets, const Indices& clips);

template <typename T>
[[nodiscard]] std::vector<T> at(const std::vector<T>& v, Pick which) {
    std::vector<T> out;
    out.reserve(which.size());
    for (const std::size_t i : which) out.push_back(v[i]);
    return out;
}

/// A figure over a choice of clips, with its interval by resampling whole groups.
template <typename Figure>
[[nodiscard]] learn::Metric metric(const std::string& name, const std::string& set,
                                   const std::vector<std::string>& groups, const Figure& figure,
                                   int resamples = kResamples) {
    learn::Metric m;
    m.name = name;
    m.set = set;
    m.n = groups.size();
    const Indices all = all_of(groups.size());
    m.value = groups.empty() ? std::nan("") : figure(Pick(all));
    if (!groups.empty())
        m.ci95 = learn::group_bootstrap(
            groups, [&](Pick s) { return figure(s); }, resamples);
    return m;
}

/// Accuracy, macro-F1, κ, AUC, calibration, confusion, and sensitivity and specificity by class;
/// `genre` puts accuracy first.
void class_figures(learn::Evaluation& e, const std::string& set,
                   const std::vector<std::string>& labels, const std::vector<std::string>& groups,
                   const std::vector<double>& p, const std::vector<int>& truth, bool genre);
/// The fuzzy k-NN baseline (fuzzy_knn.hpp) under the same folds, beside chance.
[[nodiscard]] Result<void> fuzzy_baseline(learn::Evaluation& e, const MusicSets& sets,
                                          const Indices& clips, const std::vector<int>& truth,
                                          std::size_t k, const std::string& set);

[[nodiscard]] Result<learn::Evaluation> evaluate_emotion(const learn::EvaluateRequest& request);
[[nodiscard]] Result<learn::Evaluation> evaluate_quadrant(const learn::EvaluateRequest& request);
[[nodiscard]] Result<learn::Evaluation> evaluate_calming(const learn::EvaluateRequest& request);
[[nodiscard]] Result<learn::Evaluation> evaluate_genre(const learn::EvaluateRequest& request);

}  // namespace attune::library
