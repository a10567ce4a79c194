// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/auth.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sys/stat.h>

#include <sodium.h>

#include "core/folders.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::serve {
namespace fs = std::filesystem;
namespace {

constexpr int kFreeFailures = 5;
constexpr std::size_t kMaxRemotes = 1000;

std::string token_hash(std::string_view token) {
    core::Blake2b hash(32);
    hash.update(token);
    return core::to_hex(hash.finish());
}

Result<void> write_private(const fs::path& file, std::string_view bytes) {
    ATTUNE_CHECK(core::write_file_atomically(file, bytes));
    ::chmod(file.c_str(), 0600);
    return {};
}

}  // namespace

Auth::Auth(fs::path keys_dir) : keys_dir_(std::move(keys_dir)) {
    if (sodium_init() < 0) std::abort();
    load_sessions();
}

bool Auth::password_set() const {
    std::error_code ec;
    return fs::exists(keys_dir_ / "owner.argon2id", ec);
}

Result<void> Auth::set_password(std::string_view password) {
    if (password.size() < kMinPasswordBytes || password.size() > kMaxPasswordBytes) {
        return fail(ErrorCode::kBadArgument, "the password has " + std::to_string(password.size()) +
                                                 " bytes; 10 to 256 are allowed");
    }
    ATTUNE_CHECK(core::make_folder(keys_dir_));
    std::error_code ec;
    fs::permissions(keys_dir_, fs::perms::owner_all, ec);
    char hash[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(
            hash, password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
            crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(ErrorCode::kUnavailable,
                    "not enough memory to store a password safely (64 MiB are needed)");
    }
    ATTUNE_CHECK(write_private(keys_dir_ / "owner.argon2id", hash));
    const std::lock_guard lock(mutex_);
    sessions_.clear();
    save_sessions();
    return {};
}

Result<std::string> Auth::log_in(std::string_view password, const std::string& remote,
                                 std::int64_t now_s) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = failures_.find(remote);
        if (found != failures_.end() && found->second.blocked_until_s > now_s) {
            return fail(ErrorCode::kBusy,
                        "too many wrong passwords; try again in " +
                            std::to_string(found->second.blocked_until_s - now_s) + " s");
        }
    }
    if (password.size() > kMaxPasswordBytes)
        return fail(ErrorCode::kRefused, "the password is wrong");
    ATTUNE_TRY(const std::string stored, core::read_file(keys_dir_ / "owner.argon2id", 4096));
    bool right = false;
    {
        const std::lock_guard one_at_a_time(hashing_);
        right = crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
    }
    const std::lock_guard lock(mutex_);
    if (!right) {
        if (failures_.size() >= kMaxRemotes && !failures_.contains(remote))
            failures_.erase(failures_.begin());
        Failures& f = failures_[remote];
        if (++f.count >= kFreeFailures) {
            f.blocked_until_s =
                now_s + std::min<std::int64_t>(300, std::int64_t{2}
                                                        << std::min(f.count - kFreeFailures, 8));
        }
        return fail(ErrorCode::kRefused, "the password is wrong");
    }
    failures_.erase(remote);
    std::array<std::uint8_t, 32> random{};
    randombytes_buf(random.data(), random.size());
    const std::string token = core::to_hex(random);
    std::erase_if(sessions_, [&](const auto& s) { return s.second <= now_s; });
    sessions_[token_hash(token)] = now_s + kSessionSeconds;
    save_sessions();
    return token;
}

bool Auth::valid(std::string_view token, std::int64_t now_s) {
    if (token.size() != 64) return false;
    const std::string hash = token_hash(token);
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(hash);
    return found != sessions_.end() && found->second > now_s;
}

void Auth::log_out(std::string_view token) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(token_hash(token));
    save_sessions();
}

void Auth::save_sessions() const {
    std::string text;
    for (const auto& [hash, end_s] : sessions_) text += hash + " " + std::to_string(end_s) + "\n";
    // Losing this file only means logging in again, so a failure to write it is not an error here.
    static_cast<void>(write_private(keys_dir_ / "web_sessions", text));
}

void Auth::load_sessions() {
    const auto text = core::read_file(keys_dir_ / "web_sessions", 1U << 20);
    if (!text) return;
    const std::lock_guard lock(mutex_);
    for (const std::string_view line : core::split(*text, '\n')) {
        const std::size_t space = line.find(' ');
        if (space != 64) continue;
        if (const auto end_s = core::parse_int(line.substr(space + 1)))
            sessions_[std::string(line.substr(0, 64))] = *end_s;
    }
}

}  // namespace attune::serve
