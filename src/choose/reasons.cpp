// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/reasons.hpp"

#include <cmath>

namespace attune::choose {
namespace {

const char* fit_code(flow::Phase phase) {
    switch (phase) {
        case flow::Phase::kMatch: return "meets_you";
        case flow::Phase::kMove: return "on_the_way";
        case flow::Phase::kHold: return "stays_here";
        case flow::Phase::kLand: return "lands";
        case flow::Phase::kBridge: return "bridge";
    }
    return "on_the_way";
}

std::string ground_of(const PlanRequest& request, const Candidate& c) {
    if (request.liking == nullptr) return "liking_unknown";
    return std::string(request.liking->ground(c.row));
}

}  // namespace

std::vector<flow::Reason> reasons_of(const PlanRequest& request, const Candidate& c, const Place& place,
                                     const Parts& parts) {
    std::vector<flow::Reason> out;
    const flow::LibraryView& view = *request.view;
    const auto add = [&](std::string code, double value, bool always) {
        const double rounded = std::round(value * 1e9) * 1e-9;
        if (rounded == 0.0 && !always) return;
        flow::Reason reason{std::move(code), {{"title", view.title[c.row]}}, rounded};
        if (!view.artists[c.artist].empty()) reason.args["artist"] = view.artists[c.artist];
        if (const std::string& genre = view.genres[view.genre[c.row]]; !genre.empty())
            reason.args["genre"] = genre;
        reason.args["goal"] = flow::to_string(request.goal.kind);
        out.push_back(std::move(reason));
    };
    add(fit_code(place.waypoint.phase), parts.fit, true);
    add(ground_of(request, c), parts.liking, true);
    add("familiar", parts.familiar, false);
    add("artist_repeat", parts.artist_repeat, false);
    add("vocals", parts.vocals, false);
    add("bridge", parts.bridge, false);
    add("towards_goal", parts.progress, false);
    add("cut_short", parts.cut, false);
    add("limit_not_met", parts.unmet, false);
    add("you_said_yes", parts.wanted, false);
    return out;
}

double sum_of(const std::vector<flow::Reason>& reasons) {
    double sum = 0.0;
    for (const flow::Reason& r : reasons) sum += r.contribution;
    return sum;
}

}  // namespace attune::choose
