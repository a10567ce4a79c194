// SPDX-License-Identifier: GPL-3.0-or-later
// A listener whose state is not shown, at the command line: run, show and report of the real program.
#include "support/program.hpp"

namespace attune {
namespace {

TEST(Audience, TheCommandLineTellsAListenerWhoseStateIsHiddenNothingOfItAndATherapistEverything) {
    test::Attune attune;
    attune.take_data_of(test::scanned());
    ASSERT_EQ(attune({"person", "intake", "--flag", "psychosis_mania"}).status, 0);
    const auto run = attune({"session", "run", "--goal", "calm", "--minutes", "3", "--from", "-0.37,0.41", "--sink", "null", "--fast", "--seed", "1", "--json"});
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_TRUE(run.json().at("final_estimate").is_null());
    const auto mine = attune({"session", "show", "last", "--events"}), all = attune({"session", "show", "last", "--events", "--as", "therapist"});
    EXPECT_EQ(mine.out.find("\"felt\""), std::string::npos);
    EXPECT_EQ(mine.out.find("\"person_state\""), std::string::npos);
    EXPECT_NE(mine.out.find("\"heard\""), std::string::npos);
    EXPECT_NE(all.out.find("\"felt\""), std::string::npos);
    EXPECT_TRUE(attune({"session", "show", "last"}).json().at("final_estimate").is_null());
    EXPECT_FALSE(attune({"session", "show", "last", "--as", "researcher"}).json().at("final_estimate").is_null());
    const std::string page = attune.file("report.html").string();
    const auto refused = attune({"session", "report", "last", "--professional", "--out", page});
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("therapist"), std::string::npos) << refused.err;
    EXPECT_FALSE(std::filesystem::exists(page));
    EXPECT_EQ(attune({"session", "report", "last", "--out", page}).status, 0);
    EXPECT_EQ(attune({"session", "report", "last", "--professional", "--as", "therapist", "--out", page}).status, 0);
    EXPECT_NE(attune({"session", "report", "last", "--professional", "--as", "boss", "--out", page}).status, 0);
}

}  // namespace
}  // namespace attune
