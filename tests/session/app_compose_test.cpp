// SPDX-License-Identifier: GPL-3.0-or-later
// `attune compose` and composed sessions on the real program: what is wrong is said with its value, range and place, and leaves
// no file behind.
#include <cstdint>

#include "support/program.hpp"

namespace attune {
namespace {

using test::Attune;
using test::Finished;

constexpr int kFailed = 1, kBadUsage = 2;

class ComposeCommand : public testing::Test {
protected:
    std::string out() { return attune_.file("out.flac").string(); }
    Finished compose(std::vector<std::string> more, const test::Process::Prepare& prepare = {}) {
        std::vector<std::string> args = {"compose", "--out", out()};
        args.insert(args.end(), more.begin(), more.end());
        return attune_(std::move(args), prepare);
    }
    void expect_error(const Finished& done, int status, std::initializer_list<const char*> words) {
        EXPECT_EQ(done.status, status) << done.out << done.err;
        for (const char* word : words) EXPECT_NE(done.err.find(word), std::string::npos) << "'" << word << "' is missing in: " << done.err;
        EXPECT_FALSE(std::filesystem::exists(out()));
    }
    std::string midi(const std::string& name, const std::string& bytes) {
        const auto file = attune_.file(name);
        std::ofstream(file, std::ios::binary) << bytes;
        return file.string();
    }
    Attune attune_;
};

/// A MIDI file of one track with chords of four notes, bar after bar: nothing in it is a melody.
std::string chords_only() {
    std::string track;
    for (int bar = 0; bar < 24; ++bar) {
        for (const char pitch : {48, 52, 55, 60}) track += std::string({'\0', '\x90', pitch, 64});
        bool first = true;
        for (const char pitch : {48, 52, 55, 60}) {
            track += first ? std::string({'\x83', '\x60', '\x80', pitch, 0}) : std::string({'\0', '\x80', pitch, 0});
            first = false;
        }
    }
    track += std::string({'\0', '\xFF', '\x2F', '\0'});
    const auto n = static_cast<std::uint32_t>(track.size());
    std::string file("MThd\0\0\0\6\0\0\0\1\1\xE0MTrk", 18);
    for (const int shift : {24, 16, 8, 0}) file += static_cast<char>(n >> shift & 0xFF);
    return file + track;
}

TEST_F(ComposeCommand, PointsLengthsControlsAndNamesOutOfRangeAreNamed) {
    expect_error(compose({"--valence", "2"}), kBadUsage, {"2", "from -1 to 1"});
    expect_error(compose({"--arousal", "nan"}), kBadUsage, {"nan", "from -1 to 1"});
    expect_error(compose({"--seconds", "2"}), kBadUsage, {"seconds", "2", "from 4 to 7200"});
    expect_error(compose({"--control", "tempo=1.5"}), kBadUsage, {"tempo", "1.5", "0..1"});
    expect_error(compose({"--control", "speed=.5"}), kBadUsage, {"speed=.5", "percussiveness"});
    expect_error(compose({"--control", "tempo="}), kBadUsage, {"tempo="});
    expect_error(compose({"--style", "piano-balad"}), kBadUsage, {"piano-balad", "did you mean piano_ballad?"});
    expect_error(compose({"--engine", "gan"}), kBadUsage, {"gan", "rule"});
    expect_error(compose({"--seed", "minus one"}), kBadUsage, {"seed"});
    EXPECT_EQ(attune_({"compose", "--valence", "0"}).status, kBadUsage) << "nothing to write is an error";
}

TEST_F(ComposeCommand, ASeedThatIsCorruptOrHasNoMelodyIsRefused) {
    expect_error(compose({"--vary", attune_.file("none.mid").string()}), kFailed, {"none.mid"});
    expect_error(compose({"--vary", midi("noise.mid", std::string(300, '\x5a'))}), kFailed, {"noise.mid"});
    const std::string whole = chords_only();
    expect_error(compose({"--vary", midi("cut.mid", whole.substr(0, whole.size() / 2))}), kFailed, {"cut.mid", "byte"});
    expect_error(compose({"--vary", midi("chords.mid", whole)}), kFailed, {"% of its time"});
}

TEST_F(ComposeCommand, AMissingSoundfontOrModelIsNamedAndSessionsSayItBeforeTheyBegin) {
    const auto no_font = [] { setenv("ATTUNE_SOUNDFONT", "/nowhere/font.sf3", 1); };
    expect_error(compose({"--seconds", "4"}, no_font), kFailed, {"/nowhere/font.sf3"});
    // A model that does not hold together is as good as missing.
    const std::string share = attune_.file("share").string();
    std::filesystem::create_directories(share + "/free");
    std::ofstream(share + "/free/compose_lstm.onnx") << "not a network";
    std::ofstream(share + "/free/compose_hmm.json") << "{";
    const auto broken = [&] { setenv("ATTUNE_SHARE", share.c_str(), 1); };
    expect_error(compose({"--seconds", "4", "--engine", "lstm"}, broken), kFailed, {"free/compose_lstm.onnx"});
    expect_error(compose({"--seconds", "4", "--engine", "hmm"}, broken), kFailed, {"free/compose_hmm.json"});
    const std::vector<std::string> session = {"session", "run", "--goal", "calm", "--minutes", "2", "--sink", "null", "--fast", "--from", "-0.3,0.5", "--seed", "1"};
    const auto run = [&](std::vector<std::string> more, const test::Process::Prepare& prepare = {}) {
        auto args = session;
        args.insert(args.end(), more.begin(), more.end());
        return attune_(args, prepare);
    };
    attune_.take_data_of(test::scanned());
    expect_error(run({"--compose", "always"}, no_font), kFailed, {"/nowhere/font.sf3"});
    expect_error(run({"--compose", "always", "--engine", "lstm"}, broken), kFailed, {"free/compose_lstm.onnx"});
    expect_error(run({"--compose", "sometimes"}), kBadUsage, {"sometimes", "gaps", "always"});
    expect_error(run({"--compose", "always", "--engine", "gan"}), kBadUsage, {"gan"});
    expect_error(run({"--mirror"}), kBadUsage, {"mirror", "compose"});
}

TEST_F(ComposeCommand, ASessionOfComposedMusicEndsByItselfAndReplays) {
    attune_.take_data_of(test::scanned());
    const Finished done = attune_({"session", "run", "--goal", "calm", "--minutes", "2", "--sink", "file:" + attune_.file("s.flac").string(), "--fast", "--from",
                                   "-0.3,0.5", "--seed", "1", "--compose", "always", "--engine", "hmm", "--json"});
    ASSERT_EQ(done.status, 0) << done.err;
    const auto report = done.json();
    EXPECT_EQ(report.at("ended"), "finished");
    for (const auto& item : report.at("items")) EXPECT_EQ(item.at("kind"), "compose");
    ASSERT_FALSE(report.at("composed").empty());
    EXPECT_EQ(report.at("composed")[0].at("engine"), "hmm");
    const Finished replay = attune_({"session", "replay", report.at("session").get<std::string>(), "--json"});
    EXPECT_EQ(replay.status, 0) << replay.err;
    EXPECT_EQ(replay.json().at("identical"), true);
}

}  // namespace
}  // namespace attune
