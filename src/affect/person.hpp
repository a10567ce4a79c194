// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What plays taught about a person: home, pull of content and of liking, time constant, steadiness.
///
/// In       plays with a rating before and after, in the order in which they happened; nothing from sensors
/// Out      MoodParams for the next session, never within one
/// Method   ridge: Gaussian priors of the population on (h, G, beta), tau on a grid under a log-normal prior;
///          the steadiness (process and rating SD) by the mean squared standardised residual, shrunk to 1
/// Errors   none; fewer than kPersonTuples plays give the prior back
#include <functional>
#include <span>
#include <vector>

#include "affect/mood_filter.hpp"

namespace attune::affect {

struct PlayTuple {
    flow::Va before, after;      ///< blind ratings
    MusicInput music;            ///< whole play; liking as said (liking_sd 0) or as predicted
    double seconds = 0.0;        ///< between the two ratings
};

/// What the filter says after a play that follows one rating of a fresh session: its closed form.
[[nodiscard]] flow::VaGaussian predict_play(const MoodParams& params, const PlayTuple& play);
/// The same as the variance of the rating that ends the play.
[[nodiscard]] flow::Va predicted_rating_variance(const MoodParams& params, const PlayTuple& play);

[[nodiscard]] MoodParams learn_person(const MoodParams& prior, std::span<const PlayTuple> plays);

/// Maximum likelihood of home, pull, beta, tau and process SD over many people's plays, by pattern search
/// from `start`; the SDs over people and of a rating are kept. For fitting constants and for evaluation.
[[nodiscard]] MoodParams fit_population(const MoodParams& start, std::span<const PlayTuple> plays);

}  // namespace attune::affect
