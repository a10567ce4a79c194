// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session_voice.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "core/text.hpp"
#include "session/summary.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

std::string in_minutes(Time t) {
    char text[32];
    std::snprintf(text, sizeof text, "%5.1f min  ", t.seconds() / 60.0);
    return text;
}

/// "keep_going" of the record is told as "keep-going".
std::string word_of(std::string answer) {
    std::replace(answer.begin(), answer.end(), '_', '-');
    return answer;
}

char key_of(const std::string& word) {
    for (char key = ' '; key < 127; ++key)
        if (session::word_of_key(key, false) == word) return key;
    return 0;
}

/// "h hold, g go-on", or "hold | go-on" where no keys are heard.
std::string choices(const std::vector<std::string>& answers, bool keys) {
    std::string out;
    for (const std::string& answer : answers) {
        const std::string word = word_of(answer);
        const char key = keys ? key_of(word) : '\0';
        if (keys && key == 0) continue;
        out += out.empty() ? "" : keys ? ", " : " | ";
        if (key != 0) out += std::string(1, key) + " ";
        out += word;
    }
    return out;
}

/// Decisions that a listener should hear of when they are made.
bool is_said(const std::string& what) {
    constexpr std::array<std::string_view, 11> kSaid = {"flag", "steer_hold", "body_hold", "body_soften", "body_replan",
                                                      "refused", "item_failed", "gave_up", "biofeedback", "yes", "no"};
    return std::find(kSaid.begin(), kSaid.end(), what) != kSaid.end();
}

bool is_gone(flow::SourceStatus status) {
    return status == flow::SourceStatus::kOff || status == flow::SourceStatus::kLost || status == flow::SourceStatus::kUnavailable;
}

}  // namespace

void SessionVoice::hear(const session::SessionEvent& event) {
    if (const auto* start = std::get_if<session::Start>(&event.payload)) session_ = start->session.text();
    if (const auto* decision = std::get_if<session::Decision>(&event.payload)) decided(*decision);
    if (const auto* heard = std::get_if<flow::Heard>(&event.payload)) began(*heard);
    if (const auto* change = std::get_if<session::SourceChange>(&event.payload);
        change != nullptr && is_gone(change->status))
        say_(change->source + ": " + flow::to_string(change->status) + (change->reason.empty() ? "" : " (" + change->reason + ")"));
}

void SessionVoice::decided(const session::Decision& decision) {
    if (decision.plan) planned_.insert(planned_.end(), decision.plan->items.begin(), decision.plan->items.end());
    if (is_said(decision.what)) {
        for (const flow::Reason& reason : decision.reasons)
            if (strings_.has("reason." + reason.code)) say_(strings_.get("reason." + reason.code, reason.args));
    }
    if (!decision.question.empty()) asked(decision);
}

void SessionVoice::asked(const session::Decision& decision) {
    const std::string question = strings_.get("web.question." + decision.question, decision.reasons.empty() ? core::Strings::Args() : decision.reasons.front().args);
    if (decision.question == "how_after" && speak_) say_(strings_.get("terminal.speak_after"));
    if (decision.answers.empty()) {
        say_("? " + question + "  " + (keys_ ? strings_.get("terminal.rate_key") : strings_.get("terminal.rate_told", {{"session", session_}})));
        return;
    }
    const std::string answers = choices(decision.answers, keys_);
    say_("? " + question + "  " + (keys_ ? answers : strings_.get("terminal.tell", {{"session", session_}, {"answers", answers}})));
}

void SessionVoice::began(const flow::Heard& heard) {
    if (heard.item.none() || heard.item == item_) return;
    item_ = heard.item;
    const auto plan = std::find_if(planned_.rbegin(), planned_.rend(), [&](const auto& p) { return p.id == heard.item; });
    if (plan == planned_.rend()) return;
    const flow::Reason* best = session::main_reason(plan->reasons);
    std::string name = plan->title;
    if (name.empty()) name = strings_.get(std::string("terminal.kind_") + flow::to_string(plan->kind));
    say_(in_minutes(heard.t) + name + (best == nullptr ? "" : "  (" + strings_.get("reason." + best->code, best->args) + ")"));
}

std::vector<std::string> unmet_sentences(const std::vector<flow::Unmet>& unmet, const core::Strings& strings) {
    std::vector<std::string> out;
    std::set<std::string> said;
    for (const flow::Unmet& u : unmet) {
        if (!said.insert(u.limit).second) continue;
        out.push_back(strings.get("unmet." + u.limit, {{"value", core::format_double(u.value)}, {"allowed", core::format_double(u.allowed)}}));
    }
    return out;
}

}  // namespace attune::app
