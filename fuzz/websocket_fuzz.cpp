// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a peer after its handshake, into a socket with the server's own limits. First byte: how the rest is cut
// into arrivals. What is taken is no longer than is allowed. (Whether a text is UTF-8 the server asks itself: this
// fuzzer found that Beast 1.74 takes one that an empty last frame cuts off within a character.)
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "serve/detail/socket_limits.hpp"

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

http::request<http::string_body> handshake() {
    http::request<http::string_body> upgrade(http::verb::get, "/api/v1/sense", 11);
    upgrade.set(http::field::host, "localhost");
    upgrade.set(http::field::upgrade, "websocket");
    upgrade.set(http::field::connection, "Upgrade");
    upgrade.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
    upgrade.set(http::field::sec_websocket_version, "13");
    return upgrade;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    boost::asio::io_context io;
    beast::test::stream peer(io);
    beast::websocket::stream<beast::test::stream> ws(io);
    peer.connect(ws.next_layer());
    attune::serve::TransportConfig config;
    config.max_message_bytes = 4096;
    attune::serve::detail::limit_socket(ws, config);
    beast::error_code ec;
    ws.accept(handshake(), ec);
    if (ec) std::abort();
    ws.next_layer().read_size(1U + data[0]);
    const std::string_view sent(reinterpret_cast<const char*>(data) + 1, size - 1);
    ws.next_layer().append({sent.data(), sent.size()});
    peer.close();
    beast::flat_buffer message;
    while (!ec) {
        message.clear();
        ws.read(message, ec);
        if (ec) break;
        const auto got = message.data();
        if (got.size() > config.max_message_bytes) std::abort();
    }
    return 0;
}
