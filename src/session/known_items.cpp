// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/known_items.hpp"

#include <algorithm>

namespace attune::session {
namespace {

/// The newest first: what is asked for is nearly always of the last plan.
template <typename Items>
auto* newest(Items& items, const Id& id) {
    const auto at = std::find_if(items.rbegin(), items.rend(), [&](const auto& known) { return known.item.id == id; });
    return at == items.rend() ? nullptr : &*at;
}

}  // namespace

void KnownItems::adopt(const std::vector<flow::PlanItem>& items) {
    ++plans_;
    std::erase_if(items_, [&](const Known& known) { return !known.begun && known.plan + kPlans <= plans_; });
    for (const flow::PlanItem& item : items) items_.push_back({item, plans_, false});
}

void KnownItems::begun(const Id& id) {
    if (Known* known = newest(items_, id)) known->begun = true;
}

const flow::PlanItem* KnownItems::find(const Id& id) const {
    const Known* known = newest(items_, id);
    return known == nullptr ? nullptr : &known->item;
}

void KnownItems::steered(const Id& id, const std::optional<flow::Va>& expected) {
    if (Known* known = newest(items_, id)) known->item.expected = expected;
}

}  // namespace attune::session
