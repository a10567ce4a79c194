// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/postgres.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace attune::test {
namespace fs = std::filesystem;
namespace {

const std::string kBin = "/usr/lib/postgresql/15/bin/";

/// initdb refuses root, so there the command runs as the user that the package made.
bool as_ordinary_user(const std::string& command) {
    const std::string quiet = command + " >/dev/null 2>&1 </dev/null";
    if (getuid() != 0) return std::system(quiet.c_str()) == 0;
    return std::system(("cd / && setpriv --reuid=postgres --regid=postgres --clear-groups -- sh -c '" + quiet + "'")
                           .c_str()) == 0;
}

}  // namespace

Postgres* Postgres::shared() {
    static std::unique_ptr<Postgres> instance = []() -> std::unique_ptr<Postgres> {
        if (!fs::exists(kBin + "initdb")) return nullptr;
        std::unique_ptr<Postgres> made(new Postgres);
        std::string pattern = (fs::temp_directory_path() / "attune-pg-XXXXXX").string();
        made->folder_ = mkdtemp(pattern.data());
        fs::permissions(made->folder_, fs::perms::all);
        const std::string data = made->folder_ + "/data";
        const std::string options = "-c listen_addresses= -c unix_socket_directories=" + made->folder_;
        if (!as_ordinary_user(kBin + "initdb -D " + data + " -U attune -A trust -E UTF8 --locale=C") ||
            !as_ordinary_user(kBin + "pg_ctl -D " + data + " -w -o \"" + options + "\" start")) {
            return nullptr;
        }
        return made;
    }();
    return instance.get();
}

Postgres::~Postgres() {
    as_ordinary_user(kBin + "pg_ctl -D " + folder_ + "/data -m immediate stop");
    std::error_code ec;
    fs::remove_all(folder_, ec);
}

std::string Postgres::new_database() {
    const std::string name = "t" + std::to_string(databases_++);
    as_ordinary_user(kBin + "createdb -h " + folder_ + " -U attune " + name);
    return "postgresql:///" + name + "?host=" + folder_ + "&user=attune";
}

}  // namespace attune::test
