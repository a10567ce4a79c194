// SPDX-License-Identifier: GPL-3.0-or-later
// First byte: text or binary. What is accepted keeps the ranges that the header promises.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/sense_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune::serve;
    if (size == 0) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto message = parse_sense_message(rest, (data[0] & 1) != 0);
    if (!message) return 0;
    if (const auto* audio = std::get_if<AudioMessage>(&*message)) {
        for (const float s : audio->samples) {
            if (!(std::fabs(s) <= 1.0F)) std::abort();
        }
    }
    if (const auto* rr = std::get_if<RrMessage>(&*message)) {
        for (const float ms : rr->rr_ms) {
            if (!(ms >= 200.0F && ms <= 3000.0F)) std::abort();
        }
    }
    return 0;
}
