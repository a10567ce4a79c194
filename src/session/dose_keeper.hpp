// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Keeps the hearing dose of a listener while it is heard: what was heard up to 2 s ago survives kill -9.
///
/// In       shares of the weekly allowance, second by second, from one player
/// Out      used(): what this listener has used in seven days, the other rooms included
/// Threads  add() and used() from any, never block on the disk; one thread of its own writes
/// Errors   a store that is locked or full keeps the shares in memory and is tried again
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "core/ids.hpp"
#include "store/connection.hpp"
#include "store/seal.hpp"

namespace attune::session {

class DoseKeeper {
public:
    DoseKeeper(std::unique_ptr<store::Connection> db, const Id& person, store::Seal seal = {});
    /// Writes what is left, if the store lets it.
    ~DoseKeeper();
    DoseKeeper(const DoseKeeper&) = delete;
    DoseKeeper& operator=(const DoseKeeper&) = delete;

    void add(double share);
    [[nodiscard]] double used() const;

private:
    void run();
    [[nodiscard]] bool write(double share);

    std::unique_ptr<store::Connection> db_;
    Id person_;
    store::Seal seal_;
    mutable std::mutex mutex_;  ///< guards waiting_, in_store_, ending_
    std::condition_variable wake_;
    double waiting_ = 0.0, in_store_ = 0.0;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace attune::session
