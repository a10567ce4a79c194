// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/parts.hpp"

#include "core/paths.hpp"

namespace attune::learn {

Result<std::filesystem::path> find_part(const std::filesystem::path& data_dir, const std::string& name) {
    const std::string file = name + ".onnx";
    std::error_code ignored;
    if (!data_dir.empty()) {
        const auto own = data_dir / "models" / "parts" / file;
        if (std::filesystem::exists(own, ignored)) return own;
    }
    if (auto shipped = core::resource(std::filesystem::path("parts") / file)) return *shipped;
    return fail(ErrorCode::kUnavailable, "the part " + name + " is not installed; scripts/add-parts fetches and converts it");
}

}  // namespace attune::learn
