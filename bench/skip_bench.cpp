// SPDX-License-Identifier: GPL-3.0-or-later
// From a listener's "skip" to other music: a live session over real files, whose sink takes every sample at the pace of
// the clock and hears which track sounds. Each file is a tone of its own. The time counts from the press (of a page's
// button; or of `session tell ID skip`, whose letter goes by the database) to the first sample handed to the sink in
// which another tone is a hundredth of what sounds (-20 dB: other music begins), and to the block in which it is the
// louder one. The device's own latency comes on top. JSON Lines on stdout; no bound: it prints.
//   skip_bench [SKIPS=50] [SECONDS BETWEEN=3]
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <numbers>
#include <thread>
#include <vector>

#include <time.h>
#include <unistd.h>

#include "library/simulated_library.hpp"
#include "media/encoder.hpp"
#include "session/engine_player.hpp"
#include "session/mailbox.hpp"
#include "session/record.hpp"
#include "session/runner.hpp"
#include "session/space.hpp"

namespace attune::session {
namespace {

constexpr int kRate = 48000, kTones = 48, kBlock = play::kSinkFrames;
constexpr double kAudible = .01;   // of the power: -20 dB

double now_s() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// A multiple of 50 Hz has whole periods in a block of 20 ms: one tone says nothing about another.
double tone_hz(int tone) { return 300.0 + 100.0 * tone; }

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "skip_bench: %s\n", what.c_str());
    std::exit(1);
}

void write_tone(const std::filesystem::path& file, int tone, int seconds) {
    std::vector<float> x(static_cast<std::size_t>(kRate) * static_cast<std::size_t>(seconds));
    for (std::size_t k = 0; k < x.size(); ++k)
        x[k] = .1F * static_cast<float>(std::sin(2.0 * std::numbers::pi * tone_hz(tone) * static_cast<double>(k) / kRate));
    auto writer = media::AudioWriter::create(file.string(), kRate, 2);
    if (!writer || !(*writer)->write(x, x) || !(*writer)->finish()) give_up("cannot write " + file.string());
}

/// What sounds, block by block.
struct Block {
    double at_s = 0.0;   ///< handed to the sink
    std::array<double, kTones> power{};
};

/// A sink that keeps what it gets. Blocks are kept for a reader that comes when the session is over.
class Ear final : public play::Sink {
public:
    explicit Ear(std::vector<Block>& heard) : heard_(heard) {}
    ~Ear() override { stop(); }
    Result<void> start(play::Puller& puller) override {
        thread_ = std::thread([this, &puller] { listen(puller); });
        return {};
    }
    void stop() noexcept override {
        quit_.store(true);
        if (thread_.joinable()) thread_.join();
    }
    std::string name() const override { return "ear"; }
    double latency_s() const noexcept override { return static_cast<double>(kBlock) / kRate; }

private:
    void listen(play::Puller& puller) {
        std::vector<float> left(kBlock), right(kBlock);
        double next = now_s();
        while (!quit_.load()) {
            puller.pull(left, right);
            heard_.push_back(analysed(left, now_s()));
            next += static_cast<double>(kBlock) / kRate;
            if (const double left_s = next - now_s(); left_s > 0.0) std::this_thread::sleep_for(std::chrono::duration<double>(left_s));
        }
    }

    static Block analysed(const std::vector<float>& x, double at_s) {
        Block block;
        block.at_s = at_s;
        for (int tone = 0; tone < kTones; ++tone) {   // Goertzel
            const double c = 2.0 * std::cos(2.0 * std::numbers::pi * tone_hz(tone) / kRate);
            double a = 0.0, b = 0.0;
            for (const float v : x) {
                const double s = static_cast<double>(v) + c * a - b;
                b = a;
                a = s;
            }
            block.power[static_cast<std::size_t>(tone)] = a * a + b * b - c * a * b;
        }
        return block;
    }

    std::vector<Block>& heard_;
    std::atomic<bool> quit_{false};
    std::thread thread_;
};

int loudest(const Block& b) { return static_cast<int>(std::max_element(b.power.begin(), b.power.end()) - b.power.begin()); }

struct Latency {
    double begins_s = 0.0, louder_s = 0.0;
};

/// Of one press; what sounded then is the tone that was loudest in the block before it. Nothing if no other tone is the
/// louder one before `until_s`.
std::optional<Latency> latency_of(const std::vector<Block>& heard, double pressed_s, double until_s) {
    const auto after = std::find_if(heard.begin(), heard.end(), [&](const Block& b) { return b.at_s >= pressed_s; });
    if (after == heard.begin() || after == heard.end()) return std::nullopt;
    const int old = loudest(*(after - 1));
    std::optional<double> begins;
    for (auto b = after; b != heard.end() && b->at_s < until_s; ++b) {
        double other = 0.0;
        for (int tone = 0; tone < kTones; ++tone)
            if (tone != old) other = std::max(other, b->power[static_cast<std::size_t>(tone)]);
        if (!begins && other > kAudible * b->power[static_cast<std::size_t>(old)]) begins = b->at_s - pressed_s;
        if (begins && loudest(*b) != old) return Latency{*begins, b->at_s - pressed_s};
    }
    return std::nullopt;
}

int tone_of(const World& world, const ContentKey& track) { return static_cast<int>(*world.view->row(track)) % kTones; }

/// A made-up library whose tracks all lead to one of the tones.
class Shelf {
public:
    explicit Shelf(const std::filesystem::path& dir) {
        constexpr int kSeconds = 30;
        for (int tone = 0; tone < kTones; ++tone) write_tone(file_of(dir, tone), tone, kSeconds);
        world.view = library_.view();
        world.index = std::make_shared<choose::TrackIndex>(*world.view);
        for (std::size_t i = 0; i < library_.size(); ++i) {
            auto profile = std::make_shared<flow::TrackProfile>(library_.profile(i));
            profile->path = file_of(dir, tone_of(world, profile->key)).string();
            profile->source_rate_hz = kRate;
            profile->frames = kRate * kSeconds;
            profile->duration_s = kSeconds;
            profiles_[profile->key] = profile;
        }
    }
    [[nodiscard]] ProfilePtr profile(const ContentKey& key) const {
        const auto at = profiles_.find(key);
        return at == profiles_.end() ? nullptr : at->second;
    }
    World world;

private:
    static std::filesystem::path file_of(const std::filesystem::path& dir, int tone) {
        return dir / (std::to_string(tone) + ".flac");
    }
    library::SimulatedLibrary library_{2000, 1};
    std::map<ContentKey, ProfilePtr> profiles_;
};

enum class By { kButton, kLetter };

Payload command(flow::CommandKind kind) {
    flow::Command c;
    c.kind = kind;
    c.id = core::IdSource().next();
    return c;
}

struct Skips {
    std::vector<Latency> heard;
    int same_tone = 0;   ///< neighbours that cannot be told apart
};

/// One live session that is skipped through.
Skips skip_through(const Shelf& shelf, Space& space, By by, int skips, double between_s) {
    RunSetup setup;
    setup.start.session = core::IdSource().next();
    setup.start.goal = *flow::Goal::parse("calm", 60);
    setup.start.start = flow::Va{-.4, .6};
    setup.start.seed = 1;
    setup.world = shelf.world;
    setup.profiles = [&](const ContentKey& key) { return shelf.profile(key); };
    std::vector<Block> heard;
    heard.reserve(1'000'000);
    play::PlayerConfig config;
    config.mode = play::RunMode::kLive;
    auto player = EnginePlayer::create(config, setup.profiles, std::make_unique<Ear>(heard));
    if (!player) give_up(player.error().describe());
    setup.player = *std::move(player);
    setup.live = true;
    Inbox inbox;
    setup.inbox = &inbox;
    Skips out;
    ContentKey playing;
    setup.sink = [&](const SessionEvent& event) {
        const auto* news = std::get_if<flow::Heard>(&event.payload);
        if (news == nullptr || news->track.none() || news->track == playing) return;
        out.same_tone += !playing.none() && tone_of(shelf.world, news->track) == tone_of(shelf.world, playing);
        playing = news->track;
    };
    const Id id = setup.start.session;
    if (const auto ok = begin_session(space.db(), setup.start); !ok) give_up(ok.error().describe());
    MailReader mail(*space.connect(), id, inbox, space.seal());
    const auto row = find_session(space.db(), id.text());
    if (!row) give_up(row.error().describe());
    std::vector<double> pressed;
    std::thread finger([&] {
        const auto db = space.connect();
        std::this_thread::sleep_for(std::chrono::seconds(4));
        for (int k = 0; k < skips; ++k) {
            std::this_thread::sleep_for(std::chrono::duration<double>(between_s + .037 * (k % 27)));   // any moment of a second
            pressed.push_back(now_s());
            if (by == By::kButton) inbox.push({command(flow::CommandKind::kSkip), "local", flow::Origin::kLive});
            else if (const auto ok = tell(**db, *row, command(flow::CommandKind::kSkip), "local", space.seal()); !ok) give_up(ok.error().describe());
        }
        std::this_thread::sleep_for(std::chrono::duration<double>(between_s + 1.0));
        inbox.push({command(flow::CommandKind::kStop), "local", flow::Origin::kLive});
    });
    const auto result = run(std::move(setup));
    finger.join();
    if (!result) give_up(result.error().describe());
    for (std::size_t k = 0; k < pressed.size(); ++k) {
        const double until_s = k + 1 < pressed.size() ? pressed[k + 1] : 1e18;
        if (const auto latency = latency_of(heard, pressed[k], until_s)) out.heard.push_back(*latency);
    }
    return out;
}

/// After some thirty skips a listener likes nothing any more, and the planner keeps silent: a session has 25.
constexpr int kASession = 25;

void measure(const char* by, const Shelf& shelf, Space& space, By how, int skips, double between_s) {
    Skips result;
    for (int left = skips; left > 0; left -= kASession) {
        const Skips one = skip_through(shelf, space, how, std::min(left, kASession), between_s);
        result.heard.insert(result.heard.end(), one.heard.begin(), one.heard.end());
        result.same_tone += one.same_tone;
    }
    const std::vector<Latency>& all = result.heard;
    if (all.empty()) give_up("no skip was heard");
    const auto sorted = [&](double Latency::*part) {
        std::vector<double> x;
        for (const Latency& l : all) x.push_back(1000.0 * l.*part);
        std::sort(x.begin(), x.end());
        return x;
    };
    const auto begins = sorted(&Latency::begins_s), louder = sorted(&Latency::louder_s);
    double load = 0.0;
    (void)getloadavg(&load, 1);
    std::printf("{\"skip\":\"%s\",\"skips\":%d,\"heard\":%zu,\"same_tone\":%d,\"begins_ms\":{\"median\":%.0f,\"worst\":%.0f},"
                "\"louder_ms\":{\"median\":%.0f,\"worst\":%.0f},\"load\":%.1f}\n",
                by, skips, all.size(), result.same_tone, begins[begins.size() / 2], begins.back(), louder[louder.size() / 2], louder.back(), load);
    std::fflush(stdout);
}

}  // namespace
}  // namespace attune::session

int main(int argc, char** argv) {
    using namespace attune::session;
    const int skips = argc > 1 ? std::atoi(argv[1]) : 50;
    if (skips < 1) return 0;   // scripts/bench gives every program the options of Google Benchmark
    const double between_s = argc > 2 ? std::atof(argv[2]) : 3.0;
    const auto dir = std::filesystem::temp_directory_path() / ("attune-bench-" + std::to_string(getpid()));
    std::filesystem::create_directories(dir);
    {
        const Shelf shelf(dir);
        const auto space = Space::open(dir / "space", "");
        if (!space) give_up(space.error().describe());
        measure("button", shelf, **space, By::kButton, skips, between_s);
        measure("session tell", shelf, **space, By::kLetter, skips, between_s);
    }
    std::filesystem::remove_all(dir);
    return 0;
}
