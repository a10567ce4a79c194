// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/voice_activity.hpp"

#include <algorithm>
#include <array>

namespace attune::learn {
namespace {

constexpr std::size_t kContext = 64, kSeen = kContext + kActivityFrame + 64, kState = 128;

OnnxShape shape() {
    const int state = static_cast<int>(kState);
    return {{{"x", {1, 1, 1, static_cast<int>(kSeen)}}, {"h", {1, state}}, {"c", {1, state}}},
            {{"p", {1, 1}}, {"hn", {1, state}}, {"cn", {1, state}}}};
}

}  // namespace

Result<VoiceActivity> VoiceActivity::load(const std::filesystem::path& file) {
    ATTUNE_TRY(auto model, OnnxModel::load(file, shape()));
    return VoiceActivity(std::move(model));
}

Result<std::vector<double>> VoiceActivity::judge(std::span<const float> samples) {
    std::array<float, kSeen> x{};
    std::vector<float> h(kState, 0.0F), c(kState, 0.0F);
    std::vector<double> out;
    for (std::size_t at = 0; at + kActivityFrame <= samples.size(); at += kActivityFrame) {
        for (std::size_t i = 0; i < kContext; ++i) x[i] = at >= kContext ? samples[at - kContext + i] : 0.0F;
        std::ranges::copy(samples.subspan(at, kActivityFrame), x.begin() + kContext);
        constexpr std::size_t kEnd = kContext + kActivityFrame;
        for (std::size_t i = kEnd; i < kSeen; ++i) x[i] = x[2 * (kEnd - 1) - i];
        const std::array<std::span<const float>, 3> inputs = {x, h, c};
        ATTUNE_TRY(const auto answer, model_.run(inputs));
        out.push_back(static_cast<double>(answer[0].front()));
        h = answer[1];
        c = answer[2];
    }
    return out;
}

}  // namespace attune::learn
