// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a simulated listener is like, from TOML files in share/personas/.
///
/// In       common.toml (every parameter, each with its source) overlaid by PERSONA.toml, then by the section
///          of the chosen family in families.toml
/// Out      ranges; a listener draws its own values from them by its seed
/// Errors   kBadArgument naming file, line, key and the nearest known key, or the value and its range;
///          kNotFound naming the personas that there are
/// Units    valence and arousal in [-1, 1]; *_s seconds; *_bpm beats per minute; *_us microsiemens
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "flow/affect.hpp"
#include "flow/goal.hpp"

namespace attune::sense {

/// A parameter that differs between people: drawn uniformly in [low, high].
struct Range {
    double low = 0.0, high = 0.0;
    bool operator==(const Range&) const = default;
};

/// How mood follows music. Data do not decide between the first two; all are run side by side.
enum class Family { kLinear, kIsoTrue, kFitted, kTextbook, kSecondOrder };
/// "linear", "iso-true", "fitted", "textbook", "second-order".
[[nodiscard]] const char* to_string(Family family) noexcept;
[[nodiscard]] Result<Family> parse_family(std::string_view text);

struct Persona {
    std::string name;
    std::string about;               ///< one sentence for people
    flow::GoalKind goal = flow::GoalKind::kCalm;
    flow::Va start, home;

    // [mood]
    Range tau_s, sigma, pull_valence, pull_arousal, beta;
    Range congruence;                ///< 0 = plain follower, 1 = pull falls with the distance (iso principle)
    Range tolerance;                 ///< w: distance at which half the pull is left
    Range rumination;                ///< factor on the pull of music that is sadder than home
    Range startle;                   ///< arousal per rise of > 6 LU in the short-term loudness within 1 s
    Range relaxation_anxiety;        ///< share of the downward pull of very calm music that turns upward
    Range period_s, damping, habituation_n;  ///< second order only; 0 = first order
    Range disturbance_arousal, disturbance_at_s;  ///< a step: the phone rings; 0 = none
    // [appraisal]
    Range appraisal_offset, appraisal_gain;
    Range appraisal_sd_valence, appraisal_sd_arousal;
    Range liking_mean, liking_sd, taste_r, repeat_penalty;
    Range fast_gain, fast_tau_s;
    // [answers]
    Range rating_sd, missing, acquiescence;
    Range skip_base, skip_liking, skip_mismatch;
    // [body]
    Range heart_rate_bpm, heart_r, settling_bpm, settling_tau_s;
    Range eda_us, eda_r, eda_drift_per_h, scr_per_min;
    Range skin_temp_c, respiration_per_min;
    Range dropouts_per_h, off_body_per_h, motion_per_h, contact_noise;

    bool operator==(const Persona&) const = default;
};

/// From texts, for tests and fuzzers; `family` text may be empty. `name` is for messages.
[[nodiscard]] Result<Persona> parse_persona(std::string_view common_toml, std::string_view persona_toml,
                                            std::string_view families_toml, Family family,
                                            std::string_view name);
/// By name (resource personas/NAME.toml) or by a path that ends in ".toml".
[[nodiscard]] Result<Persona> load_persona(std::string_view name_or_path, Family family);
/// Names of the personas that ship, in alphabetical order.
[[nodiscard]] std::vector<std::string> persona_names();

}  // namespace attune::sense
