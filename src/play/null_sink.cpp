// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <cerrno>
#include <ctime>
#include <thread>

#include "play/realtime.hpp"
#include "play/sink.hpp"

namespace attune::play {
namespace {

class NullSink final : public Sink {
public:
    explicit NullSink(int block) : block_(block > 0 ? block : kSinkFrames) {}
    ~NullSink() override { stop(); }
    Result<void> start(Puller& puller) override {
        if (thread_.joinable()) return fail(ErrorCode::kBusy, "the sink runs already", "null");
        quit_.store(false);
        thread_ = std::thread([this, &puller] { run(puller); });
        return {};
    }
    void stop() noexcept override {
        quit_.store(true);
        if (thread_.joinable()) thread_.join();
    }
    std::string name() const override { return "null"; }
    double latency_s() const noexcept override { return static_cast<double>(block_) / 48000.0; }

private:
    void run(Puller& puller) {
        name_thread("play null sink");
        raise_priority();
        std::vector<float> left(static_cast<std::size_t>(block_)), right(left.size());
        timespec next{};
        clock_gettime(CLOCK_MONOTONIC, &next);
        const long step = static_cast<long>(1e9 * block_ / 48000.0);
        while (!quit_.load()) {
            puller.pull(left, right);
            next.tv_nsec += step;
            while (next.tv_nsec >= 1'000'000'000L) {
                next.tv_nsec -= 1'000'000'000L;
                ++next.tv_sec;
            }
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr) == EINTR) {
            }
        }
    }
    int block_;
    std::atomic<bool> quit_{false};
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Sink> make_null_sink(int block) { return std::make_unique<NullSink>(block); }

}  // namespace attune::play
