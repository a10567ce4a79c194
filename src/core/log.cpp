// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "core/folders.hpp"

namespace attune::core {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::kTrace: return spdlog::level::trace;
        case LogLevel::kDebug: return spdlog::level::debug;
        case LogLevel::kInfo: return spdlog::level::info;
        case LogLevel::kWarning: return spdlog::level::warn;
        case LogLevel::kError: return spdlog::level::err;
    }
    return spdlog::level::err;
}

spdlog::logger& logger() {
    static const auto instance = [] {
        auto to_stderr = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        to_stderr->set_level(spdlog::level::warn);
        auto made = std::make_shared<spdlog::logger>("attune", std::move(to_stderr));
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
        return made;
    }();
    return *instance;
}

}  // namespace

Result<void> open_log(const std::filesystem::path& folder, LogLevel level) {
    ATTUNE_CHECK(make_folder(folder));
    try {
        constexpr std::size_t kBytes = 2U << 20;
        constexpr std::size_t kFiles = 5;
        auto file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
            (folder / "attune.log").string(), kBytes, kFiles);
        file->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v");
        logger().sinks().push_back(std::move(file));
        set_log_level(level);
        return {};
    } catch (const spdlog::spdlog_ex& e) {
        return fail(ErrorCode::kIo, e.what(), folder);
    }
}

void set_log_level(LogLevel level) noexcept { logger().set_level(to_spdlog(level)); }

void log(LogLevel level, std::string_view room, std::string_view message) noexcept {
    try {
        logger().log(to_spdlog(level), "{}: {}", room, message);
    } catch (...) {  // a log that fails must not end a session
    }
}

}  // namespace attune::core
