// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/state_json.hpp"

#include <gtest/gtest.h>

namespace attune::affect {
namespace {

flow::AffectState state_with(const char* id) {
    flow::AffectState state;
    flow::SourceState source;
    source.id = id;
    state.sources.push_back(source);
    return state;
}

TEST(StateJson, ASourceShowsItsProbabilitiesItsSteadyLabelAndItsActivation) {
    Beside beside;
    flow::Evidence e;
    e.display = flow::Display{{"happy", "neutral"}, {.25, .75}, "neutral"};
    e.activation = 1.5;
    beside.last["face"] = e;
    const std::string line = to_json_line(state_with("face"), beside);
    EXPECT_NE(line.find(R"("display":"neutral","probabilities":{"happy":0.25,"neutral":0.75},"activation":1.5)"), std::string::npos) << line;
}

TEST(StateJson, ASourceThatSaidNothingShowsNullAndNotNeutral) {
    const std::string nothing = R"("display":null,"probabilities":null,"activation":null)";
    EXPECT_NE(to_json_line(state_with("face")).find(nothing), std::string::npos);
    Beside beside;
    beside.last["face"] = flow::Evidence{};  // it abstained
    EXPECT_NE(to_json_line(state_with("face"), beside).find(nothing), std::string::npos);
}

}  // namespace
}  // namespace attune::affect
