// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/live_hub.hpp"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "serve/json_body.hpp"
#include "session/audience.hpp"
#include "session/codec.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

/// Paths are the server's business; a page that is asked for a track uses its key.
void strip_paths(json& plan) {
    if (!plan.is_object()) return;
    for (json& item : plan["items"]) item.erase("path");
}

/// Null for what no page shows.
json page_object(const session::SessionEvent& event) {
    switch (event.kind()) {
    case session::EventKind::kTick:
    case session::EventKind::kPlanResult: return nullptr;
    default: break;
    }
    json object = session::to_json(event);
    json& data = object["data"];
    if (event.kind() == session::EventKind::kDecision) strip_paths(data["plan"]);
    if (event.kind() == session::EventKind::kStart) data.erase("person_state");
    return object;
}

/// Null for null.
Bytes bytes_of(const json& object) {
    return object.is_null() ? nullptr : std::make_shared<const std::string>(to_text(object));
}

}  // namespace

std::string page_event(const session::SessionEvent& event, bool state_shown) {
    json object = page_object(event);
    if (!state_shown && !object.is_null()) object = session::without_state(std::move(object));
    return object.is_null() ? std::string() : to_text(object);
}

void LiveHub::open(const Id& session) {
    const std::lock_guard lock(mutex_);
    rooms_[session];
}

void LiveHub::send(Room& room, const Bytes& all, const Bytes& shown) {
    std::erase_if(room.pages, [&](const Page& page) {
        const auto box = page.box.lock();
        const Bytes& bytes = page.all ? all : shown;
        return !box || (bytes && !box->push(bytes, false));
    });
}

bool LiveHub::strip_some(Room& room) {
    constexpr std::size_t kAtOnce = 50;   // about a millisecond: a conductor may be waiting to publish
    std::size_t done = 0;
    const auto strip = [&](Said& said) {
        if (said.hidden || !said.all || done == kAtOnce) return;
        said.shown = bytes_of(session::without_state(json::parse(*said.all)));
        said.hidden = true;
        ++done;
    };
    strip(room.start);
    std::for_each(room.past.begin(), room.past.end(), strip);
    return done > 0;
}

void LiveHub::hide_state(const Id& person) {
    if (person.none()) return;
    const std::lock_guard lock(mutex_);
    for (auto& [id, room] : rooms_)
        if (room.person == person) room.hidden = true;
}

Id LiveHub::person(const Id& session) const {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    return found == rooms_.end() ? Id() : found->second.person;
}

void LiveHub::publish(const Id& session, const session::SessionEvent& event) {
    json object = page_object(event);
    if (object.is_null()) return;
    Said said{event.seq, bytes_of(object), {}};
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    if (found == rooms_.end()) return;
    Room& room = found->second;
    if (const auto* start = std::get_if<session::Start>(&event.payload)) room.person = start->person;
    if (session::hides_state(event)) room.hidden = true;
    said.hidden = room.hidden;
    said.shown = room.hidden ? bytes_of(session::without_state(std::move(object))) : said.all;
    if (!room.start.all) room.start = said;
    room.past.push_back(said);
    if (room.past.size() > kKept) room.past.pop_front();
    send(room, said.all, said.shown);
}

void LiveHub::publish_passing(const Id& session, std::string text) {
    const auto bytes = std::make_shared<const std::string>(std::move(text));
    const std::lock_guard lock(mutex_);
    if (const auto found = rooms_.find(session); found != rooms_.end()) send(found->second, bytes, found->second.hidden ? nullptr : bytes);
}

void LiveHub::close(const Id& session) {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    if (found == rooms_.end()) return;
    for (const Page& page : found->second.pages) {
        if (const auto box = page.box.lock()) box->close(CloseReason::kNormal);
    }
    rooms_.erase(found);
}

bool LiveHub::has(const Id& session) const {
    const std::lock_guard lock(mutex_);
    return rooms_.contains(session);
}

bool LiveHub::join(const Id& session, std::uint64_t since, const std::shared_ptr<Outbox>& page, flow::Role role) {
    const bool all = session::sees_everything(role);
    std::unique_lock lock(mutex_);
    auto found = rooms_.find(session);
    while (found != rooms_.end() && !all && found->second.hidden && strip_some(found->second)) {
        lock.unlock();
        std::this_thread::yield();
        lock.lock();
        found = rooms_.find(session);
    }
    if (found == rooms_.end()) return false;
    Room& room = found->second;
    // One message with all that was missed, so that a page that comes late draws once.
    std::string missed;
    const auto add = [&](const Said& said) {
        const Bytes& bytes = all ? said.all : said.shown;
        if (bytes) missed += (missed.empty() ? "[" : ",") + *bytes;
    };
    const auto begin = std::upper_bound(room.past.begin(), room.past.end(), since,
                                        [](std::uint64_t seq, const Said& said) { return seq < said.seq; });
    if (since == 0 && room.start.all && (begin == room.past.end() || begin->seq != room.start.seq)) add(room.start);
    for (auto it = begin; it != room.past.end(); ++it) add(*it);
    if (!missed.empty()) page->push_text(missed + "]");
    room.pages.push_back({page, all});
    return true;
}

std::size_t LiveHub::pages(const Id& session) const {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(session);
    return found == rooms_.end() ? 0 : found->second.pages.size();
}

}  // namespace attune::serve
