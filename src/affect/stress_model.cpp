// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/stress_model.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace attune::affect {
namespace {

using Json = nlohmann::ordered_json;

// Chosen by leave-one-person-out on the people that the project may use.
constexpr double kRankingL2 = 0.03, kExerciseL2 = 0.001;
constexpr double kSameMinuteS = 90.0;
constexpr std::size_t kMaxPairs = 6000;
constexpr double kAnyTimeShare = 0.9;      // of the pairs, drawn from any minute
constexpr double kSeatedFalse = 0.03;
// Temperature, movement and the slowest means of the past helped within a set and hurt across sets: weight 0.
constexpr std::array kUsed = {BodyFeature::kEdaQuiet,      BodyFeature::kEdaSlope1200,    BodyFeature::kEdaSlopeQuiet,
                              BodyFeature::kEdaSlopeChange, BodyFeature::kScr200,         BodyFeature::kScrQuiet,
                              BodyFeature::kHeart600,      BodyFeature::kPulseSlow600,    BodyFeature::kPulse1200,
                              BodyFeature::kPulseQuiet,    BodyFeature::kBeatVariation120, BodyFeature::kPulseWaveQuiet};

Json to(const learn::LinearScore& s, const std::vector<std::string>& names) {
    return {{"features", names}, {"centre", s.centre}, {"scale", s.scale}, {"weight", s.weight}, {"slope", s.slope}, {"offset", s.offset}};
}

learn::LinearScore score_from(const Json& json, const std::vector<std::string>& names) {
    if (json.at("features").get<std::vector<std::string>>() != names)
        throw Json::other_error::create(501, "the features are not those of this build", nullptr);
    learn::LinearScore s;
    s.centre = json.at("centre").get<std::vector<double>>();
    s.scale = json.at("scale").get<std::vector<double>>();
    s.weight = json.at("weight").get<std::vector<double>>();
    s.slope = json.at("slope").get<double>();
    s.offset = json.at("offset").get<double>();
    if (s.centre.size() != names.size() || s.scale.size() != names.size() || s.weight.size() != names.size())
        throw Json::other_error::create(501, "centre, scale and weight need one number a feature", nullptr);
    for (double scale : s.scale)
        if (!(scale > 0.0)) throw Json::other_error::create(501, "a scale is not above 0", nullptr);
    return s;
}

std::vector<std::string> stress_names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kBodyFeatures; ++i) names.emplace_back(to_string(static_cast<BodyFeature>(i)));
    return names;
}

std::vector<std::string> motion_names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kMotionFeatures; ++i) names.emplace_back(motion_feature_name(i));
    return names;
}

/// Every k-th element, so that at most `most` stay; no random draw.
template <typename T>
void thin(std::vector<T>& list, std::size_t most) {
    if (list.size() <= most || most == 0) return;
    std::vector<T> kept;
    const double step = static_cast<double>(list.size()) / static_cast<double>(most);
    for (std::size_t i = 0; i < most; ++i) kept.push_back(list[static_cast<std::size_t>(static_cast<double>(i) * step)]);
    list = std::move(kept);
}

}  // namespace

Result<StressModel> stress_model_from_json(const std::string& text) {
    try {
        const Json json = Json::parse(text);
        StressModel m;
        m.stress = score_from(json.at("stress"), stress_names());
        m.exercise = score_from(json.at("exercise"), motion_names());
        m.exercise_threshold = json.at("exercise_threshold").get<double>();
        return m;
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("not a stress model: ") + e.what());
    }
}

std::string to_json(const StressModel& model) {
    const Json json = {{"schema", "attune.stress_model/1"}, {"stress", to(model.stress, stress_names())},
                       {"exercise", to(model.exercise, motion_names())}, {"exercise_threshold", model.exercise_threshold}};
    return json.dump(1) + "\n";
}

Result<learn::LinearScore> fit_stress(std::span<const BodyWindow* const> windows) {
    std::vector<double> x;
    std::vector<int> truth;
    std::vector<const BodyWindow*> used;
    for (const BodyWindow* w : windows) {
        if (w->label != WindowLabel::kStress && w->label != WindowLabel::kRest && w->label != WindowLabel::kHyperventilation) continue;
        used.push_back(w);
        for (const BodyFeature f : kUsed) x.push_back(w->at.x[static_cast<std::size_t>(f)]);
        truth.push_back(w->label == WindowLabel::kRest ? 0 : 1);
    }
    using Pair = std::pair<std::size_t, std::size_t>;
    std::vector<Pair> same, any;
    for (std::size_t i = 0; i < used.size(); ++i)
        for (std::size_t j = 0; j < used.size(); ++j) {
            if (truth[i] == 0 || truth[j] != 0 || used[i]->set != used[j]->set) continue;
            if (used[i]->person != used[j]->person && std::abs(used[i]->centre_s - used[j]->centre_s) <= kSameMinuteS)
                same.push_back({i, j});
            else if ((i * 7919 + j) % 17 == 0)
                any.push_back({i, j});
        }
    thin(same, kMaxPairs);
    thin(any, static_cast<std::size_t>(kAnyTimeShare / (1.0 - kAnyTimeShare) * static_cast<double>(same.empty() ? kMaxPairs : same.size())));
    same.insert(same.end(), any.begin(), any.end());
    ATTUNE_TRY(const learn::LinearScore fit, learn::fit_ranking(x, kUsed.size(), truth, same, kRankingL2));
    learn::LinearScore all = learn::LinearScore::standardised({}, kBodyFeatures);
    all.slope = fit.slope;
    all.offset = fit.offset;
    for (std::size_t i = 0; i < kUsed.size(); ++i) {
        const auto k = static_cast<std::size_t>(kUsed[i]);
        all.centre[k] = fit.centre[i];
        all.scale[k] = fit.scale[i];
        all.weight[k] = fit.weight[i];
    }
    return all;
}

Result<ExerciseFit> fit_exercise(std::span<const BodyWindow* const> windows) {
    std::vector<double> x;
    std::vector<int> truth;
    for (const BodyWindow* w : windows) {
        if (std::isnan(w->at.motion[0])) continue;
        x.insert(x.end(), w->at.motion.begin(), w->at.motion.end());
        truth.push_back(w->label == WindowLabel::kExercise ? 1 : 0);
    }
    ExerciseFit fit;
    ATTUNE_TRY(fit.score, learn::fit_logistic(x, kMotionFeatures, truth, kExerciseL2));
    std::vector<double> seated;
    for (std::size_t i = 0; i < truth.size(); ++i)
        if (truth[i] == 0) seated.push_back(fit.score.probability(std::span(x).subspan(i * kMotionFeatures, kMotionFeatures)));
    std::sort(seated.begin(), seated.end());
    fit.threshold = seated[static_cast<std::size_t>((1.0 - kSeatedFalse) * static_cast<double>(seated.size() - 1))];
    return fit;
}

}  // namespace attune::affect
