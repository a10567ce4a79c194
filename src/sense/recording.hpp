// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A recording in memory: what every file reader makes and the replay source plays.
///
/// Times are nanoseconds from the recording's origin, the earliest start of its files. A segment has no hole:
/// a jump of the file's clock over kClockJump, or a missing value, ends it. What is missing is never filled in.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::sense {

inline constexpr Duration kClockJump = milliseconds(50);

struct Segment {
    Time t;                        ///< of samples[0]
    std::int64_t gap_ns = 0;       ///< missing before samples[0]
    std::int64_t t_sigma_ns = 0;
    std::vector<float> samples;    ///< in the channel's unit
    std::vector<Time> times;       ///< irregular channels only
};

struct RecordedChannel {
    flow::Channel channel = flow::Channel::kEda;
    std::string label;             ///< electrode of an EEG channel; else empty
    double rate_hz = 0.0;          ///< 0 = irregular
    std::string file;              ///< that it came from
    std::vector<Segment> segments;
};

struct Mark {
    Time t;
    std::string text;
};

struct Recording {
    std::vector<RecordedChannel> channels;
    std::vector<Mark> marks;                       ///< button presses, annotations
    std::optional<std::int64_t> wall_start_ns;     ///< of the origin [ns since 1970 UTC]; empty = unknown
    std::string device, driver;
    flow::Origin origin = flow::Origin::kReplayed;   ///< a recording of simulated samples stays simulated
    std::vector<std::string> notes;                ///< what was left out, and why
    [[nodiscard]] Time end() const;
};

/// Two recordings on one time line: by their wall clocks if both have one, else both from 0.
/// kCorrupt if the starts are more than a day apart.
[[nodiscard]] Result<Recording> merged(Recording a, Recording b);

/// `text` with unit and rate in its header, see docs/signals.md. `file` is for messages.
[[nodiscard]] Result<Recording> parse_csv(std::string_view text, const std::string& file);
/// One file of an Empatica E4 export; `stem` is ACC, BVP, EDA, HR, IBI, TEMP or tags.
[[nodiscard]] Result<Recording> parse_e4(std::string_view stem, std::string_view text, const std::string& file);
/// EDF, EDF+C, BDF, BDF+C through libedf. Signals that are none of our channels are noted and left out.
[[nodiscard]] Result<Recording> read_edf(const std::string& path);

/// Everything in a folder that we can read: *.csv of ours, an E4 export, *.edf and *.bdf.
[[nodiscard]] Result<Recording> read_recording(const std::string& folder);

/// "1644227574.000000" or "2013-02-20 17:55:19[.frac]" as ns since 1970 UTC; empty = neither.
[[nodiscard]] std::optional<std::int64_t> parse_wall_time(std::string_view text);

}  // namespace attune::sense
