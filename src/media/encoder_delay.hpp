// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The notes for gapless playing that encoders leave in AAC and MP3 files.
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace attune::media {

/// Samples to drop before and after, and what remains; at the source rate.
struct EncoderDelay {
    std::int64_t delay_frames = 0;
    std::int64_t padding_frames = 0;
    std::int64_t music_frames = 0;
    bool operator==(const EncoderDelay&) const = default;
};

/// Reads the text of an iTunSMPB comment: " 00000000 00000840 000001CA 00000000003F31F6 …" (hex:
/// flags, delay, padding, length). std::nullopt where it is malformed or absurd (delay or padding
/// of 2^20 frames and more, length 0 or of 2^48 and more).
[[nodiscard]] std::optional<EncoderDelay> parse_itunsmpb(std::string_view text) noexcept;

/// Reads the Xing/Info frame that LAME and FFmpeg put first into an MP3. `bytes` starts at a
/// frame's sync word (behind any ID3v2 tag). Delay and padding are of the whole chain, the
/// decoder's 529 frames included. std::nullopt where there is no such frame, no frame count or no
/// encoder note.
[[nodiscard]] std::optional<EncoderDelay>
parse_lame_header(std::span<const std::uint8_t> bytes) noexcept;

/// Bytes of an ID3v2 tag at the start of `bytes`, its header and footer included; 0 = there is
/// none.
[[nodiscard]] std::uint64_t id3v2_size(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace attune::media
