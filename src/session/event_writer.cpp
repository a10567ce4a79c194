// SPDX-License-Identifier: GPL-3.0-or-later
// I talk to the database, and to the conductor through a vector under a mutex. I never hold the mutex
// while I write.
#include "session/event_writer.hpp"

#include <chrono>

#include "session/record.hpp"

namespace attune::session {
namespace {
constexpr auto kGroup = std::chrono::milliseconds(100);
constexpr auto kRetry = std::chrono::milliseconds(500);
}  // namespace

EventWriter::EventWriter(std::unique_ptr<store::Connection> db, const Id& session, store::Seal seal)
    : db_(std::move(db)), session_(session), seal_(std::move(seal)), thread_([this] { run(); }) {}

EventWriter::~EventWriter() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void EventWriter::push(SessionEvent event) {
    const std::scoped_lock lock(mutex_);
    pushed_ = event.seq;
    waiting_.push_back(std::move(event));
}

std::uint64_t EventWriter::committed() const {
    const std::scoped_lock lock(mutex_);
    return committed_;
}

std::optional<Error> EventWriter::failure() const {
    const std::scoped_lock lock(mutex_);
    return failure_;
}

Result<void> EventWriter::flush() {
    std::unique_lock lock(mutex_);
    flushing_ = true;
    failure_.reset();
    wake_.notify_one();
    done_.wait(lock, [this] { return committed_ == pushed_ || failure_; });
    flushing_ = false;
    if (failure_) return tl::unexpected(*failure_);
    return {};
}

void EventWriter::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait_for(lock, failure_ ? kRetry : kGroup, [this] { return ending_ || flushing_; });
        if (waiting_.empty()) {
            done_.notify_all();
            if (ending_) return;
            if (flushing_) wake_.wait_for(lock, std::chrono::milliseconds(1));
            continue;
        }
        std::vector<SessionEvent> group = std::move(waiting_);
        waiting_.clear();
        lock.unlock();
        auto written = append_events(*db_, session_, group, seal_);
        lock.lock();
        if (written) {
            committed_ = group.back().seq;
            failure_.reset();
        } else {
            failure_ = std::move(written).error();
            group.insert(group.end(), std::make_move_iterator(waiting_.begin()),
                         std::make_move_iterator(waiting_.end()));
            waiting_ = std::move(group);
            if (ending_) return;  // the last try failed: what is not on disk was never acknowledged
        }
        done_.notify_all();
    }
}

}  // namespace attune::session
