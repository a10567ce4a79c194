// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Names of things. Ids are UUIDv7 (RFC 9562), made only by an IdSource; a track's lasting name is its
/// content key.
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"

namespace attune {

/// 16 bytes with value semantics; all zero = none.
struct Id {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const Id&) const = default;
    [[nodiscard]] bool none() const { return *this == Id{}; }
    /// 8-4-4-4-12 lower-case hex.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static Result<Id> parse(std::string_view text);
};

/// BLAKE2b-128 over the first 30 s of demuxed audio packets: survives moves and new tags.
/// Until a track is analysed it stands for (path, size, mtime).
struct ContentKey {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const ContentKey&) const = default;
    [[nodiscard]] bool none() const { return *this == ContentKey{}; }
    /// 32 lower-case hex digits.
    [[nodiscard]] std::string hex() const;
    [[nodiscard]] static Result<ContentKey> parse(std::string_view hex);
};

namespace core {

/// Threads: next() from any thread. Two ids of one source never compare in the wrong order.
class IdSource {
public:
    /// Time from the wall clock, randomness from the system.
    IdSource();
    /// The same ids in every run, for tests and for fast sessions.
    explicit IdSource(std::uint64_t seed);
    [[nodiscard]] Id next();

private:
    std::mutex mutex_;  ///< guards all below
    Random random_;
    std::uint64_t last_ms_ = 0;
    std::uint64_t counter_ = 0;
    bool seeded_ = false;
};

}  // namespace core
}  // namespace attune

template <>
struct std::hash<attune::ContentKey> {
    std::size_t operator()(const attune::ContentKey& k) const noexcept {
        std::size_t h = 0;
        for (std::size_t i = 0; i < sizeof(std::size_t); ++i) h = h << 8 | k.bytes[i];
        return h;
    }
};
template <>
struct std::hash<attune::Id> {
    std::size_t operator()(const attune::Id& k) const noexcept {
        std::size_t h = 0;
        for (std::size_t i = 8; i < 16; ++i) h = h << 8 | k.bytes[i];
        return h;
    }
};
