// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/recording.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::sense {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr std::size_t kMaxFileBytes = 512U << 20;

/// Days since 1970 of a date of the proleptic Gregorian calendar (Hinnant's algorithm).
std::int64_t days_from_civil(std::int64_t y, std::int64_t m, std::int64_t d) {
    y -= m <= 2 ? 1 : 0;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t yoe = y - era * 400;
    const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void shift(Recording& r, std::int64_t ns) {
    for (RecordedChannel& channel : r.channels) {
        for (Segment& segment : channel.segments) {
            segment.t.ns += ns;
            for (Time& t : segment.times) t.ns += ns;
        }
    }
    for (Mark& mark : r.marks) mark.t.ns += ns;
}

bool is_e4_stem(const std::string& stem) {
    static const std::set<std::string> stems{"ACC", "BVP", "EDA", "HR", "IBI", "TEMP", "tags"};
    return stems.count(stem) > 0 || stem.rfind("tags_", 0) == 0;
}

/// Beats that an E4 derived from its own pulse wave, which is in BVP: nothing measured is lost without them.
bool is_beat_list(const fs::path& path) { return path.stem() == "IBI"; }

/// Ours begins with "#" or has a unit in its first line; an E4 file begins with a time.
bool looks_like_ours(std::string_view text) {
    const std::string_view first = text.substr(0, text.find('\n'));
    return !first.empty() && (first.front() == '#' || first.find('[') != std::string_view::npos);
}

Result<Recording> read_one(const fs::path& path) {
    const std::string file = path.filename().string();
    const std::string extension = core::to_lower_ascii(path.extension().string());
    if (extension == ".edf" || extension == ".bdf") return read_edf(path.string());
    ATTUNE_TRY(const std::string text, core::read_file(path, kMaxFileBytes));
    const std::string stem = path.stem().string();
    if (is_e4_stem(stem) && !looks_like_ours(text)) {
        return parse_e4(stem.rfind("tags", 0) == 0 ? "tags" : stem, text, file);
    }
    if (!looks_like_ours(text)) {
        Recording none;
        none.notes.push_back(file + ": no unit in its header; left out");
        return none;
    }
    return parse_csv(text, file);
}

}  // namespace

Time Recording::end() const {
    Time last;
    for (const RecordedChannel& channel : channels) {
        for (const Segment& s : channel.segments) {
            if (!s.times.empty()) {
                last = std::max(last, s.times.back());
            } else if (channel.rate_hz > 0.0) {
                last = std::max(last, s.t + from_seconds(static_cast<double>(s.samples.size()) / channel.rate_hz));
            }
        }
    }
    return last;
}

std::optional<std::int64_t> parse_wall_time(std::string_view text) {
    text = core::trim(text);
    if (const auto unix_s = core::parse_double(text)) {
        if (!(std::abs(*unix_s) < 9e9)) return std::nullopt;
        const double whole = std::floor(*unix_s);
        return static_cast<std::int64_t>(whole) * 1'000'000'000 + std::llround((*unix_s - whole) * 1e9);
    }
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
        text[16] != ':') {
        return std::nullopt;
    }
    const auto field = [&](std::size_t from, std::size_t n) -> std::optional<std::int64_t> {
        for (const char c : text.substr(from, n)) {
            if (c < '0' || c > '9') return std::nullopt;
        }
        return core::parse_int(text.substr(from, n));
    };
    const auto y = field(0, 4), mo = field(5, 2), d = field(8, 2), h = field(11, 2), mi = field(14, 2), s = field(17, 2);
    if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
    if (*y < 1900 || *y > 2200 || *mo < 1 || *mo > 12 || *d < 1 || *d > 31 || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    std::string_view rest = text.substr(19);
    double fraction = 0.0;
    if (!rest.empty() && rest.front() == '.') {
        std::size_t digits = 1;
        while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
        const auto f = core::parse_double("0" + std::string(rest.substr(0, digits)) + "0");
        if (!f) return std::nullopt;
        fraction = *f;
        rest.remove_prefix(digits);
    }
    if (!rest.empty() && rest != "Z" && rest != "+00:00") return std::nullopt;
    const std::int64_t seconds = days_from_civil(*y, *mo, *d) * 86400 + *h * 3600 + *mi * 60 + *s;
    return seconds * 1'000'000'000 + std::llround(fraction * 1e9);
}

Result<Recording> merged(Recording a, Recording b) {
    if (a.channels.empty() && a.marks.empty()) {
        b.notes.insert(b.notes.begin(), a.notes.begin(), a.notes.end());
        return b;
    }
    if (a.wall_start_ns && b.wall_start_ns) {
        const std::int64_t apart = *b.wall_start_ns - *a.wall_start_ns;
        if (std::abs(apart) > kDayNs) {
            const std::string file = b.channels.empty() ? std::string("marks") : b.channels.front().file;
            return fail(ErrorCode::kCorrupt,
                        "starts " + std::to_string(apart / 1'000'000'000) +
                            " s from the other files of its folder; at most a day (86400 s) is believed",
                        file + ":1");
        }
        if (apart >= 0 || b.channels.empty()) {  // a button may be pressed before a sensor starts
            shift(b, apart);
        } else {
            shift(a, -apart);
            a.wall_start_ns = b.wall_start_ns;
        }
    } else if (b.wall_start_ns && !b.channels.empty()) {
        a.wall_start_ns = b.wall_start_ns;
    }
    a.channels.insert(a.channels.end(), std::make_move_iterator(b.channels.begin()), std::make_move_iterator(b.channels.end()));
    a.marks.insert(a.marks.end(), b.marks.begin(), b.marks.end());
    a.notes.insert(a.notes.end(), b.notes.begin(), b.notes.end());
    a.origin = flow::worst(a.origin, b.origin);
    if (a.device.empty()) a.device = b.device;
    if (a.driver.find(b.driver) == std::string::npos) a.driver += (a.driver.empty() ? "" : " ") + b.driver;
    return a;
}

Result<Recording> read_recording(const std::string& folder) {
    std::error_code error;
    if (!fs::exists(folder, error)) {
        return fail(ErrorCode::kNotFound, "there is no folder '" + core::to_utf8_lossy(folder) + "' to replay");
    }
    std::vector<fs::path> files;
    if (fs::is_directory(folder, error)) {
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            const std::string extension = core::to_lower_ascii(entry.path().extension().string());
            if (extension == ".csv" || extension == ".edf" || extension == ".bdf") files.push_back(entry.path());
        }
        if (error) return fail(ErrorCode::kIo, "cannot list the folder: " + error.message(), folder);
    } else {
        files.emplace_back(folder);
    }
    std::sort(files.begin(), files.end());
    Recording all;
    for (const fs::path& file : files) {
        auto read = read_one(file);
        if (!read && files.size() > 1 && is_beat_list(file)) {  // the other files say what the wristband measured
            all.notes.push_back(read.error().describe() + "; this file is left out");
            continue;
        }
        ATTUNE_TRY(Recording one, std::move(read));
        if (one.channels.empty() && one.marks.empty()) {
            all.notes.insert(all.notes.end(), one.notes.begin(), one.notes.end());
            continue;
        }
        ATTUNE_TRY(all, merged(std::move(all), std::move(one)));
    }
    if (all.channels.empty()) {
        std::string message = "holds nothing to replay; wanted: .csv with unit and rate in its header, an Empatica E4 "
                              "export (ACC, BVP, EDA, HR, IBI, TEMP), .edf or .bdf";
        for (const std::string& note : all.notes) message += "; " + note;
        return fail(ErrorCode::kNotFound, std::move(message), core::to_utf8_lossy(folder));
    }
    std::stable_sort(all.marks.begin(), all.marks.end(), [](const Mark& x, const Mark& y) { return x.t < y.t; });
    return all;
}

}  // namespace attune::sense
