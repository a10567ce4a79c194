// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Acoustic fingerprints (Chromaprint) of the first two minutes, for finding duplicates. Never a
/// key.
///
/// In       mono samples at one rate
/// Out      32-bit words, about 8 a second, as bytes (little end first)
/// Threads  one owner a Fingerprinter; same_recording() any
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace attune::library {

class Fingerprinter {
public:
    explicit Fingerprinter(int rate_hz);
    ~Fingerprinter();
    Fingerprinter(Fingerprinter&&) noexcept;
    Fingerprinter& operator=(Fingerprinter&&) noexcept;
    void push(std::span<const float> mono);
    /// Empty if there was too little sound. Call once.
    [[nodiscard]] std::vector<std::uint8_t> finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Share of equal bits at the best offset within ±6 s, 0.5 = unrelated; 0 if they overlap by less
/// than 10 s.
[[nodiscard]] double similarity(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

/// Groups of tracks whose fingerprints agree in at least 85 % of bits: key → name of its group (the
/// smallest key's hex). Tracks without a double are absent.
[[nodiscard]] std::map<ContentKey, std::string>
recording_groups(const std::map<ContentKey, std::vector<std::uint8_t>>& fingerprints);

}  // namespace attune::library
