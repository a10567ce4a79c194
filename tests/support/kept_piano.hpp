// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The piano takes a second to decode: a test program that includes this does so once for all its tests.
#include <gtest/gtest.h>

#include <memory>

#include "compose/synth.hpp"

namespace attune::test {

class KeptPiano : public testing::Environment {
    void SetUp() override {
        kept_ = std::make_unique<compose::KeptInstruments>(compose::KeptInstruments::create().value());
        kept_->keep(compose::instruments_for(compose::Style::kPianoBallad, 1));
    }
    void TearDown() override { kept_.reset(); }
    std::unique_ptr<compose::KeptInstruments> kept_;
};
[[maybe_unused]] inline const auto* const kKeptPiano = testing::AddGlobalTestEnvironment(new KeptPiano);

}  // namespace attune::test
