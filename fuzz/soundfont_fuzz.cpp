// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "compose/font_part.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int file = memfd_create("font", 0);
    static const std::string name = "/proc/self/fd/" + std::to_string(file);
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) return 0;
    std::vector<attune::compose::Note> notes(3);
    notes[1].part = attune::compose::Part::kDrums;
    notes[2].pitch = 127;
    const auto part = attune::compose::font_part(name, {}, notes);
    if (!part) return part.error().message.empty() ? (std::abort(), 0) : 0;
    if (part->kept > part->of || part->offset < 0 || part->offset + static_cast<std::int64_t>(part->table.size()) > static_cast<std::int64_t>(size)) std::abort();
    return 0;
}
