// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/open_source.hpp"

#include "core/log.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "sense/ble_source.hpp"
#include "sense/face_source.hpp"
#include "sense/microphone_source.hpp"
#include "sense/mqtt_source.hpp"
#include "sense/osc_source.hpp"
#include "sense/replay_source.hpp"
#include "sense/simulated_source.hpp"
#include "sense/voice_source.hpp"

namespace attune::sense {
namespace {

Result<std::unique_ptr<Source>> open_replay(const Spec& spec) {
    ATTUNE_TRY(Recording recording, read_recording(spec.place));
    ReplayOptions options;
    options.id = spec.source_id();
    options.start_s = spec.number("start", 0.0);
    options.speed = spec.number("speed", 1.0);
    for (const std::string& note : recording.notes) core::log(core::LogLevel::kWarning, "sense", note);
    return std::make_unique<ReplaySource>(std::move(recording), options);
}

Result<std::unique_ptr<Source>> open_simulated(const Spec& spec) {
    ATTUNE_TRY(SimulatedListener listener, make_listener(spec));
    return std::make_unique<SimulatedSource>(std::move(listener), spec.source_id());
}

FaceSourceOptions face_options(const Spec& spec, const std::filesystem::path& data_dir) {
    FaceSourceOptions options;
    options.id = spec.source_id();
    options.data_dir = data_dir.empty() ? core::data_dir() : data_dir;
    options.max_hz = spec.number("hz", options.max_hz);
    return options;
}

Result<std::unique_ptr<Source>> open_live(const Spec& spec, const core::Clock& clock, const std::filesystem::path& data_dir) {
    switch (spec.kind) {
        case SpecKind::kFaceCamera: return open_face_camera(static_cast<int>(core::parse_int(spec.place).value_or(-1)), face_options(spec, data_dir));
        case SpecKind::kVoiceMic: {
            ATTUNE_TRY(const media::PortAudio* const library, media::load_portaudio());
            return open_microphone(spec, clock, *library);
        }
        case SpecKind::kBleHeartRate: return open_ble_heart_rate(spec, clock);
        case SpecKind::kMqtt: return open_mqtt(spec, clock);
        case SpecKind::kOsc: return open_osc(spec, clock);
        default: break;
    }
    return fail(ErrorCode::kUnavailable, std::string(to_string(spec.kind)) + " is not part of this build", spec.text);
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const Spec& spec, const core::Clock* clock, const std::filesystem::path& data_dir) {
    switch (spec.kind) {
        case SpecKind::kFaceVideo: return open_face_video(spec.place, face_options(spec, data_dir));
        case SpecKind::kVoiceWav: return open_voice_file(spec.place, spec.source_id());
        case SpecKind::kReplay: return open_replay(spec);
        case SpecKind::kSimulated: return open_simulated(spec);
        default: break;
    }
    if (clock == nullptr) {
        return fail(ErrorCode::kBadArgument, std::string(to_string(spec.kind)) + " is live: it needs a session that runs in real time", spec.text);
    }
    return open_live(spec, *clock, data_dir);
}

}  // namespace attune::sense
