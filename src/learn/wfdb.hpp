// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Reads PhysioNet's WFDB records: header (.hea), signals in format 212 or 16 (.dat), annotations (.atr).
///
/// In       bytes from anybody: sizes, counts and names are checked before they are used
/// Out      samples [mV], time-ordered annotations
/// Errors   kCorrupt with the line or byte; kUnsupported for other formats and multi-segment records
/// Method   https://physionet.org/physiotools/wag/ (header(5), signal(5), annot(5))
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

struct WfdbSignal {
    std::string file;          ///< plain file name beside the header
    int format = 0;            ///< 212 or 16
    double gain_per_mv = 200;  ///< converter units a mV
    int baseline = 0;          ///< converter unit of 0 mV
    std::string description;   ///< lead
};

struct WfdbHeader {
    std::string record;
    double rate_hz = 250.0;
    std::size_t n_samples = 0;  ///< a signal
    std::vector<WfdbSignal> signals;
};

struct WfdbAnnotation {
    std::int64_t sample = 0;
    int code = 0;     ///< 1 = N ... 41; see is_beat()
    std::string aux;  ///< text, e.g. "(AFIB"
};

[[nodiscard]] Result<WfdbHeader> parse_wfdb_header(std::string_view text);
/// Converter units of signal `index`, at most header.n_samples (all there are if that is 0).
[[nodiscard]] Result<std::vector<std::int16_t>> decode_wfdb_signal(std::span<const std::uint8_t> bytes,
                                                                   const WfdbHeader& header, std::size_t index);
[[nodiscard]] Result<std::vector<WfdbAnnotation>> parse_wfdb_annotations(std::span<const std::uint8_t> bytes);

/// A QRS complex of any kind (AAMI classes N, S, V, F, Q).
[[nodiscard]] bool is_beat(int code) noexcept;
inline constexpr int kWfdbFlutterStart = 32, kWfdbFlutterEnd = 33;

struct WfdbRecord {
    WfdbHeader header;
    std::vector<float> mv;  ///< the first signal
    std::vector<WfdbAnnotation> annotations;
};
/// RECORD.hea with its .dat and .atr beside it.
[[nodiscard]] Result<WfdbRecord> read_wfdb_record(const std::filesystem::path& header_file);

}  // namespace attune::learn
