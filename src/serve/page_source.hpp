// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A sensor of the page as a source of the session: what the socket brings waits in a mailbox until
/// the session pulls it.
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sense/source.hpp"
#include "serve/sense_message.hpp"

namespace attune::serve {

/// Bounded; drops the oldest and counts it. What comes while it is not open is thrown away, but for vitals, which
/// a person types.  Threads: any.
class PageMailbox {
public:
    void put(SenseMessage message);
    void set_open(bool open);
    [[nodiscard]] bool open() const;
    [[nodiscard]] std::vector<SenseMessage> take(std::uint64_t& dropped);
    /// The session no longer wants it: everything that comes is thrown away.
    void close();
    /// It wants it again: what comes is kept while the page has the sensor on.
    void reopen();

private:
    static constexpr std::size_t kMost = 64;
    mutable std::mutex mutex_;  ///< guards all below
    std::vector<SenseMessage> waiting_;
    std::uint64_t dropped_ = 0;
    bool open_ = false, closed_ = false;
};

/// "camera" (face), "microphone" (voice), "heart" (RR and rate); kBadArgument otherwise.
[[nodiscard]] Result<flow::SourceKind> kind_of_page_sensor(const std::string& sensor);
[[nodiscard]] Result<std::unique_ptr<sense::Source>>
make_page_source(const std::string& sensor, std::shared_ptr<PageMailbox> mailbox);

}  // namespace attune::serve
