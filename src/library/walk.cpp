// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "core/text.hpp"

namespace attune::library {
namespace {

constexpr std::array<std::string_view, 22> kEndings{
    "mp3", "flac", "ogg",  "oga",  "opus", "m4a", "m4b", "m4p", "mp4", "aac",  "alac",
    "wav", "aif",  "aiff", "aifc", "wv",   "ape", "mpc", "wma", "mka", "webm", "au"};

std::string reason_of(int error) { return std::string(std::strerror(error)); }

class Walk {
public:
    Walk(Found& found, const core::CancelToken* cancel) : found_(&found), cancel_(cancel) {}

    void visit(const std::string& path, const struct stat& info) {
        if (S_ISDIR(info.st_mode)) return folder(path, info);
        if (!S_ISREG(info.st_mode)) return;
        if (!is_music_name(path)) {
            ++found_->other;
            return;
        }
        found_->files.push_back(
            {path, info.st_size, info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec});
    }
    [[nodiscard]] bool cancelled() const { return cancel_ != nullptr && cancel_->cancelled(); }

private:
    void folder(const std::string& path, const struct stat& info) {
        if (cancelled() || !visited_.insert({info.st_dev, info.st_ino}).second) return;
        const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(path.c_str()), closedir);
        if (!dir) {
            found_->failed.push_back({path, "the folder cannot be read: " + reason_of(errno)});
            return;
        }
        std::vector<std::string> names;
        while (const dirent* entry = readdir(dir.get())) {
            const std::string_view name(entry->d_name);
            if (name != "." && name != "..") names.emplace_back(name);
        }
        std::sort(names.begin(), names.end());
        const int fd = dirfd(dir.get());
        for (const std::string& name : names) {
            struct stat child {};
            const std::string child_path = path == "/" ? path + name : path + "/" + name;
            if (fstatat(fd, name.c_str(), &child, 0) != 0) {
                const int error = errno;
                if (is_music_name(name))
                    found_->failed.push_back(
                        {child_path, "cannot be looked at: " + reason_of(error)});
                continue;  // a dangling link to something else is nobody's loss
            }
            visit(child_path, child);
        }
    }

    Found* found_;
    const core::CancelToken* cancel_;
    std::set<std::pair<dev_t, ino_t>> visited_;
};

}  // namespace

bool is_music_name(std::string_view path) {
    const auto dot = path.rfind('.');
    if (dot == std::string_view::npos || path.find('/', dot) != std::string_view::npos)
        return false;
    const std::string ending = core::to_lower_ascii(path.substr(dot + 1));
    return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

Result<Found> find_music(const std::vector<std::string>& roots, const core::CancelToken* cancel) {
    Found found;
    Walk walk(found, cancel);
    for (const std::string& root : roots) {
        const std::unique_ptr<char, void (*)(void*)> whole(realpath(root.c_str(), nullptr),
                                                           std::free);
        struct stat info {};
        if (!whole || stat(whole.get(), &info) != 0) {
            return fail(ErrorCode::kNotFound,
                        "no such file or folder: " + core::to_utf8_lossy(root) + " (" +
                            reason_of(errno) + ")");
        }
        walk.visit(whole.get(), info);
    }
    if (walk.cancelled()) return fail(ErrorCode::kCancelled, "the search for music was cancelled");
    std::sort(found.files.begin(), found.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto twice = std::unique(found.files.begin(), found.files.end(),
                                   [](const auto& a, const auto& b) { return a.path == b.path; });
    found.files.erase(twice, found.files.end());
    return found;
}

}  // namespace attune::library
