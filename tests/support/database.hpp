// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What every test of stored things begins with: an empty database, on SQLite and on PostgreSQL.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/connection.hpp"
#include "support/postgres.hpp"
#include "support/temp_dir.hpp"

namespace attune::test {

/// Skipped where no PostgreSQL server is installed. A derived SetUp() goes on if `db_` is there.
class DatabaseTest : public testing::TestWithParam<store::Backend> {
protected:
    void SetUp() override {
        url_ = "sqlite:" + (dir_.path() / "t.db").string();
        if (GetParam() == store::Backend::kPostgres) {
            auto* server = Postgres::shared();
            if (server == nullptr) GTEST_SKIP() << "no PostgreSQL server is installed";
            url_ = server->new_database();
        }
        auto opened = store::Connection::open(url_);
        ASSERT_TRUE(opened) << opened.error().describe();
        db_ = std::move(*opened);
    }

    TempDir dir_;
    std::string url_;
    std::unique_ptr<store::Connection> db_;
};

}  // namespace attune::test
