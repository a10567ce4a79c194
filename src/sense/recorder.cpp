// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/recorder.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "core/folders.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "sense/channels.hpp"

namespace attune::sense {

namespace fs = std::filesystem;

struct Recorder::File {
    std::FILE* out = nullptr;
    std::string name;
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (out != nullptr) std::fclose(out);
    }
};

namespace {

tl::unexpected<Error> write_failed(const std::string& name) {
    const int error = errno;
    const bool full = error == ENOSPC || error == EFBIG || error == EDQUOT;
    return fail(full ? ErrorCode::kDiskFull : ErrorCode::kIo, std::string("cannot write: ") + std::strerror(error), name);
}

std::string safe(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        out += plain ? c : '_';
    }
    return out;
}

std::string header_of(const flow::SensorFrame& frame, std::int64_t wall_start_ns) {
    std::string text = "# attune-csv 1\n# provenance " + std::string(flow::to_string(frame.provenance.origin)) + "\n";
    if (!frame.provenance.device.empty()) text += "# device " + frame.provenance.device + "\n";
    if (wall_start_ns > 0) text += "# start " + core::rfc3339(wall_start_ns) + "\n";
    std::string column = flow::to_string(frame.channel);
    if (const auto slash = frame.source.find('/'); slash != std::string::npos) column += ":" + frame.source.substr(slash + 1);
    text += "t[s]," + column + "[" + channel_row(frame.channel).unit + "]";
    if (frame.rate_hz > 0.0) text += "@" + core::format_double(frame.rate_hz);
    return text + "\n";
}

}  // namespace

Recorder::Recorder(fs::path folder, std::int64_t wall_start_ns) : folder_(std::move(folder)), wall_start_ns_(wall_start_ns) {}
Recorder::~Recorder() = default;
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;

Result<Recorder> Recorder::create(const fs::path& folder, std::int64_t wall_start_ns) {
    ATTUNE_CHECK(core::make_folder(folder));
    std::error_code error;
    if (!fs::is_empty(folder, error) || error) {
        return fail(ErrorCode::kBadArgument, "the folder is not empty; a recording gets one of its own", folder.string());
    }
    return Recorder(folder, wall_start_ns);
}

Result<void> Recorder::write(const flow::SensorFrame& frame) {
    const std::string name = safe(frame.source) + "-" + flow::to_string(frame.channel) + ".csv";
    auto& file = files_[name];
    std::string text;
    if (!file) {
        file = std::make_unique<File>();
        file->name = name;
        file->out = std::fopen((folder_ / name).c_str(), "wbe");
        if (file->out == nullptr) return write_failed(name);
        text = header_of(frame, wall_start_ns_);
    }
    for (std::size_t i = 0; i < frame.samples.size(); ++i) {
        const double t_s = frame.rate_hz > 0.0 ? frame.t.seconds() + static_cast<double>(i) / frame.rate_hz : frame.times[i].seconds();
        char row[64];
        const int n = std::snprintf(row, sizeof row, "%.6f,%.7g\n", t_s, static_cast<double>(frame.samples[i]));
        text.append(row, static_cast<std::size_t>(n));
    }
    if (std::fwrite(text.data(), 1, text.size(), file->out) != text.size()) return write_failed(name);
    return {};
}

Result<void> Recorder::close() {
    for (auto& [name, file] : files_) {
        if (!file || file->out == nullptr) continue;
        std::FILE* out = file->out;
        file->out = nullptr;
        if (std::fclose(out) != 0) return write_failed(name);
    }
    return {};
}

std::vector<std::string> Recorder::files() const {
    std::vector<std::string> out;
    for (const auto& entry : files_) out.push_back(entry.first);
    return out;
}

}  // namespace attune::sense
