// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The record is the loop: everything that reaches the conductor is one of these, numbered in the
/// order in which it was consumed, and so is everything that it decided.
///
/// Inputs (replayed) come first in EventKind; outputs (recomputed and compared) follow.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/time.hpp"
#include "flow/affect_state.hpp"
#include "flow/command.hpp"
#include "flow/evidence.hpp"
#include "flow/goal.hpp"
#include "flow/heard.hpp"
#include "flow/plan.hpp"
#include "flow/policy.hpp"
#include "flow/rating.hpp"

namespace attune::session {

enum class EventKind : int {
    // inputs
    kStart = 1, kTick = 2, kRating = 3, kCommand = 4, kEvidence = 5, kHeard = 6, kSource = 7,
    kPlanResult = 8, kDeadlineMissed = 9, kItemEnded = 10, kFault = 11, kPolicy = 12,
    kComposed = 13, kConductance = 14, kSound = 15, kBreath = 16,
    // outputs
    kState = 101, kDecision = 102, kEnd = 103,
};
[[nodiscard]] const char* to_string(EventKind kind) noexcept;
[[nodiscard]] constexpr bool is_output(EventKind kind) { return static_cast<int>(kind) > 100; }

/// Composed music in a session: whether, by whom, and whether the sound may follow the skin.
struct ComposeChoice {
    std::string when = "never";          ///< "never", "gaps", "always" (choose/composing.hpp)
    std::string engine = "rule";         ///< "rule", "hmm", "lstm"
    bool mirror = false;                 ///< biofeedback, switched on by a person
    /// False: nothing of a library is played, so it may be empty.
    [[nodiscard]] bool needs_library() const { return when != "always"; }
    bool operator==(const ComposeChoice&) const = default;
};

/// What listened to a source from the start on, and the model that it was built from.
struct Listening {
    std::string source;
    flow::SourceKind kind = flow::SourceKind::kBody;
    std::string model, sha256;           ///< id@version and the hash of its weights; empty = no model
    bool operator==(const Listening&) const = default;
};

/// What a session starts with. All that the conductor knows of the world stands here or in a later event.
struct Start {
    Id session;
    Id person;
    flow::Goal goal;
    std::optional<flow::Va> start;       ///< the blind rating; empty = skipped
    std::vector<std::string> words;      ///< that the person chose for how they feel; nothing is computed from them
    std::uint64_t seed = 0;
    flow::Policy policy;
    std::string view_hash;               ///< of the library snapshot that planning reads
    std::string person_state;            ///< what is known of the person: priors, taste, history (CBOR)
    std::string strategy = "planner";    ///< "planner", or an arm of a comparison
    double taste_weight = 1.0;
    bool simulated = false;
    std::vector<std::pair<std::string, flow::SourceKind>> sources;
    std::vector<ContentKey> fixed;       ///< a hand-made plan: these tracks first, in this order
    bool locked = false;                 ///< and nothing else: the planner is not asked
    ComposeChoice compose;
    std::vector<Listening> listening;
    bool samples_kept = false;           ///< those of heart, skin and breath stand beside the record (samples.hpp)
    std::string fingerprint;             ///< of the arithmetic: build and libm
    std::int64_t wall_ns = 0;            ///< anchor, for display only
    std::string zone;
};

struct Tick {};

/// A source came, fell silent or was withdrawn.
struct SourceChange {
    std::string source;
    flow::SourceKind kind = flow::SourceKind::kBody;
    flow::SourceStatus status = flow::SourceStatus::kLost;
    std::string reason;
};

/// What the planner answered to request `request`.
struct PlanResult {
    std::uint64_t request = 0;
    flow::Plan plan;
};

struct DeadlineMissed {
    std::uint64_t request = 0;
    std::string what;   ///< "plan"
};

/// The engine has left an item for good.
struct ItemEnded {
    Id item;
    double played_s = 0.0;
    std::string why;    ///< "end", "skip", "replaced", "failed", "stop"
    std::string error;  ///< for "failed"
};

/// Something broke and was survived: late decoding, a lost device, a full disk.
struct Fault {
    std::string room;
    std::string code;
    std::string message;
};

/// A composed item: who composes it, said when it begins and whenever that changes.
struct Composed {
    Id item;
    std::string engine;    ///< that made the phrase: "rule", "hmm", "lstm"
    std::string style, key;
    std::uint64_t seed = 0;
    int phrase = 0;        ///< counted from the item's start
    bool fell_back = false;   ///< the chosen engine was late; the rule engine made this phrase
};

/// What the skin said in the last second; only while biofeedback is switched on.
struct Conductance {
    std::string source;
    double microsiemens = 0.0;
};

/// How the listener breathes, from a device or a recording that tells it; every ten seconds. It moves no estimate.
struct Breath {
    std::string source;
    double per_min = 0.0;     ///< 4..40, over the 32 s before
    double quality = 0.0;     ///< 0.6..1
    flow::Channel of = flow::Channel::kRespiration;   ///< the channel that it was read from
};

/// How the sound of a live session fares, counted from its start; every ten seconds.
struct SoundReport {
    std::string sink;                 ///< "browser", "null", or the device's name
    std::int64_t underruns = 0;       ///< times that the sink got too little
    double worst_callback_ms = 0.0;   ///< of our part of the sink's callback
    double worst_gap_ms = 0.0;        ///< longest time between two callbacks
    std::int64_t late_calls = 0;      ///< callbacks that the sink, or a pause of the machine, made more than 30 ms late
    double worst_pause_ms = 0.0;      ///< the most that the engine's thread or the sink was late by
    double ahead_ms = 0.0;            ///< how deep it plays ahead by now; deeper where the machine pauses
    double buffer_ms = 0.0;           ///< rendered ahead of the sink, now
    double lowest_buffer_ms = 0.0;
    double decoded_ahead_s = 0.0;     ///< least of what sounds now
    double clock_drift_ppm = 0.0;     ///< of the sink against this machine's clock
    double latency_ms = 0.0;          ///< from the sink to the ear, as far as it is known
    double limiter_db = 0.0;          ///< strongest limiting so far, <= 0
    double dose_share = 0.0;          ///< of the week's allowance, used in seven days
    bool calibrated = false;          ///< the level at the ear is known
};

/// One decision of the conductor with its reasons.
struct Decision {
    std::string what;                     ///< "plan_requested", "plan_adopted", "hold", "ask", "flag", …
    std::uint64_t request = 0;            ///< plan_requested, plan_adopted
    std::vector<flow::Reason> reasons;
    std::optional<flow::Plan> plan;       ///< plan_adopted
    std::string question;                 ///< ask: code of the question
    std::vector<std::string> answers;
    std::optional<FramePos> at;           ///< engine frame at which what the session decided acts; unset = at once
};

struct End {
    std::string why;                      ///< "finished", "stopped", "unsafe", "interrupted"
};

using Payload = std::variant<Start, Tick, flow::Rating, flow::Command, flow::Evidence, flow::Heard,
                             SourceChange, PlanResult, DeadlineMissed, ItemEnded, Fault, flow::Policy, Composed, Conductance,
                             SoundReport, Breath,
                             flow::AffectState, Decision, End>;

struct SessionEvent {
    std::uint64_t seq = 0;
    Time t;
    std::string actor = "local";
    flow::Origin origin = flow::Origin::kLive;
    Payload payload;

    [[nodiscard]] EventKind kind() const;
};

}  // namespace attune::session
