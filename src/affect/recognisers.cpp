// SPDX-License-Identifier: GPL-3.0-or-later
// One case a kind. A recogniser that cannot be made says why: nothing is ever put in its place.
#include "affect/recognisers.hpp"

#include "affect/body_recogniser.hpp"
#include "affect/face_recogniser.hpp"
#include "affect/voice_recogniser.hpp"
#include "core/log.hpp"

namespace attune::affect {

Result<std::unique_ptr<Recogniser>> make_recogniser(flow::SourceKind kind, const std::string& source,
                                                    const std::filesystem::path& data_dir) {
    switch (kind) {
        case flow::SourceKind::kFace: return make_face_recogniser(source, data_dir);
        case flow::SourceKind::kVoice: return make_voice_recogniser(source, data_dir);
        case flow::SourceKind::kBody:
        case flow::SourceKind::kHeart: {
            // Without the stress model the activation index stands alone: it is arithmetic on the person's own baseline.
            auto model = load_body_model(data_dir);
            if (!model) core::log(core::LogLevel::kWarning, "affect", "activation without the stress model, and a plain motion gate: " + model.error().describe());
            return std::make_unique<BodyRecogniser>(source, model ? *model : nullptr);
        }
        case flow::SourceKind::kEeg: break;
    }
    return fail(ErrorCode::kUnavailable, std::string("this build has no recogniser for ") + flow::to_string(kind), source);
}

Result<std::unique_ptr<Recogniser>> remake_body_recogniser(const std::string& source, const ModelUsed& model,
                                                           const std::filesystem::path& data_dir) {
    if (model.id.empty()) return std::make_unique<BodyRecogniser>(source, nullptr);
    const std::string wanted = model.id + " (sha256 " + model.sha256.substr(0, 12) + ")";
    const auto installed = load_body_model(data_dir);
    if (!installed) return fail(ErrorCode::kUnavailable, "the model " + wanted + " is not installed: " + installed.error().message, source);
    const ModelUsed now{(*installed)->id, (*installed)->sha256};
    if (now != model)
        return fail(ErrorCode::kUnavailable, "the model was " + wanted + "; installed is " + now.id + " (sha256 " + now.sha256.substr(0, 12) + ")", source);
    return std::make_unique<BodyRecogniser>(source, *installed);
}

}  // namespace attune::affect
