// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// affect → choose, report, pages: how the listener feels, as far as we know.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "flow/affect.hpp"
#include "flow/evidence.hpp"

namespace attune::flow {

/// Shares of the information in the estimate; they add up to 1 once there is any evidence.
struct EvidenceShares {
    double ratings = 0.0, sensors = 0.0, music = 0.0;
    bool operator==(const EvidenceShares&) const = default;
};

enum class SourceStatus { kOff, kWarmingUp, kActive, kAbstaining, kAlert, kLost, kUnavailable };
[[nodiscard]] const char* to_string(SourceStatus status) noexcept;

struct SourceState {
    std::string id;
    SourceKind kind = SourceKind::kBody;
    SourceStatus status = SourceStatus::kOff;
    double weight = 0.0;         ///< share of this source in the shift of the mean, 0..1
    double r = 0.0;              ///< validity used now
    int n_ratings = 0;           ///< blind ratings that it was judged on
    bool earned = false;
    std::optional<Time> last_t;
    std::string reason;          ///< of abstaining, alert or unavailability
};

struct AffectState {
    Time t;
    VaGaussian felt;             ///< mean clipped to [-1, 1]
    VaGaussian shadow;           ///< the filter of ratings and music only
    EvidenceShares evidence;
    bool any_evidence = false;   ///< false = nothing but the population's prior: show "no evidence"
    std::optional<double> stress;
    std::vector<SourceState> sources;
    Origin origin = Origin::kLive;   ///< the worst of its sources
};

}  // namespace attune::flow
