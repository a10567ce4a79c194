// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/voice_domain.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace attune::learn {
namespace {

constexpr std::size_t kN = signal::kVoiceFunctionals;
constexpr std::size_t kFewest = 50;
constexpr double kMinSd = 1e-6, kMostSd = 6.0;

VoiceDomain::Numbers standardised(const VoiceDomain::Parts& parts, const signal::VoiceFunctionals& x) {
    VoiceDomain::Numbers z{};
    for (std::size_t i = 0; i < kN; ++i) z[i] = std::clamp((static_cast<double>(x[i]) - parts.mean[i]) / parts.sd[i], -kMostSd, kMostSd);
    return z;
}

}  // namespace

Result<VoiceDomain> VoiceDomain::fit(std::span<const signal::VoiceFunctionals> stretches) {
    if (stretches.size() < kFewest) {
        return fail(ErrorCode::kBadArgument, std::to_string(stretches.size()) + " stretches; " + std::to_string(kFewest) + " are needed");
    }
    const auto n = static_cast<double>(stretches.size());
    VoiceDomain out;
    Parts& parts = out.parts_;
    for (std::size_t i = 0; i < kN; ++i) {
        double square = 0.0;
        for (const auto& x : stretches) parts.mean[i] += static_cast<double>(x[i]) / n;
        for (const auto& x : stretches) square += std::pow(static_cast<double>(x[i]) - parts.mean[i], 2) / n;
        parts.sd[i] = std::max(kMinSd, std::sqrt(square));
    }
    cv::Mat rows(static_cast<int>(stretches.size()), static_cast<int>(kN), CV_64F);
    for (int r = 0; r < rows.rows; ++r) std::ranges::copy(standardised(parts, stretches[static_cast<std::size_t>(r)]), rows.ptr<double>(r));
    const cv::Mat spread = rows.t() * rows / n;
    cv::Mat variances, vectors;
    cv::eigen(spread, variances, vectors);
    for (std::size_t k = 0; k < kComponents; ++k) std::copy_n(vectors.ptr<double>(static_cast<int>(k)), kN, parts.components[k].begin());
    double rest = 0.0;
    for (auto k = static_cast<int>(kComponents); k < variances.rows; ++k) rest += std::max(0.0, variances.at<double>(k));
    parts.noise = std::max(1e-9, rest / static_cast<double>(kN - kComponents));
    return out;
}

double VoiceDomain::score(const signal::VoiceFunctionals& x) const {
    const Numbers z = standardised(parts_, x);
    double rest = 0.0;
    for (const double v : z) rest += v * v;
    for (const Numbers& component : parts_.components) {
        double along = 0.0;
        for (std::size_t i = 0; i < kN; ++i) along += component[i] * z[i];
        rest -= along * along;
    }
    return std::sqrt(std::max(0.0, rest) / (static_cast<double>(kN) * parts_.noise));
}

}  // namespace attune::learn
