// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "core/folders.hpp"
#include "session/doctor.hpp"
#include "session/space.hpp"
#include "store/backup.hpp"

namespace attune::app {
namespace {

using nlohmann::json;

int doctor(const Context& context) {
    const auto findings = session::examine(context.data_dir, context.db_url);
    json list = json::array();
    bool all = true;
    for (const session::Finding& f : findings) {
        const bool ok = f.health == session::Health::kOk;
        list.push_back({{"what", f.what}, {"ok", ok}, {"status", session::to_string(f.health)}, {"detail", f.detail},
                        {"fix", f.fix.empty() ? json(nullptr) : json(f.fix)}});
        all = all && ok;
        if (!context.json)
            std::printf("%-4s %-14s %s%s%s\n", ok ? "ok" : "!", f.what.c_str(), f.detail.c_str(), f.fix.empty() ? "" : ". ", f.fix.c_str());
    }
    if (context.json) std::puts(json{{"schema", "attune.doctor/1"}, {"ok", all}, {"findings", list}}.dump(2).c_str());
    return all ? kDone : kDoneWithFailures;
}

int make_backup(Context& context, const std::string& file) {
    auto space = session::Space::open(context.data_dir, context.db_url);
    if (!space) return report_error(context, space.error());
    const auto done = store::backup((*space)->db(), file);
    return done ? kDone : report_error(context, done.error());
}

int restore_backup(Context& context, const std::string& file) {
    if (!context.db_url.empty()) {
        return report_error(context, {ErrorCode::kUnsupported, "only a database in the data folder can be restored here; use pg_restore", context.db_url});
    }
    if (const auto made = core::make_folder(context.data_dir); !made) return report_error(context, made.error());
    const auto done = store::restore(file, context.data_dir / "attune.db");
    if (!done) return report_error(context, done.error());
    if (context.json) std::puts(json{{"schema", "attune.restore/1"}, {"kept", done->empty() ? json(nullptr) : json(done->string())}}.dump(2).c_str());
    else if (!done->empty()) std::printf("The database that was here is kept as %s\n", done->c_str());
    return kDone;
}

}  // namespace

void add_doctor_commands(CLI::App& app, Context& context) {
    app.add_subcommand("doctor", "looks at what Attune needs and says what is missing")->callback([&context] {
        context.run = [&context] { return doctor(context); };
    });
    auto file = std::make_shared<std::string>();
    auto* backup = app.add_subcommand("backup", "a whole copy of the database in one file");
    backup->add_option("file", *file, "file to write; must not exist")->required();
    backup->callback([=, &context] { context.run = [=, &context] { return make_backup(context, *file); }; });
    auto* restore = app.add_subcommand("restore", "puts a backup in place; the present database is kept beside it");
    restore->add_option("file", *file, "a file that `attune backup` wrote")->required();
    restore->callback([=, &context] { context.run = [=, &context] { return restore_backup(context, *file); }; });
}

}  // namespace attune::app
