// SPDX-License-Identifier: GPL-3.0-or-later
#include "flow/library_view.hpp"

#include <algorithm>

namespace attune::flow {

std::optional<std::size_t> LibraryView::row(const ContentKey& k) const {
    const auto at = std::lower_bound(key.begin(), key.end(), k);
    if (at == key.end() || *at != k) return std::nullopt;
    return static_cast<std::size_t>(at - key.begin());
}

}  // namespace attune::flow
