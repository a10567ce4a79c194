// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune evaluate beats`: the R-peak detector against the annotations of MIT-BIH, as EC57 asks.
///
/// In       a folder mitdb (WFDB records) at any depth below the data folder; the first signal of each record
/// Out      f1_150ms, f1_50ms over all beats of all records, by record, samples per cpu second
/// Method   streaming in blocks of 0.25 s; one-to-one matching in time; ventricular flutter ([ to ]) left out
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "learn/evaluation.hpp"
#include "learn/model_registry.hpp"

namespace attune::affect {

struct BeatScore {
    double matched = 0.0, reference = 0.0, detected = 0.0;
    [[nodiscard]] double f1() const;
};
/// Both ascending; each detection serves one reference beat within `tolerance` samples.
[[nodiscard]] BeatScore match_beats(std::span<const std::int64_t> reference, std::span<const std::int64_t> detected,
                                    std::int64_t tolerance);

[[nodiscard]] Result<learn::Evaluation> evaluate_beats(const learn::EvaluateRequest& request);
void register_beats(learn::ModelRegistry& registry);

}  // namespace attune::affect
