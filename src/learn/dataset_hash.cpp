// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/dataset_hash.hpp"

#include <algorithm>
#include <system_error>

#include "core/hash.hpp"

namespace attune::learn {
namespace fs = std::filesystem;

Result<std::string> data_sha256(const fs::path& root, std::span<const fs::path> files) {
    std::vector<std::string> lines;
    for (const auto& file : files) {
        ATTUNE_TRY(const std::string hash, core::sha256_hex_of_file(file));
        const std::string below = file.lexically_relative(root).generic_string();
        lines.push_back(hash + " " + (below.starts_with("..") ? file.generic_string() : below) + "\n");
    }
    std::sort(lines.begin(), lines.end());
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    std::string all;
    for (const auto& line : lines) all += line;
    return core::sha256_hex(std::string_view(all));
}

Result<std::vector<fs::path>> files_under(const fs::path& folder) {
    std::error_code error;
    fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error);
    if (error) return fail(ErrorCode::kNotFound, "cannot list the folder: " + error.message(), folder.string());
    std::vector<fs::path> files;
    for (const fs::recursive_directory_iterator end; it != end; it.increment(error)) {
        if (error) return fail(ErrorCode::kIo, "cannot list the folder: " + error.message(), folder.string());
        if (it->is_regular_file(error)) files.push_back(it->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::optional<fs::path> find_set(const fs::path& root, const std::string& set) {
    std::error_code error;
    const fs::path clean = fs::absolute(root, error).lexically_normal();
    const fs::path last = clean.has_filename() ? clean.filename() : clean.parent_path().filename();
    if (last == set && fs::is_directory(root, error)) return root;
    std::vector<fs::path> level{root};
    for (int depth = 0; depth < 4 && !level.empty(); ++depth) {
        std::vector<fs::path> below;
        for (const auto& folder : level) {
            fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, error);
            if (error) continue;
            for (const fs::directory_iterator end; it != end; it.increment(error)) {
                if (error) break;
                if (it->is_directory(error)) below.push_back(it->path());
            }
        }
        std::sort(below.begin(), below.end());
        for (const auto& folder : below)
            if (folder.filename() == set) return folder;
        level = std::move(below);
    }
    return std::nullopt;
}

}  // namespace attune::learn
