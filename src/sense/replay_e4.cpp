// SPDX-License-Identifier: GPL-3.0-or-later
/// The export of an Empatica E4: start time, rate, then one value a row. IBI has no rate; tags are times only.
#include <cmath>
#include <string>

#include "core/text.hpp"
#include "sense/channels.hpp"
#include "sense/recording.hpp"

namespace attune::sense {
namespace {

struct FileRow {
    const char* stem;
    std::vector<flow::Channel> channels;
    double factor;      ///< to our unit
    double rate_hz;     ///< that the device has
};

const std::vector<FileRow>& files() {
    using flow::Channel;
    static const std::vector<FileRow> rows{
        {"ACC", {Channel::kAccelX, Channel::kAccelY, Channel::kAccelZ}, 1.0 / 64.0, 32.0},
        {"BVP", {Channel::kPpg}, 1.0, 64.0},
        {"EDA", {Channel::kEda}, 1.0, 4.0},
        {"HR", {Channel::kHeartRate}, 1.0, 1.0},
        {"TEMP", {Channel::kSkinTemp}, 1.0, 4.0},
    };
    return rows;
}

/// Lines of a text with their numbers; keeps no copy.
class Lines {
public:
    explicit Lines(std::string_view text) : text_(text) {}
    bool next(std::string_view& line) {
        while (!text_.empty()) {
            const auto newline = text_.find('\n');
            line = core::trim(text_.substr(0, newline));
            text_.remove_prefix(newline == std::string_view::npos ? text_.size() : newline + 1);
            ++number_;
            if (!line.empty()) return true;
        }
        return false;
    }
    [[nodiscard]] std::size_t number() const { return number_; }

private:
    std::string_view text_;
    std::size_t number_ = 0;
};

tl::unexpected<Error> wrong(const std::string& file, std::size_t line, std::string message) {
    return fail(ErrorCode::kCorrupt, std::move(message), file + ":" + std::to_string(line));
}

Result<std::int64_t> start_time(std::string_view line, const std::string& file, std::size_t number) {
    const std::string_view first = core::split(line, ',').front();
    const auto start = parse_wall_time(first);
    if (start) return *start;
    return wrong(file, number, "start '" + core::to_utf8_lossy(core::trim(first)) + "' is neither unix seconds nor YYYY-MM-DD HH:MM:SS");
}

Result<Recording> parse_regular(const FileRow& row, Lines lines, const std::string& file) {
    Recording out;
    std::string_view line;
    if (!lines.next(line)) return wrong(file, 1, "is empty; row 1 holds the start time");
    ATTUNE_TRY(out.wall_start_ns, start_time(line, file, lines.number()));
    if (!lines.next(line)) return wrong(file, lines.number() + 1, "has no second row, the rate");
    const auto rate = core::parse_double(core::split(line, ',').front());
    if (!rate || !(*rate > 0.0) || *rate > channel_row(row.channels.front()).max_rate_hz) {
        return wrong(file, lines.number(), "rate '" + core::to_utf8_lossy(line) + "' is not in 0.." +
                                               core::format_double(channel_row(row.channels.front()).max_rate_hz) + " Hz");
    }
    for (const flow::Channel channel : row.channels) {
        out.channels.push_back({channel, {}, *rate, file, {}});
        out.channels.back().segments.emplace_back();
    }
    if (*rate != row.rate_hz) out.notes.push_back(file + ": rate " + core::format_double(*rate) + " Hz, an E4 has " + core::format_double(row.rate_hz));
    while (lines.next(line)) {
        const auto cells = core::split(line, ',');
        if (cells.size() != row.channels.size()) {
            return wrong(file, lines.number(), std::to_string(cells.size()) + " values where " + row.stem + " has " + std::to_string(row.channels.size()));
        }
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const auto value = core::parse_double(cells[c]);
            if (!value) return wrong(file, lines.number(), "'" + core::to_utf8_lossy(cells[c]) + "' is not a number");
            out.channels[c].segments.front().samples.push_back(static_cast<float>(*value * row.factor));
        }
    }
    return out;
}

Result<Recording> parse_ibi(Lines lines, const std::string& file) {
    Recording out;
    std::string_view line;
    if (!lines.next(line)) return wrong(file, 1, "is empty; row 1 holds the start time");
    ATTUNE_TRY(out.wall_start_ns, start_time(line, file, lines.number()));
    RecordedChannel rr{flow::Channel::kRr, {}, 0.0, file, {}};
    double before_s = -1.0;
    while (lines.next(line)) {
        const auto cells = core::split(line, ',');
        const auto t_s = core::parse_double(cells.front());
        const auto interval_s = cells.size() == 2 ? core::parse_double(cells[1]) : std::nullopt;
        if (!t_s || !interval_s || !(*t_s >= 0.0 && *t_s < 1e8)) {
            return wrong(file, lines.number(), "'" + core::to_utf8_lossy(line) + "' is not 'seconds since start, interval in seconds'");
        }
        if (*t_s < before_s) return wrong(file, lines.number(), "time " + core::format_double(*t_s) + " s goes back behind " + core::format_double(before_s) + " s");
        // The device left out beats that it did not trust: a hole, unless this beat follows the one before.
        const bool follows = before_s >= 0.0 && std::abs(*t_s - before_s - *interval_s) < .05;
        if (!follows) {
            Segment s;
            s.gap_ns = before_s < 0.0 ? 0 : from_seconds(std::max(0.0, *t_s - before_s - *interval_s)).ns;
            rr.segments.push_back(std::move(s));
        }
        Segment& s = rr.segments.back();
        s.samples.push_back(static_cast<float>(*interval_s * 1000.0));
        s.times.push_back({from_seconds(*t_s).ns});
        s.t = s.times.front();
        before_s = *t_s;
    }
    if (rr.segments.empty()) {
        out.notes.push_back(file + ": no beats");
        return out;
    }
    out.channels.push_back(std::move(rr));
    return out;
}

Result<Recording> parse_tags(Lines lines, const std::string& file) {
    Recording out;
    std::string_view line;
    while (lines.next(line)) {
        ATTUNE_TRY(const std::int64_t t, start_time(line, file, lines.number()));
        if (!out.wall_start_ns) out.wall_start_ns = t;
        // A clock typed with 12 hours may lie before the start: it stays where it is, before time 0.
        out.marks.push_back({Time{t - *out.wall_start_ns}, "tag"});
    }
    return out;
}

}  // namespace

Result<Recording> parse_e4(std::string_view stem, std::string_view text, const std::string& file) {
    const auto marked = [](Result<Recording> r) {
        if (r) {
            r->device = "Empatica E4";
            r->driver = "e4/1";
        }
        return r;
    };
    if (stem == "IBI") return marked(parse_ibi(Lines(text), file));
    if (stem == "tags") return marked(parse_tags(Lines(text), file));
    for (const FileRow& row : files()) {
        if (stem == row.stem) return marked(parse_regular(row, Lines(text), file));
    }
    return fail(ErrorCode::kBadArgument, "'" + core::to_utf8_lossy(stem) + "' is no file of an E4 export; known: ACC BVP EDA HR IBI TEMP tags", file);
}

}  // namespace attune::sense
