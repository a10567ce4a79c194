// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/open_source.hpp"

#include "sense/ble_source.hpp"
#include "sense/mqtt_source.hpp"
#include "sense/osc_source.hpp"
#include "sense/replay_source.hpp"
#include "sense/simulated_source.hpp"

namespace attune::sense {
namespace {

Result<std::unique_ptr<Source>> open_replay(const Spec& spec) {
    ATTUNE_TRY(Recording recording, read_recording(spec.place));
    ReplayOptions options;
    options.id = spec.source_id();
    options.start_s = spec.number("start", 0.0);
    options.speed = spec.number("speed", 1.0);
    return std::make_unique<ReplaySource>(std::move(recording), options);
}

Result<std::unique_ptr<Source>> open_simulated(const Spec& spec) {
    ATTUNE_TRY(SimulatedListener listener, make_listener(spec));
    return std::make_unique<SimulatedSource>(std::move(listener), spec.source_id());
}

Result<std::unique_ptr<Source>> open_live(const Spec& spec, const core::Clock& clock) {
    switch (spec.kind) {
        case SpecKind::kBleHeartRate: return open_ble_heart_rate(spec, clock);
        case SpecKind::kMqtt: return open_mqtt(spec, clock);
        case SpecKind::kOsc: return open_osc(spec, clock);
        default: break;
    }
    return fail(ErrorCode::kUnavailable, std::string(to_string(spec.kind)) + " is not part of this build", spec.text);
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const Spec& spec, const core::Clock* clock) {
    switch (spec.kind) {
        case SpecKind::kReplay: return open_replay(spec);
        case SpecKind::kSimulated: return open_simulated(spec);
        default: break;
    }
    if (clock == nullptr) {
        return fail(ErrorCode::kBadArgument, std::string(to_string(spec.kind)) + " is live: it needs a session that runs in real time", spec.text);
    }
    return open_live(spec, *clock);
}

}  // namespace attune::sense
