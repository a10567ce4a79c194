// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From a SPEC to a source.
#include <memory>

#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

/// Opens files at once and devices when they are first pulled. kUnavailable, with what is missing, for a
/// kind that this build or this machine does not have.
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const Spec& spec);

}  // namespace attune::sense
