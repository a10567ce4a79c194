// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/onboarding.hpp"

#include "care/kept_names.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "session/person_state.hpp"

namespace attune::session {
namespace {

constexpr std::string_view kArtist = "artist:";

std::string name_after(const std::string& choice, std::string_view prefix) {
    return core::to_lower_ascii(core::trim(std::string_view(choice).substr(prefix.size())));
}

/// Rows that a choice means; never empty.
Result<std::vector<std::size_t>> rows_of(const flow::LibraryView& view, const std::string& choice) {
    std::vector<std::size_t> rows;
    if (choice.starts_with(kArtist)) {
        const std::string artist = name_after(choice, kArtist);
        for (std::size_t row = 0; row < view.size(); ++row)
            if (core::to_lower_ascii(view.artists[view.artist[row]]) == artist) rows.push_back(row);
    } else {
        ATTUNE_TRY(const auto key, ContentKey::parse(choice));
        if (const auto row = view.row(key)) rows.push_back(*row);
    }
    if (rows.empty()) return fail(ErrorCode::kNotFound, "'" + choice + "' means no track of the library");
    return rows;
}

/// A loved artist counts once for the artist, not once for each of their tracks.
Result<void> mark_loved(PersonState& state, const flow::LibraryView& view, const std::string& choice) {
    ATTUNE_TRY(const auto rows, rows_of(view, choice));
    for (const std::size_t row : rows) state.familiar.insert(view.key[row]);
    if (choice.starts_with(kArtist)) {
        choose::LikingObservation seen;
        seen.source = choose::LikingSource::kLoved;
        seen.artist = name_after(choice, kArtist);
        state.liking.observe(std::move(seen));
    } else {
        state.liking.observe(view, rows.front(), choose::LikingSource::kLoved);
    }
    return {};
}

Result<std::string> plan_name(const std::string& name) {
    if (name.empty() || name.size() > 60)
        return fail(ErrorCode::kBadArgument, "a plan's name has 1 to 60 characters, not " + std::to_string(name.size()));
    return "plan:" + name;
}

}  // namespace

Result<flow::Memory> parse_memory(std::string_view name) {
    if (name == "ask") return flow::Memory::kAsk;
    if (name == "only-with-me") return flow::Memory::kOnlyWithMe;
    if (name == "never") return flow::Memory::kNever;
    if (name == "none") return flow::Memory::kNone;
    return fail(ErrorCode::kBadArgument, "'" + std::string(name) + "' is not a memory mark; marks are ask, only-with-me, never, none");
}

Result<void> onboard(care::People& people, const flow::LibraryView& view, const Id& person, const Onboarding& wishes) {
    ATTUNE_TRY(const auto kept, people.kept(person, "state"));
    ATTUNE_TRY(PersonState state, PersonState::parse(kept.value_or("")));
    for (const std::string& choice : wishes.love) ATTUNE_CHECK(mark_loved(state, view, choice));
    care::BlockedBy by = wishes.by;
    by.at_ns = core::wall_now_ns();
    const auto heed = [&](care::Settings& settings) -> Result<void> {
        for (const std::string& choice : wishes.never) ATTUNE_CHECK(care::block(settings, choice, by));
        for (const std::string& choice : wishes.allow) ATTUNE_CHECK(care::allow(settings, choice, by.role));
        for (const auto& [choice, memory] : wishes.memories) {
            ATTUNE_TRY(const auto rows, rows_of(view, choice));
            for (const std::size_t row : rows) {
                if (memory == flow::Memory::kNone) settings.memories.erase(view.key[row]);
                else settings.memories[view.key[row]] = memory;
            }
        }
        return {};
    };
    ATTUNE_CHECK(people.change_settings(person, heed));
    return people.keep(person, "state", state.text());
}

Result<void> keep_plan(care::People& people, const Id& person, const std::string& name, std::span<const ContentKey> tracks) {
    ATTUNE_TRY(const std::string at, plan_name(name));
    std::string text;
    for (const ContentKey& key : tracks) text += (text.empty() ? "" : " ") + key.hex();
    return people.keep(person, at, text);
}

Result<std::vector<ContentKey>> kept_plan(care::People& people, const Id& person, const std::string& name) {
    ATTUNE_TRY(const std::string at, plan_name(name));
    ATTUNE_TRY(const auto text, people.kept(person, at));
    if (!text || text->empty()) return fail(ErrorCode::kNotFound, "there is no plan '" + name + "'", "person plan");
    std::vector<ContentKey> tracks;
    for (const std::string_view hex : core::split(*text, ' ')) {
        ATTUNE_TRY(const auto key, ContentKey::parse(hex));
        tracks.push_back(key);
    }
    return tracks;
}

Result<std::vector<std::string>> kept_plans(store::Connection& connection, care::People& people, const Id& person) {
    ATTUNE_TRY(const auto kept, care::kept_names(connection, person, "plan:"));
    std::vector<std::string> names;
    for (const std::string& at : kept) {
        const std::string name = at.substr(std::string_view("plan:").size());
        if (kept_plan(people, person, name)) names.push_back(name);   // an erased one is empty
    }
    return names;
}

}  // namespace attune::session
