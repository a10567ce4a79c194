// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A PostgreSQL server of the test's own, in a temporary folder, on a Unix socket.
#include <memory>
#include <string>

namespace attune::test {

class Postgres {
public:
    /// Starts one server a test program (initdb as user postgres when run as root). Null if the
    /// server programs are not installed.
    [[nodiscard]] static Postgres* shared();
    ~Postgres();
    /// URL of a new, empty database.
    [[nodiscard]] std::string new_database();

private:
    Postgres() = default;
    std::string folder_;
    int databases_ = 0;
};

}  // namespace attune::test
