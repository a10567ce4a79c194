// SPDX-License-Identifier: GPL-3.0-or-later
// Listens, admits and stops. One coroutine a connection, on its own strand (detail/connection.hpp). I talk to
// Site (requests, sockets) and to Outbox (what goes out later). I never route, never read JSON, never touch the
// store: handlers that may block run on the pool, and a connection waits for them without holding a network
// thread.
#include "serve/transport.hpp"

#include <thread>
#include <vector>

#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>

#include "serve/detail/connection.hpp"

namespace attune::serve {
namespace {

using namespace detail;

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
