// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Music steered by the body (system A03), in two modes.
///
/// Lead (default): the music goes ahead of the listener towards the goal. Its arousal is the estimate minus at most δ,
/// never above the session's start, and it does not rise when the listener does: it holds. If activation has
/// risen by .25 for 60 s it stays where it is and asks.
/// Mirror: the sound rises with skin conductance. Labelled biofeedback, off by default, at most 3 minutes, at most
/// +3 LU and +10 % tempo over the start, refused to flagged listeners and where policy forbids it.
///
/// In       lead: felt arousal -1..1 (mean of the filter); mirror: skin conductance [microsiemens]; t [s], rising
/// Out      the arousal to compose for, the controls, and what the page must say
/// Threads  one owner
/// Errors   create(): kBadArgument, kRefused
/// Method   after Williams et al. 2019 and 2020 (doi:10.3389/frai.2020.497864), the iso
///          principle as tether; constants chosen, tested in the closed loop
#include <optional>

#include "compose/controls.hpp"
#include "core/result.hpp"
#include "flow/policy.hpp"

namespace attune::compose {

enum class SteerMode { kLead, kMirror };

struct SteerConfig {
    SteerMode mode = SteerMode::kLead;
    flow::Va start;             ///< rating that the session began with
    flow::Va goal;              ///< where lead goes
    double delta = .25;         ///< most that lead is ahead, 0.05..0.25
    bool mirror_enabled = false;  ///< a person switched biofeedback on
};

struct SteerOutput {
    flow::Va music;
    Controls controls;
    bool hold = false;          ///< activation rose: the music stays as it is
    bool ask = false;           ///< the page asks how it is
    bool ended = false;         ///< mirror: its three minutes are over; lead goes on from here
    bool biofeedback = false;   ///< the label that must be shown
};

class Steering {
public:
    static constexpr double kRiseThatHolds = .25, kRiseSeconds = 60.0, kMirrorSeconds = 180.0;
    static constexpr double kMirrorTempo = 1.10, kMirrorLu = 3.0;

    [[nodiscard]] static Result<Steering> create(const SteerConfig& config, const flow::Policy& policy);

    /// Lead. nullopt = nothing known: the music stays.
    [[nodiscard]] SteerOutput lead(double t_s, std::optional<double> arousal);
    /// Mirror. nullopt or a value outside 0.01..100 = sensor lost: the music stays.
    [[nodiscard]] SteerOutput mirror(double t_s, std::optional<double> conductance_microsiemens);
    /// The person answered "go on".
    void go_on() noexcept;

private:
    explicit Steering(const SteerConfig& config);
    [[nodiscard]] SteerOutput output() const;
    SteerConfig config_;
    double music_;                        ///< arousal that is composed for
    std::optional<double> smooth_, lowest_, rising_since_, last_t_;
    bool hold_ = false;
    std::optional<double> baseline_, mirror_from_;
    double rise_ = 0.0;                   ///< of mirror, 0..1
};

/// The controls of mirror at a rise of 0..1 over the start's: every one within the mode's bounds.
[[nodiscard]] Controls mirrored(const Controls& start, double rise) noexcept;

}  // namespace attune::compose
