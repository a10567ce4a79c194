// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/face_recogniser.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "learn/crop_jpeg.hpp"
#include "learn/face_classifier.hpp"

namespace attune::affect {
namespace {

using learn::FaceProbabilities;
using learn::kFerClasses;
constexpr std::size_t kHappy = 3;
constexpr std::array<std::size_t, 4> kNegative = {0, 1, 2, 4};

constexpr double kEveryS = 1.0, kStaleS = 2.0;
constexpr double kDark = 25.0, kBlownOut = 235.0, kMaxRollDeg = 35.0;
constexpr int kSmall = 40;
constexpr double kBlurred = 3.0;        // mean absolute Laplacian of the crop [grey levels]
constexpr double kFrozenS = 3.0, kHeldS = 30.0;
constexpr double kSame = 0.05;          // mean change of a frozen picture [grey levels]
constexpr double kStillEyes = 1.2;      // largest change of the eyes' band on a held picture [grey levels]
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

/// Mean absolute difference over rows [from, to).
double difference(const std::vector<float>& a, const std::vector<float>& b, int from, int to) {
    double sum = 0.0;
    for (auto i = static_cast<std::size_t>(from * kCropSide); i < static_cast<std::size_t>(to * kCropSide); ++i) {
        sum += static_cast<double>(std::abs(a[i] - b[i]));
    }
    return sum / ((to - from) * kCropSide);
}

/// Says whether the picture lives: it changes at all, and so do the eyes.
class Liveness {
public:
    void push(Time t, const std::vector<float>& luma) {
        if (before_.empty()) {
            moved_ = blinked_ = t;
        } else {
            if (difference(luma, before_, 0, kCropSide) > kSame) moved_ = t;
            const double eyes = difference(luma, before_, 30, 48);
            const double rest = difference(luma, before_, 60, 90);
            if (eyes > kStillEyes && eyes > 1.15 * rest) blinked_ = t;
        }
        before_ = luma;
        last_ = t;
    }
    void lose() { before_.clear(); }
    [[nodiscard]] bool flat() const {
        if (before_.empty()) return false;
        return (last_ - moved_).seconds() >= kFrozenS || (last_ - blinked_).seconds() >= kHeldS;
    }

private:
    std::vector<float> before_;
    Time moved_, blinked_, last_;
};

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
    FaceRecogniser(std::string source, learn::FaceClassifier net, Figures figures)
        : source_(std::move(source)), net_(std::move(net)), figures_(std::move(figures)) {}

    const std::string& source() const noexcept override { return source_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kFace; }

    void push(const flow::Crop& crop) override {
        if (fed_ && crop.t < last_) return;
        const double dt = fed_ ? std::clamp((crop.t - last_).seconds(), 0.0, 1.0) : 0.0;
        fed_ = true;
        last_ = crop.t;
        why_ = judge(crop, dt);
        ++seen_;
        if (!why_) ++used_;
    }

    std::optional<flow::Evidence> poll(Time now) override {
        if (!fed_ || (asked_ && (now - said_).seconds() < kEveryS)) return std::nullopt;
        const bool stale = (now - last_).seconds() > kStaleS;
        flow::Evidence e;
        e.source = source_;
        e.kind = flow::SourceKind::kFace;
        e.t = now;
        e.window_s = asked_ ? (now - said_).seconds() : kEveryS;
        e.model = figures_.model;
        e.origin = origin_;
        if (stale) {
            e.abstained = flow::Abstain::kStale;
            e.quality = flow::Quality::kLost;
        } else if (seen_ > 0 && 2 * used_ < seen_) {
            e.abstained = why_.value_or(flow::Abstain::kPoorSignal);
            e.quality = flow::Quality::kAlert;
        } else if (seen_ == 0 || !smooth_) {
            e.abstained = why_.value_or(flow::Abstain::kWarmingUp);
        } else {
            speak(e, now);
        }
        said_ = now;
        asked_ = true;
        seen_ = used_ = 0;
        return e;
    }

private:
    void speak(flow::Evidence& e, Time now) {
        const FaceProbabilities p = rest_.corrected(*smooth_);
        e.dt_frame_s = spoke_ ? (now - *spoke_).seconds() : e.window_s;
        spoke_ = now;
        e.quality = used_ == seen_ ? flow::Quality::kGood : flow::Quality::kFewDrops;
        e.valence = flow::Index{((*smooth_)[kHappy] - figures_.mean) / figures_.sd, figures_.r_rec, 0.7};
        e.display = flow::Display{{learn::kFerLabels.begin(), learn::kFerLabels.end()}, {p.begin(), p.end()}, label_.step(now, p)};
    }

    std::optional<flow::Abstain> judge(const flow::Crop& crop, double dt) {
        if (crop.n_faces > 1) return flow::Abstain::kSeveralFaces;
        if (crop.jpeg.empty()) {
            live_.lose();
            return crop.light < kDark ? flow::Abstain::kTooDark : flow::Abstain::kNoFace;
        }
        if (crop.light < kDark) return flow::Abstain::kTooDark;
        if (crop.face_px < kSmall) return flow::Abstain::kTooSmall;
        if (crop.light > kBlownOut || std::abs(crop.roll_deg) > kMaxRollDeg) return flow::Abstain::kPoorSignal;
        const auto luma = learn::decode_crop(crop.jpeg);
        if (!luma) return flow::Abstain::kPoorSignal;
        live_.push(crop.t, *luma);
        if (live_.flat()) return flow::Abstain::kFlatPicture;
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
    Liveness live_;
    Rest rest_;
    Label label_;
    std::optional<FaceProbabilities> smooth_;
    std::optional<flow::Abstain> why_;
    std::optional<Time> spoke_;
    Time last_, said_;
    bool fed_ = false, asked_ = false;
    int seen_ = 0, used_ = 0;
};

double figure(const learn::ModelCard& card, const char* name, double fallback) {
    const auto it = card.figures.find(name);
    return it == card.figures.end() ? fallback : it->second;
}

}  // namespace

Result<std::unique_ptr<Recogniser>> make_face_recogniser(const std::string& source, const learn::InstalledModel& model) {
    ATTUNE_TRY(auto net, learn::FaceClassifier::load(model.weights, model.card.outputs));
    // A network whose card has no validity of its own informs nothing: its index has r 0.
    Figures figures{figure(model.card, "r_rec_valence", 0.0), figure(model.card, "index_mean", 0.0),
                    std::max(0.05, figure(model.card, "index_sd", 1.0)), model.card.id()};
    return std::make_unique<FaceRecogniser>(source, std::move(net), std::move(figures));
}

Result<std::unique_ptr<Recogniser>> make_face_recogniser(const std::string& source, const std::filesystem::path& data_dir) {
    ATTUNE_TRY(const auto model, learn::find_model(data_dir, "face"));
    return make_face_recogniser(source, model);
}

}  // namespace attune::affect
