// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/http_types.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace attune::serve {
namespace {

struct MethodName {
    Method method;
    std::string_view name;
};
constexpr std::array<MethodName, 6> kMethods{{{Method::kGet, "GET"},
                                              {Method::kHead, "HEAD"},
                                              {Method::kPost, "POST"},
                                              {Method::kPut, "PUT"},
                                              {Method::kPatch, "PATCH"},
                                              {Method::kDelete, "DELETE"}}};

}  // namespace

Method parse_method(std::string_view name) noexcept {
    for (const MethodName& m : kMethods) {
        if (m.name == name) return m.method;
    }
    return Method::kOther;
}

const char* to_string(Method method) noexcept {
    for (const MethodName& m : kMethods) {
        if (m.method == method) return m.name.data();
    }
    return "OTHER";
}

std::string_view Request::header(std::string_view lower_name) const noexcept {
    for (const auto& [name, value] : headers) {
        if (name == lower_name) return value;
    }
    return {};
}

std::size_t Request::count(std::string_view lower_name) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        headers.begin(), headers.end(), [&](const auto& h) { return h.first == lower_name; }));
}

std::string_view Request::cookie(std::string_view name) const noexcept {
    for (const auto& [header_name, value] : headers) {
        if (header_name != "cookie") continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = core::trim(rest.substr(0, end));
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
                return pair.substr(equals + 1);
            }
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return {};
}

std::string Request::value(const std::string& name, std::string_view fallback) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string(fallback) : found->second;
}

Response Response::json(std::string text, int status) {
    return Response::text(std::move(text), "application/json", status);
}

Response Response::text(std::string text, std::string content_type, int status) {
    Response r;
    r.status = status;
    r.content_type = std::move(content_type);
    r.body = std::make_shared<const std::string>(std::move(text));
    return r;
}

Response Response::empty(int status) {
    Response r;
    r.status = status;
    r.content_type.clear();
    return r;
}

}  // namespace attune::serve
