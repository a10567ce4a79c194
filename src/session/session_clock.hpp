// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The time of a live session, for devices that are opened before it begins and stamp what they say by it.
///
/// Out      now(): Time{} until begin(); from then on the time since the session's first sample
/// Threads  begin() once, by the session; the rest from any thread
#include <atomic>

#include "core/time.hpp"

namespace attune::session {

class SessionClock final : public core::Clock {
public:
    /// now() is `at` from here on.
    void begin(Time at) noexcept { origin_ns_.store((clock_.now() - (at - Time{})).ns); }
    [[nodiscard]] bool begun() const noexcept { return origin_ns_.load() != kNotBegun; }
    [[nodiscard]] Time now() const noexcept override {
        const std::int64_t origin = origin_ns_.load();
        return origin == kNotBegun ? Time{} : Time{} + (clock_.now() - Time{origin});
    }
    /// Before the session begins this waits as if it began now.
    void sleep_until(Time t) override { clock_.sleep_until(clock_.now() + (t - now())); }

private:
    static constexpr std::int64_t kNotBegun = INT64_MIN;
    core::SteadyClock clock_;
    std::atomic<std::int64_t> origin_ns_{kNotBegun};
};

}  // namespace attune::session
