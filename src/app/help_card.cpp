// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/help_card.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "care/help_card.hpp"
#include "core/text.hpp"

namespace attune::app {

void print_help(session::Space& space, const Id& person) {
    std::string region;
    if (const auto who = space.people().person(person)) {
        region = who->region;
        if (const std::string contact = care::contact_line(*who); !contact.empty())
            std::fprintf(stderr, "Your own contact: %s\n", contact.c_str());
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

nlohmann::json help_json(session::Space& space, const Id& person) {
    nlohmann::json out = {{"contact", nullptr}, {"region", nullptr}, {"help", nlohmann::json::array()},
                          {"checked_on", nullptr}, {"stale", false}};
    std::string region;
    if (const auto who = space.people().person(person)) {
        region = who->region;
        if (const std::string contact = care::contact_line(*who); !contact.empty()) out["contact"] = contact;
    }
    const auto card = care::load_help_card(region);
    if (!card) {
        out["error"] = card.error().describe();
        return out;
    }
    for (const care::HelpLine& line : card->lines)
        out["help"].push_back({{"name", line.name}, {"phone", line.reach}, {"note", line.note}});
    out["region"] = card->region;
    out["checked_on"] = card->checked;
    out["stale"] = card->stale(core::rfc3339(core::wall_now_ns()).substr(0, 10));
    return out;
}

}  // namespace attune::app
