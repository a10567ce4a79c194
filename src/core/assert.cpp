// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace attune::core {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "attune: internal error: %s does not hold (%s:%d)\n", expression, file,
                 line);
    std::abort();
}

}  // namespace attune::core
