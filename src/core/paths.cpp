// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/paths.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace attune::core {
namespace fs = std::filesystem;
namespace {

std::string env(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

fs::path xdg(const char* variable, const char* fallback_in_home) {
    if (const std::string chosen = env(variable); !chosen.empty()) return chosen;
    const std::string home = env("HOME");
    return fs::path(home.empty() ? "/" : home) / fallback_in_home;
}

tl::unexpected<Error> io_error(const char* what, const fs::path& file) {
    const ErrorCode code = errno == ENOSPC || errno == EFBIG || errno == EDQUOT
                               ? ErrorCode::kDiskFull
                               : ErrorCode::kIo;
    return fail(code, std::string(what) + ": " + std::strerror(errno), file);
}

}  // namespace

fs::path data_dir(const fs::path& chosen) {
    if (!chosen.empty()) return chosen;
    if (const std::string from_env = env("ATTUNE_DATA"); !from_env.empty()) return from_env;
    return xdg("XDG_DATA_HOME", ".local/share") / "attune";
}

fs::path config_file() { return xdg("XDG_CONFIG_HOME", ".config") / "attune" / "attune.toml"; }

Result<fs::path> resource(const fs::path& relative) {
    std::vector<fs::path> roots;
    if (const std::string share = env("ATTUNE_SHARE"); !share.empty()) roots.emplace_back(share);
    std::error_code ec;
    if (env("ATTUNE_SHARE_ONLY").empty()) {   // set: what is not there is not installed
        if (const fs::path self = fs::read_symlink("/proc/self/exe", ec); !ec) {
            roots.push_back(self.parent_path().parent_path() / "share" / "attune");
        }
        roots.emplace_back(fs::path(ATTUNE_SOURCE_TREE) / "share");
        roots.emplace_back(fs::path(ATTUNE_SOURCE_TREE) / "models");
    }
    std::string tried;
    for (const fs::path& root : roots) {
        if (fs::exists(root / relative, ec)) return root / relative;
        tried += (tried.empty() ? "" : ", ") + root.string();
    }
    return fail(ErrorCode::kNotFound, "'" + relative.string() + "' is not installed", tried);
}

Result<std::string> read_file(const fs::path& file, std::size_t max_bytes) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return io_error("cannot open", file);
    std::string bytes;
    std::string block(1 << 16, '\0');
    while (true) {
        const ssize_t n = ::read(fd, block.data(), block.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            ::close(fd);
            return io_error("cannot read", file);
        }
        if (n == 0) break;
        bytes.append(block, 0, static_cast<std::size_t>(n));
        if (bytes.size() > max_bytes) {
            ::close(fd);
            return fail(ErrorCode::kBadArgument,
                        "file is larger than the " + std::to_string(max_bytes) + " bytes that are read",
                        file);
        }
    }
    ::close(fd);
    return bytes;
}

Result<void> write_file_atomically(const fs::path& file, std::string_view bytes) {
    const fs::path temporary = file.string() + ".part" + std::to_string(::getpid());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return io_error("cannot create", temporary);
    std::string_view rest = bytes;
    bool ok = true;
    while (ok && !rest.empty()) {
        const ssize_t n = ::write(fd, rest.data(), rest.size());
        if (n < 0 && errno == EINTR) continue;
        ok = n > 0;
        if (ok) rest.remove_prefix(static_cast<std::size_t>(n));
    }
    ok = ok && ::fsync(fd) == 0;
    if (!ok) {
        auto error = io_error("cannot write", file);
        ::close(fd);
        ::unlink(temporary.c_str());
        return error;
    }
    ::close(fd);
    if (::rename(temporary.c_str(), file.c_str()) != 0) return io_error("cannot replace", file);
    return {};
}

}  // namespace attune::core
