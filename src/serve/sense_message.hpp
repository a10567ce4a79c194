// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What sensors in the page send over their WebSocket: outside bytes, so strict.
///
/// Text      {"type":"rr","t_ms":T,"rr_ms":[…],"bpm":B} · {"type":"vitals","t_ms":T,"bpm":B} ·
///           {"type":"open","sensor":"camera|microphone|heart"} · {"type":"close","sensor":…} ·
///           {"type":"no_face","t_ms":T,"n_faces":N,"light":L}
/// Binary    kind (1 byte), length of the head (2 bytes, little end first), head (JSON object),
/// payload
///           kind 1 = one aligned face: head {t_ms, roll_deg, score, face_px, light, n_faces},
///           payload JPEG kind 2 = voice: head {t_ms, rate_hz: 16000}, payload int16 little-endian,
///           mono
/// t_ms is the page's clock (performance.now()); the server maps it to session time.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "flow/crop.hpp"

namespace attune::serve {

struct CropMessage {
    double t_ms = 0.0;
    flow::Crop crop;
};  ///< crop.t is not set yet
struct NoFaceMessage {
    double t_ms = 0.0;
    int n_faces = 0;
    double light = 0.0;
};
struct AudioMessage {
    double t_ms = 0.0;
    std::vector<float> samples;
};  ///< 16 kHz, [-1, 1]
struct RrMessage {
    double t_ms = 0.0;
    std::vector<float> rr_ms;
    double bpm = 0.0;
};  ///< bpm 0 = not sent
struct VitalsMessage {
    double t_ms = 0.0;
    double bpm = 0.0;
};
struct SensorSwitch {
    std::string sensor;
    bool on = false;
};

using SenseMessage =
    std::variant<CropMessage, NoFaceMessage, AudioMessage, RrMessage, VitalsMessage, SensorSwitch>;

/// kBadArgument names the field and the range; kCorrupt for a broken frame.
[[nodiscard]] Result<SenseMessage> parse_sense_message(std::string_view message, bool binary);

}  // namespace attune::serve
