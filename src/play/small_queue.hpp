// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// First in, first out, N at most, no memory of its own beyond that.
///
/// Threads  one owner; RT-SAFE
#include <array>
#include <cstddef>
#include <optional>

namespace attune::play {

template <typename T, int N>
struct SmallQueue {
    std::array<T, static_cast<std::size_t>(N)> items{};
    int at = 0, size = 0;
    /// False if it is full.
    bool push(const T& x) noexcept {
        if (size == N) return false;
        items[static_cast<std::size_t>((at + size++) % N)] = x;
        return true;
    }
    /// Only if size > 0.
    [[nodiscard]] const T& front() const noexcept { return items[static_cast<std::size_t>(at)]; }
    [[nodiscard]] T& front() noexcept { return items[static_cast<std::size_t>(at)]; }
    [[nodiscard]] std::optional<T> pop() noexcept {
        if (size == 0) return std::nullopt;
        const T x = items[static_cast<std::size_t>(at)];
        at = (at + 1) % N;
        --size;
        return x;
    }
};

}  // namespace attune::play
