// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A finished Score as an AudioSource: everything is known, so process() is RT-SAFE and never waits.
#include <memory>

#include "compose/performer.hpp"
#include "flow/audio_source.hpp"

namespace attune::compose {

class ScoreSource final : public flow::AudioSource {
public:
    /// Opens its own Synth. kUnavailable without a soundfont.
    [[nodiscard]] static Result<std::unique_ptr<ScoreSource>> create(Score score, const std::filesystem::path& soundfont = {});

    [[nodiscard]] Result<void> prepare(int max_block) override;
    [[nodiscard]] std::size_t process(std::span<float> left, std::span<float> right) noexcept override;
    [[nodiscard]] bool finished() const noexcept override { return left_ <= 0; }
    [[nodiscard]] FrameCount latency() const noexcept override { return {0}; }
    /// Frames of the whole piece, its reverberation included.
    [[nodiscard]] FrameCount length() const noexcept { return {total_}; }
    [[nodiscard]] const Score& score() const noexcept { return score_; }
    /// See Performer::set_notch.
    void set_notch(double hz) noexcept { performer_.set_notch(hz); }

private:
    ScoreSource(Score score, Performer performer);
    void feed() noexcept;
    Score score_;
    Performer performer_;
    std::size_t next_note_ = 0, next_tempo_ = 0;
    std::int64_t total_ = 0, left_ = 0;
};

}  // namespace attune::compose
