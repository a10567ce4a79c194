// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/value.hpp"

#include "core/assert.hpp"

namespace attune::store {

std::int64_t Value::integer() const {
    if (const auto* i = std::get_if<std::int64_t>(&data_)) return *i;
    const auto* d = std::get_if<double>(&data_);
    ATTUNE_ASSERT(d != nullptr);
    return static_cast<std::int64_t>(*d);
}

double Value::real() const {
    if (const auto* d = std::get_if<double>(&data_)) return *d;
    const auto* i = std::get_if<std::int64_t>(&data_);
    ATTUNE_ASSERT(i != nullptr);
    return static_cast<double>(*i);
}

const std::string& Value::text() const {
    const auto* t = std::get_if<std::string>(&data_);
    ATTUNE_ASSERT(t != nullptr);
    return *t;
}

const Blob& Value::blob() const {
    const auto* b = std::get_if<Blob>(&data_);
    ATTUNE_ASSERT(b != nullptr);
    return *b;
}

std::optional<double> Value::maybe_real() const {
    return null() ? std::nullopt : std::optional(real());
}

std::optional<std::int64_t> Value::maybe_integer() const {
    return null() ? std::nullopt : std::optional(integer());
}

std::optional<std::string> Value::maybe_text() const {
    return null() ? std::nullopt : std::optional(text());
}

}  // namespace attune::store
