// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What this process has used of the machine.
#include <sys/resource.h>

namespace attune::core {

/// Processor time of all threads of this process so far, user and system [s].
[[nodiscard]] inline double cpu_seconds() noexcept {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

/// The most memory that was resident at once [MiB].
[[nodiscard]] inline double peak_rss_mib() noexcept {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_maxrss) / 1024.0;
}

}  // namespace attune::core
