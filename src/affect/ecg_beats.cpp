// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/ecg_beats.hpp"

#include <algorithm>
#include <cmath>

#include "signal/body_quality.hpp"

namespace attune::affect {
namespace {
constexpr double kWindowS = 6.0;   // what follows an ECG is seen within this
}

Result<EcgBeats> EcgBeats::create(double rate_hz, Time start) {
    ATTUNE_TRY(auto detector, signal::EcgPeakDetector::create({rate_hz}));
    return EcgBeats(std::move(detector), rate_hz, start);
}

void EcgBeats::push(std::span<const float> ecg, std::vector<Second>& out) {
    while (!ecg.empty()) {
        const auto end = static_cast<std::int64_t>(std::ceil(static_cast<double>(seconds_ + 1) * rate_hz_));
        const auto part = ecg.first(std::min(ecg.size(), static_cast<std::size_t>(end - frames_)));
        detector_.push(part, beats_);
        recent_.insert(recent_.end(), part.begin(), part.end());
        frames_ += std::ssize(part);
        ecg = ecg.subspan(part.size());
        if (frames_ == end) out.push_back(close());
    }
}

EcgBeats::Second EcgBeats::close() {
    const auto most = static_cast<std::ptrdiff_t>(kWindowS * rate_hz_);
    if (std::ssize(recent_) > most) recent_.erase(recent_.begin(), recent_.end() - most);
    Second out;
    out.end = time_of(frames_);
    const auto quality = signal::ecg_quality(recent_, rate_hz_);
    if (quality != signal::BodyQuality::kTooShort) out.good = quality == signal::BodyQuality::kGood;
    if (!out.good.value_or(false)) last_beat_ = -1;
    for (const auto& beat : beats_) {
        if (!out.good.value_or(false)) break;
        if (last_beat_ >= 0) {
            out.rr_ms.push_back(static_cast<float>(1000.0 * static_cast<double>(beat.frame - last_beat_) / rate_hz_));
            out.at.push_back(time_of(beat.frame));
        }
        last_beat_ = beat.frame;
    }
    beats_.clear();
    ++seconds_;
    return out;
}

}  // namespace attune::affect
