// SPDX-License-Identifier: GPL-3.0-or-later
// attune evaluate craft: the corpora's percentiles, our pieces between them, and runs of eight notes that a corpus has.
#include "compose/craft_evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "compose/composer.hpp"
#include "compose/craft.hpp"
#include "core/quantile.hpp"
#include "learn/dataset_hash.hpp"

namespace attune::compose {
namespace {

constexpr std::array kStudied = {Corpus::kPop909, Corpus::kNottingham, Corpus::kChorales};
constexpr double kSeconds = 75;
/// Seeds of this evaluation: 880001 and on.
constexpr std::uint64_t kFirstSeed = 880001;

/// Of what is known: a feature that a piece does not have is NaN.
double quantile(std::vector<double> x, double p) {
    std::erase_if(x, [](double v) { return std::isnan(v); });
    return core::quantile(std::move(x), p);
}

std::vector<double> column(const std::vector<CraftFeatures>& rows, int k) {
    std::vector<double> out;
    for (const auto& row : rows) out.push_back(row[static_cast<std::size_t>(k)]);
    return out;
}

struct Ours {
    std::vector<CraftFeatures> windows[kCorpora];  ///< by the corpus that the style is held to
    std::size_t runs = 0, found = 0, found_plain = 0, pieces = 0, pieces_with = 0;
};

Result<Ours> compose_ours(EngineKind engine, const RunIndex& index, const learn::EvaluateRequest& request) {
    Ours ours;
    std::uint64_t seed = kFirstSeed;
    for (int style = 0; style < kStyles; ++style)
        for (const double arousal : {-.4, 0.0, .4})
            for (const double valence : {-.5, .5})
                for (int take = 0; take < 2; ++take) {
                    if (request.cancelled()) return fail(ErrorCode::kCancelled, "evaluation was cancelled");
                    Brief brief;
                    brief.target = {valence, arousal};
                    brief.style = static_cast<Style>(style);
                    brief.engine = engine;
                    brief.seconds = kSeconds;
                    brief.seed = seed++;
                    ATTUNE_TRY(const auto score, compose_score(brief));
                    const auto line = line_of(score);
                    auto& windows = ours.windows[static_cast<std::size_t>(corpus_for(*brief.style))];
                    for (const auto& w : craft_windows(line)) windows.push_back(w);
                    std::size_t found = 0;
                    for (const auto& run : runs_of(line.notes)) {
                        ++ours.runs;
                        if (!index.contains(run)) continue;
                        if (run.plain) ++ours.found_plain;
                        else ++ours.found, ++found;
                    }
                    ++ours.pieces;
                    ours.pieces_with += found > 0;
                }
    return ours;
}

/// How often one half of a corpus' songs repeats runs of the other half: what chance and custom give.
double custom(const std::vector<GridPiece>& pieces) {
    RunIndex odd;
    for (std::size_t i = 1; i < pieces.size(); i += 2) odd.add(pieces[i].notes);
    odd.finish();
    std::size_t runs = 0, found = 0;
    for (std::size_t i = 0; i < pieces.size(); i += 2)
        for (const auto& run : runs_of(pieces[i].notes))
            if (!run.plain) ++runs, found += odd.contains(run);
    return static_cast<double>(found) / static_cast<double>(std::max<std::size_t>(runs, 1));
}

void report(const Ours& ours, EngineKind engine, const std::map<Corpus, CraftBounds>& bounds, learn::Evaluation& e) {
    const std::string name = to_string(engine);
    learn::Subgroup group{"engine=" + name, {}};
    std::size_t medians = 0, inside = 0, n = 0;
    double share = 0;
    for (const auto& [corpus, bound] : bounds) {
        const auto& windows = ours.windows[static_cast<std::size_t>(corpus)];
        for (int k = 0; k < kCraftFeatures && !windows.empty(); ++k) {
            const auto i = static_cast<std::size_t>(k);
            const auto x = column(windows, k);
            const double median = quantile(x, .5);
            std::size_t within = 0;
            for (const double v : x) within += v >= bound.low[i] - 1e-9 && v <= bound.high[i] + 1e-9;
            const double part = static_cast<double>(within) / static_cast<double>(x.size());
            ++medians;
            inside += median >= bound.low[i] - 1e-9 && median <= bound.high[i] + 1e-9;
            share += part;
            n = std::max(n, x.size());
            group.metrics.push_back({std::string(to_string(static_cast<Craft>(k))) + "_median", to_string(corpus), median, {}, x.size(), ""});
            group.metrics.push_back({std::string(to_string(static_cast<Craft>(k))) + "_inside", to_string(corpus), part, {}, x.size(), "share of stretches between the 5th and 95th percentile"});
        }
    }
    const auto count = static_cast<double>(std::max<std::size_t>(medians, 1));
    e.metrics.push_back({"craft_medians_inside", name, static_cast<double>(inside) / count, {}, medians, "features x corpora whose median lies between the 5th and 95th percentile"});
    e.metrics.push_back({"craft_stretches_inside", name, share / count, {}, n, "mean share of stretches; .90 for the corpora themselves"});
    e.metrics.push_back({"verbatim_runs", name, static_cast<double>(ours.found), {}, ours.runs, "runs of 8 notes (intervals and lengths) that a corpus melody has; scales and repeated notes of one length apart"});
    e.metrics.push_back({"plain_runs", name, static_cast<double>(ours.found_plain), {}, ours.runs, "the scales and repeated notes among them"});
    e.metrics.push_back({"pieces_with_verbatim_run", name, static_cast<double>(ours.pieces_with), {}, ours.pieces, ""});
    e.subgroups.push_back(std::move(group));
    e.n += ours.pieces;
}

}  // namespace

Result<learn::Evaluation> evaluate_craft(const learn::EvaluateRequest& request) {
    learn::Evaluation e;
    e.model = "compose_craft";
    e.version = "1";
    e.protocol = "stretches of 16 bars; 7 styles x arousal -.4, 0, .4 x valence -.5, .5 x 2 seeds (880001 on), 75 s each; folk is held to Nottingham, "
                 "chamber to the chorales, the others to POP909; runs of 8 notes are looked up in all three";
    RunIndex index;
    std::map<Corpus, CraftBounds> bounds;
    std::vector<std::filesystem::path> files;
    for (const Corpus corpus : kStudied) {
        ATTUNE_TRY(const auto pieces, read_corpus(request.data, corpus));
        std::vector<CraftFeatures> rows;
        for (const auto& piece : pieces) {
            index.add(piece.notes);
            for (const auto& w : craft_windows(line_of(piece))) rows.push_back(w);
        }
        learn::Subgroup group{std::string("corpus=") + to_string(corpus), {}};
        for (int k = 0; k < kCraftFeatures; ++k) {
            const auto x = column(rows, k);
            const std::string feature = to_string(static_cast<Craft>(k));
            auto& bound = bounds[corpus];
            bound.low[static_cast<std::size_t>(k)] = quantile(x, .05);
            bound.high[static_cast<std::size_t>(k)] = quantile(x, .95);
            group.metrics.push_back({feature + "_p05", to_string(corpus), quantile(x, .05), {}, rows.size(), ""});
            group.metrics.push_back({feature + "_p50", to_string(corpus), quantile(x, .5), {}, rows.size(), ""});
            group.metrics.push_back({feature + "_p95", to_string(corpus), quantile(x, .95), {}, rows.size(), ""});
        }
        group.metrics.push_back({"verbatim_share_between_songs", to_string(corpus), custom(pieces), {}, pieces.size(), "of the runs of one half of the songs, those that the other half has"});
        e.subgroups.push_back(std::move(group));
        e.data.emplace_back(to_string(corpus));
        e.groups += pieces.size();
        ATTUNE_TRY(const auto some, learn::files_under(*learn::find_set(request.data, to_string(corpus))));
        files.insert(files.end(), some.begin(), some.end());
    }
    index.finish();
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(request.data, files));
    for (const EngineKind engine : {EngineKind::kRule, EngineKind::kHmm, EngineKind::kLstm}) {
        const auto ours = compose_ours(engine, index, request);
        if (!ours && ours.error().code == ErrorCode::kCancelled) return tl::unexpected<Error>(ours.error());
        if (ours) report(*ours, engine, bounds, e);
        else e.warnings.push_back(std::string(to_string(engine)) + ": " + ours.error().message);
    }
    return e;
}

}  // namespace attune::compose
