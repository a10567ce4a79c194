// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/encoder_delay.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace attune::media {
namespace {

constexpr std::int64_t kMaxEdgeFrames = std::int64_t{1} << 20;
constexpr std::int64_t kMaxMusicFrames = std::int64_t{1} << 48;
constexpr std::int64_t kMp3DecoderDelay = 529;

/// Next word in hex; moves `text` behind it.
std::optional<std::int64_t> next_hex(std::string_view& text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (ec != std::errc{} || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ' ') return std::nullopt;
    return value;
}

}  // namespace

std::optional<EncoderDelay> parse_itunsmpb(std::string_view text) noexcept {
    std::array<std::int64_t, 4> words{};
    for (auto& word : words) {
        const auto value = next_hex(text);
        if (!value) return std::nullopt;
        word = *value;
    }
    const EncoderDelay d{words[1], words[2], words[3]};
    if (d.delay_frames >= kMaxEdgeFrames || d.padding_frames >= kMaxEdgeFrames) return std::nullopt;
    if (d.music_frames <= 0 || d.music_frames >= kMaxMusicFrames) return std::nullopt;
    return d;
}

std::optional<EncoderDelay> parse_lame_header(std::span<const std::uint8_t> b) noexcept {
    const auto u32 = [&](std::size_t at) {
        return std::uint32_t{b[at]} << 24 | std::uint32_t{b[at + 1]} << 16 |
               std::uint32_t{b[at + 2]} << 8 | b[at + 3];
    };
    if (b.size() < 4 || b[0] != 0xFF || (b[1] & 0xE6) != 0xE2)
        return std::nullopt;  // sync, layer III
    const bool mpeg1 = (b[1] & 0x18) == 0x18;
    const bool mono = (b[3] & 0xC0) == 0xC0;
    std::size_t at = mpeg1 ? (mono ? 21U : 36U) : (mono ? 13U : 21U);
    if (b.size() < at + 8) return std::nullopt;
    if (u32(at) != 0x58696E67U && u32(at) != 0x496E666FU) return std::nullopt;  // "Xing", "Info"
    const std::uint32_t flags = u32(at + 4);
    at += 8;
    if ((flags & 1U) == 0 || b.size() < at + 4) return std::nullopt;
    const std::int64_t mp3_frames = u32(at);
    at += 4 + ((flags & 2U) != 0 ? 4U : 0U) + ((flags & 4U) != 0 ? 100U : 0U) +
          ((flags & 8U) != 0 ? 4U : 0U);
    if (b.size() < at + 24) return std::nullopt;
    const std::size_t pads = at + 21;  // behind version, method, filter, gain, flags, bit rate
    const std::int64_t delay = b[pads] << 4 | b[pads + 1] >> 4;
    const std::int64_t padding = (b[pads + 1] & 0x0F) << 8 | b[pads + 2];
    if (b[at] == 0 || (delay == 0 && padding == 0))
        return std::nullopt;  // no encoder's name: not LAME's note
    EncoderDelay d{delay + kMp3DecoderDelay,
                   padding > kMp3DecoderDelay ? padding - kMp3DecoderDelay : 0, 0};
    d.music_frames = mp3_frames * (mpeg1 ? 1152 : 576) - d.delay_frames - d.padding_frames;
    if (d.music_frames <= 0) return std::nullopt;
    return d;
}

std::uint64_t id3v2_size(std::span<const std::uint8_t> b) noexcept {
    if (b.size() < 10 || b[0] != 'I' || b[1] != 'D' || b[2] != '3') return 0;
    if (b[3] == 0xFF || b[4] == 0xFF || ((b[6] | b[7] | b[8] | b[9]) & 0x80) != 0) return 0;
    const std::uint64_t body =
        std::uint64_t{b[6]} << 21 | std::uint64_t{b[7]} << 14 | std::uint64_t{b[8]} << 7 | b[9];
    return body + ((b[5] & 0x10) != 0 ? 20U : 10U);
}

}  // namespace attune::media
