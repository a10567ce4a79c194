// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/block_keeper.hpp"

#include "care/people.hpp"
#include "core/time.hpp"

namespace attune::session {
namespace {

/// "artist:NAME" or a content key in hex; empty if the command names neither.
std::string choice_of(const flow::Command& command) {
    const auto arg = [&](const char* name) {
        const auto at = command.args.find(name);
        return at == command.args.end() ? std::string() : at->second;
    };
    if (const std::string artist = arg("artist"); !artist.empty()) return "artist:" + artist;
    const auto key = ContentKey::parse(arg("track"));
    return key ? key->hex() : "";
}

}  // namespace

EventWriter::First keep_blocks(const Id& person, store::Seal seal) {
    if (person.none()) return {};
    return [person, seal = std::move(seal)](store::Connection& db, std::span<const SessionEvent> events) -> Result<void> {
        care::People people(db, seal);
        for (const SessionEvent& event : events) {
            const auto* command = std::get_if<flow::Command>(&event.payload);
            if (command == nullptr || command->kind != flow::CommandKind::kBlockTrack) continue;
            const std::string choice = choice_of(*command);
            if (choice.empty()) continue;
            const care::BlockedBy by{command->actor, command->role, core::wall_now_ns()};
            const auto kept = people.change_settings(person, [&](care::Settings& settings) { return care::block(settings, choice, by); });
            // Somebody who was erased meanwhile has no blocks; a choice that names nothing blocks nothing. The record goes on.
            const bool passing = !kept && (kept.error().code == ErrorCode::kNotFound || kept.error().code == ErrorCode::kBadArgument);
            if (!kept && !passing) return kept;
        }
        return {};
    };
}

}  // namespace attune::session
