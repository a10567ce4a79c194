// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/file_slice.hpp"

#include <cerrno>
#include <charconv>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace attune::serve {
namespace {

/// Digits only; nullopt for none, for anything else and for what does not fit.
std::optional<std::uint64_t> digits(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

}  // namespace

Result<std::shared_ptr<const OpenFile>> OpenFile::open(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                    errno == ENOENT ? "the file is no longer where it was" : "the file cannot be read", path);
    }
    struct stat info {};
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(descriptor);
        return fail(ErrorCode::kIo, "this is not a file that can be played", path);
    }
    std::string tag = "\"" + std::to_string(info.st_size) + "-" + std::to_string(info.st_mtim.tv_sec) + "." +
                      std::to_string(info.st_mtim.tv_nsec) + "\"";
    return std::shared_ptr<const OpenFile>(
        new OpenFile(descriptor, static_cast<std::uint64_t>(info.st_size), std::move(tag)));
}

OpenFile::~OpenFile() { ::close(descriptor_); }

std::size_t OpenFile::read(std::uint64_t offset, std::span<char> out) const noexcept {
    ssize_t n = -1;
    do {
        n = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    } while (n < 0 && errno == EINTR);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

ByteRange parse_range(std::string_view header, std::uint64_t size) noexcept {
    const ByteRange whole{ByteRange::Kind::kWhole, 0, size};
    constexpr std::string_view kUnit = "bytes=";
    if (!header.starts_with(kUnit)) return whole;
    header.remove_prefix(kUnit.size());
    const std::size_t dash = header.find('-');
    if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
    const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
    if (from.empty()) {  // the last bytes
        const auto last = digits(to);
        if (!last) return whole;
        if (*last == 0 || size == 0) return {ByteRange::Kind::kUnsatisfiable, 0, 0};
        const std::uint64_t length = std::min(*last, size);
        return {ByteRange::Kind::kPart, size - length, length};
    }
    const auto first = digits(from);
    const auto end = to.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : digits(to);
    if (!first || !end || *end < *first) return whole;
    if (*first >= size) return {ByteRange::Kind::kUnsatisfiable, 0, 0};
    return {ByteRange::Kind::kPart, *first, std::min(*end - *first, size - *first - 1) + 1};
}

}  // namespace attune::serve
