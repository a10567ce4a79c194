// SPDX-License-Identifier: GPL-3.0-or-later
/// Talks to BlueZ by D-Bus from sdbus-c++'s own thread; its exceptions stop in this file. Never waits for the session.
#include "sense/ble_source.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#include "core/text.hpp"
#include "sense/heart_rate_measurement.hpp"
#include "sense/live_source.hpp"

namespace attune::sense {
namespace {

constexpr const char* kService = "0000180d-0000-1000-8000-00805f9b34fb";
constexpr const char* kMeasurement = "00002a37-0000-1000-8000-00805f9b34fb";
constexpr const char* kBluez = "org.bluez";
constexpr const char* kDevice = "org.bluez.Device1";
constexpr const char* kCharacteristic = "org.bluez.GattCharacteristic1";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
constexpr int kPatienceS = 10;

using Properties = std::map<std::string, sdbus::Variant>;
using Objects = std::map<sdbus::ObjectPath, std::map<std::string, Properties>>;

template <typename T>
T value_or(const Properties& properties, const char* name, T fallback) {
    const auto at = properties.find(name);
    return at == properties.end() ? fallback : at->second.get<T>();
}

class BleSource final : public LiveSource {
public:
    BleSource(const Spec& spec, const core::Clock& clock)
        : LiveSource(spec.source_id(), flow::SourceKind::kHeart, {flow::Origin::kLive, "Bluetooth heart rate", "ble-hr/1"}, clock),
          wanted_(spec.place) {}
    ~BleSource() override { close(); }

    Result<void> open(const Spec& spec) {
        try {
            connection_ = sdbus::createSystemBusConnection();
            connection_->enterEventLoopAsync();
            const auto device = find_device();
            if (!device) {
                return fail(ErrorCode::kUnavailable, "BlueZ knows no heart rate strap" + (wanted_.empty() ? "" : " " + wanted_) +
                                                         "; pair it once with bluetoothctl", spec.text);
            }
            device_ = sdbus::createProxy(*connection_, kBluez, *device);
            watch_device();
            device_->callMethod("Connect").onInterface(kDevice).withTimeout(std::chrono::seconds(kPatienceS));
            if (!listen(*device)) {
                return fail(ErrorCode::kUnavailable, "the strap shows no heart rate measurement within 10 s", spec.text);
            }
        } catch (const sdbus::Error& e) {
            return fail(ErrorCode::kUnavailable, "Bluetooth: " + e.getName() + ": " + e.getMessage(), spec.text);
        }
        return {};
    }

    void close() noexcept override {
        mark_closed();
        try {
            if (characteristic_) characteristic_->unregister();
            if (device_) device_->unregister();
            if (connection_) connection_->leaveEventLoop();
        } catch (const sdbus::Error&) {
            // the bus is gone: there is nothing left to let go of
        }
        characteristic_.reset();
        device_.reset();
        connection_.reset();
    }

private:
    Objects objects() {
        Objects out;
        auto root = sdbus::createProxy(*connection_, kBluez, "/");
        root->callMethod("GetManagedObjects").onInterface("org.freedesktop.DBus.ObjectManager").storeResultsTo(out);
        return out;
    }

    std::optional<sdbus::ObjectPath> find_device() {
        for (const auto& [path, interfaces] : objects()) {
            const auto device = interfaces.find(kDevice);
            if (device == interfaces.end()) continue;
            const auto uuids = value_or<std::vector<std::string>>(device->second, "UUIDs", {});
            const auto address = value_or<std::string>(device->second, "Address", {});
            const bool strap = std::find(uuids.begin(), uuids.end(), kService) != uuids.end();
            if (strap && (wanted_.empty() || wanted_ == address)) return path;
        }
        return std::nullopt;
    }

    /// Services are resolved some time after the connection: looks again until then.
    bool listen(const sdbus::ObjectPath& device) {
        core::SteadyClock waiting;
        while (waiting.now() < Time{} + seconds(kPatienceS)) {
            for (const auto& [path, interfaces] : objects()) {
                const auto found = interfaces.find(kCharacteristic);
                if (found == interfaces.end() || path.rfind(device, 0) != 0) continue;
                if (value_or<std::string>(found->second, "UUID", {}) != kMeasurement) continue;
                watch_measurement(path);
                return true;
            }
            waiting.sleep_until(waiting.now() + milliseconds(100));
        }
        return false;
    }

    void watch_measurement(const sdbus::ObjectPath& path) {
        characteristic_ = sdbus::createProxy(*connection_, kBluez, path);
        characteristic_->uponSignal("PropertiesChanged").onInterface(kProperties).call(
            [this](const std::string&, const Properties& changed, const std::vector<std::string>&) {
                const auto value = changed.find("Value");
                if (value != changed.end()) measured(value->second.get<std::vector<std::uint8_t>>());
            });
        characteristic_->finishRegistration();
        characteristic_->callMethod("StartNotify").onInterface(kCharacteristic);
    }

    void watch_device() {
        device_->uponSignal("PropertiesChanged").onInterface(kProperties).call(
            [this](const std::string&, const Properties& changed, const std::vector<std::string>&) {
                const auto ignore = [](const sdbus::Error*) {};
                const auto connected = changed.find("Connected");
                if (connected != changed.end() && !connected->second.get<bool>()) {
                    device_->callMethodAsync("Connect").onInterface(kDevice).uponReplyInvoke(ignore);
                }
                const auto resolved = changed.find("ServicesResolved");
                if (resolved != changed.end() && resolved->second.get<bool>() && characteristic_) {
                    characteristic_->callMethodAsync("StartNotify").onInterface(kCharacteristic).uponReplyInvoke(ignore);
                }
            });
        device_->finishRegistration();
    }

    void measured(const std::vector<std::uint8_t>& bytes) {
        const auto m = parse_heart_rate_measurement(bytes);
        if (!m || (m->contact && !*m->contact)) return;
        DeviceBlock rate;
        rate.channel = flow::Channel::kHeartRate;
        rate.samples = {static_cast<float>(m->bpm)};
        rate.offsets_s = {0.0};
        deliver(std::move(rate));
        DeviceBlock beats;
        beats.channel = flow::Channel::kRr;
        double at_s = 0.0;
        for (const float rr : m->rr_ms) {
            if (!beats.samples.empty()) at_s += static_cast<double>(rr) * 1e-3;
            beats.samples.push_back(rr);
            beats.offsets_s.push_back(at_s);
        }
        deliver(std::move(beats));
    }

    std::string wanted_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<sdbus::IProxy> device_, characteristic_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_ble_heart_rate(const Spec& spec, const core::Clock& clock) {
    auto source = std::make_unique<BleSource>(spec, clock);
    ATTUNE_CHECK(source->open(spec));
    return source;
}

}  // namespace attune::sense
