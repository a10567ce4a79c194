// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/models.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "compose/composer.hpp"
#include "compose/hmm.hpp"
#include "compose/judge.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/metrics.hpp"
#include "learn/model_card.hpp"

namespace attune::compose {
namespace {

/// Seeds of the frozen composer's test: nothing was tuned on them.
constexpr std::uint64_t kUnusedSeeds[] = {770001, 770002};

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
    std::size_t notes = 0, tunes = 0;
};

/// Five folds by the hash of the tune's name.
Result<HeldOut> cross_validate(const std::vector<LeadTune>& tunes) {
    HeldOut out;
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
            out.hmm += n * model.nll(t);
            out.bigram += n * model.bigram_nll(t);
            out.notes += t.melody.size() - 1;
            ++out.tunes;
        }
    }
    out.hmm /= static_cast<double>(out.notes);
    out.bigram /= static_cast<double>(out.notes);
    return out;
}

Result<learn::Evaluation> evaluate_hmm(const learn::EvaluateRequest& request) {
    ATTUNE_TRY(const auto tunes, nottingham(request.data));
    ATTUNE_TRY(const auto held, cross_validate(tunes));
    learn::Evaluation e;
    e.model = "hmm";
    e.version = "1";
    e.data = {"nottingham"};
    const std::filesystem::path folder = learn::find_set(request.data, "nottingham").value_or(request.data);
    ATTUNE_TRY(const auto files, learn::files_under(folder));
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(folder, files));
    e.protocol = "five folds by tune; negative log-likelihood of the melody's pitch classes in nats a note, chords not seen; retrained in each fold";
    e.n = held.notes;
    e.groups = held.tunes;
    e.metrics.push_back({"nll_per_note", "nottingham", held.hmm, {}, held.notes, "autoregressive HMM, 24 chords"});
    e.chance.push_back({"nll_per_note", "nottingham", held.bigram, {}, held.notes, "bigram of pitch classes"});
    return e;
}

Result<void> train_hmm(const learn::TrainRequest& request) {
    ATTUNE_TRY(const auto tunes, nottingham(request.data));
    ATTUNE_TRY(const auto model, Hmm::train(tunes));
    ATTUNE_TRY(const auto held, cross_validate(tunes));
    const auto text = model.to_json();
    std::error_code error;
    std::filesystem::create_directories(request.out, error);
    if (error) return fail(ErrorCode::kIo, "cannot make the folder: " + error.message(), request.out.string());
    ATTUNE_CHECK(core::write_file_atomically(request.out / "compose_hmm.json", text));
    learn::ModelCard card;
    card.model = "compose_hmm";
    card.version = "1";
    card.file = "compose_hmm.json";
    card.sha256 = core::sha256_hex(text);
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
    return learn::write_card(request.out / "compose_hmm.card.json", card);
}

// --- the composer against the symbolic judge ---------------------------------------------------------

struct Verdict {
    std::vector<double> asked_v, asked_a, got_v, got_a;
};

Result<Verdict> judge_grid(const Judge& judge, EngineKind engine, const learn::EvaluateRequest& request) {
    Verdict verdict;
    for (const auto seed : kUnusedSeeds)
        for (int i = 0; i < 100; ++i) {
            if (request.cancelled()) return fail(ErrorCode::kCancelled, "evaluation was cancelled");
            Brief brief;
            brief.target = {-.9 + .2 * (i % 10), -.9 + .2 * (i / 10)};
            brief.seconds = 40;
            brief.seed = seed * 1000 + static_cast<std::uint64_t>(i);
            brief.engine = engine;
            ATTUNE_TRY(const auto score, compose_score(brief));
            const auto features = judge_features(heard_notes(score));
            if (!features) continue;
            const auto got = judge.rate(*features);
            verdict.asked_v.push_back(brief.target.valence);
            verdict.asked_a.push_back(brief.target.arousal);
            verdict.got_v.push_back(got.valence);
            verdict.got_a.push_back(got.arousal);
        }
    return verdict;
}

/// The judge's own score: ten folds by song and game.
Result<void> add_judge_score(const std::vector<JudgedPiece>& pieces, learn::Evaluation& e) {
    std::map<std::string, std::size_t> groups;
    for (const auto& p : pieces) groups.emplace(p.set + "/" + p.group, groups.size());
    std::map<std::string, std::array<std::vector<double>, 4>> by_set;  // true v, a; judged v, a
    for (std::size_t fold = 0; fold < 10; ++fold) {
        std::vector<JudgedPiece> train;
        for (const auto& p : pieces)
            if (groups[p.set + "/" + p.group] % 10 != fold) train.push_back(p);
        ATTUNE_TRY(const auto judge, Judge::train(train));
        for (const auto& p : pieces) {
            if (groups[p.set + "/" + p.group] % 10 != fold) continue;
            const auto got = judge.rate(p.features);
            auto& row = by_set[p.set];
            row[0].push_back(p.valence), row[1].push_back(p.arousal), row[2].push_back(got.valence), row[3].push_back(got.arousal);
        }
    }
    for (const auto& [set, row] : by_set) {
        e.subgroups.push_back({"judge=" + set,
                               {{"spearman_arousal", set, learn::spearman(row[1], row[3]), {}, row[0].size(), "the judge's own, ten folds by song or game"},
                                {"spearman_valence", set, learn::spearman(row[0], row[2]), {}, row[0].size(), "the judge's own, ten folds by song or game"}}});
    }
    e.groups = groups.size();
    return {};
}

Result<learn::Evaluation> evaluate_composer(const learn::EvaluateRequest& request) {
    ATTUNE_TRY(const auto pieces, read_judge_corpus(request.data));
    ATTUNE_TRY(const auto judge, Judge::train(pieces));
    learn::Evaluation e;
    e.model = "composer";
    e.version = "1";
    e.data = {"emopia", "vgmidi"};
    e.protocol = "100 points of the plane x 2 seeds not used in tuning, 40 s each, rated by a ridge judge trained on EMOPIA and VGMIDI (symbolic, drums left out)";
    for (const EngineKind engine : {EngineKind::kRule, EngineKind::kHmm}) {
        const auto verdict = judge_grid(judge, engine, request);
        if (!verdict) {
            e.warnings.push_back(std::string(to_string(engine)) + ": " + verdict.error().message);
            continue;
        }
        const std::string set = std::string("grid_") + to_string(engine);
        e.metrics.push_back({"spearman_arousal", set, learn::spearman(verdict->asked_a, verdict->got_a), {}, verdict->got_a.size(), ""});
        e.metrics.push_back({"spearman_valence", set, learn::spearman(verdict->asked_v, verdict->got_v), {}, verdict->got_v.size(), ""});
        e.n += verdict->got_a.size();
    }
    ATTUNE_CHECK(add_judge_score(pieces, e));
    return e;
}

}  // namespace

void register_models(learn::ModelRegistry& registry) {
    registry.add({"hmm", "composer: hidden Markov model of harmony and melody", {"nottingham"}, evaluate_hmm, train_hmm});
    registry.add({"composer", "the composer on a grid of the plane, rated by a symbolic judge", {"emopia", "vgmidi"}, evaluate_composer, {}});
}

}  // namespace attune::compose
