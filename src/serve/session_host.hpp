// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the pages ask of whoever runs sessions.
///
/// Threads  any call from any thread; none waits for the audio
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "flow/affect.hpp"
#include "flow/command.hpp"
#include "flow/rating.hpp"
#include "serve/outbox.hpp"
#include "serve/sense_message.hpp"
#include "session/event.hpp"

namespace attune::serve {

struct StartRequest {
    std::string goal = "calm";  ///< as Goal::parse reads it
    double minutes = 20.0;
    std::optional<flow::Va> from;  ///< blind rating before the start
    std::vector<std::string> words;
    std::string sink = "browser";    ///< "browser", "device", "null"
    std::vector<std::string> sense;  ///< SPECs, and "page:camera", "page:microphone", "page:heart"
    std::optional<Id> person;
    std::optional<std::uint64_t> seed;
    session::ComposeChoice compose;  ///< as on the command line: nothing is composed unless it is asked for
    bool companion = false;  ///< somebody is with the listener: "only with me" music may play
    std::string actor = "local";
};

class SessionHost {
public:
    virtual ~SessionHost() = default;
    SessionHost() = default;
    SessionHost(const SessionHost&) = delete;
    SessionHost& operator=(const SessionHost&) = delete;

    [[nodiscard]] virtual Result<Id> start(const StartRequest& request) = 0;
    /// kNotFound if the session does not run (here).
    [[nodiscard]] virtual Result<void> command(const Id& session, flow::Command command) = 0;
    [[nodiscard]] virtual Result<void> rate(const Id& session, flow::Rating rating) = 0;
    /// Messages: first frame (uint64, little end first), then one Opus packet. A page that comes back
    /// says the frame it has sound up to (`after`), and gets what it missed of the last 3 s.
    [[nodiscard]] virtual Result<void> listen(const Id& session, std::shared_ptr<Outbox> page,
                                              std::optional<std::int64_t> after) = 0;
    /// The page hears this frame now: so that what is shown and recorded as heard is what is heard.
    virtual void heard(const Id& session, std::int64_t frame) noexcept = 0;
    /// Bytes of a WebM/Opus stream that never ends before the session does.
    [[nodiscard]] virtual Result<void> listen_webm(const Id& session,
                                                   std::shared_ptr<Outbox> page) = 0;
    /// A sensor of the page speaks. kRefused without consent.
    [[nodiscard]] virtual Result<void> sense(const Id& session, SenseMessage message) = 0;
    [[nodiscard]] virtual std::vector<Id> running() const = 0;
    /// Ends all sessions cleanly; at most 2 s.
    virtual void stop_all() = 0;
};

}  // namespace attune::serve
