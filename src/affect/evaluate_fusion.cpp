// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_fusion.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "affect/fusion.hpp"
#include "affect/person.hpp"
#include "affect/situnes.hpp"
#include "affect/tables.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/metrics.hpp"
#include "learn/split.hpp"

namespace attune::affect {
namespace {

constexpr const char* kSet = "situnes";
constexpr double kZ90 = 1.6448536269514722;
constexpr double kSongSd = .30;          // chosen: published song valence and energy are no ratings
constexpr double kLikingMean = .13, kLikingSd = .5;   // fitted: a track that nothing is known about
constexpr double kHeartValidity = .5;    // r_rec before r_coh; the table's start caps it
constexpr int kBootstraps = 1000;

PlayTuple tuple_of(const SitunesPlay& p, bool liking_known) {
    PlayTuple t;
    t.before = p.before;
    t.after = p.after;
    t.seconds = p.seconds;
    t.music.known = true;
    t.music.expressed = p.expressed;
    t.music.expressed_sd = {kSongSd, kSongSd};
    t.music.liking = liking_known ? p.liking : kLikingMean;
    t.music.liking_sd = liking_known ? 0.0 : kLikingSd;
    return t;
}

struct Scored {
    flow::Va truth, mean, sd;
};

using Range = std::pair<std::size_t, std::size_t>;   // of one person's plays

std::vector<Range> people(const std::vector<SitunesPlay>& plays) {
    std::vector<Range> out;
    for (std::size_t i = 0; i < plays.size(); ++i) {
        if (i == 0 || plays[i].person != plays[i - 1].person) out.emplace_back(i, i);
        out.back().second = i + 1;
    }
    return out;
}

/// Plays in their order; each is predicted from the plays before it. Learning always uses the liking as said.
void score_person(const std::vector<SitunesPlay>& plays, Range r, const MoodParams& population, bool liking_known,
                  std::vector<Scored>& out) {
    std::vector<PlayTuple> past;
    for (std::size_t i = r.first; i < r.second; ++i) {
        const MoodParams person = learn_person(population, past);
        const PlayTuple t = tuple_of(plays[i], liking_known);
        const flow::VaGaussian g = predict_play(person, t);
        const flow::Va variance = predicted_rating_variance(person, t);
        out[i] = {t.after, g.mean, {std::sqrt(variance.valence), std::sqrt(variance.arousal)}};
        past.push_back(tuple_of(plays[i], true));
    }
}

MoodParams population_without(const std::vector<SitunesPlay>& plays, Range left_out) {
    std::vector<PlayTuple> others;
    for (std::size_t i = 0; i < plays.size(); ++i) {
        if (i < left_out.first || i >= left_out.second) others.push_back(tuple_of(plays[i], true));
    }
    return fit_population(MoodParams::population(), others);
}

constexpr double square(double x) { return x * x; }
double value_of(const flow::Va& x, int dim) { return dim == 0 ? x.valence : x.arousal; }

bool covered(const Scored& s, int dim) {
    return std::abs(value_of(s.truth, dim) - value_of(s.mean, dim)) <= kZ90 * value_of(s.sd, dim);
}

/// Figures of one way of predicting.
class Report {
public:
    Report(const std::vector<Scored>& scored, const std::vector<std::string>& groups, std::string note)
        : scored_(scored), groups_(groups), note_(std::move(note)) {}

    void add_r2(learn::Evaluation& e) const {
        for (const int dim : {0, 1}) {
            const auto figure = [&](std::span<const std::size_t> drawn) {
                std::vector<double> truth, predicted;
                for (const std::size_t i : drawn) {
                    truth.push_back(value_of(scored_[i].truth, dim));
                    predicted.push_back(value_of(scored_[i].mean, dim));
                }
                return learn::r2(truth, predicted);
            };
            add(e, dim == 0 ? "r2_valence" : "r2_arousal", figure, scored_.size());
        }
    }
    void add_coverage(learn::Evaluation& e) const {
        const auto figure = [&](std::span<const std::size_t> drawn) {
            double in = 0.0;
            for (const std::size_t i : drawn) in += covered(scored_[i], 0) + covered(scored_[i], 1);
            return in / (2.0 * static_cast<double>(drawn.size()));
        };
        add(e, "coverage90", figure, 2 * scored_.size());
        double width[2] = {0.0, 0.0};
        for (const Scored& s : scored_) {
            for (const int dim : {0, 1}) width[dim] += 2.0 * kZ90 * value_of(s.sd, dim) / static_cast<double>(scored_.size());
        }
        e.metrics.push_back({"width90_valence", kSet, width[0], std::nullopt, scored_.size(), note_});
        e.metrics.push_back({"width90_arousal", kSet, width[1], std::nullopt, scored_.size(), note_});
    }
    void add_people(learn::Evaluation& e, bool subgroups) const {
        std::map<std::string, std::pair<double, double>> by;
        for (std::size_t i = 0; i < scored_.size(); ++i) {
            by[groups_[i]].first += covered(scored_[i], 0) + covered(scored_[i], 1);
            by[groups_[i]].second += 2.0;
        }
        double enough = 0.0;
        for (const auto& [person, count] : by) {
            const double share = count.first / count.second;
            enough += share >= .75 ? 1.0 : 0.0;
            if (subgroups) {
                e.subgroups.push_back({"person=" + person, {{"coverage90", kSet, share, std::nullopt, static_cast<std::size_t>(count.second), note_}}});
            }
        }
        e.metrics.push_back({"people_coverage75", kSet, enough / static_cast<double>(by.size()), std::nullopt, by.size(),
                             note_ + "; share of people whose 90 % intervals cover at least .75"});
    }

private:
    template <typename Figure>
    void add(learn::Evaluation& e, const char* name, const Figure& figure, std::size_t n) const {
        std::vector<std::size_t> all(scored_.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        e.metrics.push_back({name, kSet, figure(all), learn::group_bootstrap(groups_, figure, kBootstraps), n, note_});
    }
    const std::vector<Scored>& scored_;
    const std::vector<std::string>& groups_;
    std::string note_;
};

/// One play as a session of the real filter: half an hour with the wristband, a rating, the song, a rating.
struct WristGain {
    std::vector<double> truth, full, shadow;     ///< arousal as rated, as predicted
    std::vector<double> log_gain;                ///< log score, full minus shadow
    std::vector<std::string> groups;
};

void note_prediction(WristGain& gain, const flow::AffectState& s, double truth, double rating_sd, const std::string& person) {
    const auto log_score = [&](const flow::VaGaussian& g) {
        const double variance = g.cov[2] + rating_sd * rating_sd;
        return -.5 * (std::log(variance) + (truth - g.mean.arousal) * (truth - g.mean.arousal) / variance);
    };
    gain.truth.push_back(truth);
    gain.full.push_back(s.felt.mean.arousal);
    gain.shadow.push_back(s.shadow.mean.arousal);
    gain.log_gain.push_back(log_score(s.felt) - log_score(s.shadow));
    gain.groups.push_back(person);
}

Result<void> wear_wristband(const std::vector<SitunesPlay>& plays, Range r, const MoodParams& population,
                            WristGain& before, WristGain& after) {
    PersonPrior prior;
    std::vector<PlayTuple> past;
    for (std::size_t i = r.first; i < r.second; ++i) {
        const SitunesPlay& p = plays[i];
        prior.mood = learn_person(population, past);
        FusionConfig config;
        config.day = p.unix_s / 86400;
        config.session = static_cast<std::int64_t>(i);
        ATTUNE_TRY(Fusion fusion, Fusion::create(config, prior));
        for (std::size_t m = 0; m < p.heart.size(); ++m) {
            flow::Evidence e;
            e.source = "wrist";
            e.kind = flow::SourceKind::kHeart;
            e.t = {seconds(60 * static_cast<std::int64_t>(m + 1)).ns};
            e.window_s = e.dt_frame_s = 60.0;
            e.model = "situnes-heart@1";
            if (p.heart[m]) {
                e.arousal = flow::Index{*p.heart[m], kHeartValidity, 1.0};
            } else {
                e.abstained = flow::Abstain::kMotion;
            }
            fusion.on_evidence(e);
        }
        const Time start{seconds(1800).ns};
        note_prediction(before, fusion.state(start), p.before.arousal, prior.mood.rating_sd.arousal, p.person);
        flow::Rating rating;
        rating.t = start;
        rating.value = p.before;
        fusion.on_rating(rating);
        flow::Heard heard;
        heard.t = start;
        heard.kind = flow::ItemKind::kTrack;
        heard.playing = true;
        heard.expressed = p.expressed;
        heard.expressed_sd = flow::Va{kSongSd, kSongSd};
        heard.predicted_liking = kLikingMean;
        heard.predicted_liking_sd = kLikingSd;
        fusion.on_heard(heard);
        rating.t = start + from_seconds(p.seconds);
        note_prediction(after, fusion.state(rating.t), p.after.arousal, prior.mood.rating_sd.arousal, p.person);
        rating.value = p.after;
        fusion.on_rating(rating);
        prior.sources = fusion.records();
        past.push_back(tuple_of(p, true));
    }
    return {};
}

void report_wristband(learn::Evaluation& e, const WristGain& gain, const std::string& what) {
    const auto mean_gain = [&](std::span<const std::size_t> drawn) {
        double sum = 0.0;
        for (const std::size_t i : drawn) sum += gain.log_gain[i];
        return sum / static_cast<double>(drawn.size());
    };
    std::vector<std::size_t> all(gain.truth.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    e.metrics.push_back({"wristband_gain_nats", kSet, mean_gain(all), learn::group_bootstrap(gain.groups, mean_gain, kBootstraps),
                         all.size(), what + "; log score a rating against the filter without sensors"});
    const auto r2_gain = [&](std::span<const std::size_t> drawn) {
        std::vector<double> truth, full, shadow;
        for (const std::size_t i : drawn) {
            truth.push_back(gain.truth[i]);
            full.push_back(gain.full[i]);
            shadow.push_back(gain.shadow[i]);
        }
        return learn::r2(truth, full) - learn::r2(truth, shadow);
    };
    e.metrics.push_back({"wristband_gain_r2_arousal", kSet, r2_gain(all), learn::group_bootstrap(gain.groups, r2_gain, kBootstraps),
                         all.size(), what});
}

std::string describe(const MoodParams& p) {
    const auto f = [](double x) { return core::format_double(std::round(x * 1000.0) / 1000.0); };
    return "home " + f(p.home.valence) + "/" + f(p.home.arousal) + ", pull " + f(p.pull.valence) + "/" + f(p.pull.arousal) +
           ", beta " + f(p.beta) + ", tau " + f(p.tau_s) + " s, process SD " + f(p.process_sd.valence) + "/" + f(p.process_sd.arousal);
}

}  // namespace

Result<learn::Evaluation> evaluate_fusion(const learn::EvaluateRequest& request) {
    const auto folder = learn::find_set(request.data, kSet);
    if (!folder) return fail(ErrorCode::kNotFound, "no folder situnes", request.data.string());
    ATTUNE_TRY(const SitunesData data, read_situnes(*folder));
    std::vector<std::string> groups;
    for (const SitunesPlay& p : data.plays) groups.push_back(p.person);
    const auto each = people(data.plays);
    if (request.cross_validate && each.size() < 3) {
        return fail(ErrorCode::kBadArgument, std::to_string(each.size()) + " people; at least 3 to leave one out", folder->string());
    }
    std::vector<Scored> unknown(data.plays.size()), known(data.plays.size());
    WristGain before, after;
    for (std::size_t k = 0; k < each.size(); ++k) {
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "stopped after " + std::to_string(k) + " people");
        if (request.progress) request.progress("people", k, each.size());
        const MoodParams population = request.cross_validate ? population_without(data.plays, each[k]) : MoodParams::population();
        score_person(data.plays, each[k], population, false, unknown);
        score_person(data.plays, each[k], population, true, known);
        ATTUNE_CHECK(wear_wristband(data.plays, each[k], population, before, after));
    }
    if (request.progress) request.progress("people", each.size(), each.size());

    learn::Evaluation e;
    e.model = "fusion";
    e.version = "1";
    e.data = {kSet};
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(*folder, data.files));
    e.protocol = request.cross_validate ? "leave one person out; population refitted on the others, person learnt from their own earlier plays"
                                        : "constants of the table, person learnt from their own earlier plays";
    e.n = data.plays.size();
    e.groups = each.size();
    const Report plain(unknown, groups, "before, track, person");
    const Report liked(known, groups, "before, track, person, liking");
    plain.add_r2(e);
    liked.add_r2(e);
    plain.add_coverage(e);
    liked.add_coverage(e);
    plain.add_people(e, true);
    liked.add_people(e, false);
    report_wristband(e, before, "rating before the song");
    report_wristband(e, after, "rating after the song");
    std::vector<PlayTuple> all;
    for (const SitunesPlay& p : data.plays) all.push_back(tuple_of(p, true));
    e.warnings = {};
    e.chance.push_back({"r2_valence", kSet, 0.0, std::nullopt, e.n, "the mean of everybody"});
    e.protocol += "; fit to all of it: " + describe(fit_population(MoodParams::population(), all));
    return e;
}

Result<std::string> fitted_family_toml(const std::filesystem::path& data) {
    const auto folder = learn::find_set(data, kSet);
    if (!folder) return fail(ErrorCode::kNotFound, "no folder situnes", data.string());
    ATTUNE_TRY(const SitunesData set, read_situnes(*folder));
    std::vector<PlayTuple> plays;
    for (const SitunesPlay& p : set.plays) plays.push_back(tuple_of(p, true));
    // A simulated listener's pull and beta are known to it: their spread is not part of its noise.
    MoodParams start = MoodParams::population();
    start.pull_sd = {0.0, 0.0};
    start.beta_sd = 0.0;
    const MoodParams fit = fit_population(start, plays);
    const auto f = [](double x) { return core::format_double(std::round(x * 1000.0) / 1000.0); };
    const double sigma = std::sqrt(.5 * (square(fit.process_sd.valence) + square(fit.process_sd.arousal)));
    ATTUNE_TRY(const std::string hash, learn::data_sha256(*folder, set.files));
    return "[fitted]                    # attune affect fit --data DIR: SiTunes, " + std::to_string(plays.size()) + " plays, data " +
           hash.substr(0, 12) + "\ncongruence = 0\ntau_s = " + f(fit.tau_s) + "\nsigma = " + f(sigma) +
           "\npull_valence = " + f(fit.pull.valence) + "\npull_arousal = " + f(fit.pull.arousal) + "\nbeta = " + f(fit.beta) + "\n";
}

void register_fusion(learn::ModelRegistry& registry) {
    registry.add({"fusion", "the filter's prediction of how a play ends (SiTunes)", {kSet}, evaluate_fusion, {}});
}

}  // namespace attune::affect
