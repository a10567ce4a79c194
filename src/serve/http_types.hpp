// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A request and a response as the rest of serve sees them: no Beast type leaves transport.cpp.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "serve/file_slice.hpp"
#include "serve/outbox.hpp"

namespace attune::serve {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOther };
[[nodiscard]] Method parse_method(std::string_view name) noexcept;
[[nodiscard]] const char* to_string(Method method) noexcept;
/// GET and HEAD promise to change nothing.
[[nodiscard]] constexpr bool is_safe(Method m) noexcept {
    return m == Method::kGet || m == Method::kHead;
}

struct Request {
    Method method = Method::kGet;
    std::string path;                          ///< decoded, normalised, begins with '/'
    std::map<std::string, std::string> query;  ///< decoded; the first of equal names
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    std::string body;
    std::string remote;   ///< address of the peer, for throttling only; never logged above debug
    bool tls = false;     ///< came in through TLS
    std::string account;  ///< who asks, filled in by the door: "local" or "owner"; empty = nobody

    /// First value of a header, by lower-case name; empty if there is none.
    [[nodiscard]] std::string_view header(std::string_view lower_name) const noexcept;
    /// How often a header was sent.
    [[nodiscard]] std::size_t count(std::string_view lower_name) const noexcept;
    /// Value of a cookie; empty if there is none.
    [[nodiscard]] std::string_view cookie(std::string_view name) const noexcept;
    /// Value of a query parameter, or `fallback`.
    [[nodiscard]] std::string value(const std::string& name, std::string_view fallback = {}) const;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;  ///< besides those that the door adds
    std::shared_ptr<const std::string>
        body;                        ///< shared: a cached file is not copied for each reader
    std::shared_ptr<Outbox> stream;  ///< if set, sent chunk by chunk until it closes
    std::optional<FileSlice> file;   ///< if set, sent instead of the body, block by block
    bool own_policy = false;         ///< has set its own Content-Security-Policy

    [[nodiscard]] static Response json(std::string text, int status = 200);
    [[nodiscard]] static Response text(std::string text, std::string content_type,
                                       int status = 200);
    [[nodiscard]] static Response empty(int status = 204);
};

/// One accepted WebSocket. Calls come one at a time, from pool threads.
class SocketHandler {
public:
    virtual ~SocketHandler() = default;
    /// The peer is there; everything pushed into `outbox` is sent to it.
    virtual void opened(std::shared_ptr<Outbox> outbox) = 0;
    virtual void received(std::string_view message, bool binary) = 0;
    /// Called once, whatever ended the connection.
    virtual void closed() noexcept = 0;
};

/// What the transport talks to. Threads: any.
class Site {
public:
    virtual ~Site() = default;
    /// True if respond() never blocks for this request: it is then answered on the network thread.
    [[nodiscard]] virtual bool quick(const Request& request) const = 0;
    [[nodiscard]] virtual Response respond(Request request) = 0;
    /// A WebSocket upgrade: a handler, or the response that refuses it.
    [[nodiscard]] virtual tl::expected<std::unique_ptr<SocketHandler>, Response>
    connect(Request request) = 0;
    /// Largest body [bytes] that is read for a request of this method and path.
    [[nodiscard]] virtual std::size_t body_limit(Method method, std::string_view path) const = 0;
    /// The answer to a request that was broken before it could be routed.
    [[nodiscard]] virtual Response refuse(int status, std::string_view why) const = 0;
};

}  // namespace attune::serve
