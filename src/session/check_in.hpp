// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The spoken check-in: ten seconds before the music begins and, if the listener likes, ten after it has ended.
///
/// In       voice:mic or voice:wav:FILE; the recogniser is one for both, so that the second is heard against the first
/// Out      Evidence of the source "check-in", which goes into the record as any other; nothing of the sound is kept
/// Threads  listen() blocks for as long as the device needs: before a session, never on its conductor
/// Errors   open: kBadArgument for another kind of SPEC, and a source's own.  listen(): kUnavailable when less than ten
///          seconds came, kCancelled
#include <functional>
#include <memory>
#include <string>

#include "affect/recogniser.hpp"
#include "core/cancel.hpp"
#include "core/time.hpp"
#include "sense/source.hpp"

namespace attune::session {

inline constexpr const char* kCheckInId = "check-in";

struct CheckIn {
    /// Opened anew each time; its time begins at `from`.
    std::function<Result<std::unique_ptr<sense::Source>>(Time from)> open;
    std::unique_ptr<affect::Recogniser> recogniser;
    bool replayed = false;   ///< a recording speaks
};

/// `spec` is voice:mic[:N] or voice:wav:FILE. `recogniser` answers for kCheckInId.
[[nodiscard]] Result<CheckIn> make_check_in(const std::string& spec, std::unique_ptr<affect::Recogniser> recogniser);
/// What a check-in before the session says, at session time 0.
[[nodiscard]] Result<flow::Evidence> listen(CheckIn& check_in, const core::CancelToken& cancel);

}  // namespace attune::session
