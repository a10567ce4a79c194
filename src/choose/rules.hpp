// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Hard rules: what may not be chosen at all (affect_spec C, HARD).
#include <cstdint>
#include <vector>

#include "choose/request.hpp"

namespace attune::choose {

enum class Refusal {
    kNone,
    kBlocked,       ///< track, artist or tag
    kMemoryMark,    ///< "ask", "only with me", "never": not unasked
    kDisliked,      ///< P(liking < 0) > .5
    kUnfamiliar,    ///< flagged listener: own known music only
    kRecent,        ///< heard within the hour (starter pieces: within ten minutes)
    kEnergising,    ///< policy forbids to energise
};
[[nodiscard]] const char* to_string(Refusal refusal) noexcept;

/// Fewer admissible familiar tracks than this and the rule of familiarity is waived, except for flagged
/// people (chosen).
inline constexpr std::size_t kMinFamiliar = 12;
inline constexpr double kReturnAfterS = 3600.0;
inline constexpr double kStarterReturnAfterS = 600.0;

/// The rules of one request, prepared for fast answers. Keeps a reference to the request.
class Rules {
public:
    explicit Rules(const PlanRequest& request);
    [[nodiscard]] Refusal refusal(std::size_t row) const;
    [[nodiscard]] bool allowed(std::size_t row) const { return refusal(row) == Refusal::kNone; }
    /// Only its mark "ask" keeps it out, and the listener was not asked yet.
    [[nodiscard]] bool suggestible(std::size_t row) const;
    [[nodiscard]] bool familiar(std::size_t row) const;
    /// Rows of familiar tracks that are allowed, in content-key order.
    [[nodiscard]] const std::vector<std::uint32_t>& familiar_rows() const { return familiar_rows_; }
    /// Too few familiar tracks to demand them.
    [[nodiscard]] bool familiarity_waived() const { return waived_; }
    /// After how long a row may return within this plan [s].
    [[nodiscard]] double return_after_s(std::size_t row) const;

private:
    [[nodiscard]] bool blocked(std::size_t row) const;
    [[nodiscard]] Refusal refused_always(std::size_t row) const;    ///< whatever anybody said
    [[nodiscard]] Refusal refused_unasked(std::size_t row) const;   ///< but for memory marks
    const PlanRequest& request_;
    std::vector<char> artist_blocked_, genre_blocked_;
    std::vector<std::uint32_t> recent_;   ///< sorted rows
    std::vector<std::uint32_t> familiar_all_;   ///< sorted rows, allowed or not
    std::vector<std::uint32_t> familiar_rows_;
    bool waived_ = false;
};

}  // namespace attune::choose
