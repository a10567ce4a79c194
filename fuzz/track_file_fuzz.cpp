// SPDX-License-Identifier: GPL-3.0-or-later
// The path from a file's tags to the catalogue: any bytes in a file of any music format.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/text.hpp"
#include "library/catalogue.hpp"
#include "library/tags.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace attune;
    if (size == 0) return 0;
    static constexpr std::array kEndings{".mp3", ".flac", ".ogg",  ".opus",
                                         ".m4a", ".wav",  ".aiff", ".wv"};
    const std::string path = "/tmp/attune_track_fuzz_" + std::to_string(::getpid()) +
                             kEndings[data[0] % kEndings.size()];
    const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0) return 0;
    const auto written = ::write(fd, data + 1, size - 1);
    ::close(fd);
    static const auto db = [] {
        auto opened = store::Connection::open("sqlite::memory:").value();
        const std::array rooms{library::schema()};
        if (!store::migrate(*opened, rooms, {})) __builtin_trap();
        return opened;
    }();
    if (written >= 0) {
        if (auto tags = library::read_tags(path)) {
            flow::TrackProfile profile;
            profile.path = path;
            profile.key.bytes[0] = 1;
            profile.tags = *tags;
            if (!core::is_utf8(tags->title) || !core::is_utf8(tags->artist)) __builtin_trap();
            library::Catalogue catalogue(*db);
            if (!catalogue.put(profile, false)) __builtin_trap();
            if (catalogue.profile(profile.key).value().tags != *tags) __builtin_trap();
        }
        static_cast<void>(library::read_picture(path));
    }
    ::unlink(path.c_str());
    return 0;
}
