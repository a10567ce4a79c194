// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Everything that is measured of a track, in one pass over its samples; models come after
/// (track_models.hpp).
///
/// In       stereo blocks at the file's rate, oldest first (media::Decoder)
/// Out      TrackAnalysis; what the music does not hold (silence: loudness, tempo, key) is nullopt
/// Threads  one owner
/// Errors   create(): kBadArgument names the rate
/// Memory   about 40 kB a minute; the frames of a window are given up once it is described
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "signal/key.hpp"
#include "signal/tempo.hpp"

namespace attune::library {

inline constexpr double kSegment_s = 15.0;  ///< length of a segment
inline constexpr double kWindow_s = 30.0;   ///< of the window around it that models look at

/// One stretch of 15 s and the descriptors of the 30 s around it.
struct AnalysedSegment {
    double start_s = 0.0, duration_s = 0.0;
    std::optional<double> loudness_lufs;
    std::vector<float> descriptors;  ///< signal::descriptor_names(); empty if silent
};

struct TrackAnalysis {
    std::int64_t frames = 0;
    double duration_s = 0.0;
    double leading_silence_s = 0.0, trailing_silence_s = 0.0;  ///< below -60 dBFS
    std::optional<double> loudness_lufs, loudness_range_lu, true_peak_dbtp;  ///< of the channels as they are stored
    std::optional<double> played_lufs, played_peak_dbtp;  ///< of the two channels that are played
    std::optional<double> startle_lu;
    std::vector<float> loudness_1hz;
    std::optional<signal::TempoEstimate> tempo;
    std::optional<signal::KeyEstimate> key;
    std::array<float, 12> chroma{};  ///< 0 = C, sums to 1 or all zero
    signal::KeyEvidence key_evidence;  ///< what `key` was chosen from; its mean is `chroma`
    std::vector<AnalysedSegment> segments;
    std::vector<float> descriptors;  ///< of the whole if it is at most 45 s; empty otherwise
    std::vector<std::vector<float>> halves;  ///< then also of its first, middle and last half; less if it is very short
    std::vector<float> embedding;    ///< unit length; empty if silent
};

/// Spectra, tempo, key and what models say are of the first two hours; level, silence and length are of the whole. So a file
/// of ten hours takes no more memory than one of two.
inline constexpr double kMostHeard_s = 7200.0;

class TrackAnalyser {
public:
    /// `weights`: of the file's channels in BS.1770-4; one for each that push_stored() gets, or of a file of up to two.
    [[nodiscard]] static Result<TrackAnalyser> create(int rate_hz, const std::vector<double>& weights = {1.0, 1.0});
    ~TrackAnalyser();
    TrackAnalyser(TrackAnalyser&&) noexcept;
    TrackAnalyser& operator=(TrackAnalyser&&) noexcept;
    /// left.size() == right.size().
    void push(std::span<const float> left, std::span<const float> right);
    /// The same stretch before it was mixed down, of files with more than two channels.
    void push_stored(const std::vector<std::vector<float>>& channels);
    /// Call once, after the last block.
    [[nodiscard]] TrackAnalysis finish();

private:
    struct State;
    explicit TrackAnalyser(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Of a whole file, without its tags and models. Errors: those of media::Decoder; kCancelled.
[[nodiscard]] Result<TrackAnalysis> analyse_file(const std::filesystem::path& file, const core::CancelToken* cancel);

}  // namespace attune::library
