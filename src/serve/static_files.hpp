// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The built pages: files of one folder, read once, answered from memory.
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "serve/http_types.hpp"

namespace attune::serve {

/// Threads: any.
class StaticFiles {
public:
    /// Lists `root` (only regular files inside it, no links). A missing root = no pages.
    explicit StaticFiles(const std::filesystem::path& root);

    [[nodiscard]] bool present() const { return !files_.empty(); }
    /// GET or HEAD of a file, or of "/" and any path without a dot in its last segment (a page of
    /// the app: index.html). 304 on a matching ETag; the .gz beside a file where the browser reads
    /// gzip; files in assets/ carry their hash in their name and are kept for a year. Nothing if
    /// there is no such file.
    [[nodiscard]] std::optional<Response> find(const Request& request) const;

private:
    struct File {
        std::filesystem::path path;
        std::string type, etag;
        bool hashed_name = false;
        Bytes plain, gzip;  ///< read on first use
    };
    [[nodiscard]] Bytes content(File& file, bool gzip) const;

    mutable std::mutex mutex_;                                ///< guards the Bytes in files_
    mutable std::map<std::string, File, std::less<>> files_;  ///< by request path
};

/// "text/html; charset=utf-8" for ".html"; "application/octet-stream" for what is not known.
[[nodiscard]] std::string_view content_type_of(const std::filesystem::path& file);

}  // namespace attune::serve
