// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Proves that code marked RT-SAFE allocates nothing and locks nothing. Linked into tests/rt only.
#include <string>

namespace attune::test::rt {

/// While one lives on a thread, operator new/delete, malloc and pthread_mutex_lock on it are violations.
class Scope {
public:
    Scope() noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
};

/// Violations seen since the last call, and the name of the first.
struct Report {
    int violations = 0;
    std::string first;
};
[[nodiscard]] Report take_report();

}  // namespace attune::test::rt
