// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/detail/direct_convolution.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "learn/onnx_model.hpp"
#include "support/tiny_onnx.hpp"

namespace attune::learn {
namespace {

struct Case {
    std::vector<std::int64_t> x, w;            ///< [n, in, h, w], [out, in, kh, kw]
    std::vector<std::int64_t> strides, pads;   ///< pads: top, left, bottom, right
};

std::size_t count(const std::vector<std::int64_t>& shape) {
    std::size_t n = 1;
    for (const auto d : shape) n *= static_cast<std::size_t>(d);
    return n;
}

std::vector<float> noise(core::Random& random, std::size_t n) {
    std::vector<float> out(n);
    for (auto& v : out) v = static_cast<float>(random.normal());
    return out;
}

/// The definition, in double.
std::vector<double> by_definition(const Case& c, const std::vector<float>& x, const std::vector<float>& w,
                                  const std::vector<float>& b, std::int64_t high, std::int64_t wide) {
    std::vector<double> out;
    for (std::int64_t n = 0; n < c.x[0]; ++n) {
        for (std::int64_t k = 0; k < c.w[0]; ++k) {
            for (std::int64_t oy = 0; oy < high; ++oy) {
                for (std::int64_t ox = 0; ox < wide; ++ox) {
                    double sum = static_cast<double>(b[static_cast<std::size_t>(k)]);
                    for (std::int64_t i = 0; i < c.x[1]; ++i) {
                        for (std::int64_t ky = 0; ky < c.w[2]; ++ky) {
                            for (std::int64_t kx = 0; kx < c.w[3]; ++kx) {
                                const std::int64_t y = oy * c.strides[0] + ky - c.pads[0], at = ox * c.strides[1] + kx - c.pads[1];
                                if (y < 0 || y >= c.x[2] || at < 0 || at >= c.x[3]) continue;
                                sum += static_cast<double>(x[static_cast<std::size_t>(((n * c.x[1] + i) * c.x[2] + y) * c.x[3] + at)]) *
                                       static_cast<double>(w[static_cast<std::size_t>(((k * c.x[1] + i) * c.w[2] + ky) * c.w[3] + kx)]);
                            }
                        }
                    }
                    out.push_back(sum);
                }
            }
        }
    }
    return out;
}

/// Shapes that the direct convolution takes (16 | out, 8 | in) and, last, two that OpenCV's own must take.
TEST(DirectConvolution, EqualsTheDefinitionForEveryShapeStrideAndBorder) {
    const Case cases[] = {
        {{1, 8, 5, 7}, {16, 8, 3, 3}, {1, 1}, {1, 1, 1, 1}},   {{2, 24, 6, 6}, {48, 24, 3, 3}, {2, 2}, {1, 1, 1, 1}},
        {{2, 16, 3, 3}, {32, 16, 3, 3}, {1, 1}, {1, 1, 1, 1}}, {{1, 16, 4, 5}, {16, 16, 1, 1}, {1, 1}, {0, 0, 0, 0}},
        {{1, 8, 9, 4}, {16, 8, 2, 3}, {2, 1}, {0, 0, 1, 2}},   {{1, 8, 1, 1}, {16, 8, 3, 3}, {1, 1}, {1, 1, 1, 1}},
        {{1, 8, 7, 7}, {16, 8, 5, 5}, {3, 2}, {2, 0, 1, 2}},   {{1, 3, 6, 6}, {16, 3, 3, 3}, {1, 1}, {1, 1, 1, 1}},
        {{1, 8, 6, 6}, {10, 8, 3, 3}, {1, 1}, {1, 1, 1, 1}},
    };
    core::Random random(5, "test/convolution");
    for (const auto& c : cases) {
        const auto side = [&](std::size_t d) { return (c.x[2 + d] + c.pads[d] + c.pads[2 + d] - c.w[2 + d]) / c.strides[d] + 1; };
        const auto x = noise(random, count(c.x)), w = noise(random, count(c.w)), b = noise(random, static_cast<std::size_t>(c.w[0]));
        const std::vector<int> in(c.x.begin(), c.x.end());
        const std::vector<int> out{in[0], static_cast<int>(c.w[0]), static_cast<int>(side(0)), static_cast<int>(side(1))};
        auto model = OnnxModel::parse(tests::TinyOnnx::convolution(c.x, c.w, w, b, c.strides, c.pads), {{{"x", in}}, {{"y", out}}}, "test");
        ASSERT_TRUE(model) << model.error().describe();
        const auto expected = by_definition(c, x, w, b, side(0), side(1));
        // A float has 6e-8; the sum of n such products, each of SD 1, is of size sqrt(n) and passes n roundings.
        const double tolerance = 4e-6 * std::sqrt(static_cast<double>(c.w[1] * c.w[2] * c.w[3]));
        for (int again = 0; again < 2; ++again) {  // the borders stay zero from one run to the next
            const auto y = model->run(x);
            ASSERT_TRUE(y) << y.error().describe();
            ASSERT_EQ(y->size(), expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                ASSERT_NEAR(static_cast<double>((*y)[i]), expected[i], tolerance) << "value " << i << " of a kernel " << c.w[2] << "x" << c.w[3];
            }
        }
    }
}

}  // namespace
}  // namespace attune::learn
