// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Simulated listeners × seeds × policies × families, each a whole session through the product's own
/// conductor, filter and timeline.
///
/// Out      the remaining share of the start distance of the TRUE mood after `minutes` (a session that ends
///          sooner is followed by silence), with bootstrap intervals over seeds, and seed-paired differences
/// Claims   what follows, follows from the assumed listener. Nothing here shows that the iso principle
///          works, or what anybody will feel. Every figure is SIMULATED
/// Threads  compare() runs `threads` of its own; the result does not depend on how many
/// Errors   kBadArgument naming the value and what is allowed; kCancelled
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "choose/policies.hpp"
#include "core/cancel.hpp"
#include "core/result.hpp"
#include "sense/persona.hpp"

namespace attune::session {

/// A family of listeners, as it is named on the command line: "linear", "iso-true", "iso-true:0.6", …
struct CompareFamily {
    std::string name;
    sense::Family family = sense::Family::kFitted;
    double tolerance = 0.0;          ///< w; 0 = the persona's
    double response = 1.0;           ///< 0 = music does nothing: no policy may differ from silence
};
[[nodiscard]] Result<CompareFamily> parse_compare_family(std::string_view text);

/// "planner", "planner+taste", "oracle": the oracle knows true mood, appraisal, liking and dynamics.
struct CompareArm {
    std::string name;
    choose::Strategy strategy = choose::Strategy::kPlanner;
    bool taste = false;
    bool oracle = false;
};
[[nodiscard]] std::vector<CompareArm> all_arms();

struct CompareRequest {
    std::vector<std::string> personas;          ///< empty = all that ship
    std::vector<CompareFamily> families;        ///< empty = linear, iso-true:0.6, fitted, second-order
    std::vector<CompareArm> arms;               ///< empty = all
    int seeds = 20;                             ///< 1..1000
    std::uint64_t first_seed = 1;               ///< seeds first_seed to first_seed + seeds - 1
    double minutes = 20.0;
    std::size_t tracks = 2000;
    std::uint64_t library_seed = 1;
    bool sensors = false;                       ///< the listeners wear a wristband
    int sessions_before = 0;                    ///< of each listener, 0..100000: from the tenth on sensors may replan
    int threads = 2;
};

/// All seeds of one (persona, family, arm).
struct CompareCell {
    std::string persona, family, arm;
    std::vector<double> distance;        ///< of the true mood to the target at the end, by seed
    std::vector<double> share;           ///< of the start distance that is left; empty if that is 0
    std::vector<double> mismatch;        ///< mean distance of music and true mood in the first ten minutes; may be shorter
    double worsening_stops = 0.0;        ///< share of sessions that the worsening rule ended
    double plans = 0.0;                  ///< mean number a session
};

struct Interval {
    double mean = 0.0, low = 0.0, high = 0.0;   ///< 95 %, percentile bootstrap over seeds
};
[[nodiscard]] Interval interval_of(const std::vector<double>& values);
/// a - b, seed by seed.
[[nodiscard]] std::vector<double> paired(const std::vector<double>& a, const std::vector<double>& b);

struct CompareReport {
    CompareRequest request;
    std::vector<CompareCell> cells;      ///< persona-major, then family, then arm
    double wall_s = 0.0;
    [[nodiscard]] const CompareCell* cell(std::string_view persona, std::string_view family,
                                          std::string_view arm) const;
};

using CompareProgress = std::function<void(std::size_t done, std::size_t total)>;

[[nodiscard]] Result<CompareReport> compare(CompareRequest request, const core::CancelToken& cancel,
                                            const CompareProgress& progress = {});

/// The object of `attune simulate compare --json`.
[[nodiscard]] nlohmann::json to_json(const CompareReport& report);
/// The table that people read.
[[nodiscard]] std::string table_of(const CompareReport& report);

}  // namespace attune::session
