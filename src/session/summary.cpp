// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/summary.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "session/codec.hpp"

namespace attune::session {
namespace {

using nlohmann::json;

/// Collects events into a Summary; remembers which planned items exist.
class Collector {
public:
    explicit Collector(Summary& summary) : s_(summary) {}

    void operator()(const SessionEvent& event) {
        s_.ended = event.t;
        s_.origin = flow::worst(s_.origin, event.origin);
        now_ = event.t;
        std::visit(*this, event.payload);
    }
    void operator()(const Start& start) { s_.start = start; }
    void operator()(const Tick&) {}
    void operator()(const flow::Rating& rating) { s_.ratings.push_back(rating); }
    void operator()(const flow::Command& command) { s_.commands.emplace_back(now_, command); }
    void operator()(const flow::Evidence& evidence) {
        if (!evidence.model.empty() &&
            std::find(s_.models.begin(), s_.models.end(), evidence.model) == s_.models.end()) {
            s_.models.push_back(evidence.model);
        }
    }
    void operator()(const flow::Heard& heard) {
        if (!s_.heard.empty() && !s_.items.empty() && s_.heard.back().playing &&
            s_.items.back().plan.id == s_.heard.back().item) {
            s_.items.back().played_s += (heard.t - s_.heard.back().t).seconds();
        }
        const bool new_item = !heard.item.none() && (s_.items.empty() || s_.items.back().plan.id != heard.item);
        if (new_item) begin_item(heard);
        s_.heard.push_back(heard);
    }
    void operator()(const SourceChange& change) { s_.sources.emplace_back(now_, change); }
    void operator()(const PlanResult&) {}
    void operator()(const DeadlineMissed&) {}
    void operator()(const ItemEnded& ended) {
        for (PlayedItem& item : s_.items) {
            if (item.plan.id != ended.item) continue;
            item.why_ended = ended.why;
            item.error = ended.error;
            item.played_s = ended.played_s;
        }
    }
    void operator()(const Fault& fault) { s_.faults.emplace_back(now_, fault); }
    void operator()(const flow::Policy&) {}
    void operator()(const Composed& composed) { s_.composed.push_back(composed); }
    void operator()(const Conductance&) {}
    void operator()(const SoundReport& sound) { s_.sound = sound; }
    void operator()(const Breath&) {}
    void operator()(const flow::AffectState& state) { s_.states.push_back(state); }
    void operator()(const Decision& decision) {
        if (decision.plan) {
            if (planned_.empty()) s_.unmet = decision.plan->unmet;
            planned_.insert(planned_.end(), decision.plan->items.begin(), decision.plan->items.end());
        }
        if (decision.what == "plan_requested" && decision.request > 1) ++s_.replans;
        s_.decisions.emplace_back(now_, decision);
    }
    void operator()(const End& end) { s_.why_ended = end.why; }

private:
    void begin_item(const flow::Heard& heard) {
        PlayedItem item;
        item.began = heard.t;
        const auto plan = std::find_if(planned_.rbegin(), planned_.rend(),
                                       [&](const auto& p) { return p.id == heard.item; });
        if (plan != planned_.rend()) item.plan = *plan;
        item.plan.id = heard.item;
        item.planned_s = item.plan.out_s - item.plan.in_s;
        s_.items.push_back(std::move(item));
    }
    Summary& s_;
    Time now_;
    std::vector<flow::PlanItem> planned_;
};

json unmet_json(const std::vector<flow::Unmet>& list) {
    json out = json::array();
    for (const flow::Unmet& u : list) {
        out.push_back({{"limit", u.limit}, {"item", u.item}, {"value", u.value}, {"allowed", u.allowed},
                       {"remedy", u.remedy}});
    }
    return out;
}

json main_reason_json(const flow::PlanItem& item) {
    const flow::Reason* best = main_reason(item.reasons);
    return best == nullptr ? json(nullptr) : json(best->code);
}

json items_json(const Summary& summary) {
    json list = json::array();
    for (const PlayedItem& item : summary.items) {
        list.push_back({{"track", item.plan.track.none() ? json(nullptr) : json(item.plan.track.hex())},
                        {"title", item.plan.title},
                        {"kind", flow::to_string(item.plan.kind)},
                        {"phase", flow::to_string(item.plan.phase)},
                        {"t_s", item.began.seconds()},
                        {"planned_s", item.planned_s},
                        {"played_s", item.played_s},
                        {"reason", main_reason_json(item.plan)},
                        {"ended", item.why_ended.empty() ? json(nullptr) : json(item.why_ended)}});
    }
    return list;
}

json composed_json(const Summary& summary) {
    json list = json::array();
    for (const Composed& c : summary.composed)
        list.push_back({{"item", c.item.text()}, {"engine", c.engine}, {"style", c.style}, {"key", c.key}, {"seed", c.seed},
                        {"phrase", c.phrase}, {"fell_back", c.fell_back}});
    return list;
}

json estimate_json(const flow::AffectState& state) {
    return {{"valence", state.felt.mean.valence},
            {"arousal", state.felt.mean.arousal},
            {"sd", {{"valence", state.felt.sd_valence()}, {"arousal", state.felt.sd_arousal()}}},
            {"evidence",
             {{"ratings", state.evidence.ratings}, {"sensors", state.evidence.sensors}, {"music", state.evidence.music}}}};
}

}  // namespace

const flow::Reason* main_reason(const std::vector<flow::Reason>& reasons) {
    const flow::Reason* best = nullptr;
    const auto says_something = [](const flow::Reason& reason) { return reason.code != "liking_unknown"; };
    for (const flow::Reason& reason : reasons) {
        const bool says_more = best == nullptr || (says_something(reason) && !says_something(*best)) ||
                               (says_something(reason) == says_something(*best) && reason.contribution > best->contribution);
        if (says_more) best = &reason;
    }
    return best;
}

flow::Va Summary::start_point() const {
    if (start.start) return *start.start;
    return states.empty() ? flow::Va{} : states.front().felt.mean;
}

std::optional<flow::Va> Summary::final_rating() const {
    for (auto rating = ratings.rbegin(); rating != ratings.rend(); ++rating) {
        if (rating->kind == flow::RatingKind::kFelt && rating->value && rating->touched) return rating->value;
    }
    return std::nullopt;
}

std::optional<flow::AffectState> Summary::final_state() const {
    return states.empty() ? std::nullopt : std::optional(states.back());
}

Result<Summary> summarise(std::span<const SessionEvent> events) {
    if (events.empty() || !std::holds_alternative<Start>(events.front().payload)) {
        return fail(ErrorCode::kCorrupt, "the record does not begin with a start event");
    }
    Summary summary;
    Collector collect(summary);
    for (const SessionEvent& event : events) collect(event);
    return summary;
}

json to_json(const Summary& s) {
    const flow::Va from = s.start_point();
    const auto final_rating = s.final_rating();
    const auto final_state = s.final_state();
    const flow::Goal& goal = s.start.goal;
    json target = {{"goal", flow::to_string(goal.kind)}};
    const flow::Va nearest = goal.nearest(from, from);
    target["valence"] = nearest.valence;
    target["arousal"] = nearest.arousal;
    const std::optional<flow::Va> reached =
        final_rating ? final_rating : final_state ? std::optional(final_state->felt.mean) : std::nullopt;
    return {{"schema", "attune.session/1"},
            {"session", s.start.session.text()},
            {"person", s.start.person.none() ? json(nullptr) : json(s.start.person.text())},
            {"seed", s.start.seed},
            {"simulated", s.simulated()},
            {"origin", flow::to_string(s.origin)},
            {"strategy", s.start.strategy},
            {"start", s.start.start ? to_json(*s.start.start) : json(nullptr)},
            {"target", target},
            {"final", final_rating ? to_json(*final_rating) : json(nullptr)},
            {"final_estimate", final_state ? estimate_json(*final_state) : json(nullptr)},
            {"distance_start", goal.distance_from(from, from)},
            {"distance_final", reached ? json(goal.distance_from(*reached, from)) : json(nullptr)},
            {"items", items_json(s)},
            {"unmet", unmet_json(s.unmet)},
            {"replans", s.replans},
            {"composed", composed_json(s)},
            {"biofeedback", s.start.compose.mirror},
            {"duration_s", s.ended.seconds()},
            {"ended", s.why_ended.empty() ? json("interrupted") : json(s.why_ended)}};
}

}  // namespace attune::session
