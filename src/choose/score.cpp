// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/score.hpp"

#include <algorithm>
#include <cmath>

namespace attune::choose {
namespace {

double at(const std::vector<float>& column, std::size_t row) {
    return row < column.size() ? static_cast<double>(column[row]) : std::nan("");
}

double square(double x) { return x * x; }

/// Weight on singing: words pull attention where rest or focus is sought; a low start is matched
/// without words, because what they say is not known (Garrido & Schubert 2015).
double vocals_weight(const PlanRequest& request, const Place& place) {
    const bool low_match = place.waypoint.phase == flow::Phase::kMatch &&
                           request.start.valence < request.pace.low_valence;
    if (low_match) return 3.0 * request.weights.vocals;
    switch (request.goal.kind) {
        case flow::GoalKind::kFocus:
        case flow::GoalKind::kSleep:
        case flow::GoalKind::kCalm: return request.weights.vocals;
        default: return 0.0;
    }
}

}  // namespace

Candidate candidate_of(const PlanRequest& request, const Rules& rules, std::uint32_t row) {
    const flow::LibraryView& view = *request.view;
    Candidate c;
    c.row = row;
    c.artist = view.artist[row];
    c.m = {at(view.valence, row), at(view.arousal, row)};
    c.gain_db = normalisation_gain_db(view, row, *request.policy);
    c.edges = edges_of(view, row, c.gain_db);
    const Weights& w = request.weights;
    const bool rated = request.rated.contains(view.key[row]);
    const double spread_v = rated ? 0.0 : square(w.felt_sd_valence);
    const double spread_a = rated ? 0.0 : square(w.felt_sd_arousal);
    c.inverse_var_v = 1.0 / (square(c.edges.valence_sd) + spread_v + square(w.floor_sd));
    c.inverse_var_a = 1.0 / (square(c.edges.arousal_sd) + spread_a + square(w.floor_sd));
    c.liking = request.liking != nullptr ? request.liking->mean(row) : Liking{}.mean;
    const double vocals = at(view.vocals, row);
    c.vocals = std::isfinite(vocals) ? vocals : .5;
    const double duration = at(view.duration_s, row);
    c.duration_s = std::isfinite(duration) ? std::max(duration, 1.0) : kNominalItemS;
    c.familiar = rules.familiar(row);
    c.wanted = request.wanted.contains(view.key[row]);
    c.settle = request.process.pull(c.m, c.liking);
    c.keep = request.process.keep(c.duration_s);
    return c;
}

double limits_over(const PlanRequest& request, const Rules& rules, const Candidate& c,
                   const Place& place) {
    const flow::StepLimits& limits = request.policy->limits;
    double over = p95_over(c.edges, place.waypoint.at.arousal, limits);
    if (startle_is_guarded(request.goal, *request.policy) && c.edges.startle_lu > limits.startle_lu)
        over += c.edges.startle_lu / limits.startle_lu - 1.0 + .1;
    if (place.before != nullptr) {
        if (!place.bridged) over += place.join_over;
        if (request.goal.kind == flow::GoalKind::kSleep)
            over += std::max(c.edges.arousal - place.before->arousal - kSleepRise, 0.0) * 4.0;
    }
    const bool must_know = place.waypoint.phase == flow::Phase::kMatch ||
                           place.waypoint.phase == flow::Phase::kLand || !place.quota_open;
    if (must_know && !c.familiar && !rules.familiarity_waived() &&
        !request.asked.contains(request.view->key[c.row]))
        over += .25;
    return over;
}

flow::Va felt_after(const Candidate& c, const Place& place, const Process& process) {
    const bool whole = place.played_s >= c.duration_s;
    const double keep = whole ? c.keep : process.keep(place.played_s);
    return Process::towards(place.felt, c.settle, keep);
}

Parts score_parts(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
                  const Candidate& c, const Place& place) {
    const Weights& w = request.weights;
    const double share = place.played_s / kNominalItemS;
    const flow::Va g = place.waypoint.at;
    Parts p;
    p.fit = -share * (square(c.m.valence - g.valence) * c.inverse_var_v +
                      square(c.m.arousal - g.arousal) * c.inverse_var_a);
    p.liking = share * w.taste * c.liking;
    p.familiar = c.familiar ? share * w.familiar : 0.0;
    p.artist_repeat = place.artist_repeated ? -w.artist_repeat : 0.0;
    p.vocals = -share * vocals_weight(request, place) * c.vocals;
    p.bridge = place.bridged ? -w.bridge : 0.0;
    const flow::Va after = felt_after(c, place, request.process);
    p.progress = w.progress * (square(goal.distance_from(place.felt, request.start)) -
                               square(goal.distance_from(after, request.start)));
    if (place.played_s < c.duration_s) p.cut = -.2 * (1.0 - place.played_s / c.duration_s);
    p.wanted = c.wanted ? share * w.said_yes : 0.0;
    const double over = limits_over(request, rules, c, place);
    p.unmet = over > 0.0 ? -w.unmet * (over + .25) : 0.0;
    return p;
}

}  // namespace attune::choose
