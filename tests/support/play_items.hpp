// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Items for the player's tests.
#include <memory>
#include <string>

#include "play/item.hpp"

namespace attune::test {

inline Id id_of(int n) {
    Id id;
    id.bytes[0] = 1;
    id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
    id.bytes[15] = static_cast<std::uint8_t>(n);
    return id;
}

/// A track of `frames` source frames; fade 0 = it joins the one before without a gap.
inline std::unique_ptr<play::Item> track(int n, std::int64_t frames, int rate = 44100,
                                         double fade_s = 0.0, const std::string& path = {}) {
    auto item = std::make_unique<play::Item>();
    item->plan.id = id_of(n);
    item->plan.kind = flow::ItemKind::kTrack;
    item->plan.path = path;
    item->plan.fade_in_s = fade_s;
    item->source_rate_hz = rate;
    item->source_frames = frames;
    return item;
}

inline std::unique_ptr<play::Item> silence(int n, double seconds) {
    auto item = std::make_unique<play::Item>();
    item->plan.id = id_of(n);
    item->plan.kind = flow::ItemKind::kSilence;
    item->plan.out_s = seconds;
    return item;
}

}  // namespace attune::test
