// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/catalogue.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "library/profile_codec.hpp"
#include "library/view_builder.hpp"

namespace attune::library {
namespace {

using store::Params;
using store::Row;
using store::Value;

constexpr std::string_view kRevision1 = R"(
CREATE TABLE library_file (
  path {{BLOB}} PRIMARY KEY, size BIGINT NOT NULL, mtime_ns BIGINT NOT NULL,
  content_key {{BLOB}} NOT NULL, status BIGINT NOT NULL, reason TEXT NOT NULL, analyser TEXT NOT NULL);
CREATE INDEX library_file_by_key ON library_file (content_key);
CREATE TABLE library_track (
  content_key {{BLOB}} PRIMARY KEY, analysed BIGINT NOT NULL, simulated BIGINT NOT NULL,
  recording_group TEXT NOT NULL, path {{BLOB}} NOT NULL,
  title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, genre TEXT NOT NULL,
  numbers {{BLOB}} NOT NULL, embedding {{BLOB}} NOT NULL, fingerprint {{BLOB}} NOT NULL,
  profile {{BLOB}} NOT NULL, put_ns BIGINT NOT NULL);
CREATE TABLE library_edit (
  content_key {{BLOB}} NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, actor TEXT NOT NULL,
  edited_ns BIGINT NOT NULL, PRIMARY KEY (content_key, field));
CREATE TABLE library_state (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO library_state (name, value) VALUES ('version', 1))";

constexpr std::array<store::Revision, 1> kRevisions{{{1, 1, kRevision1}}};

store::Blob blob_of(std::string_view text) { return {text.begin(), text.end()}; }
std::string text_of(const store::Blob& blob) { return {blob.begin(), blob.end()}; }

/// Little end first, on every machine.
template <typename T, typename Bits>
store::Blob packed(const std::vector<T>& values) {
    store::Blob out;
    out.reserve(values.size() * sizeof(T));
    for (const T v : values) {
        const auto bits = std::bit_cast<Bits>(v);
        for (std::size_t b = 0; b < sizeof(T); ++b)
            out.push_back(static_cast<std::uint8_t>(bits >> (8 * b)));
    }
    return out;
}
template <typename T, typename Bits>
std::vector<T> unpacked(const store::Blob& blob) {
    std::vector<T> out(blob.size() / sizeof(T));
    for (std::size_t i = 0; i < out.size(); ++i) {
        Bits bits = 0;
        for (std::size_t b = 0; b < sizeof(T); ++b)
            bits |= static_cast<Bits>(blob[sizeof(T) * i + b]) << (8 * b);
        out[i] = std::bit_cast<T>(bits);
    }
    return out;
}
store::Blob blob_of(const std::vector<float>& values) {
    return packed<float, std::uint32_t>(values);
}
std::vector<float> floats_of(const store::Blob& blob) {
    return unpacked<float, std::uint32_t>(blob);
}

/// The numbers of a row, in the order in which they are stored; new ones are added at the end.
constexpr std::array kNumbers{&TrackRow::year,
                              &TrackRow::track_number,
                              &TrackRow::duration_s,
                              &TrackRow::loudness_lufs,
                              &TrackRow::loudness_range_lu,
                              &TrackRow::true_peak_dbtp,
                              &TrackRow::startle_lu,
                              &TrackRow::tempo_bpm,
                              &TrackRow::tempo_confidence,
                              &TrackRow::key_pitch_class,
                              &TrackRow::major,
                              &TrackRow::key_confidence,
                              &TrackRow::valence,
                              &TrackRow::valence_sd,
                              &TrackRow::arousal,
                              &TrackRow::arousal_sd,
                              &TrackRow::arousal_p95,
                              &TrackRow::calming,
                              &TrackRow::vocals,
                              &TrackRow::q1,
                              &TrackRow::q2,
                              &TrackRow::q3,
                              &TrackRow::q4,
                              &TrackRow::first_valence,
                              &TrackRow::first_arousal,
                              &TrackRow::first_loudness_lufs,
                              &TrackRow::last_valence,
                              &TrackRow::last_arousal,
                              &TrackRow::last_loudness_lufs,
                              &TrackRow::played_lufs,
                              &TrackRow::played_peak_dbtp};

store::Blob numbers_of(const TrackRow& row) {
    std::vector<double> values;
    values.reserve(kNumbers.size());
    for (const auto member : kNumbers) values.push_back(row.*member);
    return packed<double, std::uint64_t>(values);
}

TrackRow row_of(const Row& r) {
    TrackRow row;
    row.key = store::from_blob<ContentKey>(r[0].blob());
    row.analysed = r[1].integer() != 0;
    row.simulated = r[2].integer() != 0;
    row.recording_group = r[3].text();
    row.path = text_of(r[4].blob());
    row.title = r[5].text();
    row.artist = r[6].text();
    row.album = r[7].text();
    row.genre = r[8].text();
    const auto values = unpacked<double, std::uint64_t>(r[9].blob());
    for (std::size_t i = 0; i < std::min(values.size(), kNumbers.size()); ++i) {
        row.*kNumbers[i] = values[i];
    }
    return row;
}

constexpr std::string_view kRowColumns =
    "content_key, analysed, simulated, recording_group, path, title, artist, album, genre, numbers";

FileRecord file_of(const Row& r) {
    return {text_of(r[0].blob()),
            r[1].integer(),
            r[2].integer(),
            store::from_blob<ContentKey>(r[3].blob()),
            static_cast<FileStatus>(r[4].integer()),
            r[5].text(),
            r[6].text()};
}

}  // namespace

const char* to_string(FileStatus status) noexcept {
    switch (status) {
    case FileStatus::kPending: return "pending";
    case FileStatus::kAnalysed: return "analysed";
    case FileStatus::kSkipped: return "skipped";
    case FileStatus::kFailed: return "failed";
    }
    return "pending";
}

store::RoomSchema schema() { return {"library", kRevisions}; }

ContentKey provisional_key(std::string_view path, std::int64_t size, std::int64_t mtime_ns) {
    core::Blake2b hash(16);
    hash.update("attune/provisional");
    hash.update_u64(path.size());
    hash.update(path);
    hash.update_u64(static_cast<std::uint64_t>(size));
    hash.update_u64(static_cast<std::uint64_t>(mtime_ns));
    const auto digest = hash.finish();
    ContentKey key;
    std::copy(digest.begin(), digest.end(), key.bytes.begin());
    return key;
}

Result<void> Catalogue::touch() {
    ATTUNE_CHECK(db_->execute("UPDATE library_state SET value = value + 1 WHERE name = 'version'"));
    return {};
}

Result<void> Catalogue::put_file(const FileRecord& f) {
    ATTUNE_CHECK(db_->execute(
        "INSERT INTO library_file (path, size, mtime_ns, content_key, status, reason, analyser)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (path) DO UPDATE SET size = "
        "excluded.size,"
        " mtime_ns = excluded.mtime_ns, content_key = excluded.content_key, status = "
        "excluded.status,"
        " reason = excluded.reason, analyser = excluded.analyser",
        {blob_of(f.path), f.size, f.mtime_ns, store::to_blob(f.key), static_cast<int>(f.status),
         f.reason, f.analyser}));
    return {};
}

Result<void> Catalogue::remove_file(std::string_view path) {
    ATTUNE_CHECK(db_->execute("DELETE FROM library_file WHERE path = $1", {blob_of(path)}));
    return touch();
}

Result<std::vector<FileRecord>> Catalogue::files() {
    std::vector<FileRecord> out;
    ATTUNE_CHECK(db_->for_each("SELECT path, size, mtime_ns, content_key, status, reason, analyser "
                               "FROM library_file ORDER BY path",
                               {}, [&](const Row& r) {
                                   out.push_back(file_of(r));
                                   return true;
                               }));
    return out;
}

Result<std::optional<FileRecord>> Catalogue::file(std::string_view path) {
    ATTUNE_TRY(const auto row,
               db_->query_maybe("SELECT path, size, mtime_ns, content_key, status, reason, analyser"
                                " FROM library_file WHERE path = $1",
                                {blob_of(path)}));
    if (!row) return std::nullopt;
    return file_of(*row);
}

Result<void> Catalogue::put(const flow::TrackProfile& profile, bool analysed,
                            const std::vector<std::uint8_t>& fingerprint) {
    flow::TrackProfile shown = profile;
    ATTUNE_TRY(const auto edited, edits(profile.key));
    for (const Edit& e : edited) ATTUNE_CHECK(apply_edit(shown, e.field, e.value));
    const TrackRow row = make_row(shown);
    ATTUNE_CHECK(db_->execute(
        "INSERT INTO library_track (content_key, analysed, simulated, recording_group, path, "
        "title, artist, album,"
        " genre, numbers, embedding, fingerprint, profile, put_ns)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        " ON CONFLICT (content_key) DO UPDATE SET analysed = excluded.analysed, simulated = "
        "excluded.simulated,"
        " recording_group = excluded.recording_group, path = excluded.path, title = excluded.title,"
        " artist = excluded.artist, album = excluded.album, genre = excluded.genre, numbers = "
        "excluded.numbers,"
        " embedding = excluded.embedding, fingerprint = excluded.fingerprint, profile = "
        "excluded.profile,"
        " put_ns = excluded.put_ns",
        {store::to_blob(profile.key), analysed, profile.simulated, profile.recording_group,
         blob_of(profile.path), row.title, row.artist, row.album, row.genre, numbers_of(row),
         blob_of(profile.embedding), fingerprint, encode(profile), core::wall_now_ns()}));
    return touch();
}

Result<void> Catalogue::move_track(const ContentKey& key, std::string_view path,
                                   const flow::Tags& tags) {
    ATTUNE_TRY(auto profile, measured(key, nullptr));
    profile.path = std::string(path);
    profile.tags = tags;
    ATTUNE_CHECK(
        db_->execute("UPDATE library_track SET path = $1, profile = $2 WHERE content_key = $3",
                     {blob_of(path), encode(profile), store::to_blob(key)}));
    return refresh_columns(key);
}

Result<void> Catalogue::adopt_edits(const ContentKey& from, const ContentKey& to) {
    ATTUNE_TRY(const auto early, edits(from));
    if (early.empty()) return {};
    for (const Edit& e : early) {
        ATTUNE_CHECK(
            db_->execute("INSERT INTO library_edit (content_key, field, value, actor, edited_ns)"
                         " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (content_key, field) DO NOTHING",
                         {store::to_blob(to), e.field, e.value, e.actor, e.edited_ns}));
    }
    ATTUNE_CHECK(
        db_->execute("DELETE FROM library_edit WHERE content_key = $1", {store::to_blob(from)}));
    return refresh_columns(to);
}

Result<void> Catalogue::remove_track(const ContentKey& key) {
    ATTUNE_CHECK(
        db_->execute("DELETE FROM library_track WHERE content_key = $1", {store::to_blob(key)}));
    return touch();
}

Result<std::int64_t> Catalogue::remove_orphans() {
    ATTUNE_TRY(const auto gone,
               db_->execute("DELETE FROM library_track WHERE simulated = 0 AND NOT EXISTS"
                            " (SELECT 1 FROM library_file WHERE library_file.content_key = "
                            "library_track.content_key)"));
    if (gone > 0) ATTUNE_CHECK(touch());
    return gone;
}

Result<flow::TrackProfile> Catalogue::measured(const ContentKey& key, bool* analysed) {
    ATTUNE_TRY(
        const auto row,
        db_->query_one(
            "SELECT profile, analysed, recording_group FROM library_track WHERE content_key = $1",
            {store::to_blob(key)}, "track " + key.hex()));
    if (analysed != nullptr) *analysed = row[1].integer() != 0;
    ATTUNE_TRY(auto profile, decode(row[0].blob()));
    profile.recording_group = row[2].text();
    return profile;
}

Result<flow::TrackProfile> Catalogue::profile(const ContentKey& key) {
    ATTUNE_TRY(auto profile, measured(key, nullptr));
    ATTUNE_TRY(const auto edited, edits(key));
    for (const Edit& e : edited) ATTUNE_CHECK(apply_edit(profile, e.field, e.value));
    return profile;
}

Result<ContentKey> Catalogue::find(std::string_view track) {
    ATTUNE_TRY(const auto by_path, file(track));
    if (by_path) {
        if (by_path->status == FileStatus::kFailed || by_path->status == FileStatus::kSkipped) {
            return fail(ErrorCode::kNotFound,
                        "this file was " + std::string(to_string(by_path->status)) + ": " +
                            by_path->reason,
                        core::to_utf8_lossy(track));
        }
        return by_path->key;
    }
    if (const auto key = ContentKey::parse(track)) return *key;
    std::string digits = core::to_lower_ascii(track);
    const bool hex = digits.size() >= 6 && digits.size() < 32 &&
                     digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    std::vector<ContentKey> found;
    if (hex) {
        const auto bound = [&](char fill) {
            return ContentKey::parse(digits + std::string(32 - digits.size(), fill)).value();
        };
        ATTUNE_CHECK(db_->for_each(
            "SELECT content_key FROM library_track WHERE content_key >= $1 AND content_key <= $2",
            {store::to_blob(bound('0')), store::to_blob(bound('f'))}, [&](const Row& r) {
                found.push_back(store::from_blob<ContentKey>(r[0].blob()));
                return found.size() < 2;
            }));
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1)
        return fail(ErrorCode::kBadArgument,
                    "'" + digits + "' begins more than one track's key; give more digits");
    return fail(
        ErrorCode::kNotFound,
        "no track '" + core::to_utf8_lossy(track) +
            "': give the path of a scanned file or a content key (attune library list shows them)");
}

Result<std::vector<TrackRow>> Catalogue::rows() {
    std::vector<TrackRow> out;
    ATTUNE_CHECK(db_->for_each("SELECT " + std::string(kRowColumns) +
                                   " FROM library_track ORDER BY content_key",
                               {}, [&](const Row& r) {
                                   out.push_back(row_of(r));
                                   return true;
                               }));
    return out;
}

Result<std::map<ContentKey, std::vector<float>>> Catalogue::embeddings() {
    std::map<ContentKey, std::vector<float>> out;
    ATTUNE_CHECK(db_->for_each(
        "SELECT content_key, embedding FROM library_track WHERE analysed = 1 ORDER BY content_key",
        {}, [&](const Row& r) {
            auto values = floats_of(r[1].blob());
            if (!values.empty()) {
                out.emplace_hint(out.end(), store::from_blob<ContentKey>(r[0].blob()),
                                 std::move(values));
            }
            return true;
        }));
    return out;
}

Result<std::map<ContentKey, std::vector<std::uint8_t>>> Catalogue::fingerprints() {
    std::map<ContentKey, std::vector<std::uint8_t>> out;
    ATTUNE_CHECK(db_->for_each("SELECT content_key, fingerprint FROM library_track WHERE analysed "
                               "= 1 ORDER BY content_key",
                               {}, [&](const Row& r) {
                                   if (!r[1].blob().empty())
                                       out.emplace(store::from_blob<ContentKey>(r[0].blob()),
                                                   r[1].blob());
                                   return true;
                               }));
    return out;
}

Result<void> Catalogue::set_recording_group(const ContentKey& key, std::string_view group) {
    ATTUNE_CHECK(
        db_->execute("UPDATE library_track SET recording_group = $1 WHERE content_key = $2",
                     {group, store::to_blob(key)}));
    return {};
}

Result<void> Catalogue::refresh_columns(const ContentKey& key) {
    ATTUNE_TRY(const auto shown, profile(key));
    const TrackRow row = make_row(shown);
    ATTUNE_CHECK(db_->execute(
        "UPDATE library_track SET title = $1, artist = $2, album = $3, genre = $4, numbers = $5"
        " WHERE content_key = $6",
        {row.title, row.artist, row.album, row.genre, numbers_of(row), store::to_blob(key)}));
    return touch();
}

Result<void> Catalogue::edit(const ContentKey& key, std::string_view field, std::string_view value,
                             std::string_view actor, std::int64_t now_ns) {
    ATTUNE_TRY(auto probe, profile(key));
    ATTUNE_CHECK(apply_edit(probe, field, value));
    ATTUNE_CHECK(db_->execute(
        "INSERT INTO library_edit (content_key, field, value, actor, edited_ns)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (content_key, field) DO UPDATE SET"
        " value = excluded.value, actor = excluded.actor, edited_ns = excluded.edited_ns",
        {store::to_blob(key), field, value, actor, now_ns}));
    return refresh_columns(key);
}

Result<void> Catalogue::unedit(const ContentKey& key, std::string_view field) {
    ATTUNE_TRY(const auto gone,
               db_->execute("DELETE FROM library_edit WHERE content_key = $1 AND field = $2",
                            {store::to_blob(key), field}));
    if (gone == 0) {
        return fail(ErrorCode::kNotFound,
                    "the field '" + std::string(field) + "' of this track is not edited",
                    key.hex());
    }
    return refresh_columns(key);
}

Result<std::vector<Edit>> Catalogue::edits(const ContentKey& key) {
    std::vector<Edit> out;
    ATTUNE_CHECK(
        db_->for_each("SELECT field, value, actor, edited_ns FROM library_edit WHERE content_key = "
                      "$1 ORDER BY field",
                      {store::to_blob(key)}, [&](const Row& r) {
                          out.push_back({r[0].text(), r[1].text(), r[2].text(), r[3].integer()});
                          return true;
                      }));
    return out;
}

Result<std::uint64_t> Catalogue::version() {
    ATTUNE_TRY(const auto row,
               db_->query_one("SELECT value FROM library_state WHERE name = 'version'", {},
                              "the library's version"));
    return static_cast<std::uint64_t>(row[0].integer());
}

Result<flow::LibraryViewPtr> Catalogue::view() {
    ATTUNE_TRY(const auto v, version());
    ATTUNE_TRY(const auto all, rows());
    ATTUNE_TRY(const auto vectors, embeddings());
    return build_view(v, all, vectors);
}

}  // namespace attune::library
