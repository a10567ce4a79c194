// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/exchange.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "learn/arff.hpp"
#include "library/music_dataset.hpp"
#include "library/profile_json.hpp"

namespace attune::library {
namespace {

using Json = nlohmann::ordered_json;
using Table = std::vector<std::vector<std::string>>;  ///< the first line names the columns

const std::vector<std::string>& number_columns() {
    static const std::vector<std::string> names{
        "year",           "duration_s", "loudness_lufs", "loudness_range_lu",
        "true_peak_dbtp", "startle_lu", "tempo_bpm",     "tempo_confidence",
        "valence",        "valence_sd", "arousal",       "arousal_sd",
        "calming",        "vocals"};
    return names;
}

std::string shown(double v) { return std::isnan(v) ? std::string{} : core::format_double(v); }

std::vector<std::string> cells_of(const TrackRow& r) {
    std::vector<std::string> out{
        r.key.hex(),
        core::to_utf8_lossy(r.path),
        r.title,
        r.artist,
        r.album,
        r.genre,
        std::isnan(r.key_pitch_class) ? "" : pitch_name(static_cast<int>(r.key_pitch_class)),
        std::isnan(r.major) ? ""
        : r.major > 0.5     ? "major"
                            : "minor"};
    for (const double v : {r.year, r.duration_s, r.loudness_lufs, r.loudness_range_lu,
                           r.true_peak_dbtp, r.startle_lu, r.tempo_bpm, r.tempo_confidence,
                           r.valence, r.valence_sd, r.arousal, r.arousal_sd, r.calming, r.vocals}) {
        out.push_back(shown(v));
    }
    return out;
}

std::vector<std::string> columns() {
    std::vector<std::string> out{"track", "path",  "title", "artist",
                                 "album", "genre", "key",   "mode"};
    out.insert(out.end(), number_columns().begin(), number_columns().end());
    return out;
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    return out + "\"";
}

std::string to_csv(const std::vector<const TrackRow*>& rows) {
    std::string out;
    const auto line = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < cells.size(); ++i)
            out += (i == 0 ? "" : ",") + csv_cell(cells[i]);
        out += "\n";
    };
    line(columns());
    for (const TrackRow* r : rows) line(cells_of(*r));
    return out;
}

std::string to_m3u8(const std::vector<const TrackRow*>& rows) {
    std::string out = "#EXTM3U\n";
    for (const TrackRow* r : rows) {
        if (r->path.find('\n') != std::string::npos) continue;  // the format cannot say it
        out += "#EXTINF:" +
               std::to_string(std::isnan(r->duration_s) ? -1L : std::lround(r->duration_s)) + "," +
               r->artist + " - " + r->title + "\n" + r->path + "\n";
    }
    return out;
}

std::string url_of(const std::string& path) {
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out = "file://";
    for (const char c : path) {
        const auto u = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("/-._~").find(c) != std::string_view::npos;
        if (plain)
            out.push_back(c);
        else
            out += {'%', kHex[u >> 4], kHex[u & 15]};
    }
    return out;
}

std::string path_of(std::string_view url) {
    if (!url.starts_with("file://")) return std::string(url);
    url.remove_prefix(7);
    std::string out;
    for (std::size_t i = 0; i < url.size(); ++i) {
        if (url[i] != '%' || i + 2 >= url.size()) {
            out.push_back(url[i]);
            continue;
        }
        const auto digit = [](char c) {
            return c >= '0' && c <= '9'   ? c - '0'
                   : c >= 'a' && c <= 'f' ? c - 'a' + 10
                   : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                          : -1;
        };
        const int high = digit(url[i + 1]), low = digit(url[i + 2]);
        if (high < 0 || low < 0) {
            out.push_back(url[i]);
            continue;
        }
        out.push_back(static_cast<char>(16 * high + low));
        i += 2;
    }
    return out;
}

std::string to_jspf(const std::vector<const TrackRow*>& rows) {
    Json list = Json::array();
    for (const TrackRow* r : rows) {
        Json t{{"location", Json::array({url_of(r->path)})},
               {"title", r->title},
               {"creator", r->artist},
               {"album", r->album}};
        if (!std::isnan(r->duration_s)) t["duration"] = std::llround(r->duration_s * 1000.0);
        t["identifier"] = Json::array({"urn:attune:track:" + r->key.hex()});
        list.push_back(std::move(t));
    }
    const Json whole{{"playlist", {{"title", "Attune"}, {"track", std::move(list)}}}};
    return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Values and all named descriptors, genre as the class.
Result<std::string> to_arff_text(Catalogue& catalogue, const std::vector<const TrackRow*>& rows) {
    learn::ArffTable table;
    table.relation = "attune library";
    using Kind = learn::ArffAttribute::Kind;
    std::vector<std::string> genres;
    std::map<std::string, bool> descriptors;
    std::vector<flow::TrackProfile> profiles;
    for (const TrackRow* r : rows) {
        ATTUNE_TRY(auto p, catalogue.profile(r->key));
        for (const auto& [name, value] : p.descriptors) descriptors[name] = true;
        profiles.push_back(std::move(p));
        if (!r->genre.empty()) genres.push_back(r->genre);
    }
    std::sort(genres.begin(), genres.end());
    genres.erase(std::unique(genres.begin(), genres.end()), genres.end());
    for (const char* name : {"track", "path", "title", "artist", "album"})
        table.attributes.push_back({name, Kind::kString, {}});
    for (const auto& name : number_columns())
        table.attributes.push_back({name, Kind::kNumeric, {}});
    for (const auto& [name, there] : descriptors)
        table.attributes.push_back({name, Kind::kNumeric, {}});
    table.attributes.push_back({"genre", genres.empty() ? Kind::kString : Kind::kNominal, genres});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto cells = cells_of(*rows[i]);
        std::vector<std::string> row(cells.begin(), cells.begin() + 5);
        row.insert(row.end(), cells.begin() + 8, cells.end());
        for (const auto& [name, there] : descriptors) {
            const auto at = profiles[i].descriptors.find(name);
            row.push_back(at == profiles[i].descriptors.end() ? "" : shown(at->second));
        }
        row.push_back(rows[i]->genre);
        table.rows.push_back(std::move(row));
    }
    return learn::to_arff(table);
}

Result<std::string> to_json_text(Catalogue& catalogue, const std::vector<const TrackRow*>& rows) {
    std::string out = "{\"schema\": \"attune.library/1\", \"tracks\": [\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ATTUNE_TRY(const auto p, catalogue.profile(rows[i]->key));
        ATTUNE_TRY(const auto e, catalogue.edits(rows[i]->key));
        out += track_json(p, e) + (i + 1 < rows.size() ? ",\n" : "\n");
    }
    return out + "]}\n";
}

std::string absolute(const std::string& path, const std::string& folder) {
    if (path.empty() || path.front() == '/') return path;
    return (std::filesystem::path(folder) / path).lexically_normal().string();
}

tl::unexpected<Error> unknown_format(std::string_view format) {
    return fail(ErrorCode::kBadArgument,
                "'" + std::string(format) +
                    "' is not a format; formats are csv, json, m3u8, jspf, arff");
}

/// A JSON export back as a table: only its edits come in, because measurements are made again.
Result<Table> table_of_json(std::string_view text) {
    try {
        const auto whole = Json::parse(text);
        Table table{{"track", "path"}};
        const auto& fields = editable_fields();
        table.front().insert(table.front().end(), fields.begin(), fields.end());
        for (const auto& t : whole.at("tracks")) {
            std::vector<std::string> row(table.front().size());
            row[0] = t.at("track").get<std::string>();
            row[1] = t.at("path").get<std::string>();
            for (const auto& e : t.at("edits")) {
                const auto at =
                    std::find(fields.begin(), fields.end(), e.at("field").get<std::string>());
                if (at != fields.end() && e.at("value").is_string())
                    row[2 + static_cast<std::size_t>(at - fields.begin())] =
                        e.at("value").get<std::string>();
            }
            table.push_back(std::move(row));
        }
        return table;
    } catch (const Json::exception& e) {
        return fail(ErrorCode::kCorrupt,
                    std::string("this is no export of a library: ") + e.what());
    }
}

Result<Table> table_of(std::string_view bytes, std::string_view format) {
    if (format == "csv") return parse_csv(bytes);
    if (format == "json") return table_of_json(bytes);
    ATTUNE_TRY(auto arff, learn::parse_arff(bytes));
    Table table(1);
    for (const auto& a : arff.attributes) table.front().push_back(a.name);
    for (auto& row : arff.rows) table.push_back(std::move(row));
    return table;
}

/// What a field of this row is now, as text, so that equal values are not made edits.
std::string now_of(const TrackRow& row, const std::string& field) {
    static const auto names = columns();
    const auto at = std::find(names.begin(), names.end(), field);
    return at == names.end() ? std::string{}
                             : cells_of(row)[static_cast<std::size_t>(at - names.begin())];
}

Result<ContentKey> found_by(Catalogue& catalogue, const std::string& track,
                            const std::string& path) {
    if (!track.empty()) {
        if (auto key = catalogue.find(track)) return key;
    }
    return catalogue.find(path);
}

Result<ImportReport> import_table(Catalogue& catalogue, const Table& table, std::string_view actor,
                                  std::int64_t now_ns) {
    ImportReport report;
    if (table.empty()) return fail(ErrorCode::kCorrupt, "the table is empty");
    const auto& names = table.front();
    const auto column = [&](const char* name) {
        return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) -
                                        names.begin());
    };
    const std::size_t track = column("track"), path = column("path");
    if (track == names.size() && path == names.size())
        return fail(ErrorCode::kCorrupt, "the table has neither a column 'track' nor 'path'");
    const auto& editable = editable_fields();
    for (std::size_t i = 1; i < table.size(); ++i) {
        const auto cell = [&](std::size_t c) {
            return c < table[i].size() ? table[i][c] : std::string{};
        };
        ++report.entries;
        const auto key = found_by(catalogue, cell(track), cell(path));
        if (!key) {
            report.unmatched.push_back(
                core::to_utf8_lossy(cell(path).empty() ? cell(track) : cell(path)));
            continue;
        }
        ++report.matched;
        report.tracks.push_back(*key);
        ATTUNE_TRY(const auto profile, catalogue.profile(*key));
        const TrackRow row = make_row(profile);
        for (std::size_t c = 0; c < names.size(); ++c) {
            const std::string value = cell(c);
            if (value.empty() ||
                std::find(editable.begin(), editable.end(), names[c]) == editable.end() ||
                value == now_of(row, names[c]))
                continue;
            if (auto done = catalogue.edit(*key, names[c], value, actor, now_ns); !done) {
                return fail_in(std::move(done).error(), "line " + std::to_string(i + 1));
            }
            ++report.edited;
        }
    }
    return report;
}

}  // namespace

std::string format_of(std::string_view file) {
    const auto dot = file.rfind('.');
    if (dot == std::string_view::npos) return "csv";
    const std::string ending = core::to_lower_ascii(file.substr(dot + 1));
    return ending == "m3u" ? "m3u8" : ending == "xspf" ? "jspf" : ending;
}

Result<std::string> export_tracks(Catalogue& catalogue, const std::vector<const TrackRow*>& rows,
                                  std::string_view format) {
    if (format == "csv") return to_csv(rows);
    if (format == "json") return to_json_text(catalogue, rows);
    if (format == "m3u8") return to_m3u8(rows);
    if (format == "jspf") return to_jspf(rows);
    if (format == "arff") return to_arff_text(catalogue, rows);
    return unknown_format(format);
}

std::vector<std::string> parse_m3u8(std::string_view text, const std::string& folder) {
    std::vector<std::string> out;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (auto line : core::split(text, '\n')) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        out.push_back(absolute(path_of(line), folder));
    }
    return out;
}

Result<std::vector<std::string>> parse_jspf(std::string_view text, const std::string& folder) {
    try {
        std::vector<std::string> out;
        const Json whole = Json::parse(text);
        for (const auto& track : whole.at("playlist").at("track")) {
            const auto at = track.find("location");
            if (at == track.end()) continue;
            const Json& location = at->is_array() ? (at->empty() ? Json("") : at->front()) : *at;
            if (location.is_string() && !location.get<std::string>().empty())
                out.push_back(absolute(path_of(location.get<std::string>()), folder));
        }
        return out;
    } catch (const Json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("this is no JSPF list: ") + e.what());
    }
}

Result<ImportReport> import_tracks(Catalogue& catalogue, std::string_view bytes,
                                   std::string_view format, const std::string& file,
                                   std::string_view actor, std::int64_t now_ns) {
    if (format == "csv" || format == "json" || format == "arff") {
        ATTUNE_TRY(const auto table, table_of(bytes, format));
        return import_table(catalogue, table, actor, now_ns);
    }
    if (format != "m3u8" && format != "jspf") return unknown_format(format);
    const std::string folder = std::filesystem::absolute(file).parent_path().string();
    std::vector<std::string> paths;
    if (format == "m3u8") {
        paths = parse_m3u8(bytes, folder);
    } else {
        ATTUNE_TRY(paths, parse_jspf(bytes, folder));
    }
    ImportReport report;
    for (const std::string& path : paths) {
        ++report.entries;
        if (const auto key = catalogue.find(path)) {
            ++report.matched;
            report.tracks.push_back(*key);
        } else {
            report.unmatched.push_back(core::to_utf8_lossy(path));
        }
    }
    return report;
}

}  // namespace attune::library
