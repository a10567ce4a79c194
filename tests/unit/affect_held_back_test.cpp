// SPDX-License-Identifier: GPL-3.0-or-later
// `attune evaluate` on data that somebody kept back: one split, other people, one person, a folder of another name.
#include <png.h>

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "affect/brought_face.hpp"
#include "affect/evaluate_face.hpp"
#include "affect/evaluate_stress.hpp"
#include "affect/evaluate_voice.hpp"
#include "core/paths.hpp"
#include "learn/fer2013.hpp"
#include "support/audio_files.hpp"
#include "support/tiny_onnx.hpp"

namespace attune::affect {
namespace {

namespace fs = std::filesystem;
using learn::Evaluation;

bool says(const std::vector<std::string>& notes, const std::string& what) {
    return std::any_of(notes.begin(), notes.end(), [&](const auto& note) { return note.find(what) != std::string::npos; });
}

const learn::Metric* noted(const Evaluation& e, const std::string& name, const std::string& note) {
    for (const auto& m : e.metrics)
        if (m.name == name && m.note.find(note) != std::string::npos) return &m;
    return nullptr;
}

/// A network that was trained on Training, and labels of all splits; strips are written one by one.
class HeldBackFaces : public ::testing::Test {
protected:
    void SetUp() override {
        BroughtFace brought;
        brought.data_dir = dir_.path() / "data";
        brought.file = dir_.path() / "mine.onnx";
        brought.labels = "angry disgusted fearful happy sad surprised neutral";
        ASSERT_TRUE(core::write_file_atomically(brought.file, tests::TinyOnnx::softmax_of_gemm({1, 1, 48, 48}, std::vector<float>(7 * 48 * 48, 0.001F), std::vector<float>(7, 0.0F))));
        ASSERT_TRUE(add_brought_face(brought));
        fs::create_directories(set() / "strips");
    }
    fs::path set() const { return dir_.path() / "fer2013"; }

    /// 600 faces of Training (strips 0 and 1), 40 of PublicTest (1 and 2), 30 of PrivateTest (2).
    void labels(bool twins) {
        std::string csv = std::string("index,usage,emotion") + (twins ? ",twin_in_training" : "") + "\n";
        for (int row = 0; row < 670; ++row) {
            const int i = row < 620 ? row : row - 620 + 1024;
            const bool training = row < 600, reported = row < 640;
            csv += std::to_string(i) + (training ? ",Training," : reported ? ",PublicTest," : ",PrivateTest,") + std::to_string(i % 7);
            if (twins) csv += training ? "," : i % 10 == 0 ? ",1" : ",0";
            csv += "\n";
        }
        ASSERT_TRUE(core::write_file_atomically(set() / "labels.csv", csv));
    }
    void strip(int number) {
        std::vector<std::uint8_t> grey(48UL * 48 * 512);
        for (std::size_t i = 0; i < grey.size(); ++i) grey[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24U);
        png_image image{};
        image.version = PNG_IMAGE_VERSION;
        image.width = 48;
        image.height = 48 * 512;
        image.format = PNG_FORMAT_GRAY;
        char name[32];
        std::snprintf(name, sizeof name, "fer2013_%03d.png", number);
        ASSERT_NE(png_image_write_to_file(&image, (set() / "strips" / name).c_str(), 0, grey.data(), 0, nullptr), 0);
    }
    Result<Evaluation> evaluate() {
        learn::EvaluateRequest request;
        request.data = set();
        request.data_dir = dir_.path() / "data";
        return evaluate_face(request);
    }
    test::TempDir dir_;
};

TEST_F(HeldBackFaces, TheSplitWhoseStripsAreThereIsMeasuredThoughTheLabelsNameTheOthers) {
    labels(true);
    strip(2);  // PrivateTest alone: the strips of Training and the first of PublicTest are elsewhere
    const auto e = evaluate();
    ASSERT_TRUE(e) << e.error().describe();
    EXPECT_EQ(e->n, 30U);
    EXPECT_NE(noted(*e, "accuracy", "PrivateTest"), nullptr);
    EXPECT_EQ(noted(*e, "accuracy", "PublicTest"), nullptr);
    EXPECT_TRUE(says(e->notes, "PublicTest: 1 of the 2 strips of its 40 faces"));
    EXPECT_TRUE(e->warnings.empty()) << e->warnings.front();
}

TEST_F(HeldBackFaces, FacesThatWereTrainedOnAreCountedWithoutTheirPictures) {
    labels(true);
    strip(1);
    strip(2);
    const auto held = learn::fer2013_holdings(set());
    ASSERT_TRUE(held) << held.error().describe();
    EXPECT_EQ((*held)[0].faces, 600U);
    EXPECT_EQ((*held)[0].strips_missing, 1U);
    EXPECT_EQ((*held)[1].strips_missing, 0U);
    EXPECT_TRUE((*held)[1].twins_known);
}

TEST_F(HeldBackFaces, AFigureWithoutTwinsIsGivenOnlyWhereTheLabelsNameThem) {
    labels(true);
    strip(1);
    strip(2);
    const auto with = evaluate();
    ASSERT_TRUE(with) << with.error().describe();
    const auto* m = noted(*with, "accuracy", "PublicTest, without pictures that Training holds too");
    ASSERT_NE(m, nullptr);
    EXPECT_EQ(m->n, 36U);
    labels(false);
    const auto without = evaluate();
    ASSERT_TRUE(without) << without.error().describe();
    EXPECT_EQ(noted(*without, "accuracy", "without pictures that Training holds too"), nullptr);
    EXPECT_TRUE(says(without->notes, "PublicTest: labels.csv does not say which pictures Training holds too"));
}

TEST_F(HeldBackFaces, NoPicturesAtAllIsAnErrorThatSaysWhatIsMissing) {
    labels(true);
    const auto e = evaluate();
    ASSERT_FALSE(e);
    EXPECT_EQ(e.error().code, ErrorCode::kNotFound);
    EXPECT_NE(e.error().message.find("strips of its"), std::string::npos) << e.error().message;
}

/// A second of a voice-like tone with harmonics for each of `speakers`, of the given emotions.
class HeldBackVoices : public ::testing::Test {
protected:
    void record(const std::string& folder, const std::vector<std::string>& speakers, const std::vector<std::string>& emotions, int takes) {
        std::string csv = "file,speaker,gender,emotion\n";
        double hz = 110.0;
        for (const auto& speaker : speakers) {
            for (const auto& emotion : emotions) {
                for (int take = 0; take < takes; ++take, hz = hz > 260.0 ? 101.0 : hz + 7.3) {
                    std::vector<float> tone(16000);
                    for (std::size_t i = 0; i < tone.size(); ++i) {
                        const double t = static_cast<double>(i) / 16000.0, f = hz * (1.0 + 0.1 * std::sin(2.0 * std::numbers::pi * 3.0 * t));
                        double x = 0.0;
                        for (int h = 1; h <= 8; ++h) x += 0.3 / h * std::sin(2.0 * std::numbers::pi * f * h * t);
                        tone[i] = static_cast<float>(x * std::sin(std::numbers::pi * t) * (0.3 + 0.1 * take));
                    }
                    const std::string name = speaker + "_" + emotion + "_" + std::to_string(take) + ".wav";
                    fs::create_directories(dir_.path() / folder);
                    test::write_wav((dir_.path() / folder / name).string(), tone, 16000);
                    csv += name + "," + speaker + ",female," + emotion + "\n";
                }
            }
        }
        ASSERT_TRUE(core::write_file_atomically(dir_.path() / folder / "labels.csv", csv));
    }
    Result<Evaluation> evaluate(const std::string& folder, bool cross_validate = false) {
        learn::EvaluateRequest request;
        request.data = dir_.path() / folder;
        request.data_dir = dir_.path() / "data";
        request.cross_validate = cross_validate;
        return evaluate_voice(request);
    }
    const std::vector<std::string> eight_{"neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"};
    test::TempDir dir_;
};

TEST_F(HeldBackVoices, AFolderThatIsASetIsReadWhateverItsName) {
    record("unseen people", {"other_01", "other_02"}, eight_, 2);
    const auto e = evaluate("unseen people");
    ASSERT_TRUE(e) << e.error().describe();
    EXPECT_EQ(e->groups, 2U);
    EXPECT_NE(e->find("uar", "ravdess"), nullptr);
    EXPECT_TRUE(says(e->notes, "read in the way of ravdess"));
    record("six", {"other_01", "other_02"}, {"neutral", "happiness", "sadness", "anger", "fear", "surprised"}, 2);
    const auto six = evaluate("six");
    ASSERT_TRUE(six) << six.error().describe();
    EXPECT_NE(six->find("uar", "nemo"), nullptr);
}

TEST_F(HeldBackVoices, SpeakersWhoWereTrainedOnAreLeftOutUnderAnyFolderName) {
    record("copy", {"ravdess_01", "other_02"}, eight_, 1);
    const auto e = evaluate("copy");
    ASSERT_TRUE(e) << e.error().describe();
    EXPECT_EQ(e->left_out, 8U);
    EXPECT_EQ(e->groups, 1U);
}

TEST_F(HeldBackVoices, OneSpeakerGivesNoIntervalAndTheJsonSaysWhy) {
    record("ravdess", {"other_01"}, eight_, 2);
    const auto e = evaluate("ravdess");
    ASSERT_TRUE(e) << e.error().describe();
    const auto* uar = e->find("uar", "ravdess");
    ASSERT_NE(uar, nullptr);
    EXPECT_TRUE(std::isfinite(uar->value));
    const std::string json = learn::to_json(*e);
    EXPECT_NE(json.find(R"("ci95":null,"ci95_note":"no interval: too few people)"), std::string::npos) << json.substr(0, 1200);
    const auto back = learn::evaluation_from_json(json);
    ASSERT_TRUE(back) << back.error().describe();
    EXPECT_FALSE(back->find("uar", "ravdess")->ci95);
}

TEST_F(HeldBackVoices, ThreeSpeakersMakeThreeFoldsAndTheResultSaysSo) {
    record("ravdess", {"a", "b", "c"}, eight_, 5);
    const auto e = evaluate("ravdess", true);
    ASSERT_TRUE(e) << e.error().describe();
    EXPECT_EQ(e->protocol.rfind("3-fold by group over 3 groups", 0), 0U) << e->protocol;
    ASSERT_EQ(e->leaky.size(), 1U);
    EXPECT_EQ(e->leaky[0].protocol, "leaky 3-fold");
    record("one", {"a"}, eight_, 3);
    const auto one = evaluate("one", true);
    ASSERT_FALSE(one);
    EXPECT_NE(one.error().message.find("1 speaker is there"), std::string::npos) << one.error().message;
}

/// Skin conductance, a printed heart rate and a wrist that shakes by `shake` g, for ten minutes.
RecordingReader wrist(double shake) {
    return [shake](const fs::path&) -> Result<std::vector<flow::SensorFrame>> {
        std::vector<flow::SensorFrame> frames;
        for (int s = 0; s < 600; ++s) {
            const auto add = [&](flow::Channel channel, int rate, auto&& of) {
                flow::SensorFrame f;
                f.channel = channel;
                f.rate_hz = rate;
                f.t = {std::int64_t{s} * 1'000'000'000};
                for (int k = 0; k < rate; ++k) f.samples.push_back(static_cast<float>(of(s + static_cast<double>(k) / rate)));
                frames.push_back(std::move(f));
            };
            add(flow::Channel::kEda, 4, [](double t) { return 2.0 + 0.3 * std::sin(t / 9.0); });
            add(flow::Channel::kHeartRate, 1, [](double t) { return 80.0 + 5.0 * std::sin(t / 20.0); });
            add(flow::Channel::kAccelX, 32, [&](double t) { return shake * std::sin(2.0 * std::numbers::pi * 2.7 * t); });
            add(flow::Channel::kAccelY, 32, [&](double t) { return shake * std::sin(2.0 * std::numbers::pi * 1.3 * t + 1.0); });
            add(flow::Channel::kAccelZ, 32, [&](double) { return 1.0; });
        }
        return frames;
    };
}

class HeldBackBodies : public ::testing::Test {
protected:
    Result<Evaluation> evaluate(const std::string& phases, double shake) {
        fs::create_directories(dir_.path() / "wearable_stress_exercise");
        if (auto written = core::write_file_atomically(dir_.path() / "wearable_stress_exercise/phases.csv", "person,recording,phase,start_s,end_s\n" + phases); !written) return tl::unexpected(written.error());
        learn::ModelRegistry registry;
        register_stress(registry, wrist(shake));
        learn::EvaluateRequest request;
        request.data = dir_.path();
        request.data_dir = dir_.path() / "data";
        return (*registry.find("stress"))->evaluate(request);
    }
    test::TempDir dir_;
};

TEST_F(HeldBackBodies, RidingAloneStillScoresTheMotionGate) {
    const auto e = evaluate("Z1,AEROBIC/Z1,rpm70,60,300\nZ1,AEROBIC/Z1,rpm80,300,560\n", 1.0);
    ASSERT_TRUE(e) << e.error().describe();
    const auto* flagged = e->find("exercise_flagged", "wearable_stress_exercise");
    ASSERT_NE(flagged, nullptr);
    EXPECT_GT(flagged->n, 10U);
    EXPECT_GE(flagged->value, 0.9);
    EXPECT_EQ(e->n, flagged->n);
    EXPECT_EQ(e->find("exercise_false_flags", "wearable_stress_exercise"), nullptr);  // nobody sat: no figure rather than 0 of 0
    EXPECT_TRUE(says(e->notes, "no seated window with motion"));
    EXPECT_TRUE(says(e->notes, "no window of stress or rest"));
}

TEST_F(HeldBackBodies, OnePersonGivesNoTimeMatchedFigureAndNoInterval) {
    const auto e = evaluate("Z1,STRESS/Z1,baseline,60,300\nZ1,STRESS/Z1,stroop,300,560\n", 0.01);
    ASSERT_TRUE(e) << e.error().describe();
    const auto* auc = e->find("auc", "wearable_stress_exercise");
    ASSERT_NE(auc, nullptr);
    EXPECT_TRUE(std::isnan(auc->value));  // no two people
    const std::string json = learn::to_json(*e);
    EXPECT_EQ(json.find("[null,null]"), std::string::npos);
    EXPECT_NE(json.find(R"("value":null,"ci95":null,"ci95_note":"undefined on these data")"), std::string::npos);
    EXPECT_NE(json.find("too few people"), std::string::npos);  // balanced accuracy: a value, no interval
    EXPECT_EQ(e->find("exercise_flagged", "wearable_stress_exercise"), nullptr);
    EXPECT_TRUE(says(e->notes, "no exercise window with motion"));
}

}  // namespace
}  // namespace attune::affect
