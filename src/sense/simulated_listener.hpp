// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A person who is not there: hears what is really played, feels it in their own way, answers when asked.
///
/// In       Heard (what plays from its time on), session time
/// Out      ratings when asked, the wish to skip, SensorFrames of heart, skin, breath and motion; everything is
///          marked simulated. What the person thinks of a track, and how they feel, is read by reports alone
/// Step     whole seconds; Ornstein-Uhlenbeck mood with a home (Kuppens, Oravecz & Tuerlinckx 2010,
///          doi:10.1037/a0020962); parameters from share/personas, drawn by the seed
/// Chance   one stream a purpose, a fixed count of draws a second: two runs that hear different music share
///          their noise, so that differences between policies are paired by seed
/// Threads  a value; one owner
/// Errors   create(): kBadArgument if an option is out of its range
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "flow/affect.hpp"
#include "flow/heard.hpp"
#include "flow/rating.hpp"
#include "flow/sensor_frame.hpp"
#include "sense/persona.hpp"

namespace attune::sense {

struct SimulationOptions {
    std::uint64_t seed = 1;
    double tolerance = 0.0;      ///< w of iso-true [V/A]; 0 = the persona's
    double response = 1.0;       ///< factor on everything that music does; 0 = no policy differs from silence
    double appraisal = 1.0;      ///< factor on what is this person's own about a track
    bool body = true;            ///< make body signals (costs most of the time)
};

/// The values that this seed drew.
struct SimulatedTraits {
    double tau_s, sigma;
    flow::Va pull, home, start;
    double beta, congruence, tolerance, rumination, startle, relaxation_anxiety;
    double period_s, damping, habituation_n, disturbance_arousal, disturbance_at_s;
    double offset, gain, repeat_penalty, taste_r, liking_mean, liking_sd;
    flow::Va appraisal_sd;
    double fast_gain, fast_tau_s, rating_sd, missing, acquiescence, skip_base, skip_liking, skip_mismatch;
};

/// What a taste model of the field's quality would say about a track for this person.
struct TasteHint {
    double liking = 0.0, sd = .5;
};

class SimulatedBody;

class SimulatedListener {
public:
    [[nodiscard]] static Result<SimulatedListener> create(const Persona& persona, const SimulationOptions& options);
    ~SimulatedListener();
    SimulatedListener(SimulatedListener&&) noexcept;
    SimulatedListener& operator=(SimulatedListener&&) noexcept;

    /// What plays from heard.t on. Steps to heard.t first.
    void on_heard(const flow::Heard& heard);
    /// Lives through every whole second up to t. Time never goes back.
    void advance_to(Time t);

    /// The answer to "how do you feel": empty = did not answer. `shown`: the estimate on the screen, if any.
    [[nodiscard]] std::optional<flow::Rating> asked_felt(Time t, const std::optional<flow::Va>& shown);
    /// The answer to "do you like this": empty = did not answer, or never heard it.
    [[nodiscard]] std::optional<flow::Rating> asked_liking(Time t, const ContentKey& track);
    /// True once after the person reached for the skip button.
    [[nodiscard]] bool take_skip();
    /// Moves the body signals made so far to the end of `out`.
    void take_frames(std::vector<flow::SensorFrame>& out);

    /// For policies "with taste": correlated taste_r with this person's liking, drawn once per (seed, track).
    [[nodiscard]] TasteHint taste_hint(const ContentKey& track) const;
    [[nodiscard]] const Persona& persona() const noexcept { return persona_; }

    // For the simulator's own reports and tests; nothing that decides may call these.
    [[nodiscard]] flow::Va true_mood() const noexcept { return mood_; }
    [[nodiscard]] double true_liking(const ContentKey& track) const;
    /// What this track is felt to express, if its analysis says `expressed` with `sd`.
    [[nodiscard]] flow::Va true_appraisal(const ContentKey& track, const flow::Va& expressed, const flow::Va& sd) const;
    [[nodiscard]] const SimulatedTraits& traits() const noexcept { return traits_; }
    /// Where the mood is drawn to while `track` plays to a person in mood `at`: what an oracle may know.
    [[nodiscard]] flow::Va true_pull(const ContentKey& track, const flow::Va& expressed, const flow::Va& sd,
                                     const flow::Va& at) const;

private:
    struct Own {                 // this person's view of one track
        std::array<double, 2> model_error{}, appraisal{};   // standard normal
        double liking = 0.0;     // standard normal
        double taste = 0.0;      // standard normal, independent of liking
    };
    SimulatedListener(const Persona& persona, const SimulationOptions& options);
    [[nodiscard]] const Own& own(const ContentKey& track) const;
    [[nodiscard]] double liking_now(const ContentKey& track) const;
    [[nodiscard]] flow::Va pull_of(const flow::Va& expressed, const flow::Va& felt, double liking,
                                   const flow::Va& at) const;
    void live_one_second();
    void feel(const flow::Va& target);
    void startle();

    Persona persona_;
    SimulationOptions options_;
    SimulatedTraits traits_;
    core::Random mood_noise_, skip_noise_, answer_noise_;
    std::int64_t second_ = 0;
    flow::Va mood_, velocity_, fast_;
    flow::Heard heard_;
    std::map<ContentKey, int> plays_;
    mutable std::map<ContentKey, Own> own_;     ///< cache of draws: a pure function of (seed, track)
    std::array<double, 4> loudness_;            ///< last momentary values, for the short-term loudness [LUFS]
    bool skip_ = false;
    int items_ = 0;
    std::unique_ptr<SimulatedBody> body_;
};

}  // namespace attune::sense
