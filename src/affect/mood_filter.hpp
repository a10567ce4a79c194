// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The linear Gaussian filter under the fusion: mood, a track's felt error, home, and a bias per source.
///
/// State    s = [v a | d_v d_a | h_v h_a | b_1 .. b_n]: mood; error of this track's felt effect; home;
///          bias of each (source, dimension). All in V/A units, [-1, 1] is not enforced here
/// Process  x' = x + alpha (u - x) + w, alpha = 1 - exp(-dt / tau), u = h + G (m - h) + (beta l, 0) + d
///          while known music plays, u = h otherwise (Ornstein-Uhlenbeck with a home: Kuppens, Oravecz &
///          Tuerlinckx 2010, doi:10.1037/a0020962). h and d stand still, b walks
/// Threads  a value; one owner
/// Errors   none; callers check ranges. No clock, no randomness, one fixed order of operations
/// Matrices row-major kMax x kMax, of which size() x size() is in use
#include <array>
#include <cstddef>

#include "flow/affect.hpp"

namespace attune::affect {

/// What a person is like, for the filter. Defaults are the population's.
struct MoodParams {
    flow::Va home, home_sd;
    flow::Va pull, pull_sd;      ///< G: how far content pulls, 0..1
    double beta, beta_sd;        ///< valence per unit of liking
    double tau_s;                ///< [s]
    flow::Va process_sd;         ///< stationary SD of the mood about u
    flow::Va rating_sd;          ///< of one rating
    [[nodiscard]] static MoodParams population() noexcept;
};

/// What plays, as far as the mood is concerned.
struct MusicInput {
    bool known = false;          ///< false: silence or an unknown track
    flow::Va expressed;          ///< of the segment heard now
    flow::Va expressed_sd;       ///< of the music model
    double liking = 0.0, liking_sd = .5;
};

/// Who the mean's weight comes from: every estimate is a weighted sum of these.
enum class Voice : std::size_t { kPrior, kRatings, kMusic, kFirstSource };

class MoodFilter {
public:
    static constexpr std::size_t kMaxBias = 8;
    static constexpr std::size_t kMax = 6 + kMaxBias;
    static constexpr std::size_t kMaxVoices = 3 + kMaxBias;
    enum Dim : std::size_t { kV = 0, kA = 1, kErrorV = 2, kErrorA = 3, kHomeV = 4, kHomeA = 5, kBias = 6 };

    explicit MoodFilter(const MoodParams& params);

    /// A new item: its felt error starts at 0 with the variance that its model SD, the spread between
    /// people and the unknown pull and liking give it, constant within the item. `home` is the mean to
    /// measure the pull's reach from (that of the shadow filter, so that it is the same in paired runs).
    void start_item(const MusicInput& music, const flow::Va& home);
    /// The segment or the predicted liking changed within the item; or it paused (known = false).
    void set_music(const MusicInput& music) { music_ = music; }
    [[nodiscard]] const MusicInput& music() const noexcept { return music_; }

    void step(double dt_s);

    /// Mood as rated. NIS above kRatingSurprise widens P first: a rating is never rejected.
    /// Returns the NIS before widening (2 degrees of freedom).
    double update_rating(const flow::Va& z, const flow::Va& variance);

    /// What the person says about liking the item that plays: bears on the felt error only.
    void update_liking(double liking, double sd);

    /// A new bias state, mean 0, SD kBiasSd. The number of free slots is kMaxBias.
    std::size_t add_bias();
    [[nodiscard]] std::size_t biases() const noexcept { return n_ - kBias; }
    /// Forgets a bias: nothing else changes.
    void reset_bias(std::size_t slot);

    /// Normalised innovation squared of index y about dimension `dim` (0 valence, 1 arousal).
    [[nodiscard]] double index_nis(std::size_t dim, std::size_t slot, double y, double variance) const;
    /// Update with gain times `share` (0..1]; `voice` is credited with the weight.
    void update_index(std::size_t dim, std::size_t slot, double y, double variance, double share,
                      std::size_t voice);

    [[nodiscard]] flow::VaGaussian mood() const;
    [[nodiscard]] flow::Va home() const { return {x_[kHomeV], x_[kHomeA]}; }
    /// P of mood plus the variance of a rating: what a rating is judged against.
    [[nodiscard]] flow::Va rating_variance(const flow::Va& variance) const;
    /// Share of `voice` in the mean of dimension `dim`; over all voices they are about 1.
    [[nodiscard]] double weight(std::size_t voice, std::size_t dim) const { return w_[voice][dim]; }
    [[nodiscard]] const MoodParams& params() const noexcept { return params_; }

private:
    [[nodiscard]] double& p(std::size_t i, std::size_t j) { return p_[i * kMax + j]; }
    [[nodiscard]] double p(std::size_t i, std::size_t j) const { return p_[i * kMax + j]; }
    void correct_scalar(const std::array<double, kMax>& ph, double s, double innovation, double share);

    MoodParams params_;
    std::size_t n_ = kBias;
    std::array<double, kMax> x_{};
    std::array<double, kMax * kMax> p_{};
    std::array<std::array<double, kMax>, kMaxVoices> w_{};
    MusicInput music_;
    double liking_variance_ = 0.0;   ///< the part of the error's variance that liking explains
    double step_alpha_ = 0.0, step_q_ = 0.0;  ///< for dt = kStepS
};

}  // namespace attune::affect
