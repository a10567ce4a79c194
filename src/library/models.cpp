// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/models.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/folders.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/model_card.hpp"
#include "learn/split.hpp"
#include "library/music_evaluation.hpp"
#include "library/music_training.hpp"

namespace attune::library {
namespace {

using learn::EvaluateRequest;
using learn::Evaluation;
using learn::TrainRequest;

const char* licence_of(const std::string& set) {
    return set == "musifeast17" ? "labels CC0 1.0, audio for research only"
                                : "audio and labels for research only";
}

learn::ModelCard card_of(const std::string& name, const MusicSets& sets,
                         const std::vector<std::string>& used) {
    learn::ModelCard card;
    card.model = name;
    card.version = "1";
    card.file = name + ".onnx";
    card.inputs = "482 descriptors of a 30 s window of music (signal/music_descriptors.hpp), mono "
                  "at 22,050 Hz, band-limited to 10 kHz, free of gain";
    card.licence = "research only: trained on audio that may be used for research only; the "
                   "weights hold statistics of it, no sound";
    for (const std::string& set : used) {
        learn::TrainedOn t{set, licence_of(set), {}};
        std::set<std::string> groups;
        for (const std::size_t i : sets.of(set)) groups.insert(sets.clips[i].artist);
        t.groups.assign(groups.begin(), groups.end());
        card.trained_on.push_back(std::move(t));
    }
    card.not_for = "Saying how a person feels or will feel, or what music does to anybody's "
                   "health; music of cultures that the raters did not know; speech and noise.";
    card.protocol = "10-fold by artist, one artist key over both sets; clips of a test artist are "
                    "taken out of the other set, too (attune evaluate --cross-validate)";
    card.limits = "Clips of 30 s, mostly Western and in mono at about 24 kb/s; expressed emotion "
                  "as about 33 online raters or AllMusic's editors heard it. "
                  "Genres differ in error: see subgroups of the result.";
    return card;
}

/// What was measured, and what it is measured against.
void quote_figures(const Evaluation& evaluation, learn::ModelCard& card) {
    for (const auto& m : evaluation.metrics)
        card.metrics.push_back({m, "eval/results/" + card.model + ".json"});
    for (const auto& c : evaluation.chance)
        card.baseline += (card.baseline.empty() ? "" : "; ") + c.name + " on " + c.set + " " +
                         std::to_string(c.value).substr(0, 5) + " (" + c.note + ")";
}

/// How far the network may be from the machines that it was written from.
constexpr double kParity = 1e-5;

/// The largest difference over all clips between what the machines say and what the file says.
Result<double> parity(const MusicModel& model, const std::string& bytes, const MusicSets& sets) {
    ATTUNE_TRY(const auto network, MusicModel::from_bytes(bytes));
    double worst = 0.0;
    for (const Clip& c : sets.clips) {
        const auto a = model.predict(c.descriptors), b = network.predict(c.descriptors);
        for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    }
    return worst;
}

Result<void> write_model(const MusicModel& model, const MusicSets& sets, learn::ModelCard card, Evaluation evaluation,
                         const std::filesystem::path& out) {
    ATTUNE_TRY(const auto bytes, model.to_bytes());
    ATTUNE_TRY(const double worst, parity(model, bytes, sets));
    if (!(worst <= kParity))
        return fail(ErrorCode::kInternal, "the network is " + std::to_string(worst) + " from the machines; " + std::to_string(kParity) + " is allowed");
    card.figures["onnx_parity"] = worst;
    evaluation.leaky = card.leaky;  // this model's, not those of the one that was installed
    evaluation.version = card.version;
    quote_figures(evaluation, card);
    ATTUNE_CHECK(core::make_folder(out));
    ATTUNE_CHECK(core::write_file_atomically(out / (card.model + ".evaluation.json"),
                                             learn::to_json(evaluation, 1) + "\n"));
    return learn::write_model(out, std::move(card), bytes);
}

/// How it must not be measured: the clips in folds that may have an artist on both sides. train(clips) gives a model,
/// judge(model, place, clip) looks at each clip that was left out; the protocol.
template <typename Train, typename Judge>
Result<std::string> over_leaky_folds(const MusicSets& sets, const Indices& clips, int k, Train&& train, Judge&& judge) {
    ATTUNE_TRY(const auto split, learn::Split::leaky_k_fold(clips.size(), k, kFoldSeed, "leaky"));
    for (const auto& fold : split.folds()) {
        Indices seen;
        for (const std::size_t i : fold.train()) seen.push_back(clips[i]);
        ATTUNE_TRY(const MusicModel model, train(seen));
        for (const std::size_t i : fold.test()) judge(model, i, sets.clips[clips[i]]);
    }
    return split.protocol();
}

std::size_t likeliest(const std::vector<double>& p) { return static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin()); }

Result<learn::LeakyFigure> leaky_r2(const MusicSets& sets) {
    const Indices clips = sets.of("musifeast17"), panda = sets.of("panda_4q");
    std::vector<double> truth, predicted;
    ATTUNE_TRY(const std::string protocol,
               over_leaky_folds(sets, clips, kFolds, [&](const Indices& seen) { return train_emotion(sets, seen, panda); },
                                [&](const MusicModel& model, std::size_t, const Clip& clip) {
                                    truth.push_back(*clip.valence);
                                    predicted.push_back(model.predict(clip.descriptors)[0]);
                                }));
    return learn::LeakyFigure{"r2_valence", "musifeast17", protocol, learn::r2(truth, predicted)};
}

Result<learn::LeakyFigure> leaky_f1(const MusicSets& sets) {
    const Indices clips = sets.of("panda_4q");
    std::vector<int> truth(clips.size()), predicted(clips.size());
    ATTUNE_TRY(const std::string protocol,
               over_leaky_folds(sets, clips, 5, [&](const Indices& seen) { return train_quadrant(sets, seen); },
                                [&](const MusicModel& model, std::size_t at, const Clip& clip) {
                                    truth[at] = *clip.quadrant;
                                    predicted[at] = static_cast<int>(likeliest(predict(model, clip)));
                                }));
    return learn::LeakyFigure{"macro_f1", "panda_4q", protocol, learn::macro_f1(learn::confusion(truth, predicted, 4))};
}

Result<learn::LeakyFigure> leaky_accuracy(const MusicSets& sets, const Indices& clips) {
    std::size_t right = 0;
    ATTUNE_TRY(const std::string protocol,
               over_leaky_folds(sets, clips, kFolds, [&](const Indices& seen) { return train_genre(sets, seen, 1); },
                                [&](const MusicModel& model, std::size_t, const Clip& clip) {
                                    right += model.labels[likeliest(model.predict(clip.descriptors))] == clip.genre ? 1 : 0;
                                }));
    return learn::LeakyFigure{"accuracy", "musifeast17", protocol, static_cast<double>(right) / static_cast<double>(clips.size())};
}

Result<MusicSets> training_sets(const TrainRequest& request) {
    ATTUNE_TRY(auto sets, load_music_sets(request.data, core::data_dir(), kBothSets,
                                          request.progress, request.cancel));
    if (!sets.warnings.empty())
        return fail(ErrorCode::kCorrupt,
                    "a clip of the training data cannot be used: " + sets.warnings.front());
    return sets;
}

EvaluateRequest validation_of(const TrainRequest& request) {
    EvaluateRequest v;
    v.data = request.data;
    v.data_dir = core::data_dir();
    v.cross_validate = true;
    v.cancel = request.cancel;
    v.progress = request.progress;
    return v;
}

Result<void> train_emotion_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto sets, training_sets(request));
    const Indices clips = sets.of("musifeast17"), panda = sets.of("panda_4q");
    if (clips.size() < 50)
        return fail(ErrorCode::kNotFound, "training music-emotion needs musifeast17",
                    request.data.string());
    ATTUNE_TRY(auto model, train_emotion(sets, clips, panda));
    ATTUNE_CHECK(calibrate_emotion(model, sets, clips, panda));
    ATTUNE_TRY(const auto evaluation, evaluate_emotion(validation_of(request)));
    auto card = card_of("music-emotion", sets, sets.found);
    card.purpose = "The valence and arousal that listeners say music expresses, with a standard "
                   "deviation, for choosing and describing a listener's own tracks.";
    card.version = "2";
    card.outputs = "valence, arousal in -1..1 (ratings 1..5, 3 = 0); constants sd_valence, "
                   "sd_arousal: SD of the error on unseen artists, of all music and of each genre of musifeast17";
    card.calibration = "SDs are of residuals of 10-fold predictions by artist; 90 % intervals are mean ± 1.645 SD. Where a "
                       "track's genre tag names a genre of musifeast17, the SD is that genre's (conformal by category, mixed "
                       "with ten clips of any genre; the method and the ten were chosen by folds of these same clips), "
                       "else that of all music. Coverage by genre, with and without a tag, is in the result; there the SDs are "
                       "of folds within each training side";
    card.subgroups = "by genre, in the result";
    for (const auto& [name, value] : model.constants) card.figures[name] = value;
    ATTUNE_TRY(const auto leaky, leaky_r2(sets));
    card.leaky.push_back(leaky);
    return write_model(model, sets, std::move(card), evaluation, request.out);
}

Result<void> train_quadrant_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto sets, training_sets(request));
    const Indices panda = sets.of("panda_4q");
    if (panda.size() < 100)
        return fail(ErrorCode::kNotFound, "training quadrant needs panda_4q",
                    request.data.string());
    ATTUNE_TRY(const auto model, train_quadrant(sets, panda));
    ATTUNE_TRY(const auto evaluation, evaluate_quadrant(validation_of(request)));
    auto card = card_of("quadrant", sets, {"panda_4q"});
    card.version = "2";
    card.purpose = "Probabilities of Russell's four quadrants of what music expresses. P(Q4) is "
                   "also the calming score: usually heard as calm, "
                   "as listeners' tags have it; it stands for no measured relief.";
    card.outputs = "P(Q1), P(Q2), P(Q3), P(Q4): V+A+, V-A+, V-A-, V+A-";
    card.calibration = "temperature from 5-fold scores by artist; ECE in the result. Kernel width and cost are chosen by the same "
                       "folds, within each training side of the 10";
    card.figures = {{"gamma", model.constant("gamma", 0.0)}, {"cost", model.constant("cost", 0.0)}};
    card.subgroups = "by class, in the result";
    ATTUNE_TRY(const auto leaky, leaky_f1(sets));
    card.leaky.push_back(leaky);
    return write_model(model, sets, std::move(card), evaluation, request.out);
}

/// The card that stands where a model would: what was tried, and why P(Q4) is the score.
learn::ModelCard card_without_a_model(const Evaluation& evaluation) {
    learn::ModelCard card = card_of("calming", {}, {});
    card.file.clear();
    card.purpose = "The calming score (usually heard as calm) is P(Q4) of the quadrant model. A model trained on the calm tags of panda_4q ships "
                   "only if it beats P(Q4) by paired bootstrap over artists and separates within quadrant 4 with an AUC of .65; it did not, so "
                   "no weights are here. The score stands for listeners' tags, not for measured relief.";
    card.outputs = "P(Q4), 0..1";
    card.calibration = "that of the quadrant model";
    card.subgroups = "within quadrant 4, in the result";
    quote_figures(evaluation, card);
    return card;
}

Result<void> train_calming_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto evaluation, evaluate_calming(validation_of(request)));
    ATTUNE_CHECK(core::make_folder(request.out));
    // The rule of the house: a model ships only if it beats P(Q4) and separates within Q4.
    const learn::Metric *gain = nullptr, *within = nullptr;
    for (const auto& m : evaluation.metrics) {
        if (m.name == "auc_over_p_q4") gain = &m;
        if (m.name == "auc_within_q4") within = &m;  // the last one is the candidate's
    }
    ATTUNE_CHECK(core::write_file_atomically(request.out / "calming.evaluation.json",
                                             learn::to_json(evaluation, 1) + "\n"));
    if (gain == nullptr || !gain->ci95 || !(gain->ci95->low > 0.0) || within == nullptr ||
        within->value < 0.65) {
        ATTUNE_CHECK(learn::write_card(request.out / "calming.card.json", card_without_a_model(evaluation)));
        return fail(
            ErrorCode::kRefused,
            "no calming model is written: on unseen artists it does not beat P(Q4) of the quadrant "
            "model (difference of AUC " +
                std::to_string(gain != nullptr ? gain->value : std::nan("")) +
                "), so P(Q4) stays the calming score; the figures are in calming.evaluation.json and the card");
    }
    ATTUNE_TRY(const auto sets, training_sets(request));
    ATTUNE_TRY(const auto model, train_calming(sets, sets.of("panda_4q"), sets.of("musifeast17")));
    auto card = card_of("calming", sets, sets.found);
    card.purpose = "How likely listeners are to tag music as calm. It stands for tags, not for "
                   "measured relief.";
    card.outputs = "P(calm)";
    card.calibration = "Platt's sigmoid on 5-fold scores by artist";
    card.subgroups = "within quadrant 4, in the result";
    return write_model(model, sets, std::move(card), evaluation, request.out);
}

Result<void> train_genre_model(const TrainRequest& request) {
    ATTUNE_TRY(const auto sets, load_music_sets(request.data, core::data_dir(), {"musifeast17"},
                                                request.progress, request.cancel));
    const Indices clips = genre_clips(sets);
    if (clips.size() < 50)
        return fail(ErrorCode::kNotFound, "training genre needs musifeast17",
                    request.data.string());
    ATTUNE_TRY(const auto model, train_genre(sets, clips, request.seed));
    ATTUNE_TRY(const auto evaluation, evaluate_genre(validation_of(request)));
    auto card = card_of("genre", sets, sets.found);
    card.purpose =
        "A first guess at the genre of a track without a genre tag; a tag or an edit outranks it.";
    card.outputs = "one probability for each of the genres of MUSIFEAST-17 that name a style";
    card.calibration = "shares of trees; ECE in the result";
    card.subgroups = "by class, in the result";
    ATTUNE_TRY(const auto leaky, leaky_accuracy(sets, clips));
    card.leaky.push_back(leaky);
    return write_model(model, sets, std::move(card), evaluation, request.out);
}

}  // namespace

void register_models(learn::ModelRegistry& registry) {
    registry.add({"music-emotion", "valence and arousal that music expresses, with SD", kBothSets,
                  evaluate_emotion, train_emotion_model});
    registry.add({"quadrant",
                  "probabilities of the four quadrants of expressed emotion",
                  {"panda_4q"},
                  evaluate_quadrant,
                  train_quadrant_model});
    registry.add({"calming",
                  "usually heard as calm: P(Q4) of quadrant unless a model beats it",
                  {"panda_4q"},
                  evaluate_calming,
                  train_calming_model});
    registry.add(
        {"genre", "genre by random forest", {"musifeast17"}, evaluate_genre, train_genre_model});
}

}  // namespace attune::library
