// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/judge_evaluate.hpp"

#include <cstdlib>
#include <map>
#include <optional>

#include "compose/composer.hpp"
#include "compose/judge.hpp"
#include "compose/render.hpp"
#include "compose/synth.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/metrics.hpp"

namespace attune::compose {
namespace {

/// Seeds of the frozen composer's test: nothing was tuned on them (770001, 770002, 930001 and 930002 judged composers before this
/// one and are worn; 88xxxx tune).
constexpr std::uint64_t kUnusedSeeds[] = {951407, 951408};
constexpr double kSymbolic_s = 40.0, kAudio_s = 24.0;

struct Verdicts {
    std::vector<double> v, a;
    void add(const flow::Va& va) { v.push_back(va.valence), a.push_back(va.arousal); }
};

struct Grid {
    Verdicts asked_symbolic, symbolic, asked_audio, audio;
    std::vector<std::string> points;  ///< of the symbolic verdicts: the bootstrap draws points, not pieces
    std::vector<std::string> audio_points;
    std::string audio_error;
};

Result<void> judge_audio(const Brief& long_brief, const std::string& point, const AudioJudge& judge, const learn::EvaluateRequest& request, KeptInstruments& kept, Grid& grid) {
    Brief brief = long_brief;
    brief.seconds = kAudio_s;
    ATTUNE_TRY(const auto score, compose_score(brief));
    kept.keep(score.parts);
    ATTUNE_TRY(const auto sound, render(score, request.cancel));
    const auto got = judge(sound.left, sound.right);
    if (!got) {
        grid.audio_error = got.error().message;
        return {};
    }
    grid.asked_audio.add(brief.target);
    grid.audio.add(*got);
    grid.audio_points.push_back(point);
    return {};
}

Result<Grid> judge_grid(const Judge& judge, EngineKind engine, const AudioJudge& audio, const learn::EvaluateRequest& request) {
    Grid grid;
    std::optional<KeptInstruments> kept;  // otherwise each piece decodes its piano anew
    if (audio) {
        ATTUNE_TRY(kept, KeptInstruments::create());
    }
    std::size_t done = 0;
    for (const auto seed : kUnusedSeeds)
        for (int i = 0; i < 100; ++i) {
            if (request.cancelled()) return fail(ErrorCode::kCancelled, "evaluation was cancelled");
            if (request.progress) request.progress("pieces", done++, 200);
            Brief brief;
            brief.target = {-.9 + .2 * (i % 10), -.9 + .2 * (i / 10)};
            brief.seconds = kSymbolic_s;
            brief.seed = seed * 1000 + static_cast<std::uint64_t>(i);
            brief.engine = engine;
            const std::string point = std::to_string(i);
            ATTUNE_TRY(const auto score, compose_score(brief));
            if (const auto features = judge_features(heard_notes(score))) {
                grid.asked_symbolic.add(brief.target);
                grid.symbolic.add(judge.rate(*features));
                grid.points.push_back(point);
            }
            if (audio && grid.audio_error.empty()) ATTUNE_CHECK(judge_audio(brief, point, audio, request, *kept, grid));
        }
    return grid;
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
                               {{"spearman_arousal", set, learn::spearman(row[1], row[3]), {}, row[0].size(), "the symbolic judge's own, ten folds by song or game"},
                                {"spearman_valence", set, learn::spearman(row[0], row[2]), {}, row[0].size(), "the symbolic judge's own, ten folds by song or game"}}});
    }
    e.groups = groups.size();
    return {};
}

void add_figures(const std::string& set, const Verdicts& asked, const Verdicts& got, const std::vector<std::string>& points, learn::Evaluation& e) {
    if (got.a.empty()) return;
    const auto rank = [](const std::vector<double>& x, const std::vector<double>& y) {
        return [&x, &y](std::span<const std::size_t> chosen) {
            std::vector<double> a, b;
            for (const auto i : chosen) a.push_back(x[i]), b.push_back(y[i]);
            return learn::spearman(a, b);
        };
    };
    e.metrics.push_back({"spearman_arousal", set, learn::spearman(asked.a, got.a), learn::group_bootstrap(points, rank(asked.a, got.a)), got.a.size(), ""});
    e.metrics.push_back({"spearman_valence", set, learn::spearman(asked.v, got.v), learn::group_bootstrap(points, rank(asked.v, got.v)), got.v.size(), ""});
}

}  // namespace

Result<learn::Evaluation> evaluate_composer(const learn::EvaluateRequest& request, EngineKind engine, const AudioJudge& audio) {
    ATTUNE_TRY(const auto pieces, read_judge_corpus(request.data));
    ATTUNE_TRY(const auto judge, Judge::train(pieces));
    learn::Evaluation e;
    e.model = std::string("composer") + (engine == EngineKind::kRule ? "" : std::string("-") + to_string(engine));
    e.version = "1";
    std::vector<std::filesystem::path> files;
    for (const char* set : {"emopia", "vgmidi"}) {
        const auto folder = learn::find_set(request.data, set);
        if (!folder) continue;
        e.data.emplace_back(set);
        ATTUNE_TRY(const auto some, learn::files_under(*folder));
        files.insert(files.end(), some.begin(), some.end());
    }
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(request.data, files));
    const char* commit = std::getenv("ATTUNE_COMMIT");
    e.protocol = std::string("engine ") + to_string(engine) + ", composer frozen at commit " + (commit != nullptr ? commit : "not stated") +
                 "; 100 points of the plane x 2 seeds not used in tuning (951407, 951408); symbolic judge: ridge on EMOPIA and VGMIDI, 40 s, drums left out; "
                 "audio judge: the library's music-emotion model on 24 s of sound (its own score stands in eval/results/music-emotion.json); "
                 "intervals by bootstrap over points";
    ATTUNE_TRY(const auto grid, judge_grid(judge, engine, audio, request));
    add_figures("symbolic_judge", grid.asked_symbolic, grid.symbolic, grid.points, e);
    add_figures("audio_judge", grid.asked_audio, grid.audio, grid.audio_points, e);
    if (!audio) e.warnings.emplace_back("no audio judge in this program");
    if (!grid.audio_error.empty()) e.warnings.push_back("audio judge: " + grid.audio_error);
    e.n = grid.symbolic.a.size();
    ATTUNE_CHECK(add_judge_score(pieces, e));
    return e;
}

}  // namespace attune::compose
