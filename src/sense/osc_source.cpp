// SPDX-License-Identifier: GPL-3.0-or-later
/// Talks to liblo's server thread; never waits for the session.
#include "sense/osc_source.hpp"

#include <array>

#include <lo/lo.h>

#include "core/text.hpp"
#include "sense/channels.hpp"
#include "sense/live_source.hpp"

namespace attune::sense {
namespace {

struct Address {
    std::string port, prefix;
};

Result<Address> parse_address(const Spec& spec) {
    const auto slash = spec.place.find('/');
    const std::string host_port = spec.place.substr(0, slash);
    const auto colon = host_port.rfind(':');
    const auto port = colon == std::string::npos ? std::nullopt : core::parse_int(host_port.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) {
        return fail(ErrorCode::kBadArgument, "no port in 1..65535; write osc://:PORT[/PREFIX]", spec.text);
    }
    return Address{std::to_string(*port), slash == std::string::npos ? "" : spec.place.substr(slash)};
}

class OscSource final : public LiveSource {
public:
    OscSource(const Spec& spec, Address address, const core::Clock& clock)
        : LiveSource(spec.source_id(), flow::SourceKind::kBody, {flow::Origin::kLive, "osc :" + address.port, "osc/1"}, clock),
          address_(std::move(address)),
          rate_hz_(spec.number("rate", 0.0)) {}
    ~OscSource() override { close(); }

    Result<void> open(const Spec& spec) {
        server_ = lo_server_thread_new(address_.port.c_str(), [](int, const char*, const char*) {});
        if (server_ == nullptr) {
            return fail(ErrorCode::kUnavailable, "UDP port " + address_.port + " cannot be opened; is it taken?", spec.text);
        }
        lo_server_thread_add_method(server_, nullptr, nullptr,
                                    [](const char* path, const char* types, lo_arg** argv, int argc, lo_message, void* self) {
                                        static_cast<OscSource*>(self)->message(path, types, argv, argc);
                                        return 0;
                                    }, this);
        if (lo_server_thread_start(server_) != 0) return fail(ErrorCode::kUnavailable, "liblo starts no thread", spec.text);
        return {};
    }

    void close() noexcept override {
        mark_closed();
        if (server_ == nullptr) return;
        lo_server_thread_stop(server_);
        lo_server_thread_free(server_);
        server_ = nullptr;
    }

private:
    void message(std::string_view path, const char* types, lo_arg** argv, int argc) noexcept {
        try {
            if (path.substr(0, address_.prefix.size()) != address_.prefix) return;
            std::string_view name = path.substr(address_.prefix.size());
            while (!name.empty() && name.front() == '/') name.remove_prefix(1);
            std::vector<float> values;
            for (int i = 0; i < argc; ++i) {
                const auto type = static_cast<lo_type>(types[i]);
                if (lo_is_numerical_type(type) != 0) values.push_back(static_cast<float>(lo_hires_val(type, argv[i])));
            }
            if (!values.empty()) hand_on(name, values);
        } catch (const std::exception& e) {
            fail_with({ErrorCode::kInternal, e.what(), id()});
        }
    }

    void hand_on(std::string_view name, const std::vector<float>& values) {
        constexpr std::array kAxes{flow::Channel::kAccelX, flow::Channel::kAccelY, flow::Channel::kAccelZ};
        if (name == "acc" && values.size() == kAxes.size()) {
            for (std::size_t i = 0; i < kAxes.size(); ++i) one(kAxes[i], {}, values[i]);
            return;
        }
        const auto channel = channel_by_name(name);
        if (!channel) return;
        if (*channel == flow::Channel::kEeg) {
            for (std::size_t i = 0; i < values.size(); ++i) one(*channel, std::to_string(i + 1), values[i]);
            return;
        }
        DeviceBlock block;
        block.channel = *channel;
        block.samples = values;
        const bool regular = rate_hz_ > 0.0 && rate_hz_ <= channel_row(*channel).max_rate_hz;
        if (regular) {
            block.rate_hz = rate_hz_;
        } else {
            block.offsets_s.assign(values.size(), 0.0);
        }
        deliver(std::move(block));
    }

    void one(flow::Channel channel, std::string label, float value) {
        DeviceBlock block;
        block.channel = channel;
        block.label = std::move(label);
        block.rate_hz = rate_hz_ <= channel_row(channel).max_rate_hz ? rate_hz_ : 0.0;
        block.samples = {value};
        if (block.rate_hz == 0.0) block.offsets_s = {0.0};
        deliver(std::move(block));
    }

    Address address_;
    double rate_hz_;
    lo_server_thread server_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Source>> open_osc(const Spec& spec, const core::Clock& clock) {
    ATTUNE_TRY(Address address, parse_address(spec));
    auto source = std::make_unique<OscSource>(spec, std::move(address), clock);
    ATTUNE_CHECK(source->open(spec));
    return source;
}

}  // namespace attune::sense
