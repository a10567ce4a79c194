// SPDX-License-Identifier: GPL-3.0-or-later
/// EDF and BDF through libedf, which stays inside this file.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include <edflib.h>

#include "core/text.hpp"
#include "sense/channels.hpp"
#include "sense/recording.hpp"

namespace attune::sense {
namespace {

constexpr double kTick = 1e-7;   // libedf counts in 100 ns
constexpr std::int64_t kTickNs = 100;
constexpr long long kMaxSamples = 200'000'000;

struct FileCloser {
    int handle;
    ~FileCloser() { edfclose_file(handle); }
};

std::string reason(int code) {
    switch (code) {
        case EDFLIB_NO_SUCH_FILE_OR_DIRECTORY: return "there is no such file";
        case EDFLIB_FILE_CONTAINS_FORMAT_ERRORS: return "breaks the EDF format";
        case EDFLIB_MAXFILES_REACHED: return "too many files are open";
        case EDFLIB_FILE_READ_ERROR: return "cannot be read";
        case EDFLIB_FILE_ALREADY_OPENED: return "is open already";
        case EDFLIB_FILETYPE_ERROR: return "is neither EDF nor BDF";
        case EDFLIB_FILE_IS_DISCONTINUOUS: return "is discontinuous (EDF+D), which libedf does not read";
        default: return "cannot be opened (libedf " + std::to_string(code) + ")";
    }
}

bool is_electrode(const std::string& label) {
    static const std::vector<std::string> names{
        "fp1", "fp2", "fpz", "af3", "af4", "af7", "af8", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "fz",
        "fc1", "fc2", "fc3", "fc4", "fc5", "fc6", "c1", "c2", "c3", "c4", "c5", "c6", "cz", "cp1", "cp2", "cp3", "cp4",
        "cp5", "cp6", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "pz", "po3", "po4", "po7", "po8", "o1", "o2", "oz",
        "t3", "t4", "t5", "t6", "t7", "t8", "tp7", "tp8", "tp9", "tp10", "a1", "a2", "m1", "m2"};
    const std::string lower = core::to_lower_ascii(label);
    return std::find(names.begin(), names.end(), lower) != names.end();
}

/// "EEG Fp1-Ref" -> (kEeg, "Fp1-Ref"); "ECG" -> (kEcg, "").
std::optional<std::pair<flow::Channel, std::string>> channel_of(std::string_view label) {
    label = core::trim(label);
    const auto space = label.find(' ');
    const std::string head(label.substr(0, space));
    const std::string tail(space == std::string_view::npos ? std::string_view() : core::trim(label.substr(space)));
    if (core::to_lower_ascii(head) == "eeg") return std::pair(flow::Channel::kEeg, core::to_utf8_lossy(tail));
    if (is_electrode(head)) return std::pair(flow::Channel::kEeg, head);
    if (const auto channel = channel_by_name(head)) return std::pair(*channel, std::string());
    return std::nullopt;
}

std::int64_t wall_start_ns(const edf_hdr_struct& header) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d", header.startdate_year, header.startdate_month,
                  header.startdate_day, header.starttime_hour, header.starttime_minute, header.starttime_second);
    return parse_wall_time(text.data()).value_or(0) + header.starttime_subsecond * kTickNs;
}

Result<void> read_signal(int handle, int index, const edf_hdr_struct& header, const std::string& file, Recording& out) {
    const edf_param_struct& p = header.signalparam[index];
    const std::string label = core::to_utf8_lossy(core::trim(p.label));
    const std::string unit = core::to_utf8_lossy(core::trim(p.physdimension));
    const auto channel = channel_of(label);
    if (!channel) {
        out.notes.push_back(file + ": signal '" + label + "' is none of our channels; left out");
        return {};
    }
    const auto conversion = unit_conversion(channel->first, unit);
    if (!conversion) {
        out.notes.push_back(file + ": signal '" + label + "': " + conversion.error().message + "; left out");
        return {};
    }
    const double rate = static_cast<double>(p.smp_in_datarecord) / (static_cast<double>(header.datarecord_duration) * kTick);
    if (!(rate > 0.0) || rate > channel_row(channel->first).max_rate_hz || p.smp_in_file > kMaxSamples) {
        return fail(ErrorCode::kCorrupt,
                    "rate " + core::format_double(rate) + " Hz or " + std::to_string(p.smp_in_file) + " samples; at most " +
                        core::format_double(channel_row(channel->first).max_rate_hz) + " Hz and " + std::to_string(kMaxSamples) + " are read",
                    file + " signal '" + label + "'");
    }
    Segment segment;
    segment.samples.reserve(static_cast<std::size_t>(p.smp_in_file));
    std::vector<double> block(1 << 14);
    while (true) {
        const int n = edfread_physical_samples(handle, index, static_cast<int>(block.size()), block.data());
        if (n < 0) return fail(ErrorCode::kIo, "a data record cannot be read", file + " signal '" + label + "'");
        for (int i = 0; i < n; ++i) {
            segment.samples.push_back(static_cast<float>(block[static_cast<std::size_t>(i)] * conversion->factor + conversion->offset));
        }
        if (n < static_cast<int>(block.size())) break;
    }
    out.channels.push_back({channel->first, channel->second, rate, file, {}});
    out.channels.back().segments.push_back(std::move(segment));
    return {};
}

}  // namespace

Result<Recording> read_edf(const std::string& path) {
    const std::string file = std::filesystem::path(path).filename().string();
    auto header = std::make_unique<edf_hdr_struct>();   // 200 kB: not for the stack
    if (edfopen_file_readonly(path.c_str(), header.get(), EDFLIB_READ_ALL_ANNOTATIONS) != 0) {
        const bool missing = header->filetype == EDFLIB_NO_SUCH_FILE_OR_DIRECTORY;
        return fail(missing ? ErrorCode::kNotFound : ErrorCode::kCorrupt, reason(header->filetype), file);
    }
    const FileCloser closer{header->handle};
    Recording out;
    out.driver = "edf/1";
    out.device = core::to_utf8_lossy(core::trim(header->equipment));
    out.wall_start_ns = wall_start_ns(*header);
    for (int i = 0; i < header->edfsignals; ++i) ATTUNE_CHECK(read_signal(header->handle, i, *header, file, out));
    for (int i = 0; i < header->annotations_in_file; ++i) {
        edf_annotation_struct annotation;
        if (edf_get_annotation(header->handle, i, &annotation) != 0) continue;
        out.marks.push_back({Time{annotation.onset * kTickNs}, core::to_utf8_lossy(annotation.annotation)});
    }
    return out;
}

}  // namespace attune::sense
