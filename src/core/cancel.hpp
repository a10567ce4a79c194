// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Long work asks, between steps, whether a person wants it to end.
#include <atomic>

namespace attune::core {

/// Threads: any. cancel() is async-signal-safe.
class CancelToken {
public:
    void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool cancelled() const noexcept {
        return cancelled_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<bool> cancelled_{false};
};

}  // namespace attune::core
