// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// sense → affect: a block of samples of one channel.
#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "flow/provenance.hpp"

namespace attune::flow {

/// The quantities that recognisers understand. The unit goes with the channel (docs/signals.md).
enum class Channel {
    kEcg,          ///< [mV]
    kPpg,          ///< blood volume pulse [arbitrary]
    kRr,           ///< beat to beat interval [ms], irregular: one sample a beat, t = time of the later beat
    kHeartRate,    ///< [bpm]
    kEda,          ///< skin conductance [microsiemens]
    kSkinTemp,     ///< [degrees C]
    kRespiration,  ///< chest or airflow [arbitrary]
    kAccelX, kAccelY, kAccelZ,  ///< [g]
    kEeg,          ///< [microvolts]; `index` of the source tells the electrode
    kAudio,        ///< mono voice at 16 kHz [-1..1]
};
[[nodiscard]] const char* to_string(Channel channel) noexcept;

/// Four tiers, the same words on every screen.
enum class Quality { kGood, kFewDrops, kAlert, kLost };
[[nodiscard]] const char* to_string(Quality quality) noexcept;

struct SensorFrame {
    std::string source;          ///< id of the source in this session: "wrist", "strap"
    Channel channel = Channel::kEda;
    std::uint64_t seq = 0;       ///< counts the blocks of (source, channel); a hole is a loss
    Time t;                      ///< session time of samples[0]
    double rate_hz = 0.0;        ///< 0 = irregular: then `times` holds one time a sample
    Quality quality = Quality::kGood;
    std::int64_t gap_ns = 0;     ///< time missing before samples[0]; 0 = none. Never filled in
    std::int64_t t_sigma_ns = 0; ///< standard uncertainty of t
    Provenance provenance;
    std::vector<float> samples;  ///< in the channel's unit; oldest first
    std::vector<Time> times;     ///< only if rate_hz == 0; same length as samples
};

}  // namespace attune::flow
