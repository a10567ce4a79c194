// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/time.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

namespace attune {

Duration from_seconds(double s) { return {std::llround(s * 1e9)}; }

namespace core {
namespace {

std::int64_t read_clock(clockid_t id) noexcept {
    timespec ts{};
    clock_gettime(id, &ts);
    return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace

SteadyClock::SteadyClock() noexcept : origin_ns_(read_clock(CLOCK_BOOTTIME)) {}

Time SteadyClock::now() const noexcept { return {read_clock(CLOCK_BOOTTIME) - origin_ns_}; }

void SteadyClock::sleep_until(Time t) {
    const std::int64_t at = origin_ns_ + t.ns;
    timespec ts{};
    ts.tv_sec = at / 1'000'000'000;
    ts.tv_nsec = at % 1'000'000'000;
    while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, nullptr) != 0) {
    }
}

void SimulatedClock::advance_to(Time t) noexcept {
    std::int64_t seen = now_ns_.load();
    while (seen < t.ns && !now_ns_.compare_exchange_weak(seen, t.ns)) {
    }
}

std::int64_t wall_now_ns() noexcept { return read_clock(CLOCK_REALTIME); }

std::string rfc3339(std::int64_t wall_ns) {
    std::int64_t ms = wall_ns / 1'000'000;
    std::int64_t rest = ms % 1000;
    if (rest < 0) rest += 1000;
    const std::time_t secs = static_cast<std::time_t>((ms - rest) / 1000);
    std::tm tm{};
    gmtime_r(&secs, &tm);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                  tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                  static_cast<int>(rest));
    return text.data();
}

std::string local_zone() {
    if (const char* tz = std::getenv("TZ"); tz != nullptr && *tz != '\0') {
        return *tz == ':' ? tz + 1 : tz;
    }
    std::error_code ec;
    const auto link = std::filesystem::read_symlink("/etc/localtime", ec).string();
    const std::string marker = "zoneinfo/";
    const auto at = link.find(marker);
    return at == std::string::npos ? "UTC" : link.substr(at + marker.size());
}

}  // namespace core
}  // namespace attune
