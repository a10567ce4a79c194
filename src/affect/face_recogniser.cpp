// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/face_recogniser.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <vector>

#include "learn/crop_jpeg.hpp"
#include "learn/face_classifier.hpp"
#include "learn/parts.hpp"

namespace attune::affect {
namespace {

using learn::FaceProbabilities;
using learn::kFerClasses;
constexpr std::size_t kHappy = 3;
constexpr std::array<std::size_t, 4> kNegative = {0, 1, 2, 4};

constexpr double kJudgedS = 1.0;        // the crops of this long must be usable by majority
constexpr double kStaleS = 2.0, kStaleEveryS = 1.0;
constexpr double kDark = 25.0, kBlownOut = 235.0, kMaxRollDeg = 35.0;
constexpr int kSmall = 40;
constexpr double kBlurred = 3.0;        // mean absolute Laplacian of the crop [grey levels]
constexpr double kSmoothS = 2.0, kLabelS = 5.0, kMargin = 0.1;
constexpr double kRestS = 30.0, kRestShare = 0.05, kSmile = 0.5;
constexpr int kCropSide = flow::kCropSize;

double sharpness(const std::vector<float>& luma) {
    double sum = 0.0;
    for (int y = 1; y + 1 < kCropSide; ++y) {
        for (int x = 1; x + 1 < kCropSide; ++x) {
            const auto at = static_cast<std::size_t>(y * kCropSide + x);
            const float bend = 4.0F * luma[at] - luma[at - 1] - luma[at + 1] - luma[at - kCropSide] - luma[at + kCropSide];
            sum += static_cast<double>(std::abs(bend));
        }
    }
    return sum / ((kCropSide - 2) * (kCropSide - 2));
}

/// What this face looks like at rest.
class Rest {
public:
    void push(double dt, const FaceProbabilities& p) {
        if (seconds_ >= kRestS || p[kHappy] > kSmile) return;
        for (std::size_t k = 0; k < p.size(); ++k) sum_[k] += dt * p[k];
        seconds_ += dt;
    }
    [[nodiscard]] FaceProbabilities corrected(FaceProbabilities p) const {
        if (seconds_ < kRestS) return p;
        double total = 0.0;
        for (const std::size_t k : kNegative) p[k] *= kRestShare / std::max(kRestShare, sum_[k] / seconds_);
        for (const double v : p) total += v;
        for (double& v : p) v /= total;
        return p;
    }

private:
    FaceProbabilities sum_{};
    double seconds_ = 0.0;
};

/// The label of the tile: changes only after a stable majority.
class Label {
public:
    const std::string& step(Time t, const FaceProbabilities& p) {
        const auto top = static_cast<std::size_t>(std::ranges::max_element(p) - p.begin());
        if (top != candidate_) {
            candidate_ = top;
            since_ = t;
        }
        const bool ahead = shown_.empty() || p[top] > p[index_] + kMargin;
        if ((t - since_).seconds() >= kLabelS && ahead) {
            index_ = top;
            shown_ = learn::kFerLabels[top];
        }
        return shown_;
    }

private:
    std::size_t candidate_ = kFerClasses, index_ = 0;
    Time since_;
    std::string shown_;
};

struct Figures {
    double r_rec = 0.0, mean = 0.0, sd = 1.0;
    std::string model;
};

class FaceRecogniser : public Recogniser {
public:
    FaceRecogniser(std::string source, learn::FaceClassifier net, Figures figures, FaceLiveness::Eyes eyes)
        : source_(std::move(source)), net_(std::move(net)), figures_(std::move(figures)), live_(eyes) {}

    const std::string& source() const noexcept override { return source_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kFace; }

    std::string waits_for() const override {
        if (recent_.empty() || recent_.back().why != flow::Abstain::kWarmingUp) return {};
        return "a blink, to know that it is no picture of a face";
    }

    void push(const flow::Crop& crop) override {
        if (!crop.source.empty() && crop.source != source_) return;
        if (fed_ && crop.t < last_) return;
        const double dt = fed_ ? std::clamp((crop.t - last_).seconds(), 0.0, 1.0) : 0.0;
        fed_ = fresh_ = true;
        last_ = crop.t;
        origin_ = crop.origin;
        while (!recent_.empty() && (crop.t - recent_.front().t).seconds() >= kJudgedS) recent_.pop_front();
        recent_.push_back({crop.t, judge(crop, dt)});
    }

    std::optional<flow::Evidence> poll(Time now) override {
        if (!fed_) return std::nullopt;
        const bool stale = (now - last_).seconds() > kStaleS;
        if (stale ? asked_ && (now - said_).seconds() < kStaleEveryS : !fresh_) return std::nullopt;
        flow::Evidence e;
        e.source = source_;
        e.kind = flow::SourceKind::kFace;
        e.t = stale ? now : last_;
        e.window_s = asked_ ? std::max(0.0, (e.t - said_).seconds()) : kJudgedS;
        e.model = figures_.model;
        e.origin = origin_;
        const auto used = static_cast<std::size_t>(std::ranges::count_if(recent_, [](const Judged& j) { return !j.why; }));
        if (stale) {
            e.abstained = flow::Abstain::kStale;
            e.quality = flow::Quality::kLost;
        } else if (2 * used < recent_.size() || !smooth_) {
            e.abstained = latest_reason();
            e.quality = e.abstained == flow::Abstain::kWarmingUp ? flow::Quality::kGood : flow::Quality::kAlert;
        } else {
            speak(e, used == recent_.size());
        }
        said_ = e.t;
        asked_ = true;
        fresh_ = false;
        return e;
    }

private:
    struct Judged {
        Time t;
        std::optional<flow::Abstain> why;
    };

    flow::Abstain latest_reason() const {
        for (auto j = recent_.rbegin(); j != recent_.rend(); ++j)
            if (j->why) return *j->why;
        return flow::Abstain::kWarmingUp;
    }

    void speak(flow::Evidence& e, bool all_used) {
        const FaceProbabilities p = rest_.corrected(*smooth_);
        e.dt_frame_s = spoke_ ? (e.t - *spoke_).seconds() : e.window_s;
        spoke_ = e.t;
        e.quality = all_used ? flow::Quality::kGood : flow::Quality::kFewDrops;
        e.valence = flow::Index{((*smooth_)[kHappy] - figures_.mean) / figures_.sd, figures_.r_rec, 0.7};
        e.display = flow::Display{{learn::kFerLabels.begin(), learn::kFerLabels.end()}, {p.begin(), p.end()}, label_.step(e.t, p)};
    }

    std::optional<flow::Abstain> judge(const flow::Crop& crop, double dt) {
        if (crop.n_faces > 1) return flow::Abstain::kSeveralFaces;
        if (crop.jpeg.empty()) {
            live_.lose(crop.t);
            return crop.light < kDark ? flow::Abstain::kTooDark : flow::Abstain::kNoFace;
        }
        if (crop.light < kDark) return flow::Abstain::kTooDark;
        if (crop.face_px < kSmall) return flow::Abstain::kTooSmall;
        if (crop.light > kBlownOut || std::abs(crop.roll_deg) > kMaxRollDeg) return flow::Abstain::kPoorSignal;
        const auto luma = learn::decode_crop(crop.jpeg);
        if (!luma) return flow::Abstain::kPoorSignal;
        live_.push(crop.t, *luma);
        if (live_.verdict() == FaceLiveness::Verdict::kFlat) {
            smooth_.reset();
            return flow::Abstain::kFlatPicture;
        }
        if (live_.verdict() == FaceLiveness::Verdict::kUnknown) return flow::Abstain::kWarmingUp;
        if (sharpness(*luma) < kBlurred) return flow::Abstain::kPoorSignal;
        const auto p = net_.classify(learn::halve_crop(*luma));
        if (!p) return flow::Abstain::kPoorSignal;
        rest_.push(dt, *p);
        const double keep = smooth_ ? std::exp(-dt / kSmoothS) : 0.0;
        if (!smooth_) smooth_.emplace(*p);
        for (std::size_t k = 0; k < p->size(); ++k) (*smooth_)[k] = keep * (*smooth_)[k] + (1.0 - keep) * (*p)[k];
        return std::nullopt;
    }

    std::string source_;
    learn::FaceClassifier net_;
    Figures figures_;
    flow::Origin origin_ = flow::Origin::kLive;
    FaceLiveness live_;
    Rest rest_;
    Label label_;
    std::optional<FaceProbabilities> smooth_;
    std::deque<Judged> recent_;  ///< of the last kJudgedS
    std::optional<Time> spoke_;
    Time last_, said_;
    bool fed_ = false, fresh_ = false, asked_ = false;
};

double figure(const learn::ModelCard& card, const char* name, double fallback) {
    const auto it = card.figures.find(name);
    return it == card.figures.end() ? fallback : it->second;
}

}  // namespace

Result<std::unique_ptr<Recogniser>> make_face_recogniser(const std::string& source, const learn::InstalledModel& model, FaceLiveness::Eyes eyes) {
    ATTUNE_TRY(auto net, learn::FaceClassifier::load(model.weights, model.card.outputs));
    // A network whose card has no validity of its own informs nothing: its index has r 0.
    Figures figures{figure(model.card, "r_rec_valence", 0.0), figure(model.card, "index_mean", 0.0),
                    std::max(0.05, figure(model.card, "index_sd", 1.0)), model.card.id()};
    return std::make_unique<FaceRecogniser>(source, std::move(net), std::move(figures), eyes);
}

Result<std::unique_ptr<Recogniser>> make_face_recogniser(const std::string& source, const std::filesystem::path& data_dir) {
    ATTUNE_TRY(const auto model, learn::find_model(data_dir, "face"));
    const bool landmarks = learn::find_part(data_dir, "landmark68_tiny").has_value();
    return make_face_recogniser(source, model, landmarks ? FaceLiveness::Eyes::kPlaced : FaceLiveness::Eyes::kGuessed);
}

}  // namespace attune::affect
