// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/replay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "session/codec.hpp"

namespace attune::session {
namespace {

std::array<double, 10> numbers(const flow::AffectState& s) {
    return {s.felt.mean.valence, s.felt.mean.arousal, s.felt.cov[0], s.felt.cov[1], s.felt.cov[2],
            s.shadow.mean.valence, s.shadow.mean.arousal, s.shadow.cov[0], s.shadow.cov[1], s.shadow.cov[2]};
}

/// Two plans decide the same if they play the same items in the same places.
bool same_choice(const flow::Plan& a, const flow::Plan& b) {
    return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                      [](const flow::PlanItem& x, const flow::PlanItem& y) {
                          return x.kind == y.kind && x.track == y.track && x.phase == y.phase;
                      });
}

class Comparison {
public:
    explicit Comparison(ReplayReport& report) : report_(report) {}

    void outputs(const SessionEvent& recorded, const Payload& computed) {
        ++report_.outputs;
        if (const auto* state = std::get_if<flow::AffectState>(&recorded.payload)) {
            if (const auto* ours = std::get_if<flow::AffectState>(&computed)) widen(*state, *ours);
        }
        const auto* decision = std::get_if<Decision>(&recorded.payload);
        const auto* ours = std::get_if<Decision>(&computed);
        if (decision != nullptr && (ours == nullptr || ours->what != decision->what)) report_.equal_decisions = false;
        if (encode(recorded.payload) != encode(computed)) note(recorded.seq, std::string("the ") + to_string(recorded.kind()) + " differs from what is recomputed");
    }

    void plan(const SessionEvent& recorded, const flow::Plan& in_record, const flow::Plan& computed) {
        ++report_.plans;
        if (!same_choice(in_record, computed)) report_.equal_decisions = false;
        if (encode(PlanResult{0, in_record}) != encode(PlanResult{0, computed})) {
            note(recorded.seq, "the plan differs from what is recomputed");
        }
    }

    void note(std::uint64_t seq, std::string what) {
        if (report_.first_difference) return;
        report_.first_difference = seq;
        report_.difference = std::move(what);
    }

private:
    void widen(const flow::AffectState& a, const flow::AffectState& b) {
        const auto x = numbers(a);
        const auto y = numbers(b);
        for (std::size_t i = 0; i < x.size(); ++i) {
            report_.largest_difference = std::max(report_.largest_difference, std::abs(x[i] - y[i]));
        }
    }
    ReplayReport& report_;
};

}  // namespace

Result<ReplayReport> replay(std::span<const SessionEvent> events, const World& world, Witness* witness) {
    const auto* start = events.empty() ? nullptr : std::get_if<Start>(&events.front().payload);
    if (start == nullptr) return fail(ErrorCode::kCorrupt, "the record does not begin with a start event");
    ATTUNE_TRY(auto conductor, Conductor::create(*start, world));
    ReplayReport report;
    report.same_arithmetic = start->fingerprint == fingerprint();
    Comparison compare(report);
    std::map<std::uint64_t, PlanOrder> orders;
    for (std::size_t i = 0; i < events.size();) {
        const SessionEvent& event = events[i++];
        if (is_output(event.kind())) {
            compare.note(event.seq, "the record has an output that nothing led to");
            continue;
        }
        ++report.inputs;
        if (witness != nullptr) witness->on_input(event);
        if (const auto* result = std::get_if<PlanResult>(&event.payload)) {
            const auto order = orders.find(result->request);
            if (order == orders.end()) compare.note(event.seq, "a plan came that was never asked for");
            else compare.plan(event, result->plan, run_plan(order->second));
        }
        Outputs out = conductor.step(event);
        if (witness != nullptr) witness->on_outputs(event, out);
        if (out.plan) orders.insert_or_assign(out.plan->request, *std::move(out.plan));
        for (const Payload& computed : out.records) {
            if (i >= events.size()) break;   // interrupted between an input and what it led to
            if (!is_output(events[i].kind())) {
                compare.note(events[i].seq, "an output is missing before this event");
                break;
            }
            compare.outputs(events[i++], computed);
        }
    }
    return report;
}

}  // namespace attune::session
