// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Single keys of the terminal as what the listener tells the session.
///
/// Threads  one of its own, which waits for keys; it ends with the object and puts the terminal back as it was
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <termios.h>

#include "session/inbox.hpp"

namespace attune::app {

class TerminalKeys {
public:
    /// Null if stdin is no terminal. `unsafe` shows the person's contact and the help card at once.
    [[nodiscard]] static std::unique_ptr<TerminalKeys> listen(session::Inbox& inbox, std::function<void()> unsafe);
    ~TerminalKeys();
    TerminalKeys(const TerminalKeys&) = delete;
    TerminalKeys& operator=(const TerminalKeys&) = delete;

private:
    TerminalKeys(session::Inbox& inbox, std::function<void()> unsafe, const termios& before);
    void run();
    void pressed(char key);
    void rate();
    [[nodiscard]] bool wait_for_key(char& key) const;
    void say(const std::string& word, const std::string& value = {});

    session::Inbox& inbox_;
    std::function<void()> unsafe_;
    termios before_;
    bool paused_ = false;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace attune::app
