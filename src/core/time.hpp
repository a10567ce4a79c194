// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// All time in the product comes from here.
///
/// Session time is int64 nanoseconds since a session's start, on CLOCK_BOOTTIME, which goes on
/// through suspend. The wall clock is an anchor for display only. A SimulatedClock stands behind the
/// same interface, so that a session of twenty minutes runs in a moment.
#include <atomic>
#include <compare>
#include <cstdint>
#include <string>

namespace attune {

/// A span of time [ns].
struct Duration {
    std::int64_t ns = 0;
    auto operator<=>(const Duration&) const = default;
    [[nodiscard]] constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }
    friend constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
    friend constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
    friend constexpr Duration operator*(Duration a, std::int64_t k) { return {a.ns * k}; }
};

/// A point of time [ns since the origin of its clock; for a session, its start].
struct Time {
    std::int64_t ns = 0;
    auto operator<=>(const Time&) const = default;
    [[nodiscard]] constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }
    friend constexpr Time operator+(Time t, Duration d) { return {t.ns + d.ns}; }
    friend constexpr Time operator-(Time t, Duration d) { return {t.ns - d.ns}; }
    friend constexpr Duration operator-(Time a, Time b) { return {a.ns - b.ns}; }
};

[[nodiscard]] constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
[[nodiscard]] constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }
/// Rounded to the nearest nanosecond.
[[nodiscard]] Duration from_seconds(double s);

namespace core {

/// Threads: now() and sleep_until() may be called from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Time now() const noexcept = 0;
    /// Returns when now() >= t, or at once if that is past.
    virtual void sleep_until(Time t) = 0;
};

/// CLOCK_BOOTTIME, its origin at construction.
class SteadyClock final : public Clock {
public:
    SteadyClock() noexcept;
    [[nodiscard]] Time now() const noexcept override;
    void sleep_until(Time t) override;

private:
    std::int64_t origin_ns_;
};

/// Virtual time, for tests and fast sessions: sleep_until() moves the clock on.
class SimulatedClock final : public Clock {
public:
    [[nodiscard]] Time now() const noexcept override { return {now_ns_.load()}; }
    void sleep_until(Time t) override { advance_to(t); }
    /// Time never goes back: an earlier t does nothing.
    void advance_to(Time t) noexcept;

private:
    std::atomic<std::int64_t> now_ns_{0};
};

/// Nanoseconds since 1970 UTC. For display and anchors only.
[[nodiscard]] std::int64_t wall_now_ns() noexcept;
/// RFC 3339 UTC with milliseconds, e.g. "2026-01-31T09:05:00.250Z".
[[nodiscard]] std::string rfc3339(std::int64_t wall_ns);
/// IANA name of the local zone ("Europe/Vienna"), "UTC" where none is set.
[[nodiscard]] std::string local_zone();

}  // namespace core
}  // namespace attune
