// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/person.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "affect/tables.hpp"

namespace attune::affect {
namespace {

constexpr double kLogTauSd = .3;          // chosen: prior of tau, about 300-850 s
constexpr int kTauSteps = 12;
constexpr double kSteadyPrior = 10.0;     // chosen: plays' worth of belief that a person is as steady as most
constexpr double kSteadyMin = .6, kSteadyMax = 1.8;
constexpr double kHomeSdFloor = .10;      // chosen: a day differs from another
constexpr int kLinearisations = 2;        // h G is a product: solved twice round the last solution

constexpr double square(double x) { return x * x; }

/// One dimension of the model of a play.
struct Axis {
    double home, home_var, pull, pull_var, beta, beta_var, process_var, rating_var, model_var;
    double before, after, expressed, liking, liking_var;
};

Axis axis(const MoodParams& p, const PlayTuple& t, int dim) {
    const bool v = dim == 0;
    const auto of = [v](const flow::Va& x) { return v ? x.valence : x.arousal; };
    Axis a{};
    a.home = of(p.home);
    a.home_var = square(of(p.home_sd));
    a.pull = of(p.pull);
    a.pull_var = square(of(p.pull_sd));
    a.beta = v ? p.beta : 0.0;
    a.beta_var = v ? square(p.beta_sd) : 0.0;
    a.process_var = square(of(p.process_sd));
    a.rating_var = square(of(p.rating_sd));
    a.model_var = square(of(t.music.expressed_sd)) + square(k::kAppraisalSd);
    a.before = of(t.before);
    a.after = of(t.after);
    a.expressed = of(t.music.expressed);
    a.liking = t.music.liking;
    a.liking_var = square(t.music.liking_sd);
    return a;
}

struct Prediction {
    double mean = 0.0, variance = 0.0;   ///< of the mood after the play
    double keep = 0.0;                   ///< exp(-T / tau)
    double gain = 0.0;                   ///< of the rating before
};

Prediction predict(const Axis& a, double tau_s, const PlayTuple& t) {
    Prediction out;
    out.keep = std::exp(-t.seconds / tau_s);
    const double prior = a.home_var + square(k::kMoodSd);
    const double s = prior + a.rating_var;
    out.gain = prior / s;
    const double nu = a.before - a.home;
    const double x = a.home + out.gain * nu;
    const double h = a.home + a.home_var / s * nu;
    const double xx = prior - prior * prior / s;
    const double xh = a.home_var - prior * a.home_var / s;
    const double hh = a.home_var - a.home_var * a.home_var / s;
    const double rest = 1.0 - out.keep;
    const bool music = t.music.known;
    const double pull = music ? a.pull : 0.0;
    const double error = music ? square(a.pull) * a.model_var + a.pull_var * square(a.expressed - h) +
                                     a.beta_var * square(a.liking) + square(a.beta) * a.liking_var
                               : 0.0;
    out.mean = out.keep * x + rest * ((1.0 - pull) * h + (music ? pull * a.expressed + a.beta * a.liking : 0.0));
    out.variance = square(out.keep) * xx + 2.0 * out.keep * rest * (1.0 - pull) * xh + square(rest * (1.0 - pull)) * hh +
                   square(rest) * error + a.process_var * (1.0 - square(out.keep));
    return out;
}

using Matrix3 = std::array<double, 9>;
using Vector3 = std::array<double, 3>;

/// Inverse of a symmetric positive definite 3x3, by cofactors.
Matrix3 inverse(const Matrix3& m) {
    const double c00 = m[4] * m[8] - m[5] * m[7];
    const double c01 = m[5] * m[6] - m[3] * m[8];
    const double c02 = m[3] * m[7] - m[4] * m[6];
    const double det = m[0] * c00 + m[1] * c01 + m[2] * c02;
    return {c00 / det, (m[2] * m[7] - m[1] * m[8]) / det, (m[1] * m[5] - m[2] * m[4]) / det,
            c01 / det, (m[0] * m[8] - m[2] * m[6]) / det, (m[2] * m[3] - m[0] * m[5]) / det,
            c02 / det, (m[1] * m[6] - m[0] * m[7]) / det, (m[0] * m[4] - m[1] * m[3]) / det};
}

struct Solved {
    Vector3 theta{}, sd{};   ///< h, G, beta
    double log_likelihood = 0.0;
    double squared = 0.0;    ///< sum of squared standardised residuals
};

/// Posterior of (h, G, beta) of one dimension at a fixed tau.
Solved solve(const MoodParams& prior, std::span<const PlayTuple> plays, int dim, double tau_s) {
    const Axis base = axis(prior, plays.front(), dim);
    const Vector3 mean{base.home, base.pull, base.beta};
    // A prior of no variance (beta of arousal) stays where it is.
    const Vector3 precision{1.0 / base.home_var, 1.0 / std::max(base.pull_var, 1e-12),
                            1.0 / std::max(base.beta_var, 1e-12)};
    Solved out;
    out.theta = mean;
    for (int round = 0; round < kLinearisations; ++round) {
        Matrix3 m{precision[0], 0, 0, 0, precision[1], 0, 0, 0, precision[2]};
        Vector3 b{precision[0] * mean[0], precision[1] * mean[1], precision[2] * mean[2]};
        const double h = out.theta[0];
        for (const PlayTuple& t : plays) {
            Axis a = axis(prior, t, dim);
            a.home_var = square(kHomeSdFloor);   // what is left once the person's home is known
            a.pull_var = 0.0;
            a.beta_var = 0.0;
            const Prediction p = predict(a, tau_s, t);
            const double rest = 1.0 - p.keep;
            const double weight = 1.0 / (p.variance + a.rating_var);
            const double music = t.music.known ? 1.0 : 0.0;
            const Vector3 x{p.keep * (1.0 - p.gain) + rest, rest * music * (a.expressed - h), dim == 0 ? rest * music * a.liking : 0.0};
            const double y = a.after - p.keep * p.gain * a.before;
            for (std::size_t i = 0; i < 3; ++i) {
                b[i] += weight * x[i] * y;
                for (std::size_t j = 0; j < 3; ++j) m[i * 3 + j] += weight * x[i] * x[j];
            }
        }
        const Matrix3 cov = inverse(m);
        for (std::size_t i = 0; i < 3; ++i) {
            out.theta[i] = cov[i * 3] * b[0] + cov[i * 3 + 1] * b[1] + cov[i * 3 + 2] * b[2];
            out.sd[i] = std::sqrt(cov[i * 4]);
        }
    }
    for (std::size_t i = 0; i < 3; ++i) out.log_likelihood -= .5 * precision[i] * square(out.theta[i] - mean[i]);
    for (const PlayTuple& t : plays) {
        Axis a = axis(prior, t, dim);
        a.home = out.theta[0];
        a.home_var = square(kHomeSdFloor);
        a.pull = out.theta[1];
        a.beta = out.theta[2];
        a.pull_var = 0.0;
        a.beta_var = 0.0;
        const Prediction p = predict(a, tau_s, t);
        const double variance = p.variance + a.rating_var;
        const double z2 = square(a.after - p.mean) / variance;
        out.squared += z2;
        out.log_likelihood -= .5 * (std::log(variance) + z2);
    }
    return out;
}

double steadiness(double squared, std::size_t n) {
    const double ratio = (kSteadyPrior + squared) / (kSteadyPrior + static_cast<double>(n));
    return std::clamp(std::sqrt(ratio), kSteadyMin, kSteadyMax);
}

double log_likelihood(const MoodParams& p, std::span<const PlayTuple> plays) {
    double sum = 0.0;
    for (const PlayTuple& t : plays) {
        for (int dim = 0; dim < 2; ++dim) {
            const Axis a = axis(p, t, dim);
            const Prediction predicted = predict(a, p.tau_s, t);
            const double variance = predicted.variance + a.rating_var;
            sum -= .5 * (std::log(variance) + square(a.after - predicted.mean) / variance);
        }
    }
    return sum;
}

}  // namespace

flow::VaGaussian predict_play(const MoodParams& params, const PlayTuple& play) {
    const Prediction v = predict(axis(params, play, 0), params.tau_s, play);
    const Prediction a = predict(axis(params, play, 1), params.tau_s, play);
    return {{v.mean, a.mean}, {v.variance, 0.0, a.variance}};
}

flow::Va predicted_rating_variance(const MoodParams& params, const PlayTuple& play) {
    const flow::VaGaussian g = predict_play(params, play);
    return {g.cov[0] + square(params.rating_sd.valence), g.cov[2] + square(params.rating_sd.arousal)};
}

MoodParams learn_person(const MoodParams& prior, std::span<const PlayTuple> plays) {
    if (plays.size() < static_cast<std::size_t>(k::kPersonTuples)) return prior;
    MoodParams out = prior;
    Solved best_v, best_a;
    double best = -1e300;
    for (int i = 0; i < kTauSteps; ++i) {
        const double share = static_cast<double>(i) / (kTauSteps - 1);
        const double tau_s = k::kTauMinS * std::pow(k::kTauMaxS / k::kTauMinS, share);
        const Solved v = solve(prior, plays, 0, tau_s);
        const Solved a = solve(prior, plays, 1, tau_s);
        const double score = v.log_likelihood + a.log_likelihood - .5 * square(std::log(tau_s / prior.tau_s) / kLogTauSd);
        if (score > best) {
            best = score;
            best_v = v;
            best_a = a;
            out.tau_s = tau_s;
        }
    }
    out.home = {std::clamp(best_v.theta[0], -1.0, 1.0), std::clamp(best_a.theta[0], -1.0, 1.0)};
    out.home_sd = {std::max(kHomeSdFloor, best_v.sd[0]), std::max(kHomeSdFloor, best_a.sd[0])};
    out.pull = {std::clamp(best_v.theta[1], -1.0, 1.0), std::clamp(best_a.theta[1], -1.0, 1.0)};
    out.pull_sd = {best_v.sd[1], best_a.sd[1]};
    out.beta = std::clamp(best_v.theta[2], -1.0, 2.0);
    out.beta_sd = best_v.sd[2];
    const double sv = steadiness(best_v.squared, plays.size());
    const double sa = steadiness(best_a.squared, plays.size());
    out.process_sd = {prior.process_sd.valence * sv, prior.process_sd.arousal * sa};
    out.rating_sd = {std::clamp(prior.rating_sd.valence * sv, k::kRatingSdMin, k::kRatingSdMax),
                     std::clamp(prior.rating_sd.arousal * sa, k::kRatingSdMin, k::kRatingSdMax)};
    return out;
}

MoodParams fit_population(const MoodParams& start, std::span<const PlayTuple> plays) {
    struct Knob {
        double* value;
        double step, low, high;
    };
    MoodParams p = start;
    std::array knobs{Knob{&p.home.valence, .05, -1, 1},       Knob{&p.home.arousal, .05, -1, 1},
                     Knob{&p.pull.valence, .05, -.5, 1},      Knob{&p.pull.arousal, .05, -.5, 1},
                     Knob{&p.beta, .1, -1, 2},                Knob{&p.tau_s, 80, 60, 3600},
                     Knob{&p.process_sd.valence, .04, .02, 1}, Knob{&p.process_sd.arousal, .04, .02, 1}};
    double best = log_likelihood(p, plays);
    for (int round = 0; round < 200; ++round) {
        bool moved = false;
        for (Knob& knob : knobs) {
            for (const double sign : {1.0, -1.0}) {
                const double before = *knob.value;
                *knob.value = std::clamp(before + sign * knob.step, knob.low, knob.high);
                const double score = log_likelihood(p, plays);
                if (score > best + 1e-9) {
                    best = score;
                    moved = true;
                    break;
                }
                *knob.value = before;
            }
        }
        if (moved) continue;
        bool fine = true;
        for (Knob& knob : knobs) {
            knob.step *= .5;
            fine = fine && knob.step < 1e-3 * (knob.high - knob.low);
        }
        if (fine) break;
    }
    return p;
}

}  // namespace attune::affect
