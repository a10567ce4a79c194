// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From ratings, music and evidence to one honest affect state, with the shadow filter beside it.
///
/// In       Heard (with what session filled in), Ratings, Evidence, and which sources come and go, in the order
///          in which the session consumed them; session time
/// Out      flow::AffectState at any time: means and SD in [-1, 1]; before the first rating any_evidence is false
/// Step     the state moves at whole seconds of session time; what lies between is prediction. Whatever
///          arrives within a second is applied in a fixed order (face, voice, body, heart, EEG; then source id),
///          so any split of advance_to() gives the same bits
/// Bound    all sensors together move the mean by at most kMaxShift and shrink an SD by at most kMaxShrink from
///          the shadow's; more once a source has earned it. The shadow filter sees ratings and music only
/// Gating   a source is judged in a filter of its own (shadow + that source), so that losing one never makes
///          another count more: each SD after a loss is never below the one without the loss
/// Threads  a value; one owner; copies are independent
/// Errors   create(): kBadArgument if a person's parameter is out of its range. Later: none; a rating outside
///          [-1, 1] is clipped, NaN is ignored
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "affect/mood_filter.hpp"
#include "affect/source_record.hpp"
#include "core/result.hpp"
#include "flow/affect_state.hpp"
#include "flow/evidence.hpp"
#include "flow/heard.hpp"
#include "flow/rating.hpp"

namespace attune::affect {

/// What is known of the listener before the session.
struct PersonPrior {
    MoodParams mood = MoodParams::population();
    SourceRecords sources;
};

struct FusionConfig {
    std::int64_t day = 0;        ///< days since 1970, local: of earning on several days
    std::int64_t session = 0;    ///< ordinal of this session for this person
    bool use_sensors = true;     ///< false where policy forbids inference from the body
    flow::Origin origin = flow::Origin::kLive;   ///< kSimulated for a simulated listener
};

class Fusion {
public:
    [[nodiscard]] static Result<Fusion> create(const FusionConfig& config, const PersonPrior& prior);

    /// Steps to the last whole second at or before t. Time never goes back: an earlier t does nothing.
    void advance_to(Time t);
    void on_heard(const flow::Heard& heard);
    /// kFelt updates the mood; kLiking of the track that plays updates what it is felt to do.
    void on_rating(const flow::Rating& rating);
    void on_evidence(const flow::Evidence& evidence);

    /// A source that will speak, or cannot: shown even if it never says anything.
    void on_source_added(const std::string& id, flow::SourceKind kind);
    void on_source_unavailable(const std::string& id, flow::SourceKind kind, const std::string& reason);
    /// Weight 0 from now on; evidence that arrives later brings it back.
    void on_source_lost(const std::string& id, const std::string& reason);
    /// Gone (consent withdrawn): its evidence is ignored from now on.
    void on_source_removed(const std::string& id);
    /// Consent was given again: heard from now on, with what it had earned. Nothing for a source that was not removed.
    void on_source_returned(const std::string& id);

    /// Predicted from the last step to t; t before it gives the last step.
    [[nodiscard]] flow::AffectState state(Time t) const;
    /// Seconds of its index that a source has given towards the baseline of k::kBaselineMinS against which it is judged;
    /// nothing where the baseline stands, or it has given none.
    [[nodiscard]] std::optional<double> baseline_seen_s(const std::string& id) const;

    /// How far the arousal index of a source stands from this person's past mean, over the last minute [SD of that index];
    /// > 0 = more activation. Nothing for a source that is not active, or has no validity.
    [[nodiscard]] std::optional<double> activation_sd(const std::string& id) const;

    /// What the session taught about its sources, to be kept with the person.
    [[nodiscard]] SourceRecords records() const;
    /// Innovations of the felt ratings so far, as the shadow filter saw them, for calibration reports.
    struct RatingCheck {
        Time t;
        flow::Va innovation, variance;
        double nis = 0.0;
        bool blind = true;
    };
    [[nodiscard]] const std::vector<RatingCheck>& rating_checks() const noexcept { return checks_; }

private:
    struct Channel {             // one dimension of one source
        bool informs = false;
        std::size_t own_slot = 0, full_slot = 0;
        double start = 0.0, cap = 0.0;
        Baseline session;        // of this session
        bool frozen = false;     // mean and SD to judge against are fixed for this session
        double mean = 0.0, sd = 1.0;
        std::string model;
        Earning earning;
        double deviation = 0.0, deviation_s = 0.0;  // smoothed index for earning
        bool has_deviation = false;
        double high_nis_s = 0.0, clean_s = 0.0;
        bool alert = false;
    };
    struct Tracked {
        std::string id;
        flow::SourceKind kind = flow::SourceKind::kBody;
        flow::SourceStatus status = flow::SourceStatus::kWarmingUp;
        std::string reason;
        std::optional<Time> last_t;       // of anything it said
        double weight_now = 0.0;
        bool removed = false;
        std::array<Channel, 2> channels;
        MoodFilter own;                   // shadow + this source
        std::size_t voice = 0;
        double r_used = 0.0;
        std::optional<double> stress;
        flow::Origin origin = flow::Origin::kLive;
        Tracked(const std::string& name, flow::SourceKind k, const MoodFilter& shadow)
            : id(name), kind(k), own(shadow) {}
    };

    Fusion(const FusionConfig& config, const PersonPrior& prior);
    Tracked& tracked(const std::string& id, flow::SourceKind kind);
    void apply_pending();
    void apply(const flow::Evidence& evidence);
    void apply_index(Tracked& source, std::size_t dim, const flow::Index& index,
                     const flow::Evidence& evidence);
    void start_channel(Tracked& source, std::size_t dim, const flow::Index& index, const std::string& model);
    void watch_nis(Tracked& source, std::size_t dim, double nis, double dt_s);
    void earn(const flow::Rating& rating);
    void notice_silence();
    void set_status(Tracked& source, flow::SourceStatus status, std::string reason);
    void lose(Tracked& source, std::string reason);
    [[nodiscard]] flow::VaGaussian bounded(const flow::VaGaussian& full, const flow::VaGaussian& shadow) const;
    [[nodiscard]] bool any_earned() const;
    void fill_sources(flow::AffectState& out) const;

    FusionConfig config_;
    PersonPrior prior_;
    std::int64_t second_ = 0;
    MoodFilter shadow_, full_;
    std::vector<Tracked> sources_;
    std::vector<flow::Evidence> pending_;
    std::optional<flow::Heard> heard_;
    int ratings_ = 0;
    std::vector<RatingCheck> checks_;
};

}  // namespace attune::affect
