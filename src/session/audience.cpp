// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/audience.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/time.hpp"

namespace attune::session {
namespace {

using nlohmann::json;

/// Reasons whose sentence tells how the listener is thought to be, not what they said or what the music is.
constexpr std::array<std::string_view, 9> kReasonsOfState = {"body_hold", "body_soften", "body_replan", "activation_rose",    "replan_lag",          "default_table",
                                                             "counterfactual_calm", "counterfactual_tense", "policy_oracle"};
/// Limits whose value is a distance from where the listener is.
constexpr std::array<std::string_view, 2> kLimitsOfState = {"match_distance", "land_in_target"};
/// A question that says what was inferred, and the one that asks the same without.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kQuestionsOfState = {{{"activation", "is_it_right"}, {"lag", "stay_here"}}};
/// Decisions that are named after what a body showed; told as "eased".
constexpr std::array<std::string_view, 4> kDecisionsOfState = {"body_hold", "body_soften", "body_replan", "steer_hold"};
/// All that a reason may be filled in with: names and titles; no number that a decision was made from.
constexpr std::array<std::string_view, 11> kSafeArgs = {"why", "title", "artist", "genre", "goal", "actor", "role", "source", "known", "track", "error"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

std::string question_without(const std::string& question) {
    for (const auto& [told, unsaid] : kQuestionsOfState)
        if (question == told) return std::string(unsaid);
    return question;
}

/// Only these fields of an object; what is new in a record is not shown before somebody has thought about it.
json only(const json& from, std::initializer_list<const char*> names) {
    json out = json::object();
    for (const char* name : names)
        if (const auto at = from.find(name); at != from.end()) out[name] = *at;
    return out;
}

json reasons_without(const json& reasons) {
    json out = json::array();
    for (const json& reason : reasons) {
        if (among(kReasonsOfState, reason.at("code").get<std::string>())) continue;
        json kept = {{"code", reason.at("code")}, {"args", json::object()}, {"contribution", nullptr}};
        for (const auto& [name, value] : reason.at("args").items())
            if (among(kSafeArgs, name)) kept["args"][name] = value;
        out.push_back(std::move(kept));
    }
    return out;
}

json unmet_without(const json& unmet) {
    json out = json::array();
    for (json u : unmet) {
        if (among(kLimitsOfState, u.at("limit").get<std::string>())) u["value"] = nullptr;
        out.push_back(std::move(u));
    }
    return out;
}

json item_without(const json& item) {
    json out = only(item, {"id", "kind", "track", "title", "phase", "in_s", "out_s", "fade_in_s", "gain_db", "tempo", "soften",
                           "predicted_liking", "predicted_liking_sd", "bridged"});
    const bool track = item.at("kind") == "track";   // composed music is sent where the estimate stands
    for (const char* name : {"expected", "expected_sd"}) out[name] = track ? item.at(name) : json(nullptr);
    for (const char* name : {"waypoint", "score", "p_limits_held", "predicted"}) out[name] = nullptr;
    out["counterfactual"] = "";
    out["reasons"] = reasons_without(item.at("reasons"));
    return out;
}

json plan_without(const json& plan) {
    if (!plan.is_object()) return nullptr;
    json out = only(plan, {"id", "view_version", "policy_version", "effective_ns", "locked"});
    out["items"] = json::array();
    for (const json& item : plan.at("items")) out["items"].push_back(item_without(item));
    out["unmet"] = unmet_without(plan.at("unmet"));
    return out;
}

json decision_without(const json& decision) {
    json out = only(decision, {"what", "request", "question", "answers", "at_frame"});
    if (among(kDecisionsOfState, decision.at("what").get<std::string>())) out["what"] = "eased";
    out["question"] = question_without(decision.at("question").get<std::string>());
    out["reasons"] = reasons_without(decision.at("reasons"));
    out["plan"] = plan_without(decision.at("plan"));
    return out;
}

/// Whether each source works; nothing that was made of it.
json state_without(const json& state) {
    json out = only(state, {"t_ns", "origin"});
    out["sources"] = json::array();
    for (const json& source : state.at("sources")) out["sources"].push_back(only(source, {"id", "kind", "status", "reason"}));
    return out;
}

json evidence_without(const json& evidence) {
    return only(evidence, {"source", "kind", "t_ns", "window_s", "quality", "abstained", "model", "origin"});
}

json heard_without(json heard) {
    if (heard.at("kind") != "track") heard["expressed"] = heard["expressed_sd"] = nullptr;
    return heard;
}

/// Without an answer of the listener a session starts from the estimate, and so does what is measured from there.
bool starts_from_estimate(const Summary& summary) { return !summary.start.start; }

std::vector<flow::Reason> reasons_without(const std::vector<flow::Reason>& reasons) {
    std::vector<flow::Reason> out;
    for (const flow::Reason& reason : reasons)
        if (!among(kReasonsOfState, reason.code)) out.push_back(reason);
    return out;
}

void strip(flow::PlanItem& item) {
    item.predicted.reset();
    item.reasons = reasons_without(item.reasons);
    if (item.kind != flow::ItemKind::kTrack) item.expected.reset();
}

void strip(Decision& decision) {
    decision.reasons = reasons_without(decision.reasons);
    decision.question = question_without(decision.question);
    if (!decision.plan) return;
    for (flow::PlanItem& item : decision.plan->items) strip(item);
}

}  // namespace

bool sees_everything(flow::Role role) noexcept { return role == flow::Role::kTherapist || role == flow::Role::kResearcher; }

bool hides_state(const SessionEvent& event) {
    if (const auto* start = std::get_if<Start>(&event.payload)) return !start->policy.show_state;
    if (const auto* policy = std::get_if<flow::Policy>(&event.payload)) return !policy->show_state;
    return false;
}

bool hides_state(std::span<const SessionEvent> events) {
    return std::any_of(events.begin(), events.end(), [](const SessionEvent& event) { return hides_state(event); });
}

bool hides_state_today(care::People& people, const Id& person) {
    if (person.none()) return false;
    const auto today = people.policy(person, flow::Deployment::kHome, false, core::wall_now_ns());
    return today && !today->show_state;   // a person who was erased has no policy of today
}

bool state_shown(care::People& people, const SessionRow& row, std::span<const SessionEvent> events, flow::Role role) {
    return sees_everything(role) || !(hides_state(events) || hides_state_today(people, row.person));
}

json without_state(json event) {
    const std::string kind = event.at("kind").get<std::string>();
    json& data = event["data"];
    if (kind == "conductance" || kind == "breath" || kind == "plan_result") return nullptr;
    if (kind == "state") data = state_without(data);
    else if (kind == "evidence") data = evidence_without(data);
    else if (kind == "decision") data = decision_without(data);
    else if (kind == "heard") data = heard_without(std::move(data));
    else if (kind == "start") {
        data["policy"]["show_state"] = false;   // for this listener, whatever it was when it began
        data.erase("person_state");             // what earlier sessions taught of their moods
    }
    else if (kind == "policy") data["show_state"] = false;
    return event;
}

SessionEvent without_state(SessionEvent event) {
    if (auto* decision = std::get_if<Decision>(&event.payload)) strip(*decision);
    return event;
}

Summary without_state(Summary s) {
    s.states.clear();
    for (PlayedItem& item : s.items) strip(item.plan);
    for (flow::Heard& heard : s.heard)
        if (heard.kind != flow::ItemKind::kTrack) heard.expressed.reset();
    for (auto& [t, decision] : s.decisions) strip(decision);
    return s;
}

json to_json_without_state(const Summary& summary) {
    json out = to_json(without_state(summary));
    out["unmet"] = unmet_without(out["unmet"]);
    out["final_estimate"] = nullptr;
    if (!summary.final_rating()) out["distance_final"] = nullptr;
    if (starts_from_estimate(summary)) {
        out["distance_start"] = out["distance_final"] = nullptr;
        out["target"]["valence"] = out["target"]["arousal"] = nullptr;
    }
    return out;
}

Result<void> may_read_professional(bool state_shown) {
    if (state_shown) return {};
    return fail(ErrorCode::kRefused, "the estimated state is not shown to this listener (their intake says so), and the report for the professional is "
                                     "full of it; a therapist or a researcher may ask for it (--as therapist), and the version for the person is there for everybody");
}

}  // namespace attune::session
