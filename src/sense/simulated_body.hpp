// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Heart, skin, breath and motion of a simulated person, second by second.
///
/// In       true arousal of the second; parameters of the persona's [body], drawn by the seed
/// Out      one SensorFrame a channel and second, marked simulated: kRr [ms] irregular, kEda [microsiemens] 4 Hz,
///          kSkinTemp [degrees C] 1 Hz, kRespiration [arbitrary] 8 Hz, kAccelX/Y/Z [g] 32 Hz
/// Truth    heart and skin follow arousal only as strongly as heart_r and eda_r say; the heart settles and the
///          skin drifts WITHOUT any change of mood, so a clock can be told from a feeling. Dropouts are missing
///          frames (seq jumps, gap_ns tells how long); off the body, a flat line
/// Threads  one owner
#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/random.hpp"
#include "flow/sensor_frame.hpp"
#include "sense/persona.hpp"

namespace attune::sense {

class SimulatedBody {
public:
    SimulatedBody(const Persona& persona, std::uint64_t seed, double arousal);
    /// Lives through the second that ends at `second`.
    void live_one_second(std::int64_t second, double arousal);
    void take_frames(std::vector<flow::SensorFrame>& out);

private:
    struct Stream {
        flow::Channel channel;
        std::uint64_t seq = 0;
        std::int64_t gap_ns = 0;
    };
    void events(double now_s);
    void emit(Stream& stream, std::int64_t t_ns, double rate_hz, std::vector<float> samples,
              std::vector<Time> times = {});
    void heart(std::int64_t second);
    void next_interval(bool moving);
    void skin(std::int64_t second);
    void breath_and_motion(std::int64_t second);

    core::Random noise_, event_noise_;
    flow::Provenance provenance_;
    double heart_rate_, heart_gain_, settling_bpm_, settling_tau_s_;
    double eda_, eda_gain_, eda_drift_, scr_rate_, temperature_, breath_hz_;
    double dropouts_, off_body_, motion_rate_, contact_;
    std::deque<double> arousal_;            ///< of the last 21 s, newest last
    double slow_heart_ = 0.0, slow_eda_ = 0.0, breath_phase_ = 0.0, drift_t_ = 0.0;
    double next_beat_s_ = 0.0, interval_s_ = 0.0;  ///< of the beat to come
    std::vector<double> scr_;               ///< onset times [s] of responses still under way
    std::vector<double> scr_size_;
    double moving_until_s_ = -1.0, dropped_until_s_ = -1.0, off_until_s_ = -1.0;
    std::array<Stream, 7> streams_;
    std::vector<flow::SensorFrame> frames_;
};

}  // namespace attune::sense
