// SPDX-License-Identifier: GPL-3.0-or-later
// Line 6 of the player's promises: what a stream costs, as a share of one core, and how many browser
// listeners a core carries. Everything that a stream needs is counted (decoder, engine, sink, encoder),
// in processor time of the whole process at real pace, so that other work on the machine does not
// count; and, as "work", in processor time of the same stream rendered as fast as it goes. JSON Lines on stdout.
//   play_bench [SECONDS=20] [REPEATS=3] [LISTENERS=20] [PART OF A NAME]
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numbers>
#include <string_view>
#include <thread>

#include <unistd.h>

#include "core/random.hpp"
#include "media/encoder.hpp"
#include "play/opus_sink.hpp"
#include "play/player.hpp"

namespace attune::play {
namespace {

double cpu_seconds() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    const auto s = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return s(u.ru_utime) + s(u.ru_stime);
}

/// A chord that breathes, with a noisy beat: dense enough for the codecs to work.
void write_music(const std::string& path, int rate, int seconds) {
    core::Random random(3, "bench/play");
    const auto n = static_cast<std::size_t>(rate) * static_cast<std::size_t>(seconds);
    std::vector<float> left(n), right(n);
    for (std::size_t k = 0; k < n; ++k) {
        const double t = static_cast<double>(k) / rate, beat = std::fmod(t, 0.5);
        double l = 0.0, r = 0.0;
        for (int h = 1; h <= 12; ++h) {
            l += std::sin(2 * std::numbers::pi * 220.0 * h * t) / h;
            r += std::sin(2 * std::numbers::pi * 277.2 * h * t + h) / h;
        }
        const double noise = std::exp(-beat * 12.0) * random.uniform(-1, 1);
        const double swell = 0.7 + 0.3 * std::sin(2 * std::numbers::pi * 0.3 * t);
        left[k] = static_cast<float>(0.12 * swell * l + 0.2 * noise);
        right[k] = static_cast<float>(0.12 * swell * r + 0.2 * noise);
    }
    auto writer = media::AudioWriter::create(path, rate, 2);
    if (!writer || !(*writer)->write(left, right) || !(*writer)->finish()) std::exit(1);
}

struct Stream {
    core::SteadyClock clock;
    std::unique_ptr<Player> player;
    std::size_t bytes = 0;
};

std::unique_ptr<Item> track(int n, const std::string& path, int rate) {
    auto item = std::make_unique<Item>();
    item->plan.id.bytes[15] = static_cast<std::uint8_t>(n + 1);
    item->plan.kind = flow::ItemKind::kTrack;
    item->plan.path = path;
    item->source_rate_hz = rate;
    return item;
}

std::unique_ptr<Stream> start(const std::string& path, int rate, bool opus, double ratio) {
    auto s = std::make_unique<Stream>();
    PlayerConfig config;
    config.mode = RunMode::kLive;
    std::unique_ptr<Sink> sink;
    if (opus) {
        auto made = OpusSink::create({}, s->clock, [raw = s.get()](const OpusPacket& p) {
            raw->bytes += p.bytes.size();
        });
        if (!made) std::exit(1);
        sink = *std::move(made);
        config.ahead_ms = kPageAhead_ms;
    } else {
        sink = make_null_sink();
    }
    auto player = Player::create(config, s->clock, std::move(sink));
    if (!player) std::exit(1);
    s->player = *std::move(player);
    for (int n = 0; n < 3; ++n)
        if (!s->player->enqueue(track(n, path, rate))) std::exit(1);
    if (ratio != 1.0) s->player->control({ControlKind::kTempo, ratio, 0.5, -1});
    if (!s->player->start()) std::exit(1);
    return s;
}

struct Case {
    const char* name;
    int rate;
    bool opus;
    double ratio;
    double limit;  ///< share of a core
};

/// Processor seconds for a second of sound that is rendered as fast as it goes: what the work alone costs, without
/// waking up for it.
double work(const std::string& path, int rate, double ratio, double seconds) {
    core::SimulatedClock clock;
    PlayerConfig config;
    config.mode = RunMode::kOffline;
    auto player = Player::create(config, clock);
    if (!player) std::exit(1);
    for (int n = 0; n * 40 < seconds + 60; ++n)
        if (!(*player)->enqueue(track(n, path, rate))) std::exit(1);
    if (ratio != 1.0) (*player)->control({ControlKind::kTempo, ratio, 0.5, -1});
    if (!(*player)->advance_to(Time{} + from_seconds(4.0))) std::exit(1);
    const double cpu = cpu_seconds();
    if (!(*player)->advance_to(Time{} + from_seconds(4.0 + seconds))) std::exit(1);
    return (cpu_seconds() - cpu) / seconds;
}

double share(const std::vector<std::unique_ptr<Stream>>& streams, double seconds) {
    std::this_thread::sleep_for(std::chrono::seconds(8));  // opening, and the first 6 s read ahead
    const double cpu = cpu_seconds();
    const auto from = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const double took = cpu_seconds() - cpu;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - from;
    return took / wall.count() / static_cast<double>(streams.size());
}

}  // namespace
}  // namespace attune::play

int main(int argc, char** argv) {
    using namespace attune::play;
    const double seconds = argc > 1 ? std::atof(argv[1]) : 20.0;
    const int repeats = argc > 2 ? std::atoi(argv[2]) : 3;
    const int listeners = argc > 3 ? std::atoi(argv[3]) : 20;
    const std::string_view only = argc > 4 ? argv[4] : "";
    const auto dir = std::filesystem::temp_directory_path() / ("attune-bench-" + std::to_string(getpid()));
    std::filesystem::create_directories(dir);
    for (const int rate : {44100, 48000})
        write_music(dir / (std::to_string(rate) + ".flac"), rate, 40);
    const auto file = [&](int rate) { return (dir / (std::to_string(rate) + ".flac")).string(); };
    bool good = true;
    const auto report = [&](const std::string& name, const std::function<double()>& run, double limit, int n) {
        if (name.find(only) == std::string::npos) return;
        std::vector<double> x;
        for (int k = 0; k < repeats; ++k) x.push_back(run());
        std::sort(x.begin(), x.end());
        const double median = x[x.size() / 2];
        for (double& v : x) v = std::abs(v - median);
        std::sort(x.begin(), x.end());
        std::printf("{\"stream\":\"%s\",\"streams\":%d,\"core_share\":%.5f,\"mad\":%.5f,\"limit\":%.4f,"
                    "\"streams_per_core\":%.0f}\n",
                    name.c_str(), n, median, x[x.size() / 2], limit, 1.0 / median);
        std::fflush(stdout);
        good = good && median <= limit;
    };
    const Case cases[] = {{"device, FLAC 44.1 kHz", 44100, false, 1.0, .01},
                          {"device, FLAC 48 kHz", 48000, false, 1.0, .01},
                          {"browser, FLAC 44.1 kHz", 44100, true, 1.0, .02},
                          {"device, tempo 1.08", 44100, false, 1.08, .05},
                          {"device, tempo 0.92", 44100, false, 0.92, .05}};
    for (const Case& c : cases)
        if (!c.opus)
            report("work: " + std::string(c.name), [&] { return work(file(c.rate), c.rate, c.ratio, 5 * seconds); }, c.limit, 1);
    for (const Case& c : cases)
        report(c.name,
               [&] {
                   std::vector<std::unique_ptr<Stream>> one;
                   one.push_back(start(file(c.rate), c.rate, c.opus, c.ratio));
                   return share(one, seconds);
               },
               c.limit, 1);
    std::uint64_t underruns = 0;
    if (listeners > 0)
        report("browser listeners together",
               [&] {
                   std::vector<std::unique_ptr<Stream>> all;
                   for (int k = 0; k < listeners; ++k) all.push_back(start(file(44100), 44100, true, 1.0));
                   const double s = share(all, seconds);
                   for (const auto& one : all) underruns += one->player->telemetry().underruns;
                   return s;
               },
               .05, listeners);
    if (underruns > 0) std::printf("{\"underruns\":%llu}\n", static_cast<unsigned long long>(underruns));
    std::filesystem::remove_all(dir);
    return good ? 0 : 1;
}
