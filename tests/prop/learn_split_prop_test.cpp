// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "learn/split.hpp"

namespace attune::learn {
namespace {

RC_GTEST_PROP(GroupedKFold, NeverLeaksAndTestsEverySampleOnce, ()) {
    const auto n = *rc::gen::inRange<std::size_t>(4, 120);
    std::vector<std::string> groups(n);
    for (std::size_t i = 0; i < n; ++i)
        groups[i] = i < 4 ? std::to_string(i) : std::to_string(*rc::gen::inRange(0, 12));
    const int k = *rc::gen::inRange(2, 5);
    const auto split = Split::grouped_k_fold(groups, k, *rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(split.has_value());
    std::vector<int> tested(n, 0);
    for (const auto& fold : split->folds()) {
        std::set<std::string> train;
        for (auto i : fold.train()) train.insert(groups[i]);
        for (auto i : fold.test()) {
            RC_ASSERT(!train.contains(groups[i]));
            ++tested[i];
        }
        RC_ASSERT(fold.train().size() + fold.test().size() == n);
        RC_ASSERT(!fold.test().empty());
    }
    RC_ASSERT(std::all_of(tested.begin(), tested.end(), [](int t) { return t == 1; }));
}

RC_GTEST_PROP(GroupedKFold, IsTheSameForTheSameSeed, (std::uint64_t seed)) {
    const std::vector<std::string> groups = {"a", "b", "c", "d", "e", "f", "a", "b"};
    const auto one = Split::grouped_k_fold(groups, 3, seed), two = Split::grouped_k_fold(groups, 3, seed);
    for (std::size_t f = 0; f < 3; ++f) RC_ASSERT(one->folds()[f].test() == two->folds()[f].test());
}

}  // namespace
}  // namespace attune::learn
