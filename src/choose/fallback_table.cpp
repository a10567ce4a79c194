// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/fallback_table.hpp"

#include <sstream>


#include "core/paths.hpp"
#include "core/text.hpp"
#include "core/toml.hpp"

namespace attune::choose {
namespace {

Result<double> coordinate(const toml::table& row, const char* name, std::string_view file) {
    const auto value = row[name].value<double>();
    if (!value || !(*value >= -1.0 && *value <= 1.0))
        return fail(ErrorCode::kBadArgument,
                    std::string(name) + " of a row must be a number from -1 to 1",
                    std::string(file) + ":" + std::to_string(row.source().begin.line));
    return *value;
}

Result<TableRow> row_of(const toml::table& row, std::string_view file) {
    TableRow out;
    out.state = row["state"].value_or(std::string());
    ATTUNE_TRY(out.at.valence, coordinate(row, "valence", file));
    ATTUNE_TRY(out.at.arousal, coordinate(row, "arousal", file));
    if (const toml::array* genres = row["genres"].as_array())
        for (const toml::node& genre : *genres)
            if (const auto name = genre.value<std::string>())
                out.genres.push_back(core::to_lower_ascii(*name));
    if (out.state.empty() || out.genres.empty())
        return fail(ErrorCode::kBadArgument, "a row needs `state` and at least one of `genres`",
                    std::string(file) + ":" + std::to_string(row.source().begin.line));
    return out;
}

}  // namespace

Result<FallbackTable> FallbackTable::load(const std::filesystem::path& file) {
    ATTUNE_TRY(const std::string text, core::read_file(file, 1U << 20));
    return parse(text, file.filename().string());
}

Result<FallbackTable> FallbackTable::parse(std::string_view text, std::string_view name) {
    try {
        const toml::table root = toml::parse(text, name);
        FallbackTable table;
        if (const toml::array* rows = root["row"].as_array()) {
            for (const toml::node& node : *rows) {
                if (!node.is_table()) continue;
                ATTUNE_TRY(TableRow row, row_of(*node.as_table(), name));
                table.rows_.push_back(std::move(row));
            }
        }
        if (table.rows_.empty())
            return fail(ErrorCode::kBadArgument, "the table has no [[row]]", std::string(name));
        return table;
    } catch (const toml::parse_error& e) {
        return fail(ErrorCode::kCorrupt, std::string(e.description()),
                    std::string(name) + ":" + std::to_string(e.source().begin.line));
    } catch (const core::TomlBroken& e) {
        return fail(ErrorCode::kCorrupt, e.what(), std::string(name));
    }
}

const TableRow& FallbackTable::row_for(const flow::Va& felt) const {
    const TableRow* best = &rows_.front();
    for (const TableRow& row : rows_)
        if (flow::distance(row.at, felt) < flow::distance(best->at, felt)) best = &row;
    return *best;
}

}  // namespace attune::choose
