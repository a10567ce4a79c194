// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What has helped a person: how far their own ratings moved towards the goal, by goal, over their sessions.
///
/// In       summaries of sessions, any order; simulated ones, and those without a rating at both ends, do not count
/// Out      by goal, in the goals' alphabetical order: n, and from n = 5 on the median and quartiles of the change
/// Units    distance on the plane of valence and arousal (flow/goal.hpp); positive = nearer to the goal
/// Threads  one
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "session/summary.hpp"

namespace attune::session {

/// Below this many sessions a median says more of chance than of the person.
inline constexpr std::size_t kFewestForAMedian = 5;

struct Helped {
    struct Change {
        double median = 0.0, low = 0.0, high = 0.0;  ///< quartiles
    };
    std::string goal;
    std::size_t n = 0;
    std::optional<Change> change;  ///< none below kFewestForAMedian
};

class HelpedTally {
public:
    void add(const Summary& session);
    [[nodiscard]] std::vector<Helped> rows() const;

private:
    std::map<std::string, std::vector<double>> changes_;
};

}  // namespace attune::session
