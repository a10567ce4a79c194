// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/voice_recogniser.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include "affect/validity.hpp"
#include "core/log.hpp"
#include "learn/model_card.hpp"
#include "learn/parts.hpp"
#include "learn/voice_activity.hpp"
#include "learn/voice_model.hpp"
#include "signal/voice_front.hpp"
#include "signal/voice_functionals.hpp"

namespace attune::affect {
namespace {

constexpr double kRateHz = 16'000.0;
constexpr double kEveryS = 2.0;          // signs of life between check-ins
constexpr double kGapS = 0.5;            // a hole this long ends the stretch
constexpr double kQuietDbfs = -50.0;     // chosen: below it nobody speaks to this microphone
constexpr double kPausesDb = 15.0;       // chosen: speech has pauses this much below its loud frames
constexpr double kOverMusicDb = 25.0;    // chosen: while music plays, as its own frames swing by less
constexpr double kClipped = 0.01, kRail = 0.999;
constexpr double kStrange = 2.5;         // RMS of z; about 1 on speech like that trained on
constexpr double kSpoken = 0.5, kFewestSpoken = 0.1;  // chosen: probability of a frame, share of the check-in
constexpr double kFewestRuns = 0.5;      // voiced runs a second; sustained tones have fewer
constexpr std::size_t kFrame = 320;      // 20 ms
constexpr double kDomain = 0.7;          // r_dom: acted speech of a studio, not this room
constexpr std::size_t kNeutral = 0, kCalm = 1;

/// Where the labels lie on arousal: mean and SD over all of them.
struct Places {
    std::array<double, learn::kVoiceClasses> at{};
    double mean = 0.0, sd = 1.0;
    Places() {
        double square = 0.0;
        for (std::size_t k = 0; k < at.size(); ++k) {
            at[k] = arousal_of(learn::kVoiceLabels[k]);
            mean += at[k] / static_cast<double>(at.size());
        }
        for (const double a : at) square += (a - mean) * (a - mean) / static_cast<double>(at.size());
        sd = std::max(0.05, std::sqrt(square));
    }
};

class VoiceRecogniser final : public Recogniser {
public:
    VoiceRecogniser(std::string source, learn::VoiceModel model, signal::VoiceFront front, std::optional<learn::VoiceActivity> activity,
                    std::string id, double r_rec)
        : source_(std::move(source)), model_(std::move(model)), front_(std::move(front)), activity_(std::move(activity)),
          id_(std::move(id)), r_rec_(r_rec) {}

    const std::string& source() const noexcept override { return source_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kVoice; }
    void on_heard(const flow::Heard& heard) override { music_ = heard.playing; }

    void push(const flow::SensorFrame& frame) override {
        if (frame.source != source_ || frame.channel != flow::Channel::kAudio || frame.samples.empty()) return;
        const bool broken = fed_ && (frame.gap_ns > 0 || (frame.t - end_).seconds() > kGapS);
        if (broken) stretch_.clear();
        fed_ = true;
        origin_ = frame.provenance.origin;
        stretch_.insert(stretch_.end(), frame.samples.begin(), frame.samples.end());
        end_ = frame.t + from_seconds(static_cast<double>(frame.samples.size()) / kRateHz);
    }

    std::string waits_for() const override {
        if (!fed_) return "a microphone that sends";
        if (check_ins_ >= kFewestCheckIns) return {};
        char text[128];
        std::snprintf(text, sizeof text, "%d check-ins of %.0f s with speech: %d so far, %.0f s of the next", kFewestCheckIns, kCheckInS,
                      check_ins_, static_cast<double>(stretch_.size()) / kRateHz);
        return text;
    }

    std::optional<flow::Evidence> poll(Time now) override {
        constexpr auto kWhole = static_cast<std::size_t>(kCheckInS * kRateHz);
        if (!fed_) return std::nullopt;
        if (stretch_.size() >= kWhole) {
            const flow::Evidence e = judge(now, std::span(stretch_).first(kWhole));
            stretch_.erase(stretch_.begin(), stretch_.begin() + static_cast<std::ptrdiff_t>(kWhole));
            said_ = now;
            return e;
        }
        if (check_ins_ >= kFewestCheckIns) return std::nullopt;  // what was said last stands until the next check-in
        if ((now - said_).seconds() < kEveryS) return std::nullopt;
        if ((now - end_).seconds() > kEveryS) return std::nullopt;  // switched off: silence is for fusion to judge
        said_ = now;
        return abstain(now, flow::Abstain::kWarmingUp, flow::Quality::kGood);
    }

private:
    flow::Evidence blank(Time now) const {
        flow::Evidence e;
        e.source = source_;
        e.kind = flow::SourceKind::kVoice;
        e.t = now;
        e.window_s = kCheckInS;
        e.dt_frame_s = spoke_ ? (now - *spoke_).seconds() : kCheckInS;
        e.model = id_;
        e.origin = origin_;
        return e;
    }
    flow::Evidence abstain(Time now, flow::Abstain why, flow::Quality quality) const {
        flow::Evidence e = blank(now);
        e.abstained = why;
        e.quality = quality;
        return e;
    }

    flow::Evidence judge(Time now, std::span<const float> samples) {
        const SpeechCheck check = check_speech(samples);
        if (check.clipped > kClipped) return abstain(now, flow::Abstain::kClipping, flow::Quality::kAlert);
        if (check.loud_dbfs < kQuietDbfs) return abstain(now, flow::Abstain::kNoSpeech, flow::Quality::kGood);
        if (activity_ && spoken_share(samples) < kFewestSpoken)
            return abstain(now, music_ ? flow::Abstain::kOwnMusic : flow::Abstain::kNoSpeech, flow::Quality::kGood);
        if (music_ && check.range_db < kOverMusicDb) return abstain(now, flow::Abstain::kOwnMusic, flow::Quality::kFewDrops);
        if (check.range_db < kPausesDb) return abstain(now, flow::Abstain::kNoSpeech, flow::Quality::kFewDrops);
        const auto view = front_.analyse(samples);
        if (!view || view->frames == 0) return abstain(now, flow::Abstain::kPoorSignal, flow::Quality::kAlert);
        const float runs = view->stats[signal::kStatRuns];
        if (!(static_cast<double>(runs) >= kFewestRuns)) return abstain(now, flow::Abstain::kNoSpeech, flow::Quality::kGood);
        const auto x = signal::voice_functionals(*view);
        const bool strange = model_.strangeness(x, usual_) > kStrange || model_.out_of_domain(x) > model_.domain_limit();
        if (strange) return abstain(now, flow::Abstain::kPoorSignal, flow::Quality::kAlert);
        return speak(now, x);
    }

    double spoken_share(std::span<const float> samples) {
        const auto p = activity_->judge(samples);
        if (!p || p->empty()) return 0.0;
        const auto spoken = std::ranges::count_if(*p, [](double v) { return v > kSpoken; });
        return static_cast<double>(spoken) / static_cast<double>(p->size());
    }

    flow::Evidence speak(Time now, const signal::VoiceFunctionals& x) {
        const auto p = model_.classify(x, usual_);
        usual_.add(x);
        flow::Evidence e = blank(now);
        flow::Display display;
        for (std::size_t k = 0; k < p.size(); ++k) {
            if (k == kCalm) continue;
            display.labels.emplace_back(learn::kVoiceLabels[k]);
            display.probabilities.push_back(p[k] + (k == kNeutral ? p[kCalm] : 0.0));
        }
        const auto top = std::ranges::max_element(display.probabilities) - display.probabilities.begin();
        if (++check_ins_ < kFewestCheckIns) {
            e.abstained = flow::Abstain::kWarmingUp;
            return e;
        }
        display.smoothed = display.labels[static_cast<std::size_t>(top)];
        e.display = std::move(display);
        double arousal = 0.0;
        for (std::size_t k = 0; k < p.size(); ++k) arousal += p[k] * places_.at[k];
        e.arousal = flow::Index{(arousal - places_.mean) / places_.sd, r_rec_, kDomain};
        spoke_ = now;
        return e;
    }

    std::string source_;
    learn::VoiceModel model_;
    signal::VoiceFront front_;
    std::optional<learn::VoiceActivity> activity_;
    std::string id_;
    double r_rec_;
    Places places_;
    signal::VoiceUsual usual_;
    std::vector<float> stretch_;
    flow::Origin origin_ = flow::Origin::kLive;
    std::optional<Time> spoke_;
    Time end_, said_;
    bool fed_ = false, music_ = false;
    int check_ins_ = 0;
};

}  // namespace

SpeechCheck check_speech(std::span<const float> samples) {
    SpeechCheck out;
    std::vector<double> levels;
    std::size_t rails = 0;
    for (std::size_t i = 0; i + kFrame <= samples.size(); i += kFrame) {
        double square = 0.0;
        for (const float s : samples.subspan(i, kFrame)) {
            const double v = static_cast<double>(s);
            square += v * v;
            if (std::abs(v) >= kRail) ++rails;
        }
        levels.push_back(10.0 * std::log10(square / kFrame + 1e-12));
    }
    if (levels.empty()) return out;
    std::ranges::sort(levels);
    const auto at = [&](double q) { return levels[static_cast<std::size_t>(q * static_cast<double>(levels.size() - 1))]; };
    out.loud_dbfs = at(.9);
    out.range_db = at(.9) - at(.1);
    out.clipped = static_cast<double>(rails) / static_cast<double>(samples.size());
    return out;
}

namespace {

std::optional<learn::VoiceActivity> installed_activity(const std::filesystem::path& data_dir) {
    const auto part = learn::find_part(data_dir, "silero_vad");
    auto made = part ? learn::VoiceActivity::load(*part) : Result<learn::VoiceActivity>(tl::unexpected<Error>(part.error()));
    if (made) return *std::move(made);
    core::log(core::LogLevel::kWarning, "affect", "speech is told from its level alone: " + made.error().message);
    return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Recogniser>> make_voice_recogniser(const std::string& source, const std::filesystem::path& data_dir, SpeechBy by) {
    ATTUNE_TRY(const auto installed, learn::find_model(data_dir, "voice"));
    ATTUNE_TRY(auto model, learn::VoiceModel::load(installed.weights));
    ATTUNE_TRY(auto front, signal::VoiceFront::create());
    const auto figure = installed.card.figures.find("r_rec_arousal");
    // A model whose card has no validity of its own informs nothing.
    const double r_rec = figure == installed.card.figures.end() ? 0.0 : figure->second;
    auto activity = by == SpeechBy::kNetworkIfInstalled ? installed_activity(data_dir) : std::nullopt;
    return std::make_unique<VoiceRecogniser>(source, std::move(model), std::move(front), std::move(activity), installed.card.id(), r_rec);
}

}  // namespace attune::affect
