// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// "Never again", said in a session, stays: it becomes a block of the person before its event is acknowledged, so that
/// who was told that it was heard finds it blocked after `kill -9`, too. Settings takes it back.
///
/// Who teaches nothing else blocks nothing either: a simulated listener, and a session that ran faster than time.
#include "session/event_writer.hpp"
#include "store/seal.hpp"

namespace attune::session {

/// For EventWriter. Empty for nobody.
[[nodiscard]] EventWriter::First keep_blocks(const Id& person, store::Seal seal);

}  // namespace attune::session
