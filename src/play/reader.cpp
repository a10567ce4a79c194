// SPDX-License-Identifier: GPL-3.0-or-later
// The decoder thread talks to the engine through one ring and a few atomics. It never waits for the
// engine but to have room, and is never waited for. It sleeps until a quarter of the ring is free: waking up
// costs more than the decoding of what was read meanwhile.
#include "play/reader.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "media/decoder.hpp"
#include "play/realtime.hpp"

namespace attune::play {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kResamplerBlock = 2048;
constexpr auto kLeaveAfter = std::chrono::milliseconds(300);

}  // namespace

struct Reader::Shared {
    std::atomic<std::uint32_t> state{static_cast<std::uint32_t>(State::kIdle)};
    std::atomic<bool> quit{false};
    std::atomic<bool> gone{false};       ///< the thread has left
    std::atomic<bool> item_read{false};  ///< what it needs of the item was copied
    std::atomic<int> rate_hz{0};
    std::atomic<std::int64_t> source_frames{0};
    std::atomic<int> error{0};
    double buffer_s = 6.0;
    // Written by the thread before kStreaming is published, read by the engine after it.
    std::unique_ptr<core::SpscRing<Frame>> ring;
    std::unique_ptr<media::Resampler> resampler;
    // Written by the engine before kRequested is published.
    const Item* item = nullptr;
    std::int64_t first = 0;
    // One token for each file that was opened. The old ones are kept: whoever cancels may still
    // hold one.
    std::vector<std::unique_ptr<core::CancelToken>> tokens;  ///< the thread's
    std::atomic<core::CancelToken*> cancel{nullptr};
    std::atomic<bool> close_wanted{false};
    std::atomic<std::uint32_t> asleep{0};  ///< 1 = the thread waits for room in the ring, or for close_wanted

    [[nodiscard]] State now() const {
        return static_cast<State>(state.load(std::memory_order_acquire));
    }
    void publish(State s) { state.store(static_cast<std::uint32_t>(s), std::memory_order_release); }
    Shared() { new_token(); }
    void new_token() {
        tokens.push_back(std::make_unique<core::CancelToken>());
        cancel.store(tokens.back().get());
    }
    void run();
    void serve();
    [[nodiscard]] Result<void> stream(const std::string& path, double out_s);
    [[nodiscard]] bool unwanted() const { return quit.load() || close_wanted.load(); }
    [[nodiscard]] bool push_all(std::span<const Frame> frames);
    [[nodiscard]] bool roomy() const { return ring->space() >= ring->capacity() / 4; }
    void sleep_until_roomy();
    void wake() noexcept;
};

/// What ends the sleep is written before wake() looks, and read here after `asleep` is set: one of the two sees the
/// other. Only room that is made in that moment may be missed, until the next read() looks.
void Reader::Shared::sleep_until_roomy() {
    while (!unwanted() && !roomy()) {
        asleep.store(1);
        if (!unwanted() && !roomy()) asleep.wait(1);
        asleep.store(0);
    }
}

void Reader::Shared::wake() noexcept {
    if (asleep.exchange(0) == 1) asleep.notify_one();
}

/// Waits for room; false if nobody wants it any more.
bool Reader::Shared::push_all(std::span<const Frame> frames) {
    while (!frames.empty()) {
        if (unwanted()) return false;
        frames = frames.subspan(ring->push(frames));
        if (!frames.empty()) sleep_until_roomy();
    }
    return true;
}

Result<void> Reader::Shared::stream(const std::string& path, double out_s) {
    media::DecoderOptions options;
    options.cancel = cancel.load();
    ATTUNE_TRY(auto decoder, media::Decoder::open(path, options));
    const int rate = decoder->info().rate_hz;
    if (first > 0) ATTUNE_CHECK(decoder->seek(first));
    const auto capacity = static_cast<std::size_t>(std::ceil(buffer_s * rate));
    if (!ring || ring->capacity() < capacity || ring->capacity() > 4 * capacity)
        ring = std::make_unique<core::SpscRing<Frame>>(capacity);
    ring->drop(ring->size());
    if (!resampler || resampler->in_hz() != rate) {
        ATTUNE_TRY(auto r, media::Resampler::create(rate, kEngineRate.hz, kResamplerBlock));
        resampler = std::make_unique<media::Resampler>(std::move(r));
    }
    resampler->reset();
    rate_hz.store(rate);
    source_frames.store(decoder->info().frames.value_or(0));
    const std::int64_t end = out_s > 0.0 ? std::llround(out_s * rate) : INT64_MAX;
    std::array<float, kBlock> left{}, right{};
    std::array<Frame, kBlock> block{};
    publish(State::kStreaming);
    while (!unwanted()) {
        const auto room = static_cast<std::size_t>(
            std::clamp<std::int64_t>(end - decoder->position(), 0, kBlock));
        if (room == 0) return {};
        auto n = decoder->read(std::span(left).first(room), std::span(right).first(room));
        if (!n || *n == 0) {
            const std::int64_t length = decoder->position();
            source_frames.store(length);
            if (!n) return tl::unexpected<Error>(std::move(n).error());
            if (decoder->ended_early())
                return fail(ErrorCode::kCorrupt, "the file ends before its promised length", path);
            return {};
        }
        for (std::size_t k = 0; k < *n; ++k) block[k] = {left[k], right[k]};
        if (!push_all(std::span(block).first(*n))) break;
    }
    return {};
}

void Reader::Shared::serve() {
    State expected = State::kRequested;
    auto raw = static_cast<std::uint32_t>(expected);
    if (!state.compare_exchange_strong(raw, static_cast<std::uint32_t>(State::kOpening))) return;
    const std::string path = item->plan.path;
    const double out_s = item->plan.out_s > item->plan.in_s ? item->plan.out_s : 0.0;
    item_read.store(true);   // from here on the item may go
    Result<void> done;
    try {
        done = stream(path, out_s);
    } catch (const std::exception& e) {
        done = fail(ErrorCode::kInternal, e.what());
    }
    if (!done) {
        core::log(core::LogLevel::kDebug, "play", done.error().describe());
        error.store(static_cast<int>(done.error().code));
    }
    publish(done ? State::kDone : State::kFailed);
    while (!unwanted()) {  // what lies in the ring is still being read
        close_wanted.wait(false);
    }
}

void Reader::Shared::run() {
    name_thread("play reader");
    while (!quit.load()) {
        state.wait(static_cast<std::uint32_t>(State::kIdle), std::memory_order_acquire);
        if (quit.load()) break;
        if (now() == State::kRequested) serve();
        if (close_wanted.load()) {
            rate_hz.store(0);
            source_frames.store(0);
            error.store(0);
            new_token();
            close_wanted.store(false);
            publish(State::kIdle);
        }
    }
    gone.store(true);
}

Reader::Reader(double buffer_s) : shared_(std::make_shared<Shared>()) {
    shared_->buffer_s = std::max(5.0, buffer_s);
    thread_ = std::thread([shared = shared_] { shared->run(); });
}

Reader::~Reader() {
    shared_->quit.store(true);
    shared_->cancel.load()->cancel();
    shared_->close_wanted.store(true);
    shared_->close_wanted.notify_all();
    shared_->wake();
    auto idle = static_cast<std::uint32_t>(State::kIdle);
    shared_->state.compare_exchange_strong(idle, static_cast<std::uint32_t>(State::kClosing));
    shared_->state.notify_all();
    const auto until = std::chrono::steady_clock::now() + kLeaveAfter;
    while (!shared_->gone.load() && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (shared_->gone.load())
        thread_.join();
    else if (shared_->item_read.load())
        thread_.detach();  // it hangs in a read; it holds its own state and leaves when it can
    else
        thread_.join();    // not begun: it sees quit before it looks at its item
}

bool Reader::open(const Item* item, std::int64_t first) noexcept {
    if (!idle()) return false;
    item_ = shared_->item = item;
    first_ = shared_->first = first;
    told_ = false;
    shared_->publish(State::kRequested);
    shared_->state.notify_one();
    return true;
}

void Reader::close() noexcept {
    if (idle()) return;
    item_ = nullptr;
    shared_->cancel.load()->cancel();
    shared_->close_wanted.store(true);
    shared_->close_wanted.notify_one();
    shared_->wake();
}

Reader::State Reader::state() const noexcept { return shared_->now(); }
bool Reader::opened() const noexcept {
    const State s = state();
    return s == State::kStreaming || s == State::kDone ||
           (s == State::kFailed && shared_->rate_hz.load() > 0);
}
bool Reader::finished() const noexcept {
    const State s = state();
    return s == State::kDone || s == State::kFailed;
}
ErrorCode Reader::error() const noexcept { return static_cast<ErrorCode>(shared_->error.load()); }
int Reader::rate_hz() const noexcept { return shared_->rate_hz.load(); }
std::int64_t Reader::source_frames() const noexcept { return shared_->source_frames.load(); }
std::size_t Reader::size() const noexcept { return opened() ? shared_->ring->size() : 0; }
std::size_t Reader::read(std::span<Frame> out) noexcept {
    if (!opened()) return 0;
    const std::size_t n = shared_->ring->pop(out);
    if (shared_->asleep.load(std::memory_order_relaxed) != 0 && shared_->roomy()) shared_->wake();
    return n;
}
std::unique_ptr<media::Resampler>& Reader::resampler() noexcept { return shared_->resampler; }

}  // namespace attune::play
