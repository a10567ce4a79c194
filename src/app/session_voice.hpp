// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a session in a terminal says: its questions with how to answer them, what plays and why, what went otherwise
/// than planned. Sentences are those of share/strings; never what is estimated.
///
/// Threads  the conductor's; each event costs a few lines on stderr at most
#include <functional>
#include <string>
#include <vector>

#include "core/strings.hpp"
#include "session/event.hpp"

namespace attune::app {

class SessionVoice {
public:
    using Say = std::function<void(const std::string&)>;   ///< one line, without its end
    /// `keys`: single keys are heard; else questions are answered by `attune session tell`.
    SessionVoice(const core::Strings& strings, Say say) : strings_(strings), say_(std::move(say)) {}

    void keys_are_heard(bool keys) { keys_ = keys; }
    /// Speaks of it after the music, if the person likes: a spoken check-in.
    void asks_to_speak(bool speak) { speak_ = speak; }
    void hear(const session::SessionEvent& event);

private:
    void decided(const session::Decision& decision);
    void asked(const session::Decision& decision);
    void began(const flow::Heard& heard);

    core::Strings strings_;
    Say say_;
    bool keys_ = false, speak_ = false;
    std::string session_;
    Id item_;
    std::vector<flow::PlanItem> planned_;
};

/// Each limit that could not be kept, once, as a sentence.
[[nodiscard]] std::vector<std::string> unmet_sentences(const std::vector<flow::Unmet>& unmet, const core::Strings& strings);

}  // namespace attune::app
