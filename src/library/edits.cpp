// SPDX-License-Identifier: GPL-3.0-or-later
// What a person may set by hand: one table of fields with their ranges.
#include <algorithm>
#include <array>
#include <functional>

#include "core/text.hpp"
#include "library/catalogue.hpp"
#include "library/tags.hpp"

namespace attune::library {
namespace {

using flow::TrackProfile;

struct NumberField {
    std::string_view name;
    double low, high;
    flow::Maybe<double> TrackProfile::*member;
};
constexpr std::array<NumberField, 8> kNumberFields{{
    {"tempo_bpm", 20.0, 400.0, &TrackProfile::tempo_bpm},
    {"valence", -1.0, 1.0, &TrackProfile::expressed_valence},
    {"arousal", -1.0, 1.0, &TrackProfile::expressed_arousal},
    {"calming", 0.0, 1.0, &TrackProfile::calming},
    {"vocals", 0.0, 1.0, &TrackProfile::vocals},
    {"loudness_lufs", -70.0, 10.0, &TrackProfile::loudness_lufs},
    {"startle_lu", 0.0, 100.0, &TrackProfile::startle_lu},
    {"true_peak_dbtp", -150.0, 30.0, &TrackProfile::true_peak_dbtp},
}};

struct TextField {
    std::string_view name;
    std::string flow::Tags::*member;
};
constexpr std::array<TextField, 5> kTextFields{{
    {"title", &flow::Tags::title},
    {"artist", &flow::Tags::artist},
    {"album", &flow::Tags::album},
    {"album_artist", &flow::Tags::album_artist},
    {"genre", &flow::Tags::genre},
}};

constexpr std::array<std::string_view, 12> kPitchNames{"C",  "C#", "D",  "D#", "E",  "F",
                                                       "F#", "G",  "G#", "A",  "A#", "B"};
constexpr std::array<std::string_view, 12> kFlatNames{"C",  "Db", "D",  "Eb", "E",  "F",
                                                      "Gb", "G",  "Ab", "A",  "Bb", "B"};

std::optional<int> pitch_class(std::string_view text) {
    for (std::size_t i = 0; i < 12; ++i) {
        const auto same = [&](std::string_view name) {
            return core::to_lower_ascii(name) == core::to_lower_ascii(text);
        };
        if (same(kPitchNames[i]) || same(kFlatNames[i])) return static_cast<int>(i);
    }
    return std::nullopt;
}

template <typename T>
flow::Maybe<T> edited(T value) {
    return flow::Estimate<T>{value, std::nullopt, flow::ValueOrigin::kEdited, {}};
}

Result<void> set_number(TrackProfile& p, const NumberField& field, std::string_view value) {
    if (value.empty()) {
        p.*field.member = std::nullopt;
        return {};
    }
    const auto number = core::parse_double(value);
    if (!number || *number < field.low || *number > field.high) {
        return fail(ErrorCode::kBadArgument,
                    std::string(field.name) + " '" + std::string(value) + "' is not a number in " +
                        core::format_double(field.low) + ".." + core::format_double(field.high));
    }
    p.*field.member = edited(*number);
    return {};
}

Result<void> set_key(TrackProfile& p, std::string_view value) {
    p.key_confidence = std::nullopt;
    if (value.empty()) {
        p.key_pitch_class = std::nullopt;
        return {};
    }
    const auto pc = pitch_class(value);
    if (!pc)
        return fail(ErrorCode::kBadArgument,
                    "key '" + std::string(value) + "' is not one of C, C#, Db, D .. B");
    p.key_pitch_class = edited(*pc);
    return {};
}

Result<void> set_mode(TrackProfile& p, std::string_view value) {
    if (value.empty()) {
        p.major = std::nullopt;
    } else if (value == "major" || value == "minor") {
        p.major = edited(value == "major");
    } else {
        return fail(ErrorCode::kBadArgument,
                    "mode '" + std::string(value) + "' is neither major nor minor");
    }
    return {};
}

Result<void> set_year(TrackProfile& p, std::string_view value) {
    const auto year = core::parse_int(value);
    if (!value.empty() && (!year || *year < 1000 || *year > 2999)) {
        return fail(ErrorCode::kBadArgument,
                    "year '" + std::string(value) + "' is not in 1000..2999");
    }
    p.tags.year = value.empty() ? std::nullopt : std::optional(static_cast<int>(*year));
    return {};
}

}  // namespace

const std::vector<std::string>& editable_fields() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all{"key", "mode", "year"};
        for (const auto& f : kNumberFields) all.emplace_back(f.name);
        for (const auto& f : kTextFields) all.emplace_back(f.name);
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}

Result<void> apply_edit(TrackProfile& profile, std::string_view field, std::string_view value) {
    for (const NumberField& f : kNumberFields) {
        if (f.name == field) return set_number(profile, f, value);
    }
    for (const TextField& f : kTextFields) {
        if (f.name != field) continue;
        if (!core::is_utf8(value))
            return fail(ErrorCode::kBadArgument, std::string(field) + " is not UTF-8");
        // A genre that is put right takes no warning off the track.
        const bool warned = f.member == &flow::Tags::genre && has_advisory(profile.tags.genre);
        profile.tags.*f.member = warned ? with_advisory(value) : std::string(value);
        return {};
    }
    if (field == "key") return set_key(profile, value);
    if (field == "mode") return set_mode(profile, value);
    if (field == "year") return set_year(profile, value);
    std::string message = "'" + std::string(field) + "' is not a field that can be edited";
    if (const auto near = core::nearest_word(field, editable_fields()))
        message += "; did you mean '" + *near + "'?";
    return fail(ErrorCode::kBadArgument, message);
}

}  // namespace attune::library
