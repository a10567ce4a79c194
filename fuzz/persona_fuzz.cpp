// SPDX-License-Identifier: GPL-3.0-or-later
// A persona's TOML over the shipped common values: what is accepted also lives.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sense/simulated_listener.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    static const auto base = sense::load_persona("anxious", sense::Family::kLinear);
    if (!base) std::abort();
    constexpr std::string_view kCommon = "[mood]\ntau_s = [240, 900]\nsigma = 0.2\n[appraisal]\nfast_tau_s = 10\n"
                                         "[body]\nheart_rate_bpm = 70\nsettling_tau_s = 300\neda_us = 2\nrespiration_per_min = 14\n";
    const auto persona = sense::parse_persona(kCommon, {reinterpret_cast<const char*>(data), size}, "", sense::Family::kLinear, "fuzz.toml");
    if (!persona) return 0;
    auto listener = sense::SimulatedListener::create(*persona, {});
    if (!listener) std::abort();
    listener->advance_to(Time{} + seconds(30));
    const flow::Va x = listener->true_mood();
    if (!(std::abs(x.valence) <= 1.0 && std::abs(x.arousal) <= 1.0)) std::abort();
    return 0;
}
