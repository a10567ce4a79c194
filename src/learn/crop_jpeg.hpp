// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The JPEG of a flow::Crop: 96x96 RGB, quality 85. Bytes from a page are not trusted.
///
/// Errors   decode: kCorrupt for bytes that are no JPEG or are cut off, kBadArgument for another size or more
///          than kMaxCropBytes (names both); no memory is taken for a picture of another size
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

inline constexpr std::size_t kMaxCropBytes = 64U << 10;

[[nodiscard]] Result<std::vector<std::uint8_t>> encode_crop(std::span<const std::uint8_t> rgb);
/// Luma (BT.601) 0..255, 96x96.
[[nodiscard]] Result<std::vector<float>> decode_crop(std::span<const std::uint8_t> jpeg);
/// 96x96 -> 48x48, the mean of four pixels each.
[[nodiscard]] std::vector<float> halve_crop(std::span<const float> luma);

}  // namespace attune::learn
