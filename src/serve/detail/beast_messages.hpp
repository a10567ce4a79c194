// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Beast's messages from and to ours.
#include <string>

#include "core/text.hpp"
#include "serve/detail/transport_parts.hpp"
#include "serve/problem.hpp"

namespace attune::serve::detail {

template <class Body>
Request to_request(const http::request<Body>& in, const std::string& remote, bool tls) {
    Request out;
    out.method = parse_method({in.method_string().data(), in.method_string().size()});
    out.remote = remote;
    out.tls = tls;
    for (const auto& field : in) {
        out.headers.emplace_back(
            core::to_lower_ascii({field.name_string().data(), field.name_string().size()}),
            std::string(field.value().data(), field.value().size()));
    }
    return out;
}

inline http::response<http::span_body<const char>> to_beast(const Response& in, unsigned version,
                                                     bool keep_alive, bool head) {
    http::response<http::span_body<const char>> out;
    out.version(version);
    out.result(static_cast<unsigned>(in.status));
    if (http::obsolete_reason(http::int_to_status(static_cast<unsigned>(in.status))).empty() ||
        http::int_to_status(static_cast<unsigned>(in.status)) == http::status::unknown) {
        const std::string_view reason = status_text(in.status);
        out.reason({reason.data(), reason.size()});
    }
    if (!in.content_type.empty()) out.set(http::field::content_type, in.content_type);
    bool cache_said = false;
    for (const auto& [name, value] : in.headers) {
        out.insert(name, value);
        cache_said = cache_said || name == "Cache-Control";
    }
    if (!cache_said) out.set(http::field::cache_control, "no-store");
    out.keep_alive(keep_alive);
    const std::uint64_t size = in.file ? in.file->length : in.body ? in.body->size() : 0;
    if (in.stream) {
        out.chunked(true);
    } else if (in.status != 304 && in.status != 204) {
        out.content_length(size);
    }
    if (!head && in.body) out.body() = beast::span<const char>(in.body->data(), in.body->size());
    return out;
}

}  // namespace attune::serve::detail
