// SPDX-License-Identifier: GPL-3.0-or-later
// `attune person`: listeners, their intake, the first two minutes, consent and hand-made plans.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/in_space.hpp"
#include "app/person_intake.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "library/catalogue.hpp"
#include "session/consent.hpp"
#include "session/onboarding.hpp"
#include "session/person_state.hpp"
#include "session/told_words.hpp"

namespace attune::app {
namespace {

using nlohmann::json;

struct Words {
    std::string person, name, region, contact, reach;
    std::vector<std::string> love, never, allow, memories, tracks;
    std::string what, sensor, purpose = "session";
    int days = 365;
    bool erase = false;   ///< samples, with a consent that is withdrawn
    care::Loudness loudness;
    std::string role = "listener";
    std::optional<std::string> new_contact, new_reach, new_region;
};
using Shared = std::shared_ptr<Words>;

Result<care::Person> who(session::Space& space, const Words& w) { return listener(space, w.person); }

/// By name or id; a name that two have is not enough.
Result<care::Person> named(session::Space& space, const std::string& name) {
    ATTUNE_TRY(const auto all, space.people().all());
    std::optional<care::Person> found;
    for (const care::Person& p : all) {
        if (p.id.text() == name) return p;
        if (p.name != name) continue;
        if (found) return fail(ErrorCode::kBadArgument, "'" + name + "' is the name of several listeners: give the id (attune person list)");
        found = p;
    }
    if (!found) return fail(ErrorCode::kNotFound, "'" + name + "' is neither name nor id of a listener (attune person list)");
    return *found;
}

/// Two or three letters in capitals, or empty: what a help card is named by.
Result<std::string> region_of(const std::string& text) {
    std::string region;
    for (const char c : text) region.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    const bool letters = std::all_of(region.begin(), region.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (letters && (region.empty() || region.size() == 2 || region.size() == 3)) return region;
    return fail(ErrorCode::kBadArgument, "'" + text + "' is not a region: two or three letters, e.g. US", "--region");
}

/// A track by path, key or its beginning; "artist:" and "tag:" choices as they are.
Result<std::string> choice_of(session::Space& space, const std::string& text) {
    if (text.starts_with("artist:") || text.starts_with("tag:")) return text;
    ATTUNE_TRY(const auto key, library::Catalogue(space.db()).find(text));
    return key.hex();
}
Result<std::vector<std::string>> choices_of(session::Space& space, const std::vector<std::string>& texts) {
    std::vector<std::string> out;
    for (const std::string& text : texts) {
        ATTUNE_TRY(out.emplace_back(), choice_of(space, text));
    }
    return out;
}
Result<ContentKey> track_of(session::Space& space, const std::string& text) { return library::Catalogue(space.db()).find(text); }

json person_json(const care::Person& p) {
    return {{"id", p.id.text()}, {"name", p.name}, {"region", p.region}, {"contact_name", p.contact_name},
            {"contact_reach", p.contact_reach}, {"created_at", core::rfc3339(p.created_ns)}};
}

Result<int> list(Context& context, session::Space& space) {
    ATTUNE_TRY(const auto all, space.people().all());
    json people = json::array();
    for (const care::Person& p : all) {
        people.push_back(person_json(p));
        if (!context.json) std::printf("%s  %s\n", p.id.text().c_str(), p.name.c_str());
    }
    if (context.json) print({{"schema", "attune.people/1"}, {"people", people}});
    return kDone;
}

Result<int> add(Context& context, session::Space& space, const Words& w) {
    care::Person p{core::IdSource().next(), w.name, w.contact, w.reach, w.region, core::wall_now_ns()};
    ATTUNE_CHECK(space.people().add(p));
    if (context.json) print({{"schema", "attune.person/1"}, {"person", person_json(p)}});
    else std::printf("%s\n", p.id.text().c_str());
    return kDone;
}

/// Only what is given is changed; an empty text takes it away.
Result<int> edit(Context& context, session::Space& space, const Words& w) {
    if (!w.new_contact && !w.new_reach && !w.new_region)
        return fail(ErrorCode::kBadArgument, "nothing to change: give --contact, --reach or --region", "person edit");
    ATTUNE_TRY(care::Person p, named(space, w.name));
    if (w.new_contact) p.contact_name = *w.new_contact;
    if (w.new_reach) p.contact_reach = *w.new_reach;
    if (w.new_region) {
        ATTUNE_TRY(p.region, region_of(*w.new_region));
    }
    ATTUNE_CHECK(space.people().update(p));
    if (context.json) print({{"schema", "attune.person/1"}, {"person", person_json(p)}});
    return kDone;
}

json memories_json(const care::Settings& settings) {
    const auto name = [](flow::Memory memory) {
        switch (memory) {
            case flow::Memory::kAsk: return "ask";
            case flow::Memory::kOnlyWithMe: return "only-with-me";
            case flow::Memory::kNever: return "never";
            default: return "none";
        }
    };
    json out = json::array();
    for (const auto& [key, memory] : settings.memories) out.push_back({{"track", key.hex()}, {"mark", name(memory)}});
    return out;
}

/// What was said to be loved, as onboard takes it; what playing has taught is no choice of theirs.
Result<json> loved_json(care::People& people, const Id& person) {
    ATTUNE_TRY(const auto kept, people.kept(person, "state"));
    ATTUNE_TRY(const auto state, session::PersonState::parse(kept.value_or("")));
    json out = json::array();
    for (const auto& seen : state.liking.observations())
        if (seen.source == choose::LikingSource::kLoved) out.push_back(seen.track.none() ? "artist:" + seen.artist : seen.track.hex());
    return out;
}

Result<json> plans_json(store::Connection& db, care::People& people, const Id& person) {
    ATTUNE_TRY(const auto names, session::kept_plans(db, people, person));
    json out = json::object();
    for (const std::string& name : names) {
        ATTUNE_TRY(const auto tracks, session::kept_plan(people, person, name));
        json& list = out[name] = json::array();
        for (const ContentKey& key : tracks) list.push_back(key.hex());
    }
    return out;
}

/// Who said that something must never play; what was blocked before this was kept is not listed.
json blocked_by_json(const care::Settings& settings) {
    json out = json::array();
    for (const auto& [choice, by] : settings.blocked_by)
        out.push_back({{"choice", choice}, {"actor", by.actor}, {"role", flow::to_string(by.role)}, {"at", core::rfc3339(by.at_ns)}});
    return out;
}

json loudness_json(const care::Settings& settings) {
    const flow::Policy standing;
    return {{"ceiling_dba", settings.ceiling_dba.value_or(standing.ceiling_dba)},
            {"ceiling_gain_db", settings.ceiling_gain_db.value_or(standing.ceiling_gain_db)},
            {"full_scale_dba", settings.full_scale_dba ? json(*settings.full_scale_dba) : json(nullptr)}};
}

Result<int> show(Context& context, session::Space& space, const Words& w) {
    ATTUNE_TRY(const auto p, who(space, w));
    care::People people = space.people();
    ATTUNE_TRY(const auto intake, people.intake(p.id));
    ATTUNE_TRY(const auto settings, people.settings(p.id));
    ATTUNE_TRY(const auto grants, people.grants(p.id));
    json consents = json::array(), blocked = json::array();
    const std::int64_t now = core::wall_now_ns();
    for (const care::Grant& g : grants)
        if (!g.withdrawn && now < g.until_ns)
            consents.push_back({{"sensor", g.sensor}, {"purpose", g.purpose}, {"until_at", core::rfc3339(g.until_ns)}});
    for (const ContentKey& key : settings.blocked_tracks) blocked.push_back(key.hex());
    ATTUNE_TRY(const json loved, loved_json(people, p.id));
    ATTUNE_TRY(const json plans, plans_json(space.db(), people, p.id));
    const json out = {{"schema", "attune.person/1"}, {"person", person_json(p)}, {"intake", intake_json(intake)},
                      {"consents", consents}, {"blocked_tracks", blocked}, {"blocked_artists", settings.blocked_artists},
                      {"blocked_tags", settings.blocked_tags}, {"blocked_by", blocked_by_json(settings)}, {"memories", memories_json(settings)}, {"loved", loved},
                      {"loudness", loudness_json(settings)}, {"plans", plans}};
    (void)context;
    print(out);
    return kDone;
}

Result<int> onboard(Context& context, session::Space& space, const Words& w) {
    ATTUNE_TRY(const auto p, who(space, w));
    ATTUNE_TRY(const auto world, space.world());
    session::Onboarding wishes;
    ATTUNE_TRY(wishes.love, choices_of(space, w.love));
    ATTUNE_TRY(wishes.never, choices_of(space, w.never));
    ATTUNE_TRY(wishes.allow, choices_of(space, w.allow));
    ATTUNE_TRY(wishes.by.role, session::parse_role(w.role));
    for (const std::string& text : w.memories) {
        const auto equals = text.rfind('=');
        if (equals == std::string::npos)
            return fail(ErrorCode::kBadArgument, "'" + text + "' is not TRACK=ask, TRACK=only-with-me, TRACK=never or TRACK=none", "--memory");
        ATTUNE_TRY(const auto mark, session::parse_memory(text.substr(equals + 1)));
        ATTUNE_TRY(auto choice, choice_of(space, text.substr(0, equals)));
        wishes.memories.emplace_back(std::move(choice), mark);
    }
    care::People people = space.people();
    ATTUNE_CHECK(session::onboard(people, *world.view, p.id, wishes));
    if (context.json) {
        print({{"schema", "attune.onboarding/1"}, {"person", p.id.text()}, {"love", wishes.love.size()},
               {"never", wishes.never.size()}, {"allow", wishes.allow.size()}, {"memories", wishes.memories.size()}});
    }
    return kDone;
}

Result<int> consent(Context& context, session::Space& space, const Words& w) {
    ATTUNE_TRY(const auto p, who(space, w));
    const bool known = w.sensor == "face" || w.sensor == "voice" || w.sensor == "heart" || w.sensor == "skin" || w.sensor == "eeg";
    if (!known) return fail(ErrorCode::kBadArgument, "'" + w.sensor + "' is not a sensor; sensors are face, voice, heart, skin, eeg");
    int told = 0;
    std::int64_t erased = 0;
    if (w.erase && w.what == "grant") return fail(ErrorCode::kBadArgument, "--erase goes with withdraw", "person consent");
    if (w.what == "grant") {
        const std::int64_t now = core::wall_now_ns();
        const std::int64_t until = now + std::int64_t{w.days} * 86'400 * 1'000'000'000;
        const care::Grant grant{core::IdSource().next(), p.id, w.sensor, w.purpose, now, until, false};
        ATTUNE_TRY(told, session::grant_consent(space.db(), space.seal(), grant, context.deployment));
    } else if (w.what == "withdraw") {
        ATTUNE_TRY(told, session::withdraw_consent(space.db(), space.seal(), p.id, w.sensor));
        if (w.erase) {
            ATTUNE_TRY(erased, session::erase_sensor_samples(space.db(), p.id, w.sensor, core::wall_now_ns()));
        }
    } else {
        return fail(ErrorCode::kBadArgument, "'" + w.what + "' is neither grant nor withdraw", "person consent");
    }
    if (context.json) {
        print({{"schema", "attune.consent/1"}, {"person", p.id.text()}, {"sensor", w.sensor}, {"what", w.what},
               {"sources_told", told}, {"seconds_erased", erased}});
    } else if (w.erase) {
        std::printf("%lld s of samples erased\n", static_cast<long long>(erased));
    }
    return kDone;
}

Result<int> plan(Context& context, session::Space& space, const Words& w) {
    ATTUNE_TRY(const auto p, who(space, w));
    care::People people = space.people();
    std::vector<ContentKey> tracks;
    for (const std::string& text : w.tracks) {
        ATTUNE_TRY(const auto key, track_of(space, text));
        tracks.push_back(key);
    }
    if (tracks.empty()) {
        ATTUNE_TRY(tracks, session::kept_plan(people, p.id, w.name));
    } else {
        ATTUNE_CHECK(session::keep_plan(people, p.id, w.name, tracks));
    }
    json keys = json::array();
    for (const ContentKey& key : tracks) {
        keys.push_back(key.hex());
        if (!context.json) std::printf("%s\n", key.hex().c_str());
    }
    if (context.json) print({{"schema", "attune.plan/1"}, {"person", p.id.text()}, {"name", w.name}, {"tracks", keys}});
    return kDone;
}

/// Sets what is asked; prints what then stands.
Result<int> loudness(Context& context, session::Space& space, const Words& w) {
    ATTUNE_TRY(const auto p, who(space, w));
    ATTUNE_TRY(const auto role, session::parse_role(w.role));
    care::People people = space.people();
    ATTUNE_CHECK(people.change_settings(p.id, [&](care::Settings& settings) { return care::change_loudness(settings, w.loudness, role); }));
    ATTUNE_TRY(const care::Settings settings, people.settings(p.id));
    const flow::Policy standing;
    const double dba = settings.ceiling_dba.value_or(standing.ceiling_dba), gain = settings.ceiling_gain_db.value_or(standing.ceiling_gain_db);
    if (context.json) {
        print({{"schema", "attune.loudness/1"}, {"ceiling_dba", dba}, {"ceiling_gain_db", gain},
               {"full_scale_dba", settings.full_scale_dba ? json(*settings.full_scale_dba) : json(nullptr)},
               {"calibrated", settings.full_scale_dba.has_value()}});
    } else if (settings.full_scale_dba) {
        std::printf("at most %g dBA and %g dB over the session's level; a full-scale tone gives %g dBA\n", dba, gain, *settings.full_scale_dba);
    } else {
        std::printf("at most %g dB over the session's level; uncalibrated: %g dBA holds once somebody has measured the output (--full-scale-dba)\n", gain, dba);
    }
    return kDone;
}

using Action = Result<int> (*)(Context&, session::Space&, const Words&);

CLI::App* command(CLI::App& parent, Context& context, const Shared& words, const char* name, const char* about, Action action) {
    auto* sub = parent.add_subcommand(name, about);
    sub->callback([&context, words, action] {
        context.run = [&context, words, action] {
            return in_space(context, [&](session::Space& space) { return action(context, space, *words); });
        };
    });
    return sub;
}

}  // namespace

void add_person_commands(CLI::App& app, Context& context) {
    auto* person = app.add_subcommand("person", "listeners: intake, first choices, consent, hand-made plans");
    person->require_subcommand(1);
    const auto w = std::make_shared<Words>();
    command(*person, context, w, "list", "all listeners",
            [](Context& c, session::Space& s, const Words&) { return list(c, s); });
    auto* a = command(*person, context, w, "add", "a new listener", add);
    a->add_option("name", w->name, "as they want to be called")->required();
    a->add_option("--region", w->region, "of the help card, e.g. US");
    a->add_option("--contact", w->contact, "who to turn to when they do not feel safe");
    a->add_option("--reach", w->reach, "that person's phone number");
    add_person_intake(*person, context);
    auto* e = command(*person, context, w, "edit", "change the contact or the region of a listener", edit);
    e->add_option("name", w->name, "name or id")->required();
    e->add_option("--contact", w->new_contact, "who to turn to when they do not feel safe");
    e->add_option("--reach", w->new_reach, "that person's phone number");
    e->add_option("--region", w->new_region, "of the help card, e.g. US");
    auto* o = command(*person, context, w, "onboard", "five to ten tracks or artists they love, what never to play, what carries memories", onboard);
    o->add_option("--love", w->love, "TRACK or artist:NAME (may be repeated)");
    o->add_option("--never", w->never, "TRACK, artist:NAME or tag:NAME");
    o->add_option("--allow", w->allow, "takes a --never back, and what was blocked in a session");
    o->add_option("--as", w->role, "listener, therapist, owner or researcher; what a therapist blocked, a therapist or the owner allows")->capture_default_str();
    o->add_option("--memory", w->memories, "TRACK=ask, TRACK=only-with-me, TRACK=never, or TRACK=none to take a mark back");
    auto* g = command(*person, context, w, "consent", "leave for a sensor, given or taken back", consent);
    g->add_option("what", w->what, "grant or withdraw")->required();
    g->add_option("sensor", w->sensor, "face, voice, heart, skin or eeg")->required();
    g->add_option("--purpose", w->purpose, "session, research or training")->capture_default_str();
    g->add_flag("--erase", w->erase, "with withdraw: erase the samples of heart and skin that sessions kept, too");
    g->add_option("--days", w->days, "for how long")->check(CLI::Range(1, 3650))->capture_default_str();
    auto* l = command(*person, context, w, "loudness", "the ceiling of the sound, and how loud this output is", loudness);
    l->add_option("--ceiling-dba", w->loudness.ceiling_dba, "40 to 85; holds where the output is calibrated");
    l->add_option("--ceiling-gain-db", w->loudness.ceiling_gain_db, "-30 to 0, over the session's level");
    l->add_option("--full-scale-dba", w->loudness.full_scale_dba, "what a full-scale 1 kHz tone gives at the ear, measured: 60 to 130");
    l->add_flag("--uncalibrated", w->loudness.uncalibrated, "forget that measurement");
    l->add_option("--as", w->role, "listener, therapist, owner or researcher; anybody lowers, a therapist or the owner raises")->capture_default_str();
    auto* h = command(*person, context, w, "plan", "keep a hand-made plan, or show it; session run --plan NAME plays it", plan);
    h->add_option("name", w->name, "of the plan")->required();
    h->add_option("tracks", w->tracks, "in their order; none = show the plan");
    auto* s = command(*person, context, w, "show", "everything that is kept about one, but for sessions", show);
    for (CLI::App* sub : {o, g, l, h, s}) sub->add_option("--person", w->person, "whose (default: the first)");
}

}  // namespace attune::app
