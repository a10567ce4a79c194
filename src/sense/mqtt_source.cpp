// SPDX-License-Identifier: GPL-3.0-or-later
/// Talks to a broker by libmosquitto's thread; never waits for the session, never blocks it.
#include "sense/mqtt_source.hpp"

#include <atomic>
#include <mutex>

#include <mosquitto.h>

#include "core/log.hpp"
#include "core/text.hpp"
#include "sense/channels.hpp"
#include "sense/sample_message.hpp"

namespace attune::sense {
namespace {

constexpr int kDefaultPort = 1883, kKeepAliveS = 10;
constexpr unsigned kReconnectS = 1, kReconnectMaxS = 10;

struct Address {
    std::string host, topic;
    int port = kDefaultPort;
};

Result<Address> parse_address(const Spec& spec) {
    const auto slash = spec.place.find('/');
    if (slash == std::string::npos || slash + 1 == spec.place.size()) {
        return fail(ErrorCode::kBadArgument, "no topic; write mqtt://HOST[:PORT]/TOPIC", spec.text);
    }
    Address out;
    out.host = spec.place.substr(0, slash);
    out.topic = spec.place.substr(slash + 1);
    while (!out.topic.empty() && out.topic.back() == '/') out.topic.pop_back();
    if (const auto colon = out.host.rfind(':'); colon != std::string::npos) {
        const auto port = core::parse_int(out.host.substr(colon + 1));
        if (!port || *port < 1 || *port > 65535) {
            return fail(ErrorCode::kBadArgument, "port '" + out.host.substr(colon + 1) + "' is not in 1..65535", spec.text);
        }
        out.port = static_cast<int>(*port);
        out.host.resize(colon);
    }
    if (out.host.empty()) out.host = "localhost";
    if (out.topic.empty() || out.topic.find_first_of("#+") != std::string::npos) {
        return fail(ErrorCode::kBadArgument, "topic '" + out.topic + "' must be plain: its last levels are the channels", spec.text);
    }
    return out;
}

class MqttSource final : public LiveSource {
public:
    MqttSource(const Spec& spec, Address address, const core::Clock& clock)
        : LiveSource(spec.source_id(), flow::SourceKind::kBody,
                     {flow::Origin::kLive, "mqtt " + address.host, "mqtt/1"}, clock),
          address_(std::move(address)) {}
    ~MqttSource() override { close(); }

    Result<void> open(const Spec& spec) {
        static std::once_flag once;
        std::call_once(once, [] { mosquitto_lib_init(); });
        client_ = mosquitto_new(nullptr, true, this);
        if (client_ == nullptr) return fail(ErrorCode::kUnavailable, "libmosquitto gives no client", spec.text);
        const std::string user = spec.string("user", "");
        const std::string password = spec.string("password", "");
        if (!user.empty()) mosquitto_username_pw_set(client_, user.c_str(), password.c_str());
        mosquitto_connect_callback_set(client_, [](mosquitto*, void* self, int rc) { static_cast<MqttSource*>(self)->connected(rc); });
        mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* m) {
            static_cast<MqttSource*>(self)->message(*m);
        });
        mosquitto_reconnect_delay_set(client_, kReconnectS, kReconnectMaxS, true);
        const int rc = mosquitto_connect(client_, address_.host.c_str(), address_.port, kKeepAliveS);
        if (rc != MOSQ_ERR_SUCCESS) {
            return fail(ErrorCode::kUnavailable, std::string("no broker answers: ") + mosquitto_strerror(rc), spec.text);
        }
        if (mosquitto_loop_start(client_) != MOSQ_ERR_SUCCESS) {
            return fail(ErrorCode::kUnavailable, "libmosquitto starts no thread", spec.text);
        }
        return {};
    }

    void close() noexcept override {
        mark_closed();
        if (client_ == nullptr) return;
        mosquitto_disconnect(client_);
        mosquitto_loop_stop(client_, false);  // ends by itself now: a thread cancelled within a callback takes the program along
        mosquitto_destroy(client_);
        client_ = nullptr;
    }

private:
    void connected(int rc) {
        if (rc != 0) {
            fail_with({ErrorCode::kUnavailable, std::string("the broker refused: ") + mosquitto_connack_string(rc), id()});
            return;
        }
        mosquitto_subscribe(client_, nullptr, (address_.topic + "/#").c_str(), 0);
    }

    void message(const mosquitto_message& m) noexcept {
        try {
            const std::string_view topic = m.topic;
            if (topic.size() <= address_.topic.size() + 1) return;
            const auto channel = channel_by_name(topic.substr(address_.topic.size() + 1));
            if (!channel) return;   // another topic below ours is none of our business
            const std::string_view text(static_cast<const char*>(m.payload), static_cast<std::size_t>(m.payloadlen));
            auto block = parse_sample_message(*channel, text);
            if (block) {
                deliver(*std::move(block));
            } else if (!complained_.exchange(true)) {
                core::log(core::LogLevel::kWarning, "sense", "mqtt: " + block.error().describe());
            }
        } catch (const std::exception& e) {
            fail_with({ErrorCode::kInternal, e.what(), id()});
        }
    }

    Address address_;
    mosquitto* client_ = nullptr;
    std::atomic<bool> complained_{false};
};

}  // namespace

Result<std::unique_ptr<Source>> open_mqtt(const Spec& spec, const core::Clock& clock) {
    ATTUNE_TRY(Address address, parse_address(spec));
    auto source = std::make_unique<MqttSource>(spec, std::move(address), clock);
    ATTUNE_CHECK(source->open(spec));
    return source;
}

}  // namespace attune::sense
