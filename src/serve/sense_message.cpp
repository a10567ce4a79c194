// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/sense_message.hpp"

#include <nlohmann/json.hpp>

#include "serve/json_body.hpp"

namespace attune::serve {
namespace {

constexpr double kMaxPageMs = 1e12;
constexpr std::size_t kMaxJpegBytes = 64U << 10;
constexpr std::size_t kMaxAudioSamples = 16'000;  // one second
constexpr std::size_t kMaxRrs = 64;

tl::unexpected<Error> corrupt(std::string what) {
    return fail(ErrorCode::kCorrupt, std::move(what), "sensor message");
}

Result<SenseMessage> crop(const JsonBody& head, std::string_view payload) {
    CropMessage out;
    ATTUNE_TRY(out.t_ms, head.number("t_ms", 0, kMaxPageMs));
    ATTUNE_TRY(out.crop.roll_deg, head.number("roll_deg", -180, 180));
    ATTUNE_TRY(out.crop.score, head.number("score", 0, 1));
    ATTUNE_TRY(out.crop.light, head.number("light", 0, 255));
    ATTUNE_TRY(const std::int64_t face_px, head.integer("face_px", 1, 10'000));
    ATTUNE_TRY(const std::int64_t n_faces, head.integer("n_faces", 1, 100));
    out.crop.face_px = static_cast<int>(face_px);
    out.crop.n_faces = static_cast<int>(n_faces);
    const bool jpeg = payload.size() >= 4 && payload.size() <= kMaxJpegBytes &&
                      payload.starts_with("\xFF\xD8\xFF");
    if (!jpeg) return corrupt("a face must be a JPEG of at most 64 KiB");
    out.crop.jpeg.assign(payload.begin(), payload.end());
    return out;
}

Result<SenseMessage> audio(const JsonBody& head, std::string_view payload) {
    AudioMessage out;
    ATTUNE_TRY(out.t_ms, head.number("t_ms", 0, kMaxPageMs));
    ATTUNE_CHECK(head.integer("rate_hz", 16'000, 16'000));
    if (payload.empty() || payload.size() % 2 != 0 || payload.size() / 2 > kMaxAudioSamples) {
        return corrupt("a block of voice holds 1 to 16000 samples of 16 bits");
    }
    out.samples.reserve(payload.size() / 2);
    for (std::size_t i = 0; i < payload.size(); i += 2) {
        const auto low = static_cast<unsigned char>(payload[i]);
        const auto high = static_cast<unsigned char>(payload[i + 1]);
        const auto value = static_cast<std::int16_t>(static_cast<std::uint16_t>(low | high << 8));
        out.samples.push_back(static_cast<float>(value) / 32768.0F);
    }
    return out;
}

Result<SenseMessage> binary_message(std::string_view message) {
    if (message.size() < 3) return corrupt("a binary message has at least three bytes");
    const auto kind = static_cast<unsigned char>(message[0]);
    const std::size_t head_size = static_cast<unsigned char>(message[1]) |
                                  static_cast<std::size_t>(static_cast<unsigned char>(message[2]))
                                      << 8;
    if (head_size > message.size() - 3) return corrupt("the head is longer than the message");
    ATTUNE_TRY(const JsonBody head, JsonBody::parse(message.substr(3, head_size)));
    const std::string_view payload = message.substr(3 + head_size);
    if (kind == 1) return crop(head, payload);
    if (kind == 2) return audio(head, payload);
    return corrupt("kind is " + std::to_string(kind) + "; 1 (face) and 2 (voice) are known");
}

Result<SenseMessage> rr(const JsonBody& body) {
    RrMessage out;
    ATTUNE_TRY(out.t_ms, body.number("t_ms", 0, kMaxPageMs));
    ATTUNE_TRY(const auto bpm, body.maybe_number("bpm", 20, 260));
    out.bpm = bpm.value_or(0.0);
    const auto found = body.raw().find("rr_ms");
    if (found == body.raw().end() || !found->is_array() || found->size() > kMaxRrs) {
        return fail(ErrorCode::kBadArgument, "'rr_ms' must be a list of at most 64 numbers",
                    "sensor message");
    }
    for (const auto& value : *found) {
        const double ms = value.is_number() ? value.get<double>() : 0.0;
        if (!(ms >= 200 && ms <= 3000)) {
            return fail(ErrorCode::kBadArgument,
                        "'rr_ms' holds " + to_text(value) + "; allowed are 200 to 3000",
                        "sensor message");
        }
        out.rr_ms.push_back(static_cast<float>(ms));
    }
    return out;
}

}  // namespace

Result<SenseMessage> parse_sense_message(std::string_view message, bool binary) {
    if (binary) return binary_message(message);
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(message));
    ATTUNE_TRY(const std::string type,
               body.one_of("type", {"rr", "vitals", "open", "close", "no_face"}));
    if (type == "rr") return rr(body);
    if (type == "vitals") {
        VitalsMessage out;
        ATTUNE_TRY(out.t_ms, body.number("t_ms", 0, kMaxPageMs));
        ATTUNE_TRY(out.bpm, body.number("bpm", 20, 260));
        return out;
    }
    if (type == "no_face") {
        NoFaceMessage out;
        ATTUNE_TRY(out.t_ms, body.number("t_ms", 0, kMaxPageMs));
        ATTUNE_TRY(const std::int64_t faces, body.integer("n_faces", 0, 100));
        ATTUNE_TRY(out.light, body.number("light", 0, 255));
        out.n_faces = static_cast<int>(faces);
        return out;
    }
    SensorSwitch out;
    ATTUNE_TRY(out.sensor, body.one_of("sensor", {"camera", "microphone", "heart"}));
    out.on = type == "open";
    return out;
}

}  // namespace attune::serve
