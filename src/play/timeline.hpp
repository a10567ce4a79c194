// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The clockwork of the engine: which item sounds in which frame, at which gain and ratio. No
/// samples.
///
/// In       items in order (push), controls, and news from the readers (real length, late, failed)
/// Out      advance(n): segments of at most 5 ms in which every ramp is linear, cut exactly at joins
/// Law      the same calls at the same frames give the same segments: the fast run without samples,
///          the rendered file and the live engine share this code, so their joins agree to the frame
/// Stream   the items of one voice that follow without a gap form one stream at 48 kHz; item k of it
///          ends at ceil(source frames so far * 48000 / rate), as the resampler gives it that runs on
///          over the join
/// Threads  one owner (the engine thread); all but the constructor are RT-SAFE. Items are borrowed
///          and outlive the timeline
#include <array>
#include <cstdint>
#include <optional>

#include "play/control.hpp"
#include "play/item.hpp"
#include "play/ramp.hpp"
#include "play/small_queue.hpp"
#include "play/timeline_units.hpp"

namespace attune::play {

struct TimelineConfig {
    double session_fade_in_s = 2.0;  ///< at the first sound; >= 2
    double end_fade_s = 10.0;        ///< at the end and for kFinish; >= 10
    double stop_fade_s = 0.35;       ///< kStop; <= 0.5
    double pause_fade_s = 0.02;
    double skip_fade_s = 1.0;
    double seek_fade_s = 0.05;
    double seek_delay_s = 0.25;  ///< until a second reader stands at the new place
    double level_ramp_s = 1.5;
    double soften_ramp_s = 2.0;
    double tempo_slew_per_s = 0.0033;  ///< 1 % in six beats of 0.5 s: below the limit of difference
    double starve_limit_s = 15.0;      ///< a late item is given up after this
    double ceiling_gain_db = 0.0;      ///< highest kLevel
    double level_db = 0.0;             ///< at start
    bool bed_when_empty = true;  ///< a queue that ran dry before kFinish is bridged by the bed
};

constexpr int kGrid = 240;  ///< frames between the knots of every ramp: 5 ms
constexpr int kVoices = 4;
constexpr int kQueue = 512;

/// What the renderer needs to know of a voice for one segment.
struct VoiceSegment {
    bool active = false;
    std::uint32_t play = 0;      ///< number of this start: a change means another stream
    const Item* item = nullptr;  ///< sounding now
    std::int64_t source_first =
        0;  ///< where the stream was opened [source frames], of its first item
    const Item* opened = nullptr;    ///< first item of the stream
    const Item* appended = nullptr;  ///< last item that was chained to the stream (may be null)
    std::uint32_t appended_count = 0;
    double position = 0.0;  ///< in the stream [frames at 48 kHz], at the segment's first frame
    double ratio = 1.0;     ///< stream frames per engine frame
    float gain_from = 0.0F, gain_to = 0.0F;
    float soften_from = 0.0F, soften_to = 0.0F;
};

struct Segment {
    int frames = 0;
    std::array<VoiceSegment, kVoices> voices;
    float bed_from = 0.0F, bed_to = 0.0F;
    bool ended = false;
};

/// What is heard at the current frame, for Heard and for the dose.
struct NowPlaying {
    const Item* item = nullptr;
    double position_s = 0.0;  ///< in the source
    double ratio = 1.0;
    double gain_db = -120.0;  ///< all gains together
    bool playing = false;
    bool bed = false;
    std::optional<double> lufs;  ///< from the profile's 1 Hz curve and the gains; of all voices
};

class Timeline {
public:
    explicit Timeline(const TimelineConfig& config);

    /// Appends to the queue; false if it is full.
    bool push(const Item* item) noexcept;
    /// Takes all items from the queue that are not committed to (all but what sounds and what is
    /// chained to it within 1 s).
    void clear_queue() noexcept;
    void control(const Control& c) noexcept;
    /// Exchanges the queue, at its frame. What was to be adopted at or after that frame is
    /// overtaken; a cut that it asked for stays asked for.
    void adopt(Adoption a) noexcept;

    [[nodiscard]] Segment advance(int max_frames) noexcept;

    /// The reader found the real length. Ignored for items that are gone.
    void set_source_frames(const Item* item, std::int64_t frames, int rate_hz) noexcept;
    /// The voice has less than 200 ms left (true), or plenty again (false).
    void set_starving(std::uint32_t play, bool starving) noexcept;
    /// The file broke off: what is decoded (`frames` of it) is played and fades out at its end.
    void truncate(const Item* item, std::int64_t frames, int rate_hz, ErrorCode why) noexcept;
    /// The item cannot be played (any more).
    void fail(const Item* item, ErrorCode why) noexcept;

    [[nodiscard]] std::int64_t frame() const noexcept { return frame_; }
    /// Without `levels`, gain_db and lufs stay as they are: cheap.
    [[nodiscard]] NowPlaying now(bool levels = true) const noexcept;
    /// What will be opened soon: 0 = a seek or back under way, 1 and 2 = what follows, 3 = the
    /// first of a queue that is to be adopted. item null = none.
    struct Expected {
        const Item* item = nullptr;
        std::int64_t source_first = 0;
    };
    [[nodiscard]] Expected expected(int k) const noexcept;
    [[nodiscard]] int queued() const noexcept { return queue_size_; }
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    [[nodiscard]] bool paused() const noexcept { return paused_; }

    [[nodiscard]] std::optional<Join> take_join() noexcept;
    [[nodiscard]] std::optional<Event> take_event() noexcept;

private:
    struct Fade {
        std::int64_t start = 0, length = 0;
        bool on = false;
    };
    struct Voice {
        bool active = false;
        std::uint32_t play = 0;
        const Item* item = nullptr;
        const Item* opened = nullptr;
        const Item* chained = nullptr;  ///< follows without a gap, committed
        const Item* appended = nullptr;
        std::uint32_t appended_count = 0;
        std::int64_t source_first = 0;  ///< of `item`
        std::int64_t opened_first = 0;  ///< of `opened`
        double pos = 0.0, begin = 0.0, end = 0.0;
        std::int64_t run_begin = 0, run_source = 0;
        int run_rate = 0;
        double ratio = 1.0, curve = 1.0;
        Ramp gain_db;  ///< of the item; moves to the next one's within 20 ms
        GainOf gain;   ///< gain_db as a factor
        Fade in, out, tail;
        Ramp supply;  ///< 1 = data flows, 0 = starved and frozen
        std::int64_t starved_since = -1;
        bool starving = false, doomed = false;
        float last_gain = 0.0F, last_soften = 0.0F;
    };
    [[nodiscard]] double frames(double seconds) const noexcept { return seconds * kEngineRate.hz; }
    [[nodiscard]] Voice* current() noexcept;
    [[nodiscard]] const Voice* current() const noexcept;
    [[nodiscard]] std::int64_t first_source_frame(const Item& item) const noexcept;
    [[nodiscard]] const Item* upcoming(int k) const noexcept;
    [[nodiscard]] std::optional<std::int64_t> last_source_frame(const Item& item) const noexcept;
    void set_end(Voice& v) noexcept;
    const Item* pop_queue() noexcept;
    void start(const Item* item, std::int64_t source_first, JoinKind kind, double fade_frames,
               bool aligned) noexcept;
    void end_voice(Voice& v) noexcept;
    void next_of_chain(Voice& v) noexcept;
    void due_controls(int& limit) noexcept;
    void exchange(const Adoption& a) noexcept;
    void apply(const Control& c) noexcept;
    void apply_back() noexcept;
    void skip(JoinKind kind, double fade_s) noexcept;
    void plan_transition(int& limit) noexcept;
    void approach_end(Voice& v, int& limit) noexcept;
    void commit_chain(Voice& v) noexcept;
    [[nodiscard]] double crossfade_frames(const Voice& v, const Item& next,
                                          bool& aligned) const noexcept;
    void update_bed() noexcept;
    void give_up_starved() noexcept;
    [[nodiscard]] double target_ratio(const Voice& v) const noexcept;
    [[nodiscard]] float voice_gain(const Voice& v, std::int64_t at) const noexcept;
    [[nodiscard]] double master() const noexcept;
    [[nodiscard]] bool steady() const noexcept;
    void describe(Segment& s) noexcept;
    void move(Segment& s, int n) noexcept;
    void say(EventKind kind, Id item = {}, ErrorCode code = ErrorCode::kInternal) noexcept;

    TimelineConfig config_;
    std::array<Voice, kVoices> voices_{};
    int current_ = -1;
    std::uint32_t plays_ = 0;
    std::array<const Item*, kQueue> queue_{};
    int queue_at_ = 0, queue_size_ = 0;
    const Item* previous_ = nullptr;  ///< for kBack; kept until the next one is over
    SmallQueue<Control, 64> controls_;
    SmallQueue<Adoption, 8> adoptions_;  ///< that wait for their frame, the earliest first
    SmallQueue<Join, 64> joins_;
    SmallQueue<Event, 128> events_;
    struct {
        const Item* item = nullptr;
        std::int64_t first = 0, at = 0;
        JoinKind kind = JoinKind::kSeek;
    } pending_;
    std::int64_t frame_ = 0;
    Ramp level_db_, live_tempo_, soften_, session_, pause_, stop_, bed_, dose_db_;
    GainOf level_;  ///< of level_db_ and dose_db_ together
    bool started_ = false, paused_ = false, hold_ = false, finishing_ = false, stopping_ = false,
         ended_ = false;
    bool told_empty_ = false;
};

}  // namespace attune::play
