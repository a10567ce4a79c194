// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/planner.hpp"

#include <algorithm>
#include <cmath>

#include "choose/reasons.hpp"
#include "choose/search.hpp"
#include "choose/suggest.hpp"
#include "core/assert.hpp"

namespace attune::choose {
namespace {

constexpr double kShortestSilenceS = 20.0;
constexpr double kDoseHours = 40.0;   ///< H.870: the weekly allowance is 40 h at the limit level

/// Seconds that the rest of the weekly allowance lasts at the level that the player counts, else at the
/// ceiling, the loudest that is allowed.
double dose_seconds(const flow::Policy& policy) {
    if (!policy.dose_left) return 1e12;
    const double share_per_hour =
        std::pow(10.0, (policy.playing_dba.value_or(policy.ceiling_dba) - policy.weekly_limit_dba) / 10.0) / kDoseHours;
    return std::max(*policy.dose_left, 0.0) / share_per_hour * 3600.0;
}

class Assembler {
public:
    explicit Assembler(const PlanRequest& request)
        : request_(request), rules_(request), goal_(allowed_goal(request.goal, *request.policy)) {
        s_.felt = request.felt.mean;
        s_.items = request.session_items;
        s_.unfamiliar = request.session_unfamiliar;
        s_.end_s = std::min(request.remaining_s, dose_seconds(*request.policy));
        felt_ = request.felt;
        start_from_current();
        remember_artists();
        plan_.view_version = request.view->version;
        plan_.policy_version = request.policy->version;
        plan_.state_seq = request.state_seq;
    }

    flow::Plan run() {
        for (const flow::PlanItem& item : request_.fixed) add_fixed(item);
        const std::vector<std::uint32_t> before = s_.artists;
        while (wants_more()) {
            if (composes(Composing::kAlways)) {
                add_composed("composed_as_asked");
                continue;
            }
            const Situation from = s_;
            std::vector<Step> steps = steps_that_fit();
            make_room(from, steps);
            if (steps.empty() && !composes(Composing::kWhenNothingFits)) break;
            for (const Step& step : steps) add_step(step);
            if (steps.empty()) add_composed("composed_no_track_fits");
            else if (steps.back().place.last) break;
        }
        if (wants_more() && !landed()) add_from_table();
        if (plan_.items.empty() || s_.end_s - s_.t_s >= kShortestSilenceS) add_closing_silence();
        add_counterfactual();
        plan_.unmet = unmet_of(request_, plan_);
        plan_.suggestion = suggest(request_, rules_, goal_, filled_, before);
        return std::move(plan_);
    }

private:
    bool wants_more() const { return s_.end_s - s_.t_s >= kShortestItemS; }
    bool landed() const { return !plan_.items.empty() && plan_.items.back().phase == flow::Phase::kLand; }

    /// Own known music only is a rule for flagged people; nobody knows what is composed.
    bool composes(Composing when) const {
        return request_.composing == when && !request_.policy->flagged && request_.policy->allow_unfamiliar;
    }

    /// The best path; where a composer may help, only as far as tracks stand near their waypoints.
    std::vector<Step> steps_that_fit() {
        const Situation from = s_;
        std::vector<Step> steps = search(request_, rules_, goal_, s_);
        if (!composes(Composing::kWhenNothingFits)) return steps;
        const auto far = std::find_if(steps.begin(), steps.end(), [](const Step& step) {
            return flow::distance(step.candidate.m, step.place.waypoint.at) > kNearEnough;
        });
        if (far == steps.end()) return steps;
        steps.erase(far, steps.end());
        s_ = from;
        follow(request_, rules_, goal_, steps, s_);
        return steps;
    }

    /// For the first wanted track that is not in the plan yet: the path up to its place, and it; what follows is searched next.
    void make_room(const Situation& from, std::vector<Step>& steps) {
        for (const ContentKey& key : request_.wanted) {
            const auto row = request_.view->row(key);
            const auto placed = [&](const flow::PlanItem& item) { return item.track == key; };
            if (!row || !rules_.allowed(*row) || std::any_of(plan_.items.begin(), plan_.items.end(), placed)) continue;
            auto room = room_for(request_, rules_, goal_, steps, from.end_s, static_cast<std::uint32_t>(*row));
            if (!room) continue;
            steps.resize(room->at);
            steps.push_back(std::move(room->step));
            s_ = from;
            follow(request_, rules_, goal_, steps, s_);
            return;
        }
    }

    /// As near to the waypoint as the join's limits let it stand.
    flow::Va joined(flow::Va at) const {
        if (!s_.before) return at;
        const flow::StepLimits& limits = request_.policy->limits;
        const Edges& b = *s_.before;
        at.valence = std::clamp(at.valence, b.last_valence - limits.valence, b.last_valence + limits.valence);
        at.arousal = std::clamp(at.arousal, b.last_arousal - limits.arousal, b.last_arousal + limits.arousal);
        if (request_.goal.kind == flow::GoalKind::kSleep) at.arousal = std::min(at.arousal, b.arousal + kSleepRise);
        return at;
    }

    void add_composed(const char* code) {
        const double seconds = composed_seconds(s_.end_s - s_.t_s);
        const bool last = request_.land_now || s_.t_s + seconds >= s_.end_s;
        const Waypoint here = waypoint_at(request_, goal_, s_.felt, s_.t_s, static_cast<int>(plan_.items.size()) + s_.items, last);
        flow::PlanItem item;
        item.kind = flow::ItemKind::kCompose;
        item.title = "Composed by Attune";
        item.phase = here.phase;
        item.out_s = seconds;
        item.fade_in_s = !plan_.items.empty() && plan_.items.back().kind != flow::ItemKind::kSilence ? kCrossfadeS : 0.0;
        item.expected = joined(here.at);
        item.waypoint = here.at;
        const Liking liking;
        item.predicted_liking = liking.mean;
        item.predicted_liking_sd = liking.sd;
        item.reasons.push_back({code, {}, 0.0});
        s_.felt = Process::towards(s_.felt, request_.process.pull(*item.expected, liking.mean), request_.process.keep(seconds));
        felt_ = predicted(felt_, s_.felt, request_.process, seconds);
        item.predicted = felt_;
        s_.t_s += seconds - item.fade_in_s;
        if (last) s_.t_s = s_.end_s;   // a crossfade is not made up for by another item
        s_.before = composed_edges(*item.expected);
        plan_.items.push_back(std::move(item));
    }

    void start_from_current() {
        if (request_.current_composed) {
            const flow::Va at = *request_.current_composed;
            s_.before = composed_edges(at);
            s_.felt = Process::towards(s_.felt, request_.process.pull(at, Liking{}.mean), request_.process.keep(request_.starts_in_s));
            felt_ = predicted(felt_, s_.felt, request_.process, request_.starts_in_s);
            return;
        }
        if (!request_.current) return;
        const auto row = request_.view->row(*request_.current);
        if (!row) return;
        s_.before = edges_of(*request_.view, *row, request_.current_gain_db);
        const double v = static_cast<double>(request_.view->valence[*row]);
        const double a = static_cast<double>(request_.view->arousal[*row]);
        if (!std::isfinite(v) || !std::isfinite(a)) {
            s_.before.reset();
            return;
        }
        const double liking = request_.liking != nullptr ? request_.liking->mean(*row) : Liking{}.mean;
        s_.felt = Process::towards(s_.felt, request_.process.pull({v, a}, liking),
                                   request_.process.keep(request_.starts_in_s));
        felt_ = predicted(felt_, s_.felt, request_.process, request_.starts_in_s);
    }

    void remember_artists() {
        for (const Played& p : request_.history)
            if (const auto row = request_.view->row(p.track); row && p.this_session)
                s_.artists.push_back(request_.view->artist[*row]);
        if (request_.current)
            if (const auto row = request_.view->row(*request_.current))
                s_.artists.push_back(request_.view->artist[*row]);
    }

    flow::PlanItem silence(double seconds, flow::Phase phase, const char* code) const {
        flow::PlanItem item;
        item.kind = flow::ItemKind::kSilence;
        item.phase = phase;
        item.out_s = seconds;
        item.waypoint = s_.felt;
        item.reasons.push_back({code, {}, 0.0});
        return item;
    }

    void rest(double seconds) {
        s_.felt = Process::towards(s_.felt, request_.process.home, request_.process.keep(seconds));
        felt_ = predicted(felt_, s_.felt, request_.process, seconds);
        s_.t_s += seconds;
    }

    void add_step(const Step& step) {
        const flow::LibraryView& view = *request_.view;
        if (step.place.bridged) plan_.items.push_back(silence(kBridgeSeconds, flow::Phase::kBridge, "bridge"));
        const Candidate& c = step.candidate;
        flow::PlanItem item;
        item.track = view.key[c.row];
        item.title = view.title[c.row];
        item.phase = step.place.waypoint.phase;
        item.out_s = step.place.played_s;
        item.fade_in_s = step.fade_in_s;
        item.gain_db = c.gain_db;
        item.expected = c.m;
        item.expected_sd = flow::Va{c.edges.valence_sd, c.edges.arousal_sd};
        const Liking liking = request_.liking != nullptr ? request_.liking->predict(c.row) : Liking{};
        item.predicted_liking = liking.mean;
        item.predicted_liking_sd = liking.sd;
        item.waypoint = step.place.waypoint.at;
        item.reasons = reasons_of(request_, c, step.place, step.parts);
        item.score = sum_of(item.reasons);
        item.bridged = step.place.bridged;
        const Edges* before = step.before && !step.place.bridged ? &*step.before : nullptr;
        item.p_limits_held = probability_held(before, c.edges, item.waypoint.arousal, request_.policy->limits);
        felt_ = predicted(felt_, felt_after(c, step.place, request_.process), request_.process,
                          step.place.played_s);
        item.predicted = felt_;
        filled_.push_back({step, plan_.items.size(), s_.end_s - step.start_s});
        plan_.items.push_back(std::move(item));
    }

    /// Chosen by a person: taken as it is, unless it is blocked.
    void add_fixed(const flow::PlanItem& item) {
        if (item.kind != flow::ItemKind::kTrack) {
            plan_.items.push_back(item);
            rest(item.out_s - item.in_s);
            return;
        }
        const auto row = request_.view->row(item.track);
        if (!row || rules_.refusal(*row) == Refusal::kBlocked) return;
        const Candidate c = candidate_of(request_, rules_, static_cast<std::uint32_t>(*row));
        const double seconds = item.out_s - item.in_s;
        const Place place{s_.felt, {item.waypoint, item.phase}, nullptr, 0.0, false, false, false, true, seconds};
        plan_.items.push_back(item);
        if (std::isfinite(c.settle.valence)) s_.felt = felt_after(c, place, request_.process);
        felt_ = predicted(felt_, s_.felt, request_.process, seconds);
        plan_.items.back().predicted = felt_;
        s_.t_s += seconds - item.fade_in_s;
        s_.before = c.edges;
        s_.used.emplace_back(c.row, s_.t_s);
        s_.artists.push_back(c.artist);
        s_.items += 1;
        s_.unfamiliar += c.familiar ? 0 : 1;
    }

    /// No analysed music left that may be played: genres by the table, and it says so.
    void add_from_table() {
        if (request_.table == nullptr) return;
        const TableRow& state = request_.table->row_for(s_.felt);
        std::vector<std::pair<double, std::uint32_t>> rows;
        for (std::uint32_t row = 0; row < request_.view->size(); ++row) {
            if (std::isfinite(static_cast<double>(request_.view->valence[row])) || !rules_.allowed(row)) continue;
            const std::string& genre = request_.index->genre_names()[request_.view->genre[row]];
            const bool fits = std::any_of(state.genres.begin(), state.genres.end(), [&](const std::string& g) {
                return flow::tag_matches(genre, g);
            });
            const double liking = request_.liking != nullptr ? request_.liking->mean(row) : Liking{}.mean;
            if (fits) rows.emplace_back(-std::round(liking * 1e9) * 1e-9, row);
        }
        std::sort(rows.begin(), rows.end());
        for (const auto& [minus_liking, row] : rows) {
            if (!wants_more()) return;
            add_table_item(row, -minus_liking, state);
        }
    }

    void add_table_item(std::uint32_t row, double liking, const TableRow& state) {
        const flow::LibraryView& view = *request_.view;
        const double duration = static_cast<double>(view.duration_s[row]);
        flow::PlanItem item;
        item.track = view.key[row];
        item.title = view.title[row];
        item.out_s = std::min(std::isfinite(duration) ? std::max(duration, 1.0) : kNominalItemS,
                              s_.end_s - s_.t_s);
        item.gain_db = normalisation_gain_db(view, row, *request_.policy);
        item.predicted_liking = liking;
        item.waypoint = s_.felt;
        item.reasons.push_back({"default_table",
                                {{"state", state.state}, {"genre", view.genres[view.genre[row]]},
                                 {"title", item.title}},
                                std::round(liking * 1e9) * 1e-9});
        item.score = sum_of(item.reasons);
        const double seconds = item.out_s;
        plan_.items.push_back(std::move(item));
        rest(seconds);   // what it expresses is not known: the filter lets the mood go home
    }

    void add_closing_silence() {
        const double left = std::max(s_.end_s - s_.t_s, kShortestSilenceS);
        const double longest = std::max(request_.policy->silence_max_s, kShortestSilenceS);
        const double seconds = std::min(left, longest);
        plan_.items.push_back(silence(seconds, flow::Phase::kLand, "closing_silence"));
        rest(seconds);
        plan_.items.back().predicted = felt_;
    }

    /// What another start rating would have brought first.
    void add_counterfactual() {
        const auto first = std::find_if(plan_.items.begin(), plan_.items.end(), [](const flow::PlanItem& i) {
            return i.kind == flow::ItemKind::kTrack;
        });
        if (first == plan_.items.end() || !request_.fixed.empty() || request_.session_items > 0) return;
        const bool tense = request_.start.arousal >= 0.0;
        PlanRequest other = request_;
        other.start = tense ? flow::Va{.3, -.4} : flow::Va{-.3, .5};
        other.felt.mean = other.start;
        Situation from;
        from.felt = other.start;
        from.end_s = s_.end_s;
        const Rules rules(other);
        const std::vector<Step> steps = search(other, rules, goal_, from);
        if (steps.empty()) return;
        const std::uint32_t row = steps.front().candidate.row;
        first->counterfactual = tense ? "counterfactual_calm" : "counterfactual_tense";
        first->reasons.push_back({first->counterfactual,
                                  {{"title", request_.view->title[row]}, {"track", request_.view->key[row].hex()}},
                                  0.0});
    }

    const PlanRequest& request_;
    Rules rules_;
    flow::Goal goal_;
    Situation s_;
    flow::VaGaussian felt_;
    flow::Plan plan_;
    std::vector<Filled> filled_;
};

}  // namespace

flow::VaGaussian predicted(const flow::VaGaussian& from, const flow::Va& mean, const Process& process, double seconds) {
    const double k = process.keep(seconds);
    const double grown = 1.0 - k * k;
    return {{std::clamp(mean.valence, -1.0, 1.0), std::clamp(mean.arousal, -1.0, 1.0)},
            {from.cov[0] * k * k + process.sd_valence * process.sd_valence * grown, from.cov[1] * k * k,
             from.cov[2] * k * k + process.sd_arousal * process.sd_arousal * grown}};
}

double planned_seconds(const std::vector<flow::PlanItem>& items) {
    double sum = 0.0;
    for (const flow::PlanItem& i : items) sum += i.out_s - i.in_s - i.fade_in_s;
    return sum;
}

flow::Plan plan(const PlanRequest& request) {
    ATTUNE_ASSERT(request.view != nullptr && request.index != nullptr && request.policy != nullptr);
    ATTUNE_ASSERT(request.index->version() == request.view->version);
    return Assembler(request).run();
}

}  // namespace attune::choose
