// SPDX-License-Identifier: GPL-3.0-or-later
// What was said of heart and skin is computed again from the stored samples, bit for bit: of a wristband that is lost, of
// one whose consent is taken back and given again, of two beside each other. What cannot be computed again is said.
#include "session/from_samples.hpp"

#include <algorithm>

#include "affect/body_recogniser.hpp"
#include "sense/simulated_source.hpp"
#include "session/record.hpp"
#include "support/stage.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

/// A wristband, simulated; lost at a second, and opened again after a new leave.
class Wrist final : public sense::Source {
public:
    explicit Wrist(std::string id, std::uint64_t seed = 1, double lost_s = 1e9)
        : inner_(*sense::SimulatedListener::create(*sense::load_persona("anxious", sense::Family::kLinear), options(seed)), std::move(id)),
          lost_s_(lost_s) {}
    const std::string& id() const noexcept override { return inner_.id(); }
    flow::SourceKind kind() const noexcept override { return inner_.kind(); }
    flow::Provenance provenance() const override { return inner_.provenance(); }
    std::vector<sense::ChannelInfo> channels() const override { return inner_.channels(); }
    bool live() const noexcept override { return false; }
    bool finished() const noexcept override { return gone_; }
    void close() noexcept override { gone_ = true; }
    bool reopen() noexcept override { return !(gone_ = false); }
    Result<void> pull(Time until, sense::Batch& out) override {
        const std::size_t before = out.frames.size();
        ATTUNE_CHECK(inner_.pull(until, out));
        // As a real one: nothing reaches us of the time that it was closed.
        std::erase_if(out.frames, [&](const auto& frame) { return frame.source == id() && frame.t + seconds(2) < until; });
        if (until.seconds() < lost_s_) return {};
        out.frames.resize(std::min(out.frames.size(), before + 1));   // one frame of that second still comes
        gone_ = true;
        return fail(ErrorCode::kUnavailable, "out of reach", id());
    }

private:
    static sense::SimulationOptions options(std::uint64_t seed) {
        sense::SimulationOptions made;
        made.seed = seed + 900;
        return made;
    }
    sense::SimulatedSource inner_;
    double lost_s_;
    bool gone_ = false;
};

struct Played {
    std::vector<SessionEvent> events;
    std::vector<SampleSecond> samples;
    [[nodiscard]] const Start& start() const { return std::get<Start>(events.front().payload); }
};

void wear(Cast& cast, std::unique_ptr<sense::Source> source) {
    cast.recognisers.push_back(std::make_unique<affect::BodyRecogniser>(source->id(), nullptr));
    cast.sources.push_back(std::move(source));
}

/// Those of second `dropped` are refused.
Played play(Cast cast, std::int64_t dropped = -1) {
    Played played;
    cast.minutes = 8;
    cast.keep_samples = [&played, dropped](SampleSecond second) {
        if (second.second == dropped) return false;
        played.samples.push_back(std::move(second));
        return true;
    };
    played.events = run(std::move(cast)).events;
    return played;
}

/// As `attune session replay --from-samples` does it, from a database.
class FromSamples : public testing::Test {
protected:
    void keep(const Played& played) {
        db_ = *store::Connection::open("sqlite:" + (dir_.path() / (std::to_string(++files_) + ".db")).string());
        const store::RoomSchema rooms[] = {schema()};
        ASSERT_TRUE(store::migrate(*db_, rooms, {}));
        ASSERT_TRUE(begin_session(*db_, played.start()));
        const auto kept = append_record(*db_, played.start().session, played.events, played.samples);
        ASSERT_TRUE(kept) << kept.error().describe();
    }
    SamplesReport again(const Played& played) { return again(played, played.start()); }
    SamplesReport again(const Played& played, const Start& start) {
        auto recomputation = Recomputation::create(*db_, {}, start, dir_.path());
        EXPECT_TRUE(recomputation) << recomputation.error().describe();
        if (!recomputation) return {};
        const auto report = replay(played.events, stage().world, &*recomputation);
        EXPECT_TRUE(report && report->identical());
        return recomputation->report();
    }
    SamplesReport kept_and_again(const Played& played) {
        keep(played);
        return again(played);
    }
    test::TempDir dir_;
    std::unique_ptr<store::Connection> db_;
    int files_ = 0;
};

std::size_t said_by(const Played& played, const std::string& source) {
    return static_cast<std::size_t>(std::ranges::count_if(played.events, [&](const SessionEvent& event) {
        const auto* evidence = std::get_if<flow::Evidence>(&event.payload);
        const auto* breath = std::get_if<Breath>(&event.payload);
        return (evidence != nullptr && evidence->source == source) || (breath != nullptr && breath->source == source);
    }));
}

void expect_identical(const SamplesReport& report) {
    EXPECT_TRUE(report.identical()) << report.first_difference->what << " at " << report.first_difference->t.seconds();
    EXPECT_EQ(report.largest_difference, 0.0);
    EXPECT_TRUE(report.equal_answers);
}

TEST_F(FromSamples, AWristbandThatIsLostOnTheWayIsRecomputedToTheLastBit) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("wrist", 1, 300.0));
    const Played played = play(std::move(cast));
    const SamplesReport report = kept_and_again(played);
    expect_identical(report);
    EXPECT_TRUE(report.complete());
    EXPECT_EQ(report.seconds, 299) << "of second 300 nothing reached a recogniser";
    ASSERT_EQ(report.sources.size(), 1U);
    EXPECT_EQ(report.sources[0].compared, said_by(played, "wrist"));
    EXPECT_GT(report.sources[0].compared, 300U) << "evidence every second, and breath every ten";
}

TEST_F(FromSamples, TwoWristbandsBesideAFaceAreRecomputedAndOfTheFaceItIsSaidThatNothingElseIsStored) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("left", 1));
    wear(cast, std::make_unique<Wrist>("right", 2, 200.0));
    flow::Evidence face;
    face.source = "face";
    face.kind = flow::SourceKind::kFace;
    face.t = Time{} + seconds(30);
    cast.script.push_back({face.t, face});
    const Played played = play(std::move(cast));
    keep(played);
    Start start = played.start();
    start.sources.emplace_back("face", flow::SourceKind::kFace);
    const SamplesReport report = again(played, start);
    expect_identical(report);
    EXPECT_TRUE(report.complete());
    ASSERT_EQ(report.sources.size(), 3U);
    EXPECT_EQ(report.sources[0].compared, said_by(played, "left"));
    EXPECT_EQ(report.sources[1].compared, said_by(played, "right"));
    EXPECT_EQ(report.sources[2].not_recomputed, NotRecomputed::kEvidenceOnly);
}

TEST_F(FromSamples, AfterAConsentIsWithdrawnNothingIsWrittenAndGivenAgainItIsRecomputedTo) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("wrist"));
    cast.make_recogniser = [](flow::SourceKind, const std::string& id) -> Result<std::unique_ptr<affect::Recogniser>> {
        return std::make_unique<affect::BodyRecogniser>(id, nullptr);
    };
    for (const auto& [second, kind] : {std::pair{100, flow::CommandKind::kWithdrawSensor}, {160, flow::CommandKind::kGrantSensor}}) {
        Scripted told = command_at(second, kind);
        std::get<flow::Command>(told.payload).args["source"] = "wrist";
        cast.script.push_back(told);
    }
    const Played played = play(std::move(cast));
    const auto while_closed = std::ranges::count_if(played.samples, [](const SampleSecond& s) { return s.second > 100 && s.second <= 160; });
    EXPECT_EQ(while_closed, 0);
    EXPECT_GT(played.samples.back().second, 300);
    const SamplesReport report = kept_and_again(played);
    expect_identical(report);
    EXPECT_TRUE(report.complete());
    EXPECT_EQ(report.sources[0].compared, said_by(played, "wrist"));
}

TEST_F(FromSamples, ASampleThatWasAlteredUnderANewChainIsFoundAtItsSecond) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("wrist"));
    Played played = play(std::move(cast));
    keep(played);
    std::int64_t altered = 0;
    for (SampleSecond& second : played.samples) {
        if (second.second < 250 || altered != 0) continue;
        for (KeptFrame& kept : second.frames) {
            if (kept.frame.channel != flow::Channel::kEda) continue;
            for (float& x : kept.frame.samples) x += .25F;
            altered = second.second;
        }
    }
    ASSERT_GT(altered, 0);
    const SamplesReport report = kept_and_again(played);
    ASSERT_FALSE(report.identical());
    EXPECT_EQ(report.first_difference->source, "wrist");
    EXPECT_GE(report.first_difference->t.seconds(), static_cast<double>(altered));
    EXPECT_LE(report.first_difference->t.seconds(), static_cast<double>(altered) + 2.0);
    EXPECT_EQ(played.events[report.first_difference->seq - 1].t, report.first_difference->t);
    EXPECT_GT(report.largest_difference, 0.0);
}

TEST_F(FromSamples, ADroppedSecondIsInTheRecordAndNothingAfterItIsClaimed) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("wrist"));
    const Played played = play(std::move(cast), 150);
    const auto said = std::ranges::find_if(played.events, [](const SessionEvent& event) {
        const auto* fault = std::get_if<Fault>(&event.payload);
        return fault != nullptr && fault->code == kSamplesDropped;
    });
    ASSERT_NE(said, played.events.end());
    EXPECT_EQ(said->t.seconds(), 150.0);
    const SamplesReport report = kept_and_again(played);
    expect_identical(report);
    EXPECT_FALSE(report.complete());
    EXPECT_EQ(report.sources[0].not_recomputed, NotRecomputed::kDropped);
    EXPECT_NE(report.sources[0].why.find("second 150"), std::string::npos) << report.sources[0].why;
    EXPECT_GT(report.sources[0].compared, 100U);
    EXPECT_LT(report.sources[0].compared, 170U);
}

TEST_F(FromSamples, WhatWasErasedOrListenedToByAnotherModelOrNotKeptIsSaid) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("wrist"));
    Played played = play(std::move(cast));
    keep(played);
    ASSERT_TRUE(erase_samples(*db_, played.start().session, "wrist", 5));
    EXPECT_EQ(again(played).sources[0].not_recomputed, NotRecomputed::kErased);
    Start& start = std::get<Start>(played.events.front().payload);
    start.listening[0].model = "stress@0";
    start.listening[0].sha256 = "0123456789abcdef";
    const SamplesReport other = kept_and_again(played);
    EXPECT_EQ(other.sources[0].not_recomputed, NotRecomputed::kModel);
    EXPECT_NE(other.sources[0].why.find("stress@0"), std::string::npos) << other.sources[0].why;
    EXPECT_FALSE(other.complete());
    start.listening.clear();   // as before samples were kept
    start.samples_kept = false;
    played.samples.clear();
    EXPECT_EQ(kept_and_again(played).sources[0].not_recomputed, NotRecomputed::kNoSamples);
}

TEST_F(FromSamples, WhereNothingMayBeInferredFromTheBodyNoSampleIsKept) {
    Cast cast;
    wear(cast, std::make_unique<Wrist>("wrist"));
    cast.policy.deployment = flow::Deployment::kWorkplace;
    cast.policy.infer_from_body = false;
    const Played played = play(std::move(cast));
    EXPECT_TRUE(played.samples.empty());
    EXPECT_FALSE(played.start().samples_kept);
}

}  // namespace
}  // namespace attune::session
