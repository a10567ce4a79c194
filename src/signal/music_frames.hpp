// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What music analysis keeps of every moment: three spectra of different length, each reduced at
/// once.
///
/// In       mono samples [linear] at kRate; anything above kBandLimit is not looked at, so that a
/// file and
///          its lossy copy look alike
/// Out      timbre frames every 46 ms, tonal frames every 186 ms, onset frames every 11.6 ms. All
/// values are
///          powers (times gain²) or ratios (free of gain)
/// Threads  one owner; push() appends
/// Errors   none; NaN samples are taken as 0
/// Method   Hann windows of 2048, 8192 and 1024 samples. Roughness: Sethares 1993
/// (doi:10.1121/1.408175) over the
///          20 strongest partials; contrast: Jiang et al. 2002 (doi:10.1109/ICME.2002.1035731);
///          onsets: positive differences of the fourth root of mel power (compressed as loudness
///          is, and free of a reference level)
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace attune::signal {

struct MusicFrames {
    static constexpr int kRate = 22050;            ///< [Hz]
    static constexpr double kBandLimit = 10000.0;  ///< [Hz]
    static constexpr std::size_t kTimbreHop = 1024, kTimbreWindow = 2048;
    static constexpr std::size_t kTonalHop = 4096, kTonalWindow = 8192;
    static constexpr std::size_t kOnsetHop = 256, kOnsetWindow = 1024;
    static constexpr std::size_t kMel = 40;        ///< bands, 30 Hz .. kBandLimit
    static constexpr std::size_t kContrast = 7;    ///< octave bands
    static constexpr std::size_t kChroma = 36;     ///< thirds of a semitone; 0 = C
    static constexpr std::size_t kOnsetBands = 4;  ///< below 200, 800, 3200 Hz, above

    struct Timbre {
        std::array<float, kMel> mel;  ///< power
        std::array<float, kContrast> peak,
            valley;   ///< mean power of the strongest and the weakest fifth of bins
        float power;  ///< mean square of the samples
        float centroid_hz, spread_hz, skewness, kurtosis;
        float rolloff50_hz, rolloff85_hz, rolloff95_hz;
        float flatness, entropy;  ///< 0..1
        float crest;              ///< largest bin over the mean bin, in ln
        float flux;       ///< 0..1: half the L1 distance of neighbouring normalised mel spectra
        float roughness;  ///< of the strongest partials, over their power
        float zero_crossings_hz;
        float slope;      ///< of ln mel power over bands, per band
        float peakiness;  ///< power in the strongest partials over all, 0..1
    };
    struct Tonal {
        std::array<float, kChroma> low,
            high;     ///< 65..260 Hz and 260..2100 Hz, amplitude of partials
        float power;  ///< of the frame
    };
    struct Onset {
        std::array<float, kOnsetBands> rise;  ///< sum of positive differences
    };

    std::vector<Timbre> timbre;
    std::vector<Tonal> tonal;
    std::vector<Onset> onset;
    std::size_t timbre_dropped = 0,
                tonal_dropped = 0;  ///< frames given up before timbre[0] and tonal[0]

    /// Gives up timbre and tonal frames that begin before a time, so that a long track needs little
    /// memory.
    void drop_before(double seconds);
};

class MusicFramer {
public:
    MusicFramer();
    ~MusicFramer();
    MusicFramer(MusicFramer&&) noexcept;
    MusicFramer& operator=(MusicFramer&&) noexcept;
    void push(std::span<const float> mono, MusicFrames& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace attune::signal
