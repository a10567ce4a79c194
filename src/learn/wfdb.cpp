// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/wfdb.hpp"

#include <algorithm>
#include <array>

#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::learn {
namespace {

constexpr std::size_t kMaxSignals = 64;
constexpr std::size_t kMaxSamples = std::size_t{1} << 28;

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> out;
    for (std::string_view word : core::split(line, ' '))
        if (const auto trimmed = core::trim(word); !trimmed.empty()) out.push_back(trimmed);
    return out;
}

/// The number in front of the first character of `stop`: "360/128(0)" is 360.
std::optional<double> leading_number(std::string_view word, std::string_view stop) {
    return core::parse_double(word.substr(0, word.find_first_of(stop)));
}

tl::unexpected<Error> bad_line(std::size_t line, const std::string& what) {
    return fail(ErrorCode::kCorrupt, what, "header line " + std::to_string(line));
}

Result<WfdbSignal> parse_signal_line(std::string_view line, std::size_t number) {
    const auto fields = words(line);
    if (fields.size() < 2) return bad_line(number, "a signal line needs a file and a format");
    WfdbSignal signal;
    signal.file = std::string(fields[0]);
    if (signal.file.find_first_of("/\\") != std::string::npos || signal.file.front() == '.')
        return bad_line(number, "the signal file \"" + signal.file + "\" is not a plain file name");
    const auto format = leading_number(fields[1], "x:+");
    if (!format || (*format != 212 && *format != 16) || fields[1].find_first_of("x:+") != std::string_view::npos)
        return fail(ErrorCode::kUnsupported, "signal format " + std::string(fields[1]) + "; 212 and 16 are read",
                    "header line " + std::to_string(number));
    signal.format = static_cast<int>(*format);
    if (fields.size() > 4)
        if (const auto zero = core::parse_int(fields[4])) signal.baseline = static_cast<int>(std::clamp<std::int64_t>(*zero, -65536, 65536));
    if (fields.size() > 2) {
        const auto gain = leading_number(fields[2], "(/");
        if (!gain || *gain < 0.0) return bad_line(number, "gain " + std::string(fields[2]) + "; a number >= 0");
        if (*gain > 0.0) signal.gain_per_mv = *gain;
        if (const auto open = fields[2].find('('); open != std::string_view::npos) {
            const auto zero = core::parse_int(fields[2].substr(open + 1, fields[2].find(')') - open - 1));
            if (!zero) return bad_line(number, "baseline in " + std::string(fields[2]) + " is not a number");
            signal.baseline = static_cast<int>(std::clamp<std::int64_t>(*zero, -65536, 65536));
        }
    }
    if (fields.size() > 8) signal.description = std::string(fields[8]);
    return signal;
}

std::int16_t twelve_bits(unsigned value) {
    return static_cast<std::int16_t>(value >= 2048U ? static_cast<int>(value) - 4096 : static_cast<int>(value));
}

}  // namespace

Result<WfdbHeader> parse_wfdb_header(std::string_view text) {
    WfdbHeader header;
    std::size_t number = 0, n_signals = 0;
    bool have_record_line = false;
    for (std::string_view raw : core::split(text, '\n')) {
        ++number;
        const auto line = core::trim(raw);
        if (line.empty() || line.front() == '#') continue;
        if (have_record_line) {
            if (header.signals.size() == n_signals) break;
            ATTUNE_TRY(WfdbSignal signal, parse_signal_line(line, number));
            header.signals.push_back(std::move(signal));
            continue;
        }
        have_record_line = true;
        const auto fields = words(line);
        if (fields.size() < 2) return bad_line(number, "the record line needs a name and a number of signals");
        if (fields[0].find('/') != std::string_view::npos)
            return fail(ErrorCode::kUnsupported, "records of several segments are not read");
        header.record = std::string(fields[0]);
        const auto count = core::parse_int(fields[1]);
        if (!count || *count < 1 || *count > static_cast<std::int64_t>(kMaxSignals))
            return bad_line(number, std::string(fields[1]) + " signals; 1.." + std::to_string(kMaxSignals) + " are read");
        n_signals = static_cast<std::size_t>(*count);
        if (fields.size() > 2) {
            const auto rate = leading_number(fields[2], "/(");
            if (!rate || *rate < 1.0 || *rate > 100000.0)
                return bad_line(number, "rate " + std::string(fields[2]) + "; 1..100000 Hz");
            header.rate_hz = *rate;
        }
        if (fields.size() > 3) {
            const auto samples = core::parse_int(fields[3]);
            if (!samples || *samples < 0 || *samples > static_cast<std::int64_t>(kMaxSamples))
                return bad_line(number, "sample count " + std::string(fields[3]));
            header.n_samples = static_cast<std::size_t>(*samples);
        }
    }
    if (!have_record_line || header.signals.size() != n_signals)
        return fail(ErrorCode::kCorrupt, "the header ends after " + std::to_string(header.signals.size()) + " of " +
                                             std::to_string(n_signals) + " signals");
    return header;
}

Result<std::vector<std::int16_t>> decode_wfdb_signal(std::span<const std::uint8_t> bytes, const WfdbHeader& header,
                                                     std::size_t index) {
    if (index >= header.signals.size())
        return fail(ErrorCode::kBadArgument, "signal " + std::to_string(index) + " of " + std::to_string(header.signals.size()));
    const WfdbSignal& wanted = header.signals[index];
    std::size_t in_file = 0, place = 0;  // signals of one file are interleaved
    for (std::size_t i = 0; i < header.signals.size(); ++i) {
        if (header.signals[i].file != wanted.file) continue;
        if (header.signals[i].format != wanted.format)
            return fail(ErrorCode::kUnsupported, "one file with two formats", wanted.file);
        if (i == index) place = in_file;
        ++in_file;
    }
    const std::size_t stored = wanted.format == 212 ? bytes.size() / 3 * 2 + (bytes.size() % 3 == 2 ? 1 : 0) : bytes.size() / 2;
    const std::size_t frames = stored / in_file;
    if (header.n_samples > frames)
        return fail(ErrorCode::kCorrupt, "the file holds " + std::to_string(frames) + " samples a signal, the header says " +
                                             std::to_string(header.n_samples), wanted.file);
    const std::size_t n = header.n_samples == 0 ? frames : header.n_samples;
    std::vector<std::int16_t> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t k = i * in_file + place;
        if (wanted.format == 16) {
            out[i] = static_cast<std::int16_t>(bytes[2 * k] | (bytes[2 * k + 1] << 8));
            continue;
        }
        const std::size_t at = k / 2 * 3;
        out[i] = k % 2 == 0 ? twelve_bits(bytes[at] | ((bytes[at + 1] & 0x0FU) << 8))
                            : twelve_bits(bytes[at + 2] | ((bytes[at + 1] & 0xF0U) << 4));
    }
    return out;
}

Result<std::vector<WfdbAnnotation>> parse_wfdb_annotations(std::span<const std::uint8_t> bytes) {
    std::vector<WfdbAnnotation> out;
    std::int64_t t = 0;
    std::size_t at = 0;
    const auto cut = [&] { return fail(ErrorCode::kCorrupt, "the annotations are cut off", "byte " + std::to_string(at)); };
    while (at + 2 <= bytes.size()) {
        const unsigned word = static_cast<unsigned>(bytes[at] | (bytes[at + 1] << 8));
        const int code = static_cast<int>(word >> 10);
        const unsigned value = word & 0x3FFU;
        at += 2;
        if (code == 0 && value == 0) return out;
        if (code == 59) {  // SKIP: a 32-bit interval, high half first
            if (at + 4 > bytes.size()) return cut();
            const std::uint32_t high = static_cast<std::uint32_t>(bytes[at] | (bytes[at + 1] << 8));
            const std::uint32_t low = static_cast<std::uint32_t>(bytes[at + 2] | (bytes[at + 3] << 8));
            t += static_cast<std::int32_t>((high << 16) | low);
            at += 4;
        } else if (code == 63) {  // AUX: text of `value` bytes, padded to even
            if (at + value > bytes.size()) return cut();
            if (!out.empty()) out.back().aux.assign(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                                    bytes.begin() + static_cast<std::ptrdiff_t>(at + value));
            at += value + (value & 1U);
        } else if (code >= 60 && code <= 62) {
            continue;  // NUM, SUB, CHN: of no use here
        } else {
            t += value;
            if (t < 0 || t > static_cast<std::int64_t>(kMaxSamples))
                return fail(ErrorCode::kCorrupt, "annotation at sample " + std::to_string(t), "byte " + std::to_string(at));
            out.push_back({t, code, {}});
        }
    }
    return out;  // some writers leave the end word out
}

bool is_beat(int code) noexcept {
    // N L R a V F J A S E j / Q, B e n f r ?: WFDB's isqrs()
    constexpr std::array<int, 19> kBeats = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38, 41};
    return std::find(kBeats.begin(), kBeats.end(), code) != kBeats.end();
}

Result<WfdbRecord> read_wfdb_record(const std::filesystem::path& header_file) {
    WfdbRecord record;
    ATTUNE_TRY(const std::string text, core::read_file(header_file, 1U << 20));
    auto header = parse_wfdb_header(text);
    if (!header) return fail_in(std::move(header).error(), header_file.string());
    record.header = *std::move(header);
    const auto bytes_of = [](const std::string& s) {
        return std::span(reinterpret_cast<const std::uint8_t*>(s.data()), s.size());
    };
    const WfdbSignal& signal = record.header.signals.front();
    ATTUNE_TRY(const std::string data, core::read_file(header_file.parent_path() / signal.file, std::size_t{1} << 30));
    auto units = decode_wfdb_signal(bytes_of(data), record.header, 0);
    if (!units) return fail_in(std::move(units).error(), header_file.string());
    record.mv.reserve(units->size());
    for (std::int16_t unit : *units)
        record.mv.push_back(static_cast<float>((static_cast<double>(unit) - signal.baseline) / signal.gain_per_mv));
    auto annotation_file = header_file;
    annotation_file.replace_extension(".atr");
    ATTUNE_TRY(const std::string marks, core::read_file(annotation_file, std::size_t{1} << 26));
    auto annotations = parse_wfdb_annotations(bytes_of(marks));
    if (!annotations) return fail_in(std::move(annotations).error(), annotation_file.string());
    record.annotations = *std::move(annotations);
    return record;
}

}  // namespace attune::learn
