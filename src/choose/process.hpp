// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How the fusion filter expects music to move a mood (affect_spec A), as far as planning needs it:
/// the mean of x' = x + alpha (u - x), u = home + gain (m - home) + (beta liking, 0).
///
/// The numbers are the filter's population values; session passes a person's own where they are known.
#include <cmath>

#include "flow/affect.hpp"

namespace attune::choose {

struct Process {
    flow::Va home{.1, 0.0};
    double gain_valence = .20;   ///< fitted (SiTunes)
    double gain_arousal = .40;   ///< fitted (SiTunes)
    double beta = .5;            ///< valence per unit of liking; fitted
    double tau_s = 500.0;        ///< cited 300..850
    double sd_valence = .27;     ///< stationary SD of the mood round u
    double sd_arousal = .31;

    /// Where a mood settles while music that expresses m and is liked by `liking` goes on.
    [[nodiscard]] flow::Va pull(const flow::Va& m, double liking) const {
        return {home.valence + gain_valence * (m.valence - home.valence) + beta * liking,
                home.arousal + gain_arousal * (m.arousal - home.arousal)};
    }
    /// Mean after a stretch whose exp(-duration/tau) is `keep`.
    [[nodiscard]] static flow::Va towards(const flow::Va& x, const flow::Va& u, double keep) {
        return {u.valence + (x.valence - u.valence) * keep, u.arousal + (x.arousal - u.arousal) * keep};
    }
    [[nodiscard]] double keep(double seconds) const { return std::exp(-seconds / tau_s); }
};

}  // namespace attune::choose
