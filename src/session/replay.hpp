// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Recomputes a session from its record's inputs and compares every estimate and decision, bit for bit.
///
/// Under the arithmetic that the record was made with, the outputs must be the same bytes. Under another
/// (see fingerprint()) the report says so, and gives what is equal and the largest difference.
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"
#include "session/conductor.hpp"
#include "session/event.hpp"

namespace attune::session {

struct ReplayReport {
    std::uint64_t inputs = 0, outputs = 0, plans = 0;   ///< compared
    bool same_arithmetic = true;
    std::optional<std::uint64_t> first_difference;      ///< seq of the first event that differs
    std::string difference;                             ///< what differs there
    bool equal_decisions = true;
    double largest_difference = 0.0;                    ///< over all numbers of all states
    [[nodiscard]] bool identical() const { return !first_difference; }
};

/// Follows a replay event by event, e.g. to recompute what stands before the inputs.
class Witness {
public:
    virtual ~Witness() = default;
    /// Every input of the record, in order, before the conductor has it.
    virtual void on_input(const SessionEvent& recorded) = 0;
    /// What the conductor made of an input.
    virtual void on_outputs(const SessionEvent& input, const Outputs& outputs) = 0;
};

[[nodiscard]] Result<ReplayReport> replay(std::span<const SessionEvent> events, const World& world, Witness* witness = nullptr);

/// Hash over the build and a table of libm results: equal fingerprints mean equal bits.
[[nodiscard]] std::string fingerprint();

}  // namespace attune::session
