// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// HTTP/1.1, WebSocket and TLS over TCP. The only room's file that knows Boost.Beast is
/// transport.cpp.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "serve/certificate.hpp"
#include "serve/http_types.hpp"

namespace attune::serve {

struct TransportConfig {
    std::string host = "127.0.0.1";       ///< address to listen on
    std::uint16_t port = 8340;            ///< 0 = any free one
    std::optional<CertificateFiles> tls;  ///< TLS if given
    int network_threads = 2;
    int pool_threads = 4;  ///< for handlers that may block
    std::size_t max_header_bytes = 16U << 10;
    std::size_t max_message_bytes = 256U << 10;  ///< of one WebSocket message
    int max_connections = 12288;                 ///< one more is closed at once
    int header_timeout_s = 10;  ///< from the first byte of a request to its last header
    int body_timeout_s = 30;
    int idle_timeout_s = 60;   ///< between requests of one connection
    int write_timeout_s = 30;  ///< a peer that takes nothing for so long is dropped
};

struct TransportStats {
    std::uint64_t accepted = 0, refused = 0, requests = 0, open = 0, sockets = 0, dropped_slow = 0;
};

/// Threads: create(), start() and stop() by one owner; stats() by any.
class Transport {
public:
    /// Binds and listens; kBusy if the port is taken, kRefused if it is not ours to take,
    /// kBadArgument if the address is none of this machine. `site` outlives the transport.
    [[nodiscard]] static Result<std::unique_ptr<Transport>> create(const TransportConfig& config,
                                                                   Site& site);
    virtual ~Transport() = default;
    /// Starts the threads and returns.
    virtual void start() = 0;
    /// Closes every connection, WebSockets with 1001, and joins the threads.
    virtual void stop() = 0;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    [[nodiscard]] virtual TransportStats stats() const = 0;
};

}  // namespace attune::serve
