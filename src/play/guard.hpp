// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Slow hands on the level: the ceiling in dBA, and the startle guard of calm and sleep.
///
/// In       the mix and its meter; Out  the mix, turned down where it has to be; never up
/// Startle  a rise of momentary loudness over the mean of the 9 s before by more than limit_lu is
/// taken
///          back within 100 ms and let through over some seconds
/// Ceiling  a level above ceiling_db (A-weighted, re full scale) is taken back at 20 dB/s, given
/// back at 2 dB/s Threads  one owner; RT-SAFE
#include <array>
#include <cstdint>
#include <span>

#include "play/meter.hpp"

namespace attune::play {

class LevelGuard {
public:
    void set_startle(bool on, double limit_lu = 6.0) noexcept {
        startle_ = on;
        limit_lu_ = limit_lu;
    }
    /// +inf = no ceiling.
    void set_ceiling(double a_level_db) noexcept { ceiling_db_ = a_level_db; }
    void process(std::span<float> left, std::span<float> right) noexcept;
    [[nodiscard]] double gain_db() const noexcept { return gain_db_; }

private:
    static constexpr int kStep = 480;  ///< 10 ms
    void decide() noexcept;
    bool startle_ = false;
    double limit_lu_ = 6.0, ceiling_db_ = 1e9;
    double energy_ = 0.0;
    int filled_ = 0;
    float gain_ = 1.0F, from_ = 1.0F, to_ = 1.0F;
    double gain_db_ = 0.0;
    double fast_ = 0.0, slow_ = 0.0;  ///< mean squares over 60 ms and 3 s, of the output
    std::int64_t steps_ = 0;
};

}  // namespace attune::play
