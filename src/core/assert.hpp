// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Checks on ourselves. Outside input never reaches these: it gets a Result with a message.
///
/// ATTUNE_ASSERT(cond)             a bug in our code ends the process; cheap, on in every build
/// ATTUNE_HEAVY_ASSERT(cond)       the same, for checks that cost; only in the `dev` preset
/// ATTUNE_VERIFY_OR(cond) { ... }  a bug that a live session must survive: aborts in `dev`, runs the
///                                 fallback block in release, so that the music goes on

namespace attune::core {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
}  // namespace attune::core

#define ATTUNE_ASSERT(cond) \
    ((cond) ? static_cast<void>(0) : ::attune::core::assertion_failed(#cond, __FILE__, __LINE__))

#ifdef ATTUNE_HEAVY_CHECKS
#define ATTUNE_HEAVY_ASSERT(cond) ATTUNE_ASSERT(cond)
#define ATTUNE_VERIFY_OR(cond) \
    if (ATTUNE_ASSERT(cond); false)
#else
#define ATTUNE_HEAVY_ASSERT(cond) static_cast<void>(0)
#define ATTUNE_VERIFY_OR(cond) if (!(cond)) [[unlikely]]
#endif
