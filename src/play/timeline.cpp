// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "play/timeline_units.hpp"

namespace attune::play {
namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

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
    if (k == 3) {
        const Item* first = adoptions_.size > 0 ? adoptions_.front().first : nullptr;
        return {first, first != nullptr ? first_source_frame(*first) : 0};
    }
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
    bool known = adoptions_.size > 0 && adoptions_.front().first == item;
    for (int k = 0; k < queue_size_; ++k) known = known || upcoming(k) == item;
    for (const Voice& v : voices_)
        known = known || (v.active && (v.item == item || v.chained == item));
    if (!known) return;
    writable->source_frames = source_frames;
    writable->source_rate_hz = rate_hz;
    for (Voice& v : voices_)
        if (v.active && v.item == item && v.chained == nullptr) set_end(v);
}

// ---- one segment

double Timeline::target_ratio(const Voice& v) const noexcept {
    if (!v.item->is_track()) return 1.0;
    return usable_ratio(v.curve * live_tempo_.value);
}

double Timeline::master() const noexcept {
    return level_(level_db_.value + dose_db_.value) * session_.value * pause_.value * stop_.value;
}

float Timeline::voice_gain(const Voice& v, std::int64_t at) const noexcept {
    double g = v.gain(v.gain_db.value) * v.supply.value;
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

NowPlaying Timeline::now(bool levels) const noexcept {
    NowPlaying n;
    n.bed = bed_.value > 0.0 && master() > 0.0;
    double energy = 0.0;
    bool known = false;
    for (const Voice& v : voices_) {
        if (!v.active) continue;
        const double at_s = static_cast<double>(v.source_first) / v.item->source_rate_hz +
                            (v.pos - v.begin) / kEngineRate.hz;
        if (&v == current()) {
            n.item = v.item;
            n.position_s = at_s;
            n.ratio = v.ratio;
            n.playing = !paused_ && !ended_ && v.supply.value > 0.0;
        }
        if (!levels) continue;
        const double gain = static_cast<double>(voice_gain(v, frame_));
        if (&v == current()) n.gain_db = gain > 1e-6 ? 20.0 * std::log10(gain) : -120.0;
        std::optional<double> lufs = v.item->loudness_lufs;
        const auto second = static_cast<std::size_t>(std::max(0.0, at_s));
        if (second < v.item->loudness_1hz.size())
            lufs = static_cast<double>(v.item->loudness_1hz[second]);
        if (lufs && gain > 0.0 && v.item->plan.kind != flow::ItemKind::kSilence) {
            energy += std::pow(10.0, *lufs / 10.0) * gain * gain;
            known = true;
        }
    }
    if (known) n.lufs = std::max(-70.0, 10.0 * std::log10(energy));
    return n;
}

}  // namespace attune::play
