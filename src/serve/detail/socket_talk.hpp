// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One WebSocket: what comes in goes to its handler on the pool, what lies in its outbox goes out.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "core/text.hpp"
#include "serve/detail/transport_parts.hpp"

namespace attune::serve::detail {

namespace websocket = beast::websocket;

template <class Ws>
net::awaitable<void> write_all(Ws& ws, Shared& shared, const std::shared_ptr<Outbox>& outbox,
                               const std::shared_ptr<Waker>& waker) {
    net::steady_timer stuck(co_await net::this_coro::executor);
    error_code ec;
    while (!ec) {
        if (auto message = outbox->pop()) {
            ws.binary(message->binary);
            // A peer that takes nothing for write_timeout_s is cut off: its outbox would only
            // grow.
            stuck.expires_after(seconds_of(shared.config.write_timeout_s));
            stuck.async_wait([&ws](error_code e) {
                if (!e) {
                    error_code ignored;
                    beast::get_lowest_layer(ws).socket().close(ignored);
                }
            });
            co_await ws.async_write(net::buffer(*message->bytes), into(ec));
            stuck.cancel();
            continue;
        }
        if (outbox->closed() != CloseReason::kNone) break;
        co_await waker->wait(std::chrono::hours(24));
    }
    const CloseReason reason = outbox->closed();
    if (reason == CloseReason::kTooSlow) {
        shared.counters.dropped_slow.fetch_add(1);
        error_code ignored;
        beast::get_lowest_layer(ws).socket().close(
            ignored);  // its buffers are full: no farewell gets through
    } else if (!ec) {
        co_await ws.async_close(websocket::close_code(static_cast<std::uint16_t>(reason)),
                                into(ec));
    }
}

template <class Ws>
net::awaitable<void> talk(Ws& ws, SocketHandler& handler, Shared& shared) {
    auto executor = co_await net::this_coro::executor;
    auto outbox = std::make_shared<Outbox>();
    auto waker = std::make_shared<Waker>(executor);
    auto writer_done = std::make_shared<Waker>(executor);
    outbox->on_ready(Waker::waking(waker));
    shared.remember(outbox);
    shared.counters.sockets.fetch_add(1);
    bool writing = true;
    net::co_spawn(
        executor,
        [&]() -> net::awaitable<void> {
            co_await write_all(ws, shared, outbox, waker);
            writing = false;
            writer_done->wake();
        },
        net::detached);
    std::function<int()> open = [&] {
        handler.opened(outbox);
        return 0;
    };
    co_await on_pool<int>(shared.pool, std::move(open));
    beast::flat_buffer in;
    while (true) {
        error_code ec;
        co_await ws.async_read(in, into(ec));
        if (ec) break;
        const std::string message(static_cast<const char*>(in.cdata().data()), in.size());
        const bool binary = ws.got_binary();
        in.consume(in.size());
        // Beast 1.74 takes a text whose last character is cut off by an empty last frame.
        if (!binary && !core::is_utf8(message)) {
            outbox->close(CloseReason::kBadMessage);
            error_code ignored;
            beast::get_lowest_layer(ws).socket().close(ignored);  // no waiting for a farewell from such a peer
            break;
        }
        std::function<int()> work = [&] {
            handler.received(message, binary);
            return 0;
        };
        co_await on_pool<int>(shared.pool, std::move(work));
    }
    outbox->close(CloseReason::kGoingAway);
    waker->wake();
    while (writing) co_await writer_done->wait(std::chrono::seconds(1));
    outbox->on_ready({});
    shared.forget(outbox);
    shared.counters.sockets.fetch_sub(1);
}

}  // namespace attune::serve::detail
