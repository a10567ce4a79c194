// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Weights of others that scripts/add-parts converts at install time: face finder, landmarks, speech or not.
#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace attune::learn {

/// NAME.onnx in 1. DATA/models/parts, 2. share/parts. kUnavailable says how to get it.
[[nodiscard]] Result<std::filesystem::path> find_part(const std::filesystem::path& data_dir, const std::string& name);

}  // namespace attune::learn
