// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Sixteen pieces over the plane and the styles, composed and rendered at the first start.
///
/// Out      DATA/starter/NN-title.flac, tagged (album "Attune starter", genre, ReplayGain), 60..120 s each
/// Threads  make_starter_library() works with up to `threads` of its own and returns when all are joined
/// Errors   kUnavailable without a soundfont; kDiskFull, kIo; kCancelled. What is finished stays: the next call
///          makes only what is missing (a file is either whole or not there)
#include <filesystem>
#include <functional>
#include <vector>

#include "compose/composer.hpp"
#include "core/cancel.hpp"

namespace attune::compose {

struct StarterPiece {
    Brief brief;
    std::string file;    ///< within the folder
    std::string genre;
};
/// In the order of their track numbers.
[[nodiscard]] const std::vector<StarterPiece>& starter_pieces();

struct StarterOptions {
    int threads = 2;                                        ///< 1..8
    std::function<void(std::size_t done, std::size_t total)> progress;  ///< called from the workers, one at a time
    const core::CancelToken* cancel = nullptr;
};
/// Files in order.
[[nodiscard]] Result<std::vector<std::filesystem::path>> make_starter_library(const std::filesystem::path& folder,
                                                                              const StarterOptions& options = {});

}  // namespace attune::compose
