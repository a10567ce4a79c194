// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a connection and the transport share, and how a coroutine waits: for a socket, for the pool, for an
/// outbox. Part of transport.cpp: no other file of the program knows Boost.Beast.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "serve/transport.hpp"

namespace attune::serve::detail {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = net::ip::tcp;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

/// A completion token: the coroutine waits, and the error lands in `ec` instead of being thrown.
inline auto into(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

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
inline std::chrono::seconds seconds_of(int s) { return std::chrono::seconds(s); }

}  // namespace attune::serve::detail
