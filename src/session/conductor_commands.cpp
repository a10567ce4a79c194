// SPDX-License-Identifier: GPL-3.0-or-later
// What each button does. The rest of the conductor is in conductor.cpp.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "choose/score.hpp"
#include "core/text.hpp"
#include "session/conductor.hpp"

namespace attune::session {
namespace {

constexpr double kSofterDb = -3.0;
constexpr double kSlowerStep = .04;   ///< of the tempo
constexpr int kMostSlower = 3;        ///< steps: what is left is above the .85 that the stretcher goes down to
constexpr double kSilenceS = 45.0;
constexpr double kWidestStep = 1.0;   ///< a therapist may widen a step limit to this

std::string arg(const flow::Command& command, const std::string& name) {
    const auto at = command.args.find(name);
    return at == command.args.end() ? std::string() : at->second;
}

bool by_therapist(const flow::Command& command) {
    return command.role == flow::Role::kTherapist || command.role == flow::Role::kOwner;
}

}  // namespace

/// Each of the tracks, separated by commas, is known and not blocked, or why not.
std::optional<flow::Reason> Conductor::refusal_of_tracks(const std::string& tracks) const {
    const flow::LibraryView& view = *world_.view;
    for (const std::string_view text : core::split(tracks, ',')) {
        const auto key = ContentKey::parse(text);
        const auto row = key ? view.row(*key) : std::nullopt;
        if (!row) return flow::Reason{"track_unknown", {{"track", std::string(text)}}, 0.0};
        if (flow::is_blocked(policy_.blocks, *key, view.artists[view.artist[*row]], view.genres[view.genre[*row]]))
            return flow::Reason{"track_is_blocked", {{"track", std::string(text)}, {"title", view.title[*row]}}, 0.0};
    }
    return std::nullopt;
}

/// What would do nothing, or is not for this speaker, is said aloud instead of done in silence. "I don't feel safe",
/// "it gets harder", stop, pause, softer, block and withdraw are never refused for a lock.
std::optional<flow::Reason> Conductor::refusal(const flow::Command& command) const {
    using K = flow::CommandKind;
    const auto no = [](std::string code, std::map<std::string, std::string> args = {}) { return flow::Reason{std::move(code), std::move(args), 0.0}; };
    const bool therapist = by_therapist(command);
    switch (command.kind) {
        case K::kOverrideStep:
        case K::kLockPlan:
        case K::kUnlockPlan:
            if (!therapist) return no("only_a_therapist", {{"what", flow::to_string(command.kind)}});
            if (locked_ && command.kind == K::kOverrideStep) return no("plan_is_locked");
            break;
        case K::kOverrideNext:
            if (locked_ && !therapist) return no("plan_is_locked");
            return refusal_of_tracks(arg(command, "track"));
        case K::kHold:
        case K::kGoOn:
        case K::kBack:
        case K::kMoreSilence:
            if (locked_) return no("plan_is_locked");
            break;
        case K::kYes:
        case K::kNo: return no_answer(command);
        case K::kSlower: {
            const bool back = !arg(command, "back").empty();
            if (slower_by_ == (back ? 0 : kMostSlower)) return no(back ? "own_tempo_already" : "slowest_already");
            break;
        }
        case K::kWithdrawSensor:
        case K::kGrantSensor: {
            std::set<std::string> ids;
            for (const auto& [id, kind] : start_.sources) ids.insert(id);
            for (const flow::SourceState& source : fusion_.state(now_).sources) ids.insert(source.id);
            if (ids.contains(arg(command, "source"))) break;
            std::string known;
            for (const std::string& id : ids) known += (known.empty() ? "" : ", ") + id;
            return no(known.empty() ? "no_sources" : "source_unknown", {{"source", arg(command, "source")}, {"known", known}});
        }
        default: break;
    }
    return std::nullopt;
}

void Conductor::on(const flow::Command& command, const SessionEvent& event, Outputs& out) {
    using K = flow::CommandKind;
    if (auto why = refusal(command)) {
        decide("refused", {*std::move(why)}, out);
        return;
    }
    const bool faster = command.kind == K::kSlower && !arg(command, "back").empty();
    const std::string kind = faster ? "faster" : flow::to_string(command.kind);
    std::map<std::string, std::string> who = {{"actor", command.actor}, {"role", to_string(command.role)}};
    if (command.kind == K::kYes || command.kind == K::kNo) who.insert({{"track", memory_->track.hex()}, {"title", memory_->title}});
    decide(kind, {{"you_said_" + kind, std::move(who), 0.0}}, out);
    const auto order = [&, said = out.records.size() - 1](EngineAction action, double value = 0.0) {
        const std::optional<FramePos> at = by_hand(event) ? std::nullopt : std::optional(acts_at(event.t));
        std::get<Decision>(out.records[said]).at = at;
        out.engine.push_back({.action = action, .now = true, .at = at, .value = value});
    };
    if (question_ != "how_now" && !memory_) question_.clear();   // of a memory: until it is answered
    switch (command.kind) {
        case K::kStop: end("stopped", EngineAction::kStop, out); break;
        case K::kHold:
            hold_at_ = where_to_hold();
            ask_plan(event, "hold", false, out);
            break;
        case K::kGoOn:
        case K::kKeepGoing:
            hold_at_.reset();
            lag_.reset();
            closer_ = 1.0;
            if (lead_) lead_->go_on();
            rise_asked_ = false;
            ask_plan(event, "go_on", false, out);
            break;
        case K::kBack:
            hold_at_ = back_point();
            ask_plan(event, "back", true, out);
            break;
        case K::kSkip:
            if (locked_) order(EngineAction::kSkip);   // on in the locked plan
            else if (by_hand(event) || !cut_is_ahead(event.t)) ask_plan(event, "skip", true, out);
            break;
        case K::kSofter:
        case K::kQuieter: order(EngineAction::kSoften, kSofterDb); break;
        case K::kSlower:
            slower_by_ += faster ? -1 : 1;
            order(EngineAction::kSlower, 1.0 - kSlowerStep * slower_by_);
            break;
        case K::kPause:
            if (!paused_) paused_since_ = event.t;
            paused_ = true;
            out.engine.push_back({.action = EngineAction::kPause, .now = true});
            break;
        case K::kResume:
            if (paused_) paused_for_ = paused_for_ + (event.t - paused_since_);
            paused_ = false;
            out.engine.push_back({.action = EngineAction::kResume, .now = true});
            break;
        case K::kUnsafe: unsafe(event, out); break;
        case K::kWorse:
            worsening_.said_so();
            got_worse(event, out);
            break;
        case K::kYes:
        case K::kNo: answer_memory(command.kind == K::kYes, event, out); break;
        case K::kMoreSilence: play_silence(event, out); break;
        case K::kOverrideNext: override_next(command, event, out); break;
        case K::kOverrideLevel:
            // A change, down or up; the engine stays under the ceiling.
            if (const auto db = core::parse_double(arg(command, "gain_db"))) {
                order(EngineAction::kSoften, *db);
            }
            break;
        case K::kOverrideStep: override_step(command, event, out); break;
        case K::kLockPlan:
            locked_ = true;
            if (memory_) leave_memory(out);
            break;
        case K::kUnlockPlan: locked_ = false; break;
        case K::kBlockTrack: block_track(command, event, out); break;
        case K::kWithdrawSensor:
            fusion_.on_source_removed(arg(command, "source"));
            out.close_sources.push_back(arg(command, "source"));
            break;
        case K::kGrantSensor:
            fusion_.on_source_returned(arg(command, "source"));
            out.open_sources.push_back(arg(command, "source"));
            break;
    }
}

/// Where what plays stands, but for somebody who does not feel safe with it.
flow::Va Conductor::where_to_hold() const {
    const flow::PlanItem* playing = heard_ && !safe_first_ ? item(heard_->item) : nullptr;
    return playing != nullptr && playing->expected ? *playing->expected : state_.felt.mean;
}

/// The person's own safe track if there is one, else quiet; the page shows their contact and the local
/// help card (care), without any model in between.
void Conductor::unsafe(const SessionEvent& event, Outputs& out) {
    worsening_.said_so();
    locked_ = false;
    wanted_.clear();
    decide("flag", {{"unsafe", {}, 0.0}}, out);
    ask("unsafe", {"keep_going", "back", "softer", "silence", "stop"}, out);
    const auto safe = policy_.safe_track ? world_.view->row(*policy_.safe_track) : std::nullopt;
    if (!safe) {
        play_silence(event, out);
        safe_first_ = waiting_for_plan_;
        return;
    }
    flow::PlanItem item;
    item.track = *policy_.safe_track;
    item.title = world_.view->title[*safe];
    item.phase = flow::Phase::kHold;
    item.out_s = static_cast<double>(world_.view->duration_s[*safe]);
    item.waypoint = state_.felt.mean;
    item.reasons = {{"your_safe_track", {}, 0.0}};
    fixed_ = {item};
    ask_plan(event, "unsafe", true, out);
    safe_first_ = waiting_for_plan_;
}

flow::Va Conductor::back_point() const {
    // Where the item before stood; at the first item, where the listener started.
    const flow::PlanItem* before = known_.heard_before(heard_ ? heard_->item : Id(), [](const flow::PlanItem& i) {
        return i.kind == flow::ItemKind::kTrack;
    });
    return before != nullptr && before->expected ? *before->expected : start_point();
}

void Conductor::play_silence(const SessionEvent& event, Outputs& out) {
    flow::PlanItem silence;
    silence.kind = flow::ItemKind::kSilence;
    silence.phase = flow::Phase::kHold;
    silence.out_s = std::min(kSilenceS, policy_.silence_max_s);
    silence.waypoint = state_.felt.mean;
    silence.reasons = {{"you_said_silence", {}, 0.0}};
    fixed_ = {silence};
    ask_plan(event, "silence", true, out);
}

/// An item that a person chose. What is not known of the track is not claimed.
flow::PlanItem Conductor::chosen(std::size_t row, const char* reason, const std::string& actor) const {
    const flow::LibraryView& view = *world_.view;
    const double duration = static_cast<double>(view.duration_s[row]);
    const flow::Va expressed{static_cast<double>(view.valence[row]), static_cast<double>(view.arousal[row])};
    flow::PlanItem item;
    item.track = view.key[row];
    item.title = view.title[row];
    item.out_s = std::isfinite(duration) ? duration : choose::kNominalItemS;
    item.gain_db = choose::normalisation_gain_db(view, row, policy_);
    if (std::isfinite(expressed.valence) && std::isfinite(expressed.arousal)) item.expected = expressed;
    item.waypoint = item.expected.value_or(state_.felt.mean);
    item.reasons = {{reason, {{"actor", actor}}, 0.0}};
    return item;
}

/// What of the locked plan is still to come stays behind what was chosen.
void Conductor::keep_locked() {
    const auto& items = plan_.items;
    auto at = std::find_if(items.begin(), items.end(), [&](const auto& i) { return heard_ && i.id == heard_->item; });
    for (at = at == items.end() ? items.begin() : at + 1; at != items.end(); ++at) fixed_.push_back(*at);
}

void Conductor::override_next(const flow::Command& command, const SessionEvent& event, Outputs& out) {
    if (!safe_first_) fixed_.clear();
    const std::string tracks = arg(command, "track");  // split() points into it
    for (const std::string_view text : core::split(tracks, ','))
        fixed_.push_back(chosen(*world_.view->row(*ContentKey::parse(text)), by_therapist(command) ? "chosen_by_therapist" : "chosen_by_you", command.actor));
    const bool locked = std::exchange(locked_, false);
    only_fixed_ = locked;
    if (locked) keep_locked();
    ask_plan(event, "override", false, out);
    only_fixed_ = false;
    locked_ = locked;
}

void Conductor::override_step(const flow::Command& command, const SessionEvent& event, Outputs& out) {
    const auto v = core::parse_double(arg(command, "max_valence_step"));
    const auto a = core::parse_double(arg(command, "max_arousal_step"));
    if (v) policy_.limits.valence = std::clamp(*v, .01, kWidestStep);
    if (a) policy_.limits.arousal = std::clamp(*a, .01, kWidestStep);
    ask_plan(event, "override", false, out);
}

/// Never again. In this session here; for good by the writer of the record (block_keeper.hpp).
void Conductor::block_track(const flow::Command& command, const SessionEvent& event, Outputs& out) {
    const flow::LibraryView& view = *world_.view;
    const std::string artist = core::to_lower_ascii(core::trim(arg(command, "artist")));
    const auto key = ContentKey::parse(arg(command, "track"));
    if (artist.empty() && !key) return;
    if (artist.empty()) policy_.blocks.tracks.insert(*key);
    else policy_.blocks.artists.insert(artist);
    out.engine.push_back({.action = EngineAction::kForbid, .blocks = policy_.blocks});
    const auto row = artist.empty() ? view.row(*key) : std::nullopt;
    if (row) liking_.observe(view, *row, choose::LikingSource::kNever);
    const auto sounding = heard_ && heard_->playing ? view.row(heard_->track) : std::nullopt;
    const bool plays_now = heard_ && heard_->playing &&
                           (artist.empty() ? heard_->track == *key : sounding && core::to_lower_ascii(view.artists[view.artist[*sounding]]) == artist);
    ask_plan(event, "block", plays_now, out);
}

}  // namespace attune::session
