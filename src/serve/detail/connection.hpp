// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One connection: its requests one after the other, until it becomes a WebSocket or ends.
#include <functional>
#include <string>

#include "core/log.hpp"
#include "serve/detail/beast_messages.hpp"
#include "serve/detail/socket_limits.hpp"
#include "serve/detail/socket_talk.hpp"
#include "serve/detail/transport_parts.hpp"
#include "serve/door.hpp"
#include "serve/problem.hpp"
#include "serve/target.hpp"

namespace attune::serve::detail {

inline constexpr std::size_t kFileBlock = 64U << 10;

inline Response answer_of(Site& site, Request request) {
    try {
        return site.respond(std::move(request));
    } catch (const std::exception& e) {
        core::log(core::LogLevel::kError, "serve",
                  std::string("a handler threw: ") + typeid(e).name());
        return site.refuse(500, "something went wrong here; it has been logged");
    }
}

template <class Stream>
class Connection {
public:
    Connection(Stream stream, std::shared_ptr<Shared> shared, std::string remote)
        : stream_(std::move(stream)), shared_(std::move(shared)), remote_(std::move(remote)) {}

    static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

    net::awaitable<void> run() {
        if constexpr (kTls) {
            lowest().expires_after(seconds_of(shared_->config.header_timeout_s));
            error_code ec;
            co_await stream_.async_handshake(net::ssl::stream_base::server, into(ec));
            if (ec) co_return;
        }
        while (!shared_->stopping.load() && co_await one_request()) {
        }
        error_code ignored;
        if constexpr (kTls) {
            lowest().expires_after(std::chrono::seconds(2));
            if (!upgraded_) co_await stream_.async_shutdown(into(ignored));
        }
        lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

private:
    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

    net::awaitable<bool> wait_for_bytes() {
        if (buffer_.size() > 0) co_return true;
        // Who connects and says nothing is not kept as long as who has already asked something.
        lowest().expires_after(seconds_of(asked_ ? shared_->config.idle_timeout_s
                                                 : shared_->config.header_timeout_s));
        error_code ec;
        const std::size_t n = co_await stream_.async_read_some(buffer_.prepare(2048), into(ec));
        if (ec) co_return false;
        buffer_.commit(n);
        co_return true;
    }

    /// False when the connection is to be closed.
    net::awaitable<bool> one_request() {
        if (!co_await wait_for_bytes()) co_return false;
        http::request_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(shared_->config.max_header_bytes));
        parser.body_limit(
            std::numeric_limits<std::uint64_t>::max());  // ours is checked once the path is known
        lowest().expires_after(seconds_of(shared_->config.header_timeout_s));
        error_code ec;
        co_await http::async_read_header(stream_, buffer_, parser, into(ec));
        if (ec) {
            co_await refuse_broken(ec);
            co_return false;
        }
        asked_ = true;
        shared_->counters.requests.fetch_add(1, std::memory_order_relaxed);
        Request request = to_request(parser.get(), remote_, kTls);
        const auto raw_target = parser.get().target();
        const auto target = parse_target({raw_target.data(), raw_target.size()});
        if (!target) {
            co_await send(shared_->site.refuse(400, target.error().message), parser, true);
            co_return false;
        }
        request.path = target->path;
        request.query = target->query;
        if (auto refusal = check_framing(request)) {
            add_security_headers(*refusal);
            co_await send(*refusal, parser, true);
            co_return false;
        }
        if (websocket::is_upgrade(parser.get())) {
            co_await serve_socket(std::move(request), parser.release());
            co_return false;
        }
        const std::size_t limit = shared_->site.body_limit(request.method, request.path);
        if (parser.content_length() && *parser.content_length() > limit) {
            co_await send(shared_->site.refuse(413, too_large(limit)), parser, true);
            co_return false;
        }
        parser.body_limit(limit);
        if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
            http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
            co_await http::async_write(stream_, go_on, into(ec));
            if (ec) co_return false;
        }
        if (!parser.is_done()) {
            lowest().expires_after(seconds_of(shared_->config.body_timeout_s));
            co_await http::async_read(stream_, buffer_, parser, into(ec));
            if (ec == http::error::body_limit) {
                co_await send(shared_->site.refuse(413, too_large(limit)), parser, true);
                co_return false;
            }
            if (ec) {
                co_await refuse_broken(ec);
                co_return false;
            }
        }
        request.body = std::move(parser.get().body());
        const bool close = !parser.get().keep_alive();
        lowest().expires_never();
        if (shared_->site.quick(request)) {
            const Response response = answer_of(shared_->site, std::move(request));
            co_return co_await send(response, parser, close);
        }
        std::function<Response()> work = [this, &request] {
            return answer_of(shared_->site, std::move(request));
        };
        const Response response = co_await on_pool<Response>(shared_->pool, std::move(work));
        co_return co_await send(response, parser, close);
    }

    static std::string too_large(std::size_t limit) {
        return "the body is too large; at most " + std::to_string(limit) + " bytes are read here";
    }

    net::awaitable<void> refuse_broken(error_code ec) {
        if (ec == http::error::end_of_stream || ec == net::error::eof ||
            ec == net::error::connection_reset || ec == net::error::operation_aborted) {
            co_return;
        }
        Response response;
        if (ec == http::error::header_limit) {
            response =
                shared_->site.refuse(431, "the header is too large; at most 16 KiB are read");
        } else if (ec == beast::error::timeout) {
            response = shared_->site.refuse(408, "the request took too long to arrive");
        } else if (ec.category() == make_error_code(http::error::bad_method).category()) {
            response = shared_->site.refuse(400, "this is not a well-formed HTTP/1.1 request");
        } else {
            co_return;
        }
        lowest().expires_after(std::chrono::seconds(2));
        auto message = to_beast(response, 11, false, false);
        error_code ignored;
        co_await http::async_write(stream_, message, into(ignored));
    }

    template <class Parser>
    net::awaitable<bool> send(const Response& response, Parser& parser, bool close) {
        const bool head = parser.get().method() == http::verb::head;
        auto message = to_beast(response, parser.get().version(), !close, head);
        http::response_serializer<http::span_body<const char>> serializer(message);
        lowest().expires_after(seconds_of(shared_->config.write_timeout_s));
        error_code ec;
        if (head || response.stream || response.file) {
            co_await http::async_write_header(stream_, serializer, into(ec));
        } else {
            co_await http::async_write(stream_, serializer, into(ec));
        }
        if (ec) co_return false;
        if (response.stream) {
            co_await send_stream(response.stream);
            co_return false;
        }
        if (response.file && !head && !co_await send_file(*response.file)) co_return false;
        co_return !close;
    }

    /// A block at a time: read on the pool, so that no network thread waits for the disk. False = the connection
    /// is broken, or the file has become shorter than was promised.
    net::awaitable<bool> send_file(const FileSlice& slice) {
        std::vector<char> block(std::min<std::uint64_t>(kFileBlock, slice.length));
        for (std::uint64_t sent = 0; sent < slice.length;) {
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), slice.length - sent));
            std::function<std::size_t()> work = [&] {
                return slice.file->read(slice.offset + sent, std::span<char>(block.data(), wanted));
            };
            const std::size_t n = co_await on_pool<std::size_t>(shared_->pool, std::move(work));
            if (n == 0) co_return false;
            error_code ec;
            lowest().expires_after(seconds_of(shared_->config.write_timeout_s));
            co_await net::async_write(stream_, net::buffer(block.data(), n), into(ec));
            if (ec) co_return false;
            sent += n;
        }
        co_return true;
    }

    net::awaitable<void> send_stream(std::shared_ptr<Outbox> outbox) {
        shared_->remember(outbox);
        auto waker = std::make_shared<Waker>(co_await net::this_coro::executor);
        outbox->on_ready(Waker::waking(waker));
        error_code ec;
        while (!ec) {
            if (auto message = outbox->pop()) {
                lowest().expires_after(seconds_of(shared_->config.write_timeout_s));
                co_await net::async_write(stream_, http::make_chunk(net::buffer(*message->bytes)),
                                          into(ec));
                continue;
            }
            if (outbox->closed() != CloseReason::kNone) break;
            co_await waker->wait(std::chrono::hours(24));
        }
        if (!ec && outbox->closed() == CloseReason::kNormal) {
            co_await net::async_write(stream_, http::make_chunk_last(), into(ec));
        }
        if (outbox->closed() == CloseReason::kTooSlow) shared_->counters.dropped_slow.fetch_add(1);
        outbox->on_ready({});
        outbox->close(CloseReason::kGoingAway);
        shared_->forget(outbox);
    }

    net::awaitable<void> serve_socket(Request request, http::request<http::string_body> upgrade) {
        std::unique_ptr<SocketHandler> handler;
        Response refusal;
        bool refused = false;
        {
            std::function<int()> work = [&] {
                auto connected = shared_->site.connect(std::move(request));
                if (connected) {
                    handler = std::move(*connected);
                } else {
                    refusal = connected.error();
                    refused = true;
                }
                return 0;
            };
            co_await on_pool<int>(shared_->pool, std::move(work));
        }
        error_code ec;
        if (refused) {
            auto message = to_beast(refusal, 11, false, false);
            lowest().expires_after(seconds_of(shared_->config.write_timeout_s));
            co_await http::async_write(stream_, message, into(ec));
            co_return;
        }
        upgraded_ = true;
        lowest().expires_never();
        websocket::stream<Stream> ws(std::move(stream_));
        limit_socket(ws, shared_->config);
        co_await ws.async_accept(upgrade, into(ec));
        if (!ec) co_await talk(ws, *handler, *shared_);
        handler->closed();
        error_code ignored;
        beast::get_lowest_layer(ws).socket().close(ignored);
    }

    Stream stream_;
    std::shared_ptr<Shared> shared_;
    std::string remote_;
    beast::flat_buffer buffer_{64U << 10};
    bool upgraded_ = false;
    bool asked_ = false;  ///< at least one whole header has come
};

template <class Stream>
net::awaitable<void> run_connection(Stream stream, std::shared_ptr<Shared> shared,
                                    std::string remote) {
    auto connection =
        std::make_unique<Connection<Stream>>(std::move(stream), shared, std::move(remote));
    try {
        co_await connection->run();
    } catch (const std::exception&) {
        core::log(core::LogLevel::kDebug, "serve", "a connection ended by an exception");
    }
    connection.reset();
    shared->counters.open.fetch_sub(1);
}

}  // namespace attune::serve::detail
