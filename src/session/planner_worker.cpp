// SPDX-License-Identifier: GPL-3.0-or-later
// I talk to the conductor's thread through one order and one result under a mutex; I never hold it while I plan.
#include "session/planner_worker.hpp"

namespace attune::session {

PlannerWorker::PlannerWorker() : thread_([this] { run(); }) {}

PlannerWorker::~PlannerWorker() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void PlannerWorker::ask(PlanOrder order) {
    {
        const std::scoped_lock lock(mutex_);
        order_ = std::move(order);
    }
    wake_.notify_one();
}

std::optional<flow::Plan> PlannerWorker::take(std::uint64_t request) {
    const std::scoped_lock lock(mutex_);
    if (!result_ || result_->request != request) return std::nullopt;
    flow::Plan plan = std::move(result_->plan);
    result_.reset();
    return plan;
}

void PlannerWorker::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return ending_ || order_; });
        if (ending_) return;
        const PlanOrder order = *std::move(order_);
        order_.reset();
        lock.unlock();
        PlanResult result{order.request, run_plan(order)};
        lock.lock();
        result_ = std::move(result);
    }
}

}  // namespace attune::session
