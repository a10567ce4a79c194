// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/space.hpp"

#include "core/folders.hpp"
#include "core/paths.hpp"
#include "library/catalogue.hpp"
#include "session/record.hpp"
#include "store/schema.hpp"

namespace attune::session {
namespace fs = std::filesystem;

Result<std::unique_ptr<Space>> Space::open(const fs::path& data_dir, const std::string& db_url) {
    std::error_code ec;
    if (!fs::exists(data_dir, ec)) {
        ATTUNE_CHECK(core::make_folder(data_dir));
        fs::permissions(data_dir, fs::perms::owner_all, ec);
    }
    const std::string url = db_url.empty() ? "sqlite:" + (data_dir / "attune.db").string() : db_url;
    ATTUNE_TRY(auto db, store::Connection::open(url));
    const store::RoomSchema rooms[] = {library::schema(), care::schema(), session::schema()};
    ATTUNE_CHECK(store::migrate(*db, rooms, data_dir / "backups"));
    return std::unique_ptr<Space>(new Space(data_dir, url, std::move(db)));
}

namespace {

Result<std::shared_ptr<const choose::FallbackTable>> installed_table() {
    ATTUNE_TRY(const auto file, core::resource("policies/default_table.toml"));
    ATTUNE_TRY(auto table, choose::FallbackTable::load(file));
    return std::make_shared<const choose::FallbackTable>(std::move(table));
}

}  // namespace

Result<std::unique_ptr<store::Connection>> Space::connect() const { return store::Connection::open(url_); }

Result<World> Space::world() {
    library::Catalogue catalogue(*db_);
    ATTUNE_TRY(const auto version, catalogue.version());
    if (world_.view && world_.view->version == version) return world_;
    ATTUNE_TRY(world_.view, catalogue.view());
    world_.index = std::make_shared<choose::TrackIndex>(*world_.view);
    if (!world_.table) {
        ATTUNE_TRY(world_.table, installed_table());
    }
    return world_;
}

Result<void> Space::erase(const Id& person) {
    ATTUNE_TRY(const auto sessions, list_sessions(*db_, person));
    for (const SessionRow& row : sessions) ATTUNE_CHECK(delete_session(*db_, row.id));
    return people().erase(person, core::wall_now_ns());
}

Result<ProfileLookup> Space::profiles() const {
    ATTUNE_TRY(auto db, connect());
    // A std::function must be copyable, hence shared.
    std::shared_ptr<store::Connection> shared = std::move(db);
    return [shared](const ContentKey& key) -> ProfilePtr {
        auto profile = library::Catalogue(*shared).profile(key);
        return profile ? std::make_shared<const flow::TrackProfile>(*std::move(profile)) : nullptr;
    };
}

Result<World> recorded_world(store::Connection& db, std::span<const SessionEvent> events) {
    const auto* start = events.empty() ? nullptr : std::get_if<Start>(&events.front().payload);
    if (start == nullptr) return fail(ErrorCode::kCorrupt, "the record does not begin with a start event");
    World world;
    ATTUNE_TRY(world.view, read_view(db, start->view_hash));
    world.index = std::make_shared<const choose::TrackIndex>(*world.view);
    ATTUNE_TRY(world.table, installed_table());
    return world;
}

}  // namespace attune::session
