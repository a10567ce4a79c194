// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/runner.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "session/known_items.hpp"
#include "session/planner_worker.hpp"
#include "session/sensing.hpp"

namespace attune::session {
namespace {

constexpr double kAnswerAfterS = 5.0;     ///< a simulated listener answers a question after this
/// The engine writes ahead of what is heard; news of a second are complete this much after it.
constexpr Duration kHeardLag = milliseconds(200);
constexpr Duration kLookForPlan = milliseconds(10);   ///< how often a plan that a person waits for is looked for
constexpr std::int64_t kSoundEveryS = 10, kSoundFirstS = 3;
constexpr double kOverrunS = 240.0;       ///< a session that does not end by itself is ended

class Run {
public:
    explicit Run(RunSetup setup) : s_(std::move(setup)) {}

    Result<RunResult> run() {
        for (auto& recogniser : s_.recognisers) sensing_.add(std::move(recogniser));
        s_.start.listening = sensing_.listening();
        if (!s_.start.policy.infer_from_body) s_.keep_samples = nullptr;
        s_.start.samples_kept = static_cast<bool>(s_.keep_samples);
        ATTUNE_TRY(session_, Session::create(s_.start, s_.world, s_.sink));
        RunResult result;
        if (s_.listener) result.true_start = s_.listener->true_mood();
        origin_ = s_.listener ? flow::Origin::kSimulated : s_.check_in && s_.check_in->replayed ? flow::Origin::kReplayed : flow::Origin::kLive;
        for (const auto& source : s_.sources) origin_ = flow::worst(origin_, source->provenance().origin);
        for (const Scripted& line : s_.script) due_.emplace(line.t.ns, line.payload);
        if (s_.live) {
            worker_ = std::make_unique<PlannerWorker>();
            if (s_.inbox == nullptr) s_.inbox = &own_inbox_;
        }
        consume({}, s_.start);
        ATTUNE_CHECK(s_.player->start());
        for (std::int64_t second = 0; !ended_; ++second) {
            const Time t{second * 1'000'000'000};
            if (s_.cancel != nullptr && s_.cancel->cancelled()) {
                consume(t, stop_command(t));
                break;
            }
            wait_until_heard(t);
            if (ended_) break;
            if (session_->conductor().seconds_left(t) < -kOverrunS) return fail(ErrorCode::kInternal, "the session did not end by itself");
            ATTUNE_CHECK(live_one_second(t));
            if (s_.clock && !s_.clock->begun()) begin_listening();
            result.ended = t;
        }
        drain_player(result.ended);
        live_on(result.ended);
        ATTUNE_CHECK(s_.player->finish());
        result.player = s_.player->telemetry();
        result.learnt = session_->conductor().learnt(result.ended);
        if (s_.listener) result.true_final = s_.listener->true_mood();
        return result;
    }

private:
    /// Live: sleeps until the second t has been heard; what comes in between is consumed as it comes.
    void wait_until_heard(Time t) {
        if (!s_.live) return;
        const Time heard = t + kHeardLag;
        while (!ended_) {
            take_awaited();
            const Duration left = heard - s_.player->now();
            if (left.ns <= 0) return;
            auto incoming = s_.inbox->wait(std::chrono::nanoseconds(awaited_ ? std::min(left.ns, kLookForPlan.ns) : left.ns));
            if (!incoming) continue;
            const Time now = std::max(last_t_, s_.player->now() - kHeardLag);
            drain_player(now);
            if (!ended_) from_outside(now, *std::move(incoming));
        }
    }

    /// Who pressed a button hears it when the plan is there, not when its second is over.
    void take_awaited() {
        auto plan = awaited_ ? worker_->take(*awaited_) : std::nullopt;
        if (!plan) return;
        const std::uint64_t request = *std::exchange(awaited_, std::nullopt);
        std::erase_if(due_, [&](const auto& due) {
            const auto* missed = std::get_if<DeadlineMissed>(&due.second);
            return missed != nullptr && missed->request == request;
        });
        const Time now = std::max(last_t_, s_.player->now() - kHeardLag);
        drain_player(now);
        if (!ended_) consume(now, PlanResult{request, *std::move(plan)});
    }

    /// What devices said before the first sample was heard is not of this session.
    void begin_listening() {
        for (auto& source : s_.sources) {
            if (source->live()) static_cast<void>(source->pull({1}, batch_));   // one that is gone says so again at the next pull
        }
        batch_.clear();
        s_.clock->begin(s_.player->now());
    }

    /// A person's hand is never simulated, whoever else listens.
    void from_outside(Time now, Incoming incoming) {
        const bool by_hand = std::holds_alternative<flow::Command>(incoming.payload);
        consume(now, stamped(now, std::move(incoming.payload)), std::move(incoming.actor), by_hand ? flow::Origin::kLive : origin_);
    }

    /// What comes from outside knows neither the session's time nor what is heard.
    Payload stamped(Time now, Payload payload) const {
        if (auto* command = std::get_if<flow::Command>(&payload)) command->t = now;
        if (auto* rating = std::get_if<flow::Rating>(&payload)) {
            rating->t = now;
            rating->music_playing = heard_.playing && heard_.kind != flow::ItemKind::kSilence;
            if (rating->kind == flow::RatingKind::kLiking && !rating->track && heard_.kind == flow::ItemKind::kTrack)
                rating->track = heard_.track;
        }
        return payload;
    }

    Result<void> live_one_second(Time t) {
        drain_player(t);
        ATTUNE_CHECK(sense(t));
        while (!due_.empty() && due_.begin()->first <= t.ns && !ended_) {
            auto node = due_.extract(due_.begin());
            deliver(t, std::move(node.mapped()));
        }
        if (!ended_ && s_.live && t.ns / 1'000'000'000 % kSoundEveryS == kSoundFirstS) consume(t, s_.player->telemetry().sound);
        if (!ended_) consume(t, Tick{});
        if (!ended_ && std::exchange(check_in_due_, false)) check_in(t);
        return {};
    }

    void drain_player(Time t) {
        news_.clear();
        s_.player->advance_to(t, news_);
        for (auto& [at, payload] : news_) {
            if (auto* heard = std::get_if<flow::Heard>(&payload)) on_heard(*heard);
            if (!ended_) consume(at, std::move(payload));
        }
    }

    void on_heard(flow::Heard& heard) {
        items_.begun(heard.item);
        const flow::PlanItem* item = items_.find(heard.item);
        const ProfilePtr profile = item != nullptr && item->kind == flow::ItemKind::kTrack ? profile_of(item->track) : nullptr;
        fill_heard(heard, item, profile.get());
        heard_ = heard;
        if (s_.listener) s_.listener->on_heard(heard);
        sensing_.on_heard(heard);
    }

    void live_on(Time ended) {
        if (!s_.listener) return;
        flow::Heard silence;
        for (Time t = ended + seconds(1); t <= s_.live_on_until; t = t + seconds(1)) {
            silence.t = t;
            s_.listener->on_heard(silence);
            if (s_.observe) s_.observe(t, *s_.listener, silence);
        }
    }

    Result<void> sense(Time t) {
        batch_.clear();
        if (s_.listener) {
            s_.listener->advance_to(t);
            if (s_.observe) s_.observe(t, *s_.listener, heard_);
            s_.listener->take_frames(batch_.frames);
            if (s_.listener->take_skip()) deliver(t, command(t, flow::CommandKind::kSkip));
        }
        const std::size_t simulated = batch_.frames.size();   // what the simulated listener gave
        for (auto& source : s_.sources) {
            if (source->finished()) continue;
            if (auto ok = source->pull(t, batch_); !ok) {
                lost(t, *source, ok.error().message);
            } else if (source->finished()) {
                lost(t, *source, "the recording has ended");
            }
        }
        tell_drops(t);
        said_.clear();
        sensing_.step(t, {batch_.frames, simulated, batch_.crops, s_.start.compose.mirror}, said_);
        keep_samples(t, simulated);
        for (Payload& payload : said_) {
            if (!ended_) consume(t, std::move(payload));
        }
        return {};
    }

    /// What reached the recognisers of heart, skin and breath, before anything that was said of it is recorded.
    void keep_samples(Time t, std::size_t simulated) {
        if (!s_.keep_samples || ended_) return;
        SampleSecond kept{t.ns / 1'000'000'000, {}};
        for (std::size_t i = 0; i < batch_.frames.size(); ++i) {
            if (sensing_.keeps(batch_.frames[i]))
                kept.frames.push_back({static_cast<std::uint32_t>(i), i < simulated, std::move(batch_.frames[i])});
        }
        if (kept.frames.empty() || s_.keep_samples(std::move(kept))) return;
        consume(t, Fault{"store", kSamplesDropped, "the samples of this second were dropped: they came faster than they were written"});
    }

    /// What its recogniser still holds is not asked for: the source weighs nothing from now on.
    void lost(Time t, const sense::Source& source, const std::string& why) {
        sensing_.let_go(source.id());
        if (!ended_) consume(t, SourceChange{source.id(), source.kind(), flow::SourceStatus::kLost, why});
    }

    /// A drop is an event like what was not dropped.
    void tell_drops(Time t) {
        const std::uint64_t events = s_.live ? s_.inbox->take_dropped() : 0;
        if (batch_.dropped > 0 && !ended_) {
            consume(t, Fault{"sense", "dropped", std::to_string(batch_.dropped) + " frames came faster than they were read"});
        }
        if (events > 0 && !ended_) {
            consume(t, Fault{"session", "dropped", std::to_string(events) + " pieces of evidence came faster than they were read"});
        }
    }

    /// A question for the listener is answered by the person that it is due to; the rest are events as they are.
    void deliver(Time t, Payload payload) {
        if (const auto* question = std::get_if<flow::Rating>(&payload);
            question != nullptr && !question->value && s_.listener) {
            flow::Rating rated;
            rated.t = t;
            rated.touched = false;
            if (auto answer = s_.listener->asked_felt(t, std::nullopt)) rated = *std::move(answer);
            rated.prompted = true;
            consume(t, std::move(rated));
            return;
        }
        if (const auto* missed = std::get_if<DeadlineMissed>(&payload); missed != nullptr && worker_) {
            if (auto ready = worker_->take(missed->request)) payload = PlanResult{missed->request, *std::move(ready)};
        }
        consume(t, std::move(payload));
    }

    void consume(Time t, Payload payload, std::string actor = "local") { consume(t, std::move(payload), std::move(actor), origin_); }
    void consume(Time t, Payload payload, std::string actor, flow::Origin origin) {
        last_t_ = t;
        Outputs out = session_->consume(t, std::move(payload), std::move(actor), origin);
        for (const Payload& record : out.records) {
            const auto* decision = std::get_if<Decision>(&record);
            if (decision != nullptr && decision->what == "ask") on_question(t, *decision);
            if (decision != nullptr && decision->plan) items_.adopt(decision->plan->items);
        }
        for (const EngineOrder& order : out.engine) {
            s_.player->apply(order);
            if (order.action == EngineAction::kSteer) items_.steered(heard_.item, order.target);
        }
        for (const std::string& id : out.close_sources) close_source(id);
        for (const std::string& id : out.open_sources) open_source(id);
        ended_ = ended_ || out.ended;
        if (out.plan) plan(t, *std::move(out.plan));
    }

    void plan(Time t, PlanOrder order) {
        if (order.effective_at <= t) {
            consume(t, PlanResult{order.request, run_plan(order)});
        } else if (!s_.live) {
            due_.emplace(order.effective_at.ns, PlanResult{order.request, run_plan(order)});
        } else {
            // Decided when it is due, or as soon as it is there if somebody waits: the worker's plan, or a missed deadline.
            awaited_ = order.awaited ? std::optional(order.request) : std::nullopt;
            due_.emplace(order.effective_at.ns, DeadlineMissed{order.request, "plan"});
            worker_->ask(std::move(order));
        }
    }

    /// The music has ended: the microphone, or the recording, is opened once more until it ends or the session does.
    void check_in(Time t) {
        if (!s_.check_in || !s_.check_in->recogniser) return;
        auto source = s_.check_in->open(t);
        const bool open = source.has_value();
        consume(t, SourceChange{kCheckInId, flow::SourceKind::kVoice,
                                open ? flow::SourceStatus::kWarmingUp : flow::SourceStatus::kUnavailable, open ? "" : source.error().message});
        if (!open) return;
        s_.sources.push_back(*std::move(source));
        sensing_.add(std::move(s_.check_in->recogniser));
    }

    void on_question(Time t, const Decision& question) {
        if (question.question == "how_after") check_in_due_ = true;
        if (!s_.listener) return;
        const std::int64_t at = t.ns + from_seconds(kAnswerAfterS).ns;
        // "How do you feel": an empty rating is filled in by the listener when it is due. Other
        // questions keep the default that stands while nobody answers.
        if (question.question == "how_now" || question.question == "how_after") due_.emplace(at, flow::Rating{});
    }

    void close_source(const std::string& id) {
        for (auto& source : s_.sources) {
            if (source->id() == id) source->close();
        }
        sensing_.let_go(id);
    }

    /// Only what was closed, and can be opened again, with a recogniser that has heard nothing yet.
    void open_source(const std::string& id) {
        for (auto& source : s_.sources) {
            if (source->id() != id || !source->finished() || !s_.make_recogniser || !source->reopen()) continue;
            if (auto made = s_.make_recogniser(source->kind(), id)) sensing_.add(*std::move(made));
        }
    }

    ProfilePtr profile_of(const ContentKey& key) {
        auto at = profiles_.find(key);
        if (at == profiles_.end()) at = profiles_.emplace(key, s_.profiles(key)).first;
        return at->second;
    }

    static Payload command(Time t, flow::CommandKind kind) {
        flow::Command command;
        command.t = t;
        command.kind = kind;
        return command;
    }
    static Payload stop_command(Time t) { return command(t, flow::CommandKind::kStop); }

    RunSetup s_;
    std::unique_ptr<Session> session_;
    std::multimap<std::int64_t, Payload> due_;   ///< by time [ns]; equal times in the order of arrival
    KnownItems items_;
    std::map<ContentKey, ProfilePtr> profiles_;
    sense::Batch batch_;
    Sensing sensing_;
    std::vector<Payload> said_;
    PlayerNews news_;
    flow::Heard heard_;
    flow::Origin origin_ = flow::Origin::kLive;
    Inbox own_inbox_;
    std::unique_ptr<PlannerWorker> worker_;
    std::optional<std::uint64_t> awaited_;       ///< request of the plan that a person waits for
    Time last_t_;
    bool ended_ = false, check_in_due_ = false;
};

}  // namespace

void fill_heard(flow::Heard& heard, const flow::PlanItem* item, const flow::TrackProfile* profile) {
    if (item == nullptr) return;
    heard.predicted_liking = item->predicted_liking;
    heard.predicted_liking_sd = item->predicted_liking_sd;
    heard.expressed = item->expected;
    heard.expressed_sd = item->expected_sd;
    if (profile == nullptr) return;
    for (const flow::Segment& segment : profile->segments) {
        if (segment.expressed && heard.position_s >= segment.start_s) heard.expressed = segment.expressed;
    }
}

Result<RunResult> run(RunSetup setup) { return Run(std::move(setup)).run(); }

}  // namespace attune::session
