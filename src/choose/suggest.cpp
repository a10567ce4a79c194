// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/suggest.hpp"

#include <algorithm>
#include <cmath>

namespace attune::choose {
namespace {

constexpr std::size_t kMostConsidered = 200;

double rounded(double x) { return std::round(x * 1e9) * 1e-9; }

bool analysed(const Candidate& c) { return std::isfinite(c.m.valence) && std::isfinite(c.m.arousal); }

/// A person put it into the plan by hand.
bool is_fixed(const PlanRequest& request, const ContentKey& key) {
    return std::any_of(request.fixed.begin(), request.fixed.end(),
                       [&](const flow::PlanItem& item) { return item.kind == flow::ItemKind::kTrack && item.track == key; });
}

/// Marked tracks that only their mark keeps out, best liked first where there are too many; then in content-key order.
std::vector<Candidate> askable(const PlanRequest& request, const Rules& rules) {
    std::vector<Candidate> out;
    for (const ContentKey& key : request.policy->blocks.askable) {
        const auto row = request.view->row(key);
        if (!row || !rules.suggestible(*row) || is_fixed(request, key)) continue;
        Candidate c = candidate_of(request, rules, static_cast<std::uint32_t>(*row));
        if (analysed(c) && c.liking >= kLikedEnough) out.push_back(std::move(c));
    }
    if (out.size() <= kMostConsidered) return out;   // a set: in content-key order
    std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
        const double x = rounded(a.liking), y = rounded(b.liking);
        return x != y ? x > y : a.row < b.row;
    });
    out.resize(kMostConsidered);
    std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.row < b.row; });
    return out;
}

/// The score over 210 s, so that a long track is not better for being long; without what the yes itself counts.
double per_item(const Step& step) {
    return (step.parts.sum() - step.parts.wanted) * kNominalItemS / std::max(step.place.played_s, 1.0);
}

/// `c` in the place of `now`; nullopt if it cannot stand there with every limit kept.
std::optional<Step> in_place_of(const PlanRequest& request, const Rules& rules, const flow::Goal& goal, const Step& now, double left_s,
                                const Candidate& c, bool artist_repeated) {
    Step step = now;
    step.candidate = c;
    Place& place = step.place;
    const double over = now.before ? join_of(*now.before, c.edges, request.policy->limits).over : 0.0;
    if (over > 0.0 && !place.bridged) {
        if (request.policy->silence_max_s < kBridgeSeconds) return std::nullopt;
        place.bridged = true;
        place.felt = Process::towards(place.felt, request.process.home, request.process.keep(kBridgeSeconds));
        step.start_s += kBridgeSeconds + step.fade_in_s;
        left_s -= kBridgeSeconds + step.fade_in_s;
        step.fade_in_s = 0.0;
    }
    const bool ends_the_plan = request.land_now || c.duration_s >= left_s - kTail;
    if (left_s < kShortestItemS || ends_the_plan != place.last) return std::nullopt;
    place.played_s = std::min(c.duration_s, left_s);
    place.artist_repeated = artist_repeated;
    place.join_over = over;
    place.before = step.before ? &*step.before : nullptr;
    const bool keeps = limits_over(request, rules, c, place) <= 0.0;
    step.parts = score_parts(request, rules, goal, c, place);
    place.before = nullptr;
    return keeps ? std::optional(std::move(step)) : std::nullopt;
}

}  // namespace

std::optional<flow::Suggestion> suggest(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
                                        const std::vector<Filled>& places, const std::vector<std::uint32_t>& artists) {
    if (request.policy->blocks.askable.empty() || places.empty()) return std::nullopt;
    const std::vector<Candidate> candidates = askable(request, rules);
    if (candidates.empty()) return std::nullopt;
    std::vector<std::uint32_t> before = artists;
    for (const Filled& at : places) {
        const auto recent = before.end() - std::min<std::ptrdiff_t>(std::ssize(before), kArtistMemory);
        std::optional<flow::Suggestion> best;
        for (const Candidate& c : candidates) {
            if (request.starts_in_s + at.step.start_s < request.ask_ahead_s) break;   // too soon for a question
            const bool repeated = c.artist != 0 && std::find(recent, before.end(), c.artist) != before.end();
            const auto step = in_place_of(request, rules, goal, at.step, at.left_s, c, repeated);
            const double gain = step ? rounded(per_item(*step) - per_item(at.step)) : 0.0;
            if (gain < kWorthAsking || (best && gain <= best->advantage)) continue;
            best = flow::Suggestion{request.view->key[c.row], request.view->title[c.row], at.item, gain};
        }
        if (best) return best;
        before.push_back(at.step.candidate.artist);
    }
    return std::nullopt;
}

std::optional<Room> room_for(const PlanRequest& request, const Rules& rules, const flow::Goal& goal, const std::vector<Step>& steps,
                             double end_s, std::uint32_t row) {
    const Candidate c = candidate_of(request, rules, row);
    if (!analysed(c)) return std::nullopt;
    std::optional<Room> best;
    double best_gain = 0.0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto step = in_place_of(request, rules, goal, steps[i], end_s - steps[i].start_s, c, false);
        if (!step) continue;
        const double gain = rounded(per_item(*step) - per_item(steps[i]));
        if (gain >= -kYesMayCost) return Room{i, *std::move(step)};
        if (!best || gain > best_gain) best = Room{i, *std::move(step)}, best_gain = gain;
    }
    return best;
}

}  // namespace attune::choose
