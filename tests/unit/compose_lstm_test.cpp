// SPDX-License-Identifier: GPL-3.0-or-later
// The learned engine with the weights that ship, its boundary, and what happens without them.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "compose/composer.hpp"
#include "compose/live_source.hpp"
#include "compose/lstm_engine.hpp"
#include "compose/melody.hpp"
#include "compose/midi_writer.hpp"
#include "core/paths.hpp"

namespace attune::compose {
namespace {

namespace fs = std::filesystem;

Brief brief_of(Style style, std::uint64_t seed, const flow::Va& target, EngineKind engine = EngineKind::kLstm) {
    Brief brief;
    brief.style = style;
    brief.seed = seed;
    brief.target = target;
    brief.seconds = 50;
    brief.engine = engine;
    return brief;
}

/// A folder that is all there is of ATTUNE_SHARE, without any model.
class NoModels {
public:
    NoModels() : folder_(fs::temp_directory_path() / ("attune-bare-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_ / "free");
        setenv("ATTUNE_SHARE", folder_.c_str(), 1);
        setenv("ATTUNE_SHARE_ONLY", "1", 1);
    }
    ~NoModels() {
        unsetenv("ATTUNE_SHARE");
        unsetenv("ATTUNE_SHARE_ONLY");
        fs::remove_all(folder_);
    }

private:
    fs::path folder_;
};

/// A folder that stands for ATTUNE_SHARE, with a broken model in it.
class BrokenModel {
public:
    explicit BrokenModel(const std::string& bytes) : folder_(fs::temp_directory_path() / ("attune-lstm-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_ / "free");
        std::ofstream(file(), std::ios::binary) << bytes;
        setenv("ATTUNE_SHARE", folder_.c_str(), 1);
    }
    ~BrokenModel() {
        unsetenv("ATTUNE_SHARE");
        fs::remove_all(folder_);
    }
    [[nodiscard]] fs::path file() const { return folder_ / "free" / "compose_lstm.onnx"; }

private:
    fs::path folder_;
};

TEST(LstmEngine, TheSameSeedGivesTheSameBytes) {
    const auto brief = brief_of(Style::kPianoBallad, 7, {.4, .2});
    const auto a = compose_score(brief), b = compose_score(brief);
    ASSERT_TRUE(a) << a.error().describe();
    EXPECT_EQ(a->engine, "lstm");
    EXPECT_EQ(to_midi(*a), to_midi(*b));
    auto other = brief;
    other.seed = 8;
    EXPECT_NE(to_midi(*a), to_midi(*compose_score(other)));
}

TEST(LstmEngine, ObeysTheRulesOfEveryEngine) {
    for (int style = 0; style < kStyles; ++style)
        for (const double arousal : {-.7, .1, .8}) {
            const auto score = compose_score(brief_of(static_cast<Style>(style), 40 + static_cast<std::uint64_t>(style), {style % 2 ? .6 : -.6, arousal}));
            ASSERT_TRUE(score);
            const double centre = centre_pitch(score->controls);
            int previous = -1;
            std::size_t notes = 0;
            for (const auto& note : score->notes) {
                EXPECT_LE(note.start + note.length, score->length());
                if (note.part != Part::kMelody) continue;
                ++notes;
                EXPECT_LE(std::abs(note.pitch - centre), 18) << score->style;
                EXPECT_LE(previous < 0 ? 0 : std::abs(note.pitch - previous), 16) << score->style;
                previous = note.pitch;
            }
            EXPECT_GE(notes, 8U) << score->style << " at arousal " << arousal;
            EXPECT_EQ(previous % 12, score->key.tonic) << "ends on its tonic";
        }
}

TEST(LstmEngine, DensityRaisesTheNumberOfNotes) {
    double last = 0;
    for (const double density : {.1, .3, .5, .7, .9}) {
        double notes = 0;
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            auto brief = brief_of(Style::kFolk, seed, {.3, 0});
            brief.controls = controls_for(brief.target);
            (*brief.controls)[Control::kDensity] = density;
            const auto score = compose_score(brief).value();
            for (const auto& n : score.notes) notes += n.part == Part::kMelody;
        }
        EXPECT_GT(notes, last) << "at density " << density;
        last = notes;
    }
}

TEST(LstmEngine, GivesUpWhenItIsLateAndTheRulesGoOnWithoutASeam) {
    auto composer = Composer::create(brief_of(Style::kPianoBallad, 3, {.2, .1})).value();
    int asked = 0, previous = -1, fell_back = 0;
    Ticks until = 0;
    for (int phrase = 0; !composer.done(); ++phrase) {
        // Every second phrase comes too late, in the middle of it.
        const auto made = composer.next([&] { return phrase % 2 == 1 && ++asked % 20 == 0; });
        EXPECT_EQ(made.fell_back, made.engine == EngineKind::kRule);
        fell_back += made.fell_back;
        EXPECT_EQ(made.start, until) << "no gap";
        until = made.start + made.idea.length;
        bool first = true;
        for (const auto& note : made.notes) {
            if (note.part != Part::kMelody) continue;
            EXPECT_LE(!first || previous < 0 ? 0 : std::abs(note.pitch - previous), 12) << "no jump at the seam";
            first = false;
            previous = note.pitch;
        }
    }
    EXPECT_GE(fell_back, 2);
}

TEST(LstmEngine, AMissingModelIsNamed) {
    const auto engine = LstmEngine::load("/nowhere/compose_lstm.onnx");
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::kNotFound);
    EXPECT_NE(engine.error().describe().find("compose_lstm.onnx"), std::string::npos);
}

TEST(LstmEngine, ABrokenModelIsAnErrorOfTheCommandAndAFallBackOfTheLiveSource) {
    const auto good = core::read_file(core::resource("free/compose_lstm.onnx").value()).value();
    for (const std::string& bytes : {std::string("not a network"), good.substr(0, good.size() / 2), std::string()}) {
        const BrokenModel broken(bytes);
        const auto score = compose_score(brief_of(Style::kFolk, 1, {}));
        ASSERT_FALSE(score);
        EXPECT_NE(score.error().describe().find("compose_lstm.onnx"), std::string::npos) << score.error().describe();
        auto source = LiveSource::create(brief_of(Style::kFolk, 1, {}), {});
        ASSERT_TRUE(source) << source.error().describe();
        EXPECT_FALSE((*source)->engine_missing().empty());
        const auto events = (*source)->take_events();
        ASSERT_FALSE(events.empty());
        EXPECT_EQ(events.front().kind, LiveEvent::Kind::kFellBack);
        EXPECT_EQ(events.front().engine, EngineKind::kRule);
    }
}

TEST(LearnedEngines, WithoutAModelTheCommandSaysSoAndTheLiveSourcePlaysByTheRules) {
    const NoModels none;
    for (const EngineKind kind : {EngineKind::kHmm, EngineKind::kLstm}) {
        const auto brief = brief_of(Style::kFolk, 1, {}, kind);
        const auto score = compose_score(brief);
        ASSERT_FALSE(score) << to_string(kind);
        EXPECT_EQ(score.error().code, ErrorCode::kUnavailable) << to_string(kind);
        const std::string said = score.error().message;
        EXPECT_NE(said.find(to_string(kind)), std::string::npos) << said;
        EXPECT_NE(said.find("attune train compose_" + std::string(to_string(kind))), std::string::npos) << said;
        auto source = LiveSource::create(brief, {});
        ASSERT_TRUE(source) << source.error().describe();
        EXPECT_EQ((*source)->engine_missing(), said);
        const auto events = (*source)->take_events();
        ASSERT_GE(events.size(), 2U);
        EXPECT_EQ(events.front().kind, LiveEvent::Kind::kFellBack);
        for (const auto& event : events) EXPECT_EQ(event.engine, EngineKind::kRule);
        ASSERT_TRUE((*source)->prepare(4096));
        std::vector<float> left(4096), right(4096);
        float loudest = 0.0F;
        for (int i = 0; i < 24; ++i) {
            static_cast<void>((*source)->work());
            static_cast<void>((*source)->process(left, right));
            for (const float x : left) loudest = std::max(loudest, std::abs(x));
        }
        EXPECT_GT(loudest, 1e-3F) << "it sounds";
    }
}

TEST(NoteNet, AskedAgainFromAFreshStateItSaysTheSame) {
    auto net = NoteNet::load(core::resource("free/compose_lstm.onnx").value()).value();
    NoteMoment moment;
    moment.chord = 0;
    const auto say = [&] {
        net.reset();
        std::vector<float> all;
        for (int i = 0; i < 20; ++i) {
            moment.place = i % 16;
            const auto logits = net.step(moment).value();
            all.insert(all.end(), logits.begin(), logits.end());
        }
        return all;
    };
    const auto first = say();
    EXPECT_EQ(first, say());
    double sum = 0;
    for (int k = 0; k < kMelodyClasses; ++k) sum += std::exp(log_probability(std::span(first).first(kNoteLogits), 0, kMelodyClasses, k));
    EXPECT_NEAR(sum, 1.0, 1e-9);
}

TEST(NoteNet, WhatIsSeenFitsItsInputs) {
    NoteMoment moment;
    moment.last_pitch = kNotePitches - 1, moment.since = 99, moment.place = 15, moment.bar = 7, moment.chord = 23;
    moment.last_comp = 3, moment.last_drums = 7, moment.quadrant = 3, moment.rate = kRates - 1, moment.corpus = Corpus::kVgmidi;
    std::array<float, kNoteInputs> seen{};
    encode(moment, seen);
    float sum = 0;
    for (const float x : seen) sum += x;
    EXPECT_EQ(sum, 11.0F) << "one of each group, the metre of three apart";
    EXPECT_EQ(seen.back(), 1.0F);
}

}  // namespace
}  // namespace attune::compose
