// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a column can hold, on every database: int64 (times in ns, bool as 0/1), double, text, blob, null.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace attune::store {

using Blob = std::vector<std::uint8_t>;

class Value {
public:
    Value() = default;
    Value(std::nullptr_t) {}
    Value(std::int64_t v) : data_(v) {}
    Value(int v) : data_(static_cast<std::int64_t>(v)) {}
    Value(bool v) : data_(static_cast<std::int64_t>(v)) {}
    Value(double v) : data_(v) {}
    Value(std::string v) : data_(std::move(v)) {}
    Value(std::string_view v) : data_(std::string(v)) {}
    Value(const char* v) : data_(std::string(v)) {}
    Value(Blob v) : data_(std::move(v)) {}
    template <typename T>
    Value(const std::optional<T>& v) {
        if (v) *this = Value(*v);
    }

    [[nodiscard]] bool null() const { return std::holds_alternative<std::monostate>(data_); }
    /// Conversions of a value that is there: int ↔ double as needed; asserts on any other mismatch.
    [[nodiscard]] std::int64_t integer() const;
    [[nodiscard]] double real() const;
    [[nodiscard]] const std::string& text() const;
    [[nodiscard]] const Blob& blob() const;
    /// nullopt for null.
    [[nodiscard]] std::optional<double> maybe_real() const;
    [[nodiscard]] std::optional<std::int64_t> maybe_integer() const;
    [[nodiscard]] std::optional<std::string> maybe_text() const;

    using Data = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;
    [[nodiscard]] const Data& data() const { return data_; }

private:
    Data data_;
};

using Row = std::vector<Value>;
using Params = std::vector<Value>;

/// Sixteen bytes (Id, ContentKey) as a blob and back; wrong lengths give all zeros.
template <typename Sixteen>
[[nodiscard]] Blob to_blob(const Sixteen& id) {
    return Blob(id.bytes.begin(), id.bytes.end());
}
template <typename Sixteen>
[[nodiscard]] Sixteen from_blob(const Blob& blob) {
    Sixteen id;
    if (blob.size() == id.bytes.size()) std::copy(blob.begin(), blob.end(), id.bytes.begin());
    return id;
}

}  // namespace attune::store
