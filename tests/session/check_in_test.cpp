// SPDX-License-Identifier: GPL-3.0-or-later
// Ten spoken seconds before a session and ten after it, from a drawn voice: what of them stands in the record.
#include "session/check_in.hpp"

#include <cmath>
#include <cstring>
#include <numbers>

#include "affect/voice_recogniser.hpp"
#include "support/stage.hpp"
#include "support/temp_dir.hpp"
#include "support/voice_for_any_sound.hpp"

namespace attune::session {
namespace {

constexpr int kRate = 16'000;

/// Syllables: a buzz with harmonics, 150 ms on and 100 ms off, over a faint hiss; as 16-bit WAV.
std::string spoken(double seconds, double level) {
    std::string pcm;
    unsigned noise = 1;
    for (int i = 0; i < static_cast<int>(seconds * kRate); ++i) {
        const double t = static_cast<double>(i) / kRate, in_syllable = std::fmod(t, 0.25);
        const double shape = in_syllable < 0.15 ? std::sin(std::numbers::pi * in_syllable / 0.15) : 0.0;
        const double bend = 140.0 * (1.0 + 0.1 * std::sin(2.0 * std::numbers::pi * 0.7 * t));
        double s = 0.0;
        for (int k = 1; k <= 12; ++k) s += std::sin(2.0 * std::numbers::pi * bend * k * t) / k;
        noise = noise * 1'664'525U + 1'013'904'223U;
        const double hiss = 1e-4 * (static_cast<double>(noise >> 8) / 8'388'608.0 - 1.0);
        const auto v = static_cast<std::int16_t>(32'000.0 * std::clamp(level * shape * s * 0.5 + hiss, -1.0, 1.0));
        pcm.append(reinterpret_cast<const char*>(&v), sizeof v);
    }
    const auto number = [](std::uint32_t v, std::size_t bytes) {
        std::string out(bytes, '\0');
        std::memcpy(out.data(), &v, bytes);
        return out;
    };
    const auto n = static_cast<std::uint32_t>(pcm.size());
    return "RIFF" + number(36 + n, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) + number(kRate, 4) + number(2 * kRate, 4) +
           number(2, 2) + number(16, 2) + "data" + number(n, 4) + pcm;
}

class SpokenCheckIn : public testing::Test {
protected:
    Result<CheckIn> of(double seconds, double level = 0.3) {
        const auto file = dir_.write("voice.wav", spoken(seconds, level));
        tests::install_voice_for_any_sound(dir_.path());
        ATTUNE_TRY(auto recogniser, affect::make_voice_recogniser(kCheckInId, dir_.path(), affect::SpeechBy::kLevelAlone));
        return make_check_in("voice:wav:" + file.string(), std::move(recogniser));
    }
    test::TempDir dir_;
    core::CancelToken never_;
};

TEST_F(SpokenCheckIn, TenSecondsOfSpeechAreEvidenceAtTheSessionsBeginning) {
    auto check_in = of(11.0);
    if (!check_in) GTEST_SKIP() << check_in.error().describe();
    const auto said = listen(*check_in, never_);
    ASSERT_TRUE(said) << said.error().describe();
    EXPECT_EQ(said->source, kCheckInId);
    EXPECT_EQ(said->kind, flow::SourceKind::kVoice);
    EXPECT_EQ(said->t, Time{});
    EXPECT_EQ(said->window_s, 10.0);
    EXPECT_EQ(said->origin, flow::Origin::kReplayed);
    EXPECT_EQ(said->abstained, flow::Abstain::kWarmingUp);  // a voice that was never heard before has no "usual"
    EXPECT_FALSE(said->arousal);
}

TEST_F(SpokenCheckIn, SilenceIsNoSpeechAndTooLittleSoundIsAnError) {
    auto silent = of(11.0, 0.0);
    if (!silent) GTEST_SKIP() << silent.error().describe();
    const auto nothing = listen(*silent, never_);
    ASSERT_TRUE(nothing) << nothing.error().describe();
    EXPECT_EQ(nothing->abstained, flow::Abstain::kNoSpeech);
    auto brief = of(4.0);
    ASSERT_TRUE(brief);
    const auto cut = listen(*brief, never_);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(cut.error().message.find("only 4 s"), std::string::npos) << cut.error().message;
}

TEST_F(SpokenCheckIn, OnlyAVoiceCanBeSpoken) {
    for (const char* spec : {"simulated:anxious", "replay:/nowhere", "ble:hr"}) {
        const auto refused = make_check_in(spec, nullptr);
        ASSERT_FALSE(refused) << spec;
        EXPECT_EQ(refused.error().code, ErrorCode::kBadArgument);
    }
}

TEST_F(SpokenCheckIn, AfterTheMusicItIsHeardOnceMoreAndStandsInTheRecord) {
    auto check_in = of(11.0);
    if (!check_in) GTEST_SKIP() << check_in.error().describe();
    const auto before = listen(*check_in, never_);
    ASSERT_TRUE(before) << before.error().describe();
    Cast cast;
    cast.minutes = 4;
    cast.nobody = true;  // who would rate at once, and end the session
    cast.script.push_back({{}, SourceChange{kCheckInId, flow::SourceKind::kVoice, flow::SourceStatus::kWarmingUp, {}}});
    cast.script.push_back({{}, *before});
    cast.check_in = *std::move(check_in);
    const Outcome outcome = run(std::move(cast));
    std::optional<Time> asked, opened, ended;
    std::vector<Time> told;
    for (const SessionEvent& event : outcome.events) {
        if (const auto* decision = std::get_if<Decision>(&event.payload); decision != nullptr && decision->question == "how_after") asked = event.t;
        if (const auto* change = std::get_if<SourceChange>(&event.payload); change != nullptr && change->source == kCheckInId && asked)
            (change->status == flow::SourceStatus::kLost ? ended : opened) = event.t;
        if (const auto* evidence = std::get_if<flow::Evidence>(&event.payload); evidence != nullptr && evidence->source == kCheckInId)
            told.push_back(event.t);
    }
    ASSERT_TRUE(asked) << "of how it is after " << outcome.events.size() << " events";
    ASSERT_TRUE(opened);
    ASSERT_TRUE(ended);
    EXPECT_LE(*asked, *opened);
    EXPECT_EQ(outcome.events.back().origin, flow::Origin::kReplayed);  // a recording spoke
    ASSERT_GE(told.size(), 2U);
    EXPECT_EQ(told.front(), Time{});
    EXPECT_GE((told.back() - *opened).seconds(), 9.9);   // ten seconds were heard before it was said
    EXPECT_LE((told.back() - *opened).seconds(), 11.1);
    EXPECT_LE((*ended - *opened).seconds(), 13.0);       // and the recording was let go
}

}  // namespace
}  // namespace attune::session
