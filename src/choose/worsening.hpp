// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Is the listener getting worse? From what they say about themselves only, with its uncertainty
/// (affect_spec C, WORSE). No sensor and no model takes part.
///
/// In       felt ratings in the order given; the first is the start
/// Out      P(valence fell by >= .25, or for calm and sleep arousal rose by >= .25, since the start)
/// Threads  a value; one owner      Errors  none: untouched or empty ratings are passed over
/// Method   differences of ratings with normal noise (SD .17, .20; + .10 while music plays). The last
///          rating, and the mean of the last two, are each compared with the first; the larger counts.
#include <vector>

#include "flow/goal.hpp"
#include "flow/rating.hpp"

namespace attune::choose {

class Worsening {
public:
    static constexpr double kFall = .25;         ///< of valence; also the rise of arousal
    static constexpr double kSure = .8;

    explicit Worsening(flow::GoalKind goal) : goal_(goal) {}

    void on_rating(const flow::Rating& rating);
    /// 0 until there is a start and one more rating.
    [[nodiscard]] double probability() const { return probability_; }
    /// True once for every rating with which the listener is probably worse than at the start.
    [[nodiscard]] bool take_alarm();
    /// How often the alarm was taken, or the person said so: 1 = hold and ask, 2 and more = land.
    [[nodiscard]] int times() const { return times_; }
    /// The person says so: counts as an alarm that was taken.
    void said_so() { ++times_; }

private:
    struct Point {
        flow::Va value, variance;
    };
    [[nodiscard]] double compare(const Point& now) const;

    flow::GoalKind goal_;
    std::vector<Point> points_;
    double probability_ = 0.0;
    bool alarm_ = false;
    int times_ = 0;
};

}  // namespace attune::choose
