// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Text to numbers and back, without any locale.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::core {

[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
[[nodiscard]] std::string to_lower_ascii(std::string_view text);
/// "a,,b" with ',' gives {"a", "", "b"}; "" gives {""}.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// The whole of `text` (spaces at the ends allowed) as a number; nullopt if it is anything else.
/// "nan" and "inf" are not numbers here.
[[nodiscard]] std::optional<double> parse_double(std::string_view text) noexcept;
[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text) noexcept;

/// The shortest text that reads back as the same double; "null" for NaN and infinities.
[[nodiscard]] std::string format_double(double value);

/// True if `bytes` is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;
/// Every byte that breaks UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string to_utf8_lossy(std::string_view bytes);
[[nodiscard]] std::string base64(std::string_view bytes);

/// The candidate closest to `word` by edit distance, if within a third of its length (at least 2):
/// "did you mean ...?".
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view word,
                                                      const std::vector<std::string>& candidates);

}  // namespace attune::core
