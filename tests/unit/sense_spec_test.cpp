// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/spec.hpp"

#include <gtest/gtest.h>

namespace attune::sense {
namespace {

void expect_refused(const char* text, const char* part) {
    const auto made = parse_spec(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().message;
}

TEST(SenseSpec, EveryFormOfTheDesignIsRead) {
    const auto simulated = parse_spec("simulated:anxious?seed=7&family=iso-true");
    ASSERT_TRUE(simulated);
    EXPECT_EQ(simulated->kind, SpecKind::kSimulated);
    EXPECT_EQ(simulated->place, "anxious");
    EXPECT_EQ(simulated->integer("seed", 1), 7);
    EXPECT_EQ(simulated->string("family", "fitted"), "iso-true");
    EXPECT_EQ(parse_spec("replay:/tmp/a b")->place, "/tmp/a b");
    EXPECT_EQ(parse_spec("face:camera:0")->kind, SpecKind::kFaceCamera);
    EXPECT_EQ(parse_spec("face:camera")->place, "");
    EXPECT_EQ(parse_spec("face:video:/v/a.mp4")->place, "/v/a.mp4");
    EXPECT_EQ(parse_spec("voice:mic:2?seconds=20")->number("seconds", 0), 20.0);
    EXPECT_EQ(parse_spec("face:camera:0?hz=15")->number("hz", 0), 15.0);
    EXPECT_FALSE(parse_spec("face:camera:0?hz=90"));
    EXPECT_EQ(parse_spec("voice:mic")->kind, SpecKind::kVoiceMic);
    EXPECT_EQ(parse_spec("voice:wav:x.wav?id=me")->source_id(), "me");
    EXPECT_EQ(parse_spec("mqtt://host:1883/a/b")->place, "host:1883/a/b");
    EXPECT_EQ(parse_spec("osc://:9000/muse")->place, ":9000/muse");
    EXPECT_EQ(parse_spec("lsl:EEG")->place, "EEG");
    EXPECT_EQ(parse_spec("ble:hr")->kind, SpecKind::kBleHeartRate);
    EXPECT_EQ(parse_spec("ble:hr:AA:BB:CC:DD:EE:FF")->place, "AA:BB:CC:DD:EE:FF");
}

TEST(SenseSpec, AFileNameMayHoldAQuestionMark) {
    EXPECT_EQ(parse_spec("voice:wav:who?.wav")->place, "who?.wav");
}

TEST(SenseSpec, AnErrorNamesTheNearestKnownWord) {
    expect_refused("simulatd:anxious", "did you mean 'simulated'");
    expect_refused("face:camra:0", "did you mean 'face:camera'");
    expect_refused("simulated:anxious?sed=7", "did you mean 'seed'");
    expect_refused("simulated:anxious?family=isotrue", "did you mean 'iso-true'");
    expect_refused("mqt://host/x", "did you mean 'mqtt'");
}

TEST(SenseSpec, AValueOutOfRangeIsNamedWithItsRange) {
    expect_refused("simulated:anxious?seed=-1", "seed=-1");
    expect_refused("simulated:anxious?w=0", "0.05..10");
    expect_refused("simulated:anxious?seed", "no value");
    expect_refused("face:camera:x", "0..63");
    expect_refused("replay:", "replay:DIR");
    expect_refused("", "names no kind");
}

}  // namespace
}  // namespace attune::sense
