// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/voice_set.hpp"

#include <algorithm>

#include "core/paths.hpp"
#include "core/text.hpp"
#include "media/pcm_reader.hpp"
#include "signal/voice_pitch.hpp"

namespace attune::learn {
namespace {

constexpr std::size_t kLabelsMaxBytes = 16U << 20;
constexpr double kMaxSeconds = 60.0;

Result<std::size_t> column(const std::vector<std::string_view>& names, std::string_view name,
                           const std::string& file) {
    const auto it = std::ranges::find(names, name);
    if (it == names.end()) {
        return fail(ErrorCode::kCorrupt, "no column '" + std::string(name) + "'", file + ":1");
    }
    return static_cast<std::size_t>(it - names.begin());
}

}  // namespace

std::optional<int> voice_label(std::string_view emotion) noexcept {
    struct Word { std::string_view word; int label; };
    static constexpr Word kWords[] = {
        {"neutral", 0}, {"calm", 1},  {"happy", 2},   {"happiness", 2}, {"sad", 3},     {"sadness", 3},
        {"angry", 4},   {"anger", 4}, {"fearful", 5}, {"fear", 5},      {"disgust", 6}, {"surprised", 7}};
    for (const auto& [word, label] : kWords) {
        if (word == emotion) return label;
    }
    return std::nullopt;
}

Result<std::vector<VoiceClip>> read_voice_set(const std::filesystem::path& dir) {
    const auto csv = dir / "labels.csv";
    std::error_code ignored;
    if (!std::filesystem::exists(csv, ignored)) {
        return fail(ErrorCode::kNotFound, "there is no labels.csv of recorded speech", dir.string());
    }
    ATTUNE_TRY(const std::string text, core::read_file(csv, kLabelsMaxBytes));
    const auto lines = core::split(text, '\n');
    auto names = core::split(lines.front(), ',');
    for (auto& n : names) n = core::trim(n);
    ATTUNE_TRY(const auto file, column(names, "file", csv.string()));
    ATTUNE_TRY(const auto speaker, column(names, "speaker", csv.string()));
    ATTUNE_TRY(const auto gender, column(names, "gender", csv.string()));
    ATTUNE_TRY(const auto emotion, column(names, "emotion", csv.string()));
    std::vector<VoiceClip> clips;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (core::trim(lines[i]).empty()) continue;
        const auto cells = core::split(lines[i], ',');
        const std::string place = csv.string() + ":" + std::to_string(i + 1);
        if (cells.size() <= std::max({file, speaker, gender, emotion})) {
            return fail(ErrorCode::kCorrupt, "the row has " + std::to_string(cells.size()) + " cells", place);
        }
        const auto label = voice_label(core::trim(cells[emotion]));
        if (!label) {
            return fail(ErrorCode::kCorrupt, "'" + std::string(cells[emotion]) + "' is none of the eight emotions", place);
        }
        const std::filesystem::path name(std::string(core::trim(cells[file])));
        if (name.empty() || name != name.filename() || core::trim(cells[speaker]).empty()) {
            return fail(ErrorCode::kCorrupt, "a clip needs a plain file name and a speaker", place);
        }
        const auto folder = std::filesystem::exists(dir / "ogg", ignored) ? dir / "ogg" : dir;
        clips.push_back({folder / name, std::string(core::trim(cells[speaker])),
                         std::string(core::trim(cells[gender])), *label});
    }
    return clips;
}

Result<std::vector<float>> read_voice(const std::filesystem::path& file) {
    ATTUNE_TRY(auto pcm, media::decode_all(file.string(), signal::kVoiceRate, 1, kMaxSeconds));
    return std::move(pcm.samples);
}

}  // namespace attune::learn
