// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/opus_sink.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <deque>
#include <mutex>
#include <thread>

#include "core/log.hpp"
#include "media/encoder.hpp"
#include "play/realtime.hpp"

namespace attune::play {
namespace {

constexpr std::int64_t kPacketNs = 20'000'000;
constexpr int kFrames = media::OpusPacketizer::kFrames;
/// How long an engine that is late is waited for: at most 40 ms a packet.
constexpr int kMostWaits = 8;
constexpr std::int64_t kWaitNs = 5'000'000;

class Stream final : public OpusSink {
public:
    Stream(const OpusSinkConfig& config, core::Clock& clock, Callback callback,
           std::unique_ptr<media::OpusPacketizer> encoder)
        : config_(config), clock_(clock), callback_(std::move(callback)),
          encoder_(std::move(encoder)), ear_(std::make_shared<Ear>(config.page_buffer_s)) {}
    ~Stream() override { stop(); }

    Result<void> start(Puller& puller) override {
        if (thread_.joinable()) return fail(ErrorCode::kBusy, "the stream runs already", "browser");
        quit_.store(false);
        thread_ = std::thread([this, &puller] { run(puller); });
        return {};
    }
    void stop() noexcept override {
        quit_.store(true);
        if (thread_.joinable()) thread_.join();
    }
    std::string name() const override { return "browser"; }
    bool waits() const noexcept override { return true; }
    double latency_s() const noexcept override { return ear_->latency_s(); }
    std::shared_ptr<Ear> ear() const override { return ear_; }
    int pre_skip() const override { return encoder_->pre_skip(); }

    std::vector<OpusPacket> since(std::uint64_t seq) const override {
        const std::scoped_lock lock(mutex_);
        std::vector<OpusPacket> out;
        for (const OpusPacket& p : history_)
            if (p.seq >= seq) out.push_back(p);
        return out;
    }

private:
    void run(Puller& puller) {
        name_thread("play browser");
        raise_priority();
        Time next = clock_.now();
        for (int k = 0; k < config_.prefill && !quit_.load(); ++k) make(puller);
        while (!quit_.load()) {
            next = next + Duration{kPacketNs};
            clock_.sleep_until(next);
            // After a stop of the whole machine nobody wants the past.
            if (clock_.now() - next > seconds(1)) next = clock_.now();
            make(puller);
        }
    }
    void make(Puller& puller) {
        std::array<float, kFrames> left{}, right{};
        std::array<float, std::size_t{2} * kFrames> both{};
        // The page has more in hand than the engine's thread is ever late; a device would have to go on.
        for (int k = 0; k < kMostWaits && !quit_.load() && !puller.ready(kFrames); ++k) clock_.sleep_until(clock_.now() + Duration{kWaitNs});
        puller.pull(left, right);
        for (std::size_t k = 0; k < static_cast<std::size_t>(kFrames); ++k) {
            both[2 * k] = left[k];
            both[2 * k + 1] = right[k];
        }
        const auto bytes = encoder_->encode(both);
        OpusPacket p{seq_++, made_, clock_.now().ns, {bytes.begin(), bytes.end()}};
        made_ += kFrames;
        ear_->made(made_, p.t_ns);
        {
            const std::scoped_lock lock(mutex_);
            history_.push_back(p);
            while (static_cast<double>(history_.size()) * 0.02 > config_.history_s)
                history_.pop_front();
        }
        try {
            callback_(p);
        } catch (const std::exception& e) {
            core::log(core::LogLevel::kWarning, "play", std::string("browser stream: ") + e.what());
        }
    }

    OpusSinkConfig config_;
    core::Clock& clock_;
    Callback callback_;
    std::unique_ptr<media::OpusPacketizer> encoder_;
    mutable std::mutex mutex_;  ///< guards history_
    std::deque<OpusPacket> history_;
    std::uint64_t seq_ = 0;  ///< the thread's
    std::int64_t made_ = 0;  ///< the thread's
    std::shared_ptr<Ear> ear_;  ///< shared with the pages' connections, which may outlive the sink
    std::atomic<bool> quit_{false};
    std::thread thread_;
};

}  // namespace

void Ear::made(std::int64_t frames, std::int64_t at_ns) noexcept {
    made_.store(frames);
    made_at_ns_.store(at_ns);
}

void Ear::reported(std::int64_t sink_frame, Time t) noexcept {
    // Where we are now minus what is heard now, smoothed: the page's clock jitters by some ms.
    const double since_made = static_cast<double>(t.ns - made_at_ns_.load()) * 1e-9;
    const double behind =
        static_cast<double>(made_.load() - sink_frame) / 48000.0 + std::max(0.0, since_made);
    if (!(behind >= 0.0) || behind > 10.0) return;
    latency_s_.store(first_.exchange(false) ? behind : 0.8 * latency_s_.load() + 0.2 * behind);
}

Result<std::unique_ptr<OpusSink>> OpusSink::create(const OpusSinkConfig& config, core::Clock& clock,
                                                   Callback on_packet) {
    ATTUNE_TRY(auto encoder, media::OpusPacketizer::create(config.bit_rate, config.complexity));
    return std::unique_ptr<OpusSink>(
        new Stream(config, clock, std::move(on_packet), std::move(encoder)));
}

}  // namespace attune::play
