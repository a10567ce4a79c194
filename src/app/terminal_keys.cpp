// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/terminal_keys.hpp"

#include <cstdio>
#include <poll.h>
#include <unistd.h>

#include "session/told_words.hpp"

namespace attune::app {

std::unique_ptr<TerminalKeys> TerminalKeys::listen(session::Inbox& inbox, std::function<void()> unsafe) {
    termios before{};
    if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &before) != 0) return nullptr;
    return std::unique_ptr<TerminalKeys>(new TerminalKeys(inbox, std::move(unsafe), before));
}

TerminalKeys::TerminalKeys(session::Inbox& inbox, std::function<void()> unsafe, const termios& before)
    : inbox_(inbox), unsafe_(std::move(unsafe)), before_(before) {
    termios raw = before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);   // Ctrl-C stays a signal
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::fprintf(stderr, "%.*s\n", static_cast<int>(session::kKeysHelp.size()), session::kKeysHelp.data());
    thread_ = std::thread([this] { run(); });
}

TerminalKeys::~TerminalKeys() {
    ending_.store(true);
    thread_.join();
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

bool TerminalKeys::wait_for_key(char& key) const {
    constexpr int kLookMs = 100;
    while (!ending_.load()) {
        pollfd in{STDIN_FILENO, POLLIN, 0};
        if (poll(&in, 1, kLookMs) <= 0) continue;
        if (read(STDIN_FILENO, &key, 1) != 1) return false;   // the terminal is gone
        return true;
    }
    return false;
}

void TerminalKeys::run() {
    char key = 0;
    while (wait_for_key(key)) pressed(key);
}

void TerminalKeys::pressed(char key) {
    if (key == 'r') return rate();
    const std::string_view word = session::word_of_key(key, paused_);
    if (word.empty()) return;
    if (word == "pause" || word == "resume") paused_ = word == "pause";
    say(std::string(word));
    std::fprintf(stderr, "[%.*s]\n", static_cast<int>(word.size()), word.data());
    if (word == "unsafe") unsafe_();
}

/// A line is typed with its echo by hand: the terminal is not in line mode.
void TerminalKeys::rate() {
    constexpr std::size_t kMost = 40;
    std::fputs("how do you feel? VALENCE,AROUSAL, each from -1 to 1: ", stderr);
    std::string line;
    char key = 0;
    while (wait_for_key(key) && key != '\n' && key != '\r') {
        if ((key == '\b' || key == 127) && !line.empty()) line.pop_back();
        else if (key >= ' ' && key < 127 && line.size() < kMost) line.push_back(key);
        std::fprintf(stderr, "\rhow do you feel? VALENCE,AROUSAL, each from -1 to 1: %s \b", line.c_str());
    }
    std::fputs("\n", stderr);
    if (!line.empty()) say("rate", line);
}

void TerminalKeys::say(const std::string& word, const std::string& value) {
    std::vector<std::string> words{word};
    if (!value.empty()) words.push_back(value);
    auto told = session::parse_told(words, {});
    if (!told) {
        std::fprintf(stderr, "%s\n", told.error().describe().c_str());
        return;
    }
    inbox_.push({*std::move(told), "local", flow::Origin::kLive});
}

}  // namespace attune::app
