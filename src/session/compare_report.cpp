// SPDX-License-Identifier: GPL-3.0-or-later
// What a comparison says: as JSON for programs, as a table for people.
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "session/compare.hpp"

namespace attune::session {
namespace {

using nlohmann::json;

constexpr const char* kCaveat =
    "SIMULATED. This follows from the assumed listener; nothing here shows that the iso principle works.";
constexpr const char* kReference = "planner+taste";

json interval_json(const std::vector<double>& values) {
    if (values.empty()) return nullptr;
    const Interval i = interval_of(values);
    return {{"value", i.mean}, {"ci95", {i.low, i.high}}, {"n", values.size()}};
}

/// What is compared: the share where there was a way to go, else the distance itself.
const std::vector<double>& outcome_of(const CompareCell& cell) {
    return cell.share.empty() ? cell.distance : cell.share;
}

/// All personas' paired differences of a family: other arm minus planner+taste; > 0 = the planner left less.
std::vector<double> pooled(const CompareReport& report, const std::string& family, const std::string& arm) {
    std::vector<double> all;
    for (const std::string& persona : report.request.personas) {
        const CompareCell* other = report.cell(persona, family, arm);
        const CompareCell* planner = report.cell(persona, family, kReference);
        if (other == nullptr || planner == nullptr || other->share.empty()) continue;
        for (const double d : paired(other->share, planner->share)) all.push_back(d);
    }
    return all;
}

std::string line(const char* format, auto... args) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, format, args...);
    return buffer;
}

}  // namespace

json to_json(const CompareReport& report) {
    json cells = json::array();
    for (const CompareCell& c : report.cells) {
        json row = {{"persona", c.persona}, {"family", c.family}, {"arm", c.arm},
                    {"remaining_share", interval_json(c.share)}, {"distance_final", interval_json(c.distance)},
                    {"mismatch_first_10_min", interval_json(c.mismatch)},
                    {"stopped_by_worsening_rule", c.worsening_stops}, {"plans", c.plans},
                    {"seeds", {{"distance_final", c.distance}, {"remaining_share", c.share}}}};
        if (const CompareCell* silence = report.cell(c.persona, c.family, "silence"))
            row["minus_silence"] = interval_json(paired(outcome_of(c), outcome_of(*silence)));
        if (const CompareCell* planner = report.cell(c.persona, c.family, kReference))
            row["minus_planner_taste"] = interval_json(paired(outcome_of(c), outcome_of(*planner)));
        cells.push_back(std::move(row));
    }
    json pool = json::array();
    for (const CompareFamily& family : report.request.families)
        for (const CompareArm& arm : report.request.arms)
            pool.push_back({{"family", family.name}, {"arm", arm.name},
                            {"minus_planner_taste", interval_json(pooled(report, family.name, arm.name))}});
    return {{"schema", "attune.simulate_compare/1"}, {"simulated", true}, {"note", kCaveat},
            {"seeds", report.request.seeds}, {"first_seed", report.request.first_seed}, {"minutes", report.request.minutes},
            {"tracks", report.request.tracks}, {"library_seed", report.request.library_seed},
            {"sensors", report.request.sensors}, {"sessions_before", report.request.sessions_before},
            {"wall_s", report.wall_s}, {"cells", cells}, {"pooled", pool}};
}

std::string table_of(const CompareReport& report) {
    std::string out = std::string(kCaveat) + "\n"
        "Remaining share of the start distance of the true mood (1 = nothing happened, 0 = arrived); where the start\n"
        "lies in the target, the distance itself. 95 % intervals by bootstrap over seeds; differences paired by seed.\n";
    for (const std::string& persona : report.request.personas) {
        for (const CompareFamily& family : report.request.families) {
            out += "\n" + persona + ", " + family.name + "\n";
            out += line("  %-20s %24s %26s %26s %9s %8s\n", "policy", "left [95 % CI]", "minus silence",
                        "minus planner+taste", "mismatch", "stopped");
            for (const CompareArm& arm : report.request.arms) {
                const CompareCell* c = report.cell(persona, family.name, arm.name);
                if (c == nullptr) continue;
                const auto text = [](const std::vector<double>& v) {
                    if (v.empty()) return std::string("-");
                    const Interval i = interval_of(v);
                    return line("%+.3f [%+.3f, %+.3f]", i.mean, i.low, i.high);
                };
                const CompareCell* silence = report.cell(persona, family.name, "silence");
                const CompareCell* planner = report.cell(persona, family.name, kReference);
                const std::vector<double> none;
                const Interval mismatch = interval_of(c->mismatch);
                out += line("  %-20s %24s %26s %26s %9s %8.2f\n", arm.name.c_str(), text(outcome_of(*c)).c_str(),
                            text(silence ? paired(outcome_of(*c), outcome_of(*silence)) : none).c_str(),
                            text(planner ? paired(outcome_of(*c), outcome_of(*planner)) : none).c_str(),
                            std::isnan(mismatch.mean) ? "-" : line("%.3f", mismatch.mean).c_str(), c->worsening_stops);
            }
        }
    }
    out += "\nAll personas with a way to go, policy minus planner+taste (over 0: the planner left less)\n";
    for (const CompareFamily& family : report.request.families) {
        for (const CompareArm& arm : report.request.arms) {
            const auto values = pooled(report, family.name, arm.name);
            if (values.empty() || arm.name == kReference) continue;
            const Interval i = interval_of(values);
            out += line("  %-14s %-20s %+.3f [%+.3f, %+.3f]\n", family.name.c_str(), arm.name.c_str(), i.mean, i.low, i.high);
        }
    }
    return out + line("%.1f s\n", report.wall_s);
}

}  // namespace attune::session
