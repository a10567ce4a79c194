// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ids.hpp"

#include <algorithm>

#include <sodium.h>

#include "core/hash.hpp"
#include "core/time.hpp"

namespace attune {

std::string Id::text() const {
    std::string hex = core::to_hex(bytes);
    for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
    return hex;
}

Result<Id> Id::parse(std::string_view text) {
    std::string hex(text);
    std::erase(hex, '-');
    auto parsed = core::from_hex(hex);
    if (!parsed || parsed->size() != 16) {
        return fail(ErrorCode::kBadArgument,
                    "'" + std::string(text) + "' is not an id; ids are 32 hex digits");
    }
    Id id;
    std::copy(parsed->begin(), parsed->end(), id.bytes.begin());
    return id;
}

std::string ContentKey::hex() const { return core::to_hex(bytes); }

Result<ContentKey> ContentKey::parse(std::string_view hex) {
    auto parsed = core::from_hex(hex);
    if (!parsed || parsed->size() != 16) {
        return fail(ErrorCode::kBadArgument,
                    "'" + std::string(hex) + "' is not a track key; keys are 32 hex digits");
    }
    ContentKey key;
    std::copy(parsed->begin(), parsed->end(), key.bytes.begin());
    return key;
}

namespace core {
namespace {

std::uint64_t system_seed() {
    std::uint64_t seed = 0;
    randombytes_buf(&seed, sizeof seed);
    return seed;
}

}  // namespace

IdSource::IdSource() : random_(system_seed(), "core/ids") {}

IdSource::IdSource(std::uint64_t seed) : random_(seed, "core/ids"), seeded_(true) {}

Id IdSource::next() {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t ms =
        seeded_ ? last_ms_ : static_cast<std::uint64_t>(wall_now_ns() / 1'000'000);
    // Within one millisecond (or when the wall clock steps back) the 12-bit counter keeps the order.
    if (ms > last_ms_) {
        last_ms_ = ms;
        counter_ = 0;
    } else if (++counter_ > 0xfff) {
        ++last_ms_;
        counter_ = 0;
    }
    const std::uint64_t tail = random_.next();
    Id id;
    for (std::size_t i = 0; i < 6; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (8 * (5 - i)));
    }
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (counter_ >> 8));
    id.bytes[7] = static_cast<std::uint8_t>(counter_ & 0xff);
    for (std::size_t i = 0; i < 8; ++i) {
        id.bytes[8 + i] = static_cast<std::uint8_t>(tail >> (8 * (7 - i)));
    }
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace core
}  // namespace attune
