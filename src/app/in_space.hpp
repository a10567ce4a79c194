// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What every command on a space needs: it opened, its errors told, its answer printed.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "session/space.hpp"

namespace attune::app {

inline void print(const nlohmann::json& object) {
    std::puts(object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

/// Opens the space and runs `work(space) -> Result<int>` on it; every error ends in report_error.
template <typename Work>
int in_space(Context& context, const Work& work) {
    auto space = session::Space::open(context.data_dir, context.db_url);
    if (!space) return report_error(context, space.error());
    const Result<int> status = work(**space);
    return status ? *status : report_error(context, status.error());
}

}  // namespace attune::app
