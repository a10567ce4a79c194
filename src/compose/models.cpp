// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/models.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "compose/copy_guard.hpp"
#include "compose/craft_evaluate.hpp"
#include "compose/grid_piece.hpp"
#include "compose/hmm.hpp"
#include "compose/judge_evaluate.hpp"
#include "compose/lstm_evaluate.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/metrics.hpp"
#include "learn/model_card.hpp"

namespace attune::compose {
namespace {

Result<std::vector<LeadTune>> nottingham(const std::filesystem::path& data) {
    auto folder = data / "nottingham" / "MIDI";
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) folder = data / "MIDI";
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".mid") files.push_back(entry.path());
    if (files.empty()) return fail(ErrorCode::kNotFound, "no nottingham/MIDI/*.mid", data.string());
    std::sort(files.begin(), files.end());
    std::vector<LeadTune> tunes;
    for (const auto& file : files)
        if (auto tune = read_lead_tune(file)) tunes.push_back(*std::move(tune));
    return tunes;
}

struct HeldOut {
    double hmm = 0, bigram = 0;
    learn::Interval hmm_ci, bigram_ci;  ///< by bootstrap over tunes
    std::size_t notes = 0, tunes = 0;
};

/// Five folds by the hash of the tune's name.
Result<HeldOut> cross_validate(const std::vector<LeadTune>& tunes) {
    HeldOut out;
    std::vector<std::string> names;
    std::vector<double> hmm, bigram, notes;  // sums of each tune
    const auto fold_of = [](const LeadTune& t) {
        unsigned h = 2166136261U;
        for (char c : t.name) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
        return h % 5;
    };
    for (unsigned fold = 0; fold < 5; ++fold) {
        std::vector<LeadTune> train;
        for (const auto& t : tunes)
            if (fold_of(t) != fold) train.push_back(t);
        ATTUNE_TRY(const auto model, Hmm::train(train));
        for (const auto& t : tunes) {
            if (fold_of(t) != fold) continue;
            const auto n = static_cast<double>(t.melody.size() - 1);
            names.push_back(t.name);
            hmm.push_back(n * model.nll(t));
            bigram.push_back(n * model.bigram_nll(t));
            notes.push_back(n);
            out.notes += t.melody.size() - 1;
        }
    }
    out.tunes = names.size();
    const auto per_note = [&notes](const std::vector<double>& sums) {
        return [&notes, &sums](std::span<const std::size_t> chosen) {
            double nats = 0, n = 0;
            for (const auto i : chosen) nats += sums[i], n += notes[i];
            return nats / n;
        };
    };
    std::vector<std::size_t> all(names.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    out.hmm = per_note(hmm)(all);
    out.bigram = per_note(bigram)(all);
    out.hmm_ci = learn::group_bootstrap(names, per_note(hmm));
    out.bigram_ci = learn::group_bootstrap(names, per_note(bigram));
    return out;
}

Result<learn::Evaluation> evaluate_hmm(const learn::EvaluateRequest& request) {
    ATTUNE_TRY(const auto tunes, nottingham(request.data));
    ATTUNE_TRY(const auto held, cross_validate(tunes));
    learn::Evaluation e;
    e.model = "compose_hmm";
    e.version = "1";
    e.data = {"nottingham"};
    const std::filesystem::path folder = learn::find_set(request.data, "nottingham").value_or(request.data);
    ATTUNE_TRY(const auto files, learn::files_under(folder));
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(folder, files));
    e.protocol = "five folds by tune; negative log-likelihood of the melody's pitch classes in nats a note, chords not seen; retrained in each fold";
    e.n = held.notes;
    e.groups = held.tunes;
    e.metrics.push_back({"nll_per_note", "nottingham", held.hmm, held.hmm_ci, held.notes, "autoregressive HMM, 24 chords"});
    e.chance.push_back({"nll_per_note", "nottingham", held.bigram, held.bigram_ci, held.notes, "bigram of pitch classes"});
    return e;
}

Result<void> train_hmm(const learn::TrainRequest& request) {
    ATTUNE_TRY(const auto tunes, nottingham(request.data));
    ATTUNE_TRY(const auto model, Hmm::train(tunes));
    ATTUNE_TRY(const auto held, cross_validate(tunes));
    learn::ModelCard card;
    card.model = "compose_hmm";
    card.version = "1";
    card.file = "compose_hmm.json";
    card.purpose = "Chords, melody and rhythm of the composer's engine hmm";
    card.not_for = "Recognising chords or keys of recordings; styles far from British and American dance tunes";
    card.inputs = "pitch classes relative to the tonic; chord states 0..23 (major, minor triads on 12 roots)";
    card.outputs = "probabilities of the next chord, pitch class and beat pattern";
    card.licence = "GPL-3.0-or-later (trained on the Nottingham Music Database, cleaned set, GPL-3.0; the tunes are traditional)";
    card.trained_on = {{"nottingham", "GPL-3.0", {}}};
    card.protocol = "counts over " + std::to_string(tunes.size()) + " tunes; held out: five folds by tune, nats a note, chords not seen";
    card.baseline = "bigram of pitch classes, " + core::format_double(held.bigram) + " nats a note";
    card.calibration = "likelihoods are held out; nothing else is claimed";
    card.subgroups = "none: tunes have no people";
    card.limits = "Key found by profile correlation; minor tunes are few; no published likelihood on these tokens is known to us";
    card.figures = {{"nll_per_note", held.hmm}, {"bigram_nll_per_note", held.bigram}};
    return learn::write_model(request.out, std::move(card), model.to_json());
}

// --- runs of the corpora --------------------------------------------------------------------------------

Result<void> train_runs(const learn::TrainRequest& request) {
    std::vector<Run> runs;
    std::size_t songs = 0;
    learn::ModelCard card;
    for (const auto corpus : {Corpus::kPop909, Corpus::kNottingham, Corpus::kChorales}) {
        ATTUNE_TRY(const auto pieces, read_corpus(request.data, corpus));
        for (const auto& piece : pieces)
            for (const auto& run : runs_of(piece.notes)) runs.push_back(run);
        songs += pieces.size();
        card.trained_on.push_back({to_string(corpus), corpus == Corpus::kPop909 ? "MIT" : corpus == Corpus::kNottingham ? "GPL-3.0" : "public domain", {}});
    }
    std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.hash < b.hash; });
    runs.erase(std::unique(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.hash == b.hash; }), runs.end());
    CopyGuard guard(runs.size());
    for (const auto& run : runs) guard.add(run);
    card.model = "compose_runs";
    card.version = "1";
    card.file = "compose_runs.filter";
    card.purpose = "Keeps every engine of the composer from saying eight notes in a row that a corpus melody says";
    card.not_for = "Finding out what a melody is: it holds hashes, no music, and cannot name a song";
    card.inputs = "hash of 7 intervals and 7 lengths (compose/craft.hpp)";
    card.outputs = "known or not; what was put in is always known, about 1 in 300 others is taken for known";
    card.licence = "GPL-3.0-or-later (from POP909, MIT; Nottingham, GPL-3.0; Bach's chorales, public domain)";
    card.protocol = std::to_string(runs.size()) + " different runs of " + std::to_string(songs) + " songs; nothing is learnt";
    card.baseline = "none";
    card.calibration = "none";
    card.subgroups = "none";
    card.limits = "Runs of one length that only step one way or repeat a note are let through; controls that move a phrase while it plays are not looked at again";
    return learn::write_model(request.out, std::move(card), guard.to_bytes());
}

}  // namespace

void register_models(learn::ModelRegistry& registry, const Outside& outside) {
    registry.add({"compose_hmm", "composer: hidden Markov model of harmony and melody", {"nottingham"}, evaluate_hmm, train_hmm});
    const auto trainer = [&outside](const char* name) {
        return [run = outside.train, name](const learn::TrainRequest& request) -> Result<void> { return run(name, request); };
    };
    registry.add({"compose_lstm", "composer: LSTM of melody, chords, accompaniment and drums", {"pop909", "nottingham", "jsb_chorales", "groove_midi"},
                  [](const learn::EvaluateRequest& r) { return evaluate_lstm(r, false); }, trainer("lstm")});
    registry.add({"compose_lstm_research", "the same, learnt on from pieces whose quadrant people named", {"emopia", "vgmidi"},
                  [](const learn::EvaluateRequest& r) { return evaluate_lstm(r, true); }, trainer("lstm-research")});
    registry.add({"compose_runs", "composer: runs of eight notes that the corpora hold, so that nothing is copied", {"pop909", "nottingham", "jsb_chorales"}, {}, train_runs});
    registry.add({"compose_craft", "the composer's melodies against three corpora, and what they repeat of them", {"pop909", "nottingham", "jsb_chorales"}, evaluate_craft, {}});
    static constexpr std::array<std::pair<const char*, EngineKind>, 3> kEngines = {
        {{"composer", EngineKind::kRule}, {"composer-hmm", EngineKind::kHmm}, {"composer-lstm", EngineKind::kLstm}}};
    for (const auto& [name, engine] : kEngines)
        registry.add({name, std::string("engine ") + to_string(engine) + " on a grid of the plane, rated by a symbolic and an audio judge", {"emopia", "vgmidi"},
                      [kind = engine, judge = outside.audio_judge](const learn::EvaluateRequest& r) { return evaluate_composer(r, kind, judge); }, {}});
}

}  // namespace attune::compose
