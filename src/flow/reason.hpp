// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Why something was decided, as data. The sentence is made at the edge from share/strings/en.json.
#include <map>
#include <string>

namespace attune::flow {

struct Reason {
    std::string code;                         ///< "near_waypoint", "you_like_artist", "default_table"
    std::map<std::string, std::string> args;  ///< named values of the sentence
    double contribution = 0.0;                ///< to the score; over an item they add up to the score
    bool operator==(const Reason&) const = default;
};

}  // namespace attune::flow
