// SPDX-License-Identifier: GPL-3.0-or-later
// The writing thread talks to the store and to nobody else; it never holds the lock while it does.
#include "session/dose_keeper.hpp"

#include <chrono>
#include <exception>

#include "care/people.hpp"
#include "core/log.hpp"
#include "core/time.hpp"

namespace attune::session {
namespace {
constexpr auto kEvery = std::chrono::seconds(2);
}

DoseKeeper::DoseKeeper(std::unique_ptr<store::Connection> db, const Id& person, store::Seal seal)
    : db_(std::move(db)), person_(person), seal_(std::move(seal)), thread_([this] { run(); }) {}

DoseKeeper::~DoseKeeper() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void DoseKeeper::add(double share) {
    if (!(share > 0.0)) return;
    const std::scoped_lock lock(mutex_);
    waiting_ += share;
}

double DoseKeeper::used() const {
    const std::scoped_lock lock(mutex_);
    return in_store_ + waiting_;
}

/// Also without a share of our own: another room may have used some.
bool DoseKeeper::write(double share) {
    try {
        care::People people(*db_, seal_);
        const std::int64_t now = core::wall_now_ns();
        if (share > 0.0) {
            if (auto kept = people.add_dose(person_, now, share); !kept) {
                core::log(core::LogLevel::kDebug, "session", "dose: " + kept.error().describe());
                return false;
            }
        }
        if (const auto used = people.dose_used(person_, now)) {
            const std::scoped_lock lock(mutex_);
            in_store_ = *used;
        }
        return true;
    } catch (const std::exception& e) {
        core::log(core::LogLevel::kWarning, "session", std::string("dose: ") + e.what());
        return false;
    }
}

void DoseKeeper::run() {
    for (bool ending = false; !ending;) {
        double share = 0.0;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, kEvery, [this] { return ending_; });
            ending = ending_;
            share = waiting_;
        }
        if (!write(share)) continue;
        const std::scoped_lock lock(mutex_);
        waiting_ -= share;
    }
}

}  // namespace attune::session
