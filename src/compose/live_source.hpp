// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Music that is composed while it plays, and obeys within a bar, a beat or at once.
///
/// Threads  set() and finish(): any one thread. work(): the compose worker, every 50 ms or oftener (in fast mode: before
///          each block). process(): the player's engine thread: no lock, no file, no
///          allocation but FluidSynth's own (synth.hpp).
///          Worker and engine share two rings and one atomic position, nothing else.
/// Changes  tempo, timbre, intensity: in immediate mode with the next block (reached within 100 ms); notes at the next
///          sixteenth that work() can still reach. Beat, bar and phrase modes: everything exactly at that boundary.
/// Level    fixed and declared (performer.hpp): no normalisation follows, intensity is heard
/// Errors   create(): kUnavailable (soundfont), kBadArgument. A late engine is replaced for that phrase by the rule
///          engine, one without its model for good; both are recorded. If work() starves, the last chord rings out and process() says "not there yet"
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compose/composer.hpp"
#include "compose/performer.hpp"
#include "core/spsc_ring.hpp"
#include "flow/audio_source.hpp"

namespace attune::compose {

/// Where a change is heard.
enum class When : int { kImmediate, kBeat, kBar, kPhrase };
[[nodiscard]] const char* to_string(When when) noexcept;

struct LiveOptions {
    double seconds = 0.0;      ///< 0 = until finish()
    double patience_s = .25;   ///< a learned engine may think this long for a phrase; 0 = for ever (fast mode)
    std::filesystem::path soundfont;
    double notch_hz = 0.0;     ///< a tinnitus pitch to spare (tinnitus.hpp); 0 = none
};

/// What goes into the session's record.
struct LiveEvent {
    enum class Kind { kPhrase, kFellBack, kChanged } kind = Kind::kPhrase;
    Ticks tick = 0;
    EngineKind engine = EngineKind::kRule;
    int serial = 0;            ///< of the phrase
    Controls controls;
};

class LiveSource final : public flow::AudioSource {
public:
    [[nodiscard]] static Result<std::unique_ptr<LiveSource>> create(Brief brief, const LiveOptions& options = {});
    [[nodiscard]] static Result<std::unique_ptr<LiveSource>> create(Brief brief, const LiveOptions& options, std::unique_ptr<Engine> engine);

    /// The newest call wins. kBadArgument for controls or a point out of range; the music then stays as it is.
    [[nodiscard]] Result<void> set(const flow::Va& target, const Controls& controls, When when);
    /// Ends after the phrase that is composed next, on the tonic.
    void finish() noexcept { finish_.store(true, std::memory_order_release); }

    /// Composes what is missing and hands it over. True if it did anything.
    bool work();
    /// Worker's thread only.
    [[nodiscard]] std::vector<LiveEvent> take_events();
    [[nodiscard]] const Score& head() const noexcept { return composer_.head(); }
    /// Why the engine asked for could not be had, and the rule engine plays; empty = it could.
    [[nodiscard]] const std::string& engine_missing() const noexcept { return engine_missing_; }

    [[nodiscard]] Result<void> prepare(int max_block) override;
    [[nodiscard]] std::size_t process(std::span<float> left, std::span<float> right) noexcept override;
    [[nodiscard]] bool finished() const noexcept override { return ended_; }
    [[nodiscard]] FrameCount latency() const noexcept override { return {0}; }

    /// Any thread.
    [[nodiscard]] Ticks position() const noexcept { return position_.load(std::memory_order_acquire); }

private:
    struct Message {
        enum class Kind : int { kNote, kCut, kTempo, kLevels, kEnd } kind = Kind::kNote;
        Ticks tick = 0;
        double a = 0.0, b = 0.0;  ///< bpm; or timbre and gain [dB]
        Note note;
    };
    /// Continuous controls, written by set() as one sequence-locked value.
    struct Wish {
        std::atomic<unsigned> version{0};
        std::array<std::atomic<double>, kControls> control{};
        std::atomic<double> valence{0}, arousal{0};
        std::atomic<int> when{0};
    };
    struct Asked {
        unsigned version = 0;
        Controls controls;
        flow::Va target;
        When when = When::kBar;
    };

    LiveSource(Composer composer, Performer performer, const LiveOptions& options);
    [[nodiscard]] bool read(Asked& asked) const noexcept;
    void compose_ahead();
    void apply(const Asked& asked);
    [[nodiscard]] Ticks boundary(When when) const;
    void post(const Message& message);
    void post_phrase(const ComposedPhrase& phrase, Ticks from);
    void receive() noexcept;
    void obey_at_once() noexcept;

    Composer composer_;          // worker
    LiveOptions options_;
    std::vector<ComposedPhrase> phrases_;  // worker: not yet over
    std::vector<LiveEvent> events_;        // worker
    std::vector<Message> overflow_;        // worker: what the ring did not take yet
    Asked seen_;                 // worker
    std::string engine_missing_;
    bool last_composed_ = false;
    core::SpscRing<Message> ring_;
    std::atomic<Ticks> position_{0};
    std::atomic<bool> finish_{false};
    Wish wish_;
    Performer performer_;        // engine thread from here on
    std::array<Message, 64> levels_{};
    std::size_t level_count_ = 0;
    unsigned obeyed_ = 0;
    Ticks composed_until_ = 0, end_ = -1;
    std::int64_t tail_frames_ = 0;
    bool ended_ = false;
};

}  // namespace attune::compose
