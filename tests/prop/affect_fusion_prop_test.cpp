// SPDX-License-Identifier: GPL-3.0-or-later
/// Laws of the fusion: T4, T7, the hard bound, and that the order of steps does not matter.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "affect/fusion.hpp"
#include "affect/person.hpp"
#include "affect/tables.hpp"

namespace attune::affect {
namespace {

using Event = std::variant<flow::Rating, flow::Heard, flow::Evidence>;
struct Timed {
    Time t;
    Event event;
};

Time at_ms(int ms) { return {ms * 1'000'000LL}; }

/// A session as RapidCheck likes it: ratings, tracks and evidence of three sources at random times.
std::vector<Timed> random_session(int seconds, bool wild) {
    using rc::gen::inRange;
    std::vector<Timed> out;
    const auto unit = [] { return *inRange(-1000, 1001) / 1000.0; };
    const int ratings = *inRange(1, 8);
    for (int i = 0; i < ratings; ++i) {
        flow::Rating r;
        r.t = at_ms(i == 0 ? 0 : *inRange(0, seconds * 1000));
        r.value = wild ? flow::Va{unit(), unit()} : flow::Va{.1 + .2 * unit(), .2 * unit()};
        r.music_playing = *rc::gen::arbitrary<bool>();
        out.push_back({r.t, r});
    }
    const int tracks = *inRange(0, 6);
    for (int i = 0; i < tracks; ++i) {
        flow::Heard h;
        h.t = at_ms(*inRange(0, seconds * 1000));
        h.playing = *inRange(0, 5) > 0;
        h.kind = h.playing ? flow::ItemKind::kTrack : flow::ItemKind::kSilence;
        h.track.bytes[0] = static_cast<std::uint8_t>(i + 1);
        if (*inRange(0, 5) > 0) h.expressed = flow::Va{unit(), unit()};
        h.expressed_sd = flow::Va{.2, .2};
        h.predicted_liking = unit();
        h.predicted_liking_sd = .4;
        out.push_back({h.t, h});
    }
    const int start = *inRange(0, 20);
    const int amplitude = *inRange(1, 6);
    for (int t = start; t < seconds; t += 1) {
        flow::Evidence e;
        e.source = "wrist";
        e.kind = flow::SourceKind::kBody;
        e.t = at_ms(t * 1000 + 300);
        e.window_s = 60;
        e.dt_frame_s = 1;
        e.arousal = flow::Index{std::sin(t * .37) * amplitude + (t > 400 ? 3.0 : 0.0), .9, 1.0};
        e.model = "t@1";
        if (t % 17 == 3) e.abstained = flow::Abstain::kMotion;
        out.push_back({e.t, e});
        if (t % 2 == 0) {
            e.source = "camera";
            e.kind = flow::SourceKind::kFace;
            e.abstained.reset();
            e.t = at_ms(t * 1000 + 700);
            e.dt_frame_s = 2;
            e.valence = flow::Index{std::cos(t * .11) * amplitude, .9, 1.0};
            e.arousal.reset();
            out.push_back({e.t, e});
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Timed& a, const Timed& b) { return a.t < b.t; });
    return out;
}

void feed(Fusion& fusion, const Event& event) {
    if (const auto* r = std::get_if<flow::Rating>(&event)) fusion.on_rating(*r);
    if (const auto* h = std::get_if<flow::Heard>(&event)) fusion.on_heard(*h);
    if (const auto* e = std::get_if<flow::Evidence>(&event)) fusion.on_evidence(*e);
}

bool same(const flow::AffectState& a, const flow::AffectState& b) {
    return a.felt == b.felt && a.shadow == b.shadow && a.evidence == b.evidence && a.sources.size() == b.sources.size();
}

RC_GTEST_PROP(FusionLaws, AnySplitOfTheStepsGivesTheSameBits, ()) {
    const auto session = random_session(300, true);
    Fusion plain = *Fusion::create({}, {}), busy = *Fusion::create({}, {});
    int k = *rc::gen::inRange(1, 997);
    for (const Timed& timed : session) {
        feed(plain, timed.event);
        for (std::int64_t t = 0; t < timed.t.ns; t += timed.t.ns / 3 + 1) busy.advance_to({t});
        busy.advance_to({timed.t.ns - k});
        static_cast<void>(busy.state(timed.t));
        feed(busy, timed.event);
    }
    RC_ASSERT(same(plain.state(at_ms(310'250)), busy.state(at_ms(310'250))));
    Fusion ahead = plain;
    ahead.advance_to(at_ms(310'250));
    for (int t = 300'000; t <= 310'250; t += 250) plain.advance_to(at_ms(t));
    RC_ASSERT(same(plain.state(at_ms(310'250)), ahead.state(at_ms(310'250))));
}

RC_GTEST_PROP(FusionLaws, T7TheSameEventsGiveTheSameBits, ()) {
    const auto session = random_session(240, true);
    Fusion a = *Fusion::create({}, {}), b = *Fusion::create({}, {});
    for (const Timed& timed : session) {
        feed(a, timed.event);
        feed(b, timed.event);
        RC_ASSERT(same(a.state(timed.t), b.state(timed.t)));
    }
}

RC_GTEST_PROP(FusionLaws, EvidenceOfOneSecondMayArriveInAnyOrder, ()) {
    auto session = random_session(240, true);
    Fusion a = *Fusion::create({}, {}), b = *Fusion::create({}, {});
    for (const Timed& timed : session) feed(a, timed.event);
    // Swap neighbours that are both evidence of the same second.
    for (std::size_t i = 1; i < session.size(); ++i) {
        const bool evidence = std::holds_alternative<flow::Evidence>(session[i].event) && std::holds_alternative<flow::Evidence>(session[i - 1].event);
        if (evidence && session[i].t.ns / 1'000'000'000 == session[i - 1].t.ns / 1'000'000'000) std::swap(session[i], session[i - 1]);
    }
    for (const Timed& timed : session) feed(b, timed.event);
    RC_ASSERT(a.state(at_ms(245'000)).felt == b.state(at_ms(245'000)).felt);
}

RC_GTEST_PROP(FusionLaws, AllSensorsTogetherStayWithinTheHardBound, ()) {
    const auto session = random_session(900, true);
    Fusion fusion = *Fusion::create({}, {});
    for (const Timed& timed : session) {
        feed(fusion, timed.event);
        const auto s = fusion.state(timed.t);
        RC_ASSERT(std::isfinite(s.felt.mean.valence) && std::isfinite(s.felt.mean.arousal));
        RC_ASSERT(std::abs(s.felt.mean.valence) <= 1.0 && std::abs(s.felt.mean.arousal) <= 1.0);
        RC_ASSERT(flow::distance(s.felt.mean, s.shadow.mean) <= k::kMaxShift + 1e-12);
        RC_ASSERT(s.felt.sd_valence() >= (1 - k::kMaxShrink) * s.shadow.sd_valence() - 1e-12);
        RC_ASSERT(s.felt.sd_arousal() >= (1 - k::kMaxShrink) * s.shadow.sd_arousal() - 1e-12);
        RC_ASSERT(s.felt.cov[1] * s.felt.cov[1] <= s.felt.cov[0] * s.felt.cov[2]);
        const double sum = s.evidence.ratings + s.evidence.sensors + s.evidence.music;
        RC_ASSERT(!s.any_evidence || std::abs(sum - 1.0) < 1e-9);
    }
}

RC_GTEST_PROP(FusionLaws, T4AfterALossNoSdIsEverBelowThatOfTheRunThatKeptTheSource, ()) {
    const int seconds = 900;
    const auto session = random_session(seconds, false);
    const int loss_s = *rc::gen::inRange(100, 800);
    const bool both = *rc::gen::arbitrary<bool>();
    const std::string gone = *rc::gen::element(std::string("wrist"), std::string("camera"));
    Fusion kept = *Fusion::create({}, {}), lost = *Fusion::create({}, {});
    bool told = false;
    for (const Timed& timed : session) {
        if (!told && timed.t.seconds() >= loss_s) {
            told = true;
            for (Fusion* f : {&kept, &lost}) f->advance_to(at_ms(loss_s * 1000));
            for (const char* source : {"wrist", "camera"}) {
                if (both || gone == source) lost.on_source_lost(source, "unplugged");
            }
        }
        feed(kept, timed.event);
        const auto* e = std::get_if<flow::Evidence>(&timed.event);
        if (e == nullptr || !told || (!both && e->source != gone)) feed(lost, timed.event);
        for (const auto& check : kept.rating_checks()) RC_PRE(check.nis <= k::kRatingSurprise);
        if (!told) continue;
        const auto a = kept.state(timed.t), b = lost.state(timed.t);
        RC_ASSERT(b.felt.sd_valence() >= a.felt.sd_valence() * (1 - 1e-12));
        RC_ASSERT(b.felt.sd_arousal() >= a.felt.sd_arousal() * (1 - 1e-12));
        for (const auto& s : b.sources) {
            if (both || s.id == gone) RC_ASSERT(s.weight == 0.0);
        }
    }
}

RC_GTEST_PROP(FusionLaws, TheClosedFormOfAPlayIsWhatTheFilterDoes, (bool music)) {
    const auto unit = [] { return *rc::gen::inRange(-1000, 1001) / 1000.0; };
    PlayTuple play;
    play.before = {unit(), unit()};
    play.music.known = music;
    play.music.expressed = {unit(), unit()};
    play.music.expressed_sd = {.3, .2};
    play.music.liking = unit();
    play.music.liking_sd = .3;
    play.seconds = *rc::gen::inRange(1, 900);
    const MoodParams params = MoodParams::population();
    MoodFilter filter(params);
    filter.update_rating(play.before, {params.rating_sd.valence * params.rating_sd.valence, params.rating_sd.arousal * params.rating_sd.arousal});
    RC_PRE(std::abs(play.before.valence - .1) < 1.0 && std::abs(play.before.arousal) < 1.0);   // no surprise
    filter.start_item(play.music, filter.home());
    for (int t = 0; t < static_cast<int>(play.seconds); ++t) filter.step(1.0);
    const auto a = filter.mood();
    const auto b = predict_play(params, play);
    RC_ASSERT(std::abs(a.mean.valence - b.mean.valence) < 1e-9);
    RC_ASSERT(std::abs(a.mean.arousal - b.mean.arousal) < 1e-9);
    RC_ASSERT(std::abs(a.cov[0] - b.cov[0]) < 1e-9);
    RC_ASSERT(std::abs(a.cov[2] - b.cov[2]) < 1e-9);
}

}  // namespace
}  // namespace attune::affect
