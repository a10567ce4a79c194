// SPDX-License-Identifier: GPL-3.0-or-later
// The engine thread talks to: the control side (rings), the readers (their rings and states), the
// sink's ring (through its owner). It never opens, reads, locks, allocates or waits.
#include "play/engine.hpp"

#include <algorithm>
#include <cmath>

namespace attune::play {
namespace {

constexpr std::int64_t kLateFrames = 9600;        // 200 ms: fade while there is something to fade
constexpr std::int64_t kRecoveredFrames = 96000;  // 2 s
constexpr std::int64_t kTick = 4800;   // a tenth of a second: no segment goes beyond one
constexpr std::int64_t kOfflineMargin = 16384;    // beyond a block: stretcher and filters
constexpr double kSilence_lufs = -70.0;

}  // namespace

Engine::Engine(const EngineConfig& config) : config_(config), timeline_(config.timeline) {
    guard_.set_startle(config.startle_guard, config.startle_lu);
    if (config.output.calibrated)
        guard_.set_ceiling(config.ceiling_dba - config.output.dba_at_full_scale);
}

Engine::~Engine() {
    for (auto& v : voices_) v->close();
}

Result<std::unique_ptr<Engine>> Engine::create(const EngineConfig& config) {
    std::unique_ptr<Engine> e(new Engine(config));
    if (!config.samples) return e;
    for (int k = 0; k < kVoices; ++k) {
        ATTUNE_TRY(auto voice, Voice::create());
        e->voices_.push_back(std::move(voice));
    }
    for (int k = 0; k < kReaders; ++k)
        e->readers_.push_back(std::make_unique<Reader>(config.read_ahead_s));
    return e;
}

// ---- what comes in

void Engine::take_messages() noexcept {
    Message m;
    while (inbox_.pop(m)) {
        switch (m.kind) {
        case Message::Kind::kItem: timeline_.push(m.item); break;
        case Message::Kind::kAdopt: timeline_.adopt(m.adoption); break;
        case Message::Kind::kControl:
            if (m.control.kind == ControlKind::kStartleGuard)
                guard_.set_startle(m.control.value > 0.0, m.control.value);
            else
                timeline_.control(m.control);
            break;
        }
    }
}

bool Engine::in_use(const Reader* r) const noexcept {
    return std::any_of(voices_.begin(), voices_.end(), [&](const auto& v) { return v->holds(r); });
}

/// A reader that stands at that place, or a fresh one that is told to go there; null when all hang.
Reader* Engine::reader_for(const Item* item, std::int64_t first) noexcept {
    for (auto& r : readers_)
        if (r->item() == item && r->first() == first && !in_use(r.get())) return r.get();
    for (auto& r : readers_)
        if (r->open(item, first)) return r.get();
    return nullptr;
}

/// The item that a skip has just brought, before its first frame: a queue that was exchanged in the same breath never
/// expected it. Empty as soon as it sounds.
Timeline::Expected Engine::unheard() const noexcept {
    const NowPlaying now = timeline_.now(false);
    if (now.item == nullptr || !now.item->is_track() || now.position_s > now.item->plan.in_s + 1e-4) return {};
    return {now.item, std::max<std::int64_t>(0, std::llround(now.item->plan.in_s * now.item->source_rate_hz))};
}

/// Opens what is expected soon and closes what no longer is.
void Engine::preload() noexcept {
    std::array<Timeline::Expected, 5> wanted;
    for (int k = 0; k < 4; ++k) wanted[static_cast<std::size_t>(k)] = timeline_.expected(k);
    wanted[4] = unheard();
    for (auto& r : readers_) {
        if (r->item() == nullptr || in_use(r.get())) continue;
        const bool keep = std::any_of(wanted.begin(), wanted.end(), [&](const auto& w) {
            return w.item == r->item() && w.source_first == r->first();
        });
        if (!keep) r->close();
    }
    for (const auto& w : wanted)
        if (w.item != nullptr && w.item->is_track()) (void)reader_for(w.item, w.source_first);
}

/// Real lengths, failures and breaks go to the timeline.
void Engine::news_of_readers() noexcept {
    for (auto& r : readers_) {
        const Item* item = r->item();
        if (item == nullptr) continue;
        const bool failed = r->failed();
        if (r->opened() && !failed && r->source_frames() > 0)
            timeline_.set_source_frames(item, r->source_frames(), r->rate_hz());
        if (!failed || r->told()) continue;
        r->mark_told();
        if (r->opened() && r->source_frames() > r->first() + r->rate_hz() / 2)
            timeline_.truncate(item, r->source_frames(), r->rate_hz(), r->error());
        else
            timeline_.fail(item, r->error());
    }
}

// ---- rendering

Voice* Engine::voice_of(std::uint32_t play) noexcept {
    for (auto& v : voices_)
        if (v->active() && v->play() == play) return v.get();
    return nullptr;
}

void Engine::follow_voice(Voice& v, const VoiceSegment& s) noexcept {
    if (v.play() != s.play) {
        v.close();
        const bool live = s.opened->plan.kind == flow::ItemKind::kCompose;
        v.open(s.play, live ? nullptr : reader_for(s.opened, s.source_first),
               live ? s.opened->source.get() : nullptr);
        v.set_appended(0);
    }
    if (v.appended() == s.appended_count) return;
    if (!v.wants_append() || s.appended == nullptr) return;
    const auto first =
        static_cast<std::int64_t>(std::llround(s.appended->plan.in_s * s.appended->source_rate_hz));
    v.append(reader_for(s.appended, std::max<std::int64_t>(0, first)));
    v.set_appended(s.appended_count);
}

void Engine::follow(const Segment& s) noexcept {
    for (std::size_t k = 0; k < voices_.size(); ++k) {
        Voice& v = *voices_[k];
        if (s.voices[k].active)
            follow_voice(v, s.voices[k]);
        else if (v.active())
            v.close();
    }
}

void Engine::watch_supply(const Segment& s) noexcept {
    double least = 1e9;
    for (std::size_t k = 0; k < voices_.size(); ++k) {
        const VoiceSegment& seg = s.voices[k];
        if (!seg.active) continue;
        const std::int64_t supply = voices_[k]->supply(seg.position);
        least = std::min(least, static_cast<double>(supply) / kEngineRate.hz);
        if (supply < kLateFrames)
            timeline_.set_starving(seg.play, true);
        else if (supply > kRecoveredFrames)
            timeline_.set_starving(seg.play, false);
        if (voices_[k]->broken()) {
            (void)events_.push(Event{EventKind::kNanFromSource,
                                     {timeline_.frame()},
                                     seg.item->plan.id,
                                     ErrorCode::kCorrupt});
            timeline_.fail(seg.item, ErrorCode::kCorrupt);
        }
    }
    buffered_s_.store(least > 1e8 ? 0.0 : least, std::memory_order_relaxed);
}

bool Engine::ready(std::int64_t frames) noexcept {
    take_messages();
    preload();
    news_of_readers();
    for (const auto& v : voices_) {
        if (!v->active() || v->reader() == nullptr) continue;
        if (v->reader()->failed()) continue;
        if (v->supply(v->position()) < frames + kOfflineMargin) return false;
    }
    for (const auto& w : {timeline_.expected(0), timeline_.expected(1), timeline_.expected(3), unheard()}) {
        if (w.item == nullptr || !w.item->is_track()) continue;
        const Reader* r = reader_for(w.item, w.source_first);
        if (r == nullptr) return false;   // all of them are still closing
        if (r->failed()) continue;
        if (!r->opened()) return false;
        if (!r->finished() && static_cast<std::int64_t>(r->size()) < std::int64_t{3} * r->rate_hz()) return false;
    }
    return true;
}

void Engine::render(std::span<float> left, std::span<float> right) noexcept {
    take_messages();
    preload();
    std::size_t done = 0;
    while (done < left.size()) {
        news_of_readers();
        const auto most = std::min(static_cast<std::int64_t>(left.size() - done), to_next_tick());
        const Segment s = timeline_.advance(static_cast<int>(most));
        const auto n = static_cast<std::size_t>(s.frames);
        const auto l = left.subspan(done, n), r = right.subspan(done, n);
        std::fill(l.begin(), l.end(), 0.0F);
        std::fill(r.begin(), r.end(), 0.0F);
        follow(s);
        for (std::size_t k = 0; k < voices_.size(); ++k)
            if (s.voices[k].active) voices_[k]->mix(s.voices[k], l, r);
        watch_supply(s);
        bed_.mix(l, r, s.bed_from, s.bed_to);
        guard_.process(l, r);
        meter_.process(l, r);
        done += n;
        report();
    }
}

void Engine::step(std::int64_t frames) noexcept {
    take_messages();
    const std::int64_t until = timeline_.frame() + frames;
    while (timeline_.frame() < until) {
        const auto left = std::min(until - timeline_.frame(), to_next_tick());
        const double before = timeline_.now().lufs.value_or(kSilence_lufs);
        const Segment s = timeline_.advance(static_cast<int>(left));
        if (before > kSilence_lufs) second_energy_ += std::pow(10.0, before / 10.0) * s.frames;
        second_frames_ += s.frames;
        report();
    }
}

// ---- what goes out

/// Every second of the engine: what the ears got.
void Engine::exposure_of_second() noexcept {
    Exposure e;
    e.engine_frame = timeline_.frame();
    e.calibrated = config_.output.calibrated;
    if (config_.samples) {
        e.dba = config_.output.dba_of_mean_square(meter_.take_a_mean_square());
    } else {
        const double mean =
            second_frames_ > 0 ? second_energy_ / static_cast<double>(second_frames_) : 0.0;
        e.dba = config_.output.dba_of_lufs(mean > 1e-9 ? 10.0 * std::log10(mean) : kSilence_lufs);
        second_energy_ = 0.0;
        second_frames_ = 0;
    }
    if (!exposures_.push(e)) lost_.fetch_add(1, std::memory_order_relaxed);
}

void Engine::report() noexcept {
    while (const auto join = timeline_.take_join())
        if (!joins_.push(*join)) lost_.fetch_add(1, std::memory_order_relaxed);
    while (const auto event = timeline_.take_event())
        if (!events_.push(*event)) lost_.fetch_add(1, std::memory_order_relaxed);
    ended_.store(timeline_.ended(), std::memory_order_relaxed);
    frame_.store(timeline_.frame(), std::memory_order_relaxed);
    const bool second = timeline_.frame() % kEngineRate.hz == 0;
    const NowPlaying who = timeline_.now(false);
    const Id item = who.item != nullptr ? who.item->plan.id : Id{};
    const bool change = !reported_ || item != last_.item || who.playing != last_.playing ||
                        who.bed != last_.bed;
    // A change is told at the next tick, so that all ways to run tell it at the same frame, whatever their blocks.
    if (second || !reported_ || (change && timeline_.frame() % kTick == 0)) say_heard();
    if (second) exposure_of_second();
}

std::int64_t Engine::to_next_tick() const noexcept { return kTick - timeline_.frame() % kTick; }

void Engine::say_heard() noexcept {
    const NowPlaying now = timeline_.now();
    flow::Heard h;
    h.frame = {timeline_.frame()};
    if (now.item != nullptr) {
        h.item = now.item->plan.id;
        h.kind = now.item->plan.kind;
        h.track = now.item->plan.track;
        h.position_s = now.position_s;
    }
    h.tempo_ratio = now.ratio;
    h.gain_db = now.gain_db;
    h.playing = now.playing;
    h.bed = now.bed;
    h.lufs_momentary = config_.samples ? meter_.momentary_lufs() : now.lufs.value_or(kSilence_lufs);
    reported_ = true;
    last_ = h;
    if (!heard_.push(h)) lost_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace attune::play
