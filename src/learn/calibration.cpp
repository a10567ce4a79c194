// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "core/assert.hpp"

namespace attune::learn {
namespace {

Result<void> check_binary(std::span<const double> scores, std::span<const int> truth) {
    if (scores.size() != truth.size() || scores.size() < 2)
        return fail(ErrorCode::kBadArgument, std::to_string(scores.size()) + " scores for " +
                                                 std::to_string(truth.size()) + " labels; at least 2 of each");
    const auto positives = std::count_if(truth.begin(), truth.end(), [](int y) { return y != 0; });
    if (positives == 0 || positives == static_cast<std::ptrdiff_t>(truth.size()))
        return fail(ErrorCode::kBadArgument, "calibration needs both classes, only one is there");
    if (std::any_of(scores.begin(), scores.end(), [](double s) { return !std::isfinite(s); }))
        return fail(ErrorCode::kBadArgument, "calibration needs finite scores");
    return {};
}

double nll_at(std::span<const double> logits, std::span<const int> truth, std::size_t classes, double temperature) {
    double sum = 0.0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const auto row = logits.subspan(i * classes, classes);
        const double top = *std::max_element(row.begin(), row.end()) / temperature;
        double z = 0.0;
        for (double l : row) z += std::exp(l / temperature - top);
        sum += top + std::log(z) - row[static_cast<std::size_t>(truth[i])] / temperature;
    }
    return sum;
}

}  // namespace

void softmax_rows(std::span<double> logits, std::size_t classes, double temperature) {
    ATTUNE_ASSERT(classes > 0 && logits.size() % classes == 0 && temperature > 0.0);
    for (std::size_t i = 0; i < logits.size(); i += classes) {
        const auto row = logits.subspan(i, classes);
        const double top = *std::max_element(row.begin(), row.end());
        double z = 0.0;
        for (double& l : row) z += l = std::exp((l - top) / temperature);
        for (double& l : row) l /= z;
    }
}

Result<double> fit_temperature(std::span<const double> logits, std::span<const int> truth, std::size_t classes) {
    if (classes < 2 || truth.size() < 2 || logits.size() != truth.size() * classes)
        return fail(ErrorCode::kBadArgument, std::to_string(logits.size()) + " logits for " +
                                                 std::to_string(truth.size()) + " labels of " +
                                                 std::to_string(classes) + " classes");
    for (int y : truth)
        if (y < 0 || static_cast<std::size_t>(y) >= classes)
            return fail(ErrorCode::kBadArgument, "label " + std::to_string(y) + "; 0.." +
                                                     std::to_string(classes - 1) + " are known");
    // Golden section on log T: the likelihood has one top in 1/T.
    double low = std::log(0.05), high = std::log(20.0);
    const double ratio = (std::sqrt(5.0) - 1.0) / 2.0;
    for (int step = 0; step < 60; ++step) {
        const double a = high - ratio * (high - low), b = low + ratio * (high - low);
        if (nll_at(logits, truth, classes, std::exp(a)) < nll_at(logits, truth, classes, std::exp(b))) high = b;
        else low = a;
    }
    return std::exp(0.5 * (low + high));
}

double Platt::operator()(double score) const { return 1.0 / (1.0 + std::exp(-(slope * score + offset))); }

Result<Platt> Platt::fit(std::span<const double> scores, std::span<const int> truth) {
    ATTUNE_CHECK(check_binary(scores, truth));
    const auto positives = static_cast<double>(std::count_if(truth.begin(), truth.end(), [](int y) { return y != 0; }));
    const double negatives = static_cast<double>(truth.size()) - positives;
    const double high = (positives + 1.0) / (positives + 2.0), low = 1.0 / (negatives + 2.0);
    Platt platt{0.0, std::log((positives + 1.0) / (negatives + 1.0))};
    for (int step = 0; step < 100; ++step) {  // Newton with a small ridge, so that separable data end too
        double g0 = 0.0, g1 = 0.0, h00 = 1e-9, h01 = 0.0, h11 = 1e-9;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const double p = platt(scores[i]), y = truth[i] != 0 ? high : low, w = p * (1.0 - p);
            g0 += p - y;
            g1 += (p - y) * scores[i];
            h00 += w;
            h01 += w * scores[i];
            h11 += w * scores[i] * scores[i];
        }
        const double det = h00 * h11 - h01 * h01;
        if (!(std::abs(det) > 1e-18)) break;
        const double d0 = (h11 * g0 - h01 * g1) / det, d1 = (h00 * g1 - h01 * g0) / det;
        platt.offset -= std::clamp(d0, -5.0, 5.0);
        platt.slope -= std::clamp(d1, -5.0, 5.0);
        if (std::abs(d0) + std::abs(d1) < 1e-10) break;
    }
    return platt;
}

double Isotonic::operator()(double s) const {
    if (score.empty()) return 0.5;
    const auto above = std::upper_bound(score.begin(), score.end(), s);
    if (above == score.begin()) return p.front();
    if (above == score.end()) return p.back();
    const auto i = static_cast<std::size_t>(above - score.begin());
    const double w = (s - score[i - 1]) / (score[i] - score[i - 1]);
    return (1.0 - w) * p[i - 1] + w * p[i];
}

Result<Isotonic> Isotonic::fit(std::span<const double> scores, std::span<const int> truth) {
    ATTUNE_CHECK(check_binary(scores, truth));
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] < scores[b]; });
    struct Block { double sum_s, sum_y, n; };
    std::vector<Block> blocks;
    for (std::size_t i : order) {
        blocks.push_back({scores[i], truth[i] != 0 ? 1.0 : 0.0, 1.0});
        while (blocks.size() > 1) {
            auto& a = blocks[blocks.size() - 2];
            const auto& b = blocks.back();
            const bool tied = a.sum_s / a.n == b.sum_s / b.n;
            if (!tied && a.sum_y / a.n < b.sum_y / b.n) break;
            a = {a.sum_s + b.sum_s, a.sum_y + b.sum_y, a.n + b.n};
            blocks.pop_back();
        }
    }
    Isotonic line;
    for (const auto& block : blocks) {
        line.score.push_back(block.sum_s / block.n);
        line.p.push_back(block.sum_y / block.n);
    }
    return line;
}

namespace {

/// x with P(|N(0, 1)| <= x) = p.
double normal_half_width(double p) {
    double low = 0.0, high = 10.0;
    for (int step = 0; step < 100; ++step) {
        const double mid = 0.5 * (low + high);
        (std::erf(mid / std::sqrt(2.0)) < p ? low : high) = mid;
    }
    return 0.5 * (low + high);
}

}  // namespace

Result<GroupSpreads> GroupSpreads::fit(std::span<const double> errors, std::span<const std::string> groups, double coverage, double shrink) {
    if (errors.size() != groups.size() || errors.size() < 10)
        return fail(ErrorCode::kBadArgument, std::to_string(errors.size()) + " errors for " + std::to_string(groups.size()) +
                                                 " groups; at least 10 of each");
    if (!(coverage >= 0.5 && coverage <= 0.99) || !(shrink > 0.0))
        return fail(ErrorCode::kBadArgument, "coverage " + std::to_string(coverage) + " is not in 0.5..0.99, or shrink " +
                                                 std::to_string(shrink) + " not above 0");
    struct Sum { double squares = 0.0, n = 0.0; };
    std::map<std::string, Sum> sums;
    Sum every;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        if (!std::isfinite(errors[i])) return fail(ErrorCode::kBadArgument, "error " + std::to_string(i) + " is not finite");
        for (Sum* sum : {&sums[groups[i]], &every}) sum->squares += errors[i] * errors[i], sum->n += 1.0;
    }
    const double square = every.squares / every.n;
    const auto spread = [&](double squares, double n) { return std::sqrt((squares + shrink * square) / (n + shrink)); };
    // Each error against the spread of its group without it, as a new one will stand against all of them.
    std::vector<double> scores;
    for (std::size_t i = 0; i < errors.size(); ++i) {
        const Sum& sum = sums.at(groups[i]);
        const double without = spread(std::max(0.0, sum.squares - errors[i] * errors[i]), sum.n - 1.0);
        scores.push_back(without > 0.0 ? std::abs(errors[i]) / without : 0.0);
    }
    std::sort(scores.begin(), scores.end());
    const auto rank = static_cast<std::size_t>(std::ceil((every.n + 1.0) * coverage));
    const double factor = scores[std::min(rank, scores.size()) - 1] / normal_half_width(coverage);
    GroupSpreads out;
    out.all = std::sqrt(square);
    for (const auto& [name, sum] : sums) out.group[name] = factor * spread(sum.squares, sum.n);
    return out;
}

}  // namespace attune::learn
