// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/arff.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace attune::learn {
namespace {

constexpr std::size_t kMostAttributes = 100000;

bool plain(std::string_view text) {
    return !text.empty() && text != "?" &&
           text.find_first_of(" \t,{}%'\"\\\n\r") == std::string_view::npos;
}

std::string quoted(std::string_view text) {
    if (plain(text)) return std::string(text);
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out.push_back('\\');
        if (c == '\n' || c == '\r')
            out += c == '\n' ? "\\n" : "\\r";
        else
            out.push_back(c);
    }
    return out + "'";
}

/// One cell or name from the front of `line`; quotes and backslashes taken off. False at a quote
/// without end.
bool take(std::string_view& line, std::string& out, bool& was_quoted, std::string_view stops) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    out.clear();
    was_quoted = !line.empty() && (line.front() == '\'' || line.front() == '"');
    if (!was_quoted) {
        const auto end = std::min(line.find_first_of(stops), line.size());
        out = std::string(core::trim(line.substr(0, end)));
        line.remove_prefix(end);
        return true;
    }
    const char mark = line.front();
    for (line.remove_prefix(1); !line.empty(); line.remove_prefix(1)) {
        if (line.front() == mark) {
            line.remove_prefix(1);
            return true;
        }
        if (line.front() == '\\' && line.size() > 1) {
            line.remove_prefix(1);
            out.push_back(line.front() == 'n' ? '\n' : line.front() == 'r' ? '\r' : line.front());
        } else {
            out.push_back(line.front());
        }
    }
    return false;
}

/// Cells between commas.
bool cells(std::string_view line, std::vector<std::string>& out) {
    out.clear();
    while (true) {
        std::string value;
        bool was_quoted = false;
        if (!take(line, value, was_quoted, ",")) return false;
        out.push_back(!was_quoted && value == "?" ? std::string{} : std::move(value));
        line = core::trim(line);
        if (line.empty()) return true;
        if (line.front() != ',') return false;
        line.remove_prefix(1);
    }
}

tl::unexpected<Error> wrong(std::size_t line, const std::string& what) {
    return fail(ErrorCode::kCorrupt, "ARFF line " + std::to_string(line) + ": " + what);
}

Result<ArffAttribute> attribute(std::string_view rest, std::size_t number) {
    ArffAttribute a;
    bool was_quoted = false;
    if (!take(rest, a.name, was_quoted, " \t{") || a.name.empty())
        return wrong(number, "an attribute needs a name");
    rest = core::trim(rest);
    if (!rest.empty() && rest.front() == '{') {
        if (rest.back() != '}') return wrong(number, "the list of values has no '}'");
        a.kind = ArffAttribute::Kind::kNominal;
        if (!cells(rest.substr(1, rest.size() - 2), a.values))
            return wrong(number, "a quote in the list of values is not closed");
        return a;
    }
    const std::string type = core::to_lower_ascii(rest);
    if (type == "numeric" || type == "real" || type == "integer") return a;
    if (type != "string" && !type.starts_with("date"))
        return fail(ErrorCode::kUnsupported, "ARFF line " + std::to_string(number) +
                                                 ": attributes of type '" + type +
                                                 "' are not read");
    a.kind = ArffAttribute::Kind::kString;
    return a;
}

}  // namespace

std::string to_arff(const ArffTable& table) {
    std::string out =
        "@relation " + quoted(table.relation.empty() ? "attune" : table.relation) + "\n\n";
    for (const auto& a : table.attributes) {
        out += "@attribute " + quoted(a.name) + " ";
        if (a.kind == ArffAttribute::Kind::kNumeric)
            out += "numeric";
        else if (a.kind == ArffAttribute::Kind::kString)
            out += "string";
        else {
            out += "{";
            for (std::size_t i = 0; i < a.values.size(); ++i)
                out += (i == 0 ? "" : ",") + quoted(a.values[i]);
            out += "}";
        }
        out += "\n";
    }
    out += "\n@data\n";
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            out += (i == 0 ? "" : ",") + (row[i].empty() ? std::string("?") : quoted(row[i]));
        out += "\n";
    }
    return out;
}

Result<ArffTable> parse_arff(std::string_view text) {
    ArffTable table;
    bool data = false;
    std::size_t number = 0;
    for (const auto raw : core::split(text, '\n')) {
        ++number;
        const auto line = core::trim(raw);
        if (line.empty() || line.front() == '%' || line == "\r") continue;
        if (data) {
            if (line.front() == '{')
                return fail(ErrorCode::kUnsupported,
                            "ARFF line " + std::to_string(number) + ": sparse rows are not read");
            std::vector<std::string> row;
            if (!cells(line, row)) return wrong(number, "a quote is not closed");
            if (row.size() != table.attributes.size()) {
                return wrong(number, std::to_string(row.size()) + " cells for " +
                                         std::to_string(table.attributes.size()) + " attributes");
            }
            table.rows.push_back(std::move(row));
            continue;
        }
        const std::string lower = core::to_lower_ascii(line);
        if (lower.starts_with("@relation")) {
            auto rest = line.substr(9);
            bool was_quoted = false;
            if (!take(rest, table.relation, was_quoted, " \t"))
                return wrong(number, "a quote is not closed");
        } else if (lower.starts_with("@attribute")) {
            ATTUNE_TRY(auto a, attribute(line.substr(10), number));
            table.attributes.push_back(std::move(a));
            if (table.attributes.size() > kMostAttributes)
                return wrong(number, "more than 100000 attributes");
        } else if (lower.starts_with("@data")) {
            data = true;
        } else {
            return wrong(number, "expected @relation, @attribute or @data");
        }
    }
    if (!data) return fail(ErrorCode::kCorrupt, "ARFF: there is no @data");
    return table;
}

}  // namespace attune::learn
