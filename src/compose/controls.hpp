// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The seven controls that a therapist or a child can hold, and the way from valence and arousal to them.
///
/// In       expressed valence and arousal, each -1..1
/// Out      controls, each 0..1, 0.5 = middle; the mode of the key
/// Errors   check(): kBadArgument names the control, its value and 0..1
/// Method   Directions from Gabrielsson & Lindström 2010 (Handbook of Music and Emotion, ch. 14) and Juslin &
///          Timmers 2010 (ibid., ch. 17): arousal by tempo, loudness, brightness, density, attack; valence by
///          mode, consonance, register, staccato. Two-parameter rule systems that listeners judged: Wallis et al. 2011
///          (doi:10.1016/j.chb.2010.10.025), AffectMachine-Classical (arXiv:2304.04915). The weights are chosen
///          (docs/compose.md holds the table and what each moves).
#include <array>
#include <optional>
#include <string_view>

#include "compose/theory.hpp"
#include "core/result.hpp"
#include "flow/affect.hpp"

namespace attune::compose {

enum class Control { kRegister, kTempo, kTimbre, kIntensity, kDensity, kPercussiveness, kConsonance };
inline constexpr int kControls = 7;
/// "register", "tempo", ... the names of the command line and of the record.
[[nodiscard]] const char* to_string(Control control) noexcept;
[[nodiscard]] std::optional<Control> control_named(std::string_view name) noexcept;

struct Controls {
    std::array<double, kControls> value{.5, .5, .5, .5, .5, .5, .5};

    [[nodiscard]] double operator[](Control c) const noexcept { return value[static_cast<std::size_t>(c)]; }
    [[nodiscard]] double& operator[](Control c) noexcept { return value[static_cast<std::size_t>(c)]; }
    bool operator==(const Controls&) const = default;
    /// kBadArgument unless every value is in 0..1.
    [[nodiscard]] Result<void> check() const;
};

/// va outside -1..1 is clipped.
[[nodiscard]] Controls controls_for(const flow::Va& va) noexcept;
/// From Phrygian (v = -1) to Lydian (v = 1); `lean` in -1..1 moves the borders a little, for variety.
[[nodiscard]] Mode mode_for(double valence, double lean = 0.0) noexcept;

/// What a control means in the sound.
[[nodiscard]] double tempo_bpm(const Controls& controls) noexcept;       ///< 50..165, geometric
[[nodiscard]] double tempo_control(double bpm) noexcept;                 ///< its inverse, clipped to 0..1
[[nodiscard]] double centre_pitch(const Controls& controls) noexcept;    ///< MIDI pitch of the melody's middle
[[nodiscard]] double intensity_db(const Controls& controls) noexcept;    ///< gain of the output stage [dB]
[[nodiscard]] double base_velocity(const Controls& controls) noexcept;   ///< 1..127

}  // namespace attune::compose
