// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/assert.hpp"
#include "core/quantile.hpp"
#include "core/random.hpp"

namespace attune::learn {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double row_sum(const Confusion& c, std::size_t k) {
    double sum = 0.0;
    for (std::size_t j = 0; j < c.classes; ++j) sum += c.at(k, j);
    return sum;
}

double column_sum(const Confusion& c, std::size_t k) {
    double sum = 0.0;
    for (std::size_t j = 0; j < c.classes; ++j) sum += c.at(j, k);
    return sum;
}

double total(const Confusion& c) { return std::accumulate(c.counts.begin(), c.counts.end(), 0.0); }

/// Mid-ranks, 1-based.
std::vector<double> ranks(std::span<const double> x) {
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
    std::vector<double> rank(x.size());
    for (std::size_t i = 0; i < order.size();) {
        std::size_t j = i;
        while (j < order.size() && x[order[j]] == x[order[i]]) ++j;
        const double mid = 0.5 * static_cast<double>(i + 1 + j);
        for (; i < j; ++i) rank[order[i]] = mid;
    }
    return rank;
}

Interval percentile_interval(std::vector<double> values) {
    std::erase_if(values, [](double v) { return std::isnan(v); });
    if (values.empty()) return {kNan, kNan};
    std::sort(values.begin(), values.end());
    return {core::quantile_of_sorted(values, 0.025), core::quantile_of_sorted(values, 0.975)};
}

}  // namespace

Confusion confusion(std::span<const int> truth, std::span<const int> predicted, std::size_t classes) {
    ATTUNE_ASSERT(truth.size() == predicted.size());
    Confusion c{classes, std::vector<double>(classes * classes, 0.0)};
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const auto t = static_cast<std::size_t>(truth[i]), p = static_cast<std::size_t>(predicted[i]);
        ATTUNE_ASSERT(t < classes && p < classes);
        c.counts[t * classes + p] += 1.0;
    }
    return c;
}

double accuracy(const Confusion& c) {
    double right = 0.0;
    for (std::size_t k = 0; k < c.classes; ++k) right += c.at(k, k);
    const double n = total(c);
    return n > 0.0 ? right / n : kNan;
}

double balanced_accuracy(const Confusion& c) {
    double sum = 0.0, present = 0.0;
    for (std::size_t k = 0; k < c.classes; ++k) {
        const double n = row_sum(c, k);
        if (n <= 0.0) continue;
        sum += c.at(k, k) / n;
        present += 1.0;
    }
    return present > 0.0 ? sum / present : kNan;
}

double macro_f1(const Confusion& c) {
    double sum = 0.0, present = 0.0;
    for (std::size_t k = 0; k < c.classes; ++k) {
        const double both = row_sum(c, k) + column_sum(c, k);
        if (both <= 0.0) continue;
        sum += 2.0 * c.at(k, k) / both;
        present += 1.0;
    }
    return present > 0.0 ? sum / present : kNan;
}

double kappa(const Confusion& c) {
    const double n = total(c);
    if (n <= 0.0) return kNan;
    double chance = 0.0;
    for (std::size_t k = 0; k < c.classes; ++k) chance += row_sum(c, k) * column_sum(c, k) / (n * n);
    return chance < 1.0 ? (accuracy(c) - chance) / (1.0 - chance) : kNan;
}

double sensitivity(const Confusion& c, std::size_t k) {
    const double n = row_sum(c, k);
    return n > 0.0 ? c.at(k, k) / n : kNan;
}

double specificity(const Confusion& c, std::size_t k) {
    const double others = total(c) - row_sum(c, k);
    return others > 0.0 ? 1.0 - (column_sum(c, k) - c.at(k, k)) / others : kNan;
}

double majority_share(const Confusion& c) {
    double best = 0.0;
    for (std::size_t k = 0; k < c.classes; ++k) best = std::max(best, row_sum(c, k));
    const double n = total(c);
    return n > 0.0 ? best / n : kNan;
}

std::vector<int> argmax_rows(std::span<const double> probabilities, std::size_t classes) {
    ATTUNE_ASSERT(classes > 0 && probabilities.size() % classes == 0);
    std::vector<int> best(probabilities.size() / classes);
    for (std::size_t i = 0; i < best.size(); ++i) {
        const auto row = probabilities.subspan(i * classes, classes);
        best[i] = static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
    }
    return best;
}

double auc(std::span<const double> scores, std::span<const int> truth) {
    ATTUNE_ASSERT(scores.size() == truth.size());
    const auto rank = ranks(scores);
    double positives = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < truth.size(); ++i)
        if (truth[i] != 0) positives += 1.0, sum += rank[i];
    const double negatives = static_cast<double>(truth.size()) - positives;
    if (positives <= 0.0 || negatives <= 0.0) return kNan;
    return (sum - positives * (positives + 1.0) / 2.0) / (positives * negatives);
}

double auc_ovr(std::span<const double> probabilities, std::span<const int> truth, std::size_t classes) {
    ATTUNE_ASSERT(probabilities.size() == truth.size() * classes);
    double sum = 0.0, present = 0.0;
    std::vector<double> score(truth.size());
    std::vector<int> is_k(truth.size());
    for (std::size_t k = 0; k < classes; ++k) {
        for (std::size_t i = 0; i < truth.size(); ++i) {
            score[i] = probabilities[i * classes + k];
            is_k[i] = truth[i] == static_cast<int>(k) ? 1 : 0;
        }
        const double a = auc(score, is_k);
        if (std::isnan(a)) continue;
        sum += a;
        present += 1.0;
    }
    return present > 0.0 ? sum / present : kNan;
}

TimeMatchedAuc::TimeMatchedAuc(std::span<const double> scores, std::span<const int> truth,
                               std::span<const double> t_s, std::span<const std::string> groups,
                               double window_s) {
    ATTUNE_ASSERT(scores.size() == truth.size() && scores.size() == t_s.size() && scores.size() == groups.size());
    std::map<std::string, std::size_t> ids;
    for (const auto& g : groups) ids.emplace(g, 0);
    for (auto& [_, id] : ids) id = n_groups_++;
    won_.assign(n_groups_ * n_groups_, 0.0);
    all_.assign(n_groups_ * n_groups_, 0.0);
    std::vector<std::size_t> group(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) group[i] = ids.at(groups[i]);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (truth[i] == 0) continue;
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (truth[j] != 0 || group[i] == group[j] || std::abs(t_s[i] - t_s[j]) > window_s) continue;
            const std::size_t cell = group[i] * n_groups_ + group[j];
            all_[cell] += 1.0;
            won_[cell] += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
            ++n_pairs_;
        }
    }
}

double TimeMatchedAuc::value() const {
    const double all = std::accumulate(all_.begin(), all_.end(), 0.0);
    return all > 0.0 ? std::accumulate(won_.begin(), won_.end(), 0.0) / all : kNan;
}

Interval TimeMatchedAuc::bootstrap(int resamples, std::uint64_t seed) const {
    core::Random random(seed, "learn/bootstrap");
    std::vector<double> values, weight(n_groups_);
    for (int r = 0; r < resamples && n_groups_ > 2; ++r) {
        std::fill(weight.begin(), weight.end(), 0.0);
        for (std::size_t i = 0; i < n_groups_; ++i) weight[random.below(n_groups_)] += 1.0;
        double won = 0.0, all = 0.0;
        for (std::size_t i = 0; i < n_groups_; ++i)
            for (std::size_t j = 0; j < n_groups_; ++j) {
                const double w = weight[i] * weight[j];
                won += w * won_[i * n_groups_ + j];
                all += w * all_[i * n_groups_ + j];
            }
        values.push_back(all > 0.0 ? won / all : kNan);
    }
    return percentile_interval(std::move(values));
}

double r2(std::span<const double> truth, std::span<const double> predicted) {
    ATTUNE_ASSERT(truth.size() == predicted.size());
    if (truth.empty()) return kNan;
    const double mean = std::accumulate(truth.begin(), truth.end(), 0.0) / static_cast<double>(truth.size());
    double residual = 0.0, spread = 0.0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        residual += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
        spread += (truth[i] - mean) * (truth[i] - mean);
    }
    return spread > 0.0 ? 1.0 - residual / spread : kNan;
}

double pearson(std::span<const double> a, std::span<const double> b) {
    ATTUNE_ASSERT(a.size() == b.size());
    if (a.empty()) return kNan;
    const auto n = static_cast<double>(a.size());
    const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n;
    const double mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double sab = 0.0, saa = 0.0, sbb = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sab += (a[i] - ma) * (b[i] - mb);
        saa += (a[i] - ma) * (a[i] - ma);
        sbb += (b[i] - mb) * (b[i] - mb);
    }
    return saa > 0.0 && sbb > 0.0 ? sab / std::sqrt(saa * sbb) : kNan;
}

double spearman(std::span<const double> a, std::span<const double> b) {
    const auto ra = ranks(a), rb = ranks(b);
    return pearson(ra, rb);
}

double rmse(std::span<const double> truth, std::span<const double> predicted) {
    ATTUNE_ASSERT(truth.size() == predicted.size());
    double sum = 0.0;
    for (std::size_t i = 0; i < truth.size(); ++i) sum += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
    return truth.empty() ? kNan : std::sqrt(sum / static_cast<double>(truth.size()));
}

double interval_coverage(std::span<const double> truth, std::span<const double> low, std::span<const double> high) {
    ATTUNE_ASSERT(truth.size() == low.size() && truth.size() == high.size());
    double inside = 0.0;
    for (std::size_t i = 0; i < truth.size(); ++i) inside += truth[i] >= low[i] && truth[i] <= high[i] ? 1.0 : 0.0;
    return truth.empty() ? kNan : inside / static_cast<double>(truth.size());
}

std::vector<ReliabilityBin> reliability(std::span<const double> probabilities, std::span<const int> truth,
                                        std::size_t classes, std::size_t bins) {
    ATTUNE_ASSERT(classes > 0 && bins > 0 && probabilities.size() == truth.size() * classes);
    std::vector<ReliabilityBin> table(bins);
    const auto best = argmax_rows(probabilities, classes);
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const double p = probabilities[i * classes + static_cast<std::size_t>(best[i])];
        auto& bin = table[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, p) * static_cast<double>(bins)))];
        bin.mean_p += p;
        bin.share_right += best[i] == truth[i] ? 1.0 : 0.0;
        ++bin.n;
    }
    for (auto& bin : table) {
        if (bin.n == 0) continue;
        bin.mean_p /= static_cast<double>(bin.n);
        bin.share_right /= static_cast<double>(bin.n);
    }
    return table;
}

double ece(std::span<const double> probabilities, std::span<const int> truth, std::size_t classes, std::size_t bins) {
    if (truth.empty()) return kNan;
    double sum = 0.0;
    for (const auto& bin : reliability(probabilities, truth, classes, bins))
        sum += static_cast<double>(bin.n) * std::abs(bin.mean_p - bin.share_right);
    return sum / static_cast<double>(truth.size());
}

double ece_binary(std::span<const double> p, std::span<const int> truth, std::size_t bins) {
    ATTUNE_ASSERT(p.size() == truth.size() && bins > 0);
    if (truth.empty()) return kNan;
    std::vector<double> sum_p(bins, 0.0), sum_y(bins, 0.0);
    for (std::size_t i = 0; i < p.size(); ++i) {
        const auto b = std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, p[i]) * static_cast<double>(bins)));
        sum_p[b] += p[i];
        sum_y[b] += truth[i] != 0 ? 1.0 : 0.0;
    }
    double sum = 0.0;
    for (std::size_t b = 0; b < bins; ++b) sum += std::abs(sum_p[b] - sum_y[b]);
    return sum / static_cast<double>(truth.size());
}

double brier(std::span<const double> p, std::span<const int> truth) {
    ATTUNE_ASSERT(p.size() == truth.size());
    double sum = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const double d = p[i] - (truth[i] != 0 ? 1.0 : 0.0);
        sum += d * d;
    }
    return p.empty() ? kNan : sum / static_cast<double>(p.size());
}

Interval group_bootstrap(std::span<const std::string> groups,
                         const std::function<double(std::span<const std::size_t>)>& figure, int resamples,
                         std::uint64_t seed) {
    std::map<std::string, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < groups.size(); ++i) members[groups[i]].push_back(i);
    std::vector<const std::vector<std::size_t>*> list;
    for (const auto& [_, indices] : members) list.push_back(&indices);
    core::Random random(seed, "learn/bootstrap");
    std::vector<double> values;
    std::vector<std::size_t> drawn;
    for (int r = 0; r < resamples && list.size() > 1; ++r) {
        drawn.clear();
        for (std::size_t i = 0; i < list.size(); ++i) {
            const auto& indices = *list[random.below(list.size())];
            drawn.insert(drawn.end(), indices.begin(), indices.end());
        }
        values.push_back(figure(drawn));
    }
    return percentile_interval(std::move(values));
}

}  // namespace attune::learn
