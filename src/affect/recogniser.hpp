// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What every recogniser (face, voice, heart and skin, EEG) looks like to the affect worker.
///
/// In       SensorFrames or Crops of its own source, in the order of their time; Heard, so that a
///          recogniser can tell our own music from the listener
/// Out      Evidence about a *display*, never about the felt state: fusion does that step
/// Threads  one owner: the affect worker live, the session's thread in fast mode
/// Errors   none after construction: what cannot be judged is abstained from, with its reason
/// Rules    a function of what was pushed and of `now` alone: no clock, no randomness, no files after
///          construction, so that a session replays; a frame that is not this recogniser's is ignored
#include <optional>
#include <string>

#include "core/time.hpp"
#include "flow/crop.hpp"
#include "flow/evidence.hpp"
#include "flow/heard.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::affect {

/// The model that a recogniser was built from. The same model says the same of the same input.
struct ModelUsed {
    std::string id;       ///< "stress@6"; empty = it has none, or its model does not tell
    std::string sha256;   ///< of the weights, in hex
    bool operator==(const ModelUsed&) const = default;
};

class Recogniser {
public:
    virtual ~Recogniser() = default;
    Recogniser() = default;
    Recogniser(const Recogniser&) = delete;
    Recogniser& operator=(const Recogniser&) = delete;

    /// Id of the source that it listens to: SensorFrame::source, and Evidence::source of what it says.
    [[nodiscard]] virtual const std::string& source() const noexcept = 0;
    [[nodiscard]] virtual flow::SourceKind kind() const noexcept = 0;

    [[nodiscard]] virtual ModelUsed model() const { return {}; }

    virtual void push(const flow::SensorFrame&) {}
    virtual void push(const flow::Crop&) {}
    virtual void on_heard(const flow::Heard&) {}
    /// While it warms up: what it needs before it says anything, and how much of that it has; else empty.
    [[nodiscard]] virtual std::string waits_for() const { return {}; }

    /// Evidence of the window that ends at or before `now`, at most one a call; empty = nothing new.
    /// Called at least at 4 Hz with `now` never going back. Once it has had any input a recogniser of
    /// a continuous source (face, heart and skin) answers at least every 2 s, if only to abstain, so
    /// that a silent source can be told from one that is lost. Evidence::dt_frame_s is the time since its
    /// last non-abstaining evidence (the first: window_s).
    [[nodiscard]] virtual std::optional<flow::Evidence> poll(Time now) = 0;
};

}  // namespace attune::affect
