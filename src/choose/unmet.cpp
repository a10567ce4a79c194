// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan does not keep, from its items alone: the search is not asked and not believed.
#include <algorithm>
#include <cmath>

#include "choose/limits.hpp"
#include "choose/planner.hpp"
#include "choose/rules.hpp"

namespace attune::choose {
namespace {

/// Float columns against double limits: equal within this.
constexpr double kHair = 1e-6;

class Checker {
public:
    Checker(const PlanRequest& request, const flow::Plan& plan)
        : request_(request), plan_(plan), rules_(request), limits_(request.policy->limits),
          goal_(allowed_goal(request.goal, *request.policy)) {}

    std::vector<flow::Unmet> run() {
        if (goal_.kind != request_.goal.kind) add("goal_energise", 0, 1.0, 0.0, "policy");
        if (request_.goal.kind == flow::GoalKind::kLift && !request_.policy->allow_pushed_lift)
            add("goal_pushed_lift", 0, 1.0, 0.0, "policy");
        if (request_.composing != Composing::kNever && (request_.policy->flagged || !request_.policy->allow_unfamiliar))
            add("composing", 0, 1.0, 0.0, "policy");
        if (rules_.familiarity_waived())
            add("familiar", 0, static_cast<double>(rules_.familiar_rows().size()),
                static_cast<double>(kMinFamiliar), "name_more_tracks");
        before_from_current();
        items_ = request_.session_items;
        unfamiliar_ = request_.session_unfamiliar;
        bool any_track = false;
        for (std::size_t i = 0; i < plan_.items.size(); ++i) {
            any_track = any_track || plan_.items[i].kind != flow::ItemKind::kSilence;
            check(i);
        }
        if (!any_track) add("no_music", 0, 0.0, 1.0, "more_music");
        check_length();
        check_landing();
        return std::move(unmet_);
    }

private:
    void add(const char* limit, std::size_t item, double value, double allowed, const char* remedy) {
        unmet_.push_back({limit, item, value, allowed, remedy});
    }

    void before_from_current() {
        if (request_.current_composed) before_ = composed_edges(*request_.current_composed);
        if (!request_.current) return;
        const auto row = request_.view->row(*request_.current);
        if (row && analysed(*row)) before_ = edges_of(*request_.view, *row, request_.current_gain_db);
    }

    bool analysed(std::size_t row) const {
        return std::isfinite(static_cast<double>(request_.view->valence[row])) &&
               std::isfinite(static_cast<double>(request_.view->arousal[row]));
    }

    void check(std::size_t i) {
        const flow::PlanItem& item = plan_.items[i];
        if (item.kind == flow::ItemKind::kCompose && item.expected) {
            check_analysed(i, item, composed_edges(*item.expected));
            bridge_ = false;
            return;
        }
        if (item.kind != flow::ItemKind::kTrack) {
            if (item.phase == flow::Phase::kBridge || item.out_s - item.in_s >= kBridgeSeconds) bridge_ = true;
            return;
        }
        const auto row = request_.view->row(item.track);
        if (!row) {
            add("not_in_library", i, 0.0, 1.0, "more_music");
            return;
        }
        check_hard(i, *row);
        if (!analysed(*row)) {
            add("not_analysed", i, 0.0, 1.0, "scan");
            before_.reset();
        } else {
            check_analysed(i, item, edges_of(*request_.view, *row, item.gain_db));
        }
        bridge_ = false;
        check_known(i, *row);
    }

    void check_hard(std::size_t i, std::size_t row) {
        const Refusal refusal = rules_.refusal(row);
        if (refusal == Refusal::kNone) return;
        const bool chosen_by_hand = i < request_.fixed.size();
        add(chosen_by_hand ? "override_refused" : to_string(refusal), i, 1.0, 0.0, to_string(refusal));
    }

    /// The first item meets the listener: where they began, not only as near to it as this library comes.
    void check_match(std::size_t i, const flow::PlanItem& item) {
        if (item.phase != flow::Phase::kMatch || !item.expected) return;
        const double away = flow::distance(*item.expected, request_.start);
        if (away > request_.pace.match_radius + kHair) add("match_distance", i, away, request_.pace.match_radius, "more_music");
    }

    void check_analysed(std::size_t i, const flow::PlanItem& item, const Edges& edges) {
        check_match(i, item);
        if (before_ && !bridge_) check_join(i, join_of(*before_, edges, limits_));
        const double margin = edges.arousal_p95 - item.waypoint.arousal;
        if (margin > limits_.arousal_p95_margin + kHair)
            add("arousal_p95", i, margin, limits_.arousal_p95_margin, "more_music");
        if (startle_is_guarded(request_.goal, *request_.policy) &&
            edges.startle_lu > limits_.startle_lu + kHair)
            add("startle", i, edges.startle_lu, limits_.startle_lu, "more_music");
        if (before_ && request_.goal.kind == flow::GoalKind::kSleep) {
            const double rise = edges.arousal - before_->arousal;
            if (rise > kSleepRise + kHair) add("sleep_rising", i, rise, kSleepRise, "more_music");
        }
        before_ = edges;
    }

    void check_join(std::size_t i, const Join& j) {
        if (j.valence > limits_.valence + kHair) add("join_valence", i, j.valence, limits_.valence, "bridge");
        if (j.arousal > limits_.arousal + kHair) add("join_arousal", i, j.arousal, limits_.arousal, "bridge");
        if (j.tempo > limits_.tempo_fraction + kHair)
            add("join_tempo", i, j.tempo, limits_.tempo_fraction, "bridge");
        if (j.loudness > limits_.loudness_lu + kHair)
            add("join_loudness", i, j.loudness, limits_.loudness_lu, "bridge");
    }

    void check_known(std::size_t i, std::size_t row) {
        const flow::Phase phase = plan_.items[i].phase;
        const bool known = rules_.familiar(row);
        items_ += 1;
        unfamiliar_ += known ? 0 : 1;
        if (known || rules_.familiarity_waived() || request_.asked.contains(request_.view->key[row])) return;
        if (phase == flow::Phase::kMatch || phase == flow::Phase::kLand)
            add("familiar_phase", i, 0.0, 1.0, "accept_unfamiliar");
        else if (unfamiliar_ * 4 > items_)
            add("unfamiliar_share", i, static_cast<double>(unfamiliar_) / items_, .25, "accept_unfamiliar");
    }

    void check_length() {
        const double planned = planned_seconds(plan_.items);
        if (!request_.land_now && planned < request_.remaining_s - 60.0)
            add(request_.policy->dose_left ? "dose_or_length" : "length", plan_.items.size(), planned,
                request_.remaining_s, "more_music");
    }

    void check_landing() {
        for (std::size_t i = 0; i < plan_.items.size(); ++i) {
            const flow::PlanItem& item = plan_.items[i];
            if (item.phase != flow::Phase::kLand || !item.expected) continue;
            const double outside = goal_.distance_from(*item.expected, request_.start);
            if (outside > kHair) add("land_in_target", i, outside, 0.0, "longer_session");
        }
    }

    const PlanRequest& request_;
    const flow::Plan& plan_;
    Rules rules_;
    flow::StepLimits limits_;
    flow::Goal goal_;
    std::optional<Edges> before_;
    bool bridge_ = false;
    int items_ = 0, unfamiliar_ = 0;
    std::vector<flow::Unmet> unmet_;
};

}  // namespace

std::vector<flow::Unmet> unmet_of(const PlanRequest& request, const flow::Plan& plan) {
    return Checker(request, plan).run();
}

}  // namespace attune::choose
