// SPDX-License-Identifier: GPL-3.0-or-later
// How one item takes over from another: by itself, by a fade, on a beat, or because a file failed.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "play/timeline.hpp"
#include "play/timeline_units.hpp"

namespace attune::play {
namespace {
constexpr double kCommitSeconds = 1.0;  // a gapless follower is fixed this long before the join
constexpr double kItemGainRampFrames = 960;  // 20 ms
constexpr double kBedFadeFrames = 9600;
constexpr double kRepeatFadeSeconds = 4.0;
constexpr double kMinBeatFadeSeconds = 2.0;
}  // namespace

// ---- starting and ending

void Timeline::start(const Item* item, std::int64_t source_first, JoinKind kind, double fade_frames,
                     bool aligned) noexcept {
    Voice* from = current();
    const auto fade = static_cast<std::int64_t>(std::llround(fade_frames));
    Join join{{frame_}, {}, item->plan.id, kind, fade, 0.0, 0.0, aligned};
    join.to_position_s = static_cast<double>(source_first) / item->source_rate_hz;
    int slot = -1;
    for (int k = 0; k < kVoices && slot < 0; ++k)
        if (!voices_[static_cast<std::size_t>(k)].active) slot = k;
    if (slot < 0) {  // all still fading: the one that began first makes room
        slot = current_ == 0 ? 1 : 0;
        for (int k = 0; k < kVoices; ++k)
            if (k != current_ && voices_[static_cast<std::size_t>(k)].play <
                                     voices_[static_cast<std::size_t>(slot)].play)
                slot = k;
        end_voice(voices_[static_cast<std::size_t>(slot)]);
    }
    if (from != nullptr) {
        join.from = from->item->plan.id;
        join.from_position_s =
            static_cast<double>(from->source_first) / from->item->source_rate_hz +
            (from->pos - from->begin) / kEngineRate.hz;
        from->out = {frame_, std::max<std::int64_t>(fade, 1), true};
        from->doomed = true;
        if (fade == 0) end_voice(*from);
    }
    Voice& v = voices_[static_cast<std::size_t>(slot)];
    v = Voice{};
    v.active = true;
    v.play = ++plays_;
    v.item = v.opened = item;
    v.source_first = v.opened_first = source_first;
    v.run_rate = item->source_rate_hz;
    v.supply.jump(1.0);
    v.gain_db.jump(bounded_gain_db(*item));
    v.curve = item->is_track() ? usable_ratio(curve_at(item->plan.tempo, 0.0)) : 1.0;
    v.ratio = target_ratio(v);
    v.in = {frame_, fade, fade > 0};
    set_end(v);
    current_ = slot;
    (void)joins_.push(join);
    say(EventKind::kItemStarted, item->plan.id);
    if (!started_) {
        started_ = true;
        session_.set(1.0, frames(config_.session_fade_in_s));
    }
}

void Timeline::end_voice(Voice& v) noexcept {
    if (!v.active) return;
    v.active = false;
    say(EventKind::kItemEnded, v.item->plan.id);
    if (current() == &v) current_ = -1;
    previous_ = v.item;
}

/// The position has reached the join: the follower is the item now.
void Timeline::next_of_chain(Voice& v) noexcept {
    const Item* before = v.item;
    const Item* next = v.chained;
    Join join{{frame_}, before->plan.id, next->plan.id, JoinKind::kGapless, 0, 0.0, 0.0, false};
    const auto last = last_source_frame(*before).value_or(0);
    join.from_position_s = static_cast<double>(last) / before->source_rate_hz;
    const std::int64_t first = first_source_frame(*next);
    join.to_position_s = static_cast<double>(first) / next->source_rate_hz;
    const std::int64_t length = std::max<std::int64_t>(0, last - v.source_first);
    if (next->source_rate_hz == v.run_rate) {
        v.run_source += length;
    } else {
        v.run_begin = static_cast<std::int64_t>(v.end);
        v.run_source = 0;
        v.run_rate = next->source_rate_hz;
    }
    v.begin = v.end;
    v.item = next;
    v.source_first = first;
    v.chained = nullptr;
    v.gain_db.set(bounded_gain_db(*next), kItemGainRampFrames);
    set_end(v);
    (void)joins_.push(join);
    say(EventKind::kItemEnded, before->plan.id);
    say(EventKind::kItemStarted, next->plan.id);
    previous_ = before;
}

// ---- transitions

/// Frames of overlap with `next`; moved to a beat where both items' beats are known.
double Timeline::crossfade_frames(const Voice& v, const Item& next, bool& aligned) const noexcept {
    aligned = false;
    const double fade = frames(std::min(std::max(0.0, next.plan.fade_in_s), 30.0));
    const Item& item = *v.item;
    if (fade < frames(kMinBeatFadeSeconds) || item.beats_s.size() < 2 || next.beats_s.size() < 2)
        return fade;
    const double offset_s = static_cast<double>(v.source_first) / item.source_rate_hz;
    const double start_s = offset_s + (v.end - v.begin - fade * v.ratio) / kEngineRate.hz;
    const auto first_beat = std::lower_bound(next.beats_s.begin(), next.beats_s.end(),
                                             static_cast<float>(next.plan.in_s));
    if (first_beat == next.beats_s.end()) return fade;
    const double lead_s = (static_cast<double>(*first_beat) - next.plan.in_s) * v.ratio;
    const auto behind = std::upper_bound(item.beats_s.begin(), item.beats_s.end(),
                                         static_cast<float>(start_s + lead_s));
    if (behind == item.beats_s.begin()) return fade;
    const double begin_s = static_cast<double>(*(behind - 1)) - lead_s;  // never later than planned
    const double moved = (start_s - begin_s) * kEngineRate.hz / v.ratio;
    if (moved < 0.0 || moved > frames(2.0)) return fade;
    aligned = true;
    return fade + moved;
}

void Timeline::commit_chain(Voice& v) noexcept {
    const Item* next = pop_queue();
    v.chained = v.appended = next;
    ++v.appended_count;
}

/// Decides what follows the current item, and cuts the segment where it begins.
void Timeline::approach_end(Voice& v, int& limit) noexcept {
    const double left = v.end - v.pos;
    const bool endless = !std::isfinite(left);
    const Item* next = hold_ ? v.item : upcoming(0);
    const auto cut_at = [&](double stream_left) {
        const auto k = static_cast<std::int64_t>(std::ceil(stream_left / v.ratio - kEps));
        limit = static_cast<int>(std::min<std::int64_t>(limit, std::max<std::int64_t>(1, k)));
    };
    if (endless || v.chained != nullptr || pending_.item != nullptr) return;
    if (hold_ && !v.item->is_track()) {  // silence and live music go on as long as they are held
        v.end = std::max(v.end, v.pos + frames(kRepeatFadeSeconds));
        return;
    }
    if (next == nullptr) {
        const double fade = frames(config_.end_fade_s);
        if (left > fade * v.ratio) return cut_at(left - fade * v.ratio);
        if (!v.out.on) {
            v.out = {frame_, std::max<std::int64_t>(1, static_cast<std::int64_t>(left / v.ratio)),
                     true};
            if (!told_empty_ && !finishing_) say(EventKind::kQueueEmpty);
            told_empty_ = true;
        }
        return;
    }
    if (v.out.on && !v.doomed) {  // an item came while the end fade ran: come back up
        const double left_gain = std::cos(std::numbers::pi / 2 *
                                          std::clamp(static_cast<double>(frame_ - v.out.start) /
                                                         static_cast<double>(v.out.length),
                                                     0.0, 1.0));
        v.out.on = false;
        const auto length = static_cast<std::int64_t>(frames(2.0));
        v.in = {frame_ -
                    static_cast<std::int64_t>(std::asin(std::clamp(left_gain, 0.0, 1.0)) /
                                              (std::numbers::pi / 2) * static_cast<double>(length)),
                length, true};
    }
    const bool repeat = next == v.item;
    if (!repeat && !v.item->broken_off && next->plan.fade_in_s <= 0.0 && v.item->is_track() &&
        next->is_track()) {
        const double horizon = frames(kCommitSeconds);
        if (left <= horizon)
            commit_chain(v);
        else
            cut_at(left - horizon);
        return;
    }
    bool aligned = false;
    double fade = repeat ? frames(kRepeatFadeSeconds) : crossfade_frames(v, *next, aligned);
    if (v.item->broken_off) fade = std::max(fade, kStarveFadeFrames);
    const double whole = (v.end - v.begin) / v.ratio;
    if (fade > whole / 2) {
        fade = whole / 2;
        aligned = false;
    }
    const double until = left - fade * v.ratio;
    if (until > kEps) return cut_at(until);
    if (fade <= 0.0) return;  // a cut: move() starts it when the voice is over
    if (!repeat) (void)pop_queue();
    const double overlap = std::min(fade, left / v.ratio);
    start(next, first_source_frame(*next), repeat ? JoinKind::kRepeat : JoinKind::kCrossfade,
          overlap, aligned);
}

void Timeline::give_up_starved() noexcept {
    for (Voice& v : voices_) {
        if (!v.active || v.starved_since < 0) continue;
        const bool late =
            static_cast<double>(frame_ - v.starved_since) > frames(config_.starve_limit_s);
        if (!late) continue;
        v.starved_since = -1;
        fail(v.item, ErrorCode::kTimeout);
    }
}

void Timeline::plan_transition(int& limit) noexcept {
    give_up_starved();
    Voice* v = current();
    if (v != nullptr && !v->doomed && v->supply.target > 0.0 && pause_.value > 0.0)
        approach_end(*v, limit);
    v = current();
    if (v != nullptr || finishing_ || stopping_ || paused_) return;
    if (const Item* next = pop_queue()) {
        const JoinKind kind = started_ ? JoinKind::kCut : JoinKind::kStart;
        const double fade = started_ ? std::max(0.0, frames(next->plan.fade_in_s)) : 0.0;
        start(next, first_source_frame(*next), kind, fade, false);
    }
}

void Timeline::set_starving(std::uint32_t play, bool starving) noexcept {
    for (Voice& v : voices_) {
        if (!v.active || v.play != play || v.starving == starving) continue;
        v.starving = starving;
        if (!starving) v.supply.wake(kTiny);
        v.supply.set(starving ? 0.0 : 1.0, kStarveFadeFrames);
        v.starved_since = starving ? frame_ : -1;
    }
}

void Timeline::truncate(const Item* item, std::int64_t source_frames, int rate_hz,
                        ErrorCode why) noexcept {
    set_source_frames(item, std::max<std::int64_t>(1, source_frames), rate_hz);
    const_cast<Item*>(item)->broken_off = true;  // as in set_source_frames()
    say(EventKind::kItemFailed, item->plan.id, why);
}

void Timeline::fail(const Item* item, ErrorCode why) noexcept {
    bool queued = false;
    for (int k = queue_size_; k > 0; --k) {  // out of the queue, order kept
        const Item* x = pop_queue();
        if (x == item)
            queued = true;
        else
            (void)push(x);
    }
    if (adoptions_.size > 0 && adoptions_.front().first == item)  // opened ahead of its frame
        adoptions_.front().first = item->next, queued = true;
    Voice* now = current();
    for (Voice& v : voices_) {
        if (!v.active) continue;
        if (v.chained == item) v.chained = nullptr, queued = true;
        if (v.item != item) continue;
        say(EventKind::kItemFailed, item->plan.id, why);
        if (&v == now && queue_size_ > 0)
            skip(JoinKind::kAfterFailure, kStarveFadeFrames / kEngineRate.hz);
        if (v.active && !v.out.on)
            v.out = {frame_, static_cast<std::int64_t>(kStarveFadeFrames), true};
        v.doomed = true;
        v.supply.set(1.0, 0.0);  // nothing comes any more: the fade runs over what is there
        v.starved_since = -1;
    }
    if (queued) say(EventKind::kItemFailed, item->plan.id, why);
}

void Timeline::update_bed() noexcept {
    const Voice* v = current();
    const bool late = v != nullptr && v->supply.target == 0.0;
    const bool dry = v == nullptr && started_ && queue_size_ == 0 && config_.bed_when_empty;
    const bool doomed_alone = v != nullptr && v->doomed && !finishing_ && config_.bed_when_empty;
    const double to =
        (late || dry || doomed_alone) && !finishing_ && !stopping_ && !ended_ ? 1.0 : 0.0;
    if (bed_.target == to) return;
    bed_.set(to, kBedFadeFrames);
    say(to > 0.0 ? EventKind::kBedStarted : EventKind::kBedEnded,
        v != nullptr ? v->item->plan.id : Id{},
        late ? ErrorCode::kTimeout : ErrorCode::kUnavailable);
}

}  // namespace attune::play
