// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A file that is answered with, whole or in part, without being held in memory.
///
/// Threads  read() by any number of threads
/// Errors   open(): kNotFound, kIo
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace attune::serve {

class OpenFile {
public:
    /// A regular file; the descriptor stays open while the answer is sent, whatever becomes of the name.
    [[nodiscard]] static Result<std::shared_ptr<const OpenFile>> open(const std::filesystem::path& path);
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Modification time and size as an entity tag, in quotes.
    [[nodiscard]] const std::string& tag() const noexcept { return tag_; }
    /// Bytes read; 0 at the end or on an error.
    [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<char> out) const noexcept;

private:
    OpenFile(int descriptor, std::uint64_t size, std::string tag)
        : descriptor_(descriptor), size_(size), tag_(std::move(tag)) {}
    int descriptor_;
    std::uint64_t size_;
    std::string tag_;
};

/// Bytes [offset, offset + length) of a file.
struct FileSlice {
    std::shared_ptr<const OpenFile> file;
    std::uint64_t offset = 0, length = 0;
};

/// What a Range header asks for of `size` bytes: RFC 9110, 14.1.2, one range of bytes.
struct ByteRange {
    enum class Kind { kWhole, kPart, kUnsatisfiable } kind = Kind::kWhole;
    std::uint64_t offset = 0, length = 0;
};
/// A header that is empty, malformed, of another unit or with several ranges is ignored, as the RFC allows.
[[nodiscard]] ByteRange parse_range(std::string_view header, std::uint64_t size) noexcept;

}  // namespace attune::serve
