// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a session starts out knowing of its listener, and what it hands back at the end.
///
/// It travels as one text inside the Start event, so that replay needs nothing but the record.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "affect/fusion.hpp"
#include "choose/liking.hpp"
#include "choose/trajectory.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace attune::session {

struct PersonState {
    affect::PersonPrior prior;           ///< mood parameters and what was learnt about sources
    choose::LikingModel liking;
    choose::Pace pace;
    std::set<ContentKey> familiar;       ///< named at onboarding, liked, or heard to the end twice
    std::set<ContentKey> rated;          ///< the person told how these feel
    std::set<ContentKey> starter;        ///< pieces of the starter library
    std::vector<std::pair<ContentKey, double>> heard_before;  ///< track, seconds since its end; newest last
    std::int64_t day = 0;                ///< days since 1970, local
    std::int64_t ordinal = 0;            ///< of this session for this person; the first is 0

    [[nodiscard]] std::string text() const;
    [[nodiscard]] static Result<PersonState> parse(std::string_view text);
};

}  // namespace attune::session
