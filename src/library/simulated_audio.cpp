// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/simulated_audio.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/text.hpp"
#include "media/encoder.hpp"

namespace attune::library {
namespace {

constexpr int kRate = 48000;
constexpr double kShortest = 5.0, kLongest = 600.0;
constexpr double kSineLufs = -0.69;     // a stereo sine of amplitude 1 (BS.1770, without its pre-filter)
constexpr double kPulseShare = .625;    // mean power of the pulse 1/2 + 1/2 sin against its peak, with the floor of .5

void shorten(flow::TrackProfile& p, double seconds) {
    p.source_rate_hz = kRate;
    p.channels = 2;
    p.frames = static_cast<std::int64_t>(seconds * kRate);
    p.duration_s = static_cast<double>(p.frames) / kRate;
    p.loudness_1hz.resize(static_cast<std::size_t>(std::ceil(seconds)), p.loudness_1hz.empty() ? -18.0F : p.loudness_1hz.front());
    std::erase_if(p.segments, [&](const flow::Segment& s) { return s.start_s >= seconds; });
    for (flow::Segment& s : p.segments) s.duration_s = std::min(s.duration_s, seconds - s.start_s);
}

}  // namespace

Result<void> write_simulated_audio(flow::TrackProfile& profile, const std::filesystem::path& folder, double seconds) {
    if (!(seconds >= kShortest && seconds <= kLongest))
        return fail(ErrorCode::kBadArgument, core::format_double(seconds) + " seconds of sound is out of range; 5 to 600", "--audio");
    const std::filesystem::path file = folder / (profile.key.hex() + ".flac");
    ATTUNE_TRY(auto writer, media::AudioWriter::create(file.string(), kRate, 2,
                                                       {{"title", profile.tags.title}, {"artist", profile.tags.artist},
                                                        {"genre", profile.tags.genre}, {"comment", "SIMULATED"}}));
    shorten(profile, seconds);
    profile.path = file.string();
    const double lufs = profile.loudness_lufs ? profile.loudness_lufs->value : -18.0;
    const double peak = std::min(.9, std::pow(10.0, (lufs - kSineLufs) / 20.0) / std::sqrt(kPulseShare));
    const double beat_hz = (profile.tempo_bpm ? profile.tempo_bpm->value : 90.0) / 60.0;
    const double tone_hz = 110.0 * std::exp2(profile.key.bytes[0] % 24 / 12.0);
    std::array<float, kRate> second{};
    for (std::int64_t from = 0; from < profile.frames; from += kRate) {
        const auto n = static_cast<std::size_t>(std::min<std::int64_t>(kRate, profile.frames - from));
        for (std::size_t k = 0; k < n; ++k) {
            const double t = static_cast<double>(from + static_cast<std::int64_t>(k)) / kRate;
            const double pulse = .75 + .25 * std::cos(2.0 * std::numbers::pi * beat_hz * t);
            second[k] = static_cast<float>(peak * pulse * std::sin(2.0 * std::numbers::pi * tone_hz * t));
        }
        ATTUNE_CHECK(writer->write(std::span(second).first(n), std::span(second).first(n)));
    }
    return writer->finish();
}

}  // namespace attune::library
