// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads FER2013 (with FER+ votes) as strips of 48x48 grey faces and labels.csv.
///
/// In       DIR/labels.csv and DIR/strips/fer2013_NNN.png (48 wide, 48*n high, 8 bit grey)
/// Out      faces in index order; any subset of the splits may be there (unseen data come alone)
/// Threads  pure
/// Errors   kNotFound without labels.csv or a strip that rows need; kCorrupt with file:line for a bad
///          row, a strip of another shape; nothing is skipped silently
/// Data     Goodfellow et al. 2013, arXiv:1307.0414; votes: Barsoum et al. 2016, arXiv:1608.01041
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

enum class FerSplit { kTraining, kPublicTest, kPrivateTest };
[[nodiscard]] const char* to_string(FerSplit split) noexcept;

/// Order of the outputs of every face network of ours.
inline constexpr std::array<const char*, 7> kFerLabels = {"angry",    "disgusted", "fearful", "happy",
                                                          "sad",      "surprised", "neutral"};
inline constexpr int kFerClasses = 7;
inline constexpr int kFerPixels = 48 * 48;
/// Columns of the FER+ votes.
enum FerVote { kVoteNeutral, kVoteHappy, kVoteSurprise, kVoteSad, kVoteAnger, kVoteDisgust,
               kVoteFear, kVoteContempt, kVoteUnknown, kVoteNoFace, kFerVotes };

struct FerFace {
    int index = 0;                 ///< strip * 512 + place in the strip
    FerSplit split = FerSplit::kTraining;
    int label = 0;                 ///< into kFerLabels
    bool ambiguous = false;        ///< identical pictures with different labels in one split
    int dup_group = -1;            ///< identical pictures share a number; -1 = alone
    bool twin_in_training = false; ///< a test face that Training holds too
    std::optional<std::array<std::uint8_t, kFerVotes>> votes;
    std::array<std::uint8_t, kFerPixels> pixels{};
};

/// Reads the faces of `splits`. Strips without any wanted row are not opened.
[[nodiscard]] Result<std::vector<FerFace>> read_fer2013(const std::filesystem::path& dir,
                                                        std::span<const FerSplit> splits);

/// What a folder holds of one split, without opening a picture.
struct FerHolding {
    std::size_t faces = 0;           ///< rows of labels.csv
    std::size_t strips = 0;          ///< that those rows need
    std::size_t strips_missing = 0;  ///< of these, not there
    bool own_strip = false;          ///< a strip is there that holds faces of this split alone
    bool twins_known = false;        ///< some row says whether Training holds the same picture
};
/// By FerSplit. Reads labels.csv alone: a split can be counted whose pictures are elsewhere.
[[nodiscard]] Result<std::array<FerHolding, 3>> fer2013_holdings(const std::filesystem::path& dir);

/// The label that more than half of the ten votes name, if it is one of the seven; else nullopt.
[[nodiscard]] std::optional<int> ferplus_majority(const FerFace& face) noexcept;

}  // namespace attune::learn
