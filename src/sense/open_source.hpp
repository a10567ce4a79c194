// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From a SPEC to a source.
#include <filesystem>
#include <memory>

#include "core/time.hpp"
#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

/// Opens files at once and devices when they are first pulled. kUnavailable, with what is missing, for a
/// kind that this build or this machine does not have.
/// `data_dir` is where converted parts of the face finder are looked for first; empty = core::data_dir().
/// `clock` is the session's: live sources stamp what arrives by it and must not outlive it; without one they are refused.
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const Spec& spec, const core::Clock* clock = nullptr,
                                                          const std::filesystem::path& data_dir = {});

}  // namespace attune::sense
