// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/live_hub.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "serve/json_body.hpp"
#include "session/codec.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

/// Paths are the server's business; a page that is asked for a track uses its key.
void strip_paths(json& plan) {
    if (!plan.is_object()) return;
    for (json& item : plan["items"]) item.erase("path");
}

}  // namespace

std::string page_event(const session::SessionEvent& event) {
    switch (event.kind()) {
    case session::EventKind::kTick:
    case session::EventKind::kPlanResult: return {};
    default: break;
    }
    json object = session::to_json(event);
    json& data = object["data"];
    if (event.kind() == session::EventKind::kDecision) strip_paths(data["plan"]);
    if (event.kind() == session::EventKind::kStart) data.erase("person_state");
    return to_text(object);
}

void LiveHub::open(const Id& session) {
    const std::lock_guard lock(mutex_);
    rooms_[session];
}

void LiveHub::send(Room& room, const Bytes& bytes) {
    std::erase_if(room.pages, [&](const std::weak_ptr<Outbox>& weak) {
        const auto page = weak.lock();
        return !page || !page->push(bytes, false);
    });
}

void LiveHub::publish(const Id& session, const session::SessionEvent& event) {
    std::string text = page_event(event);
    if (text.empty()) return;
    const auto bytes = std::make_shared<const std::string>(std::move(text));
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    if (found == rooms_.end()) return;
    Room& room = found->second;
    if (!room.start) room.start = bytes;
    room.past.emplace_back(event.seq, bytes);
    if (room.past.size() > kKept) room.past.pop_front();
    send(room, bytes);
}

void LiveHub::publish_passing(const Id& session, std::string text) {
    const auto bytes = std::make_shared<const std::string>(std::move(text));
    const std::lock_guard lock(mutex_);
    if (const auto found = rooms_.find(session); found != rooms_.end()) send(found->second, bytes);
}

void LiveHub::close(const Id& session) {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    if (found == rooms_.end()) return;
    for (const auto& weak : found->second.pages) {
        if (const auto page = weak.lock()) page->close(CloseReason::kNormal);
    }
    rooms_.erase(found);
}

bool LiveHub::has(const Id& session) const {
    const std::lock_guard lock(mutex_);
    return rooms_.contains(session);
}

bool LiveHub::join(const Id& session, std::uint64_t since, const std::shared_ptr<Outbox>& page) {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    if (found == rooms_.end()) return false;
    Room& room = found->second;
    // One message with all that was missed, so that a page that comes late draws once.
    std::string missed;
    const auto add = [&](const std::string& text) {
        missed += (missed.empty() ? "[" : ",") + text;
    };
    const auto begin =
        std::upper_bound(room.past.begin(), room.past.end(), since,
                         [](std::uint64_t seq, const auto& e) { return seq < e.first; });
    if (since == 0 && room.start && (begin == room.past.end() || begin->second != room.start))
        add(*room.start);
    for (auto it = begin; it != room.past.end(); ++it) add(*it->second);
    if (!missed.empty()) page->push_text(missed + "]");
    room.pages.push_back(page);
    return true;
}

std::size_t LiveHub::pages(const Id& session) const {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    return found == rooms_.end() ? 0 : found->second.pages.size();
}

}  // namespace attune::serve
