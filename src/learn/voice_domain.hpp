// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How far a stretch of speech lies from all that a voice model was trained on: another language, microphone, room.
///
/// The functionals, not set against any speaker, are standardised; what the 20 strongest principal components of the
/// training stretches do not explain is set against what they leave of those: score = sqrt(|residual|^2 / (N noise)).
/// In       signal::voice_functionals of the stretch
/// Out      score: about 1 on what was trained on, larger further away; it knows nothing of emotions
/// Threads  const after fit(); any thread
/// Errors   fit(): kBadArgument below 50 stretches
/// Method   reconstruction error of probabilistic PCA (Tipping & Bishop 1999, doi:10.1111/1467-9868.00196)
#include <array>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "signal/voice_functionals.hpp"

namespace attune::learn {

class VoiceDomain {
public:
    static constexpr std::size_t kComponents = 20;
    using Numbers = std::array<double, signal::kVoiceFunctionals>;

    [[nodiscard]] static Result<VoiceDomain> fit(std::span<const signal::VoiceFunctionals> stretches);
    [[nodiscard]] double score(const signal::VoiceFunctionals& x) const;

    /// What is kept of it, in this order, each a line of the model's file.
    struct Parts {
        Numbers mean{}, sd{};
        std::array<Numbers, kComponents> components{};
        double noise = 1.0;   ///< mean variance beyond the components
    };
    [[nodiscard]] const Parts& parts() const noexcept { return parts_; }
    [[nodiscard]] Parts& parts() noexcept { return parts_; }

private:
    Parts parts_;
};

}  // namespace attune::learn
