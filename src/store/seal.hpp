// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Everything personal passes through here on its way to and from a column.
///
/// key_id 0 means plain. A person's data key (key_id > 0) seals with XChaCha20-Poly1305 (libsodium);
/// erasing a person destroys the key, and with it every backup of what it sealed.
#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "core/result.hpp"
#include "store/value.hpp"

namespace attune::store {

using DataKey = std::array<std::uint8_t, 32>;

class Seal {
public:
    /// `active` is the key that new values are sealed with; 0 = plain.
    Seal() = default;
    Seal(std::map<std::int64_t, DataKey> keys, std::int64_t active)
        : keys_(std::move(keys)), active_(active) {}

    [[nodiscard]] std::int64_t key_id() const noexcept { return active_; }
    [[nodiscard]] Result<Blob> seal(std::span<const std::uint8_t> plain) const;
    /// kRefused if the key was destroyed, kCorrupt if the bytes were altered.
    [[nodiscard]] Result<Blob> open(std::int64_t key_id, std::span<const std::uint8_t> sealed) const;

private:
    std::map<std::int64_t, DataKey> keys_;
    std::int64_t active_ = 0;
};

}  // namespace attune::store
