// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/command_line.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace attune::app {

int report_error(const Context& context, const Error& error) {
    if (context.json) {
        const nlohmann::json object = {{"error",
                                        {{"code", to_string(error.code)},
                                         {"message", error.message},
                                         {"context", error.context}}}};
        std::puts(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    }
    std::fprintf(stderr, "attune: %s\n", error.describe().c_str());
    return error.code == ErrorCode::kBadArgument ? kBadUsage : kFailed;
}

void show_progress(std::string_view what, std::size_t done, std::size_t total, double elapsed_s) {
    static const bool terminal = isatty(STDERR_FILENO) != 0;
    static double last_line_s = -1e9;
    const bool end = done >= total;
    if (!terminal && !end && elapsed_s - last_line_s < 5.0) return;
    last_line_s = end ? -1e9 : elapsed_s;
    const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    const double left_s = share > 0.0 ? elapsed_s * (1.0 - share) / share : 0.0;
    std::fprintf(stderr, "%s%.*s %zu/%zu (%.0f %%), %.0f s left%s", terminal ? "\r\033[K" : "",
                 static_cast<int>(what.size()), what.data(), done, total, 100.0 * share,
                 std::ceil(left_s), terminal && !end ? "" : "\n");
    std::fflush(stderr);
}

}  // namespace attune::app
