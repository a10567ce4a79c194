// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/output_stage.hpp"

#include <algorithm>
#include <cmath>

namespace attune::play {
namespace {
constexpr std::size_t kReserve = 480;  // faded out when nothing more comes
constexpr std::size_t kResume = 2400;
constexpr float kBackStep = 1.0F / 480.0F;
}  // namespace

OutputStage::OutputStage(core::SpscRing<Frame>& ring, double stop_fade_s)
    : ring_(ring),
      stop_step_(static_cast<float>(1.0 / (std::clamp(stop_fade_s, 0.005, 0.45) * 48000.0))) {}

double OutputStage::limited_db() const noexcept {
    return 20.0 * std::log10(std::max(1e-6, static_cast<double>(lowest_.load())));
}

void OutputStage::block(std::span<float> left, std::span<float> right) noexcept {
    const std::size_t n = left.size();
    const std::size_t there = ring_.size();
    const bool ending = end_expected_.load(std::memory_order_relaxed);
    if (!running_ && (there >= kResume || (ending && there > 0))) {
        running_ = true;
        dry_step_ = kBackStep;
        if (!ever_) dry_gain_ = 1.0F;  // the session's own fade-in is the beginning
        ever_ = true;
    }
    std::size_t got = 0;
    if (running_) {
        if (there < n + kReserve && !ending) {  // not enough to go on: what is there is faded out
            running_ = false;
            underruns_.fetch_add(1, std::memory_order_relaxed);
            const std::size_t over = std::max<std::size_t>(1, std::min(there, n));
            dry_step_ = -dry_gain_ / static_cast<float>(over);
        } else if (there < n) {
            running_ = false;
        }
        got = ring_.pop(std::span(frames_).first(n));
    }
    float loudest = 0.0F;
    const bool through = got == n && dry_gain_ == 1.0F && dry_step_ >= 0.0F && stop_gain_ == 1.0F &&
                         !stopping_.load(std::memory_order_relaxed);
    for (std::size_t k = 0; k < n && through; ++k) {
        left[k] = frames_[k].left;
        right[k] = frames_[k].right;
    }
    for (std::size_t k = 0; k < n && !through; ++k) {
        const Frame f = k < got ? frames_[k] : Frame{};
        dry_gain_ = std::clamp(dry_gain_ + dry_step_, 0.0F, 1.0F);
        const bool stopping = stopping_.load(std::memory_order_relaxed);
        stop_gain_ = std::clamp(stop_gain_ + (stopping ? -stop_step_ : stop_step_), 0.0F, 1.0F);
        const float g = dry_gain_ * stop_gain_;
        left[k] = f.left * g;
        right[k] = f.right * g;
    }
    taken_.fetch_add(static_cast<std::int64_t>(got), std::memory_order_release);
    limiter_.process(left, right);
    for (std::size_t k = 0; k < n; ++k)
        loudest = std::max({loudest, std::abs(left[k]), std::abs(right[k])});
    silent_.store(loudest < 1e-5F, std::memory_order_relaxed);
    if (limiter_.lowest_gain() < lowest_.load(std::memory_order_relaxed))
        lowest_.store(limiter_.lowest_gain(), std::memory_order_relaxed);
}

bool OutputStage::dry_for(std::size_t frames) const noexcept {
    return running_ && !end_expected_.load(std::memory_order_relaxed) && ring_.size() < frames + kReserve;
}

std::size_t OutputStage::pull(std::span<float> left, std::span<float> right) noexcept {
    const std::int64_t before = taken_.load(std::memory_order_relaxed);
    for (std::size_t at = 0; at < left.size(); at += kBlock) {
        const std::size_t n = std::min(kBlock, left.size() - at);
        block(left.subspan(at, n), right.subspan(at, n));
    }
    return static_cast<std::size_t>(taken_.load(std::memory_order_relaxed) - before);
}

}  // namespace attune::play
