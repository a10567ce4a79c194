// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/limits.hpp"

#include <algorithm>
#include <cmath>

#include "choose/track_index.hpp"

namespace attune::choose {
namespace {

double at(const std::vector<float>& column, std::size_t row) {
    return row < column.size() ? static_cast<double>(column[row]) : std::nan("");
}

double known_or(double value, double otherwise) { return std::isfinite(value) ? value : otherwise; }

double over(double value, double limit) {
    // A hair of tolerance: float columns must not break a limit that they sit on.
    return value <= limit + 1e-6 ? 0.0 : (value - limit) / std::max(limit, 1e-3);
}

double normal_cdf(double z) { return .5 * std::erfc(-z / std::sqrt(2.0)); }

/// P(|N(d, sd)| <= limit).
double within(double d, double sd, double limit) {
    if (sd <= 0.0) return std::abs(d) <= limit ? 1.0 : 0.0;
    return normal_cdf((limit - d) / sd) - normal_cdf((-limit - d) / sd);
}

}  // namespace

double normalisation_gain_db(const flow::LibraryView& view, std::size_t row,
                             const flow::Policy& policy) {
    const double loudness = at(view.loudness_lufs, row);
    if (!std::isfinite(loudness)) return 0.0;
    const double peak = at(view.true_peak_dbtp, row);
    const double headroom = std::isfinite(peak) ? std::max(-1.0 - peak, 0.0) : 0.0;
    const double wanted = policy.level_lufs - loudness;
    return std::min(wanted, std::max(headroom, 0.0));
}

Edges edges_of(const flow::LibraryView& view, std::size_t row, double gain_db) {
    Edges e;
    const double v = at(view.valence, row);
    const double a = at(view.arousal, row);
    e.arousal = a;
    e.first_valence = known_or(at(view.first_valence, row), v);
    e.first_arousal = known_or(at(view.first_arousal, row), a);
    e.last_valence = known_or(at(view.last_valence, row), v);
    e.last_arousal = known_or(at(view.last_arousal, row), a);
    const double loudness = at(view.loudness_lufs, row);
    e.first_lufs = known_or(at(view.first_loudness_lufs, row), loudness) + gain_db;
    e.last_lufs = known_or(at(view.last_loudness_lufs, row), loudness) + gain_db;
    e.tempo = folded_tempo(at(view.tempo_bpm, row));
    e.valence_sd = known_or(at(view.valence_sd, row), .3);
    e.arousal_sd = known_or(at(view.arousal_sd, row), .3);
    e.arousal_p95 = known_or(at(view.arousal_p95, row), a);
    e.startle_lu = known_or(at(view.startle_lu, row), 0.0);
    return e;
}

Join join_of(const Edges& before, const Edges& after, const flow::StepLimits& limits) {
    Join j;
    j.valence = std::abs(after.first_valence - before.last_valence);
    j.arousal = std::abs(after.first_arousal - before.last_arousal);
    j.tempo = tempo_gap(before.tempo, after.tempo);
    j.loudness = known_or(std::abs(after.first_lufs - before.last_lufs), 0.0);
    j.over = over(j.valence, limits.valence) + over(j.arousal, limits.arousal) +
             over(j.tempo, limits.tempo_fraction) + over(j.loudness, limits.loudness_lu);
    return j;
}

bool startle_is_guarded(const flow::Goal& goal, const flow::Policy& policy) {
    return policy.startle_guard || goal.kind == flow::GoalKind::kCalm ||
           goal.kind == flow::GoalKind::kSleep;
}

double p95_over(const Edges& item, double waypoint_arousal, const flow::StepLimits& limits) {
    const double excess = item.arousal_p95 - waypoint_arousal;
    return over(excess, limits.arousal_p95_margin);
}

double probability_held(const Edges* before, const Edges& item, double waypoint_arousal,
                        const flow::StepLimits& limits) {
    double p = normal_cdf((limits.arousal_p95_margin - (item.arousal_p95 - waypoint_arousal)) /
                          std::max(item.arousal_sd, 1e-6));
    if (before == nullptr) return p;
    p *= within(item.first_valence - before->last_valence,
                std::hypot(item.valence_sd, before->valence_sd), limits.valence);
    p *= within(item.first_arousal - before->last_arousal,
                std::hypot(item.arousal_sd, before->arousal_sd), limits.arousal);
    const Join join = join_of(*before, item, limits);
    const bool measured_held = over(join.tempo, limits.tempo_fraction) == 0.0 &&
                               over(join.loudness, limits.loudness_lu) == 0.0;
    return measured_held ? p : 0.0;
}

}  // namespace attune::choose
