// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A symbolic judge of expressed emotion, not in the composer's loop: learned from people's labels of EMOPIA and VGMIDI.
///
/// In       notes with seconds, pitch, velocity (drums left out)
/// Out      valence and arousal, about -1..1: a ranking, not a scale
/// Errors   train(): kBadArgument for fewer than 50 pieces
/// Method   ridge regression on 34 standardised features (rate, velocity, register, spread, lengths, polyphony, key profile
///          and chroma relative to the tonic); its own score is cross-validated by song (EMOPIA) and game (VGMIDI)
#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compose/score.hpp"
#include "core/result.hpp"

namespace attune::compose {

struct HeardNote {
    double start_s = 0, length_s = 0;
    int pitch = 60, velocity = 64;
};
[[nodiscard]] std::vector<HeardNote> heard_notes(const Score& score);

inline constexpr std::size_t kJudgeFeatures = 34;
using JudgeFeatures = std::array<double, kJudgeFeatures>;
/// nullopt for fewer than 8 notes.
[[nodiscard]] std::optional<JudgeFeatures> judge_features(std::span<const HeardNote> notes);

struct JudgedPiece {
    std::string set, group;
    JudgeFeatures features{};
    double valence = 0, arousal = 0;
};
/// EMOPIA and VGMIDI below `data`, sorted by name.
[[nodiscard]] Result<std::vector<JudgedPiece>> read_judge_corpus(const std::filesystem::path& data);

class Judge {
public:
    [[nodiscard]] static Result<Judge> train(std::span<const JudgedPiece> pieces, double ridge = 30.0);
    [[nodiscard]] flow::Va rate(const JudgeFeatures& features) const;

private:
    std::array<double, kJudgeFeatures> mean_{}, scale_{};
    std::array<double, kJudgeFeatures + 1> valence_{}, arousal_{};
};

}  // namespace attune::compose
