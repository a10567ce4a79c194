// SPDX-License-Identifier: GPL-3.0-or-later
// One coroutine a connection, on its own strand. I talk to Site (requests, sockets) and to Outbox
// (what goes out later). I never route, never read JSON, never touch the store: handlers that may
// block run on the pool, and a connection waits for them without holding a network thread.
#include "serve/transport.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "core/log.hpp"
#include "core/text.hpp"
#include "serve/door.hpp"
#include "serve/problem.hpp"
#include "serve/target.hpp"

namespace attune::serve {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = net::ip::tcp;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// A completion token: the coroutine waits, and the error lands in `ec` instead of being thrown.
auto into(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

/// Runs `work` on the pool and resumes the caller on its own strand.
template <typename R>
net::awaitable<R> on_pool(net::thread_pool& pool, std::function<R()> work) {
    auto initiate = [&pool](auto handler, std::function<R()> task) {
        net::post(pool, [handler = std::move(handler), task = std::move(task)]() mutable {
            R result = task();
            auto executor = net::get_associated_executor(handler);
            net::post(executor,
                      [handler = std::move(handler), result = std::move(result)]() mutable {
                          handler(std::move(result));
                      });
        });
    };
    co_return co_await net::async_initiate<const net::use_awaitable_t<>, void(R)>(
        initiate, net::use_awaitable, std::move(work));
}

struct Counters {
    std::atomic<std::uint64_t> accepted{0}, refused{0}, requests{0}, open{0}, sockets{0},
        dropped_slow{0};
};

/// Wakes a writer that waits for its outbox. Belongs to the connection's coroutine.
class Waker : public std::enable_shared_from_this<Waker> {
public:
    explicit Waker(const net::any_io_executor& executor)
        : executor_(executor), timer_(executor, net::steady_timer::time_point::max()) {}
    void wake() {
        if (pending_.exchange(true)) return;
        net::post(executor_, [self = shared_from_this()] { self->timer_.cancel(); });
    }
    /// For whoever may outlive the connection: wakes it as long as it is there. The executor must not live
    /// longer than its context, and an outbox does.
    static std::function<void()> waking(const std::shared_ptr<Waker>& waker) {
        return [weak = std::weak_ptr(waker)] {
            if (const auto there = weak.lock()) there->wake();
        };
    }
    /// On the strand. Returns after wake(), or after `limit`.
    net::awaitable<void> wait(std::chrono::seconds limit) {
        if (!pending_.load()) {
            timer_.expires_after(limit);
            error_code ec;
            co_await timer_.async_wait(into(ec));
        }
        pending_.store(false);
    }

private:
    net::any_io_executor executor_;
    net::steady_timer timer_;
    std::atomic<bool> pending_{false};
};

/// What each connection shares with the transport.
struct Shared {
    TransportConfig config;
    Site& site;
    Counters counters;
    net::thread_pool pool;
    std::atomic<bool> stopping{false};
    std::mutex mutex;  ///< guards outboxes
    std::set<std::shared_ptr<Outbox>> outboxes;

    Shared(const TransportConfig& c, Site& s)
        : config(c), site(s), pool(static_cast<std::size_t>(c.pool_threads)) {}
    void remember(const std::shared_ptr<Outbox>& outbox) {
        const std::lock_guard lock(mutex);
        outboxes.insert(outbox);
        if (stopping.load()) outbox->close(CloseReason::kGoingAway);
    }
    void forget(const std::shared_ptr<Outbox>& outbox) {
        const std::lock_guard lock(mutex);
        outboxes.erase(outbox);
    }
};

Response answer_of(Site& site, Request request) {
    try {
        return site.respond(std::move(request));
    } catch (const std::exception& e) {
        core::log(core::LogLevel::kError, "serve",
                  std::string("a handler threw: ") + typeid(e).name());
        return site.refuse(500, "something went wrong here; it has been logged");
    }
}

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

http::response<http::span_body<const char>> to_beast(const Response& in, unsigned version,
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
    const std::size_t size = in.body ? in.body->size() : 0;
    if (in.stream) {
        out.chunked(true);
    } else if (in.status != 304 && in.status != 204) {
        out.content_length(size);
    }
    if (!head && in.body) out.body() = beast::span<const char>(in.body->data(), size);
    return out;
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
    static std::chrono::seconds seconds_of(int s) { return std::chrono::seconds(s); }
    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

    net::awaitable<bool> wait_for_bytes() {
        if (buffer_.size() > 0) co_return true;
        lowest().expires_after(seconds_of(shared_->config.idle_timeout_s));
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
        if (head || response.stream) {
            co_await http::async_write_header(stream_, serializer, into(ec));
        } else {
            co_await http::async_write(stream_, serializer, into(ec));
        }
        if (ec) co_return false;
        if (response.stream) {
            co_await send_stream(response.stream);
            co_return false;
        }
        co_return !close;
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
        websocket::stream_base::timeout limits{};
        limits.handshake_timeout = seconds_of(shared_->config.header_timeout_s);
        limits.idle_timeout = std::chrono::seconds(30);
        limits.keep_alive_pings = true;
        ws.set_option(limits);
        ws.read_message_max(shared_->config.max_message_bytes);
        ws.write_buffer_bytes(16384);
        co_await ws.async_accept(upgrade, into(ec));
        if (!ec) co_await talk(ws, *handler);
        handler->closed();
        error_code ignored;
        beast::get_lowest_layer(ws).socket().close(ignored);
    }

    template <class Ws>
    net::awaitable<void> talk(Ws& ws, SocketHandler& handler) {
        auto executor = co_await net::this_coro::executor;
        auto outbox = std::make_shared<Outbox>();
        auto waker = std::make_shared<Waker>(executor);
        auto writer_done = std::make_shared<Waker>(executor);
        outbox->on_ready(Waker::waking(waker));
        shared_->remember(outbox);
        shared_->counters.sockets.fetch_add(1);
        bool writing = true;
        net::co_spawn(
            executor,
            [&]() -> net::awaitable<void> {
                co_await write_all(ws, outbox, waker);
                writing = false;
                writer_done->wake();
            },
            net::detached);
        std::function<int()> open = [&] {
            handler.opened(outbox);
            return 0;
        };
        co_await on_pool<int>(shared_->pool, std::move(open));
        beast::flat_buffer in;
        while (true) {
            error_code ec;
            co_await ws.async_read(in, into(ec));
            if (ec) break;
            const std::string message(static_cast<const char*>(in.cdata().data()), in.size());
            const bool binary = ws.got_binary();
            in.consume(in.size());
            std::function<int()> work = [&] {
                handler.received(message, binary);
                return 0;
            };
            co_await on_pool<int>(shared_->pool, std::move(work));
        }
        outbox->close(CloseReason::kGoingAway);
        waker->wake();
        while (writing) co_await writer_done->wait(std::chrono::seconds(1));
        outbox->on_ready({});
        shared_->forget(outbox);
        shared_->counters.sockets.fetch_sub(1);
    }

    template <class Ws>
    net::awaitable<void> write_all(Ws& ws, const std::shared_ptr<Outbox>& outbox,
                                   const std::shared_ptr<Waker>& waker) {
        net::steady_timer stuck(co_await net::this_coro::executor);
        error_code ec;
        while (!ec) {
            if (auto message = outbox->pop()) {
                ws.binary(message->binary);
                // A peer that takes nothing for write_timeout_s is cut off: its outbox would only
                // grow.
                stuck.expires_after(seconds_of(shared_->config.write_timeout_s));
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
            shared_->counters.dropped_slow.fetch_add(1);
            error_code ignored;
            beast::get_lowest_layer(ws).socket().close(
                ignored);  // its buffers are full: no farewell gets through
        } else if (!ec) {
            co_await ws.async_close(websocket::close_code(static_cast<std::uint16_t>(reason)),
                                    into(ec));
        }
    }

    Stream stream_;
    std::shared_ptr<Shared> shared_;
    std::string remote_;
    beast::flat_buffer buffer_{64U << 10};
    bool upgraded_ = false;
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

class TransportImpl final : public Transport {
public:
    TransportImpl(const TransportConfig& config, Site& site)
        : shared_(std::make_shared<Shared>(config, site)), io_(config.network_threads),
          acceptor_(net::make_strand(io_)), tls_(net::ssl::context::tls_server) {}

    ~TransportImpl() override { stop(); }

    Result<void> open() {
        const TransportConfig& config = shared_->config;
        error_code ec;
        const auto address =
            net::ip::make_address(config.host == "localhost" ? "127.0.0.1" : config.host, ec);
        if (ec) {
            return fail(ErrorCode::kBadArgument,
                        "'" + config.host +
                            "' is not an address; give one such as 127.0.0.1, 0.0.0.0 or ::");
        }
        ATTUNE_CHECK(open_tls());
        const tcp::endpoint endpoint(address, config.port);
        acceptor_.open(endpoint.protocol(), ec);
        acceptor_.set_option(net::socket_base::reuse_address(true), ec);
        acceptor_.bind(endpoint, ec);
        const std::string where = config.host + ":" + std::to_string(config.port);
        if (ec == net::error::address_in_use) {
            return fail(ErrorCode::kBusy,
                        "port " + std::to_string(config.port) +
                            " is taken by another program; choose another with --port",
                        where);
        }
        if (ec == net::error::access_denied) {
            return fail(ErrorCode::kRefused,
                        "port " + std::to_string(config.port) +
                            " needs root; choose one above 1023 with --port",
                        where);
        }
        if (ec) return fail(ErrorCode::kBadArgument, "cannot listen: " + ec.message(), where);
        acceptor_.listen(1024, ec);
        if (ec) return fail(ErrorCode::kIo, "cannot listen: " + ec.message(), where);
        port_ = acceptor_.local_endpoint().port();
        raise_descriptor_limit();
        return {};
    }

    void start() override {
        net::co_spawn(
            acceptor_.get_executor(), [this] { return accept_all(); }, net::detached);
        for (int i = 0; i < shared_->config.network_threads; ++i) {
            threads_.emplace_back([this] { io_.run(); });
        }
    }

    void stop() override {
        if (shared_->stopping.exchange(true)) return;
        net::post(acceptor_.get_executor(), [this] {
            error_code ignored;
            acceptor_.close(ignored);
        });
        {
            const std::lock_guard lock(shared_->mutex);
            for (const auto& outbox : shared_->outboxes) outbox->close(CloseReason::kGoingAway);
        }
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(600);
        while (sockets_left() && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        io_.stop();
        for (std::thread& t : threads_) t.join();
        threads_.clear();
        shared_->pool.join();
    }

    std::uint16_t port() const override { return port_; }

    TransportStats stats() const override {
        const Counters& c = shared_->counters;
        return {c.accepted, c.refused, c.requests, c.open, c.sockets, c.dropped_slow};
    }

private:
    bool sockets_left() {
        const std::lock_guard lock(shared_->mutex);
        return !shared_->outboxes.empty();
    }

    Result<void> open_tls() {
        const auto& files = shared_->config.tls;
        if (!files) return {};
        error_code ec;
        tls_.set_options(net::ssl::context::default_workarounds | net::ssl::context::no_sslv2 |
                             net::ssl::context::no_sslv3 | net::ssl::context::no_tlsv1 |
                             net::ssl::context::no_tlsv1_1,
                         ec);
        tls_.use_certificate_chain_file(files->certificate.string(), ec);
        if (ec)
            return fail(ErrorCode::kCorrupt, "cannot read the TLS certificate (PEM)",
                        files->certificate);
        tls_.use_private_key_file(files->key.string(), net::ssl::context::pem, ec);
        if (ec)
            return fail(ErrorCode::kCorrupt,
                        "cannot read the TLS key (PEM), or it is not the certificate's",
                        files->key);
        return {};
    }

    /// The usual soft limit of 1024 descriptors would let idle peers shut everybody out.
    void raise_descriptor_limit() {
        rlimit limit{};
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
        const auto wanted = static_cast<rlim_t>(shared_->config.max_connections + 512);
        limit.rlim_cur = std::max(limit.rlim_cur, std::min(wanted, limit.rlim_max));
        setrlimit(RLIMIT_NOFILE, &limit);
        const auto room = limit.rlim_cur > 512 ? limit.rlim_cur - 512 : limit.rlim_cur / 2;
        shared_->config.max_connections = static_cast<int>(
            std::min<rlim_t>(room, static_cast<rlim_t>(shared_->config.max_connections)));
    }

    net::awaitable<void> accept_all() {
        net::steady_timer pause(acceptor_.get_executor());
        while (!shared_->stopping.load()) {
            error_code ec;
            auto strand = net::make_strand(io_);
            tcp::socket socket = co_await acceptor_.async_accept(strand, into(ec));
            if (ec == net::error::operation_aborted || ec == net::error::bad_descriptor) break;
            if (ec) {  // out of descriptors, most likely: give the others time to end
                pause.expires_after(std::chrono::milliseconds(50));
                co_await pause.async_wait(into(ec));
                continue;
            }
            admit(std::move(socket), strand);
        }
    }

    template <class Strand>
    void admit(tcp::socket socket, const Strand& strand) {
        Counters& c = shared_->counters;
        c.accepted.fetch_add(1);
        if (c.open.load() >= static_cast<std::uint64_t>(shared_->config.max_connections)) {
            c.refused.fetch_add(1);
            return;  // the socket closes here
        }
        c.open.fetch_add(1);
        error_code ec;
        socket.set_option(tcp::no_delay(true), ec);
        const auto peer = socket.remote_endpoint(ec);
        const std::string remote = ec ? std::string() : peer.address().to_string();
        if (shared_->config.tls) {
            net::co_spawn(
                strand,
                run_connection<TlsStream>(TlsStream(std::move(socket), tls_), shared_, remote),
                net::detached);
        } else {
            net::co_spawn(
                strand,
                run_connection<PlainStream>(PlainStream(std::move(socket)), shared_, remote),
                net::detached);
        }
    }

    std::shared_ptr<Shared>
        shared_;  // shared: connections outlive stop() until their coroutines are destroyed
    net::io_context io_;
    tcp::acceptor acceptor_;
    net::ssl::context tls_;
    std::vector<std::thread> threads_;
    std::uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Transport>> Transport::create(const TransportConfig& config, Site& site) {
    auto transport = std::make_unique<TransportImpl>(config, site);
    ATTUNE_CHECK(transport->open());
    return transport;
}

}  // namespace attune::serve
