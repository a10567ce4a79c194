// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Heart and skin of one wearable: activation against the person's own baseline, every second and, where it is asked
/// more often, within the open one (up to five times a second) from what has come.
///
/// In       SensorFrames of its source: HR or RR, ECG, PPG, EDA, skin temperature, acceleration
/// Out      Evidence of kind kBody (kHeart where there is no skin conductance): arousal index and activation [SD
///          of the baseline]; the stress probability where a model is installed. Never valence
/// Abstains kWarmingUp: less than 180 s of baseline · kOffBody: flat, noise, mains, nothing a person makes ·
///          kMotion: the learned gate takes the listener to exercise, and 30 s after · kPoorSignal: no heart and no skin
///          for 10 s · kStale: no sample at all for 5 s
/// Baseline an exponential mean over 30 min of quiet seconds; frozen while activation is above 1 SD, for at
///          most 15 min on end
/// Threads  one owner
/// Errors   none after construction
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "affect/body_features.hpp"
#include "affect/ecg_beats.hpp"
#include "affect/recogniser.hpp"
#include "affect/stress_model.hpp"

namespace attune::affect {

struct BodyModel {
    StressModel model;
    std::string id;       ///< "stress@1"
    std::string sha256;   ///< of its weights
    double r_rec = .5;    ///< correlation of the index with the display, from the card
};

class BodyRecogniser final : public Recogniser {
public:
    /// `model` empty: the activation index alone, no stress probability and no motion gate but a plain one.
    BodyRecogniser(std::string source, std::shared_ptr<const BodyModel> model);
    ~BodyRecogniser() override;

    [[nodiscard]] const std::string& source() const noexcept override { return source_; }
    [[nodiscard]] flow::SourceKind kind() const noexcept override;
    [[nodiscard]] ModelUsed model() const override { return model_ ? ModelUsed{model_->id, model_->sha256} : ModelUsed{}; }
    void push(const flow::SensorFrame& frame) override;
    [[nodiscard]] std::string waits_for() const override;
    [[nodiscard]] std::optional<flow::Evidence> poll(Time now) override;

private:
    struct Quiet;      ///< baseline of one channel
    [[nodiscard]] double activation(const BodySecond& s, bool learn);
    [[nodiscard]] flow::Evidence judge(const BodySecond& second, Time t, bool whole);
    [[nodiscard]] flow::Evidence blank(Time t) const;
    [[nodiscard]] flow::Evidence abstained(Time t, flow::Abstain reason, flow::Quality quality) const;
    [[nodiscard]] flow::Evidence answer(Time now, flow::Evidence evidence);

    std::string source_;
    std::shared_ptr<const BodyModel> model_;
    BodyFeatures features_;
    std::unique_ptr<Quiet> heart_, skin_, scr_;
    std::optional<EcgBeats> ecg_;
    std::string unheard_;                             ///< why an ECG cannot be read; empty = it can
    std::int64_t last_sample_ns_ = 0;
    bool heard_more_ = false;                         ///< since the last answer
    std::optional<Time> last_evidence_, last_answer_;
    bool any_input_ = false, skin_ever_ = false;
    flow::Origin origin_ = flow::Origin::kLive;
    int frozen_s_ = 0, exercised_s_ago_ = 1000;
    double activation_ = 0.0;
};

/// The installed stress model; kUnavailable says where it was looked for.
[[nodiscard]] Result<std::shared_ptr<const BodyModel>> load_body_model(const std::filesystem::path& data_dir);

}  // namespace attune::affect
