// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The lasting name of a recording's file.
#include <string>

#include "core/cancel.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace attune::media {

/// BLAKE2b-128 over the bytes of the audio packets that start in the first 30 s, in file order.
/// Nothing is decoded. The same for a copy, a moved file and new tags or pictures; another encoding
/// of the same recording has another key.
/// Errors   as Decoder::open; kCorrupt if there is not one packet
[[nodiscard]] Result<ContentKey> content_key(const std::string& path,
                                             const core::CancelToken* cancel = nullptr);

}  // namespace attune::media
