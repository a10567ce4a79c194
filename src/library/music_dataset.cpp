// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/music_dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/detail/byte_stream.hpp"
#include "library/music_model.hpp"
#include "library/track_analysis.hpp"
#include "signal/music_descriptors.hpp"

namespace attune::library {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kCalmTags{
    "calm/peaceful", "soothing",         "relaxed",   "gentle",
    "soft/quiet",    "laid-back/mellow", "meditative"};

/// Rows of a CSV file as maps from column to cell.
using Table = std::vector<std::map<std::string, std::string>>;

Result<Table> read_table(const fs::path& file) {
    ATTUNE_TRY(const auto text, core::read_file(file));
    auto lines = parse_csv(text);
    if (!lines) return fail_in(std::move(lines).error(), file.string());
    if (lines->empty()) return fail(ErrorCode::kCorrupt, "the table is empty", file.string());
    Table table;
    for (std::size_t i = 1; i < lines->size(); ++i) {
        std::map<std::string, std::string> row;
        for (std::size_t c = 0; c < std::min((*lines)[i].size(), lines->front().size()); ++c)
            row[lines->front()[c]] = (*lines)[i][c];
        table.push_back(std::move(row));
    }
    return table;
}

std::string cell(const std::map<std::string, std::string>& row, const char* column) {
    const auto at = row.find(column);
    return at == row.end() ? std::string{} : at->second;
}

std::optional<double> likert(const std::map<std::string, std::string>& row, const char* column,
                             double offset) {
    const auto v = core::parse_double(cell(row, column));
    return v ? std::optional((*v - offset) / 2.0) : std::nullopt;  // 1..5 → -1..1
}

/// Clip names (stem of the file) → file, over a folder.
Result<std::map<std::string, fs::path>> audio_of(const fs::path& folder) {
    ATTUNE_TRY(const auto files, learn::files_under(folder));
    std::map<std::string, fs::path> out;
    for (const fs::path& f : files) out[f.stem().string()] = f;
    return out;
}

Result<std::vector<Clip>> musifeast(const fs::path& root) {
    ATTUNE_TRY(const auto table, read_table(root / "MUSIFEAST17_all.csv"));
    ATTUNE_TRY(const auto audio, audio_of(root / "audio"));
    std::vector<Clip> clips;
    for (const auto& row : table) {
        Clip c;
        c.set = "musifeast17";
        c.name = cell(row, "CLIP_NAME");
        const auto at = audio.find(c.name);
        if (at == audio.end()) continue;  // kept elsewhere
        c.file = at->second;
        c.artist = artist_key(cell(row, "ARTIST"));
        c.genre = cell(row, "GENRE");
        c.valence = likert(row, "valence_M", 3.0);
        c.arousal = likert(row, "arousal_M", 3.0);
        c.valence_sd = likert(row, "valence_SD", 0.0);
        c.arousal_sd = likert(row, "arousal_SD", 0.0);
        clips.push_back(std::move(c));
    }
    return clips;
}

bool has_calm_tag(const std::map<std::string, std::string>& row) {
    for (const char* column : {"MoodsStr", "MoodsStrSplit", "MoodsFoundStr"}) {
        const std::string moods = cell(row, column);
        for (const auto mood : core::split(moods, ';')) {
            if (std::find(kCalmTags.begin(), kCalmTags.end(),
                          core::to_lower_ascii(core::trim(mood))) != kCalmTags.end())
                return true;
        }
    }
    return false;
}

Result<std::vector<Clip>> panda(const fs::path& root) {
    ATTUNE_TRY(const auto table, read_table(root / "metadata.csv"));
    ATTUNE_TRY(const auto audio, audio_of(root / "audio"));
    std::vector<Clip> clips;
    for (const auto& row : table) {
        Clip c;
        c.set = "panda_4q";
        c.name = cell(row, "Song");
        const auto at = audio.find(c.name);
        const std::string quadrant = cell(row, "Quadrant");
        if (at == audio.end() || quadrant.size() != 2 || quadrant[0] != 'Q' || quadrant[1] < '1' ||
            quadrant[1] > '4')
            continue;
        c.file = at->second;
        c.artist = artist_key(cell(row, "Artist"));
        c.quadrant = quadrant[1] - '1';
        c.calm = has_calm_tag(row);
        const std::string genres = cell(row, "GenresStr");
        c.genre = std::string(core::trim(core::split(genres, ';').front()));
        clips.push_back(std::move(c));
    }
    return clips;
}

/// The whole first, then its halves.
using Views = std::vector<std::vector<float>>;

Result<Views> measure(const fs::path& file, const core::CancelToken* cancel) {
    ATTUNE_TRY(auto analysis, analyse_file(file, cancel));
    if (analysis.descriptors.empty())
        return fail(ErrorCode::kCorrupt, "the clip is silent or longer than 45 s", file.string());
    Views views{std::move(analysis.descriptors)};
    for (auto& half : analysis.halves) views.push_back(std::move(half));
    return views;
}

/// Descriptors from the cache, else measured and put there.
Result<Views> descriptors_of(const fs::path& file, const fs::path& data_dir, const core::CancelToken* cancel) {
    ATTUNE_TRY(const auto bytes, core::read_file(file));
    core::Blake2b hash(16);
    hash.update(descriptor_fingerprint());
    hash.update(bytes);
    const fs::path cached = data_dir / "cache" / "music-descriptors" / (core::to_hex(hash.finish()) + "-views");
    const std::size_t d = signal::descriptor_names().size();
    if (const auto kept = core::read_file(cached); kept && !kept->empty() && kept->size() % (4 * d) == 0) {
        learn::detail::ByteReader reader(*kept);
        Views views(kept->size() / (4 * d), std::vector<float>(d));
        for (auto& x : views)
            for (float& v : x) v = reader.f32();
        return views;
    }
    ATTUNE_TRY(auto views, measure(file, cancel));
    std::string out;
    learn::detail::ByteWriter writer(out);
    for (const auto& x : views)
        for (const float v : x) writer.f32(v);
    std::error_code ignored;
    fs::create_directories(cached.parent_path(), ignored);
    static_cast<void>(core::write_file_atomically(cached, out));  // a cache that cannot be written costs time only
    return views;
}

/// "é" → "e" for the two-byte letters of Latin-1 and Latin Extended-A that names use.
std::string without_accents(std::string_view text) {
    static const std::map<std::string_view, char> letters{
        {"à", 'a'}, {"á", 'a'}, {"â", 'a'}, {"ã", 'a'}, {"ä", 'a'}, {"å", 'a'}, {"ç", 'c'},
        {"è", 'e'}, {"é", 'e'}, {"ê", 'e'}, {"ë", 'e'}, {"ì", 'i'}, {"í", 'i'}, {"î", 'i'},
        {"ï", 'i'}, {"ñ", 'n'}, {"ò", 'o'}, {"ó", 'o'}, {"ô", 'o'}, {"õ", 'o'}, {"ö", 'o'},
        {"ø", 'o'}, {"ù", 'u'}, {"ú", 'u'}, {"û", 'u'}, {"ü", 'u'}, {"ý", 'y'}, {"ÿ", 'y'},
        {"À", 'a'}, {"Á", 'a'}, {"Â", 'a'}, {"Ä", 'a'}, {"Å", 'a'}, {"Ç", 'c'}, {"È", 'e'},
        {"É", 'e'}, {"Ê", 'e'}, {"Í", 'i'}, {"Ñ", 'n'}, {"Ó", 'o'}, {"Ö", 'o'}, {"Ø", 'o'},
        {"Ú", 'u'}, {"Ü", 'u'}, {"ć", 'c'}, {"č", 'c'}, {"ł", 'l'}, {"ń", 'n'}, {"š", 's'},
        {"Š", 's'}, {"ż", 'z'}, {"ž", 'z'}};
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto at = i + 1 < text.size() ? letters.find(text.substr(i, 2)) : letters.end();
        if (at == letters.end()) {
            out.push_back(text[i]);
        } else {
            out.push_back(at->second);
            ++i;
        }
    }
    return out;
}

void cut_at(std::string& text, std::string_view mark) {
    if (const auto at = text.find(mark); at != std::string::npos && at > 0) text.resize(at);
}

}  // namespace

std::string artist_key(std::string_view artist) {
    std::string text = core::to_lower_ascii(without_accents(artist));
    for (const std::string_view mark :
         {" feat. ", " feat ", " ft. ", " ft ", " featuring ", " (feat", " & his ", " & her ",
          " & the ", " and his ", " and her ", " and the ", " with his ", " with the "}) {
        cut_at(text, mark);
    }
    if (text.starts_with("the ")) text.erase(0, 4);
    std::string key;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || u >= 0x80) key.push_back(c);
    }
    return key;
}

Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text) {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> line;
    std::string value;
    bool quoted = false, any = false;
    const auto end_line = [&] {
        if (any || !line.empty()) {
            line.push_back(std::move(value));
            lines.push_back(std::move(line));
        }
        line.clear();
        value.clear();
        any = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"')
                value.push_back(c);
            else if (i + 1 < text.size() && text[i + 1] == '"')
                value.push_back(text[++i]);
            else
                quoted = false;
            continue;
        }
        if (c == '"')
            quoted = any = true;
        else if (c == ',')
            line.push_back(std::move(value)), value.clear(), any = true;
        else if (c == '\n')
            end_line();
        else if (c != '\r')
            value.push_back(c), any = true;
    }
    if (quoted)
        return fail(ErrorCode::kCorrupt, "a quote in line " + std::to_string(lines.size() + 1) +
                                             " of the table is never closed");
    end_line();
    return lines;
}

std::vector<double> predict(const MusicModel& model, const Clip& clip) {
    std::vector<const std::vector<float>*> windows{&clip.descriptors};
    for (const auto& half : clip.halves) {
        if (model.by_views) windows.push_back(&half);
    }
    return model.predict_mean(windows);
}

std::vector<std::string> artists(const MusicSets& sets, std::span<const std::size_t> clips) {
    std::vector<std::string> out;
    for (const std::size_t i : clips) out.push_back(sets.clips[i].artist);
    return out;
}

std::vector<std::size_t> apart(const MusicSets& sets, std::span<const std::size_t> others,
                               std::span<const std::size_t> clips) {
    std::set<std::string> taken;
    for (const std::size_t i : clips) taken.insert(sets.clips[i].artist);
    std::vector<std::size_t> out;
    for (const std::size_t i : others) {
        if (!taken.contains(sets.clips[i].artist)) out.push_back(i);
    }
    return out;
}

std::vector<std::size_t> MusicSets::of(std::string_view set) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (clips[i].set == set) out.push_back(i);
    }
    return out;
}

Result<MusicSets> load_music_sets(const fs::path& data, const fs::path& data_dir,
                                  const std::vector<std::string>& sets,
                                  const learn::Progress& progress,
                                  const core::CancelToken* cancel) {
    MusicSets out;
    std::vector<fs::path> hashed;
    for (const std::string& set : sets) {
        const auto root = learn::find_set(data, set);
        if (!root) continue;
        ATTUNE_TRY(auto clips, set == "musifeast17" ? musifeast(*root) : panda(*root));
        if (clips.empty()) continue;
        out.found.push_back(set);
        hashed.push_back(*root / (set == "musifeast17" ? "MUSIFEAST17_all.csv" : "metadata.csv"));
        for (Clip& c : clips) out.clips.push_back(std::move(c));
    }
    if (out.found.empty()) {
        return fail(ErrorCode::kNotFound,
                    "no clips of musifeast17 or panda_4q are below this folder", data.string());
    }
    std::sort(out.clips.begin(), out.clips.end(), [](const Clip& a, const Clip& b) {
        return std::tie(a.set, a.name) < std::tie(b.set, b.name);
    });
    std::size_t done = 0;
    for (Clip& c : out.clips) {
        if (cancel != nullptr && cancel->cancelled())
            return fail(ErrorCode::kCancelled, "reading the clips was cancelled");
        if (c.artist.empty()) c.artist = c.name;
        auto views = descriptors_of(c.file, data_dir, cancel);
        if (views) {
            c.descriptors = std::move(views->front());
            c.halves.assign(std::make_move_iterator(views->begin() + 1), std::make_move_iterator(views->end()));
        } else {
            out.warnings.push_back(views.error().describe());
        }
        hashed.push_back(c.file);
        if (progress) progress("descriptors", ++done, out.clips.size());
    }
    std::erase_if(out.clips, [](const Clip& c) { return c.descriptors.empty(); });
    ATTUNE_TRY(out.data_sha256, learn::data_sha256(data, hashed));
    return out;
}

}  // namespace attune::library
