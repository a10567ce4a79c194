// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One stream of sound inside the engine: readers in a chain, or a live source → 48 kHz → tempo →
/// soften.
///
/// In       readers (each with its ring) or an AudioSource, and the timeline's segments
/// Out      the voice's share of the mix, added to both channels
/// Tempo    at ratio 1 the stream is copied bit by bit; the stretcher is engaged when the ratio leaves 1
///          and released 1.1 s after it came back, when it only copies; each by a crossfade of 10 ms between
///          signals that are equal within -100 dBFS (see Stretcher). A stream that begins at another ratio,
///          after a seek for one, is stretched from its first frame on
/// Threads  the engine thread; RT-SAFE after create()
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "play/reader.hpp"
#include "play/stretcher.hpp"
#include "play/timeline.hpp"

namespace attune::play {

class Voice final : private StreamWindow {
public:
    [[nodiscard]] static Result<std::unique_ptr<Voice>> create();

    /// A new stream begins. One of `reader` and `live` is set; both null = silence until it is
    /// closed.
    void open(std::uint32_t play, Reader* reader, flow::AudioSource* live) noexcept;
    /// The reader of an item that follows without a gap.
    void append(Reader* next) noexcept { next_ = next; }
    void close() noexcept;

    [[nodiscard]] std::uint32_t play() const noexcept { return play_; }
    [[nodiscard]] bool active() const noexcept { return play_ != 0; }
    [[nodiscard]] Reader* reader() const noexcept { return reader_; }
    [[nodiscard]] bool holds(const Reader* r) const noexcept { return r == reader_ || r == next_; }
    [[nodiscard]] double position() const noexcept { return position_; }  ///< of the last mix()
    [[nodiscard]] std::uint32_t appended() const noexcept { return appended_; }
    void set_appended(std::uint32_t count) noexcept { appended_ = count; }
    [[nodiscard]] bool wants_append() const noexcept { return next_ == nullptr; }
    /// Stream frames that can be heard from `position` on; INT64_MAX if the end is in sight.
    [[nodiscard]] std::int64_t supply(double position) const noexcept;

    /// Adds `n` = left.size() frames of the stream from s.position on.
    void mix(const VoiceSegment& s, std::span<float> left, std::span<float> right) noexcept;
    /// The source gave something that is no number; cleared by open().
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    Voice();
    static constexpr std::size_t kFifo = 32768;
    static constexpr std::size_t kMaxBlock = std::size_t{kGrid} * 200;
    void copy(std::int64_t from, std::span<float> left, std::span<float> right) noexcept override;
    void fill(std::int64_t until) noexcept;
    [[nodiscard]] std::size_t fill_from_source(std::span<float> left,
                                               std::span<float> right) noexcept;
    [[nodiscard]] std::size_t fill_from_readers(std::span<float> left,
                                                std::span<float> right) noexcept;
    void make_room(std::size_t frames) noexcept;
    void render(const VoiceSegment& s, std::span<float> left, std::span<float> right) noexcept;
    void soften(const VoiceSegment& s, std::span<float> left, std::span<float> right) noexcept;

    std::uint32_t play_ = 0, appended_ = 0;
    double position_ = 0.0;
    Reader* reader_ = nullptr;
    Reader* next_ = nullptr;
    flow::AudioSource* live_ = nullptr;
    std::unique_ptr<Stretcher> stretcher_;
    std::vector<float> fifo_left_, fifo_right_;
    std::int64_t base_ = 0;  ///< stream frame of fifo_[0]
    std::size_t count_ = 0;
    bool ended_ = false, broken_ = false;
    bool stretching_ = false;
    bool fresh_ = true;  ///< nothing of the stream has sounded yet
    int blend_ = 0;  ///< > 0: frames of crossfade left; towards the stretcher or away from it
    bool blend_in_ = false;
    std::int64_t dry_at_ = 0;  ///< stream frame of the dry signal that is blended next
    std::array<Frame, 1024> block_{};
    std::array<float, kGrid> a_left_{}, a_right_{}, b_left_{}, b_right_{};
    float low_left_ = 0.0F, low_right_ = 0.0F;
};

}  // namespace attune::play
