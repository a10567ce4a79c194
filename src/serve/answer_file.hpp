// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Answers a request with a file: whole, a range of it (206, 416), or "you have it" (304).
///
/// Errors   the problem that belongs to OpenFile::open's error
#include <filesystem>
#include <string>

#include "serve/http_types.hpp"

namespace attune::serve {

[[nodiscard]] Response answer_file(const Request& request, const std::filesystem::path& path, std::string content_type);

}  // namespace attune::serve
