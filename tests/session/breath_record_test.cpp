// SPDX-License-Identifier: GPL-3.0-or-later
// How a listener breathes stands in the record of the session, every ten seconds, and comes back out of it.
#include <cmath>
#include <numbers>

#include "affect/body_recogniser.hpp"
#include "session/codec.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

constexpr double kRateHz = 25.0, kBreathsAMinute = 15.0;

/// A belt around the chest that rises and falls; from `still_from_s` on it lies on a table.
class Belt final : public sense::Source {
public:
    explicit Belt(double still_from_s) : still_from_s_(still_from_s) {}
    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kBody; }
    flow::Provenance provenance() const override { return {flow::Origin::kSimulated, "belt", ""}; }
    std::vector<sense::ChannelInfo> channels() const override { return {{flow::Channel::kRespiration, kRateHz, "arbitrary", ""}}; }
    bool live() const noexcept override { return false; }
    bool finished() const noexcept override { return closed_; }
    void close() noexcept override { closed_ = true; }
    Result<void> pull(Time until, sense::Batch& out) override {
        while (Time{} + from_seconds(static_cast<double>(n_ + 25) / kRateHz) <= until) {
            flow::SensorFrame frame;
            frame.source = id_;
            frame.channel = flow::Channel::kRespiration;
            frame.rate_hz = kRateHz;
            frame.t = Time{} + from_seconds(static_cast<double>(n_) / kRateHz);
            frame.provenance = provenance();
            for (int i = 0; i < 25; ++i, ++n_) {
                const double t = static_cast<double>(n_) / kRateHz;
                frame.samples.push_back(t < still_from_s_ ? static_cast<float>(std::sin(2.0 * std::numbers::pi * t * kBreathsAMinute / 60.0)) : 0.0F);
            }
            out.frames.push_back(std::move(frame));
        }
        return {};
    }

private:
    std::string id_ = "belt";
    double still_from_s_;
    std::int64_t n_ = 0;
    bool closed_ = false;
};

TEST(BreathRecord, HoldsTheRateEveryTenSecondsWhileTheBeltMovesAndNothingAfter) {
    constexpr double kStillFromS = 120.0;
    Cast cast;
    cast.minutes = 5;
    cast.sources.push_back(std::make_unique<Belt>(kStillFromS));
    cast.recognisers.push_back(std::make_unique<affect::BodyRecogniser>("belt", nullptr));
    const Outcome outcome = run(std::move(cast));
    int told = 0;
    for (const SessionEvent& event : outcome.events) {
        const auto* breath = std::get_if<Breath>(&event.payload);
        if (breath == nullptr) continue;
        ++told;
        EXPECT_EQ(breath->source, "belt");
        EXPECT_EQ(breath->of, flow::Channel::kRespiration);
        EXPECT_GE(event.t.seconds(), 30.0);   // its window is 32 s
        EXPECT_LE(event.t.seconds(), kStillFromS + 37.0);
        EXPECT_GE(breath->quality, 0.6);
        if (event.t.seconds() <= kStillFromS) {
            EXPECT_NEAR(breath->per_min, kBreathsAMinute, 0.5) << event.t.seconds();
        }
        const auto again = decode(EventKind::kBreath, kPayloadVersion, encode(event.payload));
        ASSERT_TRUE(again) << again.error().describe();
        const auto& same = std::get<Breath>(*again);
        EXPECT_EQ(same.source, breath->source);
        EXPECT_EQ(same.per_min, breath->per_min);
        EXPECT_EQ(same.quality, breath->quality);
        EXPECT_EQ(same.of, breath->of);
    }
    EXPECT_GE(told, 8);
    EXPECT_LE(told, 13);
}

TEST(BreathRecord, ASourceThatNobodyMayInferFromIsNotToldOf) {
    Cast cast;
    cast.minutes = 3;
    cast.sources.push_back(std::make_unique<Belt>(1e9));   // and no recogniser, as in a workplace
    const Outcome outcome = run(std::move(cast));
    for (const SessionEvent& event : outcome.events) EXPECT_NE(event.kind(), EventKind::kBreath) << event.t.seconds();
}

}  // namespace
}  // namespace attune::session
