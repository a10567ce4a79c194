// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The recogniser that listens to a kind of source.
#include <filesystem>
#include <memory>
#include <string>

#include "affect/recogniser.hpp"
#include "core/result.hpp"

namespace attune::affect {

/// `data_dir`: the user's data folder, whose models/ win. kUnavailable, with what is missing and how to get it, if
/// this build or this installation cannot judge the kind: its source is then shown as unavailable.
[[nodiscard]] Result<std::unique_ptr<Recogniser>> make_recogniser(flow::SourceKind kind, const std::string& source,
                                                                  const std::filesystem::path& data_dir);

/// One of heart and skin as it was built once, with that model or without any, so that it says again what it said.
/// kUnavailable: the model is not installed any more, or another version or other weights are; the message names both.
[[nodiscard]] Result<std::unique_ptr<Recogniser>> remake_body_recogniser(const std::string& source, const ModelUsed& model,
                                                                         const std::filesystem::path& data_dir);

}  // namespace attune::affect
