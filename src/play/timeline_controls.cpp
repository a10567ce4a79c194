// SPDX-License-Identifier: GPL-3.0-or-later
// What the timeline does when it is told: pause, skip, back, seek, level, tempo, soften, finish, stop.
#include <algorithm>
#include <cmath>

#include "play/timeline.hpp"
#include "play/timeline_units.hpp"

namespace attune::play {
namespace {
constexpr double kBackSeconds = 3.0;
constexpr double kQuickTempoSeconds = 0.5;
}  // namespace

void Timeline::control(const Control& c) noexcept {
    if (c.at <= frame_)
        apply(c);
    else
        (void)controls_.push(c);
}

void Timeline::adopt(Adoption a) noexcept {
    SmallQueue<Adoption, 8> waiting;
    while (const auto before = adoptions_.pop()) {
        if (before->at < a.at)
            (void)waiting.push(*before);
        else
            a.cut = a.cut || before->cut;
    }
    adoptions_ = waiting;
    if (a.at <= frame_ || !adoptions_.push(a)) exchange(a);
}

void Timeline::exchange(const Adoption& a) noexcept {
    clear_queue();
    for (const Item* item = a.first; item != nullptr; item = item->next) (void)push(item);
    Voice* v = current();
    if (!a.cut || v == nullptr) return;
    v->chained = nullptr;  // fixed for the queue that is gone
    skip(JoinKind::kSkip, config_.skip_fade_s);
}

void Timeline::due_controls(int& limit) noexcept {
    while (adoptions_.size > 0 && adoptions_.front().at <= frame_) exchange(*adoptions_.pop());
    if (adoptions_.size > 0)
        limit = static_cast<int>(std::min<std::int64_t>(limit, adoptions_.front().at - frame_));
    for (int k = controls_.size; k > 0; --k) {
        const auto c = controls_.pop();
        if (c->at <= frame_) {
            apply(*c);
        } else {
            limit = static_cast<int>(std::min<std::int64_t>(limit, c->at - frame_));
            (void)controls_.push(*c);
        }
    }
    if (pending_.item == nullptr) return;
    if (pending_.at > frame_) {
        limit = static_cast<int>(std::min<std::int64_t>(limit, pending_.at - frame_));
        return;
    }
    const auto p = pending_;
    pending_ = {};
    start(p.item, p.first, p.kind, frames(config_.seek_fade_s), false);
}

void Timeline::skip(JoinKind kind, double fade_s) noexcept {
    Voice* v = current();
    pending_.item = nullptr;
    if (v != nullptr &&
        v->chained != nullptr) {  // fixed already, but not heard yet: it is the next one
        const Item* next = v->chained;
        v->chained = nullptr;
        return start(next, first_source_frame(*next), kind, frames(fade_s), false);
    }
    if (const Item* next = pop_queue())
        return start(next, first_source_frame(*next), kind, frames(fade_s), false);
    if (v != nullptr && !v->doomed) {
        v->out = {frame_, static_cast<std::int64_t>(frames(fade_s)), true};
        v->doomed = true;
    }
}

void Timeline::apply_back() noexcept {
    const Voice* v = current();
    if (v == nullptr) return;
    const double heard_s = (v->pos - v->begin) / kEngineRate.hz;
    const Item* to = heard_s > kBackSeconds || previous_ == nullptr ? v->item : previous_;
    if (!to->is_track()) to = v->item;
    if (!to->is_track()) return;
    pending_.item = to;
    pending_.first = first_source_frame(*to);
    pending_.at = frame_ + static_cast<std::int64_t>(frames(config_.seek_delay_s));
    pending_.kind = JoinKind::kBack;
}

void Timeline::apply(const Control& c) noexcept {
    Voice* v = current();
    const auto over = [&](double fallback) { return frames(c.ramp_s > 0.0 ? c.ramp_s : fallback); };
    if (!std::isfinite(c.value) || !std::isfinite(c.ramp_s)) return;
    switch (c.kind) {
    case ControlKind::kPause:
        paused_ = true;
        pause_.set(0.0, frames(config_.pause_fade_s));
        break;
    case ControlKind::kResume:
        paused_ = false;
        pause_.wake(kTiny);
        pause_.set(1.0, frames(config_.pause_fade_s));
        break;
    case ControlKind::kSkip: skip(JoinKind::kSkip, config_.skip_fade_s); break;
    case ControlKind::kBack: apply_back(); break;
    case ControlKind::kSeek: {
        if (v == nullptr || !v->item->is_track()) break;
        const auto last = last_source_frame(*v->item);
        std::int64_t to =
            std::max<std::int64_t>(0, std::llround(c.value * v->item->source_rate_hz));
        if (last) to = std::min(to, *last);
        pending_.item = v->item;
        pending_.first = to;
        pending_.at = frame_ + static_cast<std::int64_t>(frames(config_.seek_delay_s));
        pending_.kind = JoinKind::kSeek;
        break;
    }
    case ControlKind::kHold: hold_ = true; break;
    case ControlKind::kGoOn: hold_ = false; break;
    case ControlKind::kLevel:
        level_db_.set(std::clamp(c.value, -60.0, config_.ceiling_gain_db),
                      over(config_.level_ramp_s));
        break;
    case ControlKind::kSofter:
        level_db_.set(std::clamp(level_db_.target + c.value, -60.0, config_.ceiling_gain_db),
                      over(config_.level_ramp_s));
        break;
    case ControlKind::kTempo: {
        const double to = usable_ratio(c.value);
        const double slow = std::abs(to - live_tempo_.value) / config_.tempo_slew_per_s;
        live_tempo_.set(to, frames(c.ramp_s > 0.0 ? std::max(c.ramp_s, kQuickTempoSeconds) : slow));
        break;
    }
    case ControlKind::kSoften:
        soften_.set(std::clamp(c.value, 0.0, 1.0), over(config_.soften_ramp_s));
        break;
    case ControlKind::kFinish:
        finishing_ = true;
        hold_ = false;
        clear_queue();
        session_.set(0.0, over(config_.end_fade_s));
        break;
    case ControlKind::kStop:
        stopping_ = true;
        stop_.set(0.0, frames(std::min(config_.stop_fade_s,
                                       c.ramp_s > 0.0 ? c.ramp_s : config_.stop_fade_s)));
        break;
    case ControlKind::kUnstop:
        stopping_ = finishing_ = ended_ = false;
        stop_.jump(1.0);
        session_.jump(0.0);
        session_.set(1.0, frames(config_.session_fade_in_s));
        break;
    case ControlKind::kDoseGain: dose_db_.set(std::clamp(c.value, -60.0, 0.0), over(3.0)); break;
    case ControlKind::kStartleGuard: break;  // of the rendered sound alone
    }
}

}  // namespace attune::play
