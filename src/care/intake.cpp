// SPDX-License-Identifier: GPL-3.0-or-later
#include "care/intake.hpp"

#include <array>
#include <cstdio>
#include <functional>

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace attune::care {
namespace {

using nlohmann::json;

constexpr std::array kFlags = {std::pair{Flag::kReflexEpilepsy, "reflex_epilepsy"},
                               std::pair{Flag::kHyperacusis, "hyperacusis"},
                               std::pair{Flag::kTinnitus, "tinnitus"},
                               std::pair{Flag::kPsychosisMania, "psychosis_mania"},
                               std::pair{Flag::kTrauma, "trauma"},
                               std::pair{Flag::kRecentLoss, "recent_loss"},
                               std::pair{Flag::kRuminates, "ruminates"},
                               std::pair{Flag::kChild, "child"},
                               std::pair{Flag::kDementia, "dementia"},
                               std::pair{Flag::kHearingLoss, "hearing_loss"}};

constexpr std::array kMemories = {std::pair{flow::Memory::kNone, "none"},
                                  std::pair{flow::Memory::kAsk, "ask"},
                                  std::pair{flow::Memory::kOnlyWithMe, "only_with_me"},
                                  std::pair{flow::Memory::kNever, "never"}};

const char* name_of(flow::Memory memory) {
    for (const auto& [m, name] : kMemories)
        if (m == memory) return name;
    return "none";
}

Result<flow::Memory> memory_of(const std::string& name) {
    for (const auto& [m, text] : kMemories)
        if (name == text) return m;
    return fail(ErrorCode::kCorrupt, "'" + name + "' is not a memory mark; marks are none, ask, only_with_me, never");
}

json keys_of(const std::set<ContentKey>& keys) {
    json list = json::array();
    for (const ContentKey& key : keys) list.push_back(key.hex());
    return list;
}

Result<std::set<ContentKey>> keys_from(const json& list) {
    std::set<ContentKey> keys;
    for (const json& item : list) {
        ATTUNE_TRY(const ContentKey key, ContentKey::parse(item.get<std::string>()));
        keys.insert(key);
    }
    return keys;
}

Result<void> in_range(const char* what, double value, double low, double high) {
    if (value >= low && value <= high) return {};
    return fail(ErrorCode::kBadArgument, std::string(what) + " is " + core::format_double(value) + "; " +
                                             core::format_double(low) + " to " +
                                             core::format_double(high) + " is allowed");
}

template <typename T>
Result<T> reading(std::string_view what, const std::function<Result<T>()>& read) {
    try {
        return read();
    } catch (const json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string(what) + ": " + e.what());
    }
}

}  // namespace

const char* to_string(Flag flag) noexcept {
    for (const auto& [f, name] : kFlags)
        if (f == flag) return name;
    return "unknown";
}

Result<Flag> parse_flag(std::string_view name) {
    std::string known;
    for (const auto& [f, text] : kFlags) {
        if (name == text) return f;
        known += std::string(known.empty() ? "" : ", ") + text;
    }
    return fail(ErrorCode::kBadArgument, "'" + std::string(name) + "' is not a flag; flags are " + known);
}

const std::vector<Flag>& all_flags() {
    static const std::vector<Flag> kAll = [] {
        std::vector<Flag> all;
        for (const auto& [f, name] : kFlags) all.push_back(f);
        return all;
    }();
    return kAll;
}

Result<void> check(const Intake& intake) {
    if (intake.tinnitus_hz) ATTUNE_CHECK(in_range("tinnitus_hz", *intake.tinnitus_hz, 100.0, 16000.0));
    return {};
}

Result<void> check(const Settings& s) {
    if (s.ceiling_dba) ATTUNE_CHECK(in_range("ceiling_dba", *s.ceiling_dba, 40.0, 85.0));
    if (s.ceiling_gain_db) ATTUNE_CHECK(in_range("ceiling_gain_db", *s.ceiling_gain_db, -30.0, 0.0));
    if (s.full_scale_dba) ATTUNE_CHECK(in_range("full_scale_dba", *s.full_scale_dba, 60.0, 130.0));
    ATTUNE_CHECK(in_range("taste_weight", s.taste_weight, 0.0, 2.0));
    if (s.tether != 0.0) ATTUNE_CHECK(in_range("tether", s.tether, .35, 10.0));
    ATTUNE_CHECK(in_range("limits.valence", s.limits.valence, .01, 2.0));
    ATTUNE_CHECK(in_range("limits.arousal", s.limits.arousal, .01, 2.0));
    ATTUNE_CHECK(in_range("limits.tempo_fraction", s.limits.tempo_fraction, .01, 1.0));
    ATTUNE_CHECK(in_range("limits.loudness_lu", s.limits.loudness_lu, .5, 20.0));
    ATTUNE_CHECK(in_range("limits.arousal_p95_margin", s.limits.arousal_p95_margin, .0, 2.0));
    ATTUNE_CHECK(in_range("limits.startle_lu", s.limits.startle_lu, 1.0, 40.0));
    return {};
}

Result<void> change_loudness(Settings& settings, const Loudness& wish, flow::Role role) {
    const bool trusted = role == flow::Role::kTherapist || role == flow::Role::kOwner;
    const flow::Policy standing;   // what holds where nothing was set
    const auto raises = [&](const char* what, std::optional<double> to, double from) -> Result<void> {
        if (trusted || !to || *to <= from) return {};
        char text[160];
        std::snprintf(text, sizeof text, "%s stands at %g and is raised to %g only by a therapist or the owner (--as), not by a %s",
                      what, from, *to, flow::to_string(role));
        return fail(ErrorCode::kRefused, text);
    };
    ATTUNE_CHECK(raises("ceiling_dba", wish.ceiling_dba, settings.ceiling_dba.value_or(standing.ceiling_dba)));
    ATTUNE_CHECK(raises("ceiling_gain_db", wish.ceiling_gain_db, settings.ceiling_gain_db.value_or(standing.ceiling_gain_db)));
    if (!trusted && (wish.full_scale_dba || wish.uncalibrated))
        return fail(ErrorCode::kRefused, std::string("how loud an output is, is said by a therapist or the owner (--as), not by a ") + flow::to_string(role));
    Settings changed = settings;
    if (wish.ceiling_dba) changed.ceiling_dba = wish.ceiling_dba;
    if (wish.ceiling_gain_db) changed.ceiling_gain_db = wish.ceiling_gain_db;
    if (wish.full_scale_dba) changed.full_scale_dba = wish.full_scale_dba;
    if (wish.uncalibrated) changed.full_scale_dba.reset();
    ATTUNE_CHECK(check(changed));
    settings = std::move(changed);
    return {};
}

namespace {

constexpr std::string_view kArtist = "artist:", kTag = "tag:";

/// The choice as it is kept: a key in hex, or the prefix and the name in lower case.
Result<std::string> kept_choice(std::string_view choice) {
    for (const std::string_view prefix : {kArtist, kTag}) {
        if (!choice.starts_with(prefix)) continue;
        const std::string name = core::to_lower_ascii(core::trim(choice.substr(prefix.size())));
        if (name.empty()) return fail(ErrorCode::kBadArgument, "'" + std::string(choice) + "' names nothing");
        return std::string(prefix) + name;
    }
    ATTUNE_TRY(const ContentKey key, ContentKey::parse(choice));
    return key.hex();
}

flow::Role role_named(std::string_view name) {
    for (const flow::Role role : {flow::Role::kOwner, flow::Role::kTherapist, flow::Role::kResearcher, flow::Role::kSystem})
        if (name == flow::to_string(role)) return role;
    return flow::Role::kListener;
}

json blocked_by_json(const Settings& s) {
    json out = json::object();
    for (const auto& [choice, by] : s.blocked_by)
        out[choice] = {{"actor", by.actor}, {"role", flow::to_string(by.role)}, {"at_ns", by.at_ns}};
    return out;
}

}  // namespace

Result<void> block(Settings& settings, std::string_view choice, const BlockedBy& by) {
    ATTUNE_TRY(const std::string kept, kept_choice(choice));
    if (kept.starts_with(kArtist)) {
        settings.blocked_artists.insert(kept.substr(kArtist.size()));
    } else if (kept.starts_with(kTag)) {
        settings.blocked_tags.insert(kept.substr(kTag.size()));
    } else {
        ATTUNE_TRY(const ContentKey key, ContentKey::parse(kept));
        settings.blocked_tracks.insert(key);
    }
    const auto [at, first] = settings.blocked_by.emplace(kept, by);
    // A therapist's word is not undone by the listener's having said it first.
    if (!first && by.role == flow::Role::kTherapist) at->second = by;
    return {};
}

Result<void> allow(Settings& settings, std::string_view choice, flow::Role role) {
    ATTUNE_TRY(const std::string kept, kept_choice(choice));
    const auto by = settings.blocked_by.find(kept);
    const bool trusted = role == flow::Role::kTherapist || role == flow::Role::kOwner;
    if (by != settings.blocked_by.end() && by->second.role == flow::Role::kTherapist && !trusted)
        return fail(ErrorCode::kRefused, "'" + kept + "' was blocked by a therapist (" + by->second.actor + "); a therapist or the owner lets it play again (--as), not a " + flow::to_string(role));
    std::size_t taken = 0;
    if (kept.starts_with(kArtist)) {
        taken = settings.blocked_artists.erase(kept.substr(kArtist.size()));
    } else if (kept.starts_with(kTag)) {
        taken = settings.blocked_tags.erase(kept.substr(kTag.size()));
    } else {
        ATTUNE_TRY(const ContentKey key, ContentKey::parse(kept));
        taken = settings.blocked_tracks.erase(key);
    }
    if (taken == 0) return fail(ErrorCode::kNotFound, "'" + std::string(choice) + "' was not among what must never play (attune person show)");
    settings.blocked_by.erase(kept);
    return {};
}

std::string text_of(const Intake& intake) {
    json flags = json::array();
    for (const Flag f : intake.flags) flags.push_back(to_string(f));
    json j = {{"schema", "attune.intake/1"}, {"asked", intake.asked}, {"skipped", intake.skipped},
              {"flags", flags}, {"triggers", intake.triggers},
              {"trigger_tracks", keys_of(intake.trigger_tracks)}};
    j["tinnitus_hz"] = intake.tinnitus_hz ? json(*intake.tinnitus_hz) : json();
    j["safe_track"] = intake.safe_track ? json(intake.safe_track->hex()) : json();
    return j.dump();
}

Result<Intake> parse_intake(std::string_view text) {
    return reading<Intake>("intake", [&]() -> Result<Intake> {
        const json j = json::parse(text);
        Intake out;
        out.asked = j.at("asked").get<bool>();
        out.skipped = j.at("skipped").get<bool>();
        for (const json& name : j.at("flags")) {
            ATTUNE_TRY(const Flag flag, parse_flag(name.get<std::string>()));
            out.flags.insert(flag);
        }
        for (const json& t : j.value("triggers", json::array()))
            out.triggers.insert(core::to_lower_ascii(t.get<std::string>()));
        ATTUNE_TRY(out.trigger_tracks, keys_from(j.value("trigger_tracks", json::array())));
        if (const json hz = j.value("tinnitus_hz", json()); !hz.is_null()) out.tinnitus_hz = hz.get<double>();
        if (const json key = j.value("safe_track", json()); !key.is_null()) {
            ATTUNE_TRY(out.safe_track, ContentKey::parse(key.get<std::string>()));
        }
        ATTUNE_CHECK(check(out));
        return out;
    });
}

std::string text_of(const Settings& s) {
    json memories = json::object();
    for (const auto& [key, memory] : s.memories) memories[key.hex()] = name_of(memory);
    json j = {{"schema", "attune.settings/1"},
              {"blocked_tracks", keys_of(s.blocked_tracks)},
              {"blocked_artists", s.blocked_artists},
              {"blocked_tags", s.blocked_tags},
              {"memories", memories},
              {"limits",
               {{"valence", s.limits.valence}, {"arousal", s.limits.arousal},
                {"tempo_fraction", s.limits.tempo_fraction}, {"loudness_lu", s.limits.loudness_lu},
                {"arousal_p95_margin", s.limits.arousal_p95_margin}, {"startle_lu", s.limits.startle_lu}}},
              {"match", s.match}, {"taste_weight", s.taste_weight}, {"tether", s.tether},
              {"straight", s.straight}};
    if (!s.blocked_by.empty()) j["blocked_by"] = blocked_by_json(s);
    j["ceiling_dba"] = s.ceiling_dba ? json(*s.ceiling_dba) : json();
    j["ceiling_gain_db"] = s.ceiling_gain_db ? json(*s.ceiling_gain_db) : json();
    j["full_scale_dba"] = s.full_scale_dba ? json(*s.full_scale_dba) : json();
    return j.dump();
}

Result<Settings> parse_settings(std::string_view text) {
    return reading<Settings>("settings", [&]() -> Result<Settings> {
        const json j = json::parse(text);
        Settings s;
        ATTUNE_TRY(s.blocked_tracks, keys_from(j.value("blocked_tracks", json::array())));
        for (const json& a : j.value("blocked_artists", json::array()))
            s.blocked_artists.insert(core::to_lower_ascii(a.get<std::string>()));
        for (const json& t : j.value("blocked_tags", json::array()))
            s.blocked_tags.insert(core::to_lower_ascii(t.get<std::string>()));
        const json blocked_by = j.value("blocked_by", json::object());
        for (const auto& [choice, by] : blocked_by.items())
            s.blocked_by[choice] = {by.at("actor").get<std::string>(), role_named(by.at("role").get<std::string>()), by.at("at_ns").get<std::int64_t>()};
        const json memories = j.value("memories", json::object());
        for (const auto& [hex, name] : memories.items()) {
            ATTUNE_TRY(const ContentKey key, ContentKey::parse(hex));
            ATTUNE_TRY(s.memories[key], memory_of(name.get<std::string>()));
        }
        const json limits = j.value("limits", json::object());
        s.limits.valence = limits.value("valence", s.limits.valence);
        s.limits.arousal = limits.value("arousal", s.limits.arousal);
        s.limits.tempo_fraction = limits.value("tempo_fraction", s.limits.tempo_fraction);
        s.limits.loudness_lu = limits.value("loudness_lu", s.limits.loudness_lu);
        s.limits.arousal_p95_margin = limits.value("arousal_p95_margin", s.limits.arousal_p95_margin);
        s.limits.startle_lu = limits.value("startle_lu", s.limits.startle_lu);
        s.match = j.value("match", true);
        s.taste_weight = j.value("taste_weight", 1.0);
        s.tether = j.value("tether", 0.0);
        s.straight = j.value("straight", false);
        if (const json x = j.value("ceiling_dba", json()); !x.is_null()) s.ceiling_dba = x.get<double>();
        if (const json x = j.value("ceiling_gain_db", json()); !x.is_null()) s.ceiling_gain_db = x.get<double>();
        if (const json x = j.value("full_scale_dba", json()); !x.is_null()) s.full_scale_dba = x.get<double>();
        ATTUNE_CHECK(check(s));
        return s;
    });
}

}  // namespace attune::care
