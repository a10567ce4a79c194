// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/answer_file.hpp"

#include "serve/problem.hpp"

namespace attune::serve {

Response answer_file(const Request& request, const std::filesystem::path& path, std::string content_type) {
    auto file = OpenFile::open(path);
    if (!file) return problem({file.error().code, file.error().message, ""});  // a path is nobody's business
    Response response;
    response.content_type = std::move(content_type);
    response.headers.emplace_back("ETag", (*file)->tag());
    response.headers.emplace_back("Accept-Ranges", "bytes");
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    if (request.header("if-none-match") == (*file)->tag()) {
        response.status = 304;
        response.content_type.clear();
        return response;
    }
    const std::uint64_t size = (*file)->size();
    // A range of another version of the file is not asked for: then all of it is wanted.
    const std::string_view if_range = request.header("if-range");
    const bool same = if_range.empty() || if_range == (*file)->tag();
    const ByteRange range = parse_range(same ? request.header("range") : std::string_view(), size);
    if (range.kind == ByteRange::Kind::kUnsatisfiable) {
        response = problem(416, "bad_argument", "the file has " + std::to_string(size) + " bytes; the range lies beyond");
        response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
        return response;
    }
    if (range.kind == ByteRange::Kind::kPart) {
        response.status = 206;
        response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.offset) + "-" +
                                                           std::to_string(range.offset + range.length - 1) + "/" +
                                                           std::to_string(size));
    }
    response.file = FileSlice{*std::move(file), range.offset, range.length};
    return response;
}

}  // namespace attune::serve
