// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a person told at the start (at most 90 s, skippable but asked), and what they set later.
///
/// Every flag has a mechanical effect, listed beside it and made in policy_maker; a flag without an
/// effect would be a question asked for nothing. Nothing here is a diagnosis: it is what the person, or
/// who cares for them, wants heeded.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "flow/command.hpp"
#include "flow/policy.hpp"

namespace attune::care {

enum class Flag {
    kReflexEpilepsy,  ///< own known music only; trigger list is blocked; no waiver
    kHyperacusis,     ///< lower ceiling, startle guard always, 75 dBA a week
    kTinnitus,        ///< its pitch is passed on: the composer keeps narrow tones away from it
    kPsychosisMania,  ///< no energising goal or track; the estimated state is not shown
    kTrauma,          ///< no mirroring match, own known music only, "back to my safe track"; no waiver; not asked about memories
    kRecentLoss,      ///< memory marks count, valence is not pushed upward
    kRuminates,       ///< no match phase
    kChild,           ///< 75 dBA a week, lower ceiling, tracks tagged explicit are blocked
    kDementia,        ///< own known music only, startle guard, the estimated state is not shown; not asked about memories
    kHearingLoss,     ///< 75 dBA a week
};
[[nodiscard]] const char* to_string(Flag flag) noexcept;
/// The error names all flags.
[[nodiscard]] Result<Flag> parse_flag(std::string_view name);
[[nodiscard]] const std::vector<Flag>& all_flags();

struct Intake {
    bool asked = false;      ///< the questions were shown
    bool skipped = false;    ///< and not answered: then nothing is known, nothing is assumed
    std::set<Flag> flags;
    std::optional<double> tinnitus_hz;        ///< 100..16000
    std::optional<ContentKey> safe_track;
    std::set<std::string> triggers;           ///< lower-case artists or tags of reflex epilepsy, trauma
    std::set<ContentKey> trigger_tracks;
    bool operator==(const Intake&) const = default;
};

/// Who said that something must never play, and when.
struct BlockedBy {
    std::string actor = "local";
    flow::Role role = flow::Role::kListener;
    std::int64_t at_ns = 0;   ///< wall clock
    bool operator==(const BlockedBy&) const = default;
};

/// What a person sets by hand; outranks defaults but never a flag.
struct Settings {
    std::set<ContentKey> blocked_tracks;
    std::set<std::string> blocked_artists, blocked_tags;   ///< lower-case
    std::map<std::string, BlockedBy> blocked_by;           ///< by choice (block()); what was blocked before this was kept has none
    std::map<ContentKey, flow::Memory> memories;
    std::optional<double> ceiling_dba;        ///< 40..85
    std::optional<double> ceiling_gain_db;    ///< -30..0
    std::optional<double> full_scale_dba;     ///< 60..130: a full-scale 1 kHz tone at the ear; empty = uncalibrated
    flow::StepLimits limits;
    bool match = true;                        ///< false: by choice
    double taste_weight = 1.0;                ///< 0..2
    double tether = 0.0;                      ///< 0 = the default; else .35..10
    bool straight = false;                    ///< to the target at once
    bool operator==(const Settings&) const = default;
};

/// Never again: a track's content key in hex, "artist:NAME" or "tag:NAME"; case does not matter. Who said so first stays.
[[nodiscard]] Result<void> block(Settings& settings, std::string_view choice, const BlockedBy& by);
/// Takes it back; what a therapist blocked, a therapist or the owner lets play again (kRefused). kNotFound: it was not blocked.
[[nodiscard]] Result<void> allow(Settings& settings, std::string_view choice, flow::Role role);

/// kBadArgument naming the field, the value and the range.
[[nodiscard]] Result<void> check(const Intake& intake);
[[nodiscard]] Result<void> check(const Settings& settings);

/// What is asked of the loudness of a person; what is empty stays as it is.
struct Loudness {
    std::optional<double> ceiling_dba, ceiling_gain_db, full_scale_dba;
    bool uncalibrated = false;   ///< forget the calibration
};
/// Anybody may lower a ceiling; only a therapist or the owner raises one, or says how loud an output is.
/// kRefused naming what stands and what was asked; the errors of check().
[[nodiscard]] Result<void> change_loudness(Settings& settings, const Loudness& wish, flow::Role role);

/// One line of JSON each, and back (kCorrupt names the place).
[[nodiscard]] std::string text_of(const Intake& intake);
[[nodiscard]] Result<Intake> parse_intake(std::string_view text);
[[nodiscard]] std::string text_of(const Settings& settings);
[[nodiscard]] Result<Settings> parse_settings(std::string_view text);

}  // namespace attune::care
