// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The only way to divide samples into training and test: by group (person, artist, speaker).
///
/// Nobody else can make a Fold, so every figure of every model went through here. A group never stands on
/// both sides. A split that may leak must be asked for by name, and carries leaky() into the report.
///
/// In       groups: one id a sample, "" is not an id
/// Out      folds of sample indices, ascending; each sample is in `test` of exactly one fold
///          (predefined and holdout: one fold)
/// Errors   kBadArgument: empty id, fewer groups than folds, a predefined split that shares a group
/// Method   greedy: the largest group goes to the emptiest fold; ties by a seeded shuffle
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

class Fold {
public:
    [[nodiscard]] const std::vector<std::size_t>& train() const noexcept { return train_; }
    [[nodiscard]] const std::vector<std::size_t>& test() const noexcept { return test_; }

private:
    friend class Split;
    Fold(std::vector<std::size_t> train, std::vector<std::size_t> test)
        : train_(std::move(train)), test_(std::move(test)) {}
    std::vector<std::size_t> train_, test_;
};

class Split {
public:
    /// k folds, 2 <= k <= number of groups.
    [[nodiscard]] static Result<Split> grouped_k_fold(std::span<const std::string> groups, int k,
                                                      std::uint64_t seed);
    /// One fold a group, in the order of the ids.
    [[nodiscard]] static Result<Split> leave_one_group_out(std::span<const std::string> groups);
    /// One fold: about `share` (0..1, exclusive) of the samples in test, whole groups. For early stopping
    /// and calibration, inside a training side.
    [[nodiscard]] static Result<Split> grouped_holdout(std::span<const std::string> groups, double share,
                                                       std::uint64_t seed);
    /// An official division (FER2013's Usage column): is_test says where each sample goes. Fails, naming
    /// the group, if one stands on both sides.
    [[nodiscard]] static Result<Split> predefined(std::span<const std::string> groups,
                                                  const std::vector<bool>& is_test);
    /// Samples of one group on both sides: for the figure beside the honest one, never for a gate.
    /// Fails unless `label` is "leaky".
    [[nodiscard]] static Result<Split> leaky_k_fold(std::size_t n, int k, std::uint64_t seed,
                                                    const std::string& label);

    [[nodiscard]] const std::vector<Fold>& folds() const noexcept { return folds_; }
    [[nodiscard]] bool leaky() const noexcept { return leaky_; }
    /// "leave one group out over 28 groups", "5-fold by group", "leaky 5-fold".
    [[nodiscard]] const std::string& protocol() const noexcept { return protocol_; }
    /// Fails, naming the group, if any fold has it on both sides and the split is not labelled leaky.
    [[nodiscard]] Result<void> verify(std::span<const std::string> groups) const;

private:
    Split() = default;
    std::vector<Fold> folds_;
    std::string protocol_;
    bool leaky_ = false;
};

}  // namespace attune::learn
