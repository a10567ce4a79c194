// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From what is known of a person to the Policy that planner, composer and player obey.
///
/// Pure: the same circumstances give the same policy and the same version.
#include <optional>

#include "care/intake.hpp"
#include "flow/policy.hpp"

namespace attune::care {

struct Circumstances {
    flow::Deployment deployment = flow::Deployment::kHome;
    Intake intake;
    Settings settings;
    bool companion_present = false;      ///< then "only with me" tracks need not be asked for
    std::optional<double> dose_used;     ///< share of the weekly allowance used in the last seven days
};

/// Flags only ever take away: no setting gives back what a flag forbids.
[[nodiscard]] flow::Policy make_policy(const Circumstances& circumstances);

/// True where inference from face, voice or body may run at all. In workplaces and education it may not
/// (EU AI Act, art. 5(1)(f)), whatever anybody consented to.
[[nodiscard]] bool inference_allowed(flow::Deployment deployment) noexcept;
[[nodiscard]] Result<flow::Deployment> parse_deployment(std::string_view name);

}  // namespace attune::care
