// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hash.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <sodium.h>

#include "core/assert.hpp"

namespace attune::core {

struct Blake2b::State {
    crypto_generichash_state hash;
    std::size_t bytes;
};

Blake2b::Blake2b(std::size_t digest_bytes) : state_(std::make_unique<State>()) {
    ATTUNE_ASSERT(digest_bytes >= crypto_generichash_BYTES_MIN &&
                  digest_bytes <= crypto_generichash_BYTES_MAX);
    state_->bytes = digest_bytes;
    crypto_generichash_init(&state_->hash, nullptr, 0, digest_bytes);
}

Blake2b::~Blake2b() = default;
Blake2b::Blake2b(Blake2b&&) noexcept = default;
Blake2b& Blake2b::operator=(Blake2b&&) noexcept = default;

void Blake2b::update(std::span<const std::uint8_t> bytes) {
    crypto_generichash_update(&state_->hash, bytes.data(), bytes.size());
}

void Blake2b::update(std::string_view text) {
    update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void Blake2b::update_u64(std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    update(bytes);
}

std::vector<std::uint8_t> Blake2b::finish() {
    std::vector<std::uint8_t> digest(state_->bytes);
    crypto_generichash_final(&state_->hash, digest.data(), digest.size());
    return digest;
}

std::string sha256_hex(std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
    return to_hex(digest);
}

std::string sha256_hex(std::string_view text) {
    return sha256_hex(
        std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Result<std::string> sha256_hex_of_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(ErrorCode::kIo, std::string("cannot read: ") + std::strerror(errno), file);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    std::vector<char> block(1 << 16);
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        crypto_hash_sha256_update(&state, reinterpret_cast<const std::uint8_t*>(block.data()),
                                  static_cast<unsigned long long>(in.gcount()));
    }
    if (in.bad()) return fail(ErrorCode::kIo, "reading stopped half-way", file);
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state, digest.data());
    return to_hex(digest);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t b : bytes) {
        text.push_back(kDigits[b >> 4]);
        text.push_back(kDigits[b & 15]);
    }
    return text;
}

Result<std::vector<std::uint8_t>> from_hex(std::string_view hex) {
    const auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (hex.size() % 2 != 0) {
        return fail(ErrorCode::kBadArgument, "hex text has an odd number of characters");
    }
    std::vector<std::uint8_t> bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = nibble(hex[i]);
        const int low = nibble(hex[i + 1]);
        if (high < 0 || low < 0) {
            return fail(ErrorCode::kBadArgument, "hex text holds a character outside 0-9 a-f",
                        "position " + std::to_string(i));
        }
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return bytes;
}

}  // namespace attune::core
