// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The voice model for tests that draw their voices: nothing drawn is like the speech that it was trained on.
#include <filesystem>

#include <gtest/gtest.h>

#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/model_card.hpp"
#include "learn/voice_model.hpp"

namespace attune::tests {

/// The shipped model, which takes the buzz of these tests for speech of the kind that it knows.
inline void install_voice_for_any_sound(const std::filesystem::path& data_dir) {
    const auto shipped = learn::find_model({}, "voice").value();
    auto model = learn::VoiceModel::load(shipped.weights).value();
    model.set_domain_limit(1e9);
    std::filesystem::create_directories(data_dir / "models");
    const auto weights = data_dir / "models" / shipped.card.file;
    ASSERT_TRUE(model.save(weights));
    std::string card = core::read_file(shipped.card_file).value();
    card.replace(card.find(shipped.card.sha256), shipped.card.sha256.size(), core::sha256_hex_of_file(weights).value());
    ASSERT_TRUE(core::write_file_atomically(data_dir / "models" / "voice.card.json", card));
}

}  // namespace attune::tests
