// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/transport.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "serve/door.hpp"
#include "serve/problem.hpp"

namespace attune::serve {
namespace {

/// A peer that can say whatever it likes.
class RawPeer {
public:
    explicit RawPeer(std::uint16_t port, int receive_buffer = 0) {
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        timeval limit{5, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    ~RawPeer() { ::close(fd_); }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    bool send(const std::string& bytes) const {
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    /// All until the server closes, or 5 s pass, or `enough` occurs.
    std::string receive(const std::string& enough = {}) const {
        std::string all;
        char block[4096];
        while (true) {
            const ssize_t n = ::recv(fd_, block, sizeof block, 0);
            if (n <= 0) return all + (n == 0 ? "" : "[timeout]");
            all.append(block, static_cast<std::size_t>(n));
            if (!enough.empty() && all.find(enough) != std::string::npos) return all;
        }
    }
    bool connected() const { return connected_; }

private:
    int fd_ = -1;
    bool connected_ = false;
};

class EchoSocket final : public SocketHandler {
public:
    void opened(std::shared_ptr<Outbox> outbox) override { outbox_ = std::move(outbox); }
    void received(std::string_view message, bool binary) override {
        if (message == "flood") {
            while (outbox_->push_text(std::string(10'000, 'x'))) {
            }
            return;
        }
        outbox_->push(std::make_shared<const std::string>(message), binary);
    }
    void closed() noexcept override {}

private:
    std::shared_ptr<Outbox> outbox_;
};

class SmallSite final : public Site {
public:
    bool quick(const Request& r) const override { return r.path == "/quick"; }
    Response respond(Request r) override {
        if (r.path == "/stream") {
            Response s = Response::text("", "text/plain");
            s.body.reset();
            s.stream = std::make_shared<Outbox>();
            s.stream->push_text("part one ");
            s.stream->push_text("part two");
            s.stream->close(CloseReason::kNormal);
            return s;
        }
        if (r.path == "/throw") throw std::runtime_error("a bug");
        return Response::text(r.path + "|" + r.body, "text/plain");
    }
    tl::expected<std::unique_ptr<SocketHandler>, Response> connect(Request r) override {
        if (r.path != "/socket") return tl::unexpected<Response>(problem(404, "not_found", "no"));
        return std::make_unique<EchoSocket>();
    }
    std::size_t body_limit(Method, std::string_view) const override { return 1000; }
    Response refuse(int status, std::string_view why) const override { return problem(status, "bad_argument", why); }
};

class TransportTest : public testing::Test {
protected:
    void start(TransportConfig config = {}) {
        config.port = 0;
        auto made = Transport::create(config, site_);
        ASSERT_TRUE(made) << made.error().describe();
        transport_ = std::move(*made);
        transport_->start();
    }
    std::string ask(const std::string& bytes) const {
        const RawPeer peer(transport_->port());
        peer.send(bytes);
        return peer.receive();
    }
    SmallSite site_;
    std::unique_ptr<Transport> transport_;
};

const std::string kUpgrade =
    "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

std::string masked_frame(int opcode, const std::string& payload, bool fin = true) {
    std::string out(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        out += static_cast<char>(0x80 | payload.size());
    } else {
        out += static_cast<char>(0x80 | 126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size() & 0xFF);
    }
    return out + std::string(4, '\0') + payload;  // a mask of zeros
}

TEST_F(TransportTest, AnswersOneRequestAfterTheOther) {
    start();
    const std::string got = ask(
        "GET /quick HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n"
        "HEAD /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("/quick|"), std::string::npos);
    EXPECT_NE(got.find("/slow|abc"), std::string::npos);
    EXPECT_NE(got.find("/chunked|xy"), std::string::npos);
    EXPECT_TRUE(got.ends_with("\r\n\r\n")) << "HEAD has no body";
}

TEST_F(TransportTest, SurvivesAHandlerThatThrows) {
    start();
    EXPECT_NE(ask("GET /throw HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").find(" 500 "), std::string::npos);
}

TEST_F(TransportTest, SendsAStreamChunkByChunk) {
    start();
    const std::string got = ask("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(got.find("9\r\npart one \r\n8\r\npart two\r\n0\r\n\r\n"), std::string::npos) << got;
}

TEST_F(TransportTest, ClosesAfterEveryRequestThatTwoReadersCouldSeeDifferently) {
    start();
    for (const char* headers :
         {"Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n",
          "Content-Length: -1\r\n", "Content-Length: 3 4\r\n", "Host: b\r\n"}) {
        const std::string got = ask("POST /a HTTP/1.1\r\nHost: a\r\n" + std::string(headers) +
                                    "\r\nabcGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(got.find("/smuggled|"), std::string::npos) << headers << got;
        EXPECT_EQ(got.find("200 OK"), std::string::npos) << headers << got;
        EXPECT_EQ(got.find("[timeout]"), std::string::npos) << headers << got;
    }
}

TEST_F(TransportTest, RefusesBrokenAndOversizedRequests) {
    start();
    EXPECT_NE(ask("NONSENSE\r\n\r\n").find(" 400 "), std::string::npos);
    EXPECT_NE(ask("GET /../x HTTP/1.1\r\nHost: a\r\n\r\n").find(" 400 "), std::string::npos);
    EXPECT_NE(ask("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").find(" 431 "),
              std::string::npos);
    EXPECT_NE(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").find(" 413 "), std::string::npos);
    EXPECT_NE(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n").find(" 4"),
              std::string::npos);
    EXPECT_NE(ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x') +
                  "\r\n0\r\n\r\n")
                  .find(" 413 "),
              std::string::npos);
}

TEST_F(TransportTest, CutsOffWhoTricklesAHeader) {
    TransportConfig config;
    config.header_timeout_s = 1;
    start(config);
    const RawPeer peer(transport_->port());
    const auto begin = std::chrono::steady_clock::now();
    bool cut = false;
    for (int i = 0; i < 40 && !cut; ++i) {
        cut = !peer.send(i == 0 ? "GET / HTTP/1.1\r\nHost: a\r\n" : "X-" + std::to_string(i) + ": y\r\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_TRUE(cut);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST_F(TransportTest, LetsGoOfWhoConnectsAndSaysNothing) {
    TransportConfig config;
    config.header_timeout_s = 1;
    start(config);
    const RawPeer peer(transport_->port());
    EXPECT_EQ(peer.receive(), "") << "closed, not timed out after 5 s";
}

TEST_F(TransportTest, ClosesOneConnectionTooManyAndGoesOnServing) {
    TransportConfig config;
    config.max_connections = 3;
    start(config);
    {
        std::vector<std::unique_ptr<RawPeer>> idle;
        for (int i = 0; i < 3; ++i) {
            idle.push_back(std::make_unique<RawPeer>(transport_->port()));
            idle.back()->send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n");
            EXPECT_NE(idle.back()->receive("/quick|").find("200"), std::string::npos);
        }
        EXPECT_EQ(ask("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n").find("200"), std::string::npos);
    }
    for (int i = 0; i < 100 && transport_->stats().open > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_NE(ask("GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").find("200"), std::string::npos);
}

TEST_F(TransportTest, EchoesOverAWebSocketAndRefusesAMissingOne) {
    start();
    const RawPeer peer(transport_->port());
    peer.send(kUpgrade);
    ASSERT_NE(peer.receive("\r\n\r\n").find(" 101 "), std::string::npos);
    peer.send(masked_frame(1, "hello"));
    EXPECT_EQ(peer.receive("hello"), "\x81\x05hello");
    EXPECT_NE(ask("GET /no HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
                  .find(" 404 "),
              std::string::npos);
}

TEST_F(TransportTest, ClosesAWebSocketThatBreaksTheProtocol) {
    TransportConfig config;
    config.max_message_bytes = 1000;
    start(config);
    const std::string huge_header = std::string("\x82\xFF", 2) + std::string(8, '\x7F') + std::string(4, '\0');
    for (const std::string& bytes :
         {std::string("\x81\x05hello"),                    // not masked
          masked_frame(1, "\xFF\xFE"),                     // text that is not UTF-8
          masked_frame(3, "x"),                            // reserved opcode
          std::string("\xF1\x80\0\0\0\0", 6),              // reserved bits
          masked_frame(9, "x", false),                     // a ping in parts
          masked_frame(0, "x"),                            // a continuation of nothing
          masked_frame(1, "h\xF1", false) + masked_frame(0, ""),  // half a character, then an empty last frame
          masked_frame(2, std::string(1001, 'x')),         // too large
          huge_header}) {
        const RawPeer peer(transport_->port());
        peer.send(kUpgrade);
        ASSERT_NE(peer.receive("\r\n\r\n").find(" 101 "), std::string::npos);
        peer.send(bytes);
        EXPECT_EQ(peer.receive().find("[timeout]"), std::string::npos);
    }
}

TEST_F(TransportTest, DropsASlowReaderInsteadOfBufferingForEver) {
    start();
    const RawPeer peer(transport_->port(), 4096);
    peer.send(kUpgrade);
    ASSERT_NE(peer.receive("\r\n\r\n").find(" 101 "), std::string::npos);
    for (int i = 0; i < 200 && transport_->stats().dropped_slow == 0; ++i) {
        peer.send(masked_frame(1, "flood"));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(transport_->stats().dropped_slow, 1U);
    EXPECT_NE(ask("GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").find("200"), std::string::npos);
}

TEST_F(TransportTest, SaysGoodbyeWhenItStops) {
    start();
    const RawPeer peer(transport_->port());
    peer.send(kUpgrade);
    ASSERT_NE(peer.receive("\r\n\r\n").find(" 101 "), std::string::npos);
    peer.send(masked_frame(1, "here"));
    peer.receive("here");
    std::thread stopper([&] { transport_->stop(); });
    EXPECT_NE(peer.receive().find(std::string("\x88\x02\x03\xE9", 4)), std::string::npos) << "close code 1001";
    stopper.join();
}

TEST_F(TransportTest, SaysWhatIsWrongWithAnAddress) {
    start();
    TransportConfig config;
    config.port = transport_->port();
    EXPECT_EQ(Transport::create(config, site_).error().code, ErrorCode::kBusy);
    config.host = "not an address";
    EXPECT_EQ(Transport::create(config, site_).error().code, ErrorCode::kBadArgument);
}

}  // namespace
}  // namespace attune::serve
