// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/fusion.hpp"

#include <algorithm>
#include <cmath>

#include "affect/tables.hpp"

namespace attune::affect {
namespace {

constexpr double kUnknownModelSd = .35;   // chosen: a music model that gives no SD
constexpr double kUnknownLikingSd = .5;   // fitted: spread of liking in SiTunes
constexpr double kRatedLikingSd = .15;    // chosen: one answer about liking
constexpr double kDeviationTauS = 60.0;   // chosen: what "now" means when a rating judges a source
constexpr double kStaleS = 30.0;          // chosen: later evidence says nothing about now
constexpr double kLeastR = .01;           // below this a source is not used at all
constexpr std::size_t kMusic = static_cast<std::size_t>(Voice::kMusic);
constexpr std::size_t kRatings = static_cast<std::size_t>(Voice::kRatings);
constexpr std::size_t kFirst = static_cast<std::size_t>(Voice::kFirstSource);

constexpr double square(double x) { return x * x; }
double index_scale(std::size_t dim) { return dim == 0 ? k::kIndexScaleV : k::kIndexScaleA; }
double& part(flow::Va& va, std::size_t dim) { return dim == 0 ? va.valence : va.arousal; }
double part(const flow::Va& va, std::size_t dim) { return dim == 0 ? va.valence : va.arousal; }
const char* dim_name(std::size_t dim) { return dim == 0 ? "valence" : "arousal"; }

std::string record_key(flow::SourceKind kind, std::size_t dim) {
    return std::string(flow::to_string(kind)) + "/" + dim_name(dim);
}

MusicInput input_of(const flow::Heard& heard) {
    MusicInput music;
    music.known = heard.playing && heard.expressed.has_value();
    if (!music.known) return music;
    music.expressed = *heard.expressed;
    music.expressed_sd = heard.expressed_sd.value_or(flow::Va{kUnknownModelSd, kUnknownModelSd});
    music.liking = std::clamp(heard.predicted_liking.value_or(0.0), -1.0, 1.0);
    music.liking_sd = heard.predicted_liking ? heard.predicted_liking_sd.value_or(kUnknownLikingSd) : kUnknownLikingSd;
    return music;
}

bool same_item(const flow::Heard& a, const flow::Heard& b) {
    return a.item == b.item && a.kind == b.kind && a.track == b.track;
}

Result<void> check_range(const char* name, double value, double low, double high) {
    if (value >= low && value <= high) return {};
    return fail(ErrorCode::kBadArgument,
                std::string(name) + " " + std::to_string(value) + " is outside " + std::to_string(low) + ".." +
                    std::to_string(high),
                "person prior");
}

}  // namespace

Result<Fusion> Fusion::create(const FusionConfig& config, const PersonPrior& prior) {
    const MoodParams& m = prior.mood;
    for (std::size_t dim = 0; dim < 2; ++dim) {
        ATTUNE_CHECK(check_range("home", part(m.home, dim), -1.0, 1.0));
        ATTUNE_CHECK(check_range("home SD", part(m.home_sd, dim), .01, 1.0));
        ATTUNE_CHECK(check_range("pull", part(m.pull, dim), -1.0, 1.0));
        ATTUNE_CHECK(check_range("pull SD", part(m.pull_sd, dim), 0.0, 1.0));
        ATTUNE_CHECK(check_range("process SD", part(m.process_sd, dim), .01, 1.0));
        ATTUNE_CHECK(check_range("rating SD", part(m.rating_sd, dim), k::kRatingSdMin, k::kRatingSdMax));
    }
    ATTUNE_CHECK(check_range("beta", m.beta, -1.0, 2.0));
    ATTUNE_CHECK(check_range("beta SD", m.beta_sd, 0.0, 1.0));
    ATTUNE_CHECK(check_range("tau", m.tau_s, 30.0, 3600.0));
    return Fusion(config, prior);
}

Fusion::Fusion(const FusionConfig& config, const PersonPrior& prior)
    : config_(config), prior_(prior), shadow_(prior.mood), full_(prior.mood) {}

void Fusion::advance_to(Time t) {
    const std::int64_t target = t.ns / 1'000'000'000;
    while (second_ < target) {
        apply_pending();
        shadow_.step(k::kStepS);
        full_.step(k::kStepS);
        for (Tracked& source : sources_) source.own.step(k::kStepS);
        ++second_;
        notice_silence();
    }
}

void Fusion::on_heard(const flow::Heard& heard) {
    advance_to(heard.t);
    const MusicInput music = input_of(heard);
    const bool starts = !heard_ || !same_item(*heard_, heard) || (music.known && !shadow_.music().known);
    if (starts) {
        apply_pending();
        const flow::Va home = shadow_.home();
        shadow_.start_item(music, home);
        full_.start_item(music, home);
        for (Tracked& source : sources_) source.own.start_item(music, home);
    } else {
        shadow_.set_music(music);
        full_.set_music(music);
        for (Tracked& source : sources_) source.own.set_music(music);
    }
    heard_ = heard;
}

void Fusion::on_rating(const flow::Rating& rating) {
    advance_to(rating.t);
    if (!rating.touched) return;
    apply_pending();
    if (rating.kind == flow::RatingKind::kLiking && rating.liking && heard_ && rating.track &&
        *rating.track == heard_->track && std::isfinite(*rating.liking)) {
        const double liking = std::clamp(*rating.liking, -1.0, 1.0);
        shadow_.update_liking(liking, kRatedLikingSd);
        full_.update_liking(liking, kRatedLikingSd);
        for (Tracked& source : sources_) source.own.update_liking(liking, kRatedLikingSd);
    }
    if (rating.kind != flow::RatingKind::kFelt || !rating.value) return;
    if (!std::isfinite(rating.value->valence) || !std::isfinite(rating.value->arousal)) return;
    const flow::Va z{std::clamp(rating.value->valence, -1.0, 1.0), std::clamp(rating.value->arousal, -1.0, 1.0)};
    const double music = rating.music_playing ? square(k::kInMusicSd) : 0.0;
    const flow::Va variance{square(prior_.mood.rating_sd.valence) + music,
                            square(prior_.mood.rating_sd.arousal) + music};
    if (rating.blind) earn(rating);
    RatingCheck check{rating.t, {}, shadow_.rating_variance(variance), 0.0, rating.blind};
    const flow::Va before = shadow_.mood().mean;
    check.innovation = {z.valence - before.valence, z.arousal - before.arousal};
    check.nis = shadow_.update_rating(z, variance);
    checks_.push_back(check);
    full_.update_rating(z, variance);
    for (Tracked& source : sources_) source.own.update_rating(z, variance);
    ++ratings_;
}

void Fusion::on_evidence(const flow::Evidence& evidence) {
    advance_to(evidence.t);
    if (config_.use_sensors) pending_.push_back(evidence);
}

Fusion::Tracked& Fusion::tracked(const std::string& id, flow::SourceKind kind) {
    const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const Tracked& s) { return s.id == id; });
    if (found != sources_.end()) return *found;
    Tracked source(id, kind, shadow_);
    source.voice = std::min(kFirst + sources_.size(), MoodFilter::kMaxVoices - 1);
    sources_.push_back(std::move(source));
    return sources_.back();
}

void Fusion::set_status(Tracked& source, flow::SourceStatus status, std::string reason) {
    source.status = status;
    source.reason = std::move(reason);
    if (status != flow::SourceStatus::kActive) source.weight_now = 0.0;
}

/// The first reason stands until it speaks again.
void Fusion::lose(Tracked& source, std::string reason) {
    if (source.status == flow::SourceStatus::kLost) return;
    set_status(source, flow::SourceStatus::kLost, std::move(reason));
    for (Channel& channel : source.channels) channel.has_deviation = false;
}

void Fusion::on_source_added(const std::string& id, flow::SourceKind kind) { tracked(id, kind); }

void Fusion::on_source_unavailable(const std::string& id, flow::SourceKind kind, const std::string& reason) {
    set_status(tracked(id, kind), flow::SourceStatus::kUnavailable, reason);
}

void Fusion::on_source_lost(const std::string& id, const std::string& reason) {
    apply_pending();
    for (Tracked& source : sources_) {
        if (source.id == id && !source.removed) lose(source, reason);
    }
}

void Fusion::on_source_removed(const std::string& id) {
    apply_pending();
    for (Tracked& source : sources_) {
        if (source.id != id) continue;
        source.removed = true;
        set_status(source, flow::SourceStatus::kOff, "removed");
    }
}

void Fusion::on_source_returned(const std::string& id) {
    apply_pending();
    for (Tracked& source : sources_) {
        if (source.id != id || !source.removed) continue;
        source.removed = false;
        set_status(source, flow::SourceStatus::kWarmingUp, "");
        for (Channel& channel : source.channels) channel.has_deviation = false;
    }
}

void Fusion::apply_pending() {
    if (pending_.empty()) return;
    std::stable_sort(pending_.begin(), pending_.end(), [](const flow::Evidence& a, const flow::Evidence& b) {
        const int order_a = source_row(a.kind).order;
        const int order_b = source_row(b.kind).order;
        if (order_a != order_b) return order_a < order_b;
        return a.source != b.source ? a.source < b.source : a.t < b.t;
    });
    for (const flow::Evidence& evidence : pending_) apply(evidence);
    pending_.clear();
}

void Fusion::apply(const flow::Evidence& evidence) {
    Tracked& source = tracked(evidence.source, evidence.kind);
    if (source.removed || evidence.t.seconds() < static_cast<double>(second_) - kStaleS) return;
    if (evidence.abstained == flow::Abstain::kStale && source_row(source.kind).continuous) {
        lose(source, flow::to_string(flow::Abstain::kStale));   // the recogniser is there, its sensor is not
        return;
    }
    source.last_t = evidence.t;
    source.origin = flow::worst(source.origin, evidence.origin);
    source.stress = evidence.stress;
    if (evidence.abstained) {
        const bool warming = *evidence.abstained == flow::Abstain::kWarmingUp;
        set_status(source, warming ? flow::SourceStatus::kWarmingUp : flow::SourceStatus::kAbstaining,
                   flow::to_string(*evidence.abstained));
        return;
    }
    if (evidence.quality >= flow::Quality::kAlert) {
        set_status(source, flow::SourceStatus::kAbstaining, flow::to_string(flow::Abstain::kPoorSignal));
        return;
    }
    set_status(source, flow::SourceStatus::kActive, {});
    source.r_used = 0.0;
    if (evidence.valence) apply_index(source, 0, *evidence.valence, evidence);
    if (evidence.arousal) apply_index(source, 1, *evidence.arousal, evidence);
}

void Fusion::start_channel(Tracked& source, std::size_t dim, const flow::Index& index, const std::string& model) {
    Channel& channel = source.channels[dim];
    const SourceRow& row = source_row(source.kind);
    if (full_.biases() >= MoodFilter::kMaxBias) {
        set_status(source, flow::SourceStatus::kUnavailable, "too many sources");
        return;
    }
    channel.informs = true;
    channel.own_slot = source.own.add_bias();
    channel.full_slot = full_.add_bias();
    channel.model = model;
    const double allowed = std::clamp(index.r_rec, 0.0, 1.0) * row.coherence;
    channel.start = std::min(allowed, dim == 0 ? row.start_v : row.start_a);
    channel.cap = dim == 0 ? row.cap_v : row.cap_a;
    SourceRecord& record = prior_.sources[record_key(source.kind, dim)];
    if (record.model != model) record = SourceRecord{model, {}, {}};
    channel.earning = judge(record.points, channel.start, channel.cap);
    if (record.baseline.ready()) {
        channel.frozen = true;
        channel.mean = record.baseline.mean();
        channel.sd = record.baseline.sd();
    }
}

void Fusion::watch_nis(Tracked& source, std::size_t dim, double nis, double dt_s) {
    Channel& channel = source.channels[dim];
    const bool wild = nis > k::kAlertNis;
    channel.high_nis_s = wild ? channel.high_nis_s + dt_s : 0.0;
    channel.clean_s = wild ? 0.0 : channel.clean_s + dt_s;
    if (channel.high_nis_s >= k::kAlertAfterS) channel.alert = true;
    if (channel.alert && channel.clean_s >= k::kAlertClearS) channel.alert = false;
    if (channel.alert) set_status(source, flow::SourceStatus::kAlert, "disagrees with everything else");
}

void Fusion::apply_index(Tracked& source, std::size_t dim, const flow::Index& index,
                         const flow::Evidence& evidence) {
    const SourceRow& row = source_row(source.kind);
    const double cap = dim == 0 ? row.cap_v : row.cap_a;
    if (cap <= 0.0 || !std::isfinite(index.x)) return;
    Channel& channel = source.channels[dim];
    if (!channel.informs) start_channel(source, dim, index, evidence.model);
    if (!channel.informs) return;

    double dt_s = evidence.dt_frame_s > 0.0 ? evidence.dt_frame_s : std::max(evidence.window_s, 1.0);
    channel.session.add(index.x, std::min(dt_s, 2.0 * row.tau_c_s));
    if (!channel.frozen) {
        if (!channel.session.ready()) {
            set_status(source, flow::SourceStatus::kWarmingUp, flow::to_string(flow::Abstain::kWarmingUp));
            return;
        }
        channel.frozen = true;
        channel.mean = channel.session.mean();
        channel.sd = channel.session.sd();
    }
    const double z = (index.x - channel.mean) / channel.sd;
    channel.deviation_s = std::min(channel.deviation_s + dt_s, kDeviationTauS);
    channel.deviation += std::min(1.0, dt_s / channel.deviation_s) * (z - channel.deviation);
    channel.has_deviation = true;

    const double s = index_scale(dim);
    const double y = z * s;
    const double r = channel.earning.r * std::clamp(index.r_dom, 0.0, 1.0);
    if (dim == 0 && channel.earning.n < row.ratings_before_v) return;
    // An index with SD s about a mood with SD s and correlation r has variance 2 s^2 (1 - r), far less than R
    // of a weak source: judged against R a source could never look wrong.
    const double nis = source.own.index_nis(dim, channel.own_slot, y, 2.0 * s * s * (1.0 - r));
    watch_nis(source, dim, nis, dt_s);
    if (channel.alert || r < kLeastR) return;
    const double frames = std::max(1.0, 2.0 * row.tau_c_s / dt_s);
    const double variance = s * s * (1.0 - r * r) / (r * r) * frames;
    const double share = 1.0 / (1.0 + nis / k::kGateNis);
    source.own.update_index(dim, channel.own_slot, y, variance, share, source.voice);
    full_.update_index(dim, channel.full_slot, y, variance, share, source.voice);
    source.r_used = std::max(source.r_used, r);
}

void Fusion::earn(const flow::Rating& rating) {
    const double music = rating.music_playing ? square(k::kInMusicSd) : 0.0;
    const flow::VaGaussian predicted = shadow_.mood();
    for (Tracked& source : sources_) {
        const bool speaks = source.status == flow::SourceStatus::kActive || source.status == flow::SourceStatus::kAlert;
        for (std::size_t dim = 0; dim < 2; ++dim) {
            Channel& channel = source.channels[dim];
            if (!speaks || !channel.informs || !channel.frozen || !channel.has_deviation) continue;
            const double variance = (dim == 0 ? predicted.cov[0] : predicted.cov[2]) +
                                    square(part(prior_.mood.rating_sd, dim)) + music;
            EarningPoint point{config_.day, config_.session, 0.0, channel.deviation};
            point.residual = (part(*rating.value, dim) - part(predicted.mean, dim)) / std::sqrt(variance);
            SourceRecord& record = prior_.sources[record_key(source.kind, dim)];
            record.points.push_back(point);
            if (record.points.size() > SourceRecord::kMaxPoints) record.points.erase(record.points.begin());
            channel.earning = judge(record.points, channel.start, channel.cap);
        }
    }
}

void Fusion::notice_silence() {
    for (Tracked& source : sources_) {
        if (!source.last_t || !source_row(source.kind).continuous || source.removed) continue;
        if (source.status == flow::SourceStatus::kLost || source.status == flow::SourceStatus::kUnavailable) continue;
        if (static_cast<double>(second_) - source.last_t->seconds() > k::kLostAfterS) {
            lose(source, flow::to_string(flow::Abstain::kStale));
        }
    }
}

bool Fusion::any_earned() const {
    for (const Tracked& source : sources_) {
        const bool gone = source.removed || source.status == flow::SourceStatus::kLost;
        for (const Channel& channel : source.channels) {
            if (!gone && channel.informs && channel.earning.earned) return true;
        }
    }
    return false;
}

flow::VaGaussian Fusion::bounded(const flow::VaGaussian& full, const flow::VaGaussian& shadow) const {
    const bool earned = any_earned();
    const double max_shift = earned ? k::kMaxShiftEarned : k::kMaxShift;
    const double keep = 1.0 - (earned ? k::kMaxShrinkEarned : k::kMaxShrink);
    const double shift = flow::distance(full.mean, shadow.mean);
    const double scale = shift > max_shift ? max_shift / shift : 1.0;
    flow::VaGaussian out;
    for (std::size_t dim = 0; dim < 2; ++dim) {
        part(out.mean, dim) = part(shadow.mean, dim) + scale * (part(full.mean, dim) - part(shadow.mean, dim));
    }
    const double vv = std::max(full.cov[0], keep * keep * shadow.cov[0]);
    const double aa = std::max(full.cov[2], keep * keep * shadow.cov[2]);
    out.cov = {vv, full.cov[1] * std::sqrt(vv / full.cov[0] * (aa / full.cov[2])), aa};
    return out;
}

void Fusion::fill_sources(flow::AffectState& out) const {
    const auto voice_weight = [&](std::size_t voice) {
        return .5 * (std::abs(full_.weight(voice, 0)) + std::abs(full_.weight(voice, 1)));
    };
    double sensors = 0.0;
    for (std::size_t v = kFirst; v < MoodFilter::kMaxVoices; ++v) sensors += voice_weight(v);
    const double total = voice_weight(kRatings) + voice_weight(kMusic) + sensors;
    if (total > 0.0) out.evidence = {voice_weight(kRatings) / total, sensors / total, voice_weight(kMusic) / total};
    for (const Tracked& source : sources_) {
        flow::SourceState s;
        s.id = source.id;
        s.kind = source.kind;
        s.status = source.status;
        s.reason = source.reason;
        s.last_t = source.last_t;
        s.r = source.r_used;
        for (const Channel& channel : source.channels) {
            s.n_ratings = std::max(s.n_ratings, channel.informs ? channel.earning.n : 0);
            s.earned = s.earned || (channel.informs && channel.earning.earned);
        }
        if (source.status == flow::SourceStatus::kActive) {
            s.weight = total > 0.0 ? voice_weight(source.voice) / total : 0.0;
            if (!s.earned) s.reason = "not informative for you yet (" + std::to_string(s.n_ratings) + ")";
            if (s.earned && source.stress && source.kind == flow::SourceKind::kBody) out.stress = source.stress;
        }
        out.sources.push_back(std::move(s));
    }
}

std::optional<double> Fusion::baseline_seen_s(const std::string& id) const {
    std::optional<double> seen;
    for (const Tracked& source : sources_)
        for (const Channel& channel : source.channels)
            if (source.id == id && channel.informs && !channel.frozen) seen = std::min(seen.value_or(1e9), channel.session.seconds());
    return seen;
}

std::optional<double> Fusion::activation_sd(const std::string& id) const {
    for (const Tracked& source : sources_) {
        if (source.id != id || source.status != flow::SourceStatus::kActive || source.r_used <= 0.0) continue;
        const Channel& arousal = source.channels[1];
        if (arousal.informs && arousal.has_deviation) return arousal.deviation;
    }
    return std::nullopt;
}

flow::AffectState Fusion::state(Time t) const {
    if (!pending_.empty()) {
        Fusion next = *this;
        next.apply_pending();
        return next.state(t);
    }
    MoodFilter full = full_;
    MoodFilter shadow = shadow_;
    const double ahead_s = t.seconds() - static_cast<double>(second_);
    if (ahead_s > 0.0) {
        full.step(ahead_s);
        shadow.step(ahead_s);
    }
    flow::AffectState out;
    out.t = t;
    out.shadow = shadow.mood();
    out.felt = bounded(full.mood(), out.shadow);
    for (flow::VaGaussian* g : {&out.felt, &out.shadow}) {
        g->mean = {std::clamp(g->mean.valence, -1.0, 1.0), std::clamp(g->mean.arousal, -1.0, 1.0)};
    }
    out.any_evidence = ratings_ > 0;
    out.origin = config_.origin;
    for (const Tracked& source : sources_) out.origin = flow::worst(out.origin, source.origin);
    fill_sources(out);
    return out;
}

SourceRecords Fusion::records() const {
    SourceRecords out = prior_.sources;
    for (const Tracked& source : sources_) {
        for (std::size_t dim = 0; dim < 2; ++dim) {
            const Channel& channel = source.channels[dim];
            if (channel.informs) out[record_key(source.kind, dim)].baseline.merge(channel.session);
        }
    }
    return out;
}

}  // namespace attune::affect
