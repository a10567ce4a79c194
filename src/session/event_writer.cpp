// SPDX-License-Identifier: GPL-3.0-or-later
// I talk to the database, and to the conductor through a vector under a mutex. I never hold the mutex
// while I write.
#include "session/event_writer.hpp"

#include <chrono>
#include <iterator>
#include <utility>

#include "session/record.hpp"

namespace attune::session {
namespace {
constexpr auto kGroup = std::chrono::milliseconds(100);
constexpr auto kRetry = std::chrono::milliseconds(500);

/// Before what has come since.
template <typename T>
void put_back(std::vector<T>& group, std::vector<T>& waiting) {
    group.insert(group.end(), std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()));
    waiting = std::move(group);
}
}  // namespace

EventWriter::EventWriter(std::unique_ptr<store::Connection> db, const Id& session, store::Seal seal, First first)
    : db_(std::move(db)), session_(session), seal_(std::move(seal)), first_(std::move(first)), thread_([this] { run(); }) {}

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

bool EventWriter::keep(SampleSecond samples, IfFull if_full) {
    const std::size_t bytes = samples.bytes();
    std::unique_lock lock(mutex_);
    const auto room = [&] { return sample_bytes_ == 0 || sample_bytes_ + bytes <= kMostWaiting; };
    if (if_full == IfFull::kWait) done_.wait(lock, [&] { return room() || failure_; });
    if (!room()) return false;
    sample_bytes_ += bytes;
    samples_.push_back(std::move(samples));
    return true;
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
        if (waiting_.empty() && samples_.empty()) {
            done_.notify_all();
            if (ending_) return;
            if (flushing_) wake_.wait_for(lock, std::chrono::milliseconds(1));
            continue;
        }
        std::vector<SessionEvent> group = std::exchange(waiting_, {});
        std::vector<SampleSecond> samples = std::exchange(samples_, {});
        lock.unlock();
        auto written = first_ ? first_(*db_, group) : Result<void>();
        if (written) written = append_record(*db_, session_, group, samples, seal_);
        lock.lock();
        if (written) {
            if (!group.empty()) committed_ = group.back().seq;
            for (const SampleSecond& second : samples) sample_bytes_ -= second.bytes();
            failure_.reset();
        } else {
            failure_ = std::move(written).error();
            put_back(group, waiting_);
            put_back(samples, samples_);
            if (ending_) return;  // the last try failed: what is not on disk was never acknowledged
        }
        done_.notify_all();
    }
}

}  // namespace attune::session
