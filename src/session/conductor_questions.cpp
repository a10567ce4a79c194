// SPDX-License-Identifier: GPL-3.0-or-later
// What the session asks its listener, and when: one question at a time. The rest of the conductor is in conductor.cpp.
#include <algorithm>
#include <utility>

#include "session/conductor.hpp"

namespace attune::session {
namespace {

constexpr double kQuestionStandsS = 60.0;  ///< for this long an open question keeps others away
constexpr double kAtTheEndsS = 60.0;       ///< first and last of a session: nothing is asked about memories
constexpr double kAskAheadS = 300.0;       ///< a memory is asked about when its place is this near
constexpr double kRoomToAnswerS = 20.0;    ///< and no nearer than this

std::map<std::string, std::string> names(const flow::Suggestion& memory) { return {{"track", memory.track.hex()}, {"title", memory.title}}; }

}  // namespace

void Conductor::ask(std::string question, std::vector<std::string> answers, Outputs& out) {
    if (memory_) leave_memory(out);   // something else comes before it
    Decision decision;
    decision.what = "ask";
    decision.question = question;
    decision.answers = std::move(answers);
    question_ = std::move(question);
    asked_at_ = now_;
    out.records.emplace_back(std::move(decision));
}

/// A question that nobody answers keeps its default and stands in nobody's way.
bool Conductor::question_stands(Time t) const {
    return !question_.empty() && (t - asked_at_).seconds() < kQuestionStandsS;
}

/// Once a second.
void Conductor::questions(const SessionEvent& event, Outputs& out) {
    const bool open = question_stands(event.t);
    if (memory_ && !open) leave_memory(out);
    if (open) return;
    if (prompts_.due(event.t)) ask("how_now", {}, out);
    else if (memory_is_due(event.t)) ask_memory(out);
}

// ---- memories: a track that carries the mark "ask" ----

/// Nothing else was asked lately, nobody feels worse, holds or has locked the plan, no body is astir, the music has settled,
/// and nobody is on the way to sleep.
bool Conductor::is_calm(Time now) const {
    if (locked_ || land_now_ || hold_at_ || waiting_for_plan_ || worsening_.times() > 0 || mellow_ || prompts_.quiet(now)) return false;
    if (now.seconds() < kAtTheEndsS || seconds_left(now) < kAtTheEndsS) return false;
    return (now - asked_at_).seconds() >= kQuestionStandsS && (now - item_began_).seconds() >= Prompts::kIntoItemS;
}

/// When the place that the plan in force saw for `memory` begins, from now [s]; nullopt if it has begun or is gone.
std::optional<double> Conductor::begins_in_s(const flow::Suggestion& memory) const {
    const auto& items = plan_.items;
    if (!heard_ || !heard_->playing || memory.item >= items.size()) return std::nullopt;
    const flow::PlanItem* playing = item(heard_->item);
    if (playing == nullptr) return std::nullopt;
    const auto at = std::find_if(items.begin(), items.end(), [&](const auto& i) { return i.id == playing->id; });
    const auto next = at == items.end() ? std::size_t{0} : static_cast<std::size_t>(at - items.begin()) + 1;
    if (memory.item < next) return std::nullopt;
    double wait_s = (playing->out_s - heard_->position_s) / heard_->tempo_ratio - items[memory.item].fade_in_s;
    for (std::size_t i = next; i < memory.item; ++i) wait_s += items[i].out_s - items[i].in_s - items[i].fade_in_s;
    return wait_s;
}

bool Conductor::memory_is_due(Time now) const {
    if (!plan_.suggestion || !is_calm(now) || asked_about_.contains(plan_.suggestion->track)) return false;
    const ContentKey& track = plan_.suggestion->track;
    const flow::LibraryView& view = *world_.view;
    const auto row = view.row(track);   // what is allowed may have changed since the plan was made
    if (!row || !policy_.blocks.askable.contains(track)) return false;
    if (flow::is_blocked(policy_.blocks, track, view.artists[view.artist[*row]], view.genres[view.genre[*row]])) return false;
    const auto wait_s = begins_in_s(*plan_.suggestion);
    return wait_s && *wait_s >= kRoomToAnswerS && *wait_s <= kAskAheadS;
}

double Conductor::ask_ahead_s(Time now) const { return std::max(kAtTheEndsS - now.seconds(), 0.0) + Prompts::kIntoItemS + kRoomToAnswerS; }

/// A yes holds as long as the piece may be asked about: its mark may have become "only with me", or "never".
void Conductor::forget_memories_not_to_ask_about() {
    const flow::Blocks& blocks = policy_.blocks;
    const auto barred = [&](const ContentKey& track) { return blocks.ask_first.contains(track) && !blocks.askable.contains(track); };
    std::erase_if(said_yes_, barred);
    std::erase_if(wanted_, barred);
}

/// Once for each track and session, whatever is answered.
void Conductor::ask_memory(Outputs& out) {
    const flow::Suggestion memory = *plan_.suggestion;
    ask("memory", {"yes", "no"}, out);
    std::get<Decision>(out.records.back()).reasons = {{"memory_fits", names(memory), memory.advantage}};
    asked_about_.insert(memory.track);
    memory_ = memory;
}

/// No answer is a no.
void Conductor::leave_memory(Outputs& out) {
    decide("no", {{"memory_unanswered", names(*std::exchange(memory_, std::nullopt)), 0.0}}, out);
    question_.clear();
}

/// Why this yes or no cannot be one; nullopt if it is the answer to the open question.
std::optional<flow::Reason> Conductor::no_answer(const flow::Command& command) const {
    const auto track = command.args.find("track");
    const bool meant = memory_ && (track == command.args.end() || track->second == memory_->track.hex());
    return meant ? std::nullopt : std::optional(flow::Reason{"nothing_was_asked", {}, 0.0});
}

void Conductor::answer_memory(bool yes, const SessionEvent& event, Outputs& out) {
    const ContentKey track = std::exchange(memory_, std::nullopt)->track;
    question_.clear();
    if (!yes) return;
    said_yes_.insert(track);
    wanted_.insert(track);
    ask_plan(event, "said_yes", false, out);
}

}  // namespace attune::session
