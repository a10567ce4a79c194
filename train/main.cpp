// SPDX-License-Identifier: GPL-3.0-or-later
// attune-train: what `attune train` starts for the models that need libtorch.
#include <cstdio>
#include <CLI/CLI.hpp>

#include "compose_train.hpp"
#include "face_train.hpp"
#include "mel_train.hpp"
#include "voice_train.hpp"

namespace {

int finish(const attune::Result<void>& result) {
    if (result) return 0;
    std::fprintf(stderr, "attune-train: %s\n", result.error().describe().c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Attune's trainers");
    app.require_subcommand(1);
    attune::train::FaceTrainConfig face;
    auto* face_command = app.add_subcommand("face", "seven expressions from FER2013");
    face_command->add_option("--data", face.data, "folder with labels.csv and strips/")->required();
    face_command->add_option("--out", face.out, "where model and checkpoint go")->required();
    face_command->add_option("--epochs", face.epochs);
    face_command->add_option("--patience", face.patience, "epochs in which the held-out loss does not fall after which it stops");
    face_command->add_option("--batch", face.batch);
    face_command->add_option("--rate", face.rate);
    face_command->add_option("--max-minutes", face.max_minutes);
    face_command->add_option("--seed", face.seed);
    face_command->add_option("--polish-minutes", face.polish_minutes, "go on from the checkpoint at a small rate");
    face_command->add_option("--polish-rate", face.polish_rate, "where that rate starts");
    face_command->add_option("--average", face.average, "a second checkpoint: the mean of both networks is exported");
    face_command->add_option("--refit-penalty", face.refit_penalty, "of the last layer fitted again at the end; below 0: leave it");
    face_command->add_option("--votes-blend", face.votes_blend, "share of the FER+ opinions in the target");
    double augment = 1.0;
    face_command->add_option("--augment", augment, "all changes of the pictures times this (0 = none, 1 = as in full training)");
    face_command->add_option("--measure-steps", face.stop_after_steps, "measure the speed, then leave");
    attune::train::VoiceTrainConfig voice;
    auto* voice_command = app.add_subcommand("voice", "eight emotions of acted speech from RAVDESS");
    voice_command->add_option("--data", voice.data, "folder with labels.csv and ogg/")->required();
    voice_command->add_option("--out", voice.out, "where model and checkpoints go")->required();
    voice_command->add_option("--epochs", voice.epochs);
    voice_command->add_option("--folds", voice.folds);
    voice_command->add_option("--only-fold", voice.only_fold, "train this fold alone");
    voice_command->add_option("--rate", voice.rate);
    voice_command->add_option("--seed", voice.seed);
    attune::train::ComposeTrainConfig compose;
    auto* lstm_command = app.add_subcommand("lstm", "the composer's LSTM from POP909, Nottingham, chorales and Groove");
    auto* research_command = app.add_subcommand("lstm-research", "the same from EMOPIA and VGMIDI, whose quadrants people named");
    for (auto* compose_command : {lstm_command, research_command}) {
        compose_command->add_option("--data", compose.data, "folder that holds the sets")->required();
        compose_command->add_option("--out", compose.out, "where model, card and checkpoints go")->required();
        compose_command->add_option("--from", compose.from, "a checkpoint to start from");
        compose_command->add_option("--epochs", compose.epochs);
        compose_command->add_option("--patience", compose.patience, "epochs without gain after which it stops");
        compose_command->add_option("--batch", compose.batch);
        compose_command->add_option("--rate", compose.rate);
        compose_command->add_option("--max-minutes", compose.max_minutes);
        compose_command->add_option("--seed", compose.seed);
    }
    attune::train::MelTrainConfig mel;
    auto* mel_command = app.add_subcommand("mel-cnn", "quadrant, valence and arousal of music from its log-mel spectrum");
    mel_command->add_option("--data", mel.data, "folder that holds panda_4q and musifeast17")->required();
    mel_command->add_option("--out", mel.out, "where model, figures and checkpoints go")->required();
    mel_command->add_option("--data-dir", mel.data_dir, "keeps the cache of descriptors");
    mel_command->add_option("--folds", mel.folds);
    mel_command->add_option("--epochs", mel.epochs);
    mel_command->add_option("--rate", mel.rate);
    mel_command->add_option("--seed", mel.seed);
    CLI11_PARSE(app, argc, argv);
    compose.research = research_command->parsed();
    if (lstm_command->parsed() || compose.research) return finish(attune::train::train_compose(compose));
    if (mel_command->parsed()) return finish(attune::train::train_mel(mel));
    if (voice_command->parsed()) return finish(attune::train::train_voice(voice));
    face.augment = face.augment.times(augment);
    return finish(attune::train::train_face(face));
}
