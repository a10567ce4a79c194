// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/face_recogniser.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include "core/paths.hpp"
#include "core/random.hpp"
#include "learn/crop_jpeg.hpp"
#include "support/tiny_onnx.hpp"

namespace attune::affect {
namespace {

/// A network that always answers "happy" with the given logit, whatever it sees.
class FaceRecogniserTest : public ::testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("attune_face_" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
        std::vector<float> bias(7, 0.0F);
        bias[3] = 3.0F;
        const auto bytes = tests::TinyOnnx::softmax_of_gemm({1, 1, 48, 48}, std::vector<float>(7 * 48 * 48, 0.0F), bias);
        ASSERT_TRUE(core::write_file_atomically(folder_ / "face.onnx", bytes));
        model_.weights = folder_ / "face.onnx";
        model_.card.model = "face";
        model_.card.version = "test";
        model_.card.outputs = "angry, disgusted, fearful, happy, sad, surprised, neutral";
        model_.card.figures = {{"r_rec_valence", 0.3}, {"index_mean", 0.1}, {"index_sd", 0.2}};
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<Recogniser> make() {
        auto made = make_face_recogniser("face", model_);
        EXPECT_TRUE(made) << made.error().describe();
        return made ? *std::move(made) : nullptr;
    }

    /// A textured crop; `eyes` moves the band where eyes lie, `noise` the camera's grain.
    static flow::Crop crop(double t_s, double eyes, double noise, core::Random& random) {
        std::vector<std::uint8_t> rgb(96 * 96 * 3);
        for (int y = 0; y < 96; ++y) {
            for (int x = 0; x < 96; ++x) {
                double v = 120.0 + 60.0 * std::sin(x * 0.7) * std::cos(y * 0.5) + noise * random.normal();
                if (y >= 32 && y < 46) v += eyes;
                for (int c = 0; c < 3; ++c) {
                    rgb[static_cast<std::size_t>((y * 96 + x) * 3 + c)] = static_cast<std::uint8_t>(std::clamp(v, 0.0, 255.0));
                }
            }
        }
        flow::Crop out;
        out.t = Time{from_seconds(t_s).ns};
        out.jpeg = *learn::encode_crop(rgb);
        out.score = 0.9;
        out.face_px = 150;
        out.light = 110.0;
        out.n_faces = 1;
        return out;
    }

    std::filesystem::path folder_;
    learn::InstalledModel model_;
    core::Random random_{1, "test/face"};
};

TEST_F(FaceRecogniserTest, ALivingFaceGivesTheIndexOfTheCardAndNeverArousal) {
    auto r = make();
    std::optional<flow::Evidence> last;
    for (int k = 0; k < 50; ++k) {
        const double t = 0.2 * k;
        r->push(crop(t, k % 4 == 0 ? 25.0 : 0.0, 2.0, random_));
        if (auto e = r->poll(Time{from_seconds(t).ns})) last = e;
    }
    ASSERT_TRUE(last);
    EXPECT_FALSE(last->abstained);
    ASSERT_TRUE(last->valence);
    const double p = std::exp(3.0) / (std::exp(3.0) + 6.0);
    EXPECT_NEAR(last->valence->x, (p - 0.1) / 0.2, 1e-4);
    EXPECT_DOUBLE_EQ(last->valence->r_rec, 0.3);
    EXPECT_FALSE(last->arousal);
    EXPECT_EQ(last->display->smoothed, "happy");
}

TEST_F(FaceRecogniserTest, TheLabelNeedsFiveSeconds) {
    auto r = make();
    for (int k = 0; k < 22; ++k) {
        const double t = 0.2 * k;
        r->push(crop(t, k % 4 == 0 ? 25.0 : 0.0, 2.0, random_));
        const auto e = r->poll(Time{from_seconds(t).ns});
        if (e && e->display) {
            EXPECT_EQ(e->display->smoothed, "");
        }
    }
}

TEST_F(FaceRecogniserTest, AFrozenVideoIsFlatWithinTenSecondsAndSaysNothing) {
    auto r = make();
    const auto still = crop(0.0, 0.0, 0.0, random_);
    bool flagged = false;
    for (int k = 0; k < 100; ++k) {
        auto c = still;
        c.t = Time{from_seconds(0.2 * k).ns};
        r->push(c);
        const auto e = r->poll(c.t);
        if (0.2 * k < 10.0 || !e) continue;
        flagged = true;
        EXPECT_EQ(e->abstained, flow::Abstain::kFlatPicture);
        EXPECT_FALSE(e->valence);
    }
    EXPECT_TRUE(flagged);
}

TEST_F(FaceRecogniserTest, APictureHeldToTheCameraIsFlatAfterHalfAMinute) {
    auto r = make();
    std::optional<flow::Evidence> last;
    for (int k = 0; k < 200; ++k) {
        const double t = 0.2 * k;
        r->push(crop(t, 0.0, 0.5, random_));
        if (auto e = r->poll(Time{from_seconds(t).ns})) last = e;
    }
    ASSERT_TRUE(last);
    EXPECT_EQ(last->abstained, flow::Abstain::kFlatPicture);
}

TEST_F(FaceRecogniserTest, EachReasonForSilenceIsNamed) {
    const auto reason = [&](auto change) {
        auto r = make();
        for (int k = 0; k < 8; ++k) {
            auto c = crop(0.2 * k, k % 4 == 0 ? 25.0 : 0.0, 2.0, random_);
            change(c);
            r->push(c);
        }
        const auto e = r->poll(Time{from_seconds(1.5).ns});
        EXPECT_TRUE(e);
        EXPECT_FALSE(e && e->valence);
        return e ? e->abstained : std::nullopt;
    };
    EXPECT_EQ(reason([](flow::Crop& c) { c.jpeg.clear(); c.n_faces = 0; }), flow::Abstain::kNoFace);
    EXPECT_EQ(reason([](flow::Crop& c) { c.jpeg.clear(); c.n_faces = 0; c.light = 3.0; }), flow::Abstain::kTooDark);
    EXPECT_EQ(reason([](flow::Crop& c) { c.n_faces = 2; }), flow::Abstain::kSeveralFaces);
    EXPECT_EQ(reason([](flow::Crop& c) { c.face_px = 20; }), flow::Abstain::kTooSmall);
    EXPECT_EQ(reason([](flow::Crop& c) { c.roll_deg = 60.0; }), flow::Abstain::kPoorSignal);
    EXPECT_EQ(reason([](flow::Crop& c) { c.jpeg.resize(c.jpeg.size() / 2); }), flow::Abstain::kPoorSignal);
}

TEST_F(FaceRecogniserTest, EvidenceHasTheTimeOfTheFrameAndItsOrigin) {
    auto r = make();
    for (int k = 0; k < 40; ++k) {
        auto c = crop(0.2 * k, k % 8 == 0 ? 25.0 : 0.0, 2.0, random_);
        c.source = "face";
        c.origin = flow::Origin::kReplayed;
        r->push(c);
        const auto e = r->poll(Time{from_seconds(0.2 * k + 0.15).ns});
        ASSERT_TRUE(e) << "every frame is answered, 5 a second";
        EXPECT_EQ(e->t, c.t);
        EXPECT_EQ(e->origin, flow::Origin::kReplayed);
        if (e->valence && k > 30) {
            EXPECT_NEAR(e->dt_frame_s, 0.2, 1e-6);
        }
    }
    EXPECT_FALSE(r->poll(Time{from_seconds(8.0).ns})) << "nothing new came";
}

TEST_F(FaceRecogniserTest, TheFaceOfAnotherCameraIsNotItsOwn) {
    auto r = make();
    auto c = crop(0.0, 0.0, 2.0, random_);
    c.source = "face2";
    r->push(c);
    EXPECT_FALSE(r->poll(Time{from_seconds(1.0).ns}));
}

TEST_F(FaceRecogniserTest, NoEvidenceComesOutBeforeTheFirstSignOfLife) {
    auto r = make();
    for (int k = 0; k < 170; ++k) {
        r->push(crop(0.2 * k, 0.0, 2.0, random_));
        const auto e = r->poll(Time{from_seconds(0.2 * k).ns});
        ASSERT_TRUE(e);
        EXPECT_EQ(e->abstained, flow::Abstain::kWarmingUp);
        EXPECT_FALSE(e->valence || e->display);
        EXPECT_NE(r->waits_for(), "");
    }
}

TEST_F(FaceRecogniserTest, ALostCameraIsStaleAndSilentInputSaysNothing) {
    auto r = make();
    EXPECT_FALSE(r->poll(Time{from_seconds(5.0).ns}));
    r->push(crop(6.0, 0.0, 2.0, random_));
    const auto e = r->poll(Time{from_seconds(9.0).ns});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->abstained, flow::Abstain::kStale);
}

TEST_F(FaceRecogniserTest, AMissingModelIsUnavailable) {
    const auto none = make_face_recogniser("face", learn::InstalledModel{});
    EXPECT_FALSE(none);
}

}  // namespace
}  // namespace attune::affect
