// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/lstm_split.hpp"

#include <map>
#include <set>

#include "compose/note_net.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/model_card.hpp"
#include "learn/split.hpp"

namespace attune::compose {
namespace {

constexpr std::uint64_t kSeed = 8;
constexpr double kTest = .10, kWatch = .06;

std::vector<std::string> groups_of(const std::vector<GridPiece>& pieces) {
    std::vector<std::string> groups;
    for (const auto& p : pieces) groups.push_back(std::string(to_string(p.corpus)) + "/" + p.group);
    return groups;
}

const char* licence_of(Corpus corpus) {
    switch (corpus) {
    case Corpus::kPop909: return "MIT";
    case Corpus::kNottingham: return "GPL-3.0";
    case Corpus::kChorales: return "public domain";
    case Corpus::kGroove: return "CC BY 4.0";
    case Corpus::kEmopia: return "CC BY-NC-SA 4.0";
    case Corpus::kVgmidi: return "none stated; research only";
    }
    return "";
}

}  // namespace

Result<LstmSplit> split_for_lstm(const std::filesystem::path& data, bool research) {
    LstmSplit out;
    const std::vector<Corpus> sets = research ? std::vector{Corpus::kEmopia, Corpus::kVgmidi}
                                              : std::vector{Corpus::kPop909, Corpus::kNottingham, Corpus::kChorales, Corpus::kGroove};
    for (const Corpus corpus : sets) {
        ATTUNE_TRY(auto pieces, read_corpus(data, corpus));
        const auto groups = groups_of(pieces);
        ATTUNE_TRY(const auto outer, learn::Split::grouped_holdout(groups, kTest, kSeed));
        std::vector<GridPiece> rest;
        for (const auto i : outer.folds().front().test()) out.test.push_back(pieces[i]);
        for (const auto i : outer.folds().front().train()) rest.push_back(std::move(pieces[i]));
        const auto rest_groups = groups_of(rest);
        ATTUNE_TRY(const auto inner, learn::Split::grouped_holdout(rest_groups, kWatch, kSeed));
        for (const auto i : inner.folds().front().test()) out.watch.push_back(rest[i]);
        for (const auto i : inner.folds().front().train()) out.train.push_back(std::move(rest[i]));
    }
    return out;
}

std::string lstm_name(bool research) { return research ? "compose_lstm_research" : "compose_lstm"; }

Result<void> write_lstm_card(const std::filesystem::path& out, const LstmSplit& split, bool research) {
    const std::string name = lstm_name(research);
    ATTUNE_TRY(const auto bytes, core::read_file(out / (name + ".onnx")));
    learn::ModelCard card;
    card.model = name;
    card.version = "1";
    card.file = name + ".onnx";
    card.sha256 = core::sha256_hex(bytes);
    card.purpose = "Melody, chords, accompaniment rhythm and drum pattern of the composer's engine lstm, conditioned on quadrant";
    card.not_for = "Recognising emotion; continuing a given piece; styles far from pop songs, folk tunes and chorales";
    card.inputs = "one sixteenth: 'moment' [1x" + std::to_string(kNoteInputs) + "] of 0 and 1 (compose/note_net.hpp), state h, c [1x" + std::to_string(kNoteHidden) + "]";
    card.outputs = "logits [1x" + std::to_string(kNoteLogits) + "]: 37 pitches (0 = none begins), 24 chords of the next beat, 4 accompaniment, 8 drums; h_next, c_next";
    card.licence = research ? "research only (trained on EMOPIA, CC BY-NC-SA 4.0, and VGMIDI, no licence stated; starts from the free weights)"
                            : "GPL-3.0-or-later (trained on POP909, MIT; Nottingham, GPL-3.0; Bach's chorales, public domain; Groove, CC BY 4.0)";
    std::map<Corpus, std::set<std::string>> groups;
    for (const auto* part : {&split.train, &split.watch})
        for (const auto& p : *part) groups[p.corpus].insert(p.group);
    for (const auto& [corpus, names] : groups) card.trained_on.push_back({to_string(corpus), licence_of(corpus), {names.begin(), names.end()}});
    card.protocol = "split by song (POP909, Nottingham, chorales), drummer's session (Groove), series of games (VGMIDI), video (EMOPIA): "
                    "84 % learnt, 6 % watched for early stopping, 10 % left out; windows of 128 sixteenths from a fresh state";
    card.baseline = "bigram of pitches and of lengths learnt from the same pieces";
    card.calibration = "likelihoods are held out; nothing else is claimed";
    card.subgroups = "by corpus";
    card.limits = std::string("No published likelihood on these tokens is known to us. ") +
                  (research ? "EMOPIA's beats are estimated from onsets; its melody is the upper line"
                            : "The quadrant is derived, not rated: major or minor, notes a second above or below the set's median");
    return learn::write_card(out / (name + ".card.json"), card);
}

}  // namespace attune::compose
