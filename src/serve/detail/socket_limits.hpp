// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a WebSocket may send us, and for how long it may keep silent: the same for the server and for the fuzzer of
/// its frames, so no coroutine is named here.
#include <chrono>

#include <boost/beast/websocket/stream.hpp>

#include "serve/transport.hpp"

namespace attune::serve::detail {

template <class Ws>
void limit_socket(Ws& ws, const TransportConfig& config) {
    boost::beast::websocket::stream_base::timeout limits{};
    limits.handshake_timeout = std::chrono::seconds(config.header_timeout_s);
    limits.idle_timeout = std::chrono::seconds(30);
    limits.keep_alive_pings = true;
    ws.set_option(limits);
    ws.read_message_max(config.max_message_bytes);
    ws.write_buffer_bytes(16384);
}

}  // namespace attune::serve::detail
