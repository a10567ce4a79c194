// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever is accepted is safe to use as a path below a folder, and reads the same when it is read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"
#include "serve/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto target = attune::serve::parse_target(text);
    if (!target) return 0;
    const std::string& path = target->path;
    const bool safe = path.front() == '/' && path.find("//") == std::string::npos &&
                      path.find("/../") == std::string::npos && !path.ends_with("/..") &&
                      path.find('\0') == std::string::npos && path.find('\\') == std::string::npos &&
                      attune::core::is_utf8(path);
    if (!safe) std::abort();
    return 0;
}
