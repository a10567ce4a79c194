// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Plays notes on a Synth in time: the part of the composer that runs where the sound is made.
///
/// In       notes in ticks, sorted; tempo, timbre, intensity at once or from a tick on
/// Out      blocks of stereo float
/// Threads  everything after create() and prepare() is RT-SAFE and on one thread
/// Calibration  fixed and declared: intensity_db(controls) is the gain of the output stage, so that intensity is
///          heard and never normalised away; a soft ceiling at -1 dBFS catches rare peaks
/// Errors   none; more than kPending waiting notes are refused by add()
#include <array>
#include <cstdint>
#include <vector>

#include "compose/synth.hpp"

namespace attune::compose {

class Performer {
public:
    static constexpr std::size_t kPending = 8192, kSounding = 512;
    static constexpr int kStep = 64;  ///< [frames] grid of note starts: 1.3 ms

    explicit Performer(Synth synth, const std::array<PartSetup, kParts>& parts);

    /// Call in order of start (delay included it may differ a little). False if full.
    bool add(const Note& note) noexcept;
    /// Drops waiting notes that start at or after `tick`.
    void cut(Ticks tick) noexcept;
    /// Takes effect when the position reaches `tick`; up to 64 may wait.
    bool tempo_from(Ticks tick, double bpm) noexcept;
    void set_tempo(double bpm) noexcept;
    void set_timbre(double timbre) noexcept;       ///< reached within 100 ms
    void set_intensity_db(double db) noexcept;     ///< reached within 100 ms
    /// Attenuation of partials within a third of an octave of a pitch [Hz]; 0 = off. See tinnitus.hpp.
    void set_notch(double hz) noexcept;
    /// Starts at these values, without a ramp.
    void begin(double bpm, double timbre, double intensity_db) noexcept;

    void render(std::span<float> left, std::span<float> right) noexcept;
    void all_off() noexcept;

    [[nodiscard]] Ticks position() const noexcept { return static_cast<Ticks>(position_); }
    [[nodiscard]] double bpm() const noexcept { return bpm_; }
    [[nodiscard]] bool idle() const noexcept { return head_ == tail_ && sounding_count_ == 0; }
    [[nodiscard]] std::size_t waiting() const noexcept { return tail_ - head_; }

private:
    struct Sounding {
        double off = 0.0;
        int channel = 0, pitch = 0;
    };
    struct Biquad {
        double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
        std::array<double, 2> z1{}, z2{};
        float run(float x, std::size_t channel) noexcept;
    };
    void start_due() noexcept;
    void stop_due() noexcept;
    void start(const Note& note) noexcept;
    void output(std::span<float> left, std::span<float> right) noexcept;

    Synth synth_;
    std::vector<Note> pending_;
    std::size_t head_ = 0, tail_ = 0;
    std::array<Sounding, kSounding> sounding_{};
    std::size_t sounding_count_ = 0;
    std::array<TempoPoint, 64> tempi_{};
    std::size_t tempo_count_ = 0;
    double position_ = 0.0, bpm_ = 100.0;
    double timbre_ = .5, timbre_target_ = .5, gain_ = 1.0, gain_target_ = 1.0;
    double tilt_state_[2] = {0.0, 0.0};
    std::array<Biquad, 4> notch_{};
    bool notch_on_ = false;
};

}  // namespace attune::compose
