// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The conductor: one deterministic function from events to outputs.
///
/// In       SessionEvents in the order of their seq; the first is Start. The World never changes and is
///          named in the record by hash
/// Out      what to record (State each second, Decisions, End), what to ask of the planner, what to tell
///          the engine
/// Threads  one owner. step() takes far less than 10 ms: planning happens elsewhere and comes back as
///          an event
/// Errors   create(): the Start event does not hold together. step(): none
/// Rules    never reads a clock, a random device, a file or another thread. affect_spec C: replanning,
///          lag, worsening
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "affect/fusion.hpp"
#include "choose/fallback_table.hpp"
#include "choose/lag.hpp"
#include "choose/policies.hpp"
#include "choose/replan.hpp"
#include "choose/request.hpp"
#include "choose/track_index.hpp"
#include "choose/worsening.hpp"
#include "compose/steering.hpp"
#include "core/result.hpp"
#include "session/event.hpp"
#include "session/known_items.hpp"
#include "session/person_state.hpp"
#include "session/prompts.hpp"

namespace attune::session {

/// What a session may look at beside its events: the library as it was at the start.
struct World {
    flow::LibraryViewPtr view;
    std::shared_ptr<const choose::TrackIndex> index;           ///< shared with the planner worker
    std::shared_ptr<const choose::FallbackTable> table;        ///< may be null
    /// Comparisons only: plans in the planner's place (an oracle, another taste). Never set for people.
    std::function<flow::Plan(choose::Strategy, const choose::PlanRequest&, std::uint64_t seed)> stand_in;
};

/// A question to the planner, complete in itself: it owns everything that the request points to.
struct PlanOrder {
    std::uint64_t request = 0;
    Time asked_at, effective_at;
    bool awaited = false;          ///< a person waits for it: adopted as soon as it is there, at effective_at at the latest
    choose::Strategy strategy = choose::Strategy::kPlanner;
    std::uint64_t seed = 0;
    World world;
    flow::Policy policy;
    choose::LikingModel liking;
    choose::PlanRequest fields;    ///< pointers unset; run_plan() sets them
};

/// What the session decides acts this much later, at a frame that every way to run still has before it: live, news are
/// complete 200 ms after their second, and the engine is up to 150 ms ahead (300 of a sink that nobody hears). What a
/// person does acts at once.
inline constexpr Duration kActsAfter = seconds(1);
[[nodiscard]] FramePos acts_at(Time decided);
/// A person's own button: not a simulated listener's, nor a rule's.
[[nodiscard]] bool by_hand(const SessionEvent& event);

/// Runs on any thread. The same order gives the same plan.
[[nodiscard]] flow::Plan run_plan(const PlanOrder& order);

enum class EngineAction {
    kAdopt,      ///< play `plan.items`: after the item that plays now, or at once if `now`
    kSkip, kBack, kPause, kResume,
    kSoften,     ///< value: gain change [dB]
    kSlower,     ///< value: tempo ratio to reach
    kMellow,     ///< value: 0..1 of the engine's gentle low-pass, ramped over two seconds
    kStop,       ///< fade within 500 ms
    kFinish,     ///< the closing fade of ten seconds or more
    kSteer,      ///< composed music goes to `target` with `controls`: at the next bar, or at once if `now`
    kForbid,     ///< from now on nothing that `blocks` names is played, whatever is planned or locked
};

struct EngineOrder {
    EngineAction action = EngineAction::kStop;
    flow::Plan plan = {};
    bool now = false;
    std::optional<FramePos> at = {};   ///< acts exactly there, in every way to run; unset = as soon as it is seen
    double value = 0.0;
    bool finish = false;   ///< kAdopt: the plan is the session's last; its end is the closing fade
    std::string why = {};  ///< kAdopt now: what becomes of the item that plays: "skip" or "replaced"
    flow::Va target = {};               ///< kSteer
    compose::Controls controls = {};    ///< kSteer
    flow::Blocks blocks = {};   ///< kForbid
};

struct Outputs {
    std::vector<Payload> records;      ///< State, Decision, End: to be recorded in this order
    std::optional<PlanOrder> plan;
    std::vector<EngineOrder> engine;
    std::vector<std::string> close_sources;   ///< consent withdrawn: let go of the device
    std::vector<std::string> open_sources;    ///< consent given again: what was let go may be opened
    bool ended = false;
};

class Conductor {
public:
    [[nodiscard]] static Result<Conductor> create(const Start& start, World world);

    /// `event.seq` rises by one from call to call, outputs of the conductor itself counted by the caller.
    [[nodiscard]] Outputs step(const SessionEvent& event);

    [[nodiscard]] const flow::AffectState& state() const noexcept { return state_; }
    [[nodiscard]] const flow::Plan& plan() const noexcept { return plan_; }
    [[nodiscard]] const Start& start() const noexcept { return start_; }
    [[nodiscard]] int replans() const noexcept { return replans_; }
    /// Until the planned end; pauses do not count. Negative once it has passed.
    [[nodiscard]] double seconds_left(Time now) const;
    [[nodiscard]] const std::string& question() const noexcept { return question_; }
    /// What the session taught about its listener so far.
    [[nodiscard]] PersonState learnt(Time now) const;

private:
    Conductor(Start start, choose::Strategy strategy, choose::Composing composing, PersonState person, World world, affect::Fusion fusion);

    void on(const Start&, const SessionEvent&, Outputs&);
    void on(const Tick&, const SessionEvent&, Outputs&);
    void on(const flow::Rating&, const SessionEvent&, Outputs&);
    void on(const flow::Command&, const SessionEvent&, Outputs&);
    void on(const flow::Evidence&, const SessionEvent&, Outputs&);
    void on(const flow::Heard&, const SessionEvent&, Outputs&);
    void on(const SourceChange&, const SessionEvent&, Outputs&);
    void on(const PlanResult&, const SessionEvent&, Outputs&);
    void on(const DeadlineMissed&, const SessionEvent&, Outputs&);
    void on(const ItemEnded&, const SessionEvent&, Outputs&);
    void on(const Fault&, const SessionEvent&, Outputs&) {}
    void on(const Composed&, const SessionEvent&, Outputs&) {}   // for the record
    void on(const Conductance&, const SessionEvent&, Outputs&);
    void on(const SoundReport&, const SessionEvent&, Outputs&) {}   // likewise
    void on(const Breath&, const SessionEvent&, Outputs&) {}
    void on(const flow::Policy&, const SessionEvent&, Outputs&);
    void on(const flow::AffectState&, const SessionEvent&, Outputs&) {}   // our own, seen in replay
    void on(const Decision&, const SessionEvent&, Outputs&) {}
    void on(const End&, const SessionEvent&, Outputs&) {}

    struct Follows {
        const flow::PlanItem* item = nullptr;   ///< null: nothing
        double starts_in_s = 0.0;
        std::vector<ContentKey> left;   ///< plays now, but is not what the plan will follow
    };
    [[nodiscard]] Follows followed_by_plan(const SessionEvent& event, double lead_s, bool now) const;
    void tell_mood(Time t, choose::PlanRequest& request) const;
    void tell_history(Time t, const Follows& follows, choose::PlanRequest& request) const;
    void tell_wishes(Time t, choose::PlanRequest& request) const;
    void ask_plan(const SessionEvent& event, std::string_view why, bool now, Outputs& out);
    [[nodiscard]] bool cut_is_ahead(Time now) const;
    void ask(std::string question, std::vector<std::string> answers, Outputs& out);
    void questions(const SessionEvent& event, Outputs& out);
    [[nodiscard]] bool is_calm(Time now) const;
    [[nodiscard]] std::optional<double> begins_in_s(const flow::Suggestion& memory) const;
    [[nodiscard]] bool memory_is_due(Time now) const;
    [[nodiscard]] double ask_ahead_s(Time now) const;
    void ask_memory(Outputs& out);
    void leave_memory(Outputs& out);
    [[nodiscard]] std::optional<flow::Reason> no_answer(const flow::Command& command) const;
    void answer_memory(bool yes, const SessionEvent& event, Outputs& out);
    void forget_memories_not_to_ask_about();
    void decide(std::string what, std::vector<flow::Reason> reasons, Outputs& out);
    void end(std::string why, EngineAction action, Outputs& out);
    void finish(const SessionEvent& event, Outputs& out);
    void keep_hand_made(std::string_view why);
    [[nodiscard]] flow::Va where_to_hold() const;
    [[nodiscard]] std::optional<flow::Reason> refusal(const flow::Command& command) const;
    [[nodiscard]] std::optional<flow::Reason> refusal_of_tracks(const std::string& tracks) const;
    void keep_locked();
    void lags(const SessionEvent& event, Outputs& out);
    void got_worse(const SessionEvent& event, Outputs& out);
    void steer(const SessionEvent& event, Outputs& out);
    void mirror(const SessionEvent& event, std::optional<double> microsiemens, Outputs& out);
    void steer_to(const compose::SteerOutput& wish, double least, const char* reason, Outputs& out);
    [[nodiscard]] const flow::PlanItem* composed_now() const;
    struct Body {
        std::string source;
        double sd = 0.0;   ///< of its index, over this person's past mean
    };
    [[nodiscard]] const flow::PlanItem* body_may_speak() const;
    [[nodiscard]] std::optional<Body> most_active_body() const;
    void follow_body(const SessionEvent& event, Outputs& out);
    [[nodiscard]] bool may_stay(const flow::PlanItem& playing) const;
    void say_of_body(const char* what, const Body& body, std::optional<FramePos> at, Outputs& out) const;
    void end_mellow(Time t, Outputs& out);
    void unsafe(const SessionEvent& event, Outputs& out);
    void override_next(const flow::Command& command, const SessionEvent& event, Outputs& out);
    void override_step(const flow::Command& command, const SessionEvent& event, Outputs& out);
    void block_track(const flow::Command& command, const SessionEvent& event, Outputs& out);
    [[nodiscard]] flow::PlanItem chosen(std::size_t row, const char* reason, const std::string& actor) const;
    void play_silence(const SessionEvent& event, Outputs& out);
    [[nodiscard]] flow::Va back_point() const;
    [[nodiscard]] const flow::PlanItem* item(const Id& id) const;
    [[nodiscard]] double seconds_left(const SessionEvent& event) const;
    [[nodiscard]] const flow::PlanItem* after(const Id& id) const;
    [[nodiscard]] bool runs_over(const Id& from, Time now) const;
    [[nodiscard]] flow::Va start_point() const;
    [[nodiscard]] flow::VaGaussian expected_now(const flow::PlanItem& playing, Time t) const;
    [[nodiscard]] bool question_stands(Time t) const;

    Start start_;
    choose::Strategy strategy_;
    choose::Composing composing_;
    PersonState person_;
    World world_;
    affect::Fusion fusion_;
    flow::Policy policy_;
    choose::LikingModel liking_;
    flow::AffectState state_;

    flow::Plan plan_;                       ///< adopted last
    KnownItems known_;                      ///< of the adopted plans
    std::uint64_t request_ = 0;             ///< last plan asked for
    bool waiting_for_plan_ = false;
    bool plan_at_once_ = false;             ///< the plan asked for replaces what plays now
    bool plan_by_hand_ = false;             ///< a person asked for it: nobody waits for its frame
    Time plan_due_;                         ///< when it takes effect
    bool safe_first_ = false;               ///< it answers "I don't feel safe": fixed_ begins with what is safe
    std::optional<Time> cut_at_;            ///< what plays is left then for the plan adopted last
    std::string plan_why_;                  ///< why it was asked for
    int replans_ = 0;
    bool locked_ = false;
    bool only_fixed_ = false;               ///< the next plan holds fixed_ and nothing else
    int slower_by_ = 0;                     ///< steps below the tempo of the music
    std::vector<flow::PlanItem> fixed_;     ///< a therapist's next items
    std::optional<flow::Va> hold_at_;
    std::optional<flow::Va> hold_next_at_;  ///< of the plan that is being asked for
    bool land_now_ = false;

    std::optional<flow::Heard> heard_;
    Time item_began_;
    std::vector<choose::Played> played_;
    std::vector<Time> played_at_;
    int items_begun_ = 0, unfamiliar_begun_ = 0;
    flow::VaGaussian before_item_;          ///< estimate when the item began
    Prompts prompts_;
    choose::Worsening worsening_;
    choose::Lag lag_;
    double closer_ = 1.0;                   ///< factor on the tether: a listener who does not follow is met nearer
    std::set<ContentKey> rated_;            ///< tracks heard while the listener rated
    std::optional<compose::Steering> lead_, mirror_;   ///< of composed music, from the first such item on
    bool mirror_over_ = false, rise_asked_ = false;
    std::optional<flow::Va> steered_;       ///< where composed music was last sent
    Id steered_item_;
    choose::BodyDeparture body_departure_;
    Id body_acted_in_;                      ///< at most once an item
    bool mellow_ = false;                   ///< what plays was softened for a body
    std::string question_;
    Time asked_at_, now_;                   ///< of the question; of the event that is being worked on
    std::optional<flow::Suggestion> memory_;   ///< that question_ is about, while it is open
    std::set<ContentKey> asked_about_, said_yes_;   ///< in this session
    std::set<ContentKey> wanted_;           ///< of said_yes_: not begun yet
    int failed_in_a_row_ = 0;
    bool paused_ = false, ended_ = false;
    Time paused_since_;
    Duration paused_for_{};                 ///< all pauses that are over
    bool finishing_ = false;                ///< the music is over; the outcome question is open
    Time finishing_since_;
    std::unique_ptr<core::IdSource> ids_;   ///< seeded by the session's id: replay makes the same
};

}  // namespace attune::session
