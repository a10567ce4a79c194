// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/helped.hpp"

#include <algorithm>

#include "core/quantile.hpp"

namespace attune::session {

void HelpedTally::add(const Summary& session) {
    const auto last = session.final_rating();
    if (session.simulated() || !session.start.start || !last) return;
    const flow::Va from = *session.start.start;
    const flow::Goal& goal = session.start.goal;
    changes_[flow::to_string(goal.kind)].push_back(goal.distance_from(from, from) - goal.distance_from(*last, from));
}

std::vector<Helped> HelpedTally::rows() const {
    std::vector<Helped> out;
    for (const auto& [goal, changes] : changes_) {
        Helped row{goal, changes.size(), std::nullopt};
        if (changes.size() >= kFewestForAMedian) {
            row.change = Helped::Change{core::quantile(changes, .5), core::quantile(changes, .25), core::quantile(changes, .75)};
        }
        out.push_back(std::move(row));
    }
    return out;
}

}  // namespace attune::session
