// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: talks to the engine thread by ring_, reads wish_ and position_. Never waits for it.
// Engine thread: pops ring_, reads wish_, writes position_. Never allocates, locks or composes.
#include "compose/live_source.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "compose/rule_engine.hpp"
#include "core/text.hpp"
#include "core/units.hpp"

namespace attune::compose {
namespace {

constexpr std::size_t kRing = 16384;
constexpr double kReach_s = .04;   ///< a change cannot be nearer than this to what sounds now
constexpr double kTail_s = 3.0;
constexpr int kBarsAhead = 2;

}  // namespace

const char* to_string(When when) noexcept {
    switch (when) {
    case When::kImmediate: return "immediate";
    case When::kBeat: return "beat";
    case When::kBar: return "bar";
    case When::kPhrase: return "phrase";
    }
    return "bar";
}

LiveSource::LiveSource(Composer composer, Performer performer, const LiveOptions& options)
    : composer_(std::move(composer)), options_(options), ring_(kRing), performer_(std::move(performer)) {
    const Score& head = composer_.head();
    seen_.controls = head.controls;
    seen_.target = head.target;
    performer_.set_notch(options.notch_hz);
    performer_.begin(head.tempo_bpm(), head.controls[Control::kTimbre], head.calibration_db + intensity_db(head.controls));
}

Result<std::unique_ptr<LiveSource>> LiveSource::create(Brief brief, const LiveOptions& options) {
    auto engine = make_engine(brief.engine);
    if (engine) return create(std::move(brief), options, *std::move(engine));
    // A learned engine without its model: the music comes all the same, and the record says from whom.
    ATTUNE_TRY(auto source, create(std::move(brief), options, std::make_unique<RuleEngine>()));
    source->engine_missing_ = engine.error().message;
    source->events_.insert(source->events_.begin(), {LiveEvent::Kind::kFellBack, 0, EngineKind::kRule, 0, source->seen_.controls});
    return source;
}

Result<std::unique_ptr<LiveSource>> LiveSource::create(Brief brief, const LiveOptions& options, std::unique_ptr<Engine> engine) {
    brief.endless = options.seconds <= 0.0;
    if (!brief.endless) brief.seconds = options.seconds;
    ATTUNE_TRY(auto composer, Composer::create(brief, std::move(engine)));
    ATTUNE_TRY(auto synth, Synth::create(options.soundfont));
    Performer performer(std::move(synth), composer.head().parts);
    auto source = std::unique_ptr<LiveSource>(new LiveSource(std::move(composer), std::move(performer), options));
    static_cast<void>(source->work());
    return source;
}

Result<void> LiveSource::set(const flow::Va& target, const Controls& controls, When when) {
    ATTUNE_CHECK(controls.check());
    if (!(std::abs(target.valence) <= 1.0 && std::abs(target.arousal) <= 1.0))
        return fail(ErrorCode::kBadArgument, "target " + core::format_double(target.valence) + "," + core::format_double(target.arousal) +
                                                 "; each is allowed in -1..1");
    const unsigned version = wish_.version.load(std::memory_order_relaxed);
    wish_.version.store(version + 1, std::memory_order_relaxed);  // odd: being written
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < controls.value.size(); ++i) wish_.control[i].store(controls.value[i], std::memory_order_relaxed);
    wish_.valence.store(target.valence, std::memory_order_relaxed);
    wish_.arousal.store(target.arousal, std::memory_order_relaxed);
    wish_.when.store(static_cast<int>(when), std::memory_order_relaxed);
    wish_.version.store(version + 2, std::memory_order_release);
    return {};
}

bool LiveSource::read(Asked& asked) const noexcept {
    const unsigned before = wish_.version.load(std::memory_order_acquire);
    if (before % 2 != 0) return false;
    for (std::size_t i = 0; i < asked.controls.value.size(); ++i) asked.controls.value[i] = wish_.control[i].load(std::memory_order_relaxed);
    asked.target = {wish_.valence.load(std::memory_order_relaxed), wish_.arousal.load(std::memory_order_relaxed)};
    asked.when = static_cast<When>(wish_.when.load(std::memory_order_relaxed));
    std::atomic_thread_fence(std::memory_order_acquire);
    if (wish_.version.load(std::memory_order_relaxed) != before) return false;  // torn: next time
    asked.version = before;
    return true;
}

void LiveSource::post(const Message& message) {
    if (overflow_.empty() && ring_.push(message)) return;
    overflow_.push_back(message);
}

void LiveSource::post_phrase(const ComposedPhrase& phrase, Ticks from) {
    for (const Note& note : phrase.notes)
        if (note.start >= from) post({Message::Kind::kNote, note.start, 0, 0, note});
}

void LiveSource::compose_ahead() {
    const Ticks bar = composer_.head().ticks_per_bar();
    while (!last_composed_) {
        const Ticks until = phrases_.empty() ? 0 : phrases_.back().start + phrases_.back().idea.length;
        if (!phrases_.empty() && until - position() > kBarsAhead * bar) return;
        Late late;
        if (options_.patience_s > 0) {
            const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(options_.patience_s);
            late = [deadline] { return std::chrono::steady_clock::now() > deadline; };
        }
        if (finish_.load(std::memory_order_acquire)) composer_.end_with_next();
        ComposedPhrase phrase = composer_.next(late);
        events_.push_back({phrase.fell_back ? LiveEvent::Kind::kFellBack : LiveEvent::Kind::kPhrase, phrase.start, phrase.engine,
                           phrase.request.serial, phrase.request.controls});
        post({Message::Kind::kTempo, phrase.start, phrase.bpm, 0, {}});
        post_phrase(phrase, phrase.start);
        last_composed_ = phrase.last;
        if (last_composed_) post({Message::Kind::kEnd, phrase.start + phrase.idea.length, 0, 0, {}});
        phrases_.push_back(std::move(phrase));
    }
}

Ticks LiveSource::boundary(When when) const {
    const Ticks bar = composer_.head().ticks_per_bar();
    const double bpm = tempo_bpm(seen_.controls);
    const auto reach = static_cast<Ticks>(kReach_s * bpm / 60.0 * static_cast<double>(kTicksPerBeat));
    const Ticks now = position() + reach;
    const auto next = [&](Ticks grid) { return (now / grid + 1) * grid; };
    switch (when) {
    case When::kImmediate: return next(kSixteenth);
    case When::kBeat: return next(kTicksPerBeat);
    case When::kBar: return next(bar);
    case When::kPhrase:
        for (const auto& phrase : phrases_)
            if (phrase.start > now) return phrase.start;
        return phrases_.empty() ? 0 : phrases_.back().start + phrases_.back().idea.length;
    }
    return now;
}

void LiveSource::apply(const Asked& asked) {
    const Ticks from = boundary(asked.when);
    composer_.set_target(asked.target, asked.controls);
    seen_ = asked;
    const double db = composer_.head().calibration_db + intensity_db(asked.controls);
    post({Message::Kind::kCut, from, 0, 0, {}});
    if (asked.when != When::kImmediate) post({Message::Kind::kLevels, from, asked.controls[Control::kTimbre], db, {}});
    post({Message::Kind::kTempo, asked.when == When::kImmediate ? 0 : from, tempo_bpm(asked.controls), 0, {}});
    for (auto& phrase : phrases_) {
        if (phrase.start + phrase.idea.length <= from) continue;
        phrase = composer_.again(phrase, asked.controls);
        if (&phrase != &phrases_.back()) (&phrase)[1].before = composer_.state_after(phrase);
        post_phrase(phrase, from);
    }
    if (!phrases_.empty()) composer_.continue_from(phrases_.back());
    if (last_composed_) post({Message::Kind::kEnd, phrases_.back().start + phrases_.back().idea.length, 0, 0, {}});
    events_.push_back({LiveEvent::Kind::kChanged, from, composer_.engine(), phrases_.empty() ? 0 : phrases_.back().request.serial, asked.controls});
}

bool LiveSource::work() {
    const auto before = events_.size();
    std::size_t sent = 0;
    while (sent < overflow_.size() && ring_.push(overflow_[sent])) ++sent;
    overflow_.erase(overflow_.begin(), overflow_.begin() + static_cast<std::ptrdiff_t>(sent));
    const Ticks now = position();
    std::erase_if(phrases_, [&](const ComposedPhrase& p) { return &p != &phrases_.back() && p.start + p.idea.length <= now; });
    Asked asked;
    if (read(asked) && asked.version != seen_.version) apply(asked);
    compose_ahead();
    return events_.size() != before;
}

std::vector<LiveEvent> LiveSource::take_events() { return std::exchange(events_, {}); }

Result<void> LiveSource::prepare(int max_block) {
    if (max_block < 1 || max_block > 1 << 20) return fail(ErrorCode::kBadArgument, "max_block " + std::to_string(max_block) + "; 1..1048576 is allowed");
    return {};
}

void LiveSource::receive() noexcept {
    Message m;
    while (ring_.peek(std::span(&m, 1)) == 1) {
        switch (m.kind) {
        case Message::Kind::kNote:
            if (!performer_.add(m.note)) return;  // full: later
            composed_until_ = std::max(composed_until_, m.tick + 1);
            break;
        case Message::Kind::kCut:
            performer_.cut(m.tick);
            level_count_ = static_cast<std::size_t>(std::remove_if(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(level_count_),
                                                                   [&](const Message& l) { return l.tick >= m.tick; }) - levels_.begin());
            break;
        case Message::Kind::kTempo:
            if (!performer_.tempo_from(m.tick, m.a)) return;
            break;
        case Message::Kind::kLevels:
            if (level_count_ < levels_.size()) levels_[level_count_++] = m;
            break;
        case Message::Kind::kEnd: end_ = m.tick; break;
        }
        ring_.drop(1);
    }
}

void LiveSource::obey_at_once() noexcept {
    Asked asked;
    if (!read(asked) || asked.version == obeyed_) return;
    obeyed_ = asked.version;
    if (asked.when != When::kImmediate) return;
    performer_.set_tempo(tempo_bpm(asked.controls));
    performer_.set_timbre(asked.controls[Control::kTimbre]);
    performer_.set_intensity_db(composer_.head().calibration_db + intensity_db(asked.controls));
}

std::size_t LiveSource::process(std::span<float> left, std::span<float> right) noexcept {
    if (ended_) return 0;
    obey_at_once();
    receive();
    std::size_t done = 0;
    while (done < left.size()) {
        const auto n = std::min<std::size_t>(Performer::kStep, left.size() - done);
        for (std::size_t i = 0; i < level_count_;) {
            if (levels_[i].tick > performer_.position()) {
                ++i;
                continue;
            }
            performer_.set_timbre(levels_[i].a);
            performer_.set_intensity_db(levels_[i].b);
            levels_[i] = levels_[--level_count_];
        }
        performer_.render(left.subspan(done, n), right.subspan(done, n));
        done += n;
        if (end_ >= 0 && performer_.position() >= end_) {
            tail_frames_ += static_cast<std::int64_t>(n);
            if (tail_frames_ >= kEngineRate.frames(kTail_s).value) {
                ended_ = true;
                break;
            }
        }
    }
    position_.store(performer_.position(), std::memory_order_release);
    return done;
}

}  // namespace attune::compose
