// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Checks of numbers on the command line: each error names the value and its range, and neither NaN nor "-5" of a count
/// gets by.
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

#include <CLI/CLI.hpp>

#include "core/text.hpp"

namespace attune::app {

inline CLI::Validator number_from(double low, double high) {
    const std::string range = core::format_double(low) + " to " + core::format_double(high);
    return {[=](std::string& text) {
                const auto value = core::parse_double(text);
                const bool fits = value && *value >= low && *value <= high;   // so written that NaN is refused
                return fits ? std::string() : "'" + text + "' is not a number from " + range;
            },
            range};
}

inline CLI::Validator whole_from(std::uint64_t low, std::uint64_t high) {
    const std::string range = std::to_string(low) + " to " + std::to_string(high);
    return {[=](std::string& text) {
                std::uint64_t value = 0;
                const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
                const bool fits = error == std::errc() && end == text.data() + text.size() && value >= low && value <= high;
                return fits ? std::string() : "'" + text + "' is not a whole number from " + range;
            },
            range};
}

inline CLI::Validator any_seed() { return whole_from(0, std::numeric_limits<std::uint64_t>::max()).description(""); }

}  // namespace attune::app
