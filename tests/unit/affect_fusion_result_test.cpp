// SPDX-License-Identifier: GPL-3.0-or-later
/// T2 holds in the result that is kept: eval/results/fusion.json, made by
/// `attune evaluate fusion --cross-validate --data DIR --json`.
#include <gtest/gtest.h>

#include "core/paths.hpp"
#include "learn/evaluation.hpp"

namespace attune::affect {
namespace {

double figure(const learn::Evaluation& e, const char* name, const char* note) {
    for (const auto& m : e.metrics) {
        if (m.name == name && m.note.rfind(note, 0) == 0 && (m.note.find("liking") != std::string::npos) == (std::string(note).find("liking") != std::string::npos)) {
            return m.value;
        }
    }
    ADD_FAILURE() << name << " / " << note << " is missing";
    return -1.0;
}

TEST(FusionResult, T2HoldsOnSitunesLeaveOnePersonOut) {
    const auto text = core::read_file(std::filesystem::path(ATTUNE_SOURCE_DIR) / "eval/results/fusion.json");
    ASSERT_TRUE(text) << text.error().describe();
    const auto e = learn::evaluation_from_json(*text);
    ASSERT_TRUE(e) << e.error().describe();
    EXPECT_EQ(e->protocol.rfind("leave one person out", 0), 0U);
    EXPECT_EQ(e->data_sha256.size(), 64U);
    const char* plain = "before, track, person";
    const char* liked = "before, track, person, liking";
    EXPECT_GE(figure(*e, "r2_valence", plain), .43);
    EXPECT_GE(figure(*e, "r2_arousal", plain), .38);
    EXPECT_GE(figure(*e, "r2_valence", liked), .55);
    EXPECT_GE(figure(*e, "r2_arousal", liked), .39);
    for (const char* note : {plain, liked}) {
        EXPECT_GE(figure(*e, "coverage90", note), .85);
        EXPECT_LE(figure(*e, "coverage90", note), .95);
        EXPECT_GE(figure(*e, "people_coverage75", note), .80);
    }
    EXPECT_NE(e->find("wristband_gain_nats", "situnes"), nullptr);   // printed whatever it is
}

}  // namespace
}  // namespace attune::affect
