// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A value with its uncertainty and its origin. What is not known is std::nullopt, never 0.
#include <optional>
#include <string>

namespace attune::flow {

/// In rising order of authority: an edit wins over a tag, a tag over a measurement of a model.
enum class ValueOrigin { kSimulated, kModel, kMeasured, kTag, kEdited };
[[nodiscard]] const char* to_string(ValueOrigin origin) noexcept;

template <typename T>
struct Estimate {
    T value{};
    std::optional<double> sd;   ///< standard deviation in the value's unit; empty = not estimated
    ValueOrigin origin = ValueOrigin::kMeasured;
    std::string model;          ///< id@version; empty if origin is a tag or an edit
    bool operator==(const Estimate&) const = default;
};

template <typename T>
using Maybe = std::optional<Estimate<T>>;

}  // namespace attune::flow
