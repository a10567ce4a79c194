// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/simulated_listener.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "sense/simulated_body.hpp"

namespace attune::sense {
namespace {

constexpr double kCongruenceSlope = .12;       // of the pull over the distance; specified
constexpr flow::Va kRepelled{.25, -.15};       // what music too far away does: valence down, arousal up
constexpr double kVeryCalm = -.4;              // arousal of music that makes the relaxation-anxious uneasy
constexpr double kStartleLu = 6.0;
constexpr double kMismatch = .8;
constexpr double kLikingAnswerSd = .2;         // chosen
constexpr double kSilenceLufs = -70.0;

double draw(const Range& range, std::uint64_t seed, std::string_view name) {
    if (range.low == range.high) return range.low;
    core::Random random(seed, "sense/persona/" + std::string(name));
    return random.uniform(range.low, range.high);
}

double clip(double x) { return std::clamp(x, -1.0, 1.0); }
flow::Va clip(const flow::Va& x) { return {clip(x.valence), clip(x.arousal)}; }

SimulatedTraits draw_traits(const Persona& p, const SimulationOptions& o) {
    const auto d = [&](const Range& range, std::string_view name) { return draw(range, o.seed, name); };
    SimulatedTraits t{};
    t.tau_s = d(p.tau_s, "tau_s");
    t.sigma = d(p.sigma, "sigma");
    t.pull = {o.response * d(p.pull_valence, "pull_valence"), o.response * d(p.pull_arousal, "pull_arousal")};
    t.home = p.home;
    t.start = p.start;
    t.beta = o.response * d(p.beta, "beta");
    t.congruence = d(p.congruence, "congruence");
    t.tolerance = o.tolerance > 0.0 ? o.tolerance : d(p.tolerance, "tolerance");
    t.rumination = d(p.rumination, "rumination");
    t.startle = o.response * d(p.startle, "startle");
    t.relaxation_anxiety = o.response * d(p.relaxation_anxiety, "relaxation_anxiety");
    t.period_s = d(p.period_s, "period_s");
    t.damping = d(p.damping, "damping");
    t.habituation_n = d(p.habituation_n, "habituation_n");
    t.disturbance_arousal = d(p.disturbance_arousal, "disturbance_arousal");
    t.disturbance_at_s = d(p.disturbance_at_s, "disturbance_at_s");
    t.offset = o.appraisal * d(p.appraisal_offset, "offset");
    t.gain = d(p.appraisal_gain, "gain");
    t.appraisal_sd = {o.appraisal * d(p.appraisal_sd_valence, "sd_valence"),
                      o.appraisal * d(p.appraisal_sd_arousal, "sd_arousal")};
    t.liking_mean = d(p.liking_mean, "liking_mean");
    t.liking_sd = d(p.liking_sd, "liking_sd");
    t.taste_r = d(p.taste_r, "taste_r");
    t.repeat_penalty = d(p.repeat_penalty, "repeat_penalty");
    t.fast_gain = o.response * d(p.fast_gain, "fast_gain");
    t.fast_tau_s = d(p.fast_tau_s, "fast_tau_s");
    t.rating_sd = d(p.rating_sd, "rating_sd");
    t.missing = d(p.missing, "missing");
    t.acquiescence = d(p.acquiescence, "acquiescence");
    t.skip_base = d(p.skip_base, "skip_base");
    t.skip_liking = d(p.skip_liking, "skip_liking");
    t.skip_mismatch = d(p.skip_mismatch, "skip_mismatch");
    return t;
}

}  // namespace

Result<SimulatedListener> SimulatedListener::create(const Persona& persona, const SimulationOptions& options) {
    const auto outside = [](const char* name, double value, const char* range) {
        return fail(ErrorCode::kBadArgument, std::string(name) + " " + std::to_string(value) + " is outside " + range,
                    "simulated listener");
    };
    if (!(options.tolerance >= 0.0 && options.tolerance <= 10.0)) return outside("tolerance", options.tolerance, "0..10");
    if (!(options.response >= 0.0 && options.response <= 1.0)) return outside("response", options.response, "0..1");
    if (!(options.appraisal >= 0.0 && options.appraisal <= 1.0)) return outside("appraisal", options.appraisal, "0..1");
    return SimulatedListener(persona, options);
}

SimulatedListener::SimulatedListener(const Persona& persona, const SimulationOptions& options)
    : persona_(persona),
      options_(options),
      traits_(draw_traits(persona, options)),
      mood_noise_(options.seed, "sense/mood"),
      skip_noise_(options.seed, "sense/skip"),
      answer_noise_(options.seed, "sense/answers"),
      mood_(persona.start) {
    loudness_.fill(kSilenceLufs);
    if (options.body) body_ = std::make_unique<SimulatedBody>(persona, options.seed, mood_.arousal);
}

SimulatedListener::~SimulatedListener() = default;
SimulatedListener::SimulatedListener(SimulatedListener&&) noexcept = default;
SimulatedListener& SimulatedListener::operator=(SimulatedListener&&) noexcept = default;

const SimulatedListener::Own& SimulatedListener::own(const ContentKey& track) const {
    const auto [at, made] = own_.try_emplace(track);
    if (made) {
        core::Random random(options_.seed, "sense/appraisal/" + track.hex());
        at->second.model_error = {random.normal(), random.normal()};
        at->second.appraisal = {random.normal(), random.normal()};
        at->second.liking = random.normal();
        at->second.taste = random.normal();
    }
    return at->second;
}

double SimulatedListener::true_liking(const ContentKey& track) const {
    return clip(traits_.liking_mean + traits_.liking_sd * own(track).liking);
}

double SimulatedListener::liking_now(const ContentKey& track) const {
    const auto played = plays_.find(track);
    const int repeats = played == plays_.end() ? 0 : played->second - 1;
    return clip(true_liking(track) - traits_.repeat_penalty * std::max(0, repeats));
}

TasteHint SimulatedListener::taste_hint(const ContentKey& track) const {
    const Own& mine = own(track);
    const double r = traits_.taste_r;
    const double seen = r * mine.liking + std::sqrt(1.0 - r * r) * mine.taste;
    return {clip(traits_.liking_mean + traits_.liking_sd * r * seen), traits_.liking_sd * std::sqrt(1.0 - r * r)};
}

flow::Va SimulatedListener::true_appraisal(const ContentKey& track, const flow::Va& expressed,
                                           const flow::Va& sd) const {
    const Own& mine = own(track);
    const double strange = options_.appraisal;
    const flow::Va real{expressed.valence + strange * sd.valence * mine.model_error[0],
                        expressed.arousal + strange * sd.arousal * mine.model_error[1]};
    return clip(flow::Va{traits_.offset + traits_.gain * real.valence + traits_.appraisal_sd.valence * mine.appraisal[0],
                         traits_.offset + traits_.gain * real.arousal + traits_.appraisal_sd.arousal * mine.appraisal[1]});
}

flow::Va SimulatedListener::pull_of(const flow::Va& expressed, const flow::Va& felt, double liking,
                                    const flow::Va& at) const {
    const SimulatedTraits& t = traits_;
    double near = 1.0;   // K
    double repel = 0.0;  // K0 (1 - K)
    if (t.congruence > 0.0) {
        const double k = 1.0 / (1.0 + std::exp((flow::distance(expressed, at) - t.tolerance) / kCongruenceSlope));
        near = 1.0 - t.congruence * (1.0 - k);
        repel = options_.response * t.congruence * (1.0 - k);
    }
    const double habit = t.habituation_n > 0.0 ? std::exp(-std::max(0, items_ - 1) / t.habituation_n) : 1.0;
    double dv = t.pull.valence * near * habit * (felt.valence - t.home.valence);
    double da = t.pull.arousal * near * habit * (felt.arousal - t.home.arousal);
    if (dv < 0.0) dv *= t.rumination;
    if (t.relaxation_anxiety > 0.0 && expressed.arousal < kVeryCalm) da = t.relaxation_anxiety * std::abs(da);
    return {t.home.valence + dv + t.beta * liking - repel * kRepelled.valence,
            t.home.arousal + da - repel * kRepelled.arousal};
}

flow::Va SimulatedListener::true_pull(const ContentKey& track, const flow::Va& expressed, const flow::Va& sd,
                                      const flow::Va& at) const {
    return pull_of(expressed, true_appraisal(track, expressed, sd), liking_now(track), at);
}

void SimulatedListener::on_heard(const flow::Heard& heard) {
    advance_to(heard.t);
    const bool starts = heard.playing && heard.kind != flow::ItemKind::kSilence &&
                        (!heard_.playing || heard.item != heard_.item || heard.track != heard_.track);
    if (starts) {
        ++plays_[heard.track];
        ++items_;
    }
    heard_ = heard;
}

void SimulatedListener::advance_to(Time t) {
    const std::int64_t target = t.ns / 1'000'000'000;
    while (second_ < target) live_one_second();
}

void SimulatedListener::live_one_second() {
    startle();
    const bool music = heard_.playing && heard_.kind != flow::ItemKind::kSilence;
    flow::Va target = traits_.home;
    flow::Va felt_apart;
    double skip_logit = -1e9;
    if (music) {
        const flow::Va expressed = heard_.expressed.value_or(flow::Va{});
        const flow::Va sd = heard_.expressed_sd.value_or(flow::Va{});
        const flow::Va felt = true_appraisal(heard_.track, expressed, sd);
        const double liking = liking_now(heard_.track);
        target = pull_of(expressed, felt, liking, mood_);
        felt_apart = {felt.valence - mood_.valence, felt.arousal - mood_.arousal};
        skip_logit = traits_.skip_base + traits_.skip_liking * liking +
                     (flow::distance(expressed, mood_) > kMismatch ? traits_.skip_mismatch : 0.0);
    }
    const double keep = traits_.fast_gain / traits_.fast_tau_s;
    fast_.valence += keep * felt_apart.valence - fast_.valence / traits_.fast_tau_s;
    fast_.arousal += keep * felt_apart.arousal - fast_.arousal / traits_.fast_tau_s;
    feel(target);
    if (skip_noise_.uniform() * 60.0 < 1.0 / (1.0 + std::exp(-skip_logit))) skip_ = true;
    ++second_;
    if (traits_.disturbance_arousal != 0.0 && static_cast<double>(second_) == std::round(traits_.disturbance_at_s)) {
        mood_.arousal = clip(mood_.arousal + traits_.disturbance_arousal);
    }
    if (body_) body_->live_one_second(second_, mood_.arousal);
}

void SimulatedListener::feel(const flow::Va& target) {
    const double nv = mood_noise_.normal();
    const double na = mood_noise_.normal();
    if (traits_.period_s > 0.0) {
        // x'' = w^2 (u - x) - 2 z w x' + noise that gives the stationary SD sigma
        const double w = 2.0 * M_PI / traits_.period_s;
        const double noise = traits_.sigma * std::sqrt(4.0 * traits_.damping * w * w * w);
        velocity_.valence += w * w * (target.valence - mood_.valence) - 2.0 * traits_.damping * w * velocity_.valence +
                             noise * nv;
        velocity_.arousal += w * w * (target.arousal - mood_.arousal) - 2.0 * traits_.damping * w * velocity_.arousal +
                             noise * na;
        mood_ = clip(flow::Va{mood_.valence + velocity_.valence, mood_.arousal + velocity_.arousal});
        return;
    }
    const double alpha = -std::expm1(-1.0 / traits_.tau_s);
    const double noise = traits_.sigma * std::sqrt(-std::expm1(-2.0 / traits_.tau_s));
    mood_ = clip(flow::Va{mood_.valence + alpha * (target.valence - mood_.valence) + noise * nv,
                          mood_.arousal + alpha * (target.arousal - mood_.arousal) + noise * na});
}

void SimulatedListener::startle() {
    std::rotate(loudness_.begin(), loudness_.begin() + 1, loudness_.end());
    loudness_.back() = heard_.playing ? heard_.lufs_momentary : kSilenceLufs;
    if (traits_.startle <= 0.0) return;
    const auto short_term = [&](std::size_t from) {
        double power = 0.0;
        for (std::size_t i = from; i < from + 3; ++i) power += std::pow(10.0, loudness_[i] / 10.0);
        return 10.0 * std::log10(power / 3.0);
    };
    const double before = short_term(0);
    const double now = short_term(1);
    // Out of silence the first sound is no startle: nothing was heard to rise from.
    if (before > kSilenceLufs + 1.0 && now - before > kStartleLu) mood_.arousal = clip(mood_.arousal + traits_.startle);
}

std::optional<flow::Rating> SimulatedListener::asked_felt(Time t, const std::optional<flow::Va>& shown) {
    advance_to(t);
    const bool answers = !answer_noise_.chance(traits_.missing);
    const double nv = answer_noise_.normal(0.0, traits_.rating_sd);
    const double na = answer_noise_.normal(0.0, traits_.rating_sd);
    if (!answers) return std::nullopt;
    const bool music = heard_.playing && heard_.kind != flow::ItemKind::kSilence;
    flow::Va said{mood_.valence + nv, mood_.arousal + na};
    if (music) {
        said.valence += fast_.valence;
        said.arousal += fast_.arousal;
    }
    if (shown) {
        said.valence += traits_.acquiescence * (shown->valence - said.valence);
        said.arousal += traits_.acquiescence * (shown->arousal - said.arousal);
    }
    flow::Rating rating;
    rating.t = t;
    rating.value = clip(said);
    rating.prompted = true;
    rating.blind = !shown.has_value();
    rating.music_playing = music;
    rating.actor = "simulated";
    return rating;
}

std::optional<flow::Rating> SimulatedListener::asked_liking(Time t, const ContentKey& track) {
    advance_to(t);
    const bool answers = !answer_noise_.chance(traits_.missing);
    const double noise = answer_noise_.normal(0.0, kLikingAnswerSd);
    if (!answers || plays_.find(track) == plays_.end()) return std::nullopt;
    flow::Rating rating;
    rating.t = t;
    rating.kind = flow::RatingKind::kLiking;
    rating.liking = clip(liking_now(track) + noise);
    rating.track = track;
    rating.prompted = true;
    rating.actor = "simulated";
    return rating;
}

bool SimulatedListener::take_skip() {
    const bool skip = skip_;
    skip_ = false;
    return skip;
}

void SimulatedListener::take_frames(std::vector<flow::SensorFrame>& out) {
    if (body_) body_->take_frames(out);
}

}  // namespace attune::sense
