// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate fusion`: does the filter predict how real people feel after a song (test T2)?
///
/// In       a folder situnes at any depth below the data folder
/// Out      r2_valence, r2_arousal, coverage90 of the rating after a play, from the rating before, the track and the
///          person's own earlier plays; the same when that play's liking is known; what the wristband adds
/// Method   by person. --cross-validate fits the population's constants on the other people; without it the
///          constants of the table are used. A person's own parameters come from their earlier plays alone
#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "learn/evaluation.hpp"
#include "learn/model_registry.hpp"

namespace attune::affect {

[[nodiscard]] Result<learn::Evaluation> evaluate_fusion(const learn::EvaluateRequest& request);
/// The section [fitted] of share/personas/families.toml, estimated from SiTunes under `data`.
[[nodiscard]] Result<std::string> fitted_family_toml(const std::filesystem::path& data);
void register_fusion(learn::ModelRegistry& registry);

}  // namespace attune::affect
