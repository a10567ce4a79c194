// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads JSON objects from outside: bodies of requests and text messages of WebSockets.
///
/// Errors   kBadArgument naming the field, the value and what is allowed.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"

namespace attune::serve {

inline constexpr int kMaxJsonDepth = 16;

class JsonBody {
public:
    /// A JSON object, UTF-8, at most kMaxJsonDepth deep. An empty text is an empty object.
    [[nodiscard]] static Result<JsonBody> parse(std::string_view text);
    JsonBody(JsonBody&&) noexcept;
    JsonBody& operator=(JsonBody&&) noexcept;
    ~JsonBody();

    /// The field is there and not null.
    [[nodiscard]] bool has(const char* name) const;
    [[nodiscard]] Result<double> number(const char* name, double low, double high) const;
    [[nodiscard]] Result<std::optional<double>> maybe_number(const char* name, double low,
                                                             double high) const;
    [[nodiscard]] Result<std::int64_t> integer(const char* name, std::int64_t low,
                                               std::int64_t high) const;
    [[nodiscard]] Result<std::string> text(const char* name, std::size_t max_bytes) const;
    /// `fallback` if the field is missing.
    [[nodiscard]] Result<std::string> text_or(const char* name, std::string_view fallback,
                                              std::size_t max_bytes) const;
    [[nodiscard]] Result<bool> boolean_or(const char* name, bool fallback) const;
    /// Missing = empty.
    [[nodiscard]] Result<std::vector<std::string>> texts(const char* name, std::size_t max_items,
                                                         std::size_t max_bytes) const;
    /// One of `allowed`; the error lists them.
    [[nodiscard]] Result<std::string> one_of(const char* name,
                                             const std::vector<std::string>& allowed) const;
    /// An object inside; missing = empty object.
    [[nodiscard]] Result<JsonBody> object(const char* name) const;
    [[nodiscard]] const nlohmann::json& raw() const { return *json_; }

private:
    explicit JsonBody(nlohmann::json json);
    std::unique_ptr<nlohmann::json> json_;
};

/// One line of JSON text; bytes that are not UTF-8 become U+FFFD, NaN becomes null.
[[nodiscard]] std::string to_text(const nlohmann::json& json);
/// Appends `text` as a JSON string, as to_text() writes it.
void append_quoted(std::string& out, std::string_view text);

}  // namespace attune::serve
