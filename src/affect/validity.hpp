// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How far a recogniser's label tells about the dimension that it is used for: r_rec of the fusion.
///
/// In       soft confusion counts C[truth, predicted] over groups that were not trained on, a prior of how
///          often each state is shown while listening, and each state's place mu on the dimension
/// Out      r_rec in 0..1 and its lower 95 % bound over drawn groups; the mean and SD of the index in use
/// Method   P(k|j) ~ pi_k C[k,j] (Dirichlet +1); vh_j = sum_k P(k|j) mu_k;
///          r_rec^2 = Var_j(vh_j) / (Var_k(mu_k) + .25^2)
#include <span>
#include <string>
#include <vector>

namespace attune::affect {

/// Places of the seven expressions: Russell & Mehrabian 1977, doi:10.1016/0092-6566(77)90037-X (mean ratings
/// of the terms angry, disgusted, fearful, happy, sad, surprised); neutral = home.
struct EmotionPlace { const char* label; double valence, arousal; };
[[nodiscard]] std::span<const EmotionPlace> emotion_places() noexcept;
[[nodiscard]] double valence_of(const std::string& label) noexcept;  ///< 0 for an unknown label
[[nodiscard]] double arousal_of(const std::string& label) noexcept;

/// Neutral (or neutral and calm) .7, the rest share .3 evenly.
[[nodiscard]] std::vector<double> listening_prior(std::span<const std::string> labels);

/// counts row-major truth x predicted.
[[nodiscard]] double recogniser_validity(std::span<const double> counts, std::span<const double> prior,
                                         std::span<const double> place);
/// Lower 2.5 % point over `resamples` draws of whole groups. probabilities row-major n x classes.
[[nodiscard]] double recogniser_validity_bound(std::span<const double> probabilities, std::span<const int> truth,
                                               std::span<const std::string> groups, std::span<const double> prior,
                                               std::span<const double> place, int resamples = 500);

}  // namespace attune::affect
