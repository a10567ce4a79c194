// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/help_card.hpp"

#include <cstdio>

#include "care/help_card.hpp"
#include "core/text.hpp"

namespace attune::app {

void print_help(session::Space& space, const Id& person) {
    std::string region;
    if (const auto who = space.people().person(person)) {
        region = who->region;
        if (!who->contact_reach.empty()) {
            std::fprintf(stderr, "Your own contact: %s  %s\n", who->contact_name.c_str(), who->contact_reach.c_str());
        }
    }
    const auto card = care::load_help_card(region);
    if (!card) {
        std::fprintf(stderr, "The help card cannot be read: %s\n", card.error().describe().c_str());
        return;
    }
    for (const care::HelpLine& line : card->lines) {
        std::fprintf(stderr, "%s  %s%s%s\n", line.name.c_str(), line.reach.c_str(), line.note.empty() ? "" : "  ", line.note.c_str());
    }
    const std::string today = core::rfc3339(core::wall_now_ns()).substr(0, 10);
    std::fprintf(stderr, "(looked up on %s%s; nobody was called for you)\n", card->checked.c_str(),
                 card->stale(today) ? ", over a year ago: it may have changed" : "");
}

}  // namespace attune::app
