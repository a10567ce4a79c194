// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Nothing is copied: knows which runs of eight notes the corpora hold, without holding any music.
///
/// A Bloom filter (Bloom 1970, doi:10.1145/362686.362692) over the hashes of all runs (craft.hpp) of POP909, Nottingham
/// and the chorales: what was put in is always known, about 1 in 300 others is taken for known, which costs a note a
/// neighbour. The composer moves the last note of a known run by a step.
/// In       models/free/compose_runs.filter; without it nothing is guarded
/// Threads  const from any
/// Errors   parse(): kCorrupt names what is wrong
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compose/craft.hpp"
#include "core/result.hpp"

namespace attune::compose {

class CopyGuard {
public:
    /// Knows nothing.
    CopyGuard() = default;
    /// For about `runs` runs.
    explicit CopyGuard(std::size_t runs);
    void add(const Run& run) noexcept;
    /// Plain runs (scales, repeated notes of one length) are nobody's.
    [[nodiscard]] bool knows(const Run& run) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

    [[nodiscard]] std::string to_bytes() const;
    [[nodiscard]] static Result<CopyGuard> parse(std::string_view bytes);
    /// The installed filter; an empty guard if there is none. kCorrupt if it is broken.
    [[nodiscard]] static Result<CopyGuard> load();

private:
    std::vector<std::uint8_t> bytes_;
};

}  // namespace attune::compose
