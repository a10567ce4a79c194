// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Checks that every request passes before anybody looks at what it asks for.
///
/// A page of another site must not be able to command this server through the listener's browser
/// (cross-site request forgery, DNS rebinding), and two readers of one byte stream must not be able
/// to disagree about where a request ends (request smuggling).
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "serve/http_types.hpp"

namespace attune::serve {

struct DoorConfig {
    bool loopback_only = true;  ///< then the Host must be a name of this machine's loopback
    bool tls = false;
    std::uint16_t port = 0;
    std::set<std::string>
        host_names;  ///< further names that Host may carry, lower case, without port
};

/// Framing: Host once and well-formed, at most one Content-Length, Transfer-Encoding exactly
/// "chunked" and never beside Content-Length. Returns the refusal, or nothing if the request may go
/// on.
[[nodiscard]] std::optional<Response> check_framing(const Request& request);

/// Host names this server, Origin (if any) is this server, Sec-Fetch-Site (if any) is same-origin
/// or, for navigation, none. `upgrade`: a WebSocket; browsers always send Origin with those.
[[nodiscard]] std::optional<Response> check_origin(const Request& request, const DoorConfig& door,
                                                   bool upgrade);

/// A body, where there is one, must be of one of the types that the API reads; application/json
/// makes browsers ask first (CORS preflight), which we never answer.
[[nodiscard]] std::optional<Response> check_content_type(const Request& request);

/// Content-Security-Policy, COOP, COEP and their kin, added to every response.
void add_security_headers(Response& response);

/// The host of "name:port", "[v6]:port" or "name", lower case; empty if malformed.
[[nodiscard]] std::string host_name(std::string_view host_header);

}  // namespace attune::serve
