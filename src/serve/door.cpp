// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/door.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "serve/problem.hpp"

namespace attune::serve {
namespace {

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_loopback_name(std::string_view name) {
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

bool same_origin(const Request& request, const DoorConfig& door, std::string_view origin) {
    const std::string expected = std::string(door.tls ? "https://" : "http://") +
                                 core::to_lower_ascii(request.header("host"));
    return core::to_lower_ascii(origin) == expected;
}

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri "
    "'none'; "
    "form-action 'self'";

}  // namespace

std::string host_name(std::string_view host_header) {
    std::string host = core::to_lower_ascii(host_header);
    std::string_view rest;
    std::string name;
    if (!host.empty() && host.front() == '[') {
        const std::size_t end = host.find(']');
        if (end == std::string::npos) return {};
        name = host.substr(0, end + 1);
        const std::string_view inside = std::string_view(name).substr(1, name.size() - 2);
        const bool plain = std::all_of(inside.begin(), inside.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
        });
        if (!plain || inside.empty()) return {};
        rest = std::string_view(host).substr(end + 1);
    } else {
        const std::size_t colon = std::min(host.find(':'), host.size());
        name = host.substr(0, colon);
        if (name.empty() || !std::all_of(name.begin(), name.end(), is_host_character)) return {};
        rest = std::string_view(host).substr(colon);
    }
    if (rest.empty()) return name;
    const bool port =
        rest.size() >= 2 && rest.size() <= 6 && rest.front() == ':' &&
        std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    return port ? name : std::string();
}

std::optional<Response> check_framing(const Request& request) {
    if (request.count("host") != 1 || host_name(request.header("host")).empty()) {
        return problem(400, "bad_argument", "a request needs exactly one well-formed Host header");
    }
    const std::size_t lengths = request.count("content-length");
    const std::size_t encodings = request.count("transfer-encoding");
    if (lengths > 1 || encodings > 1 || (lengths == 1 && encodings == 1)) {
        return problem(400, "bad_argument", "a request may say its length once, in one way");
    }
    if (lengths == 1) {
        const std::string_view text = request.header("content-length");
        const bool digits =
            !text.empty() && text.size() <= 18 &&
            std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!digits) return problem(400, "bad_argument", "Content-Length must be a plain number");
    }
    if (encodings == 1 && core::to_lower_ascii(request.header("transfer-encoding")) != "chunked") {
        return problem(501, "unsupported", "the only Transfer-Encoding that is read is 'chunked'");
    }
    return std::nullopt;
}

std::optional<Response> check_origin(const Request& request, const DoorConfig& door, bool upgrade) {
    const std::string name = host_name(request.header("host"));
    if (door.loopback_only && !is_loopback_name(name) && !door.host_names.contains(name)) {
        return problem(421, "refused",
                       "this server answers to 'localhost' only; see `attune serve --help`");
    }
    const std::string_view origin = request.header("origin");
    const bool guarded = upgrade || !is_safe(request.method);
    if (!origin.empty() && (guarded || request.path.starts_with("/api/")) &&
        !same_origin(request, door, origin)) {
        return problem(403, "refused", "pages of other sites may not use this server");
    }
    const std::string_view site = request.header("sec-fetch-site");
    const bool navigation = request.header("sec-fetch-mode") == "navigate";
    if (!site.empty() && site != "same-origin" && !(site == "none") &&
        (guarded || (request.path.starts_with("/api/") && !navigation))) {
        return problem(403, "refused", "pages of other sites may not use this server");
    }
    return std::nullopt;
}

std::optional<Response> check_content_type(const Request& request) {
    if (is_safe(request.method) || request.body.empty()) return std::nullopt;
    std::string_view type = request.header("content-type");
    type = core::trim(type.substr(0, type.find(';')));
    constexpr std::array<std::string_view, 3> kRead{"application/json", "application/octet-stream",
                                                    "image/jpeg"};
    const std::string lower = core::to_lower_ascii(type);
    if (std::find(kRead.begin(), kRead.end(), lower) != kRead.end()) return std::nullopt;
    return problem(415, "unsupported", "bodies are read as application/json");
}

void add_security_headers(Response& response) {
    auto& h = response.headers;
    if (!response.own_policy) h.emplace_back("Content-Security-Policy", kPolicy);
    h.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    h.emplace_back("Cross-Origin-Embedder-Policy", "require-corp");
    h.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    h.emplace_back("X-Content-Type-Options", "nosniff");
    h.emplace_back("X-Frame-Options", response.own_policy ? "SAMEORIGIN" : "DENY");
    h.emplace_back("Referrer-Policy", "no-referrer");
    h.emplace_back(
        "Permissions-Policy",
        "camera=(self), microphone=(self), bluetooth=(self), autoplay=(self), geolocation=(), "
        "payment=(), usb=()");
}

}  // namespace attune::serve
