// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/profile_codec.hpp"

#include <bit>

#include <nlohmann/json.hpp>

namespace attune::library {
namespace {

using Json = nlohmann::json;
constexpr int kVersion = 1;

Json bytes_of(std::string_view text) {
    return Json::binary(std::vector<std::uint8_t>(text.begin(), text.end()));
}
std::string text_of(const Json& j) {
    const auto& b = j.get_binary();
    return {b.begin(), b.end()};
}

Json floats_of(const std::vector<float>& values) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(values.size() * 4);
    for (const float v : values) {
        const auto bits = std::bit_cast<std::uint32_t>(v);
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
    return Json::binary(std::move(bytes));
}
std::vector<float> floats_from(const Json& j) {
    const auto& bytes = j.get_binary();
    std::vector<float> values(bytes.size() / 4);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint32_t bits = 0;
        for (std::size_t b = 0; b < 4; ++b)
            bits |= static_cast<std::uint32_t>(bytes[4 * i + b]) << (8 * b);
        values[i] = std::bit_cast<float>(bits);
    }
    return values;
}

template <typename T>
Json optional_of(const std::optional<T>& v) {
    return v ? Json(*v) : Json();
}
template <typename T>
std::optional<T> optional_from(const Json& j) {
    return j.is_null() ? std::nullopt : std::optional<T>(j.get<T>());
}

template <typename T>
Json maybe_of(const flow::Maybe<T>& v) {
    if (!v) return {};
    return Json::array({v->value, optional_of(v->sd), static_cast<int>(v->origin), v->model});
}
template <typename T>
flow::Maybe<T> maybe_from(const Json& j) {
    if (j.is_null()) return std::nullopt;
    return flow::Estimate<T>{j.at(0).get<T>(), optional_from<double>(j.at(1)),
                             static_cast<flow::ValueOrigin>(j.at(2).get<int>()),
                             j.at(3).get<std::string>()};
}

Json tags_of(const flow::Tags& t) {
    return {{"title", t.title},
            {"artist", t.artist},
            {"album", t.album},
            {"album_artist", t.album_artist},
            {"genre", t.genre},
            {"year", optional_of(t.year)},
            {"track", optional_of(t.track_number)}};
}
flow::Tags tags_from(const Json& j) {
    return {j.at("title"),
            j.at("artist"),
            j.at("album"),
            j.at("album_artist"),
            j.at("genre"),
            optional_from<int>(j.at("year")),
            optional_from<int>(j.at("track"))};
}

Json segments_of(const std::vector<flow::Segment>& segments) {
    Json out = Json::array();
    for (const auto& s : segments) {
        out.push_back(Json::array(
            {s.start_s, s.duration_s,
             s.expressed ? Json::array({s.expressed->valence, s.expressed->arousal}) : Json(),
             optional_of(s.loudness_lufs)}));
    }
    return out;
}
std::vector<flow::Segment> segments_from(const Json& j) {
    std::vector<flow::Segment> out;
    for (const auto& s : j) {
        flow::Segment segment{s.at(0), s.at(1), std::nullopt, optional_from<double>(s.at(3))};
        if (!s.at(2).is_null()) segment.expressed = flow::Va{s.at(2).at(0), s.at(2).at(1)};
        out.push_back(segment);
    }
    return out;
}

Json document_of(const flow::TrackProfile& p) {
    Json j{{"v", kVersion},
           {"key", p.key.hex()},
           {"path", bytes_of(p.path)},
           {"tags", tags_of(p.tags)},
           {"simulated", p.simulated},
           {"group", p.recording_group},
           {"rate_hz", p.source_rate_hz},
           {"channels", p.channels},
           {"frames", p.frames},
           {"delay", p.encoder_delay_frames},
           {"padding", p.padding_frames},
           {"duration_s", p.duration_s},
           {"lead_s", p.leading_silence_s},
           {"trail_s", p.trailing_silence_s}};
    j["lufs"] = maybe_of(p.loudness_lufs);
    j["lra"] = maybe_of(p.loudness_range_lu);
    j["dbtp"] = maybe_of(p.true_peak_dbtp);
    j["played_lu"] = p.played_louder_lu;
    j["played_peak_db"] = p.played_peak_higher_db;
    j["curve"] = floats_of(p.loudness_1hz);
    j["startle"] = maybe_of(p.startle_lu);
    j["bpm"] = maybe_of(p.tempo_bpm);
    j["bpm_confidence"] = optional_of(p.tempo_confidence);
    j["beats"] = floats_of(p.beats_s);
    j["pitch_class"] = maybe_of(p.key_pitch_class);
    j["major"] = maybe_of(p.major);
    j["key_confidence"] = optional_of(p.key_confidence);
    j["descriptors"] = p.descriptors;
    j["embedding"] = floats_of(p.embedding);
    j["genres"] = p.genre_probabilities;
    j["vocals"] = maybe_of(p.vocals);
    j["vocals_reason"] = p.vocals_reason;
    j["valence"] = maybe_of(p.expressed_valence);
    j["arousal"] = maybe_of(p.expressed_arousal);
    j["quadrant"] = optional_of(p.quadrant);
    j["calming"] = maybe_of(p.calming);
    j["segments"] = segments_of(p.segments);
    j["arousal_p95"] = optional_of(p.arousal_p95);
    return j;
}

Result<flow::TrackProfile> profile_from(const Json& j) {
    if (j.at("v").get<int>() > kVersion) {
        return fail(ErrorCode::kVersion, "the profile has version " + j.at("v").dump() +
                                             ", this program reads up to " +
                                             std::to_string(kVersion));
    }
    flow::TrackProfile p;
    ATTUNE_TRY(p.key, ContentKey::parse(j.at("key").get<std::string>()));
    p.path = text_of(j.at("path"));
    p.tags = tags_from(j.at("tags"));
    p.simulated = j.at("simulated");
    p.recording_group = j.at("group");
    p.source_rate_hz = j.at("rate_hz");
    p.channels = j.at("channels");
    p.frames = j.at("frames");
    p.encoder_delay_frames = j.at("delay");
    p.padding_frames = j.at("padding");
    p.duration_s = j.at("duration_s");
    p.leading_silence_s = j.at("lead_s");
    p.trailing_silence_s = j.at("trail_s");
    p.loudness_lufs = maybe_from<double>(j.at("lufs"));
    p.loudness_range_lu = maybe_from<double>(j.at("lra"));
    p.true_peak_dbtp = maybe_from<double>(j.at("dbtp"));
    p.played_louder_lu = j.value("played_lu", 0.0);  // older profiles were measured as played
    p.played_peak_higher_db = j.value("played_peak_db", 0.0);
    p.loudness_1hz = floats_from(j.at("curve"));
    p.startle_lu = maybe_from<double>(j.at("startle"));
    p.tempo_bpm = maybe_from<double>(j.at("bpm"));
    p.tempo_confidence = optional_from<double>(j.at("bpm_confidence"));
    p.beats_s = floats_from(j.at("beats"));
    p.key_pitch_class = maybe_from<int>(j.at("pitch_class"));
    p.major = maybe_from<bool>(j.at("major"));
    p.key_confidence = optional_from<double>(j.at("key_confidence"));
    p.descriptors = j.at("descriptors").get<std::map<std::string, double>>();
    p.embedding = floats_from(j.at("embedding"));
    p.genre_probabilities = j.at("genres").get<std::map<std::string, double>>();
    p.vocals = maybe_from<double>(j.at("vocals"));
    p.vocals_reason = j.at("vocals_reason");
    p.expressed_valence = maybe_from<double>(j.at("valence"));
    p.expressed_arousal = maybe_from<double>(j.at("arousal"));
    p.quadrant = optional_from<std::array<double, 4>>(j.at("quadrant"));
    p.calming = maybe_from<double>(j.at("calming"));
    p.segments = segments_from(j.at("segments"));
    p.arousal_p95 = optional_from<double>(j.at("arousal_p95"));
    return p;
}

}  // namespace

std::vector<std::uint8_t> encode(const flow::TrackProfile& profile) {
    return Json::to_cbor(document_of(profile));
}

Result<flow::TrackProfile> decode(std::span<const std::uint8_t> bytes) {
    try {
        return profile_from(Json::from_cbor(bytes.begin(), bytes.end()));
    } catch (const Json::exception& e) {
        return fail(ErrorCode::kCorrupt,
                    std::string("a stored track profile cannot be read: ") + e.what());
    }
}

}  // namespace attune::library
