// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The library's memory: files, tracks, edits. Owns its tables; the only SQL of the room is in
/// catalogue.cpp.
///
/// A file is (path, size, mtime) with what became of it. A track is a content key with its profile.
/// Before it is analysed a track is known by its tags alone, under provisional_key(). An edit is a
/// field of a track set by hand: it outranks every measurement, and survives a new analysis.
///
/// Threads  as its connection: one owner at a time
/// Errors   those of store::Connection; kNotFound names the track; kBadArgument names field and
/// range
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "flow/library_view.hpp"
#include "flow/track_profile.hpp"
#include "library/track_row.hpp"
#include "store/connection.hpp"
#include "store/schema.hpp"

namespace attune::library {

enum class FileStatus { kPending = 0, kAnalysed = 1, kSkipped = 2, kFailed = 3 };
[[nodiscard]] const char* to_string(FileStatus status) noexcept;

struct FileRecord {
    std::string path;       ///< bytes
    std::int64_t size = 0;  ///< [bytes]
    std::int64_t mtime_ns = 0;
    ContentKey key;  ///< of the track; provisional while pending
    FileStatus status = FileStatus::kPending;
    std::string reason;    ///< why skipped or failed
    std::string analyser;  ///< id@version of the analysis that the file has seen
};

struct Edit {
    std::string field, value;    ///< empty value = known to be unknown
    std::string actor;           ///< account or "local"
    std::int64_t edited_ns = 0;  ///< wall clock
};

/// This room's part of the database, for store::migrate.
[[nodiscard]] store::RoomSchema schema();

/// BLAKE2b-128 over path, size and mtime: a track's name until it is analysed.
[[nodiscard]] ContentKey provisional_key(std::string_view path, std::int64_t size,
                                         std::int64_t mtime_ns);

/// Names of the fields that edit() takes, e.g. "tempo_bpm", "valence", "genre".
[[nodiscard]] const std::vector<std::string>& editable_fields();
/// Sets a field of a profile from text with origin "edited"; kBadArgument names the field's range.
[[nodiscard]] Result<void> apply_edit(flow::TrackProfile& profile, std::string_view field,
                                      std::string_view value);

class Catalogue {
public:
    /// The tables must exist: store::migrate(connection, {library::schema()}, ...). Borrows the
    /// connection.
    explicit Catalogue(store::Connection& connection) : db_(&connection) {}

    // Files
    [[nodiscard]] Result<void> put_file(const FileRecord& file);
    [[nodiscard]] Result<void> remove_file(std::string_view path);
    /// All of them, sorted by path (bytes).
    [[nodiscard]] Result<std::vector<FileRecord>> files();
    [[nodiscard]] Result<std::optional<FileRecord>> file(std::string_view path);

    // Tracks
    /// Inserts or replaces the measured profile; its edits stay and are applied to the columns.
    [[nodiscard]] Result<void> put(const flow::TrackProfile& profile, bool analysed,
                                   const std::vector<std::uint8_t>& fingerprint = {});
    /// The track is now to be found at `path` and says `tags` of itself; its analysis and edits
    /// stay.
    [[nodiscard]] Result<void> move_track(const ContentKey& key, std::string_view path,
                                          const flow::Tags& tags);
    /// Edits made while the track was known by its tags alone go over to its content key.
    [[nodiscard]] Result<void> adopt_edits(const ContentKey& from, const ContentKey& to);
    [[nodiscard]] Result<void> remove_track(const ContentKey& key);
    /// Gives up tracks that no file stands for (simulated ones stay); returns how many.
    [[nodiscard]] Result<std::int64_t> remove_orphans();
    /// With edits applied.
    [[nodiscard]] Result<flow::TrackProfile> profile(const ContentKey& key);
    /// `track` is a content key in hex, an unambiguous beginning of one (>= 6 digits), or a path.
    [[nodiscard]] Result<ContentKey> find(std::string_view track);
    /// Every track, sorted by content key, with edits applied.
    [[nodiscard]] Result<std::vector<TrackRow>> rows();
    [[nodiscard]] Result<std::map<ContentKey, std::vector<float>>> embeddings();
    [[nodiscard]] Result<std::map<ContentKey, std::vector<std::uint8_t>>> fingerprints();
    [[nodiscard]] Result<void> set_recording_group(const ContentKey& key, std::string_view group);

    // Edits
    [[nodiscard]] Result<void> edit(const ContentKey& key, std::string_view field,
                                    std::string_view value, std::string_view actor,
                                    std::int64_t now_ns);
    /// Takes an edit back: the measured value shows again.
    [[nodiscard]] Result<void> unedit(const ContentKey& key, std::string_view field);
    [[nodiscard]] Result<std::vector<Edit>> edits(const ContentKey& key);

    /// Changes with every write that view() would show. Any process's.
    [[nodiscard]] Result<std::uint64_t> version();
    /// The columns that planning reads, sorted by content key; unknown numbers are NaN.
    [[nodiscard]] Result<flow::LibraryViewPtr> view();

private:
    [[nodiscard]] Result<void> touch();
    [[nodiscard]] Result<flow::TrackProfile> measured(const ContentKey& key, bool* analysed);
    [[nodiscard]] Result<void> refresh_columns(const ContentKey& key);
    store::Connection* db_;
};

}  // namespace attune::library
