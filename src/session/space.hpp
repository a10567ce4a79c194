// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One space (a household or a practice): its data folder and database, brought up to date.
///
/// Threads  open() anywhere; connect() gives each thread its own connection
/// Errors   kBusy, kVersion (with the way back), kCorrupt, kIo, kDiskFull
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "care/people.hpp"
#include "choose/fallback_table.hpp"
#include "session/conductor.hpp"
#include "session/profiles.hpp"
#include "store/connection.hpp"

namespace attune::session {

class Space {
public:
    /// Creates the folder (0700) and the database where they are missing, and migrates.
    [[nodiscard]] static Result<std::unique_ptr<Space>> open(const std::filesystem::path& data_dir,
                                                             const std::string& db_url);

    [[nodiscard]] Result<std::unique_ptr<store::Connection>> connect() const;
    /// The connection of the thread that opened the space.
    [[nodiscard]] store::Connection& db() noexcept { return *db_; }
    [[nodiscard]] const std::filesystem::path& data_dir() const noexcept { return data_dir_; }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

    [[nodiscard]] care::People people() { return care::People(*db_, seal_); }
    [[nodiscard]] const store::Seal& seal() const noexcept { return seal_; }
    /// Erases everything about a person in every room: sessions, state, consent, dose. What stays is the
    /// day on which it happened.
    [[nodiscard]] Result<void> erase(const Id& person);

    /// The library as it is now, with its index and the fallback table. Built anew only if it changed.
    [[nodiscard]] Result<World> world();
    /// Reads profiles through a connection of its own; the lookup may move to another thread.
    [[nodiscard]] Result<ProfileLookup> profiles() const;

private:
    Space(std::filesystem::path data_dir, std::string url, std::unique_ptr<store::Connection> db)
        : data_dir_(std::move(data_dir)), url_(std::move(url)), db_(std::move(db)) {}

    std::filesystem::path data_dir_;
    std::string url_;
    std::unique_ptr<store::Connection> db_;
    store::Seal seal_;
    World world_;
};

/// The world that a record was made in: its own library snapshot, not today's library.
[[nodiscard]] Result<World> recorded_world(store::Connection& db, std::span<const SessionEvent> events);

}  // namespace attune::session
