// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A recording of speech as a stream of 16 kHz blocks on Channel::kAudio.
///
/// In       any file that media decodes
/// Out      blocks of 0.1 s, mono, [-1, 1]
/// Threads  one owner; the file is decoded as far as pull() asks
/// Errors   open: as media::PcmReader.  pull(): as its read(); then the source is finished
#include <memory>

#include "sense/source.hpp"

namespace attune::sense {

[[nodiscard]] Result<std::unique_ptr<Source>> open_voice_file(const std::string& file, const std::string& id);

}  // namespace attune::sense
