// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>

#include "compose/midi_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = attune::compose::read_midi(std::span(data, size));
    if (!file) return file.error().message.empty() ? (std::abort(), 0) : 0;
    for (const auto& track : file->tracks)
        for (const auto& note : track.notes)
            if (note.length <= 0 || note.start < 0 || note.pitch < 0 || note.pitch > 127) std::abort();
    static_cast<void>(attune::compose::extract_melody(*file));
    return 0;
}
