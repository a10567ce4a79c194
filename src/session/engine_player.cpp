// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/engine_player.hpp"

#include <algorithm>
#include <cmath>

namespace attune::session {
namespace {

constexpr std::int64_t kSecond = kEngineRate.hz;
constexpr double kClosingFadeS = 10.0;
constexpr Duration kJump = milliseconds(200);
constexpr Duration kMostLate = seconds(1);   ///< a session begins with its first frame, up to this much after its start
constexpr Duration kMostStop = milliseconds(500);
constexpr std::int64_t kOpensAhead = kSecond / 4;   ///< of a cut by hand: the follower's file is opened before it sounds

Time frame_time(FramePos frame) {
    return {frame.value / kSecond * 1'000'000'000 + frame.value % kSecond * 1'000'000'000 / kSecond};
}

}  // namespace

EnginePlayer::EnginePlayer(play::RunMode mode, ProfileLookup profiles)
    : mode_(mode), profiles_(std::move(profiles)) {}

Result<std::unique_ptr<EnginePlayer>> EnginePlayer::create(play::PlayerConfig config, ProfileLookup profiles,
                                                           std::unique_ptr<play::Sink> sink) {
    std::unique_ptr<EnginePlayer> made(new EnginePlayer(config.mode, std::move(profiles)));
    ATTUNE_TRY(made->player_, play::Player::create(config, made->clock_, std::move(sink)));
    return made;
}

void EnginePlayer::apply(const EngineOrder& order) {
    using K = play::ControlKind;
    const auto control = [&](K kind, double value = 0.0) { player_->control({kind, value, 0.0, frame_of(order.at)}); };
    switch (order.action) {
        case EngineAction::kAdopt: adopt(order); break;
        case EngineAction::kSkip: control(K::kSkip); break;
        case EngineAction::kBack: control(K::kBack); break;
        case EngineAction::kPause: control(K::kPause); break;
        case EngineAction::kResume: control(K::kResume); break;
        case EngineAction::kSoften: control(K::kSofter, order.value); break;
        case EngineAction::kMellow: control(K::kSoften, order.value); break;
        case EngineAction::kSlower: control(K::kTempo, order.value); break;
        case EngineAction::kStop: player_->stop(); break;
        case EngineAction::kFinish: control(K::kFinish); break;
        case EngineAction::kSteer: steer(order); break;
        case EngineAction::kForbid: forbid(order.blocks); break;
    }
}

bool EnginePlayer::blocked(const ContentKey& track) const {
    const ProfilePtr profile = profiles_(track);
    return flow::is_blocked(blocks_, track, profile ? profile->tags.artist : "", profile ? profile->tags.genre : "");
}

/// The engine's frame; -1 = as soon as it is seen. Live, a device that stalled is behind the session's time.
std::int64_t EnginePlayer::frame_of(const std::optional<FramePos>& at) const {
    return at ? std::max<std::int64_t>(0, at->value - offset_.ns / 1'000 * (kSecond / 1'000) / 1'000) : -1;
}

/// The queue loses what is blocked, at once; the item that plays is left if it is. A plan that waits for its frame need
/// not wait: what plays until then may be blocked.
void EnginePlayer::forbid(const flow::Blocks& blocks) {
    blocks_ = blocks;
    std::vector<flow::PlanItem> rest;
    bool any = heard_frame_ < adopted_at_;
    for (const flow::PlanItem& item : queue_) {
        const bool is = item.kind == flow::ItemKind::kTrack && blocked(item.track);
        if (item.id == playing_ && is) {
            why_[item.id] = "blocked";
            player_->control({play::ControlKind::kSkip, 0.0, 0.0, -1});
        }
        if (began_.contains(item.id)) continue;
        any = any || is;
        if (!is) rest.push_back(item);
    }
    if (any) queue(rest, -1, false);
}

void EnginePlayer::adopt(const EngineOrder& order) {
    std::vector<flow::PlanItem> plan;
    for (const flow::PlanItem& item : order.plan.items) {
        if (item.kind == flow::ItemKind::kTrack && blocked(item.track)) refused_.push_back(item.id);
        else plan.push_back(item);
    }
    std::int64_t at = frame_of(order.at);
    if (at < 0 && order.now && playing_ && mode_ == play::RunMode::kLive) 
        at = player_->frame() + static_cast<std::int64_t>(player_->telemetry().ahead_ms * kSecond / 1000) + kOpensAhead;
    queue(plan, at, order.now);
    finish_after_ = order.finish ? order.plan.items.back().id : Id{};
    if (!order.now || order.plan.items.empty()) return;
    if (at >= 0) cuts_[at] = order.why;
    else if (playing_) why_[*playing_] = order.why;
}

void EnginePlayer::queue(const std::vector<flow::PlanItem>& items_of_plan, std::int64_t at, bool cut) {
    adopted_at_ = at;
    queue_ = items_of_plan;
    std::vector<flow::PlanItem> plan = items_of_plan;
    std::vector<ProfilePtr> profiles;
    for (flow::PlanItem& item : plan) {
        profiles.push_back(item.kind == flow::ItemKind::kTrack ? profiles_(item.track) : nullptr);
        if (profiles.back()) item.path = profiles.back()->path;
    }
    level_albums(plan, profiles);
    std::vector<std::unique_ptr<play::Item>> items;
    to_open_.clear();
    for (std::size_t k = 0; k < plan.size(); ++k) {
        const flow::PlanItem& item = plan[k];
        length_s_[item.id] = item.out_s - item.in_s;
        items.push_back(play::make_item(item, profiles[k].get()));
        if (item.kind == flow::ItemKind::kCompose && mode_ != play::RunMode::kTimeline) items.back()->source = composed(item);
    }
    (void)player_->replace_queue(std::move(items), at, cut);   // at most ten items: the queue holds 512
    open_next();
}

/// Tracks that follow one another as on their album keep the loudness that they have there among each other:
/// all get the gain of the album, as far as it is played.
void EnginePlayer::level_albums(std::vector<flow::PlanItem>& items, const std::vector<ProfilePtr>& profiles) {
    if (!album_level_lufs_) return;
    const auto follows = [&](std::size_t k) {   // k + 1 on k
        if (k + 1 >= items.size() || !profiles[k] || !profiles[k + 1]) return false;
        const flow::Tags &a = profiles[k]->tags, &b = profiles[k + 1]->tags;
        return !a.album.empty() && a.album == b.album && a.album_artist == b.album_artist &&
               (!a.album_artist.empty() || a.artist == b.artist) && a.track_number && b.track_number &&
               *b.track_number == *a.track_number + 1;
    };
    for (std::size_t k = 0; k < items.size();) {
        std::size_t end = k + 1;
        while (follows(end - 1)) ++end;
        const std::string album = profiles[k] ? profiles[k]->tags.album_artist + '\n' + profiles[k]->tags.album : "";
        if (end - k > 1) {
            std::vector<const flow::TrackProfile*> run;
            for (std::size_t i = k; i < end; ++i) run.push_back(profiles[i].get());
            const auto [at, fresh] = album_gain_db_.try_emplace(album, play::album_gain_db(run, *album_level_lufs_));
            for (std::size_t i = k; i < end; ++i) items[i].gain_db = at->second;
        }
        k = end;
    }
}

/// The same item of the same session is the same music: its id is the seed. Live, its worker opens it while what stands
/// before it plays; in a file everything happens in turn.
std::unique_ptr<flow::AudioSource> EnginePlayer::composed(const flow::PlanItem& item) {
    compose::Brief brief;
    brief.target = item.expected.value_or(item.waypoint);
    for (const std::uint8_t byte : item.id.bytes) brief.seed = brief.seed * 0x100000001B3ULL ^ byte;
    brief.title = item.title;
    brief.engine = composers_.engine;
    compose::LiveOptions options;
    options.seconds = std::max(item.out_s - item.in_s, 4.0);
    options.patience_s = composers_.patience_s;
    options.notch_hz = composers_.tinnitus_hz.value_or(0.0);
    auto source = compose::DrivenSource::start(std::move(brief), options, mode_ == play::RunMode::kLive ? compose::Drive::kThread : compose::Drive::kInline);
    composing_[item.id] = {source->handle(), source->news(), {}, false};
    to_open_.push_back(item.id);
    return source;
}

/// A soundfont is opened for one item ahead, not for a whole session.
void EnginePlayer::open_next() {
    if (to_open_.empty()) return;
    composing_[to_open_.front()].handle.open();
    to_open_.erase(to_open_.begin());
}

/// What plays and what waits behind it: the next item goes on where this one has come to.
void EnginePlayer::steer(const EngineOrder& order) {
    for (auto& [item, composing] : composing_)
        static_cast<void>(composing.handle.set(order.target, order.controls, order.now ? compose::When::kImmediate : compose::When::kBar));
}

void EnginePlayer::report_composers(Time t, PlayerNews& news) {
    for (auto& [item, composing] : composing_) {
        const auto batch = composing.news->take();
        if (batch.error) news.emplace_back(t, Fault{"compose", to_string(batch.error->code), batch.error->message});
        if (batch.head) {
            composing.last.item = item;
            composing.last.style = batch.head->style;
            composing.last.key = compose::tonic_name(batch.head->key) + " " + compose::to_string(batch.head->key.mode);
            composing.last.seed = batch.head->seed;
        }
        for (const compose::LiveEvent& event : batch.events) {
            if (event.kind == compose::LiveEvent::Kind::kChanged) continue;
            const bool fell_back = event.kind == compose::LiveEvent::Kind::kFellBack;
            const std::string engine = compose::to_string(event.engine);
            if (composing.said && engine == composing.last.engine && fell_back == composing.last.fell_back) continue;
            composing.said = true;
            composing.last.engine = engine;
            composing.last.fell_back = fell_back;
            composing.last.phrase = event.serial;
            news.emplace_back(t, composing.last);
        }
    }
}

Result<void> EnginePlayer::start() {
    if (mode_ != play::RunMode::kLive) return {};
    ATTUNE_CHECK(player_->start());
    origin_ = clock_.now();
    return {};
}

Time EnginePlayer::now() {
    if (mode_ == play::RunMode::kLive && !begun_ && player_->frame() > 0) {
        begun_ = true;
        const Duration late = player_->time_of({0}) - origin_;
        if (late.ns > 0 && late.ns <= kMostLate.ns) {
            began_late_ = late;
            origin_ = origin_ + late;
        }
    }
    return Time{} + (clock_.now() - origin_);
}

void EnginePlayer::advance_to(Time t, PlayerNews& news) {
    if (mode_ != play::RunMode::kLive) {
        if (auto ok = player_->advance_to(t); !ok) {
            news.emplace_back(t, Fault{"play", to_string(ok.error().code), ok.error().message});
        }
    }
    play::News fresh = player_->poll();
    for (const play::Join& join : fresh.joins) was_cut(join);
    joins_.insert(joins_.end(), fresh.joins.begin(), fresh.joins.end());
    if (keeper_) {
        for (const play::Exposure& e : fresh.exposures) keeper_->add(player_->dose().share_of(e.seconds, e.dba));
        player_->dose_is_at_least(keeper_->used());
    }
    // Live, the engine is ahead: what happens after t is told when its time has come, as in every other way to run.
    for (flow::Heard& heard : fresh.heard) {
        heard.t = time_of(heard.frame);
        heard_.push_back(heard);
    }
    for (const play::Event& event : fresh.events) events_.emplace_back(time_of(event.frame), event);
    for (; !heard_.empty() && heard_.front().t <= t; heard_.pop_front()) {
        const flow::Heard& heard = heard_.front();
        heard_frame_ = heard.frame.value;
        if (heard.playing && !heard.bed && heard.kind != flow::ItemKind::kSilence && !first_sound_s_) {
            first_sound_s_ = (heard.t + began_late_).seconds();
        }
        playing_ = heard.item.none() ? std::nullopt : std::optional(heard.item);
        close_in_time(heard);
        news.emplace_back(heard.t, heard);
    }
    for (; !events_.empty() && events_.front().first <= t; events_.pop_front()) report(events_.front().first, events_.front().second, news);
    for (const Id& item : refused_) news.emplace_back(t, ItemEnded{item, 0.0, "failed", "blocked"});
    refused_.clear();
    report_composers(t, news);
    // Equal times: an item's end stands before what is heard next.
    std::stable_sort(news.begin(), news.end(), [](const auto& a, const auto& b) {
        const bool a_end = std::holds_alternative<ItemEnded>(a.second);
        const bool b_end = std::holds_alternative<ItemEnded>(b.second);
        return a.first != b.first ? a.first < b.first : a_end && !b_end;
    });
}

/// What was cut at a frame ends for the reason that it was cut for; what else was to be cut until then was overtaken.
void EnginePlayer::was_cut(const play::Join& join) {
    if (join.kind != play::JoinKind::kSkip) return;
    const auto after = cuts_.upper_bound(join.frame.value);
    if (after == cuts_.begin()) return;
    why_[join.from] = std::prev(after)->second;
    cuts_.erase(cuts_.begin(), after);
}

/// Puts the closing fade at its frame, a second or two before it is due: a plan may still change until then.
void EnginePlayer::close_in_time(const flow::Heard& heard) {
    const auto began = began_frame_.find(heard.item);
    if (heard.item != finish_after_ || began == began_frame_.end()) return;
    const auto fade_at = began->second + static_cast<std::int64_t>(std::llround(std::max(0.0, length_s_[heard.item] - kClosingFadeS) * kSecond));
    if (heard.frame.value < fade_at - 2 * kSecond) return;
    finish_after_ = {};
    player_->control({play::ControlKind::kFinish, 0.0, 0.0, std::max(fade_at, heard.frame.value + kSecond)});
}

void EnginePlayer::report(Time t, const play::Event& event, PlayerNews& news) {
    switch (event.kind) {
        case play::EventKind::kItemStarted:
            began_[event.item] = t;
            began_frame_[event.item] = event.frame.value;
            if (composing_.contains(event.item)) open_next();
            break;
        case play::EventKind::kItemEnded: {
            const auto why = why_.find(event.item);
            const auto from = began_.find(event.item);
            const double played_s = from == began_.end() ? 0.0 : (t - from->second).seconds();
            news.emplace_back(t, ItemEnded{event.item, played_s, why == why_.end() ? "end" : why->second, {}});
            break;
        }
        case play::EventKind::kItemFailed:
            news.emplace_back(t, ItemEnded{event.item, 0.0, "failed", to_string(event.code)});
            break;
        case play::EventKind::kBedStarted:
        case play::EventKind::kNanFromSource:
        case play::EventKind::kSinkLost:
        case play::EventKind::kSinkBack:
            news.emplace_back(t, Fault{"play", play::to_string(event.kind), to_string(event.code)});
            break;
        default: break;
    }
}

Time EnginePlayer::time_of(FramePos frame) {
    const Time nominal = frame_time(frame);
    if (mode_ != play::RunMode::kLive) return nominal;
    const Duration offset = (player_->time_of(frame) - origin_) - (nominal - Time{});
    if (std::abs(offset.ns - offset_.ns) > kJump.ns) offset_ = offset;
    return nominal + offset_;
}

/// Live: a stop is a fade; the sink is not taken away before it is over.
Result<void> EnginePlayer::finish() {
    const Time give_up = clock_.now() + kMostStop;
    while (mode_ == play::RunMode::kLive && !player_->silent() && clock_.now() < give_up)
        clock_.sleep_until(clock_.now() + milliseconds(5));
    return player_->finish();
}

PlayerTelemetry EnginePlayer::telemetry() const {
    const play::Telemetry t = player_->telemetry();
    PlayerTelemetry out;
    out.sound = {.sink = t.sink,
                 .underruns = static_cast<std::int64_t>(t.underruns),
                 .worst_callback_ms = t.worst_callback_us * 1e-3,
                 .worst_gap_ms = t.worst_gap_ms,
                 .late_calls = static_cast<std::int64_t>(t.late_calls),
                 .worst_pause_ms = t.worst_pause_ms,
                 .ahead_ms = t.ahead_ms,
                 .buffer_ms = t.buffer_ms,
                 .lowest_buffer_ms = t.lowest_buffer_ms,
                 .decoded_ahead_s = t.decoded_ahead_s,
                 .clock_drift_ppm = t.clock_drift_ppm,
                 .latency_ms = t.sink_latency_s * 1e3,
                 .limiter_db = t.limiter_db,
                 .dose_share = t.dose_share,
                 .calibrated = t.output_calibrated};
    out.first_sound_s = first_sound_s_;
    return out;
}

}  // namespace attune::session
