// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/timeline_player.hpp"

#include <algorithm>

namespace attune::session {
namespace {

constexpr std::int64_t kSecond = kEngineRate.hz;
constexpr double kClosingFadeS = 10.0;

/// Rounded to the nanosecond: 48,000 frames are exactly one second.
std::int64_t frame_of(Time t) { return t.ns / 1'000'000'000 * kSecond + t.ns % 1'000'000'000 * kSecond / 1'000'000'000; }

}  // namespace

Time time_of(FramePos frame) {
    return {frame.value / kSecond * 1'000'000'000 + frame.value % kSecond * 1'000'000'000 / kSecond};
}

TimelinePlayer::TimelinePlayer(const play::TimelineConfig& config, ProfileLookup profiles)
    : timeline_(config), profiles_(std::move(profiles)) {}

void TimelinePlayer::apply(const EngineOrder& order) {
    using K = play::ControlKind;
    const auto control = [&](K kind, double value = 0.0) { timeline_.control({kind, value, 0.0, -1}); };
    switch (order.action) {
        case EngineAction::kAdopt: adopt(order); break;
        case EngineAction::kSkip: control(K::kSkip); break;
        case EngineAction::kBack: control(K::kBack); break;
        case EngineAction::kPause: control(K::kPause); break;
        case EngineAction::kResume: control(K::kResume); break;
        case EngineAction::kSoften: control(K::kSofter, order.value); break;
        case EngineAction::kSlower: control(K::kTempo, order.value); break;
        case EngineAction::kStop: control(K::kStop); break;
        case EngineAction::kFinish: control(K::kFinish); break;
    }
}

void TimelinePlayer::adopt(const EngineOrder& order) {
    timeline_.clear_queue();
    for (const flow::PlanItem& plan : order.plan.items) {
        const ProfilePtr profile = plan.kind == flow::ItemKind::kTrack ? profiles_(plan.track) : nullptr;
        items_.push_back(play::make_item(plan, profile.get()));
        (void)timeline_.push(items_.back().get());
    }
    finish_after_ = order.finish ? order.plan.items.back().id : Id{};
    const play::NowPlaying now = timeline_.now();
    if (order.now && now.item != nullptr && !order.plan.items.empty()) {
        why_[now.item->plan.id] = order.why;
        timeline_.control({play::ControlKind::kSkip, 0.0, 0.0, -1});
    }
}

void TimelinePlayer::advance_to(Time t, PlayerNews& news) {
    const std::int64_t end = frame_of(t);
    while (timeline_.frame() < end) {
        const std::int64_t until = std::min(end, next_hear_ > timeline_.frame() ? next_hear_ : timeline_.frame() + 1);
        (void)timeline_.advance(static_cast<int>(std::min<std::int64_t>(play::kGrid, until - timeline_.frame())));
        collect(news);
        const play::NowPlaying now = timeline_.now();
        const Id playing = now.item != nullptr ? now.item->plan.id : Id{};
        if (playing != last_heard_ || timeline_.frame() >= next_hear_) hear(time_of({timeline_.frame()}), news);
    }
}

void TimelinePlayer::hear(Time t, PlayerNews& news) {
    const play::NowPlaying now = timeline_.now();
    flow::Heard heard;
    heard.t = t;
    heard.frame = {timeline_.frame()};
    heard.playing = now.playing;
    heard.bed = now.bed;
    heard.gain_db = now.gain_db;
    heard.lufs_momentary = now.lufs.value_or(-70.0);
    if (now.item != nullptr) {
        heard.item = now.item->plan.id;
        heard.kind = now.item->plan.kind;
        heard.track = now.item->plan.track;
        heard.position_s = now.position_s;
        heard.tempo_ratio = now.ratio;
        const play::Item* next = timeline_.expected(1).item;
        const double left_s = (now.item->plan.out_s - now.position_s) / std::max(.5, now.ratio);
        if (!finishing_ && heard.item == finish_after_ && next == nullptr && left_s <= kClosingFadeS) {
            finishing_ = true;
            timeline_.control({play::ControlKind::kFinish, 0.0, 0.0, -1});
        }
    }
    if (!telemetry_.first_sound_s && now.playing && heard.kind != flow::ItemKind::kSilence) {
        telemetry_.first_sound_s = t.seconds();
    }
    last_heard_ = heard.item;
    next_hear_ = (timeline_.frame() / kSecond + 1) * kSecond;
    news.emplace_back(t, std::move(heard));
}

void TimelinePlayer::collect(PlayerNews& news) {
    while (const auto join = timeline_.take_join()) joins_.push_back(*join);
    while (const auto event = timeline_.take_event()) {
        const Time t = time_of(event->frame);
        switch (event->kind) {
            case play::EventKind::kItemStarted: heard_s_[event->item] = t.seconds(); break;
            case play::EventKind::kItemEnded: {
                const auto why = why_.find(event->item);
                const auto from = heard_s_.find(event->item);
                ItemEnded ended{event->item, from == heard_s_.end() ? 0.0 : t.seconds() - from->second,
                                why == why_.end() ? "end" : why->second, {}};
                news.emplace_back(t, std::move(ended));
                break;
            }
            case play::EventKind::kItemFailed:
                news.emplace_back(t, ItemEnded{event->item, 0.0, "failed", to_string(event->code)});
                break;
            case play::EventKind::kBedStarted:
            case play::EventKind::kNanFromSource:
            case play::EventKind::kSinkLost:
            case play::EventKind::kSinkBack:
                news.emplace_back(t, Fault{"play", play::to_string(event->kind), to_string(event->code)});
                break;
            default: break;
        }
    }
}

}  // namespace attune::session
