// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/mood_filter.hpp"

#include <algorithm>
#include <cmath>

#include "affect/tables.hpp"
#include "core/assert.hpp"

namespace attune::affect {
namespace {

constexpr auto at(Voice voice) { return static_cast<std::size_t>(voice); }
constexpr double square(double x) { return x * x; }
double alpha_of(double dt_s, double tau_s) { return -std::expm1(-dt_s / tau_s); }

}  // namespace

MoodParams MoodParams::population() noexcept {
    return {{k::kHomeV, k::kHomeA},
            {k::kHomeSd, k::kHomeSd},
            {k::kPullV, k::kPullA},
            {k::kPullSdV, k::kPullSdA},
            k::kBeta,
            k::kBetaSd,
            k::kTauS,
            {k::kProcessSdV, k::kProcessSdA},
            {k::kRatingSdV, k::kRatingSdA}};
}

MoodFilter::MoodFilter(const MoodParams& params) : params_(params) {
    x_[kV] = x_[kHomeV] = params.home.valence;
    x_[kA] = x_[kHomeA] = params.home.arousal;
    const double hv = square(params.home_sd.valence);
    const double ha = square(params.home_sd.arousal);
    p(kHomeV, kHomeV) = p(kV, kHomeV) = p(kHomeV, kV) = hv;
    p(kHomeA, kHomeA) = p(kA, kHomeA) = p(kHomeA, kA) = ha;
    p(kV, kV) = hv + square(k::kMoodSd);
    p(kA, kA) = ha + square(k::kMoodSd);
    for (const std::size_t i : {kV, kA, kHomeV, kHomeA}) w_[at(Voice::kPrior)][i] = 1.0;
    step_alpha_ = alpha_of(k::kStepS, params.tau_s);
    step_q_ = alpha_of(2.0 * k::kStepS, params.tau_s);
}

void MoodFilter::start_item(const MusicInput& music, const flow::Va& home) {
    music_ = music;
    for (const std::size_t i : {kErrorV, kErrorA}) {
        x_[i] = 0.0;
        for (std::size_t j = 0; j < n_; ++j) p(i, j) = p(j, i) = 0.0;
        for (auto& w : w_) w[i] = 0.0;
    }
    if (!music.known) return;
    const double spread = square(k::kAppraisalSd);
    liking_variance_ = square(params_.beta * music.liking_sd);
    p(kErrorV, kErrorV) = square(params_.pull.valence) * (square(music.expressed_sd.valence) + spread) +
                          square(params_.pull_sd.valence * (music.expressed.valence - home.valence)) +
                          square(params_.beta_sd * music.liking) + liking_variance_;
    p(kErrorA, kErrorA) = square(params_.pull.arousal) * (square(music.expressed_sd.arousal) + spread) +
                          square(params_.pull_sd.arousal * (music.expressed.arousal - home.arousal));
}

void MoodFilter::step(double dt_s) {
    const bool whole = dt_s == k::kStepS;
    const double alpha = whole ? step_alpha_ : alpha_of(dt_s, params_.tau_s);
    const double q = whole ? step_q_ : alpha_of(2.0 * dt_s, params_.tau_s);
    const double pulls[2] = {params_.pull.valence, params_.pull.arousal};
    const double inputs[2] = {pulls[0] * music_.expressed.valence + params_.beta * music_.liking,
                              pulls[1] * music_.expressed.arousal};
    const double noise[2] = {params_.process_sd.valence, params_.process_sd.arousal};
    for (std::size_t dim = 0; dim < 2; ++dim) {
        const std::size_t error = kErrorV + dim;
        const std::size_t home = kHomeV + dim;
        const double to_home = music_.known ? 1.0 - pulls[dim] : 1.0;
        const double to_error = music_.known ? 1.0 : 0.0;
        x_[dim] += alpha * (to_home * x_[home] + to_error * x_[error] +
                            (music_.known ? inputs[dim] : 0.0) - x_[dim]);
        for (auto& w : w_) w[dim] += alpha * (to_home * w[home] + to_error * w[error] - w[dim]);
        if (music_.known) {
            w_[at(Voice::kMusic)][dim] += alpha * (pulls[dim] + (dim == 0 ? params_.beta : 0.0));
        }
        // F P F': row, then column, of this dimension.
        for (std::size_t j = 0; j < n_; ++j) {
            p(dim, j) += alpha * (to_home * p(home, j) + to_error * p(error, j) - p(dim, j));
        }
        for (std::size_t i = 0; i < n_; ++i) {
            p(i, dim) += alpha * (to_home * p(i, home) + to_error * p(i, error) - p(i, dim));
        }
        p(dim, dim) += square(noise[dim]) * q;
    }
    const double walk = square(k::kBiasSd) * dt_s / k::kBiasWalkS;
    for (std::size_t b = kBias; b < n_; ++b) p(b, b) += walk;
}

double MoodFilter::update_rating(const flow::Va& z, const flow::Va& variance) {
    const double nu[2] = {z.valence - x_[kV], z.arousal - x_[kA]};
    double s00 = 0.0, s01 = 0.0, s11 = 0.0, det = 0.0;
    const auto innovation_covariance = [&] {
        s00 = p(kV, kV) + variance.valence;
        s01 = .5 * (p(kV, kA) + p(kA, kV));
        s11 = p(kA, kA) + variance.arousal;
        det = s00 * s11 - s01 * s01;
        return (s11 * nu[0] * nu[0] - 2.0 * s01 * nu[0] * nu[1] + s00 * nu[1] * nu[1]) / det;
    };
    const double nis = innovation_covariance();
    if (nis > k::kRatingSurprise) {
        for (std::size_t i = 0; i < 2; ++i) {
            for (std::size_t j = 0; j < 2; ++j) p(i, j) += .5 * nu[i] * nu[j];
        }
        innovation_covariance();
    }
    std::array<double, kMax> k0{}, k1{}, p0{}, p1{};
    for (std::size_t i = 0; i < n_; ++i) {
        p0[i] = p(i, kV);
        p1[i] = p(i, kA);
        k0[i] = (p0[i] * s11 - p1[i] * s01) / det;
        k1[i] = (p1[i] * s00 - p0[i] * s01) / det;
    }
    for (std::size_t i = 0; i < n_; ++i) {
        x_[i] += k0[i] * nu[0] + k1[i] * nu[1];
        for (std::size_t j = 0; j <= i; ++j) {
            const double drop = k0[i] * p0[j] + k1[i] * p1[j];
            p(i, j) = p(j, i) = .5 * (p(i, j) + p(j, i)) - drop;
        }
    }
    for (std::size_t voice = 0; voice < kMaxVoices; ++voice) {
        const double one = voice == at(Voice::kRatings) ? 1.0 : 0.0;
        const double rest_v = one - w_[voice][kV];
        const double rest_a = one - w_[voice][kA];
        for (std::size_t i = 0; i < n_; ++i) w_[voice][i] += k0[i] * rest_v + k1[i] * rest_a;
    }
    return nis;
}

void MoodFilter::correct_scalar(const std::array<double, kMax>& ph, double s, double innovation,
                                double share) {
    const double keep = share * (2.0 - share) / s;  // P - (2c - c^2) P H' H P / S, for gain c K
    for (std::size_t i = 0; i < n_; ++i) {
        x_[i] += share * ph[i] / s * innovation;
        for (std::size_t j = 0; j <= i; ++j) {
            p(i, j) = p(j, i) = .5 * (p(i, j) + p(j, i)) - keep * ph[i] * ph[j];
        }
    }
}

void MoodFilter::update_liking(double liking, double sd) {
    if (!music_.known || liking_variance_ <= 0.0) return;
    // d = y + e with y = beta (l - predicted): the observation of y, written as one of d.
    const double noise = square(params_.beta * sd);
    const double whole = p(kErrorV, kErrorV);
    const double told = std::min(liking_variance_, whole);
    const double gain = told / (told + noise);
    const double left = whole - gain * told;
    if (whole <= 0.0 || left <= 0.0 || left >= whole) return;
    const double r = whole * left / (whole - left);
    const double y = params_.beta * (liking - music_.liking) * gain;
    std::array<double, kMax> ph{};
    for (std::size_t i = 0; i < n_; ++i) ph[i] = p(i, kErrorV);
    const double z = y * (whole + r) / whole;
    correct_scalar(ph, whole + r, z - x_[kErrorV], 1.0);
    liking_variance_ = told - gain * told;
}

std::size_t MoodFilter::add_bias() {
    ATTUNE_ASSERT(n_ < kMax);
    const std::size_t slot = n_ - kBias;
    ++n_;
    p(kBias + slot, kBias + slot) = square(k::kBiasSd);
    return slot;
}

void MoodFilter::reset_bias(std::size_t slot) {
    const std::size_t b = kBias + slot;
    for (std::size_t j = 0; j < n_; ++j) p(b, j) = p(j, b) = 0.0;
    p(b, b) = square(k::kBiasSd);
    x_[b] = 0.0;
    for (auto& w : w_) w[b] = 0.0;
}

double MoodFilter::index_nis(std::size_t dim, std::size_t slot, double y, double variance) const {
    const std::size_t b = kBias + slot;
    const double s = p(dim, dim) + 2.0 * p(dim, b) + p(b, b) + variance;
    return square(y - x_[dim] - x_[b]) / s;
}

void MoodFilter::update_index(std::size_t dim, std::size_t slot, double y, double variance, double share,
                              std::size_t voice) {
    const std::size_t b = kBias + slot;
    std::array<double, kMax> ph{};
    for (std::size_t i = 0; i < n_; ++i) ph[i] = p(i, dim) + p(i, b);
    const double s = ph[dim] + ph[b] + variance;
    const double innovation = y - x_[dim] - x_[b];
    for (std::size_t v = 0; v < kMaxVoices; ++v) {
        const double rest = (v == voice ? 1.0 : 0.0) - w_[v][dim] - w_[v][b];
        for (std::size_t i = 0; i < n_; ++i) w_[v][i] += share * ph[i] / s * rest;
    }
    correct_scalar(ph, s, innovation, share);
}

flow::VaGaussian MoodFilter::mood() const {
    return {{x_[kV], x_[kA]}, {p(kV, kV), .5 * (p(kV, kA) + p(kA, kV)), p(kA, kA)}};
}

flow::Va MoodFilter::rating_variance(const flow::Va& variance) const {
    return {p(kV, kV) + variance.valence, p(kA, kA) + variance.arousal};
}

}  // namespace attune::affect
