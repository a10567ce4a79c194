// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/voice_recogniser.hpp"

#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

#include "learn/parts.hpp"
#include "learn/voice_activity.hpp"
#include "support/temp_dir.hpp"
#include "support/voice_for_any_sound.hpp"

namespace attune::affect {
namespace {

constexpr double kRate = 16'000.0;

/// Syllables: a buzz of `hz` with harmonics, 150 ms on and 100 ms off, over a faint hiss.
std::vector<float> syllables(double seconds, double hz, double level) {
    std::vector<float> out(static_cast<std::size_t>(seconds * kRate));
    unsigned noise = 1;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double t = static_cast<double>(i) / kRate;
        const double in_syllable = std::fmod(t, 0.25);
        const double shape = in_syllable < 0.15 ? std::sin(std::numbers::pi * in_syllable / 0.15) : 0.0;
        const double bend = hz * (1.0 + 0.1 * std::sin(2.0 * std::numbers::pi * 0.7 * t));
        double s = 0.0;
        for (int k = 1; k <= 12; ++k) s += std::sin(2.0 * std::numbers::pi * bend * k * t) / k;
        noise = noise * 1'664'525U + 1'013'904'223U;
        const double hiss = 1e-4 * (static_cast<double>(noise >> 8) / 8'388'608.0 - 1.0);
        out[i] = static_cast<float>(level * shape * s * 0.5 + hiss);
    }
    return out;
}
std::vector<float> tone(double seconds, double level) {
    std::vector<float> out(static_cast<std::size_t>(seconds * kRate));
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<float>(level * std::sin(2.0 * std::numbers::pi * 220.0 * static_cast<double>(i) / kRate));
    return out;
}

class VoiceRecogniser : public testing::Test {
protected:
    void SetUp() override {
        tests::install_voice_for_any_sound(data_.path());
        auto made = make_voice_recogniser("page:microphone", data_.path(), SpeechBy::kLevelAlone);
        ASSERT_TRUE(made) << made.error().describe();
        voice_ = *std::move(made);
    }
    /// Feeds blocks of 100 ms, polls at 4 Hz, returns what was said.
    std::vector<flow::Evidence> hear(const std::vector<float>& samples) {
        std::vector<flow::Evidence> out;
        for (std::size_t i = 0; i + 1600 <= samples.size(); i += 1600) {
            flow::SensorFrame frame;
            frame.source = "page:microphone";
            frame.channel = flow::Channel::kAudio;
            frame.rate_hz = kRate;
            frame.t = now_;
            frame.samples.assign(samples.begin() + static_cast<std::ptrdiff_t>(i), samples.begin() + static_cast<std::ptrdiff_t>(i + 1600));
            voice_->push(frame);
            now_ = now_ + milliseconds(100);
            if (auto e = voice_->poll(now_)) out.push_back(*std::move(e));
        }
        return out;
    }
    test::TempDir data_;
    std::unique_ptr<Recogniser> voice_;
    Time now_{1'000'000'000};
};

TEST_F(VoiceRecogniser, GivesSignsOfLifeWhileItListens) {
    const auto said = hear(syllables(9.0, 120.0, 0.3));
    ASSERT_GE(said.size(), 4U);
    for (const auto& e : said) EXPECT_EQ(e.abstained, flow::Abstain::kWarmingUp);
}

TEST_F(VoiceRecogniser, TellsWhatItWaitsForUntilThreeCheckInsHeldSpeechAndThenLetsTheLastOneStand) {
    EXPECT_EQ(voice_->waits_for(), "a microphone that sends");
    static_cast<void>(hear(syllables(4.0, 120.0, 0.3)));
    EXPECT_EQ(voice_->waits_for(), "3 check-ins of 10 s with speech: 0 so far, 4 s of the next");
    int spoken = 0;
    for (int i = 0; i < 8 && !voice_->waits_for().empty(); ++i)
        for (const auto& e : hear(syllables(10.0, 110.0 + 10.0 * i, 0.3))) spoken += e.abstained ? 0 : 1;
    EXPECT_EQ(voice_->waits_for(), "");
    EXPECT_EQ(spoken, 1);
    EXPECT_TRUE(hear(syllables(3.0, 120.0, 0.3)).empty()) << "no sign of life takes back what was said";
}

TEST_F(VoiceRecogniser, SaysNothingOfWhatIsUnlikeAllThatTheModelWasTrainedOn) {
    const test::TempDir nothing_installed;
    voice_ = make_voice_recogniser("page:microphone", nothing_installed.path(), SpeechBy::kLevelAlone).value();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(hear(syllables(10.0, 110.0 + 10.0 * i, 0.3)).back().abstained, flow::Abstain::kPoorSignal);
}

TEST_F(VoiceRecogniser, SaysNothingOfSilenceTonesAndClipping) {
    EXPECT_EQ(hear(std::vector<float>(160'000, 0.0F)).back().abstained, flow::Abstain::kNoSpeech);
    EXPECT_EQ(hear(tone(10.0, 0.3)).back().abstained, flow::Abstain::kNoSpeech);
    EXPECT_EQ(hear(std::vector<float>(160'000, 1.0F)).back().abstained, flow::Abstain::kClipping);
}

TEST_F(VoiceRecogniser, DoesNotTakeOurOwnMusicForAVoice) {
    flow::Heard heard;
    heard.playing = true;
    voice_->on_heard(heard);
    EXPECT_EQ(hear(tone(10.0, 0.3)).back().abstained, flow::Abstain::kOwnMusic);
}

TEST_F(VoiceRecogniser, GivesNoIndexBeforeItKnowsTheSpeakerAndNeverValence) {
    int check_ins = 0;
    for (int i = 0; i < 5; ++i) {
        const auto said = hear(syllables(10.0, 110.0 + 10.0 * i, 0.3));
        ASSERT_FALSE(said.empty());
        const flow::Evidence& e = said.back();
        EXPECT_FALSE(e.valence);
        if (e.abstained) continue;
        ++check_ins;
        ASSERT_TRUE(e.arousal);
        EXPECT_TRUE(std::isfinite(e.arousal->x));
        EXPECT_GT(e.arousal->r_rec, 0.0);
        ASSERT_TRUE(e.display);
        double sum = 0.0;
        for (const double p : e.display->probabilities) sum += p;
        EXPECT_NEAR(sum, 1.0, 1e-9);
        EXPECT_EQ(e.display->labels.size(), 7U) << "calm is counted as neutral";
    }
    EXPECT_EQ(check_ins, 5 - kFewestCheckIns + 1);
}

TEST_F(VoiceRecogniser, ABreakBeginsANewStretch) {
    static_cast<void>(hear(syllables(9.0, 120.0, 0.3)));
    now_ = now_ + milliseconds(3000);
    const auto said = hear(syllables(5.0, 120.0, 0.3));
    for (const auto& e : said) EXPECT_EQ(e.abstained, flow::Abstain::kWarmingUp) << "5 s are no check-in";
}

TEST_F(VoiceRecogniser, FallsSilentWhenTheMicrophoneIsSwitchedOff) {
    static_cast<void>(hear(syllables(3.0, 120.0, 0.3)));
    now_ = now_ + milliseconds(5000);
    EXPECT_FALSE(voice_->poll(now_));
}

TEST(VoiceActivity, DoesNotTakeATonePlayedByUsForSpeech) {
    const auto folder = std::filesystem::temp_directory_path() / "attune_no_data";
    const auto part = learn::find_part(folder, "silero_vad");
    if (!part) GTEST_SKIP() << part.error().describe();
    auto activity = learn::VoiceActivity::load(*part);
    ASSERT_TRUE(activity) << activity.error().describe();
    const auto p = activity->judge(tone(2.0, 0.3));
    ASSERT_TRUE(p);
    EXPECT_EQ(p->size(), 62U);
    for (const double v : *p) EXPECT_LT(v, 0.5);
}

TEST(VoiceActivity, AMissingPartIsNotFound) {
    const auto none = learn::VoiceActivity::load("/nowhere/silero_vad.onnx");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

TEST(SpeechCheck, MeasuresLevelRangeAndClipping) {
    const SpeechCheck quiet = check_speech(std::vector<float>(16'000, 0.0F));
    EXPECT_LT(quiet.loud_dbfs, -100.0);
    const SpeechCheck steady = check_speech(tone(1.0, 0.5));
    EXPECT_NEAR(steady.loud_dbfs, -9.0, 0.3);
    EXPECT_LT(steady.range_db, 1.0);
    EXPECT_GT(check_speech(syllables(2.0, 120.0, 0.3)).range_db, 20.0);
    EXPECT_DOUBLE_EQ(check_speech(std::vector<float>(16'000, -1.0F)).clipped, 1.0);
    EXPECT_LT(check_speech({}).loud_dbfs, -100.0);
}

}  // namespace
}  // namespace attune::affect
