// SPDX-License-Identifier: GPL-3.0-or-later
// The library's table, map, tracks and edits.
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "core/time.hpp"
#include "serve/answer_file.hpp"
#include "serve/house.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"

namespace attune::serve {
namespace {

using library::TrackRow;
using nlohmann::json;

Result<std::optional<double>> maybe_number(const Request& request, const std::string& name) {
    const std::string text = request.value(name);
    if (text.empty()) return std::optional<double>();
    const auto value = core::parse_double(text);
    if (!value)
        return fail(ErrorCode::kBadArgument,
                    "'" + name + "' is '" + text + "'; it must be a number");
    return std::optional<double>(*value);
}

Result<std::size_t> count(const Request& request, const std::string& name, std::size_t fallback,
                          std::size_t most) {
    const std::string text = request.value(name);
    if (text.empty()) return fallback;
    const auto value = core::parse_int(text);
    if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > most) {
        return fail(ErrorCode::kBadArgument,
                    "'" + name + "' is '" + text + "'; allowed is 0 to " + std::to_string(most));
    }
    return static_cast<std::size_t>(*value);
}

Result<LineQuery> read_query(const Request& request) {
    LineQuery query;
    query.text = request.value("q");
    query.sort = request.value("sort", "title");
    query.descending = request.value("order", "asc") == "desc";
    const auto& columns = sort_columns();
    if (std::find(columns.begin(), columns.end(), query.sort) == columns.end()) {
        const auto near = core::nearest_word(query.sort, columns);
        return fail(ErrorCode::kBadArgument, "'sort' is '" + query.sort + "', which is no column" +
                                                 (near ? "; did you mean '" + *near + "'?" : ""));
    }
    ATTUNE_TRY(query.min_valence, maybe_number(request, "min_valence"));
    ATTUNE_TRY(query.max_valence, maybe_number(request, "max_valence"));
    ATTUNE_TRY(query.min_arousal, maybe_number(request, "min_arousal"));
    ATTUNE_TRY(query.max_arousal, maybe_number(request, "max_arousal"));
    ATTUNE_TRY(query.min_tempo, maybe_number(request, "min_tempo"));
    ATTUNE_TRY(query.max_tempo, maybe_number(request, "max_tempo"));
    ATTUNE_TRY(query.offset, count(request, "offset", 0, 100'000'000));
    ATTUNE_TRY(query.limit, count(request, "limit", 200, 1000));
    return query;
}

/// Written as text at once: a tree of 50 rows costs more than all else in the answer.
void append_row(std::string& out, const TrackRow& r) {
    out += "{\"key\":\"" + r.key.hex() + "\",\"title\":";
    append_quoted(out, r.title);
    out += ",\"artist\":";
    append_quoted(out, r.artist);
    for (const auto& [name, value] : {std::pair{",\"tempo_bpm\":", r.tempo_bpm}, {",\"valence\":", r.valence}, {",\"arousal\":", r.arousal}, {",\"duration_s\":", r.duration_s}})
        out += name + core::format_double(value);
    out += std::string(",\"analysed\":") + (r.analysed ? "true" : "false") + ",\"simulated\":" + (r.simulated ? "true}" : "false}");
}

Result<std::string> list(House& house, const Request& request) {
    ATTUNE_TRY(const LineQuery query, read_query(request));
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    std::size_t total = 0;
    std::string rows;
    for (const std::uint32_t row : table->find(query, total)) {
        if (!rows.empty()) rows += ',';
        append_row(rows, table->rows()[row]);
    }
    return "{\"schema\":\"attune/tracks/1\",\"version\":" + std::to_string(table->version()) + ",\"total\":" + std::to_string(total) +
           ",\"offset\":" + std::to_string(query.offset) + ",\"rows\":[" + rows + "]}";
}

json scan_json(const ScanState& s) {
    if (!s.any) return nullptr;
    return {{"running", s.running},
            {"done", s.done},
            {"total", s.total},
            {"analysed", s.report.analysed},
            {"unchanged", s.report.unchanged},
            {"skipped", s.report.skipped},
            {"failed", s.report.failed.size()},
            {"left_s", s.left_s ? json(*s.left_s) : json(nullptr)},
            {"error", s.error.empty() ? json(nullptr) : json(s.error)}};
}

Result<std::string> start_scan(House& house, const Request& request) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const auto folders, body.texts("folders", 20, 4096));
    ATTUNE_TRY(auto db, house.space().connect());
    ATTUNE_CHECK(house.scan().start(folders, std::move(db)));
    return std::string("{}");
}

Result<std::string> start_starter(House& house) {
    ATTUNE_TRY(auto space, session::Space::open(house.space().data_dir(), house.space().url()));
    ATTUNE_CHECK(house.scan().start_starter(std::move(space)));
    return std::string("{}");
}

Result<std::string> failures(House& house) {
    json files = json::array();
    for (const library::Unreadable& f : house.scan().state().report.failed) {
        files.push_back({{"path", core::to_utf8_lossy(f.path)}, {"reason", f.reason}});
    }
    return to_text({{"schema", "attune/failures/1"}, {"files", files}});
}

Result<std::string> summary(House& house) {
    json folders = json::array();
    for (const std::string& folder : house.scan().folders())
        folders.push_back(core::to_utf8_lossy(folder));
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    const auto rows = table->rows();
    const auto analysed =
        std::count_if(rows.begin(), rows.end(), [](const TrackRow& r) { return r.analysed; });
    const bool simulated =
        std::any_of(rows.begin(), rows.end(), [](const TrackRow& r) { return r.simulated; });
    return to_text({{"schema", "attune/library/1"},
                    {"tracks", rows.size()},
                    {"analysed", analysed},
                    {"simulated", simulated},
                    {"folders", folders},
                    {"scan", scan_json(house.scan().state())}});
}

/// Columns instead of rows: a third of the bytes.
Result<std::string> map(House& house) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    json keys = json::array(), titles = json::array(), artists = json::array(),
         valence = json::array(), arousal = json::array();
    const auto rounded = [](double v) { return std::round(v * 1000.0) / 1000.0; };
    for (const TrackRow& r : table->rows()) {
        if (std::isnan(r.valence) || std::isnan(r.arousal)) continue;
        keys.push_back(r.key.hex());
        titles.push_back(r.title);
        artists.push_back(r.artist);
        valence.push_back(rounded(r.valence));
        arousal.push_back(rounded(r.arousal));
    }
    return to_text({{"schema", "attune/map/1"},
                    {"keys", keys},
                    {"titles", titles},
                    {"artists", artists},
                    {"valence", valence},
                    {"arousal", arousal}});
}

template <typename T>
json estimate(const flow::Maybe<T>& v) {
    if (!v) return nullptr;
    return {{"value", v->value},
            {"sd", v->sd ? json(*v->sd) : json(nullptr)},
            {"origin", flow::to_string(v->origin)},
            {"model", v->model}};
}

json key_json(const flow::TrackProfile& p) {
    static constexpr const char* kNames[] = {"C",  "C#", "D",  "D#", "E",  "F",
                                             "F#", "G",  "G#", "A",  "A#", "B"};
    if (!p.key_pitch_class) return nullptr;
    const std::string mode = !p.major ? "" : p.major->value ? " major" : " minor";
    return {{"value", kNames[p.key_pitch_class->value % 12] + mode},
            {"sd", nullptr},
            {"origin", flow::to_string(p.key_pitch_class->origin)},
            {"model", p.key_pitch_class->model}};
}

Result<std::string> track_json(store::Connection& db, const ContentKey& key) {
    library::Catalogue catalogue(db);
    ATTUNE_TRY(const flow::TrackProfile p, catalogue.profile(key));
    ATTUNE_TRY(const auto edits, catalogue.edits(key));
    json segments = json::array(), edit_list = json::array();
    for (const flow::Segment& s : p.segments) {
        segments.push_back({{"start_s", s.start_s},
                            {"expressed", s.expressed ? json{{"valence", s.expressed->valence},
                                                             {"arousal", s.expressed->arousal}}
                                                      : json(nullptr)}});
    }
    for (const library::Edit& e : edits)
        edit_list.push_back({{"field", e.field}, {"value", e.value}, {"actor", e.actor}});
    return to_text({{"schema", "attune/track/1"},
                    {"key", key.hex()},
                    {"title", p.display_title()},
                    {"path", core::to_utf8_lossy(p.path)},
                    {"tags",
                     {{"title", p.tags.title},
                      {"artist", p.tags.artist},
                      {"album", p.tags.album},
                      {"genre", p.tags.genre},
                      {"year", p.tags.year ? json(*p.tags.year) : json(nullptr)}}},
                    {"simulated", p.simulated},
                    {"duration_s", p.duration_s},
                    {"values",
                     {{"valence", estimate(p.expressed_valence)},
                      {"arousal", estimate(p.expressed_arousal)},
                      {"tempo_bpm", estimate(p.tempo_bpm)},
                      {"key", key_json(p)},
                      {"loudness_lufs", estimate(p.loudness_lufs)},
                      {"loudness_range_lu", estimate(p.loudness_range_lu)},
                      {"true_peak_dbtp", estimate(p.true_peak_dbtp)},
                      {"startle_lu", estimate(p.startle_lu)},
                      {"calming", estimate(p.calming)},
                      {"vocals", estimate(p.vocals)}}},
                    {"segments", segments},
                    {"edits", edit_list},
                    {"can_play", !p.simulated && !p.path.empty()}});
}

Result<std::string> track(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    const std::string& wanted = args.at("track");
    if (auto kept = table->kept(wanted)) return *std::move(kept);
    ATTUNE_TRY(const ContentKey key, library::Catalogue(*db).find(wanted));
    ATTUNE_TRY(std::string text, track_json(*db, key));
    table->keep(wanted, text);
    return text;
}

Response track_audio(House& house, const Request& request, const PathArgs& args) {
    const auto find = [&]() -> Result<PlayableFile> {
        ATTUNE_TRY(const auto db, house.connect());
        library::Catalogue catalogue(*db);
        ATTUNE_TRY(const ContentKey key, catalogue.find(args.at("track")));
        ATTUNE_TRY(const flow::TrackProfile profile, catalogue.profile(key));
        return house.audio().playable(profile);
    };
    auto file = find();
    return file ? answer_file(request, file->path, std::move(file->content_type)) : problem(file.error());
}

Result<std::string> edit(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const std::string field, body.text("field", 40));
    ATTUNE_TRY(const auto db, house.connect());
    library::Catalogue catalogue(*db);
    ATTUNE_TRY(const ContentKey key, catalogue.find(args.at("track")));
    if (body.has("value")) {
        ATTUNE_TRY(const std::string value, body.text("value", 500));
        ATTUNE_CHECK(catalogue.edit(key, field, value, request.account, core::wall_now_ns()));
    } else {
        ATTUNE_CHECK(catalogue.unedit(key, field));
    }
    return track_json(*db, key);
}

Result<std::string> playlist(House& house, const Request& request) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const auto keys, body.texts("tracks", 2000, 40));
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    std::string text = "#EXTM3U\n";
    for (const std::string& hex : keys) {
        ATTUNE_TRY(const ContentKey key, ContentKey::parse(hex));
        const auto rows = table->rows();
        const auto found =
            std::lower_bound(rows.begin(), rows.end(), key,
                             [](const TrackRow& r, const ContentKey& k) { return r.key < k; });
        if (found == rows.end() || found->key != key)
            return fail(ErrorCode::kNotFound, "no track has the key " + hex);
        const long seconds = std::isnan(found->duration_s) ? -1 : std::lround(found->duration_s);
        text += "#EXTINF:" + std::to_string(seconds) + "," + found->artist + " - " + found->title +
                "\n" + found->path + "\n";
    }
    return to_text({{"schema", "attune/playlist/1"}, {"m3u", text}});
}

}  // namespace

void add_library_routes(Router& router, House& house) {
    router.add(
        Method::kPost, "/api/v1/library/scan",
        answers_json([&house](const Request& r, const PathArgs&) { return start_scan(house, r); },
                     202));
    router.add(Method::kPost, "/api/v1/library/starter",
               answers_json([&house](const Request&, const PathArgs&) { return start_starter(house); }, 202));
    router.add(Method::kDelete, "/api/v1/library/scan",
               answers_json([&house](const Request&, const PathArgs&) -> Result<std::string> {
                   house.scan().cancel();
                   return std::string("{}");
               }));
    router.add(Method::kGet, "/api/v1/library/failures",
               answers_json([&house](const Request&, const PathArgs&) { return failures(house); }));
    router.add(Method::kGet, "/api/v1/library",
               answers_json([&house](const Request&, const PathArgs&) { return summary(house); }));
    router.add(
        Method::kGet, "/api/v1/library/tracks",
        answers_json([&house](const Request& r, const PathArgs&) { return list(house, r); }));
    router.add(Method::kGet, "/api/v1/library/map",
               answers_json([&house](const Request&, const PathArgs&) { return map(house); }));
    router.add(
        Method::kGet, "/api/v1/library/tracks/{track}",
        answers_json([&house](const Request&, const PathArgs& a) { return track(house, a); }));
    router.add(Method::kGet, "/api/v1/library/tracks/{track}/audio",
               [&house](const Request& r, const PathArgs& a) { return track_audio(house, r, a); });
    router.add(
        Method::kPatch, "/api/v1/library/tracks/{track}",
        answers_json([&house](const Request& r, const PathArgs& a) { return edit(house, r, a); }));
    router.add(
        Method::kPost, "/api/v1/library/playlist",
        answers_json([&house](const Request& r, const PathArgs&) { return playlist(house, r); }),
        RouteOptions{.body_limit = 256U << 10});
    house.set_part("library", {true, ""});
}

}  // namespace attune::serve
