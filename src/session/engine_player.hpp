// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The one engine (play::Player) behind the session's Player, in each of its three ways to run.
///
/// Time     frame 0 is session time 0. Live, news carry their frame's time as long as the device agrees with it to
///          200 ms, as late as the conductor looks; a larger jump (a device that stalled) moves the offset
/// Order    what an order names a frame for acts there in all three ways; news are given out when their time has come,
///          so that the same stand before the same second
/// Blocks   what is blocked is not played, whoever asked for it: neither taken from a plan (its item then ends as
///          "failed", blocked) nor left in the queue, and left at once if it plays
/// Threads  as Player
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compose/driven_source.hpp"
#include "play/player.hpp"
#include "session/dose_keeper.hpp"
#include "session/player.hpp"
#include "session/profiles.hpp"

namespace attune::session {

class EnginePlayer final : public Player {
public:
    /// `sink` only for RunMode::kLive.
    [[nodiscard]] static Result<std::unique_ptr<EnginePlayer>> create(play::PlayerConfig config, ProfileLookup profiles,
                                                                      std::unique_ptr<play::Sink> sink = nullptr);

    void apply(const EngineOrder& order) override;
    [[nodiscard]] Result<void> start() override;
    void advance_to(Time t, PlayerNews& news) override;
    [[nodiscard]] Time now() override;
    [[nodiscard]] Result<void> finish() override;
    [[nodiscard]] PlayerTelemetry telemetry() const override;
    /// What albums that are played in their own order are brought to, as one [LUFS]; else each track stands for itself.
    void level_albums(double level_lufs) { album_level_lufs_ = level_lufs; }
    /// What is heard from now on is kept there, and what other rooms use counts here.
    void keep_dose(std::unique_ptr<DoseKeeper> keeper) { keeper_ = std::move(keeper); }
    /// Who composes the items of plans to come, how long a phrase may take it live [s], and the pitch to spare [Hz].
    struct Composers {
        compose::EngineKind engine = compose::EngineKind::kRule;
        double patience_s = .25;
        std::optional<double> tinnitus_hz;
    };
    void compose_with(const Composers& composers) { composers_ = composers; }
    /// Every join so far, to the frame.
    [[nodiscard]] const std::vector<play::Join>& joins() const noexcept { return joins_; }

private:
    EnginePlayer(play::RunMode mode, ProfileLookup profiles);
    void adopt(const EngineOrder& order);
    void queue(const std::vector<flow::PlanItem>& plan, std::int64_t at, bool cut);
    void was_cut(const play::Join& join);
    [[nodiscard]] std::int64_t frame_of(const std::optional<FramePos>& at) const;
    void forbid(const flow::Blocks& blocks);
    [[nodiscard]] bool blocked(const ContentKey& track) const;
    void level_albums(std::vector<flow::PlanItem>& items, const std::vector<ProfilePtr>& profiles);
    [[nodiscard]] std::unique_ptr<flow::AudioSource> composed(const flow::PlanItem& item);
    void report_composers(Time t, PlayerNews& news);
    void open_next();
    void steer(const EngineOrder& order);
    void close_in_time(const flow::Heard& heard);
    void report(Time t, const play::Event& event, PlayerNews& news);
    [[nodiscard]] Time time_of(FramePos frame);

    play::RunMode mode_;
    ProfileLookup profiles_;
    core::SteadyClock clock_;
    std::unique_ptr<play::Player> player_;
    Time origin_;                             ///< of session time on clock_
    bool begun_ = false;                      ///< live: the engine has rendered
    Duration began_late_;                     ///< from start() to session time 0
    Duration offset_;                         ///< live: frame time to session time
    struct Composing {
        compose::ComposeHandle handle;
        std::shared_ptr<compose::ComposeNews> news;
        Composed last;                        ///< as it stands in the record
        bool said = false;
    };
    Composers composers_;
    std::map<Id, Composing> composing_;
    std::vector<Id> to_open_;                 ///< composed items of the plan in force that nobody has opened, in order
    std::map<Id, Time> began_;                ///< items that have started
    std::map<Id, std::int64_t> began_frame_;
    std::map<Id, std::string> why_;           ///< how an item is going to end, if not by itself
    std::map<Id, double> length_s_;
    flow::Blocks blocks_;
    std::vector<flow::PlanItem> queue_;       ///< of the plan adopted last, as it was given to the engine
    std::int64_t adopted_at_ = -1, heard_frame_ = 0;   ///< when it comes into force; how far the news have come
    std::map<std::int64_t, std::string> cuts_;   ///< frames at which what plays is left, and why
    std::deque<flow::Heard> heard_;              ///< not yet told
    std::deque<std::pair<Time, play::Event>> events_;
    std::vector<Id> refused_;                 ///< blocked items of a plan, not yet told
    std::vector<play::Join> joins_;
    std::optional<Id> playing_;
    Id finish_after_;                         ///< the closing fade belongs to this item's end
    std::optional<double> first_sound_s_;
    std::optional<double> album_level_lufs_;
    std::map<std::string, double> album_gain_db_;   ///< of albums that were begun: their gain stays
    std::unique_ptr<DoseKeeper> keeper_;      ///< null: nobody hears it (fast), or nobody's person
};

}  // namespace attune::session
