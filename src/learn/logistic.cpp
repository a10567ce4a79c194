// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/logistic.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "learn/linear_solve.hpp"

namespace attune::learn {
namespace {

/// Newton steps for weights w of rows z (n×d) with targets y in {0,1} and sample weights s.
std::vector<double> newton(const std::vector<double>& z, std::size_t d, const std::vector<double>& y,
                           const std::vector<double>& s, double l2, bool last_is_constant) {
    std::vector<double> w(d, 0.0), h, g;
    for (int step = 0; step < 30; ++step) {
        h.assign(d * d, 0.0);
        g.assign(d, 0.0);
        for (std::size_t k = 0; k < d; ++k) {
            const double penalty = last_is_constant && k + 1 == d ? 1e-9 : l2;
            h[k * d + k] = penalty;
            g[k] = penalty * w[k];
        }
        for (std::size_t i = 0; i < y.size(); ++i) {
            const double* row = z.data() + i * d;
            double f = 0.0;
            for (std::size_t k = 0; k < d; ++k) f += w[k] * row[k];
            const double p = 1.0 / (1.0 + std::exp(-f)), e = s[i] * (p - y[i]), v = s[i] * std::max(1e-6, p * (1.0 - p));
            for (std::size_t k = 0; k < d; ++k) {
                g[k] += e * row[k];
                for (std::size_t j = 0; j <= k; ++j) h[k * d + j] += v * row[k] * row[j];
            }
        }
        g = solve_positive_definite(std::move(h), std::move(g));
        double moved = 0.0;
        for (std::size_t k = 0; k < d; ++k) {
            w[k] -= g[k];
            moved += std::abs(g[k]);
        }
        if (moved < 1e-9) break;
    }
    return w;
}

Result<void> check(std::span<const double> x, std::size_t d, std::span<const int> truth) {
    const auto positives = std::count_if(truth.begin(), truth.end(), [](int y) { return y != 0; });
    if (d == 0 || x.size() != d * truth.size())
        return fail(ErrorCode::kBadArgument, std::to_string(x.size()) + " values for " + std::to_string(truth.size()) +
                                                 " rows of " + std::to_string(d));
    if (positives == 0 || positives == static_cast<std::ptrdiff_t>(truth.size()))
        return fail(ErrorCode::kBadArgument, "training needs both classes, only one is there");
    return {};
}

/// Sample weights that add up to n, half for each class.
std::vector<double> class_weights(std::span<const int> truth) {
    const auto n = static_cast<double>(truth.size());
    const auto positives = static_cast<double>(std::count_if(truth.begin(), truth.end(), [](int y) { return y != 0; }));
    std::vector<double> s(truth.size());
    for (std::size_t i = 0; i < s.size(); ++i) s[i] = 0.5 * n / (truth[i] != 0 ? positives : n - positives);
    return s;
}

constexpr double kSoftLimit = 2.0;          ///< of a standardised value
constexpr double kNormalMad = 1.4826;       ///< MAD to SD, for normal data

double standard(const LinearScore& m, std::span<const double> x, std::size_t k) {
    return std::isnan(x[k]) ? 0.0 : kSoftLimit * std::tanh((x[k] - m.centre[k]) / (m.scale[k] * kSoftLimit));
}

/// Of the middle two, the mean. Leaves `values` in another order.
double median(std::vector<double>& values) {
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), half, values.end());
    return values.size() % 2 == 1 ? *half : (*half + *std::max_element(values.begin(), half)) / 2.0;
}

}  // namespace

double LinearScore::score(std::span<const double> x) const {
    double f = 0.0;
    for (std::size_t k = 0; k < weight.size() && k < x.size(); ++k) f += weight[k] * standard(*this, x, k);
    return f;
}

double LinearScore::probability(std::span<const double> x) const {
    return 1.0 / (1.0 + std::exp(-(slope * score(x) + offset)));
}

LinearScore LinearScore::standardised(std::span<const double> x, std::size_t d) {
    LinearScore m;
    m.centre.assign(d, 0.0);
    m.scale.assign(d, 1.0);
    m.weight.assign(d, 0.0);
    std::vector<double> column;
    for (std::size_t k = 0; k < d; ++k) {
        column.clear();
        for (std::size_t i = k; i < x.size(); i += d)
            if (!std::isnan(x[i])) column.push_back(x[i]);
        if (column.size() < 2) continue;
        m.centre[k] = median(column);
        for (double& v : column) v = std::abs(v - m.centre[k]);
        m.scale[k] = std::max(1e-6, kNormalMad * median(column));
    }
    return m;
}

Result<LinearScore> fit_logistic(std::span<const double> x, std::size_t d, std::span<const int> truth, double l2) {
    ATTUNE_CHECK(check(x, d, truth));
    LinearScore m = LinearScore::standardised(x, d);
    std::vector<double> z, y;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        for (std::size_t k = 0; k < d; ++k) z.push_back(standard(m, x.subspan(i * d, d), k));
        z.push_back(1.0);
        y.push_back(truth[i] != 0 ? 1.0 : 0.0);
    }
    const auto w = newton(z, d + 1, y, class_weights(truth), l2 * static_cast<double>(truth.size()), true);
    m.weight.assign(w.begin(), w.end() - 1);
    m.offset = w.back();
    return m;
}

Result<LinearScore> fit_ranking(std::span<const double> x, std::size_t d, std::span<const int> truth,
                                std::span<const std::pair<std::size_t, std::size_t>> pairs, double l2) {
    ATTUNE_CHECK(check(x, d, truth));
    if (pairs.empty()) return fail(ErrorCode::kBadArgument, "a ranking needs pairs of a higher and a lower row");
    LinearScore m = LinearScore::standardised(x, d);
    std::vector<double> z, y;
    z.reserve(pairs.size() * d);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const double sign = i % 2 == 0 ? 1.0 : -1.0;  // half the pairs turned round, so that no constant is needed
        for (std::size_t k = 0; k < d; ++k)
            z.push_back(sign * (standard(m, x.subspan(pairs[i].first * d, d), k) -
                                standard(m, x.subspan(pairs[i].second * d, d), k)));
        y.push_back(sign > 0.0 ? 1.0 : 0.0);
    }
    m.weight = newton(z, d, y, std::vector<double>(y.size(), 1.0), l2 * static_cast<double>(pairs.size()), false);

    std::vector<double> f;
    y.clear();
    for (std::size_t i = 0; i < truth.size(); ++i) {
        f.push_back(m.score(x.subspan(i * d, d)));
        f.push_back(1.0);
        y.push_back(truth[i] != 0 ? 1.0 : 0.0);
    }
    const auto line = newton(f, 2, y, class_weights(truth), 1e-6, true);
    m.slope = line[0];
    m.offset = line[1];
    return m;
}

}  // namespace attune::learn
