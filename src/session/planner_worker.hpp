// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Plans on a thread of its own: an order in, a result out. A newer order overtakes an older one that waits.
///
/// Threads  ask() and take() by the conductor's thread
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "session/conductor.hpp"

namespace attune::session {

class PlannerWorker {
public:
    PlannerWorker();
    ~PlannerWorker();
    PlannerWorker(const PlannerWorker&) = delete;
    PlannerWorker& operator=(const PlannerWorker&) = delete;

    void ask(PlanOrder order);
    /// The plan of this request if it is ready; a plan is taken once.
    [[nodiscard]] std::optional<flow::Plan> take(std::uint64_t request);

private:
    void run();

    std::mutex mutex_;  ///< guards all below
    std::condition_variable wake_;
    std::optional<PlanOrder> order_;
    std::optional<PlanResult> result_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace attune::session
