// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attune::play {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kCommitSeconds = 1.0;  // a gapless follower is fixed this long before the join
constexpr double kBackSeconds = 3.0;
constexpr double kItemGainRampFrames = 960;  // 20 ms
constexpr double kStarveFadeFrames = 4800;   // 100 ms of the 200 ms that are left
constexpr double kBedFadeFrames = 9600;
constexpr double kRepeatFadeSeconds = 4.0;
constexpr double kSlowestRatio = 0.85, kFastestRatio = 1.15;
constexpr double kQuickTempoSeconds = 0.5;
constexpr double kMinBeatFadeSeconds = 2.0;
constexpr double kEps = 1e-6;
constexpr double kTiny = 1e-9;  // a gain that has begun to rise: time flows

double db_gain(double db) { return db <= -120.0 ? 0.0 : std::pow(10.0, db / 20.0); }

double curve_at(const std::vector<flow::CurvePoint>& curve, double t_s) {
    if (curve.empty()) return 1.0;
    if (t_s <= curve.front().t_s) return curve.front().value;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const auto& a = curve[i - 1];
        const auto& b = curve[i];
        if (t_s > b.t_s) continue;
        const double span = b.t_s - a.t_s;
        return span <= 0.0 ? b.value : a.value + (b.value - a.value) * (t_s - a.t_s) / span;
    }
    return curve.back().value;
}

/// In steps of 2^-20, so that positions are sums without rounding, whatever the block sizes.
double usable_ratio(double r) {
    constexpr double kSteps = 1048576.0;
    if (!std::isfinite(r)) return 1.0;
    return std::round(std::clamp(r, kSlowestRatio, kFastestRatio) * kSteps) / kSteps;
}

/// ceil(frames * 48000 / rate), without rounding errors.
std::int64_t stream_frames(std::int64_t source_frames, int rate) {
    return (source_frames * kEngineRate.hz + rate - 1) / rate;
}

}  // namespace

const char* to_string(JoinKind kind) noexcept {
    switch (kind) {
    case JoinKind::kStart: return "start";
    case JoinKind::kGapless: return "gapless";
    case JoinKind::kCrossfade: return "crossfade";
    case JoinKind::kCut: return "cut";
    case JoinKind::kSkip: return "skip";
    case JoinKind::kSeek: return "seek";
    case JoinKind::kBack: return "back";
    case JoinKind::kRepeat: return "repeat";
    case JoinKind::kAfterFailure: return "after_failure";
    case JoinKind::kEnd: return "end";
    }
    return "end";
}

const char* to_string(EventKind kind) noexcept {
    switch (kind) {
    case EventKind::kItemStarted: return "item_started";
    case EventKind::kItemEnded: return "item_ended";
    case EventKind::kItemFailed: return "item_failed";
    case EventKind::kBedStarted: return "bed_started";
    case EventKind::kBedEnded: return "bed_ended";
    case EventKind::kEnded: return "ended";
    case EventKind::kQueueEmpty: return "queue_empty";
    case EventKind::kDoseLow: return "dose_low";
    case EventKind::kSinkLost: return "sink_lost";
    case EventKind::kSinkBack: return "sink_back";
    case EventKind::kNanFromSource: return "nan_from_source";
    }
    return "ended";
}

// ---- small parts

void Timeline::Ramp::set(double to, double over_frames) noexcept {
    from = value;
    target = to;
    elapsed = 0;
    length = static_cast<std::int64_t>(std::llround(over_frames));
    if (length < 1) value = from = to;
}

void Timeline::Ramp::wake(double tiny) noexcept {
    if (value <= 0.0) value = tiny;
}

void Timeline::Ramp::advance(int n) noexcept {
    if (value == target) return;
    elapsed = std::min(elapsed + n, length);
    value = elapsed == length ? target
                              : from + (target - from) * static_cast<double>(elapsed) /
                                           static_cast<double>(length);
}

template <typename T, int N>
bool Timeline::Box<T, N>::push(const T& x) noexcept {
    if (size == N) return false;
    items[static_cast<std::size_t>((at + size++) % N)] = x;
    return true;
}

template <typename T, int N>
std::optional<T> Timeline::Box<T, N>::pop() noexcept {
    if (size == 0) return std::nullopt;
    const T x = items[static_cast<std::size_t>(at)];
    at = (at + 1) % N;
    --size;
    return x;
}

Timeline::Timeline(const TimelineConfig& config) : config_(config) {
    config_.session_fade_in_s = std::max(2.0, config.session_fade_in_s);
    config_.end_fade_s = std::max(10.0, config.end_fade_s);
    config_.stop_fade_s = std::clamp(config.stop_fade_s, 0.005, 0.5);
    level_db_.jump(std::min(config.level_db, config.ceiling_gain_db));
    live_tempo_.jump(1.0);
    soften_.jump(0.0);
    session_.jump(0.0);
    pause_.jump(1.0);
    stop_.jump(1.0);
    bed_.jump(0.0);
}

Timeline::Voice* Timeline::current() noexcept {
    return current_ >= 0 ? &voices_[static_cast<std::size_t>(current_)] : nullptr;
}
const Timeline::Voice* Timeline::current() const noexcept {
    return current_ >= 0 ? &voices_[static_cast<std::size_t>(current_)] : nullptr;
}

std::optional<Join> Timeline::take_join() noexcept { return joins_.pop(); }
std::optional<Event> Timeline::take_event() noexcept { return events_.pop(); }

void Timeline::say(EventKind kind, Id item, ErrorCode code) noexcept {
    (void)events_.push(Event{kind, {frame_}, item, code});
}

// ---- the queue

bool Timeline::push(const Item* item) noexcept {
    if (queue_size_ == kQueue) return false;
    queue_[static_cast<std::size_t>((queue_at_ + queue_size_++) % kQueue)] = item;
    told_empty_ = false;
    return true;
}

const Item* Timeline::pop_queue() noexcept {
    if (queue_size_ == 0) return nullptr;
    const Item* item = queue_[static_cast<std::size_t>(queue_at_)];
    queue_at_ = (queue_at_ + 1) % kQueue;
    --queue_size_;
    return item;
}

void Timeline::clear_queue() noexcept {
    while (pop_queue() != nullptr) {
    }
}

const Item* Timeline::upcoming(int k) const noexcept {
    if (k < 0 || k >= queue_size_) return nullptr;
    return queue_[static_cast<std::size_t>((queue_at_ + k) % kQueue)];
}

Timeline::Expected Timeline::expected(int k) const noexcept {
    if (k == 0) return {pending_.item, pending_.first};
    const Voice* v = current();
    const bool repeats = hold_ && v != nullptr && v->item->is_track();
    const Item* item = repeats && k == 1 ? v->item : upcoming(repeats ? k - 2 : k - 1);
    return {item, item != nullptr ? first_source_frame(*item) : 0};
}

// ---- lengths

std::int64_t Timeline::first_source_frame(const Item& item) const noexcept {
    return std::max<std::int64_t>(0, std::llround(item.plan.in_s * item.source_rate_hz));
}

/// One behind the last source frame that is played; empty = not known yet.
std::optional<std::int64_t> Timeline::last_source_frame(const Item& item) const noexcept {
    const bool has_out = item.plan.out_s > item.plan.in_s;
    const std::int64_t out = std::llround(item.plan.out_s * item.source_rate_hz);
    if (!item.is_track()) return has_out ? std::optional(out) : std::nullopt;
    if (item.source_frames > 0)
        return has_out ? std::min(out, item.source_frames) : item.source_frames;
    return has_out ? std::optional(out) : std::nullopt;  // until the reader knows better
}

void Timeline::set_end(Voice& v) noexcept {
    const auto last = last_source_frame(*v.item);
    if (!last) {
        v.end = kInfinity;
        return;
    }
    const std::int64_t length = std::max<std::int64_t>(0, *last - v.source_first);
    v.end = static_cast<double>(v.run_begin + stream_frames(v.run_source + length, v.run_rate));
}

void Timeline::set_source_frames(const Item* item, std::int64_t source_frames,
                                 int rate_hz) noexcept {
    auto* writable = const_cast<Item*>(item);  // ours alone between push() and take_finished()
    if (rate_hz <= 0 || (item->source_frames == source_frames && item->source_rate_hz == rate_hz))
        return;
    bool known = false;
    for (int k = 0; k < queue_size_; ++k) known = known || upcoming(k) == item;
    for (const Voice& v : voices_)
        known = known || (v.active && (v.item == item || v.chained == item));
    if (!known) return;
    writable->source_frames = source_frames;
    writable->source_rate_hz = rate_hz;
    for (Voice& v : voices_)
        if (v.active && v.item == item && v.chained == nullptr) set_end(v);
}

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

// ---- controls

void Timeline::control(const Control& c) noexcept {
    if (c.at <= frame_)
        apply(c);
    else
        (void)controls_.push(c);
}

void Timeline::due_controls(int& limit) noexcept {
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

// ---- one segment

double Timeline::target_ratio(const Voice& v) const noexcept {
    if (!v.item->is_track()) return 1.0;
    return usable_ratio(v.curve * live_tempo_.value);
}

double Timeline::master() const noexcept {
    return db_gain(level_db_.value + dose_db_.value) * session_.value * pause_.value * stop_.value;
}

float Timeline::voice_gain(const Voice& v, std::int64_t at) const noexcept {
    double g = db_gain(v.gain_db.value) * v.supply.value;
    const auto phase = [&](const Fade& f) {
        return std::clamp(static_cast<double>(at - f.start) /
                              static_cast<double>(std::max<std::int64_t>(1, f.length)),
                          0.0, 1.0) *
               std::numbers::pi / 2;
    };
    if (v.in.on) g *= std::sin(phase(v.in));
    if (v.tail.on) g *= std::cos(phase(v.tail));
    if (v.out.on) g *= at - v.out.start >= v.out.length ? 0.0 : std::cos(phase(v.out));
    return static_cast<float>(g * master());
}

void Timeline::describe(Segment& s) noexcept {
    for (std::size_t k = 0; k < voices_.size(); ++k) {
        Voice& v = voices_[k];
        VoiceSegment& o = s.voices[k];
        if (!v.active || !v.item->is_track()) v.last_soften = static_cast<float>(soften_.value);
        if (!v.active) continue;
        o.active = v.item->plan.kind != flow::ItemKind::kSilence;
        o.play = v.play;
        o.item = v.item;
        o.opened = v.opened;
        o.source_first = v.opened_first;
        o.appended = v.appended;
        o.appended_count = v.appended_count;
        o.position = v.pos;
        o.ratio = v.supply.value > 0.0 && pause_.value > 0.0 ? v.ratio : 0.0;
        o.gain_from = voice_gain(v, frame_);
        const double soften = std::max(soften_.value, std::clamp(v.item->plan.soften, 0.0, 1.0));
        o.soften_from = static_cast<float>(soften);
    }
    s.bed_from = static_cast<float>(bed_.value * master());
}

/// Moves every ramp and position by n frames and notes the values at the far end.
void Timeline::move(Segment& s, int n) noexcept {
    const bool running = pause_.value > 0.0;
    for (Ramp* r :
         {&level_db_, &dose_db_, &live_tempo_, &soften_, &session_, &pause_, &stop_, &bed_})
        r->advance(n);
    for (std::size_t k = 0; k < voices_.size(); ++k) {
        Voice& v = voices_[k];
        if (!v.active) continue;
        const bool flows = running && v.supply.value > 0.0;
        v.supply.advance(n);
        if (flows) v.pos += v.ratio * n;
        if (v.in.on && frame_ + n - v.in.start >= v.in.length) v.in.on = false;
        const double left = (v.end - v.pos) / v.ratio;
        if (v.item->broken_off && !v.tail.on && !v.out.on && v.chained == nullptr &&
            left < kStarveFadeFrames)
            v.tail = {frame_ + n, std::max<std::int64_t>(1, static_cast<std::int64_t>(left)), true};
        v.gain_db.advance(n);
        s.voices[k].gain_to = voice_gain(v, frame_ + n);
        s.voices[k].soften_to =
            static_cast<float>(std::max(soften_.value, std::clamp(v.item->plan.soften, 0.0, 1.0)));
    }
    s.bed_to = static_cast<float>(bed_.value * master());
    frame_ += n;
    for (Voice& v : voices_) {
        if (!v.active) continue;
        if (v.pos >= v.end - kEps && v.chained != nullptr) next_of_chain(v);
        const bool over =
            v.pos >= v.end - kEps ||
            (v.out.on && frame_ - v.out.start >= v.out.length && (v.doomed || queue_size_ == 0));
        if (over) {
            end_voice(v);
            continue;
        }
        if (frame_ % kGrid != 0 || !v.item->is_track()) continue;
        const double wanted =
            usable_ratio(curve_at(v.item->plan.tempo, (v.pos - v.begin) / kEngineRate.hz));
        const double step = config_.tempo_slew_per_s * kGrid / kEngineRate.hz;
        v.curve = std::abs(wanted - v.curve) <= step
                      ? wanted
                      : v.curve + std::copysign(step, wanted - v.curve);
        v.ratio = target_ratio(v);
    }
}

/// Nothing moves but time: knots every 5 ms would say nothing new.
bool Timeline::steady() const noexcept {
    for (const Ramp* r :
         {&level_db_, &dose_db_, &live_tempo_, &soften_, &session_, &pause_, &stop_, &bed_})
        if (r->moving()) return false;
    for (const Voice& v : voices_) {
        if (!v.active) continue;
        if (v.in.on || v.out.on || v.tail.on || v.gain_db.moving() || v.supply.moving() ||
            v.item->broken_off)
            return false;
        if (v.item->is_track() && (!v.item->plan.tempo.empty() || v.ratio != target_ratio(v)))
            return false;
    }
    return pause_.value > 0.0;
}

Segment Timeline::advance(int max_frames) noexcept {
    Segment s;
    const std::int64_t knots = steady() ? kEngineRate.hz : kGrid;
    const auto to_grid = static_cast<int>(knots - frame_ % knots);
    int limit = std::max(1, std::min(max_frames, to_grid));
    due_controls(limit);
    if (!ended_) plan_transition(limit);
    update_bed();
    if (knots != kGrid && !steady())
        limit = std::min(limit, static_cast<int>(kGrid - frame_ % kGrid));
    for (const Voice& v : voices_) {
        if (!v.active) continue;
        if (v.out.on)
            limit = static_cast<int>(
                std::clamp<std::int64_t>(v.out.start + v.out.length - frame_, 1, limit));
        if (v.in.on)
            limit = static_cast<int>(
                std::clamp<std::int64_t>(v.in.start + v.in.length - frame_, 1, limit));
        if (std::isfinite(v.end) && v.pos < v.end && pause_.value > 0.0) {
            const auto k = static_cast<std::int64_t>(std::ceil((v.end - v.pos) / v.ratio - kEps));
            limit = static_cast<int>(std::clamp<std::int64_t>(k, 1, limit));
        }
    }
    for (const Ramp* r : {&level_db_, &dose_db_, &soften_, &pause_, &stop_, &session_, &bed_})
        if (r->moving())
            limit = static_cast<int>(std::clamp<std::int64_t>(r->frames_left(), 1, limit));
    s.frames = limit;
    describe(s);
    move(s, limit);
    const bool faded = (stopping_ && stop_.value == 0.0) || (finishing_ && session_.value == 0.0);
    const bool dry =
        current_ < 0 && started_ && queue_size_ == 0 && (finishing_ || !config_.bed_when_empty);
    if (!ended_ && (faded || dry)) {
        for (Voice& v : voices_) end_voice(v);
        ended_ = true;
        bed_.jump(0.0);
        (void)joins_.push(Join{{frame_}, {}, {}, JoinKind::kEnd, 0, 0.0, 0.0, false});
        say(EventKind::kEnded);
    }
    s.ended = ended_;
    return s;
}

NowPlaying Timeline::now() const noexcept {
    NowPlaying n;
    n.bed = bed_.value > 0.0 && master() > 0.0;
    double energy = 0.0;
    bool known = false;
    for (const Voice& v : voices_) {
        if (!v.active) continue;
        const double at_s = static_cast<double>(v.source_first) / v.item->source_rate_hz +
                            (v.pos - v.begin) / kEngineRate.hz;
        const double gain = static_cast<double>(voice_gain(v, frame_));
        std::optional<double> lufs = v.item->loudness_lufs;
        const auto second = static_cast<std::size_t>(std::max(0.0, at_s));
        if (second < v.item->loudness_1hz.size())
            lufs = static_cast<double>(v.item->loudness_1hz[second]);
        if (lufs && gain > 0.0 && v.item->plan.kind != flow::ItemKind::kSilence) {
            energy += std::pow(10.0, *lufs / 10.0) * gain * gain;
            known = true;
        }
        if (&v != current()) continue;
        n.item = v.item;
        n.position_s = at_s;
        n.ratio = v.ratio;
        n.gain_db = gain > 1e-6 ? 20.0 * std::log10(gain) : -120.0;
        n.playing = !paused_ && !ended_ && v.supply.value > 0.0;
    }
    if (known) n.lufs = std::max(-70.0, 10.0 * std::log10(energy));
    return n;
}

}  // namespace attune::play
