// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/worsening.hpp"

#include <algorithm>
#include <cmath>

namespace attune::choose {
namespace {

constexpr double kSdV = .17, kSdA = .20, kSdInMusic = .10;   // affect_spec A, RATING

double above(double difference, double variance, double threshold) {
    return .5 * std::erfc((threshold - difference) / std::sqrt(2.0 * variance));
}

}  // namespace

void Worsening::on_rating(const flow::Rating& rating) {
    if (!rating.touched || rating.kind != flow::RatingKind::kFelt || !rating.value) return;
    const double extra = rating.music_playing ? kSdInMusic * kSdInMusic : 0.0;
    points_.push_back({*rating.value, {kSdV * kSdV + extra, kSdA * kSdA + extra}});
    if (points_.size() < 2) return;
    const Point& last = points_.back();
    probability_ = compare(last);
    if (points_.size() >= 3) {
        const Point& before = points_[points_.size() - 2];
        const Point mean{{(last.value.valence + before.value.valence) / 2,
                          (last.value.arousal + before.value.arousal) / 2},
                         {(last.variance.valence + before.variance.valence) / 4,
                          (last.variance.arousal + before.variance.arousal) / 4}};
        probability_ = std::max(probability_, compare(mean));
    }
    alarm_ = probability_ >= kSure;
}

double Worsening::compare(const Point& now) const {
    const Point& start = points_.front();
    const double fell = above(start.value.valence - now.value.valence,
                              start.variance.valence + now.variance.valence, kFall);
    if (goal_ != flow::GoalKind::kCalm && goal_ != flow::GoalKind::kSleep) return fell;
    const double rose = above(now.value.arousal - start.value.arousal,
                              start.variance.arousal + now.variance.arousal, kFall);
    return 1.0 - (1.0 - fell) * (1.0 - rose);
}

bool Worsening::take_alarm() {
    if (!alarm_) return false;
    alarm_ = false;
    ++times_;
    return true;
}

}  // namespace attune::choose
