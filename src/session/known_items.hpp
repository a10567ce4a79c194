// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The items of adopted plans that anybody may still ask for: what was heard, and the last plans whole, because the
/// engine may hold an item of a plan that was replaced. A session that plans anew a hundred times forgets the rest.
///
/// Threads  one owner      Errors  none: an unknown item is null
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "flow/plan.hpp"

namespace attune::session {

class KnownItems {
public:
    static constexpr std::uint64_t kPlans = 4;   ///< that are kept whole

    void adopt(const std::vector<flow::PlanItem>& items);
    /// It is heard: kept for good.
    void begun(const Id& id);
    /// Null if unknown or forgotten. Stands until the next adopt().
    [[nodiscard]] const flow::PlanItem* find(const Id& id) const;
    /// Composed music was sent elsewhere: that is what it is expected to express from now on.
    void steered(const Id& id, const std::optional<flow::Va>& expected);
    /// The last item before `id` that was heard and that `wanted` says yes to; null if there is none.
    template <typename Wanted>
    [[nodiscard]] const flow::PlanItem* heard_before(const Id& id, Wanted&& wanted) const {
        const flow::PlanItem* before = nullptr;
        for (const Known& known : items_) {
            if (known.item.id == id) break;
            if (known.begun && wanted(known.item)) before = &known.item;
        }
        return before;
    }
    [[nodiscard]] std::size_t size() const { return items_.size(); }

private:
    struct Known {
        flow::PlanItem item;
        std::uint64_t plan = 0;
        bool begun = false;
    };
    std::deque<Known> items_;   ///< in the order of adoption
    std::uint64_t plans_ = 0;
};

}  // namespace attune::session
