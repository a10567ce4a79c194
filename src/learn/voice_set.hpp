// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads a set of acted speech: labels.csv (file, speaker, gender, emotion, ...) and ogg/ beside it.
///
/// Out      clips in the order of labels.csv; the samples of one, mono at 16 kHz
/// Errors   kNotFound without labels.csv; kCorrupt with file:line for an unknown emotion or an empty name;
///          decoding as media::decode_all
/// Data     RAVDESS: Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391; nEMO: Christop 2024
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

/// Order of the outputs of the voice network.
inline constexpr std::array<const char*, 8> kVoiceLabels = {"neutral", "calm",    "happy",   "sad",
                                                            "angry",   "fearful", "disgust", "surprised"};
inline constexpr int kVoiceClasses = 8;

struct VoiceClip {
    std::filesystem::path file;
    std::string speaker;
    std::string gender;
    int label = 0;  ///< into kVoiceLabels
};

[[nodiscard]] Result<std::vector<VoiceClip>> read_voice_set(const std::filesystem::path& dir);
/// "happiness" and "happy" are one; nullopt for a word that is none of the eight.
[[nodiscard]] std::optional<int> voice_label(std::string_view emotion) noexcept;
[[nodiscard]] Result<std::vector<float>> read_voice(const std::filesystem::path& file);

}  // namespace attune::learn
