// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "compose/synth.hpp"
#include "core/paths.hpp"
#include "play/sink.hpp"
#include "session/space.hpp"
#include "store/backup.hpp"

namespace attune::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Finding {
    std::string what;
    bool ok = false;
    std::string detail;   ///< what was found, or what is missing and how to get it
};

Finding from(const std::string& what, const Result<std::string>& result) {
    return {what, result.has_value(), result ? *result : result.error().describe()};
}

Result<std::string> look_at_disk(const fs::path& folder) {
    std::error_code ec;
    fs::path existing = folder;
    while (!existing.empty() && !fs::exists(existing, ec)) existing = existing.parent_path();
    const auto space = fs::space(existing, ec);
    if (ec) return fail(ErrorCode::kIo, ec.message(), existing);
    const double gib = static_cast<double>(space.available) / (1 << 30);
    char text[64];
    std::snprintf(text, sizeof text, "%.1f GiB free", gib);
    if (gib < 1.0) return fail(ErrorCode::kDiskFull, std::string(text) + "; a starter library and a year of sessions need about 1 GiB", folder);
    return std::string(text);
}

Result<std::string> look_at_database(const Context& context) {
    ATTUNE_TRY(const auto space, session::Space::open(context.data_dir, context.db_url));
    ATTUNE_TRY(const auto world, space->world());
    return space->url() + ", " + std::to_string(world.view->size()) + " tracks";
}

Result<std::string> look_at_soundfont() {
    ATTUNE_TRY(const auto file, compose::find_soundfont());
    return file.string();
}

Result<std::string> look_at_resource(const char* name) {
    ATTUNE_TRY(const auto file, core::resource(name));
    return file.string();
}

Result<std::string> look_at_cameras() {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator("/dev", ec)) {
        if (entry.path().filename().string().starts_with("video")) return entry.path().string();
    }
    return fail(ErrorCode::kUnavailable, "no camera (/dev/video*); a session works without one");
}

Result<std::string> look_at_user() {
    if (geteuid() == 0) return fail(ErrorCode::kRefused, "runs as root; an ordinary user is safer");
    return std::string("ordinary user");
}

int doctor(Context& context) {
    const std::vector<Finding> findings = {
        from("database", look_at_database(context)), from("disk", look_at_disk(context.data_dir)),
        from("soundfont", look_at_soundfont()),      from("sentences", look_at_resource("strings/en.json")),
        from("default table", look_at_resource("policies/default_table.toml")),
        from("camera", look_at_cameras()),           from("user", look_at_user())};
    json list = json::array();
    bool all = true;
    for (const Finding& f : findings) {
        list.push_back({{"what", f.what}, {"ok", f.ok}, {"detail", f.detail}});
        all = all && f.ok;
        if (!context.json) std::printf("%-4s %-14s %s\n", f.ok ? "ok" : "!", f.what.c_str(), f.detail.c_str());
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
    const auto done = store::restore(file, context.data_dir / "attune.db");
    return done ? kDone : report_error(context, done.error());
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
