// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/validity.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "learn/metrics.hpp"

namespace attune::affect {
namespace {

constexpr std::array<EmotionPlace, 9> kPlaces = {{{"angry", -.51, .59},
                                                  {"disgusted", -.60, .35},
                                                  {"disgust", -.60, .35},
                                                  {"fearful", -.64, .60},
                                                  {"happy", .81, .51},
                                                  {"sad", -.63, -.27},
                                                  {"surprised", .40, .67},
                                                  {"calm", .0, .0},
                                                  {"neutral", .0, .0}}};
constexpr double kWithin = .25;  // spread of the dimension within one state

const EmotionPlace* find(const std::string& label) noexcept {
    const auto it = std::ranges::find_if(kPlaces, [&](const EmotionPlace& p) { return label == p.label; });
    return it == kPlaces.end() ? nullptr : &*it;
}

std::vector<double> soft_counts(std::span<const double> probabilities, std::span<const int> truth, std::size_t classes,
                                std::span<const std::size_t> chosen) {
    std::vector<double> counts(classes * classes);
    for (const std::size_t i : chosen) {
        for (std::size_t j = 0; j < classes; ++j) {
            counts[static_cast<std::size_t>(truth[i]) * classes + j] += probabilities[i * classes + j];
        }
    }
    return counts;
}

}  // namespace

std::span<const EmotionPlace> emotion_places() noexcept { return kPlaces; }
double valence_of(const std::string& label) noexcept {
    const auto* p = find(label);
    return p != nullptr ? p->valence : 0.0;
}
double arousal_of(const std::string& label) noexcept {
    const auto* p = find(label);
    return p != nullptr ? p->arousal : 0.0;
}

std::vector<double> listening_prior(std::span<const std::string> labels) {
    const auto rests = [](const std::string& l) { return l == "neutral" || l == "calm"; };
    const auto resting = static_cast<double>(std::ranges::count_if(labels, rests));
    const double moved = static_cast<double>(labels.size()) - resting;
    std::vector<double> prior;
    for (const auto& label : labels) prior.push_back(rests(label) ? .7 / resting : (resting > 0 ? .3 : 1.0) / moved);
    return prior;
}

double recogniser_validity(std::span<const double> counts, std::span<const double> prior, std::span<const double> place) {
    const std::size_t n = prior.size();
    std::vector<double> joint(n * n);
    for (std::size_t k = 0; k < n; ++k) {
        double row = 0.0;
        for (std::size_t j = 0; j < n; ++j) row += counts[k * n + j] + 1.0;
        for (std::size_t j = 0; j < n; ++j) joint[k * n + j] = prior[k] * (counts[k * n + j] + 1.0) / row;
    }
    double mean = 0.0, square = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
        mean += prior[k] * place[k];
        square += prior[k] * place[k] * place[k];
    }
    double told = 0.0;
    for (std::size_t j = 0; j < n; ++j) {
        double weight = 0.0, value = 0.0;
        for (std::size_t k = 0; k < n; ++k) {
            weight += joint[k * n + j];
            value += joint[k * n + j] * place[k];
        }
        if (weight > 0.0) told += weight * (value / weight - mean) * (value / weight - mean);
    }
    return std::sqrt(told / (square - mean * mean + kWithin * kWithin));
}

double recogniser_validity_bound(std::span<const double> probabilities, std::span<const int> truth,
                                 std::span<const std::string> groups, std::span<const double> prior,
                                 std::span<const double> place, int resamples) {
    return learn::group_bootstrap(groups, [&](std::span<const std::size_t> chosen) {
               return recogniser_validity(soft_counts(probabilities, truth, prior.size(), chosen), prior, place);
           }, resamples).low;
}

}  // namespace attune::affect
