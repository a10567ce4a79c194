// SPDX-License-Identifier: GPL-3.0-or-later
// One thread a session: it opens a space of its own, runs session::run_session and ends. I hand
// events to the hub, packets to the pages that listen, and what pages say to the session's inbox. I
// never step a conductor and never touch samples.
#include "serve/live_host.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "care/people.hpp"
#include "core/log.hpp"
#include "core/time.hpp"
#include "play/opus_sink.hpp"
#include "serve/page_source.hpp"
#include "serve/webm.hpp"
#include "session/consent.hpp"
#include "session/inbox.hpp"
#include "session/launch.hpp"
#include "session/space.hpp"

namespace attune::serve {
namespace {

/// Packets of 20 ms that a page gets at once when it joins: its jitter buffer fills without
/// waiting.
constexpr std::size_t kPrefill = 6;
/// Kept for a page whose connection dropped: 3 s.
constexpr std::size_t kKept = 150;
constexpr std::chrono::seconds kMostStart{15};
constexpr std::size_t kMostSessions = 40;

/// Packets of one session and the pages that listen to it.
class SoundFan {
public:
    void packet(const play::OpusPacket& packet) {
        std::string bytes(8, '\0');
        const auto frame = static_cast<std::uint64_t>(packet.sink_frame);
        for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(frame >> (8 * i) & 0xFF);
        bytes.append(packet.bytes.begin(), packet.bytes.end());
        const auto shared = std::make_shared<const std::string>(std::move(bytes));
        const std::lock_guard lock(mutex_);
        recent_.emplace_back(packet.sink_frame, shared);
        if (recent_.size() > kKept) recent_.pop_front();
        std::erase_if(pages_, [&](const std::weak_ptr<Outbox>& weak) {
            const auto page = weak.lock();
            return !page || !page->push(shared, true);
        });
        std::erase_if(webm_, [&](auto& listener) {
            const auto page = listener.first.lock();
            return !page ||
                   !page->push(listener.second.block(packet.sink_frame, packet.bytes), true);
        });
    }
    void set_ear(std::shared_ptr<play::Ear> ear) {
        const std::lock_guard lock(mutex_);
        ear_ = std::move(ear);
    }
    void heard(std::int64_t frame, Time now) noexcept {
        const std::lock_guard lock(mutex_);
        if (ear_) ear_->reported(frame, now);
    }
    void join(const std::shared_ptr<Outbox>& page, std::optional<std::int64_t> after) {
        const std::lock_guard lock(mutex_);
        const std::size_t fresh = recent_.size() - std::min(recent_.size(), kPrefill);
        for (std::size_t k = after ? 0 : fresh; k < recent_.size(); ++k)
            if (!after || recent_[k].first >= *after) page->push(recent_[k].second, true);
        pages_.push_back(page);
    }
    void join_webm(const std::shared_ptr<Outbox>& page, int pre_skip) {
        const std::lock_guard lock(mutex_);
        WebmStream stream(pre_skip);
        page->push(stream.head(), true);
        webm_.emplace_back(page, std::move(stream));
    }
    void close() {
        const std::lock_guard lock(mutex_);
        for (const auto& weak : pages_) {
            if (const auto page = weak.lock()) page->close(CloseReason::kNormal);
        }
        for (const auto& [weak, stream] : webm_) {
            if (const auto page = weak.lock()) page->close(CloseReason::kNormal);
        }
        pages_.clear();
        webm_.clear();
    }

private:
    std::mutex mutex_;  ///< guards all below
    std::deque<std::pair<std::int64_t, Bytes>> recent_;  ///< by their first frame
    std::vector<std::weak_ptr<Outbox>> pages_;
    std::shared_ptr<play::Ear> ear_;  ///< of the sink, whose life ends before the pages'
    std::vector<std::pair<std::weak_ptr<Outbox>, WebmStream>> webm_;
};

struct Running {
    Id id, person;
    session::Inbox inbox;
    core::CancelToken cancel;
    core::SteadyClock clock;  ///< of the sink
    SoundFan sound;
    int pre_skip = 312;
    bool browser = false;
    std::map<std::string, std::shared_ptr<PageMailbox>>
        mailboxes;  ///< shared with the session's sources
    std::promise<Result<Id>> started;
    std::atomic<bool> announced{false};
    std::atomic<bool> ended{false};
    std::thread thread;
};

class LiveHost final : public SessionHost {
public:
    LiveHost(std::filesystem::path data_dir, std::string db_url, LiveHub& hub, flow::Deployment deployment)
        : data_dir_(std::move(data_dir)), db_url_(std::move(db_url)), hub_(hub), deployment_(deployment) {}
    ~LiveHost() override { stop_all(); }

    Result<Id> start(const StartRequest& wish) override {
        reap();
        auto running = std::make_shared<Running>();
        running->browser = wish.sink == "browser";
        auto started = running->started.get_future();
        {
            const std::lock_guard lock(mutex_);
            if (running_.size() >= kMostSessions) {
                return fail(ErrorCode::kBusy, "40 sessions are running already; stop one first");
            }
            running_.push_back(running);
        }
        running->thread = std::thread([this, running, wish] { run(*running, wish); });
        if (started.wait_for(kMostStart) != std::future_status::ready) {
            running->cancel.cancel();
            return fail(ErrorCode::kTimeout, "the session did not start within 15 s");
        }
        return started.get();
    }

    Result<void> command(const Id& id, flow::Command command) override {
        ATTUNE_TRY(const auto running, find(id));
        command.id = ids_.next();
        const std::string actor = command.actor;
        running->inbox.push({std::move(command), actor, flow::Origin::kLive});
        return {};
    }
    Result<void> rate(const Id& id, flow::Rating rating) override {
        ATTUNE_TRY(const auto running, find(id));
        const std::string actor = rating.actor;
        running->inbox.push({std::move(rating), actor, flow::Origin::kLive});
        return {};
    }
    Result<void> listen(const Id& id, std::shared_ptr<Outbox> page,
                        std::optional<std::int64_t> after) override {
        ATTUNE_TRY(const auto running, find(id));
        ATTUNE_CHECK(must_stream(*running));
        running->sound.join(page, after);
        return {};
    }
    void heard(const Id& id, std::int64_t frame) noexcept override {
        const auto running = find(id);
        if (!running) return;
        (*running)->sound.heard(frame, (*running)->clock.now());
    }
    Result<void> listen_webm(const Id& id, std::shared_ptr<Outbox> page) override {
        ATTUNE_TRY(const auto running, find(id));
        ATTUNE_CHECK(must_stream(*running));
        running->sound.join_webm(page, running->pre_skip);
        return {};
    }
    Result<void> sense(const Id& id, SenseMessage message) override {
        ATTUNE_TRY(const auto running, find(id));
        const std::string sensor = sensor_of(message);
        const auto box = running->mailboxes.find(sensor);
        if (box == running->mailboxes.end()) {
            return fail(ErrorCode::kUnavailable, "this session was started without the page's " +
                                                     sensor + "; switch it on before the start");
        }
        if (const auto* change = std::get_if<SensorSwitch>(&message); change != nullptr) {
            if (change->on) ATTUNE_CHECK(must_be_granted(running->person, sensor));
            box->second->set_open(change->on);
            return {};
        }
        box->second->put(std::move(message));
        return {};
    }

    std::vector<Id> running() const override {
        const std::lock_guard lock(mutex_);
        std::vector<Id> out;
        for (const auto& r : running_) {
            if (r->announced.load() && !r->ended.load()) out.push_back(r->id);
        }
        return out;
    }

    void stop_all() override {
        std::vector<std::shared_ptr<Running>> all;
        {
            const std::lock_guard lock(mutex_);
            all.swap(running_);
        }
        for (const auto& r : all) r->cancel.cancel();
        for (const auto& r : all) {
            if (r->thread.joinable()) r->thread.join();
        }
    }

private:
    static std::string sensor_of(const SenseMessage& message) {
        if (std::holds_alternative<CropMessage>(message) ||
            std::holds_alternative<NoFaceMessage>(message))
            return "camera";
        if (std::holds_alternative<AudioMessage>(message)) return "microphone";
        if (const auto* change = std::get_if<SensorSwitch>(&message)) return change->sensor;
        return "heart";
    }
    Result<void> must_be_granted(const Id& person, const std::string& sensor) const {
        ATTUNE_TRY(const flow::SourceKind kind, kind_of_page_sensor(sensor));
        ATTUNE_TRY(const auto space, session::Space::open(data_dir_, db_url_));
        care::People people(space->db(), space->seal());
        return session::must_be_granted(people, person, kind, core::wall_now_ns(), deployment_);
    }
    static Result<void> must_stream(const Running& running) {
        if (running.browser) return {};
        return fail(ErrorCode::kUnsupported, "this session plays on the server's own device");
    }

    Result<std::shared_ptr<Running>> find(const Id& id) const {
        const std::lock_guard lock(mutex_);
        for (const auto& r : running_) {
            if (r->announced.load() && !r->ended.load() && r->id == id) return r;
        }
        return fail(ErrorCode::kNotFound, "this session is not running here");
    }

    /// Joins the threads of sessions that have ended.
    void reap() {
        std::vector<std::shared_ptr<Running>> over;
        {
            const std::lock_guard lock(mutex_);
            const auto middle = std::stable_partition(
                running_.begin(), running_.end(), [](const auto& r) { return !r->ended.load(); });
            over.assign(middle, running_.end());
            running_.erase(middle, running_.end());
        }
        for (const auto& r : over) r->thread.join();
    }

    void announce(Running& running, const session::Start& start) {
        running.id = start.session;
        running.person = start.person;
        hub_.open(start.session);
        running.announced.store(true);
        running.started.set_value(start.session);
    }

    void run(Running& running, const StartRequest& wish) noexcept {
        auto result = run_guarded(running, wish);
        if (!running.announced.load()) {
            running.started.set_value(
                result ? Result<Id>(fail(ErrorCode::kInternal, "the session ended before it began"))
                       : Result<Id>(tl::unexpected(result.error())));
        } else if (!result) {
            core::log(core::LogLevel::kWarning, "serve",
                      std::string("a session failed: ") + to_string(result.error().code));
        }
        running.ended.store(true);
        running.sound.close();
        if (running.announced.load()) hub_.close(running.id);
    }

    Result<void> run_guarded(Running& running, const StartRequest& wish) {
        try {
            ATTUNE_TRY(auto space, session::Space::open(data_dir_, db_url_));
            session::RunRequest request;
            request.goal = wish.goal;
            request.minutes = wish.minutes;
            request.from = wish.from;
            request.words = wish.words;
            request.person = wish.person;
            request.deployment = deployment_;
            request.seed = wish.seed;
            request.compose = wish.compose;
            request.companion = wish.companion;
            request.sink = wish.sink == "browser" ? "null" : wish.sink;
            ATTUNE_CHECK(add_sensors(running, wish, request));
            if (running.browser) {
                request.make_sink = [&running]() -> Result<std::unique_ptr<play::Sink>> {
                    ATTUNE_TRY(auto sink,
                               play::OpusSink::create({}, running.clock,
                                                      [&running](const play::OpusPacket& p) {
                                                          running.sound.packet(p);
                                                      }));
                    running.pre_skip = sink->pre_skip();
                    running.sound.set_ear(sink->ear());
                    return std::unique_ptr<play::Sink>(std::move(sink));
                };
            }
            const auto watch = [this, &running](const session::SessionEvent& event) {
                if (const auto* start = std::get_if<session::Start>(&event.payload))
                    announce(running, *start);
                hub_.publish(running.id, event);
            };
            ATTUNE_CHECK(
                session::run_session(*space, request, running.cancel, watch, &running.inbox));
            return {};
        } catch (const std::exception& e) {
            return fail(ErrorCode::kInternal, std::string("a session threw ") + e.what());
        }
    }

    /// "page:camera" becomes a source of the session that this page feeds; other SPECs go to sense.
    Result<void> add_sensors(Running& running, const StartRequest& wish,
                             session::RunRequest& request) {
        // Shared with a function that is copied.
        auto sources = std::make_shared<std::vector<std::unique_ptr<sense::Source>>>();
        for (const std::string& spec : wish.sense) {
            if (!spec.starts_with("page:")) {
                request.sense.push_back(spec);
                continue;
            }
            const std::string sensor = spec.substr(5);
            auto box = std::make_shared<PageMailbox>();
            ATTUNE_TRY(auto source, make_page_source(sensor, box));
            running.mailboxes.emplace(sensor, std::move(box));
            sources->push_back(std::move(source));
        }
        if (!sources->empty()) {
            request.make_sources =
                [sources]() -> Result<std::vector<std::unique_ptr<sense::Source>>> {
                return std::move(*sources);
            };
        }
        return {};
    }

    const std::filesystem::path data_dir_;
    const std::string db_url_;
    LiveHub& hub_;
    const flow::Deployment deployment_;
    core::IdSource ids_;
    mutable std::mutex mutex_;  ///< guards running_
    std::vector<std::shared_ptr<Running>> running_;
};

}  // namespace

std::unique_ptr<SessionHost> make_live_host(std::filesystem::path data_dir, std::string db_url,
                                            LiveHub& hub, flow::Deployment deployment) {
    return std::make_unique<LiveHost>(std::move(data_dir), std::move(db_url), hub, deployment);
}

}  // namespace attune::serve
