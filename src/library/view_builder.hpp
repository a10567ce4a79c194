// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Rows of the catalogue → the immutable columns that planning reads.
#include <cstdint>
#include <map>
#include <vector>

#include "flow/library_view.hpp"
#include "library/track_row.hpp"

namespace attune::library {

/// Every row, sorted by content key; of one that is not analysed yet each number is unknown (NaN): only the table for
/// tracks without analysis can choose it. Embeddings are kept if all that exist have one
/// length.
[[nodiscard]] flow::LibraryViewPtr
build_view(std::uint64_t version, const std::vector<TrackRow>& rows,
           const std::map<ContentKey, std::vector<float>>& embeddings);

}  // namespace attune::library
