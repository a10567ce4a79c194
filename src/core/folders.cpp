// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/folders.hpp"

namespace attune::core {

Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) return {};
    return fail(error == std::errc::no_space_on_device ? ErrorCode::kDiskFull : ErrorCode::kIo,
                "cannot make the folder: " + error.message(), folder.string());
}

}  // namespace attune::core
