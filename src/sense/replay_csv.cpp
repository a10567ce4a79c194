// SPDX-License-Identifier: GPL-3.0-or-later
/// Our CSV: "# key value" lines, then a header of name[unit]@rate cells, then numbers. docs/signals.md.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "core/text.hpp"
#include "sense/channels.hpp"
#include "sense/recording.hpp"

namespace attune::sense {
namespace {

constexpr std::size_t kMaxColumns = 128;

struct Column {
    bool is_time = false;
    bool unix_time = false;
    double time_scale_s = 1.0;
    flow::Channel channel = flow::Channel::kEda;
    std::string label;
    UnitConversion unit;
    double rate_hz = 0.0;
};

struct Reader {
    std::string file;
    std::size_t line = 0;
    [[nodiscard]] std::string here(std::size_t column = 0) const {
        return file + ":" + std::to_string(line) + (column > 0 ? " column " + std::to_string(column) : "");
    }
};

tl::unexpected<Error> wrong(const Reader& at, std::size_t column, std::string message) {
    return fail(ErrorCode::kCorrupt, std::move(message), at.here(column));
}

/// "t[s]", "t[ms]", "t[unix_s]", "t[unix_ms]".
Result<Column> time_column(std::string_view unit, const Reader& at, std::size_t n) {
    Column column;
    column.is_time = true;
    column.unix_time = unit == "unix_s" || unit == "unix_ms";
    if (unit == "ms" || unit == "unix_ms") {
        column.time_scale_s = 1e-3;
    } else if (unit != "s" && unit != "unix_s") {
        return wrong(at, n, "time unit '" + core::to_utf8_lossy(unit) + "' is not s, ms, unix_s or unix_ms");
    }
    return column;
}

/// "eda[uS]@4", "eeg:Fp1[uV]@128", "rr[ms]".
Result<Column> parse_cell(std::string_view cell, const Reader& at, std::size_t n) {
    cell = core::trim(cell);
    const auto open = cell.find('[');
    const auto close = cell.find(']', open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
        return wrong(at, n, "header '" + core::to_utf8_lossy(cell) + "' has no [unit]; write name[unit]@rate, e.g. eda[microsiemens]@4");
    }
    std::string_view name = cell.substr(0, open);
    const std::string_view unit = cell.substr(open + 1, close - open - 1);
    std::string_view rest = cell.substr(close + 1);
    if (core::trim(name) == "t" || core::trim(name) == "time") return time_column(unit, at, n);
    Column column;
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
        column.label = core::to_utf8_lossy(name.substr(colon + 1));
        name = name.substr(0, colon);
    }
    const auto channel = channel_by_name(name);
    if (!channel) {
        std::string message = "channel '" + core::to_utf8_lossy(name) + "' is unknown";
        if (const auto near = core::nearest_word(core::to_lower_ascii(name), channel_names())) message += "; did you mean '" + *near + "'?";
        return wrong(at, n, std::move(message));
    }
    column.channel = *channel;
    auto conversion = unit_conversion(*channel, unit);
    if (!conversion) return fail_in(std::move(conversion).error(), at.here(n));
    column.unit = *conversion;
    if (rest.empty()) return column;
    if (rest.front() != '@') return wrong(at, n, "after the unit comes @rate, not '" + core::to_utf8_lossy(rest) + "'");
    rest.remove_prefix(1);
    if (rest.size() > 2 && rest.substr(rest.size() - 2) == "Hz") rest.remove_suffix(2);
    const auto rate = core::parse_double(rest);
    const double most = channel_row(*channel).max_rate_hz;
    if (!rate || !(*rate > 0.0) || *rate > most) {
        return wrong(at, n, "rate '" + core::to_utf8_lossy(rest) + "' of " + flow::to_string(*channel) + " is not in 0.." +
                                core::format_double(most) + " Hz" + (most == 0.0 ? " (it is irregular: leave out @rate)" : ""));
    }
    column.rate_hz = *rate;
    return column;
}

Result<std::vector<Column>> parse_header(std::string_view line, const Reader& at) {
    std::vector<Column> columns;
    for (const std::string_view cell : core::split(line, ',')) {
        if (columns.size() == kMaxColumns) return wrong(at, 0, "more than 128 columns");
        ATTUNE_TRY(Column column, parse_cell(cell, at, columns.size() + 1));
        if (column.is_time && !columns.empty()) return wrong(at, columns.size() + 1, "the time must be the first column");
        columns.push_back(std::move(column));
    }
    const bool timed = columns.front().is_time;
    if (columns.size() == (timed ? 1U : 0U)) return wrong(at, 0, "no channel in the header");
    const double rate = columns[timed ? 1 : 0].rate_hz;
    for (std::size_t i = timed ? 1 : 0; i < columns.size(); ++i) {
        if (columns[i].rate_hz != rate) return wrong(at, i + 1, "one file holds one rate; put other rates in files of their own");
        if (!timed && rate == 0.0) return wrong(at, i + 1, "neither @rate nor a time column t[s]: when was it sampled?");
    }
    return columns;
}

Result<void> parse_comment(std::string_view line, Recording& out, const Reader& at) {
    line = core::trim(line.substr(1));
    const auto space = line.find(' ');
    const std::string_view key = line.substr(0, space);
    const std::string_view value = space == std::string_view::npos ? std::string_view() : core::trim(line.substr(space));
    if (key == "start") {
        out.wall_start_ns = parse_wall_time(value);
        if (!out.wall_start_ns) {
            return wrong(at, 0, "start '" + core::to_utf8_lossy(value) + "' is neither unix seconds nor YYYY-MM-DD HH:MM:SS (UTC)");
        }
    } else if (key == "device") {
        out.device = core::to_utf8_lossy(value);
    } else if (key == "provenance") {
        if (value == flow::to_string(flow::Origin::kSimulated)) out.origin = flow::Origin::kSimulated;
    } else if (key == "attune-csv" && value != "1") {
        return fail(ErrorCode::kVersion, "attune-csv version '" + core::to_utf8_lossy(value) + "'; this program reads 1", at.here());
    }
    return {};
}

/// Appends one value; starts a new segment after a hole or a jump of the clock.
class Builder {
public:
    explicit Builder(RecordedChannel& out) : out_(out) {}

    void missing() { broken_ = true; }
    void add(float value, Time file_time) {
        const bool irregular = out_.rate_hz == 0.0;
        const Time t = file_time + offset_;
        const bool jump = !irregular && std::abs((t - expected_).ns) > kClockJump.ns;
        const bool back = irregular && t < expected_;
        if (out_.segments.empty() || broken_ || jump || back) start(t);
        Segment& s = out_.segments.back();
        s.samples.push_back(value);
        if (irregular) {
            expected_ = std::max(t, expected_);
            s.times.push_back(expected_);
        } else {
            expected_ = s.t + from_seconds(static_cast<double>(s.samples.size()) / out_.rate_hz);
        }
        broken_ = false;
    }

private:
    /// A clock that went back cannot tell how long it was away: time goes on, with that much doubt.
    void start(Time t) {
        Segment s;
        s.t = t;
        if (!out_.segments.empty() && t < expected_) {
            offset_ = offset_ + (expected_ - t);
            s.t = expected_;
        }
        s.gap_ns = out_.segments.empty() ? 0 : (s.t - expected_).ns;
        s.t_sigma_ns = offset_.ns;
        out_.segments.push_back(std::move(s));
        expected_ = out_.segments.back().t;
    }
    RecordedChannel& out_;
    Duration offset_;   ///< put on the file's times since its clock went back
    Time expected_;
    bool broken_ = false;
};

}  // namespace

Result<Recording> parse_csv(std::string_view text, const std::string& file) {
    Recording out;
    out.driver = "csv/1";
    Reader at{file};
    std::vector<Column> columns;
    std::vector<Builder> builders;
    std::int64_t row = 0;
    std::optional<double> first_unix_s;
    while (!text.empty()) {
        const auto newline = text.find('\n');
        const std::string_view line = core::trim(text.substr(0, newline));
        text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
        ++at.line;
        if (line.empty()) continue;
        if (line.front() == '#') {
            ATTUNE_CHECK(parse_comment(line, out, at));
            continue;
        }
        if (columns.empty()) {
            ATTUNE_TRY(columns, parse_header(line, at));
            for (const Column& c : columns) {
                if (!c.is_time) out.channels.push_back({c.channel, c.label, c.rate_hz, file, {}});
            }
            for (RecordedChannel& c : out.channels) builders.emplace_back(c);
            continue;
        }
        const auto cells = core::split(line, ',');
        if (cells.size() != columns.size()) {
            return wrong(at, 0, std::to_string(cells.size()) + " values where the header has " + std::to_string(columns.size()) + " columns");
        }
        const bool timed = columns.front().is_time;
        Time t;
        if (!timed) t = {from_seconds(static_cast<double>(row) / columns.front().rate_hz).ns};
        if (timed) {
            const auto value = core::parse_double(cells[0]);
            if (!value) return wrong(at, 1, "time '" + core::to_utf8_lossy(cells[0]) + "' is not a number");
            double s = *value * columns[0].time_scale_s;
            if (columns[0].unix_time) {
                if (!first_unix_s) {
                    first_unix_s = s;
                    if (!out.wall_start_ns) out.wall_start_ns = parse_wall_time(core::format_double(s));
                }
                s -= *first_unix_s;
            }
            if (!(std::abs(s) < 1e9)) return wrong(at, 1, "time " + core::format_double(s) + " s is outside +-1e9 s");
            t = {from_seconds(s).ns};
        }
        for (std::size_t c = timed ? 1 : 0; c < cells.size(); ++c) {
            Builder& builder = builders[c - (timed ? 1 : 0)];
            if (core::trim(cells[c]).empty()) {
                builder.missing();
                continue;
            }
            const auto value = core::parse_double(cells[c]);
            if (!value) return wrong(at, c + 1, "'" + core::to_utf8_lossy(cells[c]) + "' is not a number (leave a missing value empty)");
            builder.add(static_cast<float>(*value * columns[c].unit.factor + columns[c].unit.offset), t);
        }
        ++row;
    }
    if (columns.empty()) return wrong(at, 0, "has no header; write name[unit]@rate, e.g. eda[microsiemens]@4");
    return out;
}

}  // namespace attune::sense
