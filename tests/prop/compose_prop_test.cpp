// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "compose/composer.hpp"
#include "compose/midi_reader.hpp"

namespace attune::compose {
namespace {

RC_GTEST_PROP(ComposerProperty, AnyPointAndSeedGivesAWellFormedPiece, ()) {
    Brief brief;
    brief.target = {*rc::gen::inRange(-100, 101) / 100.0, *rc::gen::inRange(-100, 101) / 100.0};
    brief.seconds = *rc::gen::inRange(4, 90);
    brief.seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto score = compose_score(brief);
    RC_ASSERT(score.has_value());
    RC_ASSERT(!score->notes.empty());
    RC_ASSERT(score->chords.back().chord.root == score->key.tonic);
    for (const Note& n : score->notes) {
        RC_ASSERT(n.start >= 0);
        RC_ASSERT(n.length > 0);
        RC_ASSERT(n.start + n.length <= score->length());
        RC_ASSERT(n.velocity >= 1 && n.velocity <= 127);
    }
}

RC_GTEST_PROP(ControlsProperty, ArousalRaisesWhatArousalMeans, ()) {
    const double v = *rc::gen::inRange(-100, 101) / 100.0, a = *rc::gen::inRange(-100, 99) / 100.0;
    const auto low = controls_for({v, a}), high = controls_for({v, a + .01});
    for (const auto c : {Control::kTempo, Control::kTimbre, Control::kIntensity, Control::kDensity, Control::kPercussiveness})
        RC_ASSERT(high[c] >= low[c]);
    RC_ASSERT(low.check().has_value());
}

RC_GTEST_PROP(MidiProperty, AnyBytesAreReadOrRefused, (const std::vector<std::uint8_t>& tail)) {
    std::vector<std::uint8_t> bytes = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 1, 0, 1, 0, 96, 'M', 'T', 'r', 'k', 0, 0, 0, static_cast<std::uint8_t>(tail.size())};
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    const auto file = read_midi(bytes);
    if (!file) {
        RC_ASSERT(!file.error().message.empty());
        return;
    }
    for (const auto& track : file->tracks)
        for (const auto& n : track.notes) RC_ASSERT(n.length > 0);
}

}  // namespace
}  // namespace attune::compose
