// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/sensing.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace attune::session {
namespace {
constexpr std::int64_t kBreathEveryS = 10;
}  // namespace

bool is_body(flow::SourceKind kind) noexcept { return kind == flow::SourceKind::kBody || kind == flow::SourceKind::kHeart; }

void Sensing::add(std::unique_ptr<affect::Recogniser> recogniser) { recognisers_.push_back(std::move(recogniser)); }

void Sensing::let_go(const std::string& source) {
    std::erase_if(recognisers_, [&](const auto& r) { return r->source() == source; });
}

void Sensing::on_heard(const flow::Heard& heard) {
    for (auto& recogniser : recognisers_) recogniser->on_heard(heard);
}

bool Sensing::listens_to(const std::string& source) const {
    return std::ranges::any_of(recognisers_, [&](const auto& r) { return r->source() == source; });
}

std::vector<Listening> Sensing::listening() const {
    std::vector<Listening> all;
    for (const auto& recogniser : recognisers_) {
        auto [id, sha256] = recogniser->model();
        all.push_back({recogniser->source(), recogniser->kind(), std::move(id), std::move(sha256)});
    }
    return all;
}

bool Sensing::keeps(const flow::SensorFrame& frame) const {
    return is_kept(frame.channel) &&
           std::ranges::any_of(recognisers_, [&](const auto& r) { return r->source() == frame.source && is_body(r->kind()); });
}

void Sensing::step(Time t, const Sensed& input, std::vector<Payload>& said) {
    if (input.tell_conductance) tell_conductance(input.frames, said);
    tell_breath(t, input.frames.subspan(input.of_listener), said);
    for (const flow::SensorFrame& frame : input.frames) {
        for (auto& recogniser : recognisers_) recogniser->push(frame);
    }
    for (const flow::Crop& crop : input.crops) {
        for (auto& recogniser : recognisers_) recogniser->push(crop);
    }
    for (auto& recogniser : recognisers_) {
        if (auto evidence = recogniser->poll(t)) said.emplace_back(*std::move(evidence));
    }
}

/// Biofeedback follows the raw signal, second by second: a recogniser would first have to know this person's quiet.
void Sensing::tell_conductance(std::span<const flow::SensorFrame> frames, std::vector<Payload>& said) const {
    std::map<std::string, std::pair<double, int>> sum;
    for (const flow::SensorFrame& frame : frames) {
        if (frame.channel != flow::Channel::kEda) continue;
        for (const float x : frame.samples)
            if (std::isfinite(x)) sum[frame.source].first += static_cast<double>(x), ++sum[frame.source].second;
    }
    for (const auto& [source, total] : sum)
        if (total.second > 0) said.emplace_back(Conductance{source, total.first / total.second});
}

/// For the record, of sources that may be inferred from.
void Sensing::tell_breath(Time t, std::span<const flow::SensorFrame> frames, std::vector<Payload>& said) {
    for (const flow::SensorFrame& frame : frames) {
        if (listens_to(frame.source)) breath_[frame.source].push(frame);
    }
    if (t.ns / 1'000'000'000 % kBreathEveryS != 0) return;
    for (const auto& [source, tracker] : breath_) {
        if (const auto breathing = tracker.at(t); breathing && listens_to(source))
            said.emplace_back(Breath{source, breathing->per_min, breathing->quality, breathing->of});
    }
}

}  // namespace attune::session
