// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What machines of kernels have in common when they are written as a network.
///
/// In       names of OnnxWriter: x, z 1×d; rows are standardised and whole steps of 1/32 SD, row-major n×d
/// Out      names: of z 1×d; of a kernel 1×n, exp(-gamma * distance) with one column for each row
/// Method   |z - v|² as |z|² + |v|² - 2 z v, one full layer; |z - v| by n copies of z less the rows
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "learn/onnx_writer.hpp"

namespace attune::learn::detail {

inline constexpr float kStepsPerSd = 32.0F;

struct KernelRows {
    std::span<const float> rows;
    std::size_t d = 0;
    std::size_t from = 0, to = 0;  ///< the columns that count
    [[nodiscard]] std::size_t n() const noexcept { return d == 0 ? 0 : rows.size() / d; }
};

[[nodiscard]] std::string standardised(OnnxWriter& w, const std::string& x, std::span<const float> mean, std::span<const float> scale, float limit);
[[nodiscard]] std::string gaussian(OnnxWriter& w, const std::string& z, const KernelRows& rows, double gamma);
[[nodiscard]] std::string laplacian(OnnxWriter& w, const std::string& z, const KernelRows& rows, double gamma);
/// All the same.
[[nodiscard]] OnnxWeights filled(float value, std::vector<std::int64_t> shape);

}  // namespace attune::learn::detail
