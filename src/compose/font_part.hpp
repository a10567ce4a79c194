// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The part of a soundfont that a finished score plays. An sf3 holds its samples compressed, and FluidSynth decodes all of
/// an instrument, a quarter of which a piece plays: the samples that no note of it reaches are made to point at the
/// shortest one of the file, which is decoded in their stead. What sounds is the same to the bit.
///
/// In       an sf2 or sf3 file; the programs of the parts (drums from bank 128); the notes
/// Out      the file's table of samples ("shdr") with other contents, and where in the file it lies
/// Method   SoundFont 2.04, §7; a range counts only where FluidSynth lets it count (key range first, velocity range first or
///          after it), so that a sample too many is decoded rather than one too few
/// Errors   kIo, kCorrupt, and kNotFound where the soundfont lacks a program: whoever asks loads the whole instrument then
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "compose/score.hpp"
#include "core/result.hpp"

namespace attune::compose {

struct FontPart {
    std::int64_t offset = 0;            ///< of `table` in the file [bytes]
    std::vector<std::uint8_t> table;    ///< the samples' headers, 46 bytes each
    std::size_t kept = 0, of = 0;       ///< samples that are decoded, of those of the instruments
};

[[nodiscard]] Result<FontPart> font_part(const std::filesystem::path& soundfont, const std::array<PartSetup, kParts>& parts,
                                         std::span<const Note> notes);

}  // namespace attune::compose
