// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Errors at the door: RFC 9457 problem documents from the one table of error codes.
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "serve/http_types.hpp"

namespace attune::serve {

/// The table. Every ErrorCode has exactly one status.
[[nodiscard]] int http_status(ErrorCode code) noexcept;
/// "Not Found"; empty for a status that we never send.
[[nodiscard]] std::string_view status_text(int status) noexcept;

/// application/problem+json:
/// {"type":"urn:attune:error:not_found","title","status","code","detail"}. The error's context
/// (paths, rows) stays in the log at debug level and is not sent.
[[nodiscard]] Response problem(const Error& error);
/// For what has a status of its own: 401, 403, 405, 408, 411, 413, 415, 429, 431.
[[nodiscard]] Response problem(int status, std::string_view code, std::string_view detail);

}  // namespace attune::serve
