// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Hashes, through libsodium: BLAKE2b for keys and chains, SHA-256 for files that people check.
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::core {

/// Incremental BLAKE2b (RFC 7693) with a digest of 16..64 bytes.
class Blake2b {
public:
    explicit Blake2b(std::size_t digest_bytes);
    ~Blake2b();
    Blake2b(Blake2b&&) noexcept;
    Blake2b& operator=(Blake2b&&) noexcept;
    void update(std::span<const std::uint8_t> bytes);
    void update(std::string_view text);
    /// Eight bytes, little end first.
    void update_u64(std::uint64_t value);
    /// Call once.
    [[nodiscard]] std::vector<std::uint8_t> finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Hex of SHA-256 over bytes, and over a file read in blocks.
[[nodiscard]] std::string sha256_hex(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string sha256_hex(std::string_view text);
[[nodiscard]] Result<std::string> sha256_hex_of_file(const std::filesystem::path& file);

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
/// Fails on an odd length or a character outside 0-9a-fA-F.
[[nodiscard]] Result<std::vector<std::uint8_t>> from_hex(std::string_view hex);

}  // namespace attune::core
