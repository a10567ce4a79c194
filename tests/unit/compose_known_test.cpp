// SPDX-License-Identifier: GPL-3.0-or-later
// Where the truth about tempo and key comes from: sets that are made here, in the layout of the real ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "compose/known_pieces.hpp"
#include "compose/midi_reader.hpp"
#include "support/temp_dir.hpp"

namespace attune::compose {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

class KnownPiecesTest : public testing::Test {
protected:
    void SetUp() override {
        song("001", "0.0 20.0 C:maj\n20.0 90.0 Gb:min\n");
        song("003", "0.0 60.0 A:min\n");
        song("005", "nonsense\n");
        write(root() / "groove_midi/info.csv",
              "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split\n"
              "d1,d1/s,d1/s/1,rock,138,beat,4-4,a.mid,a.wav,27.9,test\n"
              "d1,d1/s,d1/s/2,rock,120,fill,4-4,b.mid,b.wav,27.9,test\n"
              "d1,d1/s,d1/s/3,rock,120,beat,4-4,c.mid,c.wav,7.9,test\n"
              "d2,d2/s,d2/s/1,rock,90,beat,4-4,d.mid,d.wav,90.0,train\n");
    }
    [[nodiscard]] fs::path root() const { return dir_.path(); }
    void song(const std::string& name, const std::string& keys) {
        write(root() / "pop909" / name / "key_audio.txt", keys);
        std::string beats;  // 80 a minute
        for (int i = 0; i < 120; ++i) beats += std::to_string(0.1 + 0.75 * i) + " 1.0 0.0\n";
        write(root() / "pop909" / name / "beat_midi.txt", beats);
    }
    std::vector<KnownPiece> of(KnownPart part, const std::string& set) {
        const auto found = find_known_pieces(root(), part);
        std::vector<KnownPiece> out;
        if (!found) return out;
        std::copy_if(found->pieces.begin(), found->pieces.end(), std::back_inserter(out), [&](const auto& p) { return p.set == set; });
        return out;
    }
    test::TempDir dir_;
};

TEST_F(KnownPiecesTest, ASongIsHeardInTheMiddleOfItsLongestKey) {
    const auto test = of(KnownPart::kTest, "pop909");
    ASSERT_EQ(test.size(), 1U);  // 005 cannot be read, 003 is for training
    EXPECT_EQ(test[0].name, "001");
    EXPECT_EQ(*test[0].key, (KnownKey{6, false}));
    EXPECT_NEAR(test[0].from_s, 55.0 - kKnown_s / 2.0, 1e-9);
    EXPECT_NEAR(test[0].to_s - test[0].from_s, kKnown_s, 1e-9);
    EXPECT_NEAR(test[0].bpm, 80.0, 1e-6);
}

TEST_F(KnownPiecesTest, NoPieceIsInBothParts) {
    for (const char* set : {"pop909", "groove_midi", "debian_games"}) {
        const auto test = of(KnownPart::kTest, set);
        auto training = of(KnownPart::kTraining, set);
        const auto keys = of(KnownPart::kKeyTraining, set);
        training.insert(training.end(), keys.begin(), keys.end());
        for (const auto& a : test)
            for (const auto& b : training) EXPECT_NE(a.midi, b.midi) << a.name;
    }
    ASSERT_EQ(of(KnownPart::kTraining, "pop909").size(), 1U);
    EXPECT_EQ(of(KnownPart::kTraining, "pop909")[0].name, "003");
}

TEST_F(KnownPiecesTest, OnlyLongTakesOfTheOfficialTestAreTaken) {
    const auto test = of(KnownPart::kTest, "groove_midi");
    ASSERT_EQ(test.size(), 1U);
    EXPECT_EQ(test[0].name, "d1/s/1");
    EXPECT_DOUBLE_EQ(test[0].bpm, 138.0);
    const auto training = of(KnownPart::kTraining, "groove_midi");
    ASSERT_EQ(training.size(), 1U);
    EXPECT_DOUBLE_EQ(training[0].to_s, kKnown_s);
}

TEST_F(KnownPiecesTest, WhatCannotBeReadIsNamed) {
    const auto found = find_known_pieces(root(), KnownPart::kTest);
    ASSERT_TRUE(found);
    EXPECT_TRUE(std::any_of(found->left_out.begin(), found->left_out.end(), [](const auto& why) { return why.find("005") != std::string::npos; }));
}

TEST(ParseKey, NamesOfPop909AreReadAndOthersAreNot) {
    EXPECT_EQ(*parse_key("C:maj"), (KnownKey{0, true}));
    EXPECT_EQ(*parse_key("Cb:maj"), (KnownKey{11, true}));
    EXPECT_EQ(*parse_key("F#:min"), (KnownKey{6, false}));
    for (const char* bad : {"", "C", ":maj", "H:maj", "C:dur", "Cx:maj", " :maj"}) EXPECT_FALSE(parse_key(bad)) << bad;
}

}  // namespace
}  // namespace attune::compose
