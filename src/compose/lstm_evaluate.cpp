// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/lstm_evaluate.hpp"

#include <array>
#include <cmath>
#include <map>

#include "compose/lstm_split.hpp"
#include "compose/note_net.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/model_card.hpp"

namespace attune::compose {
namespace {

constexpr int kLongest = 32;  ///< sixteenths; notes after a longer pause are not counted
constexpr int kChordAt = kMelodyClasses, kCompAt = kChordAt + kChordClasses, kDrumsAt = kCompAt + kCompClasses;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Bigrams of everything that the network says.
class Bigram {
public:
    void learn(const NoteLesson& lesson) {
        walk(lesson, [&](Table& table, int from, int to, int) { ++table.count[{from, to}], ++table.total[from]; });
    }
    /// Calls back (kind, nats): kind 0 pitch, 1 length, 2 chord, 3 accompaniment, 4 drums.
    template <typename F>
    void rate(const NoteLesson& lesson, F&& each) {
        walk(lesson, [&](Table& table, int from, int to, int classes) {
            const auto c = table.count.find({from, to});
            const auto t = table.total.find(from);
            const double p = ((c == table.count.end() ? 0.0 : c->second) + .5) / ((t == table.total.end() ? 0.0 : t->second) + .5 * classes);
            each(static_cast<int>(&table - tables_.data()) % 5, -std::log(p));
        });
    }

private:
    struct Table {
        std::map<std::pair<int, int>, double> count;
        std::map<int, double> total;
    };
    template <typename F>
    void walk(const NoteLesson& lesson, F&& each) {
        const int mode = !lesson.moments.empty() && lesson.moments.front().major ? 5 : 0;
        int last_pitch = -1, last_length = 0, since = -1;
        for (std::size_t i = 0; i < lesson.moments.size(); ++i, since += since >= 0) {
            const auto& a = lesson.answers[i];
            const auto& m = lesson.moments[i];
            if (a.chord >= 0 && m.chord >= 0) each(tables_[at(mode + 2)], m.chord, a.chord, kChordClasses);
            if (a.comp >= 0 && m.last_comp >= 0) each(tables_[at(mode + 3)], m.last_comp, a.comp, kCompClasses);
            if (a.drums >= 0 && m.last_drums >= 0) each(tables_[at(mode + 4)], m.last_drums, a.drums, kDrumClasses);
            if (a.melody < 0) since = -1, last_pitch = -1, last_length = 0;
            if (a.melody <= 0) continue;
            if (since > 0 && since <= kLongest) {
                each(tables_[at(mode)], last_pitch, a.melody, kNotePitches);
                each(tables_[at(mode + 1)], last_length, since, kLongest);
                last_length = since;
            } else {
                last_length = 0;
            }
            last_pitch = a.melody;
            since = 0;
        }
    }
    std::array<Table, 10> tables_;
};

/// Sums of one song.
struct SongScore {
    std::string set, group;
    std::array<double, 5> net{}, bigram{}, n{};  ///< pitch, length, chord, accompaniment, drums
};

Result<SongScore> rate_song(const NoteLesson& lesson, NoteNet& net, Bigram& bigram) {
    SongScore score;
    int since = -1;
    double waited = 0;
    for (std::size_t i = 0; i < lesson.moments.size(); ++i, since += since >= 0) {
        const auto& m = lesson.moments[i];
        const auto& a = lesson.answers[i];
        if (i % kNoteWindow == 0) net.reset();
        ATTUNE_TRY(const auto logits, net.step(m));
        const auto count = [&](std::size_t kind, double nats) { score.net[kind] += nats, score.n[kind] += 1; };
        if (a.chord >= 0 && m.chord >= 0) count(2, -log_probability(logits, kChordAt, kChordClasses, a.chord));
        if (a.comp >= 0 && m.last_comp >= 0) count(3, -log_probability(logits, kCompAt, kCompClasses, a.comp));
        if (a.drums >= 0 && m.last_drums >= 0) count(4, -log_probability(logits, kDrumsAt, kDrumClasses, a.drums));
        if (a.melody < 0) since = -1;
        if (a.melody < 0) continue;
        const double none = log_probability(logits, 0, kMelodyClasses, 0), some = std::log(-std::expm1(std::min(none, -1e-12)));
        if (a.melody == 0) {
            waited -= none;
            continue;
        }
        if (since > 0 && since <= kLongest) {
            count(0, some - log_probability(logits, 0, kMelodyClasses, a.melody));
            count(1, waited - some);
        }
        since = 0;
        waited = 0;
    }
    bigram.rate(lesson, [&](int kind, double nats) { score.bigram[at(kind)] += nats; });
    return score;
}

struct Figures3 {
    double net, bigram;
    learn::Interval net_ci, bigram_ci;
    std::size_t n;
};

/// Nats a unit of `kinds` summed; the unit is that of the first kind.
Figures3 figures_of(const std::vector<SongScore>& songs, const std::vector<std::size_t>& kinds) {
    std::vector<std::string> groups;
    for (const auto& s : songs) groups.push_back(s.set + "/" + s.group);
    const auto mean = [&](std::span<const std::size_t> chosen, auto member) {
        double sum = 0, n = 0;
        for (const auto i : chosen) {
            for (const auto k : kinds) sum += (songs[i].*member)[k];
            n += songs[i].n[kinds.front()];
        }
        return n > 0 ? sum / n : std::nan("");
    };
    std::vector<std::size_t> all(songs.size());
    double n = 0;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i, n += songs[i].n[kinds.front()];
    const auto net = [&](std::span<const std::size_t> chosen) { return mean(chosen, &SongScore::net); };
    const auto bigram = [&](std::span<const std::size_t> chosen) { return mean(chosen, &SongScore::bigram); };
    return {net(all), bigram(all), learn::group_bootstrap(groups, net), learn::group_bootstrap(groups, bigram), static_cast<std::size_t>(n)};
}

}  // namespace

Result<learn::Evaluation> evaluate_lstm(const learn::EvaluateRequest& request, bool research) {
    const std::string folder = research ? "research" : "free";
    ATTUNE_TRY(const auto card_file, core::resource(folder + "/" + lstm_name(research) + ".card.json"));
    ATTUNE_TRY(const auto card, learn::read_card(card_file));
    ATTUNE_TRY(const auto weights, core::read_file(card_file.parent_path() / card.file));
    if (core::sha256_hex(weights) != card.sha256) return fail(ErrorCode::kRefused, "the weights are not those of the card", card_file.string());
    ATTUNE_TRY(auto net, NoteNet::parse(weights, (card_file.parent_path() / card.file).string()));

    learn::Evaluation e;
    e.model = lstm_name(research);
    e.version = card.version;
    e.model_sha256 = card.sha256;
    e.protocol = "songs that the card does not list; nats a melody note = when it begins + which pitch; windows of 128 sixteenths from a fresh state; "
                 "baseline: bigrams of pitch and of length by gender of mode, counted on the listed songs; intervals by bootstrap over songs";
    Bigram bigram;
    std::vector<NoteLesson> lessons;
    std::vector<SongScore> songs;
    std::vector<std::filesystem::path> files;
    for (const auto& set : card.trained_on) {
        for (int c = 0; c < kCorpora; ++c) {
            if (set.set != to_string(static_cast<Corpus>(c))) continue;
            auto pieces = read_corpus(request.data, static_cast<Corpus>(c));
            if (!pieces) {
                e.warnings.push_back(pieces.error().message);
                continue;
            }
            e.data.push_back(set.set);
            ATTUNE_TRY(const auto some, learn::files_under(*learn::find_set(request.data, set.set)));
            files.insert(files.end(), some.begin(), some.end());
            for (const auto& piece : *pieces) {
                auto lesson = lesson_of(piece);
                if (card.trained(set.set, piece.group)) {
                    bigram.learn(lesson);
                    ++e.left_out;
                    continue;
                }
                lessons.push_back(std::move(lesson));
                songs.push_back({set.set, piece.group, {}, {}, {}});
            }
        }
    }
    if (songs.empty()) return fail(ErrorCode::kNotFound, "no song that was not learnt from", request.data.string());
    for (std::size_t i = 0; i < songs.size(); ++i) {
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "evaluation was cancelled");
        if (request.progress) request.progress("songs", i, songs.size());
        ATTUNE_TRY(auto score, rate_song(lessons[i], net, bigram));
        score.set = songs[i].set, score.group = songs[i].group;
        songs[i] = std::move(score);
    }
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(request.data, files));
    e.groups = songs.size();
    struct Line { const char* name; std::vector<std::size_t> kinds; const char* note; };
    const std::vector<Line> lines = {{"nll_per_note", {0, 1}, "when it begins + which pitch"}, {"nll_pitch", {0}, "which pitch, given that a note begins"},
                                     {"nll_timing", {1}, "when it begins"}, {"nll_chord", {2}, "a beat"},
                                     {"nll_accompaniment", {3}, "a sixteenth"}, {"nll_drums", {4}, "a sixteenth"}};
    const auto add = [&](const std::vector<SongScore>& chosen, const std::string& set, learn::Subgroup* group) {
        for (const auto& line : lines) {
            const auto f = figures_of(chosen, line.kinds);
            if (f.n == 0) continue;
            (group ? group->metrics : e.metrics).push_back({line.name, set, f.net, f.net_ci, f.n, line.note});
            if (group) group->metrics.push_back({std::string(line.name) + "_bigram", set, f.bigram, f.bigram_ci, f.n, line.note});
            else e.chance.push_back({line.name, set, f.bigram, f.bigram_ci, f.n, std::string("bigram, ") + line.note});
            if (!group && line.kinds.front() == 0 && line.kinds.size() == 2) e.n = f.n;
        }
    };
    add(songs, "all", nullptr);
    for (const auto& set : e.data) {
        std::vector<SongScore> of_set;
        for (const auto& s : songs)
            if (s.set == set) of_set.push_back(s);
        learn::Subgroup group{"set=" + set, {}};
        if (!of_set.empty()) add(of_set, set, &group);
        e.subgroups.push_back(std::move(group));
    }
    return e;
}

}  // namespace attune::compose
