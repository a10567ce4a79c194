// SPDX-License-Identifier: GPL-3.0-or-later
/// A heart rate strap: org.bluez played by this test on a private bus.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sdbus-c++/sdbus-c++.h>

#include "sense/heart_rate_measurement.hpp"
#include "sense/open_source.hpp"

namespace attune::sense {
namespace {

TEST(HeartRateMeasurement, RatesContactAndIntervalsAreRead) {
    const std::array<std::uint8_t, 6> with_rr{0x16, 60, 0x00, 0x04, 0x00, 0x02};
    const auto m = parse_heart_rate_measurement(with_rr);
    ASSERT_TRUE(m);
    EXPECT_EQ(m->bpm, 60);
    EXPECT_EQ(m->contact, true);
    EXPECT_EQ(m->rr_ms, (std::vector<float>{1000.0F, 500.0F}));
    const std::array<std::uint8_t, 5> wide_energy{0x09, 0x2c, 0x01, 0xff, 0xff};
    EXPECT_EQ(parse_heart_rate_measurement(wide_energy)->bpm, 300);
    const std::array<std::uint8_t, 2> off{0x04, 0};
    EXPECT_EQ(parse_heart_rate_measurement(off)->contact, false);
    EXPECT_FALSE(parse_heart_rate_measurement({}));
    EXPECT_FALSE(parse_heart_rate_measurement(std::span(wide_energy).first(3)));
}

/// A bus of our own: what the environment names as the system bus.
class PrivateBus {
public:
    PrivateBus() {
        if (std::system("command -v dbus-daemon >/dev/null 2>&1") != 0) return;
        std::FILE* out = popen("dbus-daemon --session --print-address=1 --print-pid=1 --fork", "r");
        if (out == nullptr) return;
        char address[512] = {}, pid[64] = {};
        const bool read = std::fgets(address, sizeof address, out) != nullptr && std::fgets(pid, sizeof pid, out) != nullptr;
        pclose(out);
        if (!read) return;
        address_ = address;
        address_.erase(address_.find_last_not_of("\n") + 1);
        pid_ = std::atoi(pid);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
    }
    ~PrivateBus() {
        if (pid_ > 0) kill(pid_, SIGTERM);
        unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    }
    [[nodiscard]] bool running() const { return pid_ > 0; }

private:
    std::string address_;
    int pid_ = 0;
};

/// BlueZ with one strap.
class MockBluez {
public:
    static constexpr const char* kDevicePath = "/org/bluez/hci0/dev_AA";
    MockBluez() : connection_(sdbus::createSystemBusConnection("org.bluez")) {
        manager_ = sdbus::createObject(*connection_, "/");
        manager_->addObjectManager();
        device_ = sdbus::createObject(*connection_, kDevicePath);
        device_->registerMethod("Connect").onInterface("org.bluez.Device1").implementedAs([this] { connected = true; });
        device_->registerProperty("UUIDs").onInterface("org.bluez.Device1").withGetter([] {
            return std::vector<std::string>{"0000180d-0000-1000-8000-00805f9b34fb"};
        });
        device_->registerProperty("Address").onInterface("org.bluez.Device1").withGetter([] { return std::string("AA:BB:CC:DD:EE:FF"); });
        device_->finishRegistration();
        measurement_ = sdbus::createObject(*connection_, std::string(kDevicePath) + "/service01/char02");
        measurement_->registerMethod("StartNotify").onInterface("org.bluez.GattCharacteristic1").implementedAs([this] { notifying = true; });
        measurement_->registerProperty("UUID").onInterface("org.bluez.GattCharacteristic1").withGetter([] {
            return std::string("00002a37-0000-1000-8000-00805f9b34fb");
        });
        measurement_->registerProperty("Value").onInterface("org.bluez.GattCharacteristic1").withGetter([this] { return value_; });
        measurement_->finishRegistration();
        connection_->enterEventLoopAsync();
    }
    void notify(std::vector<std::uint8_t> value) {
        value_ = std::move(value);
        measurement_->emitPropertiesChangedSignal("org.bluez.GattCharacteristic1", {"Value"});
    }
    std::atomic<bool> connected{false}, notifying{false};

private:
    std::vector<std::uint8_t> value_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<sdbus::IObject> manager_, device_, measurement_;
};

TEST(BleSource, TwentyNotificationsGiveTwentyRatesAndAllBeats) {
    const PrivateBus bus;
    if (!bus.running()) GTEST_SKIP() << "no dbus-daemon on this machine";
    core::SteadyClock clock;
    {
        MockBluez bluez;
        const auto other = open_source(*parse_spec("ble:hr:11:22:33:44:55:66"), &clock);
        ASSERT_FALSE(other);
        EXPECT_EQ(other.error().code, ErrorCode::kUnavailable);
        auto source = open_source(*parse_spec("ble:hr"), &clock);
        ASSERT_TRUE(source) << source.error().describe();
        EXPECT_TRUE(bluez.connected);
        EXPECT_TRUE(bluez.notifying);
        std::size_t rates = 0, beats = 0;
        Batch out;
        for (int i = 0; i < 20; ++i) {
            bluez.notify({0x16, static_cast<std::uint8_t>(60 + i), 0x00, 0x04});
            clock.sleep_until(clock.now() + milliseconds(5));
        }
        bluez.notify({0x14, 200, 0x00, 0x04});   // no skin contact: nothing is handed on
        for (int wait = 0; wait < 200 && rates < 20; ++wait) {
            out.clear();
            ASSERT_TRUE((*source)->pull(clock.now() + seconds(1), out));
            for (const auto& f : out.frames) {
                (f.channel == flow::Channel::kRr ? beats : rates) += f.samples.size();
                EXPECT_LT(f.samples.front(), f.channel == flow::Channel::kRr ? 1001.0F : 80.0F);
            }
            clock.sleep_until(clock.now() + milliseconds(10));
        }
        EXPECT_EQ(rates, 20U);
        EXPECT_EQ(beats, 20U);
        (*source)->close();
    }
    const auto gone = open_source(*parse_spec("ble:hr"), &clock);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace attune::sense
