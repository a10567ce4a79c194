// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Writes frames to a folder that `replay:` reads back: one CSV a source and channel (docs/signals.md).
///
/// Every row carries its time, so a gap stays a gap; simulated samples stay marked simulated.
/// Errors   kIo, kDiskFull with the file's name; what was written before stays readable
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "flow/sensor_frame.hpp"

namespace attune::sense {

class Recorder {
public:
    /// Makes the folder; kBadArgument if it exists and is not empty. `wall_start_ns`: of session time 0; 0 = unknown.
    [[nodiscard]] static Result<Recorder> create(const std::filesystem::path& folder, std::int64_t wall_start_ns);
    ~Recorder();
    Recorder(Recorder&&) noexcept;
    Recorder& operator=(Recorder&&) noexcept;

    [[nodiscard]] Result<void> write(const flow::SensorFrame& frame);
    [[nodiscard]] Result<void> close();
    [[nodiscard]] std::vector<std::string> files() const;

private:
    struct File;
    Recorder(std::filesystem::path folder, std::int64_t wall_start_ns);
    std::filesystem::path folder_;
    std::int64_t wall_start_ns_ = 0;
    std::map<std::string, std::unique_ptr<File>> files_;
};

}  // namespace attune::sense
