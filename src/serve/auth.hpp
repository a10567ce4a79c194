// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Who may come in. On the loopback address nobody is asked; elsewhere the owner's password is.
///
/// Method   Argon2id (RFC 9106) through libsodium, `interactive` limits; session tokens of 256
/// random bits,
///          of which only the BLAKE2b hash is kept, in memory and in keys/web_sessions (0600).
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace attune::serve {

inline constexpr std::size_t kMinPasswordBytes = 10, kMaxPasswordBytes = 256;
inline constexpr std::int64_t kSessionSeconds = 12 * 3600;

/// Threads: any.
class Auth {
public:
    /// keys_dir is the data folder's keys/; it is made (0700) when a password is set.
    explicit Auth(std::filesystem::path keys_dir);

    [[nodiscard]] bool password_set() const;
    /// 10..256 bytes. Replaces the old one and ends all sessions.
    [[nodiscard]] Result<void> set_password(std::string_view password);

    /// A fresh session token (hex). kRefused if the password is wrong, kBusy (with the seconds to
    /// wait in the message) after five failures in a row: then 2, 4, 8 ... 300 s for this `remote`,
    /// and at most one guess is computed at a time.
    [[nodiscard]] Result<std::string> log_in(std::string_view password, const std::string& remote,
                                             std::int64_t now_s);
    /// True while the token's session lasts.
    [[nodiscard]] bool valid(std::string_view token, std::int64_t now_s);
    void log_out(std::string_view token);

private:
    struct Failures {
        int count = 0;
        std::int64_t blocked_until_s = 0;
    };
    void save_sessions() const;  ///< call under mutex_
    void load_sessions();

    const std::filesystem::path keys_dir_;
    std::mutex hashing_;                            ///< one Argon2id at a time: 64 MiB each
    mutable std::mutex mutex_;                      ///< guards all below
    std::map<std::string, std::int64_t> sessions_;  ///< hash of token → end [s since 1970]
    std::map<std::string, Failures> failures_;      ///< by remote address; at most 1,000 kept
};

}  // namespace attune::serve
