// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/body_recogniser.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "affect/tables.hpp"
#include "core/paths.hpp"
#include "learn/model_card.hpp"

namespace attune::affect {
namespace {

constexpr double kMemoryS = 1800.0;       // of the baseline, once it is full
constexpr double kFreezeAbove = 1.0;      // [SD]
constexpr int kFreezeMostS = 900;
constexpr int kAfterExerciseS = 30;
constexpr double kStaleS = 5.0, kAnswerEveryS = 1.0;
constexpr double kAgainS = 0.19;          // the second that is open is not judged more often
constexpr double kBeyondDataS = 2.0;   // a window that ends this much after the last sample speaks of nothing
constexpr double kMotionWithoutModel = -2.0;  // log of .13 g: more than gestures at rest
constexpr double kMostSd = 4.0;           // the index is clipped here

}  // namespace

/// Mean and SD of what was quiet; a plain average until it is as long as the memory.
struct BodyRecogniser::Quiet {
    explicit Quiet(double floor_sd) : floor(floor_sd) {}
    double floor;
    double n = 0.0, mean = 0.0, square = 0.0;
    void add(double v) {
        if (std::isnan(v)) return;
        n = std::min(n + 1.0, kMemoryS);
        mean += (v - mean) / n;
        square += (v * v - square) / n;
    }
    /// NaN before the minimum of quiet seconds.
    [[nodiscard]] double against(double v) const {
        if (n < k::kBaselineMinS) return std::numeric_limits<double>::quiet_NaN();
        const double sd = std::sqrt(std::max(0.0, square - mean * mean)) + floor;
        return std::clamp((v - mean) / sd, -kMostSd, kMostSd);
    }
};

BodyRecogniser::BodyRecogniser(std::string source, std::shared_ptr<const BodyModel> model)
    : source_(std::move(source)), model_(std::move(model)), heart_(std::make_unique<Quiet>(.03)),
      skin_(std::make_unique<Quiet>(.10)), scr_(std::make_unique<Quiet>(.30)) {}

BodyRecogniser::~BodyRecogniser() = default;

flow::SourceKind BodyRecogniser::kind() const noexcept {
    return skin_ever_ ? flow::SourceKind::kBody : flow::SourceKind::kHeart;
}

void BodyRecogniser::push(const flow::SensorFrame& frame) {
    using flow::Channel;
    if (frame.source != source_) return;
    switch (frame.channel) {
        case Channel::kEcg: case Channel::kPpg: case Channel::kRr: case Channel::kHeartRate: case Channel::kEda:
        case Channel::kSkinTemp: case Channel::kAccelX: case Channel::kAccelY: case Channel::kAccelZ: break;
        default: return;
    }
    any_input_ = heard_more_ = true;
    origin_ = flow::worst(origin_, frame.provenance.origin);
    const double length_s = frame.rate_hz > 0.0 ? static_cast<double>(frame.samples.size()) / frame.rate_hz : 0.0;
    const std::int64_t end_ns = frame.times.empty() ? frame.t.ns + from_seconds(length_s).ns : frame.times.back().ns;
    last_sample_ns_ = std::max(last_sample_ns_, end_ns);
    skin_ever_ = skin_ever_ || frame.channel == Channel::kEda;
    if (frame.channel != Channel::kEcg) {
        features_.push(frame);
        return;
    }
    if (!ecg_ || frame.gap_ns > 0 || ecg_->rate_hz() != frame.rate_hz) {
        auto made = EcgBeats::create(frame.rate_hz, frame.t);
        if (!made) {
            unheard_ = made.error().describe();
            return;
        }
        ecg_ = *std::move(made);
        unheard_.clear();
    }
    std::vector<EcgBeats::Second> seconds;
    ecg_->push(frame.samples, seconds);
    for (auto& second : seconds) {
        if (second.good) features_.judge_ecg(second.end, *second.good);
        if (second.rr_ms.empty()) continue;
        flow::SensorFrame rr;
        rr.source = source_;
        rr.channel = Channel::kRr;
        rr.t = second.at.front();
        rr.samples.assign(second.rr_ms.begin(), second.rr_ms.end());
        rr.times.assign(second.at.begin(), second.at.end());
        features_.push(rr);
    }
}

/// Mean of what is known of heart, skin level and skin responses, each against its quiet baseline.
double BodyRecogniser::activation(const BodySecond& s, bool learn) {
    double sum = 0.0, n = 0.0;
    const auto use = [&](Quiet& quiet, double level) {
        const double z = std::isnan(level) ? level : quiet.against(level);
        if (!std::isnan(z)) sum += z, n += 1.0;
    };
    use(*heart_, s.heart_level);
    use(*skin_, s.skin_level);
    use(*scr_, s.scr_level);
    const double now = n > 0.0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
    if (!learn) return now;
    const bool flagged = !std::isnan(now) && now > kFreezeAbove;
    frozen_s_ = flagged ? frozen_s_ + 1 : 0;
    if (!flagged || frozen_s_ > kFreezeMostS) {
        heart_->add(s.heart_level);
        skin_->add(s.skin_level);
        scr_->add(s.scr_level);
    }
    return now;
}

std::string BodyRecogniser::waits_for() const {
    if (!any_input_) return "a sensor that sends";
    if (!unheard_.empty()) return "an ECG that can be read: " + unheard_;
    const double quiet = std::max({heart_->n, skin_->n, scr_->n});
    if (quiet >= k::kBaselineMinS) return {};
    char text[96];
    std::snprintf(text, sizeof text, "%.0f s of heart or skin at rest, after the first minute: %.0f so far", k::kBaselineMinS, quiet);
    return text;
}

/// Seconds are judged when they are whole, and what they are before that, as often as somebody asks; only whole ones
/// teach the baselines.
std::optional<flow::Evidence> BodyRecogniser::poll(Time now) {
    if (!any_input_) return std::nullopt;
    if (const auto second = features_.advance(now)) return answer(now, judge(*second, Time{(second->second + 1) * 1'000'000'000}, true));
    const double since_s = last_answer_ ? (now - *last_answer_).seconds() : kAnswerEveryS;
    const double quiet_s = static_cast<double>(now.ns - last_sample_ns_) * 1e-9;
    if (quiet_s > kStaleS && since_s < kAnswerEveryS) return std::nullopt;
    if (quiet_s > kStaleS) return answer(now, abstained(now, flow::Abstain::kStale, flow::Quality::kLost));
    if (!unheard_.empty() && since_s >= kAnswerEveryS) return answer(now, abstained(now, flow::Abstain::kPoorSignal, flow::Quality::kAlert));
    if (since_s < kAgainS || !heard_more_) return std::nullopt;
    const auto open = features_.preview();
    if (!open) return std::nullopt;
    // As of the newest sample, which is never after now nor before the second that was judged last.
    const std::int64_t t_ns = std::clamp(last_sample_ns_, std::min(open->second * 1'000'000'000, now.ns), now.ns);
    return answer(now, judge(*open, Time{t_ns}, false));
}

flow::Evidence BodyRecogniser::answer(Time now, flow::Evidence evidence) {
    last_answer_ = now;
    heard_more_ = false;
    return evidence;
}

flow::Evidence BodyRecogniser::blank(Time t) const {
    flow::Evidence e;
    e.source = source_;
    e.kind = kind();
    e.t = t;
    e.window_s = 60.0;
    e.model = model_ ? model_->id : "activation@1";
    e.origin = origin_;
    return e;
}

flow::Evidence BodyRecogniser::abstained(Time t, flow::Abstain reason, flow::Quality quality) const {
    flow::Evidence e = blank(t);
    e.abstained = reason;
    e.quality = quality;
    return e;
}

flow::Evidence BodyRecogniser::judge(const BodySecond& second, Time t, bool whole) {
    using flow::Abstain, flow::Quality;
    const double unheard_s = static_cast<double>(t.ns - last_sample_ns_) * 1e-9;
    if (unheard_s > kStaleS) return abstained(t, Abstain::kStale, Quality::kLost);
    if (unheard_s > kBeyondDataS) return abstained(t, Abstain::kPoorSignal, Quality::kAlert);
    if (second.off_body) return abstained(t, Abstain::kOffBody, Quality::kAlert);
    if (!second.has_heart && !second.has_skin) return abstained(t, Abstain::kPoorSignal, Quality::kAlert);
    const bool moves = model_ ? model_->model.exercising(second) : second.motion[1] > kMotionWithoutModel;
    if (moves) exercised_s_ago_ = 0;
    else if (whole) ++exercised_s_ago_;
    if (exercised_s_ago_ < kAfterExerciseS) return abstained(t, Abstain::kMotion, Quality::kFewDrops);
    if (second.seconds_seen < 60.0) return abstained(t, Abstain::kWarmingUp, Quality::kGood);  // sensors settle
    const double z = activation(second, whole);
    if (std::isnan(z)) return abstained(t, Abstain::kWarmingUp, Quality::kGood);

    flow::Evidence e = blank(t);
    e.activation = z;
    e.arousal = flow::Index{z, model_ ? model_->r_rec : .5, 1.0};
    if (model_ && second.has_heart && second.has_skin) e.stress = model_->model.stress_probability(second);
    if (!second.has_heart || (skin_ever_ && !second.has_skin)) e.quality = Quality::kFewDrops;
    e.dt_frame_s = last_evidence_ ? (e.t - *last_evidence_).seconds() : e.window_s;
    last_evidence_ = e.t;
    return e;
}

Result<std::shared_ptr<const BodyModel>> load_body_model(const std::filesystem::path& data_dir) {
    ATTUNE_TRY(const learn::InstalledModel installed, learn::find_model(data_dir, "stress"));
    ATTUNE_TRY(const std::string text, core::read_file(installed.weights));
    auto model = stress_model_from_json(text);
    if (!model) return fail_in(std::move(model).error(), installed.weights.string());
    auto body = std::make_shared<BodyModel>();
    body->model = *std::move(model);
    body->id = installed.card.id();
    body->sha256 = installed.card.sha256;
    if (const auto r = installed.card.figures.find("r_rec"); r != installed.card.figures.end()) body->r_rec = r->second;
    return std::shared_ptr<const BodyModel>(std::move(body));
}

}  // namespace attune::affect
