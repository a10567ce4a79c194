// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a session does once a second with what its sensors gave: the recognisers hear it and are asked what they make of
/// it. The session that runs and `replay --from-samples` go through this same step.
///
/// In       frames and crops of a second in the order in which they came, what is heard, sources that come and go
/// Out      Conductance, Breath and Evidence in the order in which the record has them. A function of what came alone
/// Threads  one owner
/// Errors   none
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "affect/breath.hpp"
#include "affect/recogniser.hpp"
#include "flow/crop.hpp"
#include "session/event.hpp"
#include "session/samples.hpp"

namespace attune::session {

/// One second of input.
struct Sensed {
    std::span<const flow::SensorFrame> frames;
    std::size_t of_listener = 0;              ///< so many of the first frames are the simulated listener's
    std::span<const flow::Crop> crops = {};
    bool tell_conductance = false;            ///< biofeedback is switched on
};

class Sensing {
public:
    void add(std::unique_ptr<affect::Recogniser> recogniser);
    /// What the recogniser of a source still holds is not asked for: it weighs nothing from now on.
    void let_go(const std::string& source);
    void on_heard(const flow::Heard& heard);
    /// Appends what is said at t to `said`.
    void step(Time t, const Sensed& input, std::vector<Payload>& said);

    [[nodiscard]] bool listens_to(const std::string& source) const;
    /// Who listens now, to what, by which model.
    [[nodiscard]] std::vector<Listening> listening() const;
    /// Whether a frame is one of those whose samples are kept: heart, skin or breath, and something listens.
    [[nodiscard]] bool keeps(const flow::SensorFrame& frame) const;

private:
    void tell_conductance(std::span<const flow::SensorFrame> frames, std::vector<Payload>& said) const;
    void tell_breath(Time t, std::span<const flow::SensorFrame> frames, std::vector<Payload>& said);

    std::vector<std::unique_ptr<affect::Recogniser>> recognisers_;
    std::map<std::string, affect::BreathTracker> breath_;   ///< by source
};

/// Heart and skin: what an inference from the body rests on, and what can be computed again from samples.
[[nodiscard]] bool is_body(flow::SourceKind kind) noexcept;

}  // namespace attune::session
