// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/seal.hpp"

#include <sodium.h>

namespace attune::store {
namespace {
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(sizeof(DataKey) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
}  // namespace

Result<Blob> Seal::seal(std::span<const std::uint8_t> plain) const {
    if (active_ == 0) return Blob(plain.begin(), plain.end());
    const auto key = keys_.find(active_);
    if (key == keys_.end()) return fail(ErrorCode::kUnavailable, "the data key is missing");
    Blob out(kNonce + plain.size() + kTag);
    randombytes_buf(out.data(), kNonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonce, nullptr, plain.data(),
                                               plain.size(), nullptr, 0, nullptr, out.data(),
                                               key->second.data());
    return out;
}

Result<Blob> Seal::open(std::int64_t key_id, std::span<const std::uint8_t> sealed) const {
    if (key_id == 0) return Blob(sealed.begin(), sealed.end());
    const auto key = keys_.find(key_id);
    if (key == keys_.end()) {
        return fail(ErrorCode::kRefused, "the key of this record was destroyed; it cannot be read");
    }
    if (sealed.size() < kNonce + kTag) return fail(ErrorCode::kCorrupt, "sealed value is too short");
    Blob out(sealed.size() - kNonce - kTag);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr,
                                                   sealed.data() + kNonce, sealed.size() - kNonce,
                                                   nullptr, 0, sealed.data(), key->second.data()) != 0) {
        return fail(ErrorCode::kCorrupt, "sealed value was altered");
    }
    return out;
}

}  // namespace attune::store
