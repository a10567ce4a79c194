// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Sound files for tests, made on the spot: a WAV of our own bytes, then the usual encoders.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <string>
#include <unistd.h>
#include <vector>

namespace attune::test {

/// A folder that goes away with the object.
class TempDir {
public:
    TempDir() {
        std::string name = (std::filesystem::temp_directory_path() / "attune-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~TempDir() {
        std::error_code ec;
        std::filesystem::remove_all(path_, ec);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// sin(2 pi hz (first + k) / rate) * amplitude for k = 0..frames-1.
inline std::vector<float> sine(double hz, int rate, std::int64_t first, std::size_t frames,
                               double amplitude = 0.5) {
    std::vector<float> out(frames);
    for (std::size_t k = 0; k < frames; ++k)
        out[k] = static_cast<float>(
            amplitude * std::sin(2.0 * std::numbers::pi * hz *
                                 static_cast<double>(first + static_cast<std::int64_t>(k)) / rate));
    return out;
}

/// 24-bit stereo WAV (right = left * right_gain).
inline void write_wav(const std::string& path, const std::vector<float>& mono, int rate,
                      float right_gain = 1.0F) {
    std::ofstream f(path, std::ios::binary);
    const auto u32 = [&](std::uint32_t v) {
        for (int i = 0; i < 4; ++i) f.put(static_cast<char>(v >> (8 * i)));
    };
    const auto u16 = [&](std::uint32_t v) {
        for (int i = 0; i < 2; ++i) f.put(static_cast<char>(v >> (8 * i)));
    };
    const auto bytes = static_cast<std::uint32_t>(mono.size() * 6);
    f << "RIFF";
    u32(36 + bytes);
    f << "WAVEfmt ";
    u32(16);
    u16(1);
    u16(2);
    u32(static_cast<std::uint32_t>(rate));
    u32(static_cast<std::uint32_t>(rate) * 6);
    u16(6);
    u16(24);
    f << "data";
    u32(bytes);
    const auto s24 = [&](float x) {
        const auto v = static_cast<std::int32_t>(
            std::lround(std::fmin(std::fmax(x, -1.0F), 0.9999999F) * 8388608.0F));
        for (int i = 0; i < 3; ++i) f.put(static_cast<char>(v >> (8 * i)));
    };
    for (const float x : mono) {
        s24(x);
        s24(x * right_gain);
    }
}

/// Encodes `wav` as `out`, by its ending: mp3 flac ogg opus m4a alac.m4a wv aiff wav. False if the
/// encoder fails.
inline bool encode(const std::string& wav, const std::string& out, const std::string& extra = "") {
    const auto ends = [&](const char* s) {
        return out.size() >= std::strlen(s) && out.ends_with(s);
    };
    const std::string q = "'" + wav + "'", o = "'" + out + "' >/dev/null 2>&1";
    const std::string ff = "ffmpeg -nostdin -y -i " + q + " " + extra + " ";
    std::string cmd;
    if (ends(".mp3"))
        cmd = "lame --quiet -b 256 --noreplaygain " + extra + " " + q + " " + o;
    else if (ends(".flac"))
        cmd = "flac -s -f " + extra + " " + q + " -o " + o;
    else if (ends(".ogg"))
        cmd = "oggenc -Q -q 9 " + extra + " " + q + " -o " + o;
    else if (ends(".opus"))
        cmd = "opusenc --quiet --bitrate 256 " + extra + " " + q + " " + o;
    else if (ends(".alac.m4a"))
        cmd = ff + "-c:a alac " + o;
    else if (ends(".m4a"))
        cmd = ff + "-c:a aac -b:a 256k " + o;
    else if (ends(".wv"))
        cmd = "wavpack -q -y " + extra + " " + q + " -o " + o;
    else
        cmd = ff + o;
    return std::system(cmd.c_str()) == 0;
}

}  // namespace attune::test
