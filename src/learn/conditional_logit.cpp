// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/conditional_logit.hpp"

#include <algorithm>
#include <cmath>

#include "learn/linear_solve.hpp"

namespace attune::learn {
namespace {

constexpr int kSteps = 60;
constexpr double kStep = 0.7;   // of Newton's
constexpr double kStill = 1e-8;  // [per SD] nothing moves any more

/// Shares of the candidates under the weights, and of those that are right.
void shares(const ChoiceSet& c, const std::vector<double>& w, std::vector<double>& all, std::vector<double>& right) {
    const std::size_t d = w.size();
    all.clear();
    double top = -1e300;
    for (std::size_t k = 0; k < c.right.size(); ++k) {
        double s = 0.0;
        for (std::size_t i = 0; i < d; ++i) s += w[i] * c.x[k * d + i];
        all.push_back(s);
        top = std::max(top, s);
    }
    double total = 0.0, good = 0.0;
    for (std::size_t k = 0; k < all.size(); ++k) {
        all[k] = std::exp(all[k] - top);
        total += all[k];
        if (c.right[k]) good += all[k];
    }
    right.assign(all.size(), 0.0);
    for (std::size_t k = 0; k < all.size(); ++k) {
        if (c.right[k]) right[k] = all[k] / good;
        all[k] /= total;
    }
}

/// Adds a choice to gradient and curvature.
void add(const ChoiceSet& c, const std::vector<double>& all, const std::vector<double>& right, std::vector<double>& gradient, std::vector<double>& curvature) {
    const std::size_t d = gradient.size();
    std::vector<double> centre(d, 0.0);
    for (std::size_t k = 0; k < all.size(); ++k)
        for (std::size_t i = 0; i < d; ++i) {
            centre[i] += all[k] * c.x[k * d + i];
            gradient[i] += c.weight * (all[k] - right[k]) * c.x[k * d + i];
        }
    for (std::size_t k = 0; k < all.size(); ++k)
        for (std::size_t i = 0; i < d; ++i) {
            const double v = c.weight * all[k] * (c.x[k * d + i] - centre[i]);
            for (std::size_t j = 0; j <= i; ++j) curvature[i * d + j] += v * (c.x[k * d + j] - centre[j]);
        }
}

}  // namespace

std::vector<double> fit_conditional_logit(std::vector<ChoiceSet> choices, std::size_t d, double ridge) {
    std::erase_if(choices, [](const ChoiceSet& c) { return std::find(c.right.begin(), c.right.end(), true) == c.right.end(); });
    std::vector<double> mean(d, 0.0), scale(d, 0.0), w(d, 0.0);
    double n = 0.0;
    for (const auto& c : choices)
        for (std::size_t k = 0; k < c.right.size(); ++k) {
            n += 1.0;
            for (std::size_t i = 0; i < d; ++i) mean[i] += c.x[k * d + i], scale[i] += c.x[k * d + i] * c.x[k * d + i];
        }
    if (n == 0.0) return w;
    for (std::size_t i = 0; i < d; ++i) mean[i] /= n, scale[i] = std::sqrt(std::max(scale[i] / n - mean[i] * mean[i], 1e-18));
    for (auto& c : choices)
        for (std::size_t k = 0; k < c.right.size(); ++k)
            for (std::size_t i = 0; i < d; ++i) c.x[k * d + i] = (c.x[k * d + i] - mean[i]) / scale[i];
    std::vector<double> all, right;
    for (int step = 0; step < kSteps; ++step) {
        std::vector<double> gradient(d), curvature(d * d, 0.0);
        for (std::size_t i = 0; i < d; ++i) gradient[i] = ridge * w[i], curvature[i * d + i] = ridge;
        for (const auto& c : choices) {
            shares(c, w, all, right);
            add(c, all, right, gradient, curvature);
        }
        const auto move = solve_positive_definite(std::move(curvature), std::move(gradient));
        double largest = 0.0;
        for (std::size_t i = 0; i < d; ++i) w[i] -= kStep * move[i], largest = std::max(largest, std::abs(move[i]));
        if (largest < kStill) break;
    }
    for (std::size_t i = 0; i < d; ++i) w[i] /= scale[i];
    return w;
}

}  // namespace attune::learn
