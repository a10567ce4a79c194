// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/json_body.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

tl::unexpected<Error> bad(const char* field, const std::string& what) {
    return fail(ErrorCode::kBadArgument, "'" + std::string(field) + "' " + what, "JSON body");
}

std::string shortened(const json& value) {
    std::string text = to_text(value);
    if (text.size() > 60) text = core::to_utf8_lossy(text.substr(0, 57)) + "...";
    return text;
}

std::string range_text(double low, double high) {
    return core::format_double(low) + " to " + core::format_double(high);
}

}  // namespace

std::string to_text(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_quoted(std::string& out, std::string_view text) {
    const bool plain = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\x7F'; });
    if (plain && core::is_utf8(text)) {
        out += '"';
        out += text;
        out += '"';
    } else {
        out += to_text(json(std::string(text)));
    }
}

JsonBody::JsonBody(json value) : json_(std::make_unique<json>(std::move(value))) {}
JsonBody::JsonBody(JsonBody&&) noexcept = default;
JsonBody& JsonBody::operator=(JsonBody&&) noexcept = default;
JsonBody::~JsonBody() = default;

Result<JsonBody> JsonBody::parse(std::string_view text) {
    if (core::trim(text).empty()) return JsonBody(json::object());
    if (!core::is_utf8(text))
        return fail(ErrorCode::kBadArgument, "the body is not UTF-8", "JSON body");
    bool too_deep = false;
    const auto watch = [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMaxJsonDepth;
        return !too_deep;
    };
    json value = json::parse(text, watch, /*allow_exceptions=*/false);
    if (too_deep) {
        return fail(ErrorCode::kBadArgument,
                    "the body is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels",
                    "JSON body");
    }
    if (value.is_discarded())
        return fail(ErrorCode::kBadArgument, "the body is not well-formed JSON", "JSON body");
    if (!value.is_object())
        return fail(ErrorCode::kBadArgument, "the body must be a JSON object", "JSON body");
    return JsonBody(std::move(value));
}

bool JsonBody::has(const char* name) const {
    const auto found = json_->find(name);
    return found != json_->end() && !found->is_null();
}

Result<double> JsonBody::number(const char* name, double low, double high) const {
    if (!has(name)) return bad(name, "is missing; it is a number from " + range_text(low, high));
    const json& value = (*json_)[name];
    const double number = value.is_number() ? value.get<double>() : std::nan("");
    if (!(number >= low && number <= high)) {
        return bad(name, "is " + shortened(value) + "; allowed is a number from " +
                             range_text(low, high));
    }
    return number;
}

Result<std::optional<double>> JsonBody::maybe_number(const char* name, double low,
                                                     double high) const {
    if (!has(name)) return std::optional<double>();
    ATTUNE_TRY(const double value, number(name, low, high));
    return std::optional<double>(value);
}

Result<std::int64_t> JsonBody::integer(const char* name, std::int64_t low,
                                       std::int64_t high) const {
    const std::string range = std::to_string(low) + " to " + std::to_string(high);
    if (!has(name)) return bad(name, "is missing; it is a whole number from " + range);
    const json& value = (*json_)[name];
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() &&
                        value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    if (!fits || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
        return bad(name, "is " + shortened(value) + "; allowed is a whole number from " + range);
    }
    return value.get<std::int64_t>();
}

Result<std::string> JsonBody::text(const char* name, std::size_t max_bytes) const {
    if (!has(name))
        return bad(name,
                   "is missing; it is a text of at most " + std::to_string(max_bytes) + " bytes");
    const json& value = (*json_)[name];
    if (!value.is_string()) return bad(name, "is " + shortened(value) + "; it must be a text");
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > max_bytes) {
        return bad(name, "has " + std::to_string(text.size()) + " bytes; at most " +
                             std::to_string(max_bytes) + " are allowed");
    }
    return text;
}

Result<std::string> JsonBody::text_or(const char* name, std::string_view fallback,
                                      std::size_t max_bytes) const {
    if (!has(name)) return std::string(fallback);
    return text(name, max_bytes);
}

Result<bool> JsonBody::boolean_or(const char* name, bool fallback) const {
    if (!has(name)) return fallback;
    const json& value = (*json_)[name];
    if (!value.is_boolean())
        return bad(name, "is " + shortened(value) + "; it must be true or false");
    return value.get<bool>();
}

Result<std::vector<std::string>> JsonBody::texts(const char* name, std::size_t max_items,
                                                 std::size_t max_bytes) const {
    std::vector<std::string> out;
    if (!has(name)) return out;
    const json& value = (*json_)[name];
    if (!value.is_array()) return bad(name, "must be a list of texts");
    if (value.size() > max_items) {
        return bad(name, "has " + std::to_string(value.size()) + " entries; at most " +
                             std::to_string(max_items) + " are allowed");
    }
    for (const json& item : value) {
        if (!item.is_string() || item.get_ref<const std::string&>().size() > max_bytes) {
            return bad(name, "must hold texts of at most " + std::to_string(max_bytes) + " bytes");
        }
        out.push_back(item.get<std::string>());
    }
    return out;
}

Result<std::string> JsonBody::one_of(const char* name,
                                     const std::vector<std::string>& allowed) const {
    std::string list;
    for (const std::string& word : allowed) list += (list.empty() ? "" : ", ") + word;
    if (!has(name)) return bad(name, "is missing; it is one of " + list);
    const json& value = (*json_)[name];
    if (value.is_string()) {
        for (const std::string& word : allowed) {
            if (word == value.get_ref<const std::string&>()) return word;
        }
    }
    return bad(name, "is " + shortened(value) + "; it is one of " + list);
}

Result<JsonBody> JsonBody::object(const char* name) const {
    if (!has(name)) return JsonBody(json::object());
    const json& value = (*json_)[name];
    if (!value.is_object()) return bad(name, "must be an object");
    return JsonBody(value);
}

}  // namespace attune::serve
