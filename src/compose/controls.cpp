// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/controls.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace attune::compose {
namespace {

// Chosen: the range of tempi in which each style still breathes.
constexpr double kSlowest = 50.0, kFastest = 165.0;
// Chosen: middle of the melody at register 0 and 1.
constexpr double kLowest = 53.0, kHighest = 84.0;

double unit(double x) { return std::clamp(x, 0.0, 1.0); }

/// `slope` a above the knee, flatter below it: slower, darker and emptier still sounds broken rather than calm; from there on
/// register and intensity go down alone.
double bent(double a, double slope, double knee, double low_slope) {
    return a >= knee ? slope * a : slope * knee + low_slope * (a - knee);
}

}  // namespace

const char* to_string(Control control) noexcept {
    switch (control) {
    case Control::kRegister: return "register";
    case Control::kTempo: return "tempo";
    case Control::kTimbre: return "timbre";
    case Control::kIntensity: return "intensity";
    case Control::kDensity: return "density";
    case Control::kPercussiveness: return "percussiveness";
    case Control::kConsonance: return "consonance";
    }
    return "register";
}

std::optional<Control> control_named(std::string_view name) noexcept {
    for (int i = 0; i < kControls; ++i)
        if (name == to_string(static_cast<Control>(i))) return static_cast<Control>(i);
    return std::nullopt;
}

Result<void> Controls::check() const {
    for (int i = 0; i < kControls; ++i) {
        const double v = value[static_cast<std::size_t>(i)];
        if (!(v >= 0.0 && v <= 1.0))
            return fail(ErrorCode::kBadArgument, std::string("control ") + to_string(static_cast<Control>(i)) + " is " +
                                                     core::format_double(v) + "; 0..1 is allowed");
    }
    return {};
}

Controls controls_for(const flow::Va& va) noexcept {
    const double v = std::clamp(va.valence, -1.0, 1.0), a = std::clamp(va.arousal, -1.0, 1.0);
    Controls c;
    c[Control::kRegister] = unit(.5 + .22 * v + (a < 0.0 ? .25 : .10) * a);
    c[Control::kTempo] = unit(.5 + bent(a, .38, -.5, .15) + .06 * v);
    c[Control::kTimbre] = unit(.5 + bent(a, .33, -.4, .05) + .10 * v);
    c[Control::kIntensity] = unit(.5 + .42 * a);
    c[Control::kDensity] = unit(.47 + bent(a, .40, -.5, .15) + .05 * v);
    c[Control::kPercussiveness] = unit(.36 + .38 * a + .06 * v);
    c[Control::kConsonance] = unit(.62 + .33 * v - .08 * a);
    return c;
}

Mode mode_for(double valence, double lean) noexcept {
    const double v = std::clamp(valence, -1.0, 1.0) + .06 * lean;
    if (v > .72) return lean > .2 ? Mode::kLydian : Mode::kMajor;
    if (v > .02) return Mode::kMajor;
    if (v > -.12) return Mode::kMixolydian;
    if (v > -.30) return Mode::kDorian;
    if (v > -.62) return Mode::kMinor;
    return lean > .35 ? Mode::kPhrygian : Mode::kHarmonicMinor;
}

double tempo_bpm(const Controls& controls) noexcept {
    return kSlowest * std::pow(kFastest / kSlowest, unit(controls[Control::kTempo]));
}

double tempo_control(double bpm) noexcept {
    return unit(std::log(std::max(bpm, 1.0) / kSlowest) / std::log(kFastest / kSlowest));
}

double centre_pitch(const Controls& controls) noexcept {
    return kLowest + (kHighest - kLowest) * unit(controls[Control::kRegister]);
}

double intensity_db(const Controls& controls) noexcept { return -6.0 + 6.0 * unit(controls[Control::kIntensity]); }

double base_velocity(const Controls& controls) noexcept { return 50.0 + 46.0 * unit(controls[Control::kIntensity]); }

}  // namespace attune::compose
