// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Bounded ring between one producing and one consuming thread, wait-free on both sides.
///
/// Threads  push side: one thread; pop side: one other thread. All calls are RT-SAFE for trivially
///          copyable T. Each side acquires the index of the *other* side and releases its own.
/// Full     push() takes what fits and returns how much; nothing is overwritten, the caller counts drops.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "core/assert.hpp"

namespace attune::core {

template <typename T>
class SpscRing {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    /// Holds at least `capacity` items (rounded up to a power of two); capacity > 0.
    explicit SpscRing(std::size_t capacity)
        : items_(std::bit_ceil(std::max<std::size_t>(capacity, 1))), mask_(items_.size() - 1) {}

    SpscRing(const SpscRing&) = delete;
    SpscRing& operator=(const SpscRing&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return items_.size(); }

    /// Producer only. Items taken, from the front of `in`.
    std::size_t push(std::span<const T> in) noexcept {
        const std::size_t head = head_.load(std::memory_order_relaxed);
        const std::size_t tail = tail_.load(std::memory_order_acquire);
        const std::size_t n = std::min(in.size(), items_.size() - (head - tail));
        copy_in(head & mask_, in.first(n));
        head_.store(head + n, std::memory_order_release);
        return n;
    }
    bool push(const T& item) noexcept { return push(std::span<const T>(&item, 1)) == 1; }

    /// Consumer only. Items delivered to the front of `out`.
    std::size_t pop(std::span<T> out) noexcept {
        const std::size_t n = peek(out);
        drop(n);
        return n;
    }
    bool pop(T& item) noexcept { return pop(std::span<T>(&item, 1)) == 1; }

    /// Consumer only. Like pop(), but the items stay.
    std::size_t peek(std::span<T> out) const noexcept {
        const std::size_t tail = tail_.load(std::memory_order_relaxed);
        const std::size_t head = head_.load(std::memory_order_acquire);
        const std::size_t n = std::min(out.size(), head - tail);
        const std::size_t first = std::min(n, items_.size() - (tail & mask_));
        std::copy_n(items_.data() + (tail & mask_), first, out.data());
        std::copy_n(items_.data(), n - first, out.data() + first);
        return n;
    }
    /// Consumer only. Forgets the n oldest items; n <= size().
    void drop(std::size_t n) noexcept {
        tail_.store(tail_.load(std::memory_order_relaxed) + n, std::memory_order_release);
    }

    /// Either side; the other may move on at once, so producers see an upper and consumers a lower bound.
    [[nodiscard]] std::size_t size() const noexcept {
        const std::size_t tail = tail_.load(std::memory_order_acquire);
        return head_.load(std::memory_order_acquire) - tail;
    }
    [[nodiscard]] std::size_t space() const noexcept { return items_.size() - size(); }

private:
    void copy_in(std::size_t at, std::span<const T> in) noexcept {
        const std::size_t first = std::min(in.size(), items_.size() - at);
        std::copy_n(in.data(), first, items_.data() + at);
        std::copy_n(in.data() + first, in.size() - first, items_.data());
    }

    static constexpr std::size_t kCacheLine = 64;
    std::vector<T> items_;
    std::size_t mask_;
    alignas(kCacheLine) std::atomic<std::size_t> head_{0};  ///< written by the producer
    alignas(kCacheLine) std::atomic<std::size_t> tail_{0};  ///< written by the consumer
};

}  // namespace attune::core
