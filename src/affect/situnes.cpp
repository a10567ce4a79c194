// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/situnes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::affect {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMinutes = 30, kWristColumns = 4;
constexpr double kShortestS = 20.0, kLongestS = 900.0;   // longer: the rating came late

struct Table {
    std::map<std::string, std::size_t> column;
    std::vector<std::vector<std::string>> rows;
    std::string file;

    [[nodiscard]] Result<double> number(std::size_t row, const std::string& name) const {
        const auto at = column.find(name);
        if (at == column.end()) return fail(ErrorCode::kCorrupt, "has no column '" + name + "'", file);
        const std::string& text = rows[row][at->second];
        if (const auto x = core::parse_double(text)) return *x;
        return fail(ErrorCode::kCorrupt, name + " '" + text + "' is not a number", file + ":" + std::to_string(row + 2));
    }
    [[nodiscard]] std::optional<double> maybe(std::size_t row, const std::string& name) const {
        const auto at = column.find(name);
        return at == column.end() ? std::nullopt : core::parse_double(rows[row][at->second]);
    }
};

Result<Table> read_table(const fs::path& path) {
    ATTUNE_TRY(const std::string text, core::read_file(path));
    Table table;
    table.file = path.filename().string();
    for (const std::string_view line : core::split(text, '\n')) {
        if (core::trim(line).empty()) continue;
        std::vector<std::string> cells;
        for (const auto cell : core::split(line, ',')) cells.emplace_back(core::trim(cell));
        if (table.column.empty()) {
            for (std::size_t i = 0; i < cells.size(); ++i) table.column.emplace(cells[i], i);
            continue;
        }
        cells.resize(std::max(cells.size(), table.column.size() + 1));
        table.rows.push_back(std::move(cells));
    }
    return table;
}

/// Rows of a C-ordered array of float64 from numpy (format version 1).
Result<std::vector<double>> read_npy(const fs::path& path) {
    ATTUNE_TRY(const std::string bytes, core::read_file(path));
    constexpr std::size_t kFixed = 10;
    if (bytes.size() < kFixed || bytes.compare(1, 5, "NUMPY") != 0) return fail(ErrorCode::kCorrupt, "is no .npy file", path.filename().string());
    const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    const std::string_view about(bytes.data() + kFixed, std::min(header, bytes.size() - kFixed));
    if (about.find("'<f8'") == std::string_view::npos || about.find("'fortran_order': False") == std::string_view::npos) {
        return fail(ErrorCode::kUnsupported, "holds no little-endian float64 in C order", path.filename().string());
    }
    const std::size_t n = (bytes.size() - kFixed - about.size()) / sizeof(double);
    std::vector<double> out(n);
    std::memcpy(out.data(), bytes.data() + kFixed + about.size(), n * sizeof(double));
    return out;
}

struct Song {
    flow::Va expressed;
    double seconds = 0.0;
};

Result<std::map<std::int64_t, Song>> read_songs(const fs::path& path) {
    ATTUNE_TRY(const Table table, read_table(path));
    std::map<std::int64_t, Song> songs;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        ATTUNE_TRY(const double id, table.number(i, "item_id"));
        const auto valence = table.maybe(i, "valence");
        const auto energy = table.maybe(i, "energy");
        if (!valence || !energy) continue;   // some published songs have no features
        songs[static_cast<std::int64_t>(id)] = {{2.0 * *valence - 1.0, 2.0 * *energy - 1.0}, table.maybe(i, "duration").value_or(210e3) / 1e3};
    }
    return songs;
}

void add_heart(SitunesPlay& play, const std::vector<double>& wrist, std::size_t row) {
    constexpr double kStill = 0, kLying = 4;
    for (std::size_t m = 0; m < kMinutes; ++m) {
        const std::size_t at = (row * kMinutes + m) * kWristColumns;
        if (at + 3 >= wrist.size()) return;
        const double activity = wrist[at + 3];
        const bool rest = activity == kStill || activity == kLying;
        if (rest && std::isfinite(wrist[at]) && wrist[at] != 0.0) play.heart[m] = wrist[at];
    }
}

Result<void> read_stage(int stage, const fs::path& folder, const std::map<std::int64_t, Song>& songs, SitunesData& out) {
    const fs::path table_file = folder / "interactions.csv";
    ATTUNE_TRY(const Table table, read_table(table_file));
    out.files.push_back(table_file);
    std::vector<double> wrist;
    if (const fs::path file = folder / "wrist.npy"; fs::exists(file)) {
        ATTUNE_TRY(wrist, read_npy(file));
        out.files.push_back(file);
    }
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        SitunesPlay play;
        play.stage = stage;
        ATTUNE_TRY(const double person, table.number(i, "user_id"));
        play.person = std::to_string(static_cast<int>(person));
        ATTUNE_TRY(const double item, table.number(i, "item_id"));
        ATTUNE_TRY(const double time, table.number(i, "timestamp"));
        ATTUNE_TRY(const double rating, table.number(i, "rating"));
        ATTUNE_TRY(play.before.valence, table.number(i, "emo_pre_valence"));
        ATTUNE_TRY(play.before.arousal, table.number(i, "emo_pre_arousal"));
        ATTUNE_TRY(play.after.valence, table.number(i, "emo_post_valence"));
        ATTUNE_TRY(play.after.arousal, table.number(i, "emo_post_arousal"));
        const auto song = songs.find(static_cast<std::int64_t>(item));
        if (song == songs.end()) continue;
        play.unix_s = static_cast<std::int64_t>(time);
        play.liking = (rating - 3.0) / 2.0;
        play.expressed = song->second.expressed;
        play.seconds = std::clamp(table.maybe(i, "duration").value_or(song->second.seconds), kShortestS, kLongestS);
        add_heart(play, wrist, i);
        out.plays.push_back(std::move(play));
    }
    return {};
}

}  // namespace

Result<SitunesData> read_situnes(const fs::path& folder) {
    fs::path root = folder;
    if (fs::exists(folder / "SiTunes")) root = folder / "SiTunes";
    const fs::path songs_file = root / "music_metadata" / "music_info.csv";
    ATTUNE_TRY(const auto songs, read_songs(songs_file));
    SitunesData out;
    out.files.push_back(songs_file);
    for (const int stage : {2, 3}) {
        const fs::path at = root / ("Stage" + std::to_string(stage));
        if (fs::exists(at / "interactions.csv")) ATTUNE_CHECK(read_stage(stage, at, songs, out));
    }
    if (out.plays.empty()) {
        return fail(ErrorCode::kNotFound, "neither Stage2/interactions.csv nor Stage3/interactions.csv", root.string());
    }
    std::stable_sort(out.plays.begin(), out.plays.end(), [](const SitunesPlay& a, const SitunesPlay& b) {
        return a.person != b.person ? a.person < b.person : a.unix_s < b.unix_s;
    });
    return out;
}

}  // namespace attune::affect
