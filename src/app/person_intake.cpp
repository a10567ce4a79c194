// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/person_intake.hpp"

#include <cstdio>
#include <iostream>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/in_space.hpp"
#include "core/text.hpp"
#include "library/catalogue.hpp"

namespace attune::app {
namespace {

using care::Flag;
using nlohmann::json;

struct Answers {
    std::string person, safe_track;
    std::vector<std::string> flags, clear_flags, triggers, clear_triggers, trigger_tracks, clear_trigger_tracks;
    std::optional<double> tinnitus_hz;
    bool skip = false, clear_safe_track = false;

    [[nodiscard]] bool any() const {
        return !flags.empty() || !clear_flags.empty() || !triggers.empty() || !clear_triggers.empty() || !trigger_tracks.empty() ||
               !clear_trigger_tracks.empty() || !safe_track.empty() || clear_safe_track || tinnitus_hz;
    }
};

/// What each flag is asked as; skippable, and nothing is assumed of who skips.
constexpr std::pair<Flag, const char*> kQuestions[] = {
    {Flag::kReflexEpilepsy, "Has music, or anything seen or heard, ever brought on a seizure?"},
    {Flag::kHyperacusis, "Do everyday sounds hurt or feel far too loud?"},
    {Flag::kTinnitus, "Do you hear a tone or hiss that others do not?"},
    {Flag::kPsychosisMania, "Have you had times of psychosis or mania?"},
    {Flag::kTrauma, "Can music bring back something terrible, or make you feel far away?"},
    {Flag::kRecentLoss, "Have you lost somebody recently?"},
    {Flag::kRuminates, "Does sad music pull you further down?"},
    {Flag::kChild, "Is the listener a child?"},
    {Flag::kDementia, "Does the listener live with dementia?"},
    {Flag::kHearingLoss, "Do you have a hearing loss?"}};

/// Empty at the end of the input and at "q".
std::optional<std::string> answer(const Interview& with, const std::string& question) {
    with.say(question);
    std::string line;
    if (!std::getline(with.in, line)) return std::nullopt;
    std::string text(core::trim(line));
    if (text == "q") return std::nullopt;
    return text;
}

bool ask_pitch(care::Intake& intake, const Interview& with) {
    for (;;) {
        const auto text = answer(with, "  Its pitch in Hz, 100 to 16000 (Enter = not known): ");
        if (!text) return false;
        if (text->empty()) return true;
        care::Intake asked = intake;
        asked.tinnitus_hz = core::parse_double(*text);
        if (asked.tinnitus_hz && care::check(asked)) {
            intake.tinnitus_hz = asked.tinnitus_hz;
            return true;
        }
        with.say("  '" + *text + "' is not a pitch from 100 to 16000 Hz.\n");
    }
}

bool ask_safe_track(care::Intake& intake, const Interview& with) {
    for (;;) {
        const auto text = answer(with, "  A track that is safe to come back to: its title, file or key (Enter = none now): ");
        if (!text) return false;
        if (text->empty()) return true;
        const auto found = with.find(*text);
        if (found) {
            intake.safe_track = *found;
            return true;
        }
        with.say("  " + found.error().message + "\n");
    }
}

bool ask_triggers(care::Intake& intake, const Interview& with) {
    const auto text = answer(with, "  Artists or kinds of music that must never play, with commas between (Enter = none now): ");
    if (!text) return false;
    for (const std::string_view part : core::split(*text, ',')) {
        const std::string_view trigger = core::trim(part);
        if (!trigger.empty()) intake.triggers.insert(core::to_lower_ascii(trigger));
    }
    return true;
}

/// What a yes needs, so that its effect can be made.
bool ask_more(Flag flag, care::Intake& intake, const Interview& with) {
    if (flag == Flag::kTinnitus) return ask_pitch(intake, with);
    if (flag == Flag::kReflexEpilepsy) return ask_triggers(intake, with);
    if (flag == Flag::kTrauma) return ask_safe_track(intake, with) && ask_triggers(intake, with);
    return true;
}

/// Yes, no, or what stands; empty = no more questions.
std::optional<bool> yes_or_no(const Interview& with, const char* question, bool stands) {
    for (;;) {
        const auto text = answer(with, std::string(question) + (stands ? " [Y/n] " : " [y/N] "));
        if (!text) return std::nullopt;
        const std::string word = core::to_lower_ascii(*text);
        if (word.empty()) return stands;
        if (word == "y" || word == "yes") return true;
        if (word == "n" || word == "no") return false;
        with.say("  y = yes, n = no, Enter = as it stands, q = skip the rest.\n");
    }
}

void clear(care::Intake& intake, Flag flag) {
    intake.flags.erase(flag);
    if (flag == Flag::kTinnitus) intake.tinnitus_hz.reset();
}

Result<void> clear_what_is_named(session::Space& space, const Answers& a, care::Intake& in) {
    for (const std::string& name : a.clear_flags) {
        ATTUNE_TRY(const auto flag, care::parse_flag(name));
        clear(in, flag);
    }
    for (const std::string& trigger : a.clear_triggers) {
        if (in.triggers.erase(core::to_lower_ascii(trigger)) == 0)
            return fail(ErrorCode::kNotFound, "'" + trigger + "' is no trigger of this listener", "--clear-trigger");
    }
    for (const std::string& track : a.clear_trigger_tracks) {
        ATTUNE_TRY(const auto key, named_track(space, track));
        in.trigger_tracks.erase(key);
    }
    if (a.clear_safe_track) in.safe_track.reset();
    return {};
}

Result<void> add_what_is_said(session::Space& space, const Answers& a, care::Intake& in) {
    for (const std::string& name : a.flags) {
        ATTUNE_TRY(const auto flag, care::parse_flag(name));
        in.flags.insert(flag);
    }
    if (a.tinnitus_hz) {
        in.tinnitus_hz = a.tinnitus_hz;
        in.flags.insert(Flag::kTinnitus);
    }
    if (!a.safe_track.empty()) {
        ATTUNE_TRY(in.safe_track, named_track(space, a.safe_track));
    }
    for (const std::string& trigger : a.triggers) in.triggers.insert(core::to_lower_ascii(trigger));
    for (const std::string& track : a.trigger_tracks) {
        ATTUNE_TRY(const auto key, named_track(space, track));
        in.trigger_tracks.insert(key);
    }
    return {};
}

Result<int> run(Context& context, session::Space& space, const Answers& a) {
    ATTUNE_TRY(const auto person, listener(space, a.person));
    care::People people = space.people();
    ATTUNE_TRY(care::Intake in, people.intake(person.id));
    const bool known = in.asked && !in.skipped;
    if (a.any()) {
        ATTUNE_CHECK(clear_what_is_named(space, a, in));
        ATTUNE_CHECK(add_what_is_said(space, a, in));
        in.skipped = false;
    } else if (a.skip) {
        in.skipped = !known;
    } else if (isatty(STDIN_FILENO) != 0 && !context.json) {
        interview(in, {std::cin, [](const std::string& text) { std::fputs(text.c_str(), stderr); },
                       [&](const std::string& text) { return named_track(space, text); }});
    } else {
        return fail(ErrorCode::kBadArgument, "nothing was answered: give --flag, or --skip", "person intake");
    }
    in.asked = true;
    ATTUNE_CHECK(people.set_intake(person.id, in));
    if (context.json) print({{"schema", "attune.intake/1"}, {"person", person.id.text()}, {"intake", intake_json(in)}});
    return kDone;
}

}  // namespace

Result<care::Person> listener(session::Space& space, const std::string& id) {
    care::People people = space.people();
    if (id.empty()) return people.first(core::IdSource().next(), core::wall_now_ns());
    ATTUNE_TRY(const Id person, Id::parse(id));
    return people.person(person);
}

json intake_json(const care::Intake& intake) {
    json flags = json::array(), trigger_tracks = json::array();
    for (const Flag f : intake.flags) flags.push_back(care::to_string(f));
    for (const ContentKey& key : intake.trigger_tracks) trigger_tracks.push_back(key.hex());
    return {{"asked", intake.asked}, {"skipped", intake.skipped}, {"flags", flags},
            {"tinnitus_hz", intake.tinnitus_hz ? json(*intake.tinnitus_hz) : json(nullptr)},
            {"safe_track", intake.safe_track ? json(intake.safe_track->hex()) : json(nullptr)},
            {"triggers", intake.triggers}, {"trigger_tracks", trigger_tracks}};
}

Result<ContentKey> named_track(session::Space& space, const std::string& text) {
    library::Catalogue catalogue(space.db());
    auto found = catalogue.find(text);
    if (found || found.error().code != ErrorCode::kNotFound) return found;
    ATTUNE_TRY(const auto rows, catalogue.rows());
    const std::string wanted = core::to_lower_ascii(text);
    std::vector<const library::TrackRow*> same;
    for (const auto& row : rows)
        if (core::to_lower_ascii(row.title) == wanted) same.push_back(&row);
    if (same.size() == 1) return same.front()->key;
    if (same.empty()) return found;
    std::string which;
    for (const auto* row : same) which += (which.empty() ? "" : ", ") + row->artist + " " + row->key.hex().substr(0, 8);
    return fail(ErrorCode::kBadArgument, "'" + text + "' is the title of " + std::to_string(same.size()) + " tracks; give a key: " + which);
}

void interview(care::Intake& intake, const Interview& with) {
    const bool known = intake.asked && !intake.skipped;
    with.say("Ten short questions, so that the music does no harm. y = yes, n = no, Enter = as it stands, q = skip the rest.\n");
    bool heard = false;
    for (const auto& [flag, question] : kQuestions) {
        const auto yes = yes_or_no(with, question, intake.flags.contains(flag));
        if (!yes) break;
        heard = true;
        if (!*yes) clear(intake, flag);
        else intake.flags.insert(flag);
        if (*yes && !ask_more(flag, intake, with)) break;
    }
    intake.skipped = !known && !heard;
}

void add_person_intake(CLI::App& person, Context& context) {
    auto* i = person.add_subcommand("intake", "what must be heeded; asks in a terminal, at most 90 s, and may be skipped");
    const auto a = std::make_shared<Answers>();
    i->add_option("--flag", a->flags, "reflex_epilepsy, hyperacusis, tinnitus, … (an unknown one names them all); added to those that stand");
    i->add_option("--clear-flag", a->clear_flags, "one that no longer holds");
    i->add_option("--tinnitus-hz", a->tinnitus_hz, "pitch of the tinnitus, 100 to 16000");
    i->add_option("--safe-track", a->safe_track, "the track to come back to: its file, key or title");
    i->add_flag("--clear-safe-track", a->clear_safe_track, "none any more");
    i->add_option("--trigger", a->triggers, "artist or tag that must not play");
    i->add_option("--clear-trigger", a->clear_triggers, "one that may play again");
    i->add_option("--trigger-track", a->trigger_tracks, "track that must not play");
    i->add_option("--clear-trigger-track", a->clear_trigger_tracks, "one that may play again");
    i->add_flag("--skip", a->skip, "answer nothing; nothing is assumed, and nothing that stands is taken back");
    i->add_option("--person", a->person, "whose (default: the first)");
    i->footer("Examples:  attune person intake\n           attune person intake --flag tinnitus --tinnitus-hz 4000");
    i->callback([&context, a] {
        context.run = [&context, a] {
            return in_space(context, [&](session::Space& space) { return run(context, space, *a); });
        };
    });
}

}  // namespace attune::app
