// SPDX-License-Identifier: GPL-3.0-or-later
/// MQTT and OSC against a real broker and a real socket on this machine.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lo/lo.h>
#include <mosquitto.h>

#include "sense/open_source.hpp"

extern char** environ;

namespace attune::sense {
namespace {

/// A port that nobody listens on just now.
int free_port(int type) {
    const int fd = socket(AF_INET, type, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
}

bool within(double limit_s, const std::function<bool()>& done) {
    core::SteadyClock clock;
    while (clock.now().seconds() < limit_s) {
        if (done()) return true;
        clock.sleep_until(clock.now() + milliseconds(10));
    }
    return false;
}

std::map<flow::Channel, std::vector<float>> samples_of(const Batch& batch) {
    std::map<flow::Channel, std::vector<float>> out;
    for (const auto& f : batch.frames) out[f.channel].insert(out[f.channel].end(), f.samples.begin(), f.samples.end());
    return out;
}

TEST(OscSource, MessagesBecomeSamplesOfTheirChannel) {
    const std::string port = std::to_string(free_port(SOCK_DGRAM));
    core::SteadyClock clock;
    auto source = open_source(*parse_spec("osc://:" + port + "/muse?id=band"), &clock);
    ASSERT_TRUE(source) << source.error().describe();
    lo_address to = lo_address_new("127.0.0.1", port.c_str());
    lo_send(to, "/muse/eeg", "ff", 812.0, 815.5);
    lo_send(to, "/muse/acc", "fff", .1, .2, .97);
    lo_send(to, "/muse/hr", "i", 72);
    lo_send(to, "/other/hr", "i", 99);
    lo_send(to, "/muse/unknown", "f", 1.0);
    lo_address_free(to);
    Batch out;
    EXPECT_TRUE(within(5, [&] { return (*source)->pull(clock.now() + seconds(1), out) && out.frames.size() >= 6; }));
    const auto by = samples_of(out);
    EXPECT_EQ(by.at(flow::Channel::kHeartRate), std::vector<float>{72.0F});
    EXPECT_EQ(by.at(flow::Channel::kAccelZ), std::vector<float>{.97F});
    EXPECT_EQ(by.at(flow::Channel::kEeg).size(), 2U);
    for (const auto& f : out.frames) {
        EXPECT_EQ(f.provenance.origin, flow::Origin::kLive);
        EXPECT_EQ(f.source.substr(0, 4), "band");
    }
    (*source)->close();
    EXPECT_TRUE((*source)->finished());
}

TEST(OscSource, APortThatIsTakenIsUnavailable) {
    const std::string port = std::to_string(free_port(SOCK_DGRAM));
    core::SteadyClock clock;
    const auto first = open_source(*parse_spec("osc://:" + port), &clock);
    ASSERT_TRUE(first);
    const auto second = open_source(*parse_spec("osc://:" + port), &clock);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

class Broker {
public:
    Broker() : port_(free_port(SOCK_STREAM)) {
        const char* program = nullptr;
        for (const char* p : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto"}) {
            if (std::filesystem::exists(p)) program = p;
        }
        if (program == nullptr) return;
        std::string port = std::to_string(port_);
        std::string name = program;
        std::string flag = "-p";
        char* argv[] = {name.data(), flag.data(), port.data(), nullptr};
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 2, "/dev/null", 1, 0);
        running_ = posix_spawn(&pid_, program, &files, nullptr, argv, environ) == 0;
        posix_spawn_file_actions_destroy(&files);
    }
    ~Broker() {
        if (!running_) return;
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] bool running() const { return running_; }
    [[nodiscard]] int port() const { return port_; }

private:
    int port_;
    pid_t pid_ = 0;
    bool running_ = false;
};

TEST(MqttSource, BlocksAndNumbersArriveInOurUnits) {
    const Broker broker;
    if (!broker.running()) GTEST_SKIP() << "no mosquitto broker on this machine";
    core::SteadyClock clock;
    const auto spec = *parse_spec("mqtt://127.0.0.1:" + std::to_string(broker.port()) + "/attune/wrist?id=wrist");
    std::unique_ptr<Source> source;
    ASSERT_TRUE(within(10, [&] {
        auto opened = open_source(spec, &clock);
        if (opened) source = std::move(*opened);
        return source != nullptr;
    }));
    mosquitto* sender = mosquitto_new(nullptr, true, nullptr);
    ASSERT_EQ(mosquitto_connect(sender, "127.0.0.1", broker.port(), 10), MOSQ_ERR_SUCCESS);
    mosquitto_loop_start(sender);
    const char* block = R"({"t_s": 5, "rate_hz": 4, "unit": "nS", "samples": [500, 510, 520, 530]})";
    Batch out;
    // The subscription may come after the first message: send until it arrives.
    EXPECT_TRUE(within(10, [&] {
        mosquitto_publish(sender, nullptr, "attune/wrist/eda", static_cast<int>(std::strlen(block)), block, 0, false);
        mosquitto_publish(sender, nullptr, "attune/wrist/hr", 2, "72", 0, false);
        mosquitto_publish(sender, nullptr, "attune/wrist/eda", 3, "bad", 0, false);
        return source->pull(clock.now() + seconds(1), out) && out.frames.size() >= 2;
    }));
    mosquitto_disconnect(sender);
    mosquitto_loop_stop(sender, true);
    mosquitto_destroy(sender);
    const auto by = samples_of(out);
    ASSERT_TRUE(by.count(flow::Channel::kEda));
    EXPECT_FLOAT_EQ(by.at(flow::Channel::kEda)[1], .51F);
    ASSERT_TRUE(by.count(flow::Channel::kHeartRate));
    EXPECT_EQ(by.at(flow::Channel::kHeartRate)[0], 72.0F);
    EXPECT_EQ(out.frames[0].source, "wrist");
}

TEST(MqttSource, WithoutABrokerItIsUnavailableAndABadAddressIsNamed) {
    core::SteadyClock clock;
    const auto none = open_source(*parse_spec("mqtt://127.0.0.1:" + std::to_string(free_port(SOCK_STREAM)) + "/a"), &clock);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kUnavailable);
    const auto bad = open_source(*parse_spec("mqtt://host:99999/a"), &clock);
    ASSERT_FALSE(bad);
    EXPECT_NE(bad.error().message.find("1..65535"), std::string::npos);
    EXPECT_FALSE(open_source(*parse_spec("mqtt://host"), &clock));
    EXPECT_FALSE(open_source(*parse_spec("mqtt://host/a"), nullptr));
}

}  // namespace
}  // namespace attune::sense
