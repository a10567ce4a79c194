// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Face: crops in, what expression is seen and the valence index P(happy) out; or why nothing can be said.
///
/// In       flow::Crop (an empty jpeg = no usable face in that picture)
/// Out      one Evidence a poll if crops came since the one before, as of the last crop's time: fusion weighs by the
///          time between them, so that more crops inform no more; seven probabilities on the tile;
///          valence.x = (P(happy) - mean) / sd of the card's listening prior. Never arousal; angry, sad, fearful
///          and disgusted reach no index
/// Abstains if most crops of the last second are unusable: kNoFace, kSeveralFaces, kTooDark (mean luma < 25),
///          kTooSmall (face < 40 px), kPoorSignal (blurred, blown out, rolled over 35 degrees); kWarmingUp until the
///          first sign of life and kFlatPicture without one for 35 s (FaceLiveness)
/// Own face what stays high while the face rests (first 30 s without a smile) is taken off angry, disgusted,
///          fearful and sad
/// Smooth   probabilities over 2 s; the label on the tile changes after >= 5 s of majority with a margin of .1
/// Threads  as Recogniser
/// Errors   create(): kUnavailable without the model; as FaceClassifier
#include <memory>

#include "affect/face_liveness.hpp"
#include "affect/recogniser.hpp"
#include "core/result.hpp"
#include "learn/model_card.hpp"

namespace attune::affect {

[[nodiscard]] Result<std::unique_ptr<Recogniser>> make_face_recogniser(const std::string& source,
                                                                       const std::filesystem::path& data_dir);
/// The same with a model that was found before; `eyes`: whether landmarks put the eyes of a crop in their place.
[[nodiscard]] Result<std::unique_ptr<Recogniser>> make_face_recogniser(const std::string& source, const learn::InstalledModel& model,
                                                                       FaceLiveness::Eyes eyes = FaceLiveness::Eyes::kPlaced);

}  // namespace attune::affect
