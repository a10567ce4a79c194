// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/copy_guard.hpp"

#include <algorithm>

#include "core/paths.hpp"

namespace attune::compose {
namespace {

constexpr std::string_view kMagic = "ATTUNE-RUNS 1\n";
constexpr std::size_t kMostBytes = 8U << 20;
constexpr int kHashes = 8;
constexpr double kBitsPerRun = 12.0;

/// splitmix64's finaliser: the run's own hash is not spread evenly.
std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

/// Calls back each bit of a run (Kirsch & Mitzenmacher 2008: two hashes make all).
template <typename F>
void each_bit(const Run& run, std::size_t bits, F&& visit) {
    const std::uint64_t a = mixed(run.hash), b = mixed(run.hash ^ 0x9E3779B97F4A7C15ULL) | 1U;
    for (std::uint64_t k = 0; k < kHashes; ++k) visit(static_cast<std::size_t>((a + k * b) % bits));
}

}  // namespace

CopyGuard::CopyGuard(std::size_t runs) : bytes_(std::max<std::size_t>(64, static_cast<std::size_t>(kBitsPerRun * static_cast<double>(runs)) / 8), 0) {}

void CopyGuard::add(const Run& run) noexcept {
    each_bit(run, bytes_.size() * 8, [&](std::size_t bit) { bytes_[bit / 8] = static_cast<std::uint8_t>(bytes_[bit / 8] | (1U << (bit % 8))); });
}

bool CopyGuard::knows(const Run& run) const noexcept {
    if (bytes_.empty() || run.plain) return false;
    bool all = true;
    each_bit(run, bytes_.size() * 8, [&](std::size_t bit) { all = all && ((bytes_[bit / 8] >> (bit % 8)) & 1U) != 0; });
    return all;
}

std::string CopyGuard::to_bytes() const { return std::string(kMagic) + std::string(bytes_.begin(), bytes_.end()); }

Result<CopyGuard> CopyGuard::parse(std::string_view bytes) {
    if (bytes.substr(0, kMagic.size()) != kMagic) return fail(ErrorCode::kCorrupt, "not a filter of runs: it does not begin with ATTUNE-RUNS 1");
    const auto body = bytes.substr(kMagic.size());
    if (body.size() < 64 || body.size() > kMostBytes)
        return fail(ErrorCode::kCorrupt, "a filter of " + std::to_string(body.size()) + " bytes; 64.." + std::to_string(kMostBytes) + " are read");
    CopyGuard guard;
    guard.bytes_.assign(body.begin(), body.end());
    return guard;
}

Result<CopyGuard> CopyGuard::load() {
    const auto file = core::resource("free/compose_runs.filter");
    if (!file) return CopyGuard();
    ATTUNE_TRY(const auto bytes, core::read_file(*file, kMostBytes + 64));
    auto guard = parse(bytes);
    if (!guard) return fail_in(guard.error(), file->string());
    return guard;
}

}  // namespace attune::compose
