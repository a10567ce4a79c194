// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// When to ask "how do you feel now?": at planned times, never because the filter disagrees.
///
/// At most one prompt in four minutes, 15 s into an item (the effect of the item before is then felt and
/// the new one is not yet), none once sleep has begun. The outcome question at the end is its own.
#include "core/time.hpp"
#include "flow/goal.hpp"

namespace attune::session {

class Prompts {
public:
    static constexpr double kSpacingS = 240.0;
    static constexpr double kIntoItemS = 15.0;
    /// A sleep session asks only while the listener is still awake: in its first eight minutes.
    static constexpr double kSleepQuietAfterS = 480.0;

    explicit Prompts(flow::GoalKind goal) : goal_(goal) {}

    void on_item_began(Time t) { item_began_ = t; }
    /// A volunteered rating counts as an answer: the next prompt is four minutes after it.
    void on_rating(Time t) { last_ = t; }
    /// Whoever is on the way to sleep is left alone, whatever the question.
    [[nodiscard]] bool quiet(Time now) const { return goal_ == flow::GoalKind::kSleep && now.seconds() > kSleepQuietAfterS; }
    /// True at the one tick at which to ask.
    [[nodiscard]] bool due(Time now) {
        if (quiet(now)) return false;
        if ((now - last_).seconds() < kSpacingS || (now - item_began_).seconds() < kIntoItemS) return false;
        last_ = now;
        return true;
    }

private:
    flow::GoalKind goal_;
    Time last_{}, item_began_{};
};

}  // namespace attune::session
