// SPDX-License-Identifier: GPL-3.0-or-later
// Replay in another process, bit for bit: of a session in real time under full load with a late sensor, a sensor that
// is lost, a sound device that is lost and a plan that comes too late; of records that were tampered with; and under
// other arithmetic.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "affect/body_recogniser.hpp"
#include "choose/policies.hpp"
#include "sense/simulated_source.hpp"
#include "session/engine_player.hpp"
#include "session/event_writer.hpp"
#include "session/record.hpp"
#include "session/samples.hpp"
#include "session/replay.hpp"
#include "session/runner.hpp"
#include "session/space.hpp"
#include "session/summary.hpp"
#include "support/program.hpp"

namespace attune::session {
namespace {

using test::Attune;

constexpr double kLiveS = 16.0;

/// Both cores, and then some: what a busy machine does to every deadline.
class Load {
public:
    Load() {
        for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { while (!ending_) ++counts_; });
    }
    ~Load() {
        ending_ = true;
        for (std::thread& thread : threads_) thread.join();
    }

private:
    std::atomic<bool> ending_{false};
    std::atomic<std::uint64_t> counts_{0};
    std::vector<std::thread> threads_;
};

/// A loudspeaker that goes away after five seconds and comes back two seconds later.
class FlakySink final : public play::Sink {
public:
    Result<void> start(play::Puller& puller) override {
        puller_ = &puller;
        thread_ = std::thread([this] { run(); });
        return {};
    }
    void stop() noexcept override {
        ending_ = true;
        if (thread_.joinable()) thread_.join();
    }
    ~FlakySink() override { stop(); }
    std::string name() const override { return "flaky"; }
    double latency_s() const noexcept override { return .01; }
    bool lost() const noexcept override { return lost_; }

private:
    void run() {
        std::vector<float> left(480), right(480);
        const auto from = std::chrono::steady_clock::now();
        for (std::int64_t block = 0; !ending_; ++block) {
            std::this_thread::sleep_until(from + std::chrono::milliseconds(10 * block));
            lost_ = block >= 500 && block < 700;
            if (!lost_) puller_->pull(left, right);
        }
    }
    play::Puller* puller_ = nullptr;
    std::thread thread_;
    std::atomic<bool> ending_{false}, lost_{false};
};

/// A wristband whose frames come three seconds late, and not at all after ten.
class LateSource final : public sense::Source {
public:
    LateSource() : inner_(*sense::SimulatedListener::create(*sense::load_persona("anxious", sense::Family::kLinear), {}), "wrist") {}
    const std::string& id() const noexcept override { return inner_.id(); }
    flow::SourceKind kind() const noexcept override { return inner_.kind(); }
    flow::Provenance provenance() const override { return inner_.provenance(); }
    std::vector<sense::ChannelInfo> channels() const override { return inner_.channels(); }
    bool live() const noexcept override { return true; }
    bool finished() const noexcept override { return gone_; }
    void close() noexcept override { gone_ = true; }
    Result<void> pull(Time until, sense::Batch& out) override {
        if (until.seconds() >= 10.0) {
            gone_ = true;
            return fail(ErrorCode::kUnavailable, "the wristband is out of reach", id());
        }
        return until.seconds() < 3.0 ? Result<void>{} : inner_.pull(until - seconds(3), out);
    }

private:
    sense::SimulatedSource inner_;
    bool gone_ = false;
};

flow::Evidence late_face(double said_s, double about_s) {
    flow::Evidence face;
    face.source = "face";
    face.kind = flow::SourceKind::kFace;
    face.t = Time{} + from_seconds(about_s);   // of a moment that has long passed when it arrives
    face.window_s = face.dt_frame_s = 1.0;
    face.valence = flow::Index{.4 * said_s, .5, 1.0};
    face.model = "test@1";
    return face;
}

/// A session in real time, with all that can go wrong at once; its id.
std::string record_a_hard_session(Attune& attune) {
    auto space = *Space::open(attune.data(), "");
    RunSetup setup;
    setup.world = *space->world();
    setup.profiles = *space->profiles();
    auto plans = std::make_shared<std::atomic<int>>(0);
    setup.world.stand_in = [plans](choose::Strategy strategy, const choose::PlanRequest& request, std::uint64_t seed) {
        if (++*plans == 2) std::this_thread::sleep_for(std::chrono::milliseconds(1800));   // due after one second
        return choose::plan_by(strategy, request, seed);
    };
    Start& start = setup.start;
    start.session = core::IdSource().next();
    start.goal = *flow::Goal::parse("calm", 1);
    start.start = flow::Va{-.3, .5};
    start.seed = 11;
    start.fingerprint = fingerprint();
    start.wall_ns = core::wall_now_ns();
    start.sources = {{"wrist", flow::SourceKind::kBody}, {"face", flow::SourceKind::kFace}};
    start.view_hash = *keep_view(space->db(), *setup.world.view);
    setup.sources.push_back(std::make_unique<LateSource>());
    setup.recognisers.push_back(std::make_unique<affect::BodyRecogniser>("wrist", nullptr));
    for (const double t : {2.0, 4.0, 6.0, 9.0}) setup.script.push_back({Time{} + from_seconds(t), late_face(t, t - 1.7)});
    const auto command = [&](double t, flow::CommandKind kind) {
        flow::Command c;
        c.t = Time{} + from_seconds(t);
        c.kind = kind;
        setup.script.push_back({c.t, c});
    };
    command(3.0, flow::CommandKind::kHold);     // the plan that is late
    command(8.0, flow::CommandKind::kSkip);
    command(kLiveS, flow::CommandKind::kStop);
    play::PlayerConfig config;
    config.mode = play::RunMode::kLive;
    setup.player = *EnginePlayer::create(config, setup.profiles, std::make_unique<FlakySink>());
    setup.live = true;
    EXPECT_TRUE(begin_session(space->db(), start));
    EventWriter writer(*space->connect(), start.session);
    setup.sink = [&](const SessionEvent& event) { writer.push(event); };
    setup.keep_samples = [&](SampleSecond second) { return writer.keep(std::move(second), EventWriter::IfFull::kRefuse); };
    const std::string id = start.session.text();
    const auto result = run(std::move(setup));
    EXPECT_TRUE(result) << result.error().describe();
    EXPECT_TRUE(writer.flush());
    return id;
}

class Replayed : public testing::Test {
protected:
    void SetUp() override { attune_.take_data_of(test::scanned()); }
    std::unique_ptr<store::Connection> database() { return *store::Connection::open("sqlite:" + attune_.database().string()); }
    std::vector<SessionEvent> events(const std::string& id) {
        const auto db = database();
        return *read_events(*db, find_session(*db, id)->id);
    }
    std::string fast_session() {
        const auto done = attune_({"session", "run", "--goal", "calm", "--minutes", "4", "--sink", "null", "--fast", "--sense",
                                   "simulated:anxious?seed=3", "--seed", "1", "--json"});
        EXPECT_EQ(done.status, 0) << done.err;
        return done.json().at("session");
    }
    Attune attune_;
};

TEST_F(Replayed, ALiveSessionUnderLoadWithEverythingLateOrLostIsBitForBitInAnotherProcess) {
    std::string id;
    {
        const Load load;
        id = record_a_hard_session(attune_);
    }
    std::size_t missed = 0, faults = 0, lost = 0, late = 0;
    for (const SessionEvent& event : events(id)) {
        missed += std::holds_alternative<DeadlineMissed>(event.payload);
        faults += std::holds_alternative<Fault>(event.payload);
        if (const auto* change = std::get_if<SourceChange>(&event.payload)) lost += change->status == flow::SourceStatus::kLost;
        if (const auto* e = std::get_if<flow::Evidence>(&event.payload)) late += (event.t - e->t).seconds() > 1.5;
    }
    EXPECT_GE(missed, 1U) << "no deadline was missed: nothing is shown";
    EXPECT_GE(faults, 2U) << "the sound device went and came";
    EXPECT_EQ(lost, 1U);
    EXPECT_GE(late, 1U);
    for (const bool loaded : {false, true}) {
        const auto load = loaded ? std::make_unique<Load>() : nullptr;
        const auto done = attune_({"session", "replay", id, "--from-samples", "--json"});
        EXPECT_EQ(done.status, 0) << done.out << done.err;
        const auto report = done.json();
        EXPECT_EQ(report.at("identical"), true) << report.dump(2);
        EXPECT_EQ(report.at("from_samples").at("identical"), true) << report.dump(2);
        EXPECT_EQ(report.at("from_samples").at("complete"), true) << report.dump(2);
        EXPECT_GE(report.at("from_samples").at("compared").get<int>(), 5);
        EXPECT_EQ(report.at("same_arithmetic"), true);
        EXPECT_EQ(report.at("largest_difference"), 0.0);
        EXPECT_GE(report.at("plans").get<int>(), 2);
        EXPECT_GE(report.at("inputs").get<double>(), 2 * kLiveS);
    }
}

// ---- tampering ----

std::uint64_t a_rating(const std::vector<SessionEvent>& events) {
    for (const SessionEvent& event : events) {
        const auto* rating = std::get_if<flow::Rating>(&event.payload);
        if (rating != nullptr && rating->value) return event.seq;
    }
    ADD_FAILURE() << "no rating in the record";
    return 0;
}

TEST_F(Replayed, AnAlteredInputIsReportedAsTheFirstEventThatDiffers) {
    const std::string id = fast_session();
    const std::uint64_t seq = a_rating(events(id));
    {
        const auto db = database();
        const auto row = *db->query_one("SELECT payload FROM event WHERE seq = $1", {static_cast<std::int64_t>(seq)}, "event");
        store::Blob payload = row[0].blob();
        payload[payload.size() / 2] ^= 1;
        ASSERT_TRUE(db->execute("UPDATE event SET payload = $1 WHERE seq = $2", {payload, static_cast<std::int64_t>(seq)}));
    }
    const auto done = attune_({"session", "replay", id});
    EXPECT_EQ(done.status, 1);
    EXPECT_NE(done.err.find("event " + std::to_string(seq)), std::string::npos) << done.err;
}

/// Somebody who knows the format writes the whole chain anew: then the estimates give it away.
TEST_F(Replayed, AnAlteredInputUnderANewChainIsFoundByWhatFollowsFromIt) {
    const std::string id = fast_session();
    auto forged = events(id);
    const std::uint64_t seq = a_rating(forged);
    std::get<flow::Rating>(forged[seq - 1].payload).value->valence -= .05;
    {
        const auto db = database();
        const Start start = std::get<Start>(forged.front().payload);
        ASSERT_TRUE(delete_session(*db, start.session));
        ASSERT_TRUE(begin_session(*db, start));
        ASSERT_TRUE(append_events(*db, start.session, forged));
    }
    const auto done = attune_({"session", "replay", id, "--json"});
    EXPECT_EQ(done.status, 1);
    const auto report = done.json();
    EXPECT_EQ(report.at("identical"), false);
    EXPECT_GT(report.at("first_difference").get<std::uint64_t>(), seq);
    EXPECT_LE(report.at("first_difference").get<std::uint64_t>(), seq + 8);
    EXPECT_GT(report.at("largest_difference").get<double>(), 0.0);
}

TEST_F(Replayed, ADeletedOrMovedEventIsDetectedAndNamed) {
    const std::string id = fast_session();
    const auto copy = attune_.file("whole");
    std::filesystem::copy(attune_.data(), copy, std::filesystem::copy_options::recursive);
    const auto expect_broken_at = [&](const char* event) {
        const auto done = attune_({"session", "replay", id});
        EXPECT_EQ(done.status, 1);
        EXPECT_NE(done.err.find(event), std::string::npos) << done.err;
        std::filesystem::remove_all(attune_.data());
        std::filesystem::copy(copy, attune_.data(), std::filesystem::copy_options::recursive);
    };
    ASSERT_TRUE(database()->execute("DELETE FROM event WHERE seq = 40"));
    expect_broken_at("event 40");
    ASSERT_TRUE(database()->execute("DELETE FROM event WHERE seq = (SELECT MAX(seq) FROM event)"));
    expect_broken_at("end");
    for (const auto& [from, to] : {std::pair{50, 100000}, {52, 50}, {100000, 52}}) {
        ASSERT_TRUE(database()->execute("UPDATE event SET seq = $1 WHERE seq = $2", {to, from}));
    }
    expect_broken_at("event 50");
}

// ---- from samples ----

TEST_F(Replayed, FromItsSamplesASimulatedSessionAndOneOfARecordingOfItAreTheSameToTheBit) {
    const std::string simulated = fast_session();
    const auto shown = attune_({"session", "show", simulated, "--samples", attune_.file("recording").string()});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_GT(shown.json().at("samples").at("seconds").get<int>(), 200);
    EXPECT_GT(shown.json().at("samples").at("bytes").get<int>(), 10'000);
    const auto run = attune_({"session", "run", "--goal", "calm", "--minutes", "4", "--sink", "null", "--fast", "--sense",
                              "replay:" + attune_.file("recording").string(), "--seed", "1", "--json"});
    ASSERT_EQ(run.status, 0) << run.err;
    const std::string of_recording = run.json().at("session");
    for (const std::string& id : {simulated, of_recording}) {
        const auto done = attune_({"session", "replay", id, "--from-samples", "--json"});
        EXPECT_EQ(done.status, 0) << done.out << done.err;
        const auto report = done.json().at("from_samples");
        EXPECT_EQ(report.at("identical"), true) << report.dump(2);
        EXPECT_EQ(report.at("complete"), true) << report.dump(2);
        EXPECT_GT(report.at("compared").get<int>(), 200);
        EXPECT_EQ(report.at("largest_difference"), 0.0);
    }
    EXPECT_TRUE(attune_({"session", "replay", simulated, "--json"}).json().at("from_samples").is_null());
}

TEST_F(Replayed, AStoredSampleThatWasAlteredIsReportedWithItsSecond) {
    const std::string id = fast_session();
    {
        const auto db = database();
        const auto row = *db->query_one("SELECT payload FROM session_sample WHERE chunk = $1", {77}, "row");
        store::Blob payload = row[0].blob();
        payload[payload.size() / 2] ^= 1;
        ASSERT_TRUE(db->execute("UPDATE session_sample SET payload = $1 WHERE chunk = $2", {payload, 77}));
    }
    const auto done = attune_({"session", "replay", id, "--from-samples"});
    EXPECT_EQ(done.status, 1);
    EXPECT_NE(done.err.find("second 77"), std::string::npos) << done.err;
    EXPECT_EQ(attune_({"session", "replay", id}).status, 0) << "the record itself is whole";
}

TEST_F(Replayed, ASessionWhoseSamplesAreNotThereAnyMoreSaysSoAndEndsWithThree) {
    const std::string id = fast_session();
    {
        const auto db = database();
        const auto row = *find_session(*db, id);
        const auto kept = *kept_samples(*db, row.id);
        for (const KeptSamples& of : kept) ASSERT_TRUE(erase_samples(*db, row.id, of.source, core::wall_now_ns()));
    }
    const auto done = attune_({"session", "replay", id, "--from-samples", "--json"});
    EXPECT_EQ(done.status, 3) << done.out;
    EXPECT_EQ(done.json().at("identical"), true);
    EXPECT_EQ(done.json().at("from_samples").at("sources").at(0).at("not_recomputed"), "erased");
    const auto show = attune_({"session", "show", id});
    EXPECT_FALSE(show.json().at("samples").at("sources").at(0).at("erased_at").is_null());
}

// ---- other arithmetic ----

TEST_F(Replayed, UnderOtherArithmeticItSaysSoAndShowsEqualDecisionsAndTheLargestDifference) {
    const std::string id = fast_session();
    const auto other = [] { setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4,-AVX2_Usable,-FMA_Usable", 1); };
    const auto done = attune_({"session", "replay", id, "--from-samples", "--json"}, other);
    const auto report = done.json();
    EXPECT_EQ(done.status, 0) << done.out << done.err;
    EXPECT_EQ(report.at("from_samples").at("equal_answers"), true) << report.dump(2);
    EXPECT_LE(report.at("from_samples").at("largest_difference").get<double>(), 1e-9);
    EXPECT_EQ(report.at("equal_decisions"), true) << report.dump(2);
    EXPECT_LE(report.at("largest_difference").get<double>(), 1e-9);
    if (report.at("same_arithmetic") == true) {
        // This processor or libm does the same with and without: then it must be the same to the bit.
        EXPECT_EQ(report.at("identical"), true);
        GTEST_SKIP() << "libm gives the same bits without FMA and AVX2 here";
    }
    const auto text = attune_({"session", "replay", id}, other);
    EXPECT_NE(text.out.find("other arithmetic"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("largest difference"), std::string::npos) << text.out;
}

}  // namespace
}  // namespace attune::session
