// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/split.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/random.hpp"

namespace attune::learn {
namespace {

using Members = std::map<std::string, std::vector<std::size_t>>;

Result<Members> members_of(std::span<const std::string> groups) {
    Members members;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (groups[i].empty())
            return fail(ErrorCode::kBadArgument, "sample " + std::to_string(i) +
                                                     " has no group: a split by group needs one for each");
        members[groups[i]].push_back(i);
    }
    return members;
}

/// Group ids, largest first, equal sizes in seeded order.
std::vector<std::string> by_size(const Members& members, std::uint64_t seed) {
    std::vector<std::string> ids;
    for (const auto& [id, _] : members) ids.push_back(id);
    core::Random random(seed, "learn/split");
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
    std::stable_sort(ids.begin(), ids.end(), [&](const auto& a, const auto& b) {
        return members.at(a).size() > members.at(b).size();
    });
    return ids;
}

/// fold_of[i] is the fold in whose test sample i stands.
void fill(std::size_t n, int k, const std::vector<int>& fold_of, auto&& add) {
    for (int f = 0; f < k; ++f) {
        std::vector<std::size_t> train, test;
        for (std::size_t i = 0; i < n; ++i) (fold_of[i] == f ? test : train).push_back(i);
        add(std::move(train), std::move(test));
    }
}

}  // namespace

Result<Split> Split::grouped_k_fold(std::span<const std::string> groups, int k, std::uint64_t seed) {
    ATTUNE_TRY(const Members members, members_of(groups));
    if (k < 2 || static_cast<std::size_t>(k) > members.size())
        return fail(ErrorCode::kBadArgument, "k = " + std::to_string(k) + " folds; 2.." +
                                                 std::to_string(members.size()) + " groups are there");
    std::vector<std::size_t> load(static_cast<std::size_t>(k), 0);
    std::vector<int> fold_of(groups.size(), 0);
    for (const auto& id : by_size(members, seed)) {
        const auto emptiest = std::min_element(load.begin(), load.end()) - load.begin();
        load[static_cast<std::size_t>(emptiest)] += members.at(id).size();
        for (std::size_t i : members.at(id)) fold_of[i] = static_cast<int>(emptiest);
    }
    Split split;
    fill(groups.size(), k, fold_of,
         [&](auto train, auto test) { split.folds_.push_back(Fold(std::move(train), std::move(test))); });
    split.protocol_ = std::to_string(k) + "-fold by group over " + std::to_string(members.size()) + " groups";
    return split;
}

Result<Split> Split::leave_one_group_out(std::span<const std::string> groups) {
    ATTUNE_TRY(const Members members, members_of(groups));
    if (members.size() < 2)
        return fail(ErrorCode::kBadArgument,
                    std::to_string(members.size()) + " group(s); leaving one out needs at least 2");
    std::vector<int> fold_of(groups.size(), 0);
    int f = 0;
    for (const auto& [id, indices] : members) {
        for (std::size_t i : indices) fold_of[i] = f;
        ++f;
    }
    Split split;
    fill(groups.size(), f, fold_of,
         [&](auto train, auto test) { split.folds_.push_back(Fold(std::move(train), std::move(test))); });
    split.protocol_ = "leave one group out over " + std::to_string(members.size()) + " groups";
    return split;
}

Result<Split> Split::grouped_holdout(std::span<const std::string> groups, double share, std::uint64_t seed) {
    ATTUNE_TRY(const Members members, members_of(groups));
    if (!(share > 0.0 && share < 1.0) || members.size() < 2)
        return fail(ErrorCode::kBadArgument, "held-out share " + std::to_string(share) + " of " +
                                                 std::to_string(members.size()) +
                                                 " groups; a share in (0, 1) and 2 groups are needed");
    auto ids = by_size(members, seed);
    core::Random random(seed, "learn/holdout");
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
    const double wanted = share * static_cast<double>(groups.size());
    std::vector<int> fold_of(groups.size(), 1);
    std::size_t held = 0, held_groups = 0;
    for (const auto& id : ids) {
        if (static_cast<double>(held) >= wanted || held_groups + 1 >= members.size()) break;
        for (std::size_t i : members.at(id)) fold_of[i] = 0;
        held += members.at(id).size();
        ++held_groups;
    }
    Split split;
    fill(groups.size(), 1, fold_of,
         [&](auto train, auto test) { split.folds_.push_back(Fold(std::move(train), std::move(test))); });
    split.protocol_ = "held out " + std::to_string(held_groups) + " of " + std::to_string(members.size()) + " groups";
    return split;
}

Result<Split> Split::predefined(std::span<const std::string> groups, const std::vector<bool>& is_test) {
    if (groups.size() != is_test.size())
        return fail(ErrorCode::kBadArgument, std::to_string(groups.size()) + " groups for " +
                                                 std::to_string(is_test.size()) + " samples");
    ATTUNE_TRY(const Members members, members_of(groups));
    std::vector<std::size_t> train, test;
    for (std::size_t i = 0; i < is_test.size(); ++i) (is_test[i] ? test : train).push_back(i);
    Split split;
    split.folds_.push_back(Fold(std::move(train), std::move(test)));
    split.protocol_ = "predefined division of " + std::to_string(members.size()) + " groups";
    ATTUNE_CHECK(split.verify(groups));
    return split;
}

Result<Split> Split::leaky_k_fold(std::size_t n, int k, std::uint64_t seed, const std::string& label) {
    if (label != "leaky")
        return fail(ErrorCode::kRefused, "a split that shares groups needs the label \"leaky\", not \"" +
                                             label + "\": use a grouped split");
    if (k < 2 || static_cast<std::size_t>(k) > n)
        return fail(ErrorCode::kBadArgument,
                    "k = " + std::to_string(k) + " folds of " + std::to_string(n) + " samples");
    std::vector<int> fold_of(n);
    for (std::size_t i = 0; i < n; ++i) fold_of[i] = static_cast<int>(i % static_cast<std::size_t>(k));
    core::Random random(seed, "learn/leaky");
    for (std::size_t i = n; i > 1; --i) std::swap(fold_of[i - 1], fold_of[random.below(i)]);
    Split split;
    fill(n, k, fold_of,
         [&](auto train, auto test) { split.folds_.push_back(Fold(std::move(train), std::move(test))); });
    split.leaky_ = true;
    split.protocol_ = "leaky " + std::to_string(k) + "-fold";
    return split;
}

Result<void> Split::verify(std::span<const std::string> groups) const {
    if (leaky_) return {};
    for (const Fold& fold : folds_) {
        std::set<std::string> seen;
        for (std::size_t i : fold.train()) {
            if (i >= groups.size())
                return fail(ErrorCode::kBadArgument, "sample " + std::to_string(i) + " of the split has no group");
            seen.insert(groups[i]);
        }
        for (std::size_t i : fold.test()) {
            if (i >= groups.size())
                return fail(ErrorCode::kBadArgument, "sample " + std::to_string(i) + " of the split has no group");
            if (seen.contains(groups[i]))
                return fail(ErrorCode::kRefused,
                            "the split leaks: group \"" + groups[i] + "\" is in training and in test");
        }
    }
    return {};
}

}  // namespace attune::learn
