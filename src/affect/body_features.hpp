// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Heart, skin, temperature and movement, second by second, seen against the person's own past.
///
/// In       SensorFrames of one wearable: HR [bpm] or RR [ms], PPG, EDA [microsiemens], skin temperature [°C],
///          acceleration [g]; blocks of any length, each channel in the order of its time
/// Out      one BodySecond a second: contrasts of the last 20 to 60 s with running means over 2 to 30 min,
///          in the person's own SD, each the mean of this second and the one 10 s ago: the body is slower than the noise.
///          Nothing counts the time since the start: a constant signal gives 0 for ever
/// Unknown  NaN: a channel that is not there, or not yet long enough
/// Threads  one owner
/// Late     a sample of a second that is closed counts for the open one
/// Beats    from the pulse wave if there is one (each counts 1 s after its peak, when the detector is sure), else from RR, else
///          the heart rate stands for them. The rate that a wristband prints is a mean over many seconds and lags
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "flow/sensor_frame.hpp"
#include "signal/biquad.hpp"
#include "signal/ppg_peaks.hpp"

namespace attune::affect {

/// Order of BodySecond::x.
enum class BodyFeature : std::uint8_t {
    kEda120, kEda300, kEda1200,   ///< log conductance, 20 / 20 / 60 s against 2 / 5 / 20 min
    kScr200, kScr1200,            ///< log rate of rise, 20 / 60 s against 3.3 / 20 min
    kScr300,                      ///< log rate of rise, 60 s against 5 min
    kScrLog600,                   ///< relative rise, 40 s against 10 min
    kHeart300, kHeart600, kHeart1800,  ///< log heart rate, 20 / 20 / 60 s against 5 / 10 / 30 min
    kPulse600, kPulse1200,        ///< log rate from beat to beat, 20 / 60 s against 10 / 20 min
    kTemp600,                     ///< skin temperature, 60 s against 10 min
    kMotion300, kMotion1800,      ///< log movement, 20 / 60 s against 5 / 30 min
    kPulseSlow600,                ///< log rate from beat to beat, 2 min against 10 min
    kEdaQuiet,                    ///< log conductance, 60 s against the quiet level: follows a fall in 1 min, a rise in 40
    kEdaSlope1200,                ///< slope of log conductance, 60 s against 20 min
    kBeatVariation120,            ///< log RMSSD, 60 s against 2 min
    kPulseQuiet, kScrQuiet, kEdaSlopeQuiet,  ///< rate from beat to beat, rate of rise, slope: 60 s against the quiet level
    kEdaSlopeChange,              ///< slope of log conductance, 60 s against the 60 s two minutes before
    kPulseWaveQuiet,              ///< log height of the pulse wave while the wrist is still, 60 s against the quiet level
    kCount
};
inline constexpr std::size_t kBodyFeatures = static_cast<std::size_t>(BodyFeature::kCount);
[[nodiscard]] const char* to_string(BodyFeature feature) noexcept;

/// Order of BodySecond::motion: what the gate against exercise sees.
inline constexpr std::size_t kMotionFeatures = 5;
[[nodiscard]] const char* motion_feature_name(std::size_t i) noexcept;

struct BodySecond {
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    std::int64_t second = 0;                     ///< [second, second + 1) of session time
    std::array<double, kBodyFeatures> x{};       ///< NaN = unknown
    std::array<double, kMotionFeatures> motion{};///< NaN = no accelerometer
    double heart_level = kUnknown;  ///< log heart rate, mean of 20 s
    double skin_level = kUnknown;   ///< log conductance, mean of 20 s
    double scr_level = kUnknown;    ///< log rate of rise of conductance, mean of 20 s
    double seconds_seen = 0.0;                   ///< seconds with heart or skin so far
    bool has_heart = false, has_skin = false;    ///< in the last 10 s
    bool off_body = false;                       ///< flat, noise, mains, or nothing that a person makes
};

class BodyFeatures {
public:
    BodyFeatures();
    /// An ECG comes as RR intervals and judge_ecg().
    void push(const flow::SensorFrame& frame);
    /// Whether what an ECG channel gave up to `end` is an ECG; it decides like the quality of a pulse wave.
    void judge_ecg(Time end, bool good);
    /// Closes every second that ends at or before `now`, oldest first; the last of them, or nothing.
    [[nodiscard]] std::optional<BodySecond> advance(Time now);
    /// The open second as far as it has come; nothing of it is kept. Nothing before the first whole one.
    [[nodiscard]] std::optional<BodySecond> preview() const;

private:
    /// Exponential mean with bias correction; NaN is passed over.
    struct Running {
        explicit Running(double tau_s);
        void add(double v);
        [[nodiscard]] double mean() const;
        double keep, sum = 0.0, weight = 0.0;
    };
    /// The last seconds of one series.
    struct Recent {
        static constexpr std::size_t kSeconds = 192;
        std::array<double, kSeconds> values;
        std::size_t n = 0;
        Recent() { values.fill(kUnknown); }
        void add(double v) { values[n++ % kSeconds] = v; }
        [[nodiscard]] double ago(std::size_t seconds) const { return values[(n - 1 - seconds) % kSeconds]; }
        [[nodiscard]] double mean(std::size_t seconds, std::size_t ago = 0) const;
    };
    /// The level of the person's quiet minutes: sinks to a lower value soon, rises to a higher one slowly. No clock:
    /// it forgets a level at the same pace at any time.
    struct Quiet {
        double level = kUnknown;
        void add(double v);
    };
    struct Series {
        explicit Series(double floor_sd) : floor(floor_sd) {}
        void add(double v, bool settled);
        [[nodiscard]] double contrast(std::size_t seconds, const Running& past) const;
        [[nodiscard]] double above_quiet() const;
        [[nodiscard]] double sd() const;
        double floor;                                  ///< SD is never taken smaller
        Recent recent;
        Quiet quiet;
        Running m120{120.0}, m200{200.0}, m300{300.0}, m600{600.0}, m1200{1200.0}, m1800{1800.0}, square{1800.0};
    };
    struct Axis { double sum = 0.0, square = 0.0, steps = 0.0, last = kUnknown; int n = 0; };
    /// What has come of the second that is open.
    struct Open {
        double eda = 0.0, heart = 0.0, pulse = 0.0, temp = 0.0, beat_step = 0.0;
        int n_eda = 0, n_heart = 0, n_pulse = 0, n_temp = 0, n_beat_step = 0;
        std::array<Axis, 3> accel;
    };
    /// Intervals of a pulse wave that a heart can make, as log beats a minute.
    class Beats {
    public:
        /// A beat at t_ns; the interval that it ends [s], if that is believed.
        [[nodiscard]] std::optional<double> add(std::int64_t t_ns, float quality);
        void restart() { before_ns_.reset(); }

    private:
        std::optional<std::int64_t> before_ns_;
        float before_quality_ = 0.0F;
        std::array<double, 9> intervals_{};   ///< the last nine, in s, believed or not
        std::size_t n_ = 0;
    };
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

    void push_pulse_wave(const flow::SensorFrame& frame);
    void push_wave_height(const flow::SensorFrame& frame);
    /// Log height of the pulse wave of the seconds that are whole, unknown while the wrist moves.
    [[nodiscard]] double close_wave_height();
    void add_at(std::int64_t second, flow::Channel channel, float value);
    /// A believed interval between beats [s]; nothing where the one that ended here is not believed.
    void add_interval(std::optional<double> interval_s);
    void add_sample(flow::Channel channel, double value);
    [[nodiscard]] BodySecond close();
    void close_motion(BodySecond& out);
    [[nodiscard]] bool pulse_wave_good() const;
    [[nodiscard]] bool ghost(bool pulse_good) const;

    std::optional<std::int64_t> second_;               ///< that is open
    std::vector<std::pair<std::int64_t, std::pair<flow::Channel, float>>> waiting_;  ///< of later seconds
    Open open_;
    Series eda_{.10}, scr_{.30}, scr_log_{.20}, slope_{.20}, variation_{.15}, heart_{.03}, pulse_{.03}, wave_{.20}, temp_{.20}, motion_{.30};
    Running rise_{30.0}, rise_log_{30.0}, change_log_{30.0}, beat_steps_{20.0};
    double eda_before_ = kUnknown, log_eda_before_ = kUnknown, heart_held_ = kUnknown;
    int heart_age_ = 1000, skin_age_ = 1000;
    std::int64_t seen_ = 0;
    std::array<std::array<double, kBodyFeatures>, 10> before_{};  ///< contrasts of the last ten seconds
    std::size_t n_before_ = 0;
    Recent accel_sd_, accel_step_;
    std::array<double, 3> posture_{kUnknown, kUnknown, kUnknown};
    Recent posture_move_;
    std::array<double, 32> eda_ring_{};                ///< the last 32 samples of conductance
    std::size_t n_eda_ring_ = 0;
    std::vector<float> ppg_;                           ///< the last 8 s
    double ppg_rate_ = 0.0;
    std::optional<signal::PpgPeakDetector> detector_;
    std::optional<signal::BiquadChain> wave_band_;
    struct Height { std::int64_t second = 0; double square = 0.0, n = 0.0; };
    Height height_;                                    ///< of the pulse wave, in the second that its samples have reached
    std::vector<Height> heights_;                      ///< whole seconds; each counts one second later, like the beats
    std::vector<signal::PpgPulse> found_;
    std::int64_t detector_start_ns_ = 0, detector_frames_ = 0;
    Beats beats_;
    std::optional<double> interval_before_s_;
    bool ppg_seen_ = false, rr_seen_ = false, eda_seen_ = false, ecg_seen_ = false, ecg_good_ = false, heart_direct_ = false;
    int ghost_for_ = 0, ecg_age_ = 0;
};

}  // namespace attune::affect
