// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// toml++, the one way to include it (in .cpp files only).
///
/// toml++ 3.3 checks a few things about its *input* with assert(): "[#" in a file would end the process.
/// Here a broken check is an exception, which the caller turns into "not TOML". Every file must include it
/// the same way, or the linker would choose one of two meanings.
#include <stdexcept>

namespace attune::core {
struct TomlBroken : std::runtime_error {
    TomlBroken() : std::runtime_error("the text breaks TOML's syntax") {}
};
[[noreturn]] inline void toml_broken() { throw TomlBroken(); }
}  // namespace attune::core

#ifdef NDEBUG
#error "toml++ would assume its checks to hold: build without NDEBUG"
#endif
#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::attune::core::toml_broken())
#include <toml++/toml.h>
