// SPDX-License-Identifier: GPL-3.0-or-later
#include "care/help_card.hpp"

#include <algorithm>
#include <chrono>


#include "core/paths.hpp"
#include "core/text.hpp"
#include "core/toml.hpp"

namespace attune::care {
namespace {

std::optional<std::chrono::sys_days> day_of(std::string_view text) {
    const auto parts = core::split(text, '-');
    if (parts.size() != 3) return std::nullopt;
    const auto y = core::parse_int(parts[0]);
    const auto m = core::parse_int(parts[1]);
    const auto d = core::parse_int(parts[2]);
    if (!y || !m || !d || *y < 1970 || *y > 9999 || *m < 1 || *m > 12 || *d < 1 || *d > 31) return std::nullopt;
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(*y)),
                                          std::chrono::month(static_cast<unsigned>(*m)),
                                          std::chrono::day(static_cast<unsigned>(*d))};
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days(day);
}

}  // namespace

bool HelpCard::stale(std::string_view today) const {
    const auto then = day_of(checked);
    const auto now = day_of(today);
    return !then || !now || (*now - *then).count() > 365;
}

Result<HelpCard> parse_help_card(std::string_view text, std::string_view name) {
    try {
        const toml::table root = toml::parse(text, name);
        HelpCard card;
        card.region = root["region"].value_or(std::string());
        card.checked = root["checked"].value_or(std::string());
        card.source = root["source"].value_or(std::string());
        if (const toml::array* lines = root["line"].as_array()) {
            for (const toml::node& node : *lines) {
                const toml::table* line = node.as_table();
                if (line == nullptr) continue;
                card.lines.push_back({(*line)["name"].value_or(std::string()), (*line)["reach"].value_or(std::string()),
                                      (*line)["note"].value_or(std::string())});
                if (card.lines.back().name.empty() || card.lines.back().reach.empty())
                    return fail(ErrorCode::kBadArgument, "a line needs name and reach",
                                std::string(name) + ":" + std::to_string(line->source().begin.line));
            }
        }
        if (card.region.empty() || card.lines.empty() || !day_of(card.checked))
            return fail(ErrorCode::kBadArgument, "a card needs region, checked = \"YYYY-MM-DD\" and at least one [[line]]",
                        std::string(name));
        return card;
    } catch (const toml::parse_error& e) {
        return fail(ErrorCode::kCorrupt, std::string(e.description()),
                    std::string(name) + ":" + std::to_string(e.source().begin.line));
    } catch (const core::TomlBroken& e) {
        return fail(ErrorCode::kCorrupt, e.what(), std::string(name));
    }
}

Result<HelpCard> load_help_card(std::string_view region) {
    std::string name = core::to_lower_ascii(region);
    const bool letters = std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (!letters || name.size() < 2 || name.size() > 3) name = "int";
    auto file = core::resource("help/" + name + ".toml");
    if (!file && name != "int") return load_help_card("int");
    if (!file) return tl::unexpected(file.error());
    ATTUNE_TRY(const std::string text, core::read_file(*file, 1U << 16));
    return parse_help_card(text, name + ".toml");
}

}  // namespace attune::care
