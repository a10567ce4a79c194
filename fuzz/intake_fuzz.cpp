// SPDX-License-Identifier: GPL-3.0-or-later
// What a person's intake and settings look like in the store and over the web; the first byte chooses which. What is
// accepted reads back the same and makes a policy whose limits can be kept.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "care/policy_maker.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    care::Circumstances circumstances;
    if (data[0] % 2 == 0) {
        const auto intake = care::parse_intake(text);
        if (!intake || !care::check(*intake)) return 0;
        const auto again = care::parse_intake(care::text_of(*intake));
        if (!again || !(*again == *intake)) std::abort();
        circumstances.intake = *intake;
    } else {
        const auto settings = care::parse_settings(text);
        if (!settings || !care::check(*settings)) return 0;
        const auto again = care::parse_settings(care::text_of(*settings));
        if (!again || !(*again == *settings)) std::abort();
        circumstances.settings = *settings;
    }
    const flow::Policy policy = care::make_policy(circumstances);
    if (!std::isfinite(policy.ceiling_dba) || policy.ceiling_dba > 85.0) std::abort();
    if (!(policy.limits.valence > 0.0) || !(policy.limits.arousal > 0.0)) std::abort();
    for (const auto& track : circumstances.settings.blocked_tracks)
        if (!policy.blocks.tracks.contains(track)) std::abort();
    return 0;
}
