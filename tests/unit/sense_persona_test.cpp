// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/persona.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace attune::sense {
namespace {

constexpr const char* kCommon = "name = 'c'\ngoal = 'calm'\nstart = {valence = 0, arousal = 0.5}\n"
                                "home = {valence = 0, arousal = 0.2}\n[mood]\ntau_s = [240, 900]\npull_arousal = [0.2, 0.6]\n";

std::string refusal(const char* persona) {
    const auto made = parse_persona(kCommon, persona, "", Family::kLinear, "me.toml");
    return made ? std::string("accepted") : made.error().describe();
}

TEST(Persona, EveryShippedPersonaLoadsInEveryFamily) {
    const auto names = persona_names();
    for (const char* name : {"anxious", "low", "restless", "calm", "unresponsive", "contrary", "noisy", "settles-alone",
                             "ruminator", "startle", "relaxation-anxious", "sparse-rater", "acquiescent"}) {
        EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
    }
    for (const auto& name : names) {
        for (const Family family : {Family::kLinear, Family::kIsoTrue, Family::kFitted, Family::kTextbook, Family::kSecondOrder}) {
            const auto persona = load_persona(name, family);
            ASSERT_TRUE(persona) << persona.error().describe();
            EXPECT_EQ(persona->name, name);
            EXPECT_GT(persona->tau_s.low, 0.0);
        }
    }
}

TEST(Persona, AFamilyDoesNotGiveAResponseToWhoHasNoneAndKeepsTheContraryContrary) {
    for (const Family family : {Family::kFitted, Family::kTextbook}) {
        const auto none = load_persona("unresponsive", family);
        EXPECT_EQ(none->pull_arousal.high, 0.0);
        EXPECT_EQ(none->beta.high, 0.0);
        EXPECT_LT(load_persona("contrary", family)->pull_arousal.high, 0.0);
    }
    EXPECT_EQ(load_persona("anxious", Family::kTextbook)->home, load_persona("anxious", Family::kTextbook)->start);
}

TEST(Persona, AnErrorNamesFileLineKeyAndTheNearestKey) {
    EXPECT_NE(refusal("\n[mood]\ntau = 3\n").find("did you mean 'tau_s'"), std::string::npos) << refusal("\n[mood]\ntau = 3\n");
    EXPECT_NE(refusal("\n[mood]\ntau = 3\n").find("me.toml:3"), std::string::npos) << refusal("\n[mood]\ntau = 3\n");
    EXPECT_NE(refusal("[moood]\n").find("did you mean 'mood'"), std::string::npos);
    EXPECT_NE(refusal("[mood]\ntau_s = -4\n").find("5..7200, not -4"), std::string::npos) << refusal("[mood]\ntau_s = -4\n");
    EXPECT_NE(refusal("[mood]\ntau_s = [900, 240]\n").find("low is above high"), std::string::npos);
    EXPECT_NE(refusal("[mood]\ntau_s = [1]\n").find("[low, high]"), std::string::npos);
    EXPECT_NE(refusal("[mood]\ntau_s = 'x'\n").find("must be a number"), std::string::npos);
    EXPECT_NE(refusal("goal = 'clam'\n").find("did you mean 'calm'"), std::string::npos);
    EXPECT_NE(refusal("start = {valence = 2, arousal = 0}\n").find("-1..1"), std::string::npos);
    EXPECT_NE(refusal("a = [[[").find("not TOML"), std::string::npos);
    EXPECT_NE(refusal("[#x]\nhome = 1\n").find("not TOML"), std::string::npos);   // toml++ 3.3 asserts on this
    EXPECT_NE(refusal("\n\xef\xbb\x9f# S").find("me.toml:2"), std::string::npos);   // and runs wild on this
    EXPECT_EQ(refusal("about = 'W\xc3\xa4rme'  # f\xc3\xbcr"), "accepted");
    const auto missing = load_persona("anxios", Family::kLinear);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(missing.error().message.find("did you mean 'anxious'"), std::string::npos);
}

}  // namespace
}  // namespace attune::sense
