// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// care → choose, compose, play: what is not allowed now. Obeyed in each of the three.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "flow/goal.hpp"

namespace attune::flow {

/// Where Attune is used. In the last two, nothing is inferred from face, voice or body.
enum class Deployment { kHome, kClinic, kResearch, kWorkplace, kEducation };
[[nodiscard]] const char* to_string(Deployment deployment) noexcept;

/// Memory marks of a track.
enum class Memory { kNone, kAsk, kOnlyWithMe, kNever };

struct Blocks {
    std::set<ContentKey> tracks;
    std::set<std::string> artists;  ///< lower-case
    std::set<std::string> tags;     ///< lower-case genre or mood tag
    std::set<ContentKey> ask_first; ///< memory marks: not chosen unasked
    std::set<ContentKey> askable;   ///< of ask_first: a session may ask whether they are wanted now; the others just stay out
};

/// The one test for "is this blocked?", shared by planner, session and player. An artist is compared
/// whole, and with each of several ("A feat. B", "A & B"); a tag with the whole genre or any of its
/// words, so that "metal" blocks "death metal". Case does not matter (ASCII).
[[nodiscard]] bool is_blocked(const Blocks& blocks, const ContentKey& track, std::string_view artist,
                              std::string_view genre);
[[nodiscard]] bool artist_matches(std::string_view artist, std::string_view blocked_lower);
[[nodiscard]] bool tag_matches(std::string_view genre, std::string_view blocked_lower);

/// Per-join limits of affect_spec C. They bind the estimates' means.
struct StepLimits {
    double valence = .25;
    double arousal = .30;
    double tempo_fraction = .12;   ///< octaves folded
    double loudness_lu = 3.0;
    double arousal_p95_margin = .25;
    double startle_lu = 6.0;       ///< calm and sleep
    bool operator==(const StepLimits&) const = default;
};

struct Policy {
    std::uint64_t version = 0;
    Deployment deployment = Deployment::kHome;
    Blocks blocks;
    StepLimits limits;
    double level_lufs = -18.0;             ///< normalisation target of file items
    double ceiling_dba = 65.0;             ///< only where the output is calibrated
    double ceiling_gain_db = 0.0;          ///< highest gain over the normalised level
    std::optional<double> dose_left;       ///< share of the weekly allowance still free, 0..1; empty = unknown
    /// What the session's level is taken for at the ear [dBA]; empty = ceiling_dba, where it is held.
    std::optional<double> playing_dba;
    double weekly_limit_dba = 80.0;        ///< 75 for children and sensitive listeners (H.870)
    bool startle_guard = false;            ///< on for calm and sleep, always for hyperacusis
    bool allow_unfamiliar = true;
    bool allow_energise = true;
    bool allow_match = true;               ///< ruminators and by choice: off
    bool allow_mirror = true;
    bool allow_pushed_lift = true;
    bool show_state = true;
    bool infer_from_body = true;           ///< face, voice, heart, skin, EEG
    bool flagged = false;                  ///< any flag that takes away waivers
    std::optional<double> tinnitus_hz;
    std::optional<ContentKey> safe_track;  ///< "back to my safe track"
    double silence_max_s = 90.0;
};

}  // namespace attune::flow
