// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Trains the expression network on FER2013's Training split alone.
///
/// A twin-aware slice of Training (`held_out_share`, whole groups of identical pictures) is held out
/// for the temperature and for watching; PublicTest is scored once at the end and chooses nothing.
/// SGD with Nesterov momentum, one-cycle rate, EMA of the weights, faces growing from 32 to 48 pixels
/// (Smith 2018, arXiv:1803.09820). Stops early where the held-out loss falls no more. A checkpoint each epoch; the same command goes on where it ended.
///
/// Out      OUT/face.onnx, OUT/face.json (temperature, metrics, protocol), OUT/face.checkpoint
/// Errors   as read_fer2013; kIo where OUT cannot be written
#include <filesystem>

#include "core/result.hpp"
#include "face_augment.hpp"

namespace attune::train {

struct FaceTrainConfig {
    std::filesystem::path data;
    std::filesystem::path out;
    int epochs = 36;
    int patience = 12;             ///< stops after so many epochs in which the held-out loss did not fall
    int batch = 64;
    double rate = 0.06;
    double weight_decay = 5e-4;
    double ema = 0.998;
    double votes_weight = 0.4;     ///< of the second head's loss
    double votes_blend = 0.15;     ///< share of the FER+ distribution in the label's target
    double smoothing = 0.05;
    double held_out_share = 0.06;
    double max_minutes = 0.0;      ///< 0 = no limit; else the schedule is shortened to end in time
    double polish_minutes = 0.0;   ///< > 0: go on from the checkpoint for so long at a small, falling rate
    double polish_rate = 0.015;
    std::filesystem::path average; ///< another checkpoint of the same network; the weights' mean is exported
    double refit_penalty = 0.005;  ///< of the label's layer fitted again at the end (chosen on the held-out slice); < 0: not
    FaceAugment augment;
    std::uint64_t seed = 1;
    int stop_after_steps = 0;      ///< >0: measure speed and leave
};

[[nodiscard]] Result<void> train_face(const FaceTrainConfig& config);

}  // namespace attune::train
