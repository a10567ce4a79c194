// SPDX-License-Identifier: GPL-3.0-or-later
// Threads: the conductor posts and polls; the engine thread renders and fills the ring; the sink's
// thread empties it. The engine thread waits for nobody but the clock.
#include "play/player.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>

#include "play/output_stage.hpp"
#include "play/realtime.hpp"

namespace attune::play {
namespace {

constexpr std::size_t kBlock = 960;  // 20 ms: what lies ahead grows by whole ones
constexpr std::size_t kMostBlocks = 3;   // at once, before the sink sees them
constexpr int kMostAhead_ms = 400;
// A machine that pauses stops the engine and the sink together, and a paced sink then takes at once what it missed.
// Seen once, a pause comes again, and longer: room for twice the longest (the sink's sleep hides up to 20 ms of it), beside
// the engine's sleep, a block of each and the reserve.
constexpr double kBesidePause_ms = 130.0;
constexpr std::size_t kTight = 960;       // less than this left when the engine wakes: whatever it was, it was late
constexpr double kNoPause_ms = 10.0;      // a wake-up is never exact
constexpr double kLateCall_ms = 30.0;
constexpr std::int64_t kOfflineBlock = 4800;
constexpr int kPausesAhead = 3;  // waking up costs more than the music: the engine sleeps for a third of what lies ahead
constexpr int kMostPause_ms = 40;
constexpr auto kFirstItemWait = std::chrono::seconds(2);
constexpr auto kOfflineWait = std::chrono::seconds(20);
constexpr std::int64_t kSettle_ns = 2'000'000'000;
constexpr double kTurnDownFrom = 0.9;         // of the allowance
constexpr double kTurnDown_db = -20.0;        // at its end
// What is heard of a second is counted a while after it was rendered: turned down at a frame that
// every way to run still has before it.
constexpr std::int64_t kDoseLead = 48000;
constexpr double kNoticeableShare_db = 0.25;  // steps of the turning down

using SteadyNow = std::chrono::steady_clock;

double microseconds_since(SteadyNow::time_point t) {
    return std::chrono::duration<double, std::micro>(SteadyNow::now() - t).count();
}

/// Counters that the sink's thread writes and anybody reads.
struct CallbackStats {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<double> worst_us{0.0}, worst_gap_ms{0.0}, worst_late_ms{0.0};
    std::atomic<std::uint64_t> late{0};
    std::atomic<std::int64_t> first_ns{-1}, last_ns{-1}, last_taken{0};
    std::atomic<std::int64_t> pulled{0};  ///< between the first and the last callback
    bool settled = false;                 ///< the sink thread's, as is last_block
    std::int64_t last_block = 0;          ///< the sink thread's
};

}  // namespace

struct Player::State final : Puller {
    State(const PlayerConfig& c, core::Clock& k)
        : config(c), clock(k), ring(static_cast<std::size_t>(kMostAhead_ms) * 48 + 1024),
          stage(ring, c.engine.timeline.stop_fade_s) {}

    PlayerConfig config;
    core::Clock& clock;
    std::vector<std::unique_ptr<Item>> items;  ///< everything ever given: the engine borrows, and ends first
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Sink> sink;
    std::unique_ptr<media::AudioWriter> writer;
    DoseLedger dose;
    double dose_gain_db = 0.0, dose_elsewhere = 0.0;
    bool told_dose = false, sink_was_lost = false;
    std::vector<flow::Heard> waiting;  ///< live: not yet in the air
    std::vector<Event> own_events;
    core::SpscRing<Frame> ring;
    OutputStage stage;
    CallbackStats stats;
    std::atomic<bool> quit{false};
    std::atomic<double> worst_block_ms{0.0}, worst_pause_ms{0.0}, ahead_ms{0.0};
    std::atomic<std::size_t> lowest_fill{SIZE_MAX};
    std::thread thread;
    struct {
        std::array<float, kMostBlocks * kBlock> left{}, right{};
        std::array<Frame, kMostBlocks * kBlock> frames{};
    } block;  ///< the engine thread's
    bool started = false;
    std::atomic<bool> stop_wanted{false};

    void pull(std::span<float> left, std::span<float> right) noexcept override;
    bool ready(std::size_t frames) const noexcept override { return !stage.dry_for(frames); }
    void run();
    void render_ahead(std::size_t n, bool& primed);
    void deepen(double late_ms);
    [[nodiscard]] Result<void> step_to(std::int64_t frame);
    [[nodiscard]] Result<void> render_to(std::int64_t frame);
    [[nodiscard]] Result<void> write(std::span<const float> left, std::span<const float> right);
    std::size_t unwritten_delay = TruePeakLimiter::latency();
    void count_dose(const Exposure& e);
    [[nodiscard]] std::int64_t utc_of(std::int64_t frame) const;
    [[nodiscard]] Time time_of(std::int64_t frame) const;
    [[nodiscard]] bool post(const Message& m);
    [[nodiscard]] Result<void> prepare(Item& item);
};

// ---- the sink's thread

void Player::State::pull(std::span<float> left, std::span<float> right) noexcept {
    const std::int64_t now_ns = clock.now().ns;
    const std::size_t fill = ring.size();
    stage.pull(left, right);
    const std::int64_t before = stats.last_ns.load(std::memory_order_relaxed);
    if (before >= 0) {
        const double gap = static_cast<double>(now_ns - before) * 1e-6;
        if (gap > stats.worst_gap_ms.load(std::memory_order_relaxed))
            stats.worst_gap_ms.store(gap, std::memory_order_relaxed);
        const double late = gap - static_cast<double>(stats.last_block) / 48.0;
        if (late > kLateCall_ms) stats.late.fetch_add(1, std::memory_order_relaxed);
        if (late > stats.worst_late_ms.load(std::memory_order_relaxed))
            stats.worst_late_ms.store(late, std::memory_order_relaxed);
        if (stage.taken() > kEngineRate.hz && fill < lowest_fill.load(std::memory_order_relaxed))
            lowest_fill.store(fill, std::memory_order_relaxed);
    } else {
        stats.first_ns.store(now_ns, std::memory_order_relaxed);
    }
    stats.last_ns.store(now_ns, std::memory_order_relaxed);
    stats.last_taken.store(stage.taken(), std::memory_order_relaxed);
    if (before >= 0) stats.pulled.fetch_add(stats.last_block, std::memory_order_relaxed);
    if (!stats.settled && now_ns - stats.first_ns.load(std::memory_order_relaxed) > kSettle_ns) {
        stats.settled = true;  // a sink fills its buffer first: that is no drift
        stats.first_ns.store(now_ns, std::memory_order_relaxed);
        stats.pulled.store(0, std::memory_order_relaxed);
    }
    stats.last_block = static_cast<std::int64_t>(left.size());
    stats.calls.fetch_add(1, std::memory_order_relaxed);
    const double us = static_cast<double>(clock.now().ns - now_ns) * 1e-3;
    if (us > stats.worst_us.load(std::memory_order_relaxed))
        stats.worst_us.store(us, std::memory_order_relaxed);
}

// ---- the engine thread

void Player::State::render_ahead(std::size_t n, bool& primed) {
    const auto left = std::span(block.left).first(n), right = std::span(block.right).first(n);
    const auto frames = std::span(block.frames).first(n);
    const auto begin = SteadyNow::now();
    engine->render(left, right);
    const double ms = microseconds_since(begin) * 1e-3;
    if (primed && ms > worst_block_ms.load(std::memory_order_relaxed))
        worst_block_ms.store(ms, std::memory_order_relaxed);
    primed = true;
    for (std::size_t k = 0; k < n; ++k) frames[k] = {left[k], right[k]};
    ring.push(frames);
    stage.expect_end(engine->ended());
}

void Player::State::run() {
    name_thread("play engine");
    raise_priority();
    const auto give_up = SteadyNow::now() + kFirstItemWait;
    while (!quit.load() && !engine->ready(kOfflineBlock) && SteadyNow::now() < give_up)
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const auto pause = std::chrono::milliseconds(std::min(config.ahead_ms / kPausesAhead, kMostPause_ms));
    bool primed = false;
    ahead_ms.store(config.ahead_ms);
    auto looked = SteadyNow::now();
    while (!quit.load()) {
        const auto target = static_cast<std::size_t>(ahead_ms.load(std::memory_order_relaxed) * 48.0);
        for (std::size_t there = ring.size(); there + kBlock <= target && !quit.load(); there = ring.size())
            render_ahead(std::min((target - there) / kBlock, kMostBlocks) * kBlock, primed);
        std::this_thread::sleep_for(pause);
        const double since_ms = microseconds_since(looked) * 1e-3;
        looked = SteadyNow::now();
        if (stage.taken() > kEngineRate.hz) deepen(since_ms - std::chrono::duration<double, std::milli>(pause).count());
    }
}

/// The engine thread came `late_ms` later than it wanted, the sink perhaps later: it plays as far ahead as the next
/// such pause asks for.
void Player::State::deepen(double late_ms) {
    const double ahead = ahead_ms.load(std::memory_order_relaxed);
    double wanted = ring.size() < kTight ? ahead + kBlock / 48.0 : ahead;
    late_ms = std::max(late_ms, stats.worst_late_ms.load(std::memory_order_relaxed));
    if (late_ms >= kNoPause_ms && late_ms > worst_pause_ms.load(std::memory_order_relaxed)) {
        worst_pause_ms.store(late_ms, std::memory_order_relaxed);
        if (!sink->waits()) wanted = std::max(wanted, 2.0 * late_ms + kBesidePause_ms);
    }
    ahead_ms.store(std::min(wanted, static_cast<double>(config.most_ahead_ms)), std::memory_order_relaxed);
}

// ---- the control side

bool Player::State::post(const Message& m) {
    for (int tries = 0; tries < 200; ++tries) {
        if (engine->post(m)) return true;
        if (config.mode != RunMode::kLive || !started) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

/// A live source's own preparation, where it is to sound.
Result<void> Player::State::prepare(Item& item) {
    if (item.source == nullptr || !config.engine.samples) return {};
    return item.source->prepare(kGrid);
}

std::int64_t Player::State::utc_of(std::int64_t frame) const {
    return config.utc_at_start_s + static_cast<std::int64_t>(time_of(frame).seconds());
}

Time Player::State::time_of(std::int64_t frame) const {
    if (config.mode != RunMode::kLive)
        return config.start + from_seconds(static_cast<double>(frame) / kEngineRate.hz);
    const std::int64_t at = stats.last_ns.load(std::memory_order_relaxed);
    const std::int64_t taken = stats.last_taken.load(std::memory_order_relaxed);
    const double ahead =
        static_cast<double>(frame - taken + TruePeakLimiter::latency()) / kEngineRate.hz;
    return Time{at >= 0 ? at : clock.now().ns} +
           from_seconds(ahead + (sink ? sink->latency_s() : 0.0));
}

void Player::State::count_dose(const Exposure& e) {
    const std::int64_t utc = utc_of(e.engine_frame);
    dose.add(utc, e.seconds, e.dba);
    const double share = std::max(dose.share(utc), dose_elsewhere);
    const double wanted =
        share <= kTurnDownFrom
            ? 0.0
            : kTurnDown_db * std::min(1.0, (share - kTurnDownFrom) / (1.0 - kTurnDownFrom));
    if (std::abs(wanted - dose_gain_db) < kNoticeableShare_db && wanted != 0.0) return;
    if (wanted == dose_gain_db) return;
    dose_gain_db = wanted;
    (void)post({Message::Kind::kControl, nullptr, {ControlKind::kDoseGain, wanted, 3.0, e.engine_frame + kDoseLead}});
    if (wanted < 0.0 && !told_dose) {
        told_dose = true;
        own_events.push_back({EventKind::kDoseLow, {e.engine_frame}, {}, ErrorCode::kRefused});
    }
}

Result<void> Player::State::step_to(std::int64_t frame) {
    engine->step(frame - engine->frame());
    return {};
}

/// The limiter's delay is left out, so that frame 0 of the file is frame 0 of the engine.
Result<void> Player::State::write(std::span<const float> left, std::span<const float> right) {
    const auto drop = std::min<std::size_t>(unwritten_delay, left.size());
    unwritten_delay -= drop;
    if (!writer || drop == left.size()) return {};
    return writer->write(left.subspan(drop), right.subspan(drop));
}

Result<void> Player::State::render_to(std::int64_t frame) {
    std::vector<float> left(static_cast<std::size_t>(kOfflineBlock)), right(left.size());
    std::vector<Frame> frames(left.size());
    while (engine->frame() < frame && !engine->ended()) {
        const auto n = static_cast<std::size_t>(std::min(kOfflineBlock, frame - engine->frame()));
        const auto give_up = SteadyNow::now() + kOfflineWait;
        while (!engine->ready(static_cast<std::int64_t>(n)) && SteadyNow::now() < give_up)
            std::this_thread::sleep_for(std::chrono::microseconds(300));
        const auto l = std::span(left).first(n), r = std::span(right).first(n);
        engine->render(l, r);
        for (std::size_t k = 0; k < n; ++k) frames[k] = {l[k], r[k]};
        ring.push(std::span(frames).first(n));
        stage.expect_end(true);
        stage.pull(l, r);
        ATTUNE_CHECK(write(l, r));
    }
    return {};
}

Player::Player(std::unique_ptr<State> state) : state_(std::move(state)) {}

Player::~Player() {
    if (!state_) return;
    if (state_->sink) state_->sink->stop();
    state_->quit.store(true);
    if (state_->thread.joinable()) state_->thread.join();
}

Result<std::unique_ptr<Player>> Player::create(const PlayerConfig& config, core::Clock& clock,
                                               std::unique_ptr<Sink> sink) {
    if (config.ahead_ms < 20 || config.ahead_ms > kMostAhead_ms)
        return fail(ErrorCode::kBadArgument,
                    "ahead_ms is " + std::to_string(config.ahead_ms) + "; 20..400 ms are allowed");
    if (config.most_ahead_ms < config.ahead_ms || config.most_ahead_ms > kMostAhead_ms)
        return fail(ErrorCode::kBadArgument,
                    "most_ahead_ms is " + std::to_string(config.most_ahead_ms) + "; ahead_ms..400 ms are allowed");
    if ((config.mode == RunMode::kLive) != (sink != nullptr))
        return fail(ErrorCode::kBadArgument, "a sink belongs to the live mode, and only to it");
    PlayerConfig c = config;
    c.engine.samples = c.mode != RunMode::kTimeline;
    auto s = std::make_unique<State>(c, clock);
    s->dose = config.dose;
    ATTUNE_TRY(s->engine, Engine::create(c.engine));
    s->sink = std::move(sink);
    if (!c.file.empty()) {
        ATTUNE_TRY(s->writer, media::AudioWriter::create(c.file, kEngineRate.hz, 2, c.file_tags));
    }
    return std::unique_ptr<Player>(new Player(std::move(s)));
}

Result<void> Player::enqueue(std::unique_ptr<Item> item) {
    State& s = *state_;
    ATTUNE_CHECK(s.prepare(*item));
    if (!s.post({Message::Kind::kItem, item.get(), {}}))
        return fail(ErrorCode::kBusy, "the engine takes no more items now (1024 messages wait)",
                    item->plan.id.text());
    s.items.push_back(std::move(item));
    return {};
}

Result<void> Player::replace_queue(std::vector<std::unique_ptr<Item>> items, std::int64_t at,
                                   bool cut) {
    State& s = *state_;
    Result<void> prepared;
    std::size_t n = 0;
    for (; n < items.size(); ++n) {
        prepared = s.prepare(*items[n]);
        if (!prepared) break;
        if (n > 0) items[n - 1]->next = items[n].get();
    }
    const Item* first = n > 0 ? items.front().get() : nullptr;
    if (!s.post({Message::Kind::kAdopt, nullptr, {}, {first, at, cut && first != nullptr}}))
        return fail(ErrorCode::kBusy, "the engine takes no messages now", "");
    items.resize(n);
    std::move(items.begin(), items.end(), std::back_inserter(s.items));
    return prepared;
}

void Player::control(const Control& c) {
    if (c.kind == ControlKind::kStop) state_->stage.stop();
    if (c.kind == ControlKind::kUnstop) state_->stage.unstop();
    (void)state_->post({Message::Kind::kControl, nullptr, c});
}

void Player::stop() noexcept {
    state_->stage.stop();
    state_->stop_wanted.store(true);
}

Result<void> Player::start() {
    State& s = *state_;
    if (s.config.mode != RunMode::kLive || s.started) return {};
    s.started = true;
    s.thread = std::thread([&s] { s.run(); });
    return s.sink->start(s);
}

Result<void> Player::advance_to(Time t) {
    State& s = *state_;
    if (s.config.mode == RunMode::kLive) return {};
    const std::int64_t until = kEngineRate.frames((t - s.config.start).seconds()).value;
    return s.config.mode == RunMode::kTimeline ? s.step_to(until) : s.render_to(until);
}

Result<void> Player::finish() {
    State& s = *state_;
    if (!s.writer) return {};
    std::vector<float> left(TruePeakLimiter::latency()), right(left.size());
    s.stage.pull(left, right);  // what still lies in the limiter
    ATTUNE_CHECK(s.write(left, right));
    return s.writer->finish();
}

News Player::poll() {
    State& s = *state_;
    News news;
    if (s.stop_wanted.exchange(false))
        (void)s.post({Message::Kind::kControl, nullptr, {ControlKind::kStop, 0.0, 0.0, -1}});
    Exposure e;
    while (s.engine->take(e)) {
        s.count_dose(e);
        news.exposures.push_back(e);
    }
    Event event;
    while (s.engine->take(event)) news.events.push_back(event);
    Join join;
    while (s.engine->take(join)) news.joins.push_back(join);
    flow::Heard h;
    while (s.engine->take(h)) s.waiting.push_back(h);
    const std::int64_t now_ns = s.clock.now().ns;
    std::size_t given = 0;
    for (; given < s.waiting.size(); ++given) {
        flow::Heard& x = s.waiting[given];
        x.t = s.time_of(x.frame.value);
        if (s.config.mode == RunMode::kLive && x.t.ns > now_ns) break;
        news.heard.push_back(x);
    }
    s.waiting.erase(s.waiting.begin(), s.waiting.begin() + static_cast<std::ptrdiff_t>(given));
    if (s.sink && s.sink->lost() != s.sink_was_lost) {
        s.sink_was_lost = !s.sink_was_lost;
        s.own_events.push_back({s.sink_was_lost ? EventKind::kSinkLost : EventKind::kSinkBack,
                                {s.engine->heard_frame()},
                                {},
                                ErrorCode::kUnavailable});
    }
    news.events.insert(news.events.end(), s.own_events.begin(), s.own_events.end());
    s.own_events.clear();
    return news;
}

bool Player::ended() const noexcept { return state_->engine->ended(); }
bool Player::silent() const noexcept { return state_->stage.silent(); }
const DoseLedger& Player::dose() const { return state_->dose; }
void Player::dose_is_at_least(double share) { state_->dose_elsewhere = share; }
Time Player::time_of(FramePos frame) const { return state_->time_of(frame.value); }
std::int64_t Player::frame() const noexcept { return state_->engine->heard_frame(); }

Telemetry Player::telemetry() const {
    const State& s = *state_;
    Telemetry t;
    t.sink = s.sink ? s.sink->name() : s.config.mode == RunMode::kTimeline ? "timeline" : "file";
    t.underruns = s.stage.underruns();
    t.callbacks = s.stats.calls.load();
    t.worst_callback_us = s.stats.worst_us.load();
    t.worst_gap_ms = s.stats.worst_gap_ms.load();
    t.worst_block_ms = s.worst_block_ms.load();
    t.late_calls = s.stats.late.load();
    t.worst_pause_ms = s.worst_pause_ms.load();
    t.ahead_ms = s.ahead_ms.load();
    t.buffer_ms = static_cast<double>(s.ring.size()) / 48.0;
    const std::size_t lowest = s.lowest_fill.load();
    t.lowest_buffer_ms = lowest == SIZE_MAX ? 0.0 : static_cast<double>(lowest) / 48.0;
    t.decoded_ahead_s = s.engine->buffered_s();
    const double elapsed =
        static_cast<double>(s.stats.last_ns.load() - s.stats.first_ns.load()) * 1e-9;
    const auto pulled = static_cast<double>(s.stats.pulled.load());
    if (elapsed > 10.0) t.clock_drift_ppm = (pulled / kEngineRate.hz / elapsed - 1.0) * 1e6;
    t.sink_latency_s = s.sink ? s.sink->latency_s() : 0.0;
    t.limiter_db = s.stage.limited_db();
    t.dose_share = std::max(s.dose.share(s.utc_of(s.engine->heard_frame())), s.dose_elsewhere);
    t.output_calibrated = s.config.engine.output.calibrated;
    t.frame = s.engine->heard_frame();
    t.lost_messages = s.engine->lost_messages();
    return t;
}

}  // namespace attune::play
