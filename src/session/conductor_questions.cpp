// SPDX-License-Identifier: GPL-3.0-or-later
// What the session asks its listener, and when: one question at a time. The rest of the conductor is in conductor.cpp.
#include <algorithm>

#include "session/conductor.hpp"

namespace attune::session {
namespace {

constexpr double kQuestionStandsS = 60.0;  ///< for this long an open question keeps others away

}  // namespace

void Conductor::ask(std::string question, std::vector<std::string> answers, Outputs& out) {
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
    if (!question_stands(event.t) && prompts_.due(event.t)) ask("how_now", {}, out);
}

}  // namespace attune::session
