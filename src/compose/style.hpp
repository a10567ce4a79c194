// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Seven styles: who plays, in which pattern, how free the time is.
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compose/score.hpp"
#include "core/result.hpp"

namespace attune::compose {

enum class Style { kAmbientPad, kPianoBallad, kChamber, kLoFi, kFolk, kLightElectronic, kPercussionCircle };
inline constexpr int kStyles = 7;
/// "ambient_pad", "piano_ballad", ... as in `attune compose --style`.
[[nodiscard]] const char* to_string(Style style) noexcept;
/// kBadArgument names the styles and the nearest one.
[[nodiscard]] Result<Style> style_named(std::string_view name);
/// The style that suits a point of the plane; the seed chooses among those that do.
[[nodiscard]] Style style_for(const flow::Va& va, std::uint64_t seed);

/// What the chords part does within a bar.
enum class Figure { kSustained, kArpeggio, kChorale, kStab, kStrum, kSequence, kOstinato };

struct StyleInfo {
    Figure figure;
    std::array<std::vector<PartSetup>, kParts> instruments;  ///< alternatives; the seed picks one
    double swing = 0.0;        ///< share of a sixteenth that off sixteenths come late
    double rubato = 0.0;       ///< relative swing of the tempo within a phrase
    double jitter_ms = 6.0;    ///< SD of the players' timing
    double legato = .95;       ///< of the melody: sounding share of a note
    double melody_density = 1; ///< scales the melody's density
    int drum_kit = 0;          ///< program on channel 9
    double calibration_db = 20; ///< brings the middle of all controls to -20 LUFS (measured, fixed)
};
[[nodiscard]] const StyleInfo& info(Style style);
/// The instruments that this seed picks.
[[nodiscard]] std::array<PartSetup, kParts> instruments_for(Style style, std::uint64_t seed);

}  // namespace attune::compose
