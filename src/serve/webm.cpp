// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/webm.hpp"

#include <bit>

namespace attune::serve {
namespace {

/// Ids as they are written, marker bits included.
enum : std::uint32_t {
    kEbml = 0x1A45DFA3,
    kEbmlVersion = 0x4286,
    kEbmlReadVersion = 0x42F7,
    kMaxIdLength = 0x42F2,
    kMaxSizeLength = 0x42F3,
    kDocType = 0x4282,
    kDocTypeVersion = 0x4287,
    kDocTypeReadVersion = 0x4285,
    kSegment = 0x18538067,
    kInfo = 0x1549A966,
    kTimestampScale = 0x2AD7B1,
    kMuxingApp = 0x4D80,
    kWritingApp = 0x5741,
    kTracks = 0x1654AE6B,
    kTrackEntry = 0xAE,
    kTrackNumber = 0xD7,
    kTrackUid = 0x73C5,
    kTrackType = 0x83,
    kCodecId = 0x86,
    kCodecPrivate = 0x63A2,
    kCodecDelay = 0x56AA,
    kSeekPreRoll = 0x56BB,
    kAudio = 0xE1,
    kSamplingFrequency = 0xB5,
    kChannels = 0x9F,
    kCluster = 0x1F43B675,
    kTimestamp = 0xE7,
    kSimpleBlock = 0xA3,
};

std::string id_bytes(std::uint32_t id) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) {
        if (id >> shift != 0) out += static_cast<char>(id >> shift & 0xFF);
    }
    return out;
}

/// Always eight bytes: simple, and legal.
std::string size_bytes(std::uint64_t size) {
    std::string out(1, '\x01');
    for (int shift = 48; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 0xFF);
    return out;
}

std::string element(std::uint32_t id, const std::string& content) {
    return id_bytes(id) + size_bytes(content.size()) + content;
}

std::string number(std::uint32_t id, std::uint64_t value) {
    std::string content;
    for (int shift = 56; shift >= 0; shift -= 8)
        content += static_cast<char>(value >> shift & 0xFF);
    return element(id, content);
}

std::string real(std::uint32_t id, double value) {
    return number(id, std::bit_cast<std::uint64_t>(value));
}

std::string unknown_size(std::uint32_t id) {
    return id_bytes(id) + std::string("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
}

/// RFC 7845, 5.1: two channels, mapping family 0.
std::string opus_head(int pre_skip) {
    std::string out = "OpusHead";
    out += '\x01';
    out += '\x02';
    out += static_cast<char>(pre_skip & 0xFF);
    out += static_cast<char>(pre_skip >> 8 & 0xFF);
    out += std::string("\x80\xBB\x00\x00", 4);  // 48,000 Hz
    out += std::string("\x00\x00\x00", 3);      // gain 0, family 0
    return out;
}

}  // namespace

Bytes WebmStream::head() const {
    const std::string ebml = number(kEbmlVersion, 1) + number(kEbmlReadVersion, 1) +
                             number(kMaxIdLength, 4) + number(kMaxSizeLength, 8) +
                             element(kDocType, "webm") + number(kDocTypeVersion, 4) +
                             number(kDocTypeReadVersion, 2);
    const std::string info = number(kTimestampScale, 1'000'000) + element(kMuxingApp, "attune") +
                             element(kWritingApp, "attune");
    const std::string track =
        number(kTrackNumber, 1) + number(kTrackUid, 1) + number(kTrackType, 2) +
        element(kCodecId, "A_OPUS") + element(kCodecPrivate, opus_head(pre_skip_)) +
        number(kCodecDelay, static_cast<std::uint64_t>(pre_skip_) * 1'000'000'000 / 48'000) +
        number(kSeekPreRoll, 80'000'000) +
        element(kAudio, real(kSamplingFrequency, 48'000.0) + number(kChannels, 2));
    return std::make_shared<const std::string>(element(kEbml, ebml) + unknown_size(kSegment) +
                                               element(kInfo, info) +
                                               element(kTracks, element(kTrackEntry, track)));
}

Bytes WebmStream::block(std::int64_t frame, std::span<const std::uint8_t> opus) {
    if (first_frame_ < 0) first_frame_ = frame;
    const auto time_ms = static_cast<std::uint64_t>((frame - first_frame_) / 48);
    std::string simple("\x81\x00\x00\x80", 4);  // track 1, no offset, key frame
    simple.append(opus.begin(), opus.end());
    return std::make_shared<const std::string>(
        element(kCluster, number(kTimestamp, time_ms) + element(kSimpleBlock, simple)));
}

}  // namespace attune::serve
