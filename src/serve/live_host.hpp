// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Runs sessions for the pages: a thread each with its own space, inbox and sink.
#include <filesystem>
#include <memory>
#include <string>

#include "flow/policy.hpp"
#include "serve/live_hub.hpp"
#include "serve/session_host.hpp"

namespace attune::serve {

/// `hub` outlives the host.
[[nodiscard]] std::unique_ptr<SessionHost> make_live_host(std::filesystem::path data_dir,
                                                          std::string db_url, LiveHub& hub,
                                                          flow::Deployment deployment = flow::Deployment::kHome);

}  // namespace attune::serve
