// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Numbers to bytes and back for our own model files: little end first, every length checked.
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace attune::learn::detail {

class ByteWriter {
public:
    explicit ByteWriter(std::string& out) : out_(&out) {}
    void u64(std::uint64_t v) { put(v, 8); }
    void f64(double v) { put(std::bit_cast<std::uint64_t>(v), 8); }
    void f32(float v) { put(std::bit_cast<std::uint32_t>(v), 4); }
    void i8(std::int8_t v) { out_->push_back(static_cast<char>(v)); }
    void text(std::string_view v) {
        u64(v.size());
        out_->append(v);
    }

private:
    void put(std::uint64_t v, int bytes) {
        for (int b = 0; b < bytes; ++b) out_->push_back(static_cast<char>(v >> (8 * b)));
    }
    std::string* out_;
};

/// Reads past the end and lengths over their limit give 0 and good() == false, with the first cause
/// kept.
class ByteReader {
public:
    explicit ByteReader(std::string_view in) : in_(in) {}
    [[nodiscard]] std::uint64_t u64(std::uint64_t most, const char* what) {
        const std::uint64_t v = get(8);
        if (v > most)
            note(std::string(what) + " " + std::to_string(v) + " is above " + std::to_string(most));
        return good() ? v : 0;
    }
    [[nodiscard]] double f64() { return std::bit_cast<double>(get(8)); }
    [[nodiscard]] float f32() { return std::bit_cast<float>(static_cast<std::uint32_t>(get(4))); }
    [[nodiscard]] std::int8_t i8() { return static_cast<std::int8_t>(get(1)); }
    [[nodiscard]] std::string text(std::uint64_t most, const char* what) {
        const std::uint64_t n = u64(most, what);
        if (!has(n)) {
            note(std::string(what) + " ends early");
            return {};
        }
        std::string v(in_.substr(0, n));
        in_.remove_prefix(n);
        return v;
    }
    [[nodiscard]] bool has(std::uint64_t bytes) const { return in_.size() >= bytes; }
    [[nodiscard]] bool good() const { return cause_.empty(); }
    [[nodiscard]] std::string_view rest() const { return in_; }
    [[nodiscard]] tl::unexpected<Error> failed(const char* what) const {
        return fail(ErrorCode::kCorrupt,
                    std::string(what) + ": " + (cause_.empty() ? "it ends early" : cause_));
    }

private:
    void note(std::string cause) {
        if (cause_.empty()) cause_ = std::move(cause);
    }
    std::uint64_t get(std::size_t bytes) {
        if (!has(bytes)) {
            note("it ends early");
            return 0;
        }
        std::uint64_t v = 0;
        for (std::size_t b = 0; b < bytes; ++b)
            v |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[b])) << (8 * b);
        in_.remove_prefix(bytes);
        return v;
    }
    std::string_view in_;
    std::string cause_;
};

}  // namespace attune::learn::detail
