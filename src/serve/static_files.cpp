// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/static_files.hpp"

#include <array>

#include "core/hash.hpp"
#include "core/paths.hpp"

namespace attune::serve {
namespace fs = std::filesystem;

std::string_view content_type_of(const fs::path& file) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypes{{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".wasm", "application/wasm"},
        {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"},
        {".map", "application/json"},
    }};
    const std::string extension = file.extension().string();
    for (const auto& [ending, type] : kTypes) {
        if (extension == ending) return type;
    }
    return "application/octet-stream";
}

StaticFiles::StaticFiles(const fs::path& root) {
    std::error_code ec;
    for (fs::recursive_directory_iterator it(root, ec), end; !ec && it != end; it.increment(ec)) {
        if (it->is_symlink(ec) || !it->is_regular_file(ec) || it->path().extension() == ".gz")
            continue;
        const std::string name = "/" + fs::relative(it->path(), root, ec).generic_string();
        File file;
        file.path = it->path();
        file.type = content_type_of(it->path());
        file.hashed_name = name.starts_with("/assets/");
        files_.emplace(name, std::move(file));
    }
}

Bytes StaticFiles::content(File& file, bool gzip) const {
    Bytes& slot = gzip ? file.gzip : file.plain;
    if (!slot) {
        fs::path path = file.path;
        if (gzip) path += ".gz";
        auto bytes = core::read_file(path, 64U << 20);
        slot = std::make_shared<const std::string>(bytes ? std::move(*bytes) : std::string());
        if (!gzip) file.etag = "\"" + core::sha256_hex(*slot).substr(0, 20) + "\"";
    }
    return slot;
}

std::optional<Response> StaticFiles::find(const Request& request) const {
    const std::string_view last =
        std::string_view(request.path).substr(request.path.rfind('/') + 1);
    const std::string path =
        last.find('.') == std::string_view::npos ? "/index.html" : request.path;
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(path);
    if (found == files_.end()) return std::nullopt;
    File& file = found->second;
    Bytes body = content(file, false);
    Response response;
    response.content_type = file.type;
    response.headers.emplace_back("ETag", file.etag);
    response.headers.emplace_back("Vary", "Accept-Encoding");
    response.headers.emplace_back(
        "Cache-Control", file.hashed_name ? "public, max-age=31536000, immutable" : "no-cache");
    if (request.header("if-none-match") == file.etag) {
        response.status = 304;
        response.content_type.clear();
        return response;
    }
    if (request.header("accept-encoding").find("gzip") != std::string_view::npos) {
        if (Bytes zipped = content(file, true); !zipped->empty()) {
            response.headers.emplace_back("Content-Encoding", "gzip");
            body = std::move(zipped);
        }
    }
    response.body = std::move(body);
    return response;
}

}  // namespace attune::serve
