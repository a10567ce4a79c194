// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A record as one self-contained HTML page that prints well: no external request, pictures inline,
/// headings, tables and descriptions that a screen reader follows.
#include <string>

#include "core/result.hpp"
#include "core/strings.hpp"
#include "report/pictures.hpp"
#include "session/record.hpp"
#include "session/summary.hpp"

namespace attune::report {

struct Options {
    Audience audience = Audience::kPerson;
    std::string generator;   ///< "attune 0.1.0"
};

/// `status` and the wall-clock start stand in the row; `strings` is the catalogue share/strings/en.json.
[[nodiscard]] std::string html(const session::SessionRow& row, const session::Summary& summary,
                               const core::Strings& strings, const Options& options);

}  // namespace attune::report
