// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/style.hpp"

#include <algorithm>

#include "core/random.hpp"
#include "core/text.hpp"

namespace attune::compose {
namespace {

using Row = std::vector<PartSetup>;

// Order of the rows: melody, chords, bass, pad, counter, drums. General MIDI programs.
std::array<StyleInfo, kStyles> make_styles() {
    std::array<StyleInfo, kStyles> s;
    s[0] = {Figure::kSustained,
            {Row{{11, -.15, 0, .6}, {10, .15, -1, .6}, {79, .1, -1, .6}, {4, -.1, 0, .5}}, Row{{46, .35, -6, .55}, {88, .3, -5, .5}},
             Row{{32, 0, -3, .25}, {39, 0, -7, .2}}, Row{{91, 0, -6, .6}},
             Row{{52, -.3, -9, .6}}, Row{{0, 0, -9, .4}}},
            0, .02, 9, .98, .7, 40, 19};
    s[1] = {Figure::kArpeggio,
            {Row{{0, .1, 0, .35}}, Row{{0, -.1, -5, .35}}, Row{{0, -.2, -3, .3}}, Row{{48, .2, -12, .5}, {49, .2, -12, .5}},
             Row{{42, -.35, -9, .4}, {71, .3, -10, .4}}, Row{{0, 0, -8, .3}}},
            0, .035, 9, .96, .95, 40, 23};
    s[2] = {Figure::kChorale,
            {Row{{73, -.2, 0, .45}, {68, -.2, -2, .45}, {40, -.3, -1, .45}, {71, -.15, -1, .45}}, Row{{48, .15, -5, .45}, {49, .1, -4, .45}},
             Row{{42, .35, -3, .4}, {43, .35, -3, .4}}, Row{{45, -.3, -8, .4}, {46, -.35, -7, .45}},
             Row{{41, .25, -6, .45}, {70, .3, -7, .45}}, Row{{0, 0, -6, .45}}},
            0, .025, 10, .95, .9, 48, 18.5};
    s[3] = {Figure::kStab,
            {Row{{11, -.2, 0, .35}, {26, .2, 0, .3}, {4, -.1, -1, .3}}, Row{{4, .1, -4, .3}, {5, .1, -5, .3}}, Row{{33, 0, -1, .1}, {32, 0, -1, .1}},
             Row{{89, 0, -13, .4}}, Row{{26, .35, -9, .35}}, Row{{0, 0, -4, .15}}},
            .28, 0, 11, .9, .85, 8, 20.5};
    s[4] = {Figure::kStrum,
            {Row{{40, -.2, -2, .3}, {73, -.2, 0, .3}, {75, -.2, -1, .35}, {21, -.2, -3, .25}}, Row{{25, .2, -4, .25}, {24, .2, -4, .25}}, Row{{32, 0, -1, .15}},
             Row{{48, .1, -14, .4}}, Row{{105, .35, -9, .25}, {46, .35, -8, .3}}, Row{{0, 0, -6, .2}}},
            .08, .01, 9, .88, 1.05, 0, 21};
    s[5] = {Figure::kSequence,
            {Row{{80, -.1, -6, .35}, {81, .1, -7, .35}, {98, -.1, -3, .4}, {87, 0, -6, .3}}, Row{{88, .25, -6, .35}, {81, .25, -13, .35}, {5, .25, -6, .35}},
             Row{{38, 0, -2, .05}, {39, 0, -4, .05}}, Row{{90, 0, -12, .45}, {89, 0, -10, .45}}, Row{{80, -.4, -14, .4}}, Row{{0, 0, -3, .12}}},
            0, 0, 2, .85, 1, 24, 20.5};
    s[6] = {Figure::kOstinato,
            {Row{{108, -.15, 2, .3}, {12, -.15, 0, .3}, {114, -.1, -2, .3}}, Row{{12, .25, -4, .25}, {11, .25, -6, .3}}, Row{{32, 0, -3, .1}, {12, 0, -2, .15}},
             Row{{77, .1, -12, .4}, {89, 0, -12, .4}}, Row{{13, -.35, -8, .25}}, Row{{0, 0, -1, .2}}},
            .04, 0, 9, .85, 1, 0, 20.5};
    return s;
}

}  // namespace

const char* to_string(Style style) noexcept {
    switch (style) {
    case Style::kAmbientPad: return "ambient_pad";
    case Style::kPianoBallad: return "piano_ballad";
    case Style::kChamber: return "chamber";
    case Style::kLoFi: return "lo_fi";
    case Style::kFolk: return "folk";
    case Style::kLightElectronic: return "light_electronic";
    case Style::kPercussionCircle: return "percussion_circle";
    }
    return "piano_ballad";
}

Result<Style> style_named(std::string_view name) {
    std::string wanted = core::to_lower_ascii(name);
    std::replace(wanted.begin(), wanted.end(), '-', '_');
    std::replace(wanted.begin(), wanted.end(), ' ', '_');
    std::vector<std::string> names;
    for (int i = 0; i < kStyles; ++i) {
        names.emplace_back(to_string(static_cast<Style>(i)));
        if (wanted == names.back()) return static_cast<Style>(i);
    }
    std::string message = "style \"" + std::string(name) + "\" is not one of";
    for (const auto& n : names) message += (n == names.front() ? " " : ", ") + n;
    if (const auto near = core::nearest_word(wanted, names)) message += "; did you mean " + *near + "?";
    return fail(ErrorCode::kBadArgument, message);
}

Style style_for(const flow::Va& va, std::uint64_t seed) {
    std::vector<Style> fits;
    // A style has an arousal of its own, whatever it plays: each stands where that agrees with the wish.
    if (va.arousal < 0.0) fits.push_back(Style::kAmbientPad);
    if (va.arousal < .25) fits.push_back(Style::kPianoBallad);
    if (va.arousal < .45) fits.push_back(Style::kChamber);
    if (va.arousal > -.4 && va.arousal < .15 && va.valence > -.6) fits.push_back(Style::kLoFi);
    if (va.arousal > -.4 && va.arousal < .45 && va.valence > -.5) fits.push_back(Style::kFolk);
    if (va.arousal > .25) fits.push_back(Style::kLightElectronic);
    if (va.arousal > .25) fits.push_back(Style::kPercussionCircle);
    core::Random random(seed, "compose/style");
    return fits[random.below(fits.size())];
}

const StyleInfo& info(Style style) {
    static const auto styles = make_styles();
    return styles[static_cast<std::size_t>(style)];
}

std::array<PartSetup, kParts> instruments_for(Style style, std::uint64_t seed) {
    core::Random random(seed, "compose/instruments");
    std::array<PartSetup, kParts> parts{};
    const auto& choices = info(style).instruments;
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = choices[i][random.below(choices[i].size())];
    parts[static_cast<std::size_t>(Part::kDrums)].program = info(style).drum_kit;
    return parts;
}

}  // namespace attune::compose
