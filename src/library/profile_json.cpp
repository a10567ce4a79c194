// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/profile_json.hpp"

#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "core/time.hpp"

namespace attune::library {
namespace {

using Json = nlohmann::ordered_json;

const char* origin_of(flow::ValueOrigin origin) { return flow::to_string(origin); }

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }
Json text(const std::string& v) { return v.empty() ? Json(nullptr) : Json(core::to_utf8_lossy(v)); }
template <typename T>
Json maybe(const std::optional<T>& v) {
    return v ? Json(*v) : Json(nullptr);
}
Json value_of(const flow::Maybe<double>& v) { return v ? number(v->value) : Json(nullptr); }
template <typename T>
Json origin(const flow::Maybe<T>& v) {
    return v ? Json{{"origin", origin_of(v->origin)},
                    {"model", v->model.empty() ? Json(nullptr) : Json(v->model)}}
             : Json(nullptr);
}
Json estimate(const flow::Maybe<double>& v) {
    if (!v) return nullptr;
    return {{"value", number(v->value)},
            {"sd", v->sd ? number(*v->sd) : Json(nullptr)},
            {"origin", origin_of(v->origin)},
            {"model", v->model.empty() ? Json(nullptr) : Json(v->model)}};
}
void put_path(Json& j, const std::string& path) {
    j["path"] = core::to_utf8_lossy(path);
    if (!core::is_utf8(path)) j["path_b64"] = core::base64(path);
}
std::string dumped(const Json& j, int indent) {
    return j.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json segments_of(const flow::TrackProfile& p) {
    Json out = Json::array();
    for (const auto& s : p.segments) {
        out.push_back({{"start_s", s.start_s},
                       {"duration_s", s.duration_s},
                       {"valence", s.expressed ? number(s.expressed->valence) : Json(nullptr)},
                       {"arousal", s.expressed ? number(s.expressed->arousal) : Json(nullptr)},
                       {"loudness_lufs", maybe(s.loudness_lufs)}});
    }
    return out;
}

Json quadrant_of(const flow::TrackProfile& p) {
    if (!p.quadrant) return nullptr;
    const auto& q = *p.quadrant;
    return {{"q1", q[0]}, {"q2", q[1]}, {"q3", q[2]}, {"q4", q[3]}};
}

Json failures(const std::vector<Unreadable>& list) {
    Json out = Json::array();
    for (const auto& f : list) {
        Json entry;
        put_path(entry, f.path);
        entry["reason"] = f.reason;
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace

const char* pitch_name(int pitch_class) {
    static constexpr std::array<const char*, 12> kNames{"C",  "C#", "D",  "D#", "E",  "F",
                                                        "F#", "G",  "G#", "A",  "A#", "B"};
    return kNames[static_cast<std::size_t>(((pitch_class % 12) + 12) % 12)];
}

std::string track_json(const flow::TrackProfile& p, const std::vector<Edit>& edits, int indent) {
    Json j;
    j["schema"] = "attune.track/1";
    j["key_hex"] = p.key.hex();
    j["track"] = p.key.hex();
    put_path(j, p.path);
    j["title"] = core::to_utf8_lossy(p.display_title());
    j["artist"] = text(p.tags.artist);
    j["album"] = text(p.tags.album);
    j["album_artist"] = text(p.tags.album_artist);
    j["genre_tag"] = text(p.tags.genre);
    j["year"] = maybe(p.tags.year);
    j["track_number"] = maybe(p.tags.track_number);
    j["simulated"] = p.simulated;
    j["recording_group"] = text(p.recording_group);
    j["duration_s"] = p.duration_s > 0.0 ? Json(p.duration_s) : Json(nullptr);
    j["source_rate_hz"] = p.source_rate_hz > 0 ? Json(p.source_rate_hz) : Json(nullptr);
    j["channels"] = p.channels > 0 ? Json(p.channels) : Json(nullptr);
    j["frames"] = p.frames > 0 ? Json(p.frames) : Json(nullptr);
    j["encoder_delay_frames"] = p.encoder_delay_frames;
    j["padding_frames"] = p.padding_frames;
    j["leading_silence_s"] = p.leading_silence_s;
    j["trailing_silence_s"] = p.trailing_silence_s;
    j["loudness_lufs"] = value_of(p.loudness_lufs);
    j["loudness_range_lu"] = value_of(p.loudness_range_lu);
    j["true_peak_dbtp"] = value_of(p.true_peak_dbtp);
    j["startle_lu"] = value_of(p.startle_lu);
    j["tempo_bpm"] = value_of(p.tempo_bpm);
    j["tempo_sd_bpm"] = p.tempo_bpm ? maybe(p.tempo_bpm->sd) : Json(nullptr);
    j["tempo_confidence"] = maybe(p.tempo_confidence);
    j["beats_s"] = p.beats_s;
    j["key"] = p.key_pitch_class ? Json(pitch_name(p.key_pitch_class->value)) : Json(nullptr);
    j["mode"] = p.major ? Json(p.major->value ? "major" : "minor") : Json(nullptr);
    j["key_confidence"] = maybe(p.key_confidence);
    j["expressed_valence"] = estimate(p.expressed_valence);
    j["expressed_arousal"] = estimate(p.expressed_arousal);
    j["quadrant"] = quadrant_of(p);
    j["calming"] = value_of(p.calming);
    j["segments"] = segments_of(p);
    j["arousal_p95"] = maybe(p.arousal_p95);
    j["genre"] = p.genre_probabilities.empty() ? Json(nullptr) : Json(p.genre_probabilities);
    j["vocals"] = value_of(p.vocals);
    j["vocals_reason"] = p.vocals ? Json(nullptr) : text(p.vocals_reason);
    j["descriptors"] = p.descriptors;
    j["embedding"] = p.embedding;
    j["loudness_1hz"] = p.loudness_1hz;
    j["origins"] = {{"loudness_lufs", origin(p.loudness_lufs)},
                    {"true_peak_dbtp", origin(p.true_peak_dbtp)},
                    {"tempo_bpm", origin(p.tempo_bpm)},
                    {"key", origin(p.key_pitch_class)},
                    {"mode", origin(p.major)},
                    {"calming", origin(p.calming)},
                    {"vocals", origin(p.vocals)},
                    {"startle_lu", origin(p.startle_lu)}};
    Json list = Json::array();
    for (const Edit& e : edits)
        list.push_back({{"field", e.field},
                        {"value", text(e.value)},
                        {"actor", e.actor},
                        {"edited_at", core::rfc3339(e.edited_ns)}});
    j["edits"] = std::move(list);
    return dumped(j, indent);
}

std::string scan_json(const ScanReport& r) {
    Json j{{"schema", "attune.scan/1"},
           {"found", r.found},
           {"analysed", r.analysed},
           {"unchanged", r.unchanged},
           {"recognised", r.recognised},
           {"skipped", r.skipped},
           {"failed", failures(r.failed)},
           {"warnings", failures(r.warnings)},
           {"other", r.other},
           {"forgotten", r.forgotten},
           {"duplicates", r.duplicates},
           {"cancelled", r.cancelled},
           {"audio_s", r.audio_s},
           {"cpu_s", r.cpu_s},
           {"wall_s", r.wall_s},
           {"peak_rss_mb", r.peak_rss_mb}};
    return dumped(j, -1);
}

std::string rows_json(const std::vector<const TrackRow*>& rows, std::size_t total) {
    Json j{{"schema", "attune.tracks/1"}, {"total", total}};
    Json list = Json::array();
    for (const TrackRow* r : rows) {
        Json t{{"track", r->key.hex()}};
        put_path(t, r->path);
        t["title"] = core::to_utf8_lossy(r->title);
        t["artist"] = text(r->artist);
        t["album"] = text(r->album);
        t["genre"] = text(r->genre);
        t["year"] = number(r->year);
        t["analysed"] = r->analysed;
        t["simulated"] = r->simulated;
        t["duration_s"] = number(r->duration_s);
        t["loudness_lufs"] = number(r->loudness_lufs);
        t["true_peak_dbtp"] = number(r->true_peak_dbtp);
        t["tempo_bpm"] = number(r->tempo_bpm);
        t["key"] = std::isnan(r->key_pitch_class)
                       ? Json(nullptr)
                       : Json(pitch_name(static_cast<int>(r->key_pitch_class)));
        t["mode"] = std::isnan(r->major) ? Json(nullptr) : Json(r->major > 0.5 ? "major" : "minor");
        t["valence"] = number(r->valence);
        t["valence_sd"] = number(r->valence_sd);
        t["arousal"] = number(r->arousal);
        t["arousal_sd"] = number(r->arousal_sd);
        t["calming"] = number(r->calming);
        t["startle_lu"] = number(r->startle_lu);
        t["recording_group"] = text(r->recording_group);
        list.push_back(std::move(t));
    }
    j["rows"] = std::move(list);
    return dumped(j, -1);
}

}  // namespace attune::library
