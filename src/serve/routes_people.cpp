// SPDX-License-Identifier: GPL-3.0-or-later
// Listeners: intake, taste, consent, help, what has helped, and the note of a session.
#include <algorithm>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "care/help_card.hpp"
#include "care/people.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "serve/house.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"
#include "library/catalogue.hpp"
#include "session/audience.hpp"
#include "session/consent.hpp"
#include "session/helped.hpp"
#include "session/onboarding.hpp"
#include "session/record.hpp"
#include "session/summary.hpp"
#include "session/told_words.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

constexpr std::int64_t kConsentNs = 365LL * 86'400 * 1'000'000'000;

/// A connection with the people behind it.
struct Desk {
    PooledConnection db;
    care::People people;
    Desk(PooledConnection connection, const store::Seal& seal)
        : db(std::move(connection)), people(*db, seal) {}
};

Result<std::unique_ptr<Desk>> open_desk(House& house) {
    ATTUNE_TRY(auto db, house.connect());
    return std::make_unique<Desk>(std::move(db), house.space().seal());
}

/// "me" is the first person of the space.
Result<care::Person> person_of(Desk& desk, const std::string& who) {
    if (who == "me") return desk.people.first(core::IdSource().next(), core::wall_now_ns());
    ATTUNE_TRY(const Id id, Id::parse(who));
    return desk.people.person(id);
}

/// The page's name of a sensor to the one that consent knows.
std::string consent_name(const std::string& sensor) {
    return sensor == "camera" ? "face" : sensor == "microphone" ? "voice" : sensor;
}
std::string page_name(const std::string& sensor) {
    return sensor == "face" ? "camera" : sensor == "voice" ? "microphone" : sensor;
}

Result<std::string> list(House& house) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const auto all, desk->people.all());
    json out = json::array();
    for (const care::Person& p : all) {
        ATTUNE_TRY(const auto rows, session::list_sessions(*desk->db, p.id));
        ATTUNE_TRY(const auto goal, desk->people.kept(p.id, "goal_line"));
        std::int64_t last_ns = 0;
        for (const auto& r : rows) last_ns = std::max(last_ns, r.started_wall_ns);
        out.push_back({{"id", p.id.text()},
                       {"initials", p.name},
                       {"goal_line", goal.value_or("")},
                       {"sessions", rows.size()},
                       {"last_at", last_ns > 0 ? json(core::rfc3339(last_ns)) : json(nullptr)}});
    }
    return to_text({{"schema", "attune/people/1"}, {"people", out}});
}

Result<std::string> add(House& house, const Request& request) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    care::Person person;
    ATTUNE_TRY(person.name, body.text("initials", 16));
    ATTUNE_TRY(const std::string goal, body.text_or("goal_line", "", 600));
    if (core::trim(person.name).empty())
        return fail(ErrorCode::kBadArgument, "'initials' must not be empty");
    person.id = core::IdSource().next();
    person.created_ns = core::wall_now_ns();
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_CHECK(desk->people.add(person));
    ATTUNE_CHECK(desk->people.keep(person.id, "goal_line", goal));
    return to_text({{"schema", "attune/person/1"}, {"id", person.id.text()}});
}

Result<std::string> change(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const std::string goal, body.text("goal_line", 600));
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_CHECK(desk->people.keep(person.id, "goal_line", goal));
    return std::string("{}");
}

/// find() takes any whole key: here it must be a track that can play.
Result<ContentKey> track_here(library::Catalogue& catalogue, const std::string& text) {
    ATTUNE_TRY(const ContentKey key, catalogue.find(text));
    ATTUNE_TRY(const auto profile, catalogue.profile(key));
    return profile.key;
}

/// What a flag needs besides its mark. A field that is not sent stays as it is; null or an empty list takes it away.
Result<void> take_values(const JsonBody& body, Desk& desk, care::Intake& intake) {
    const auto sent = [&](const char* name) { return body.raw().contains(name); };
    if (sent("tinnitus_hz")) {
        ATTUNE_TRY(intake.tinnitus_hz, body.maybe_number("tinnitus_hz", 100, 16'000));
        if (intake.tinnitus_hz && !intake.flags.contains(care::Flag::kTinnitus))
            return fail(ErrorCode::kBadArgument, "'tinnitus_hz' has no effect without the flag 'tinnitus'");
    }
    library::Catalogue catalogue(*desk.db);
    if (sent("safe_track")) {
        ATTUNE_TRY(const std::string track, body.text_or("safe_track", "", 64));
        intake.safe_track.reset();
        if (!track.empty()) {
            ATTUNE_TRY(intake.safe_track, track_here(catalogue, track));
        }
    }
    if (sent("triggers")) {
        ATTUNE_TRY(const auto names, body.texts("triggers", 100, 300));
        intake.triggers.clear();
        for (const std::string& name : names) intake.triggers.insert(core::to_lower_ascii(core::trim(name)));
        intake.triggers.erase("");
    }
    if (sent("trigger_tracks")) {
        ATTUNE_TRY(const auto tracks, body.texts("trigger_tracks", 100, 64));
        intake.trigger_tracks.clear();
        for (const std::string& track : tracks) {
            ATTUNE_TRY(const ContentKey key, track_here(catalogue, track));
            intake.trigger_tracks.insert(key);
        }
    }
    return {};
}

Result<std::string> set_intake(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const auto names, body.texts("flags", 20, 40));
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(care::Intake intake, desk->people.intake(person.id));
    intake.asked = true;
    intake.skipped = false;
    intake.flags.clear();
    for (const std::string& name : names) {
        ATTUNE_TRY(const care::Flag flag, care::parse_flag(name));
        intake.flags.insert(flag);
    }
    ATTUNE_CHECK(take_values(body, *desk, intake));
    ATTUNE_CHECK(desk->people.set_intake(person.id, intake));
    if (session::hides_state_today(desk->people, person.id)) house.hub().hide_state(person.id);
    if (!body.has("contact")) return std::string("{}");
    ATTUNE_TRY(const std::string contact, body.text("contact", 400));
    if (contact == care::contact_line(person)) return std::string("{}");
    person.contact_name = contact;  // one line holds both
    person.contact_reach.clear();
    ATTUNE_CHECK(desk->people.update(person));
    return std::string("{}");
}

Result<std::string> get_intake(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(const care::Intake intake, desk->people.intake(person.id));
    ATTUNE_TRY(const flow::Policy policy, desk->people.policy(person.id, house.deployment(), false, core::wall_now_ns()));
    json flags = json::array(), known = json::array(), tracks = json::array();
    for (const care::Flag flag : intake.flags) flags.push_back(care::to_string(flag));
    for (const care::Flag flag : care::all_flags()) known.push_back(care::to_string(flag));
    for (const ContentKey& key : intake.trigger_tracks) tracks.push_back(key.hex());
    return to_text({{"schema", "attune/intake/1"},
                    {"asked", intake.asked},
                    {"flags", flags},
                    {"known", known},
                    {"own_music_only", policy.flagged || !policy.allow_unfamiliar},
                    {"mirror_allowed", policy.allow_mirror && policy.infer_from_body && !policy.flagged},
                    {"tinnitus_hz", intake.tinnitus_hz ? json(*intake.tinnitus_hz) : json(nullptr)},
                    {"safe_track", intake.safe_track ? json(intake.safe_track->hex()) : json(nullptr)},
                    {"triggers", intake.triggers},
                    {"trigger_tracks", tracks},
                    {"contact", care::contact_line(person)}});
}

std::string loudness_text(const care::Settings& settings) {
    const flow::Policy standing;  // what holds where nothing was set
    return to_text({{"schema", "attune/loudness/1"},
                    {"ceiling_dba", settings.ceiling_dba.value_or(standing.ceiling_dba)},
                    {"ceiling_gain_db", settings.ceiling_gain_db.value_or(standing.ceiling_gain_db)},
                    {"full_scale_dba", settings.full_scale_dba ? json(*settings.full_scale_dba) : json(nullptr)},
                    {"calibrated", settings.full_scale_dba.has_value()}});
}

Result<std::string> get_loudness(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(const care::Settings settings, desk->people.settings(person.id));
    return loudness_text(settings);
}

/// "as" is who speaks, as --as on the command line: a listener lowers the ceiling, a therapist or the owner raises it.
Result<std::string> set_loudness(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const std::string as, body.one_of("as", {"listener", "therapist", "owner"}));
    ATTUNE_TRY(const flow::Role role, session::parse_role(as));
    care::Loudness wish;
    if (body.has("ceiling_dba")) {
        ATTUNE_TRY(wish.ceiling_dba, body.number("ceiling_dba", 40, 85));
    }
    if (body.has("ceiling_gain_db")) {
        ATTUNE_TRY(wish.ceiling_gain_db, body.number("ceiling_gain_db", -30, 0));
    }
    if (body.has("full_scale_dba")) {
        ATTUNE_TRY(wish.full_scale_dba, body.number("full_scale_dba", 60, 130));
    } else {
        wish.uncalibrated = body.raw().contains("full_scale_dba");  // null: nobody has measured it
    }
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_CHECK(desk->people.change_settings(person.id, [&](care::Settings& settings) { return care::change_loudness(settings, wish, role); }));
    ATTUNE_TRY(const care::Settings settings, desk->people.settings(person.id));
    return loudness_text(settings);
}

/// "artist:NAME" is an artist, everything else a track's key. "memories" are asked first; "memory_marks" says for each
/// choice which of the three it is.
Result<std::string> set_taste(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const auto love, body.texts("love", 100, 300));
    ATTUNE_TRY(const auto never, body.texts("never", 100, 300));
    ATTUNE_TRY(const auto memories, body.texts("memories", 100, 300));
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(const auto view, library::Catalogue(*desk->db).view());
    session::Onboarding wishes;
    wishes.love = love;
    wishes.never = never;
    wishes.by.actor = request.account;
    for (const std::string& choice : memories) wishes.memories.emplace_back(choice, flow::Memory::kAsk);
    ATTUNE_TRY(const JsonBody marks, body.object("memory_marks"));
    if (marks.raw().size() > 100) return fail(ErrorCode::kBadArgument, "'memory_marks' has more than 100 entries");
    for (const auto& [choice, value] : marks.raw().items()) {
        ATTUNE_TRY(const std::string mark, marks.text(choice.c_str(), 20));
        ATTUNE_TRY(const flow::Memory memory, session::parse_memory(mark));
        wishes.memories.emplace_back(choice, memory);
    }
    ATTUNE_CHECK(session::onboard(desk->people, *view, person.id, wishes));
    return std::string("{}");
}

/// What must never play, and who said so: at the first choices, in Settings or in a session.
Result<std::string> get_blocks(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(const care::Settings settings, desk->people.settings(person.id));
    ATTUNE_TRY(const auto view, library::Catalogue(*desk->db).view());
    json out = json::array();
    const auto add = [&](const char* kind, const std::string& choice, const std::string& name, const std::string& artist) {
        json line = {{"kind", kind}, {"choice", choice}, {"name", name}, {"artist", artist}, {"by", nullptr}, {"role", nullptr}, {"at", nullptr}};
        if (const auto by = settings.blocked_by.find(choice); by != settings.blocked_by.end())
            line.update({{"by", by->second.actor}, {"role", flow::to_string(by->second.role)}, {"at", core::rfc3339(by->second.at_ns)}});
        out.push_back(std::move(line));
    };
    for (const ContentKey& key : settings.blocked_tracks) {
        const auto row = view->row(key);   // it may be gone from the library
        add("track", key.hex(), row ? view->title[*row] : key.hex(), row ? view->artists[view->artist[*row]] : "");
    }
    for (const std::string& name : settings.blocked_artists) add("artist", "artist:" + name, name, "");
    for (const std::string& name : settings.blocked_tags) add("tag", "tag:" + name, name, "");
    return to_text({{"schema", "attune/blocks/1"}, {"blocks", out}});
}

/// "as" is who speaks, as --as on the command line: what a therapist blocked, a listener does not let play again.
Result<std::string> set_blocks(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    session::Onboarding wishes;
    ATTUNE_TRY(wishes.never, body.texts("never", 100, 300));
    ATTUNE_TRY(wishes.allow, body.texts("allow", 100, 300));
    ATTUNE_TRY(const std::string as, body.one_of("as", {"listener", "therapist", "owner"}));
    ATTUNE_TRY(wishes.by.role, session::parse_role(as));
    wishes.by.actor = request.account;
    {
        ATTUNE_TRY(const auto desk, open_desk(house));
        ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
        ATTUNE_TRY(const auto view, library::Catalogue(*desk->db).view());
        ATTUNE_CHECK(session::onboard(desk->people, *view, person.id, wishes));
    }
    return get_blocks(house, args);
}

Result<std::string> consents(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(const auto grants, desk->people.grants(person.id));
    json out = json::array();
    const std::int64_t now = core::wall_now_ns();
    std::set<std::string> seen;
    for (const care::Grant& g : grants) {
        if (g.withdrawn || g.until_ns < now || !seen.insert(g.sensor + "/" + g.purpose).second)
            continue;
        out.push_back({{"sensor", page_name(g.sensor)},
                       {"purpose", g.purpose},
                       {"granted_at", core::rfc3339(g.granted_ns)}});
    }
    return to_text({{"schema", "attune/consents/1"}, {"consents", out}});
}

Result<std::string> set_consent(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const std::string sensor,
               body.one_of("sensor", {"camera", "microphone", "heart", "skin", "eeg"}));
    ATTUNE_TRY(const std::string purpose,
               body.one_of("purpose", {"session", "research", "training"}));
    ATTUNE_TRY(const bool granted, body.boolean_or("granted", false));
    ATTUNE_TRY(const bool erase, body.boolean_or("erase", false));
    if (granted && erase) return fail(ErrorCode::kBadArgument, "'erase' goes with a consent that is withdrawn");
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    if (!granted) {
        ATTUNE_CHECK(session::withdraw_consent(*desk->db, house.space().seal(), person.id, consent_name(sensor)));
        if (erase) ATTUNE_CHECK(session::erase_sensor_samples(*desk->db, person.id, consent_name(sensor), core::wall_now_ns()));
        return std::string("{}");
    }
    care::Grant grant;
    grant.id = core::IdSource().next();
    grant.person = person.id;
    grant.sensor = consent_name(sensor);
    grant.purpose = purpose;
    grant.granted_ns = core::wall_now_ns();
    grant.until_ns = grant.granted_ns + kConsentNs;
    ATTUNE_CHECK(session::grant_consent(*desk->db, house.space().seal(), grant, house.deployment()));
    return std::string("{}");
}

/// Regions that have a card of their own.
std::vector<std::string> help_regions() {
    std::vector<std::string> regions;
    const auto folder = core::resource("help");
    if (!folder) return regions;
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(*folder, ec)) {
        if (entry.path().extension() != ".toml") continue;
        std::string region = entry.path().stem().string();  // "us.toml": ISO 3166 is in capitals
        std::transform(region.begin(), region.end(), region.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        regions.push_back(std::move(region));
    }
    std::sort(regions.begin(), regions.end());
    return regions;
}

Result<std::string> help(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    json lines = json::array();
    json checked = nullptr;
    bool stale = false;
    std::string region;
    if (const auto card = care::load_help_card(person.region.empty() ? "INT" : person.region)) {
        region = card->region;
        stale = card->stale(core::rfc3339(core::wall_now_ns()).substr(0, 10));
        for (const care::HelpLine& line : card->lines) {
            lines.push_back({{"name", line.name}, {"phone", line.reach}, {"note", line.note}});
        }
        checked = card->checked;
    }
    const std::string contact = care::contact_line(person);
    return to_text({{"schema", "attune/help/1"},
                    {"contact", contact.empty() ? json(nullptr) : json(contact)},
                    {"help", lines},
                    {"region", region},
                    {"regions", help_regions()},
                    {"stale", stale},
                    {"checked_on", checked}});
}

Result<std::string> set_help(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const std::string region, body.one_of("region", help_regions()));
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(care::Person person, person_of(*desk, args.at("who")));
    person.region = region;
    ATTUNE_CHECK(desk->people.update(person));
    return std::string("{}");
}

/// Change of the rated distance to the goal, per goal, over the person's own (not simulated)
/// sessions.
Result<std::string> helped(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const care::Person person, person_of(*desk, args.at("who")));
    ATTUNE_TRY(const auto rows, session::list_sessions(*desk->db, person.id));
    session::HelpedTally tally;
    for (const session::SessionRow& row : rows) {
        if (row.simulated || row.status == session::SessionStatus::kRunning) continue;
        const auto events = session::read_events(*desk->db, row.id);
        if (!events || events->empty()) continue;
        if (const auto summary = session::summarise(*events)) tally.add(*summary);
    }
    json out = json::array();
    for (const session::Helped& h : tally.rows()) {
        json line = {{"what", "goal"}, {"name", h.goal}, {"n", h.n}, {"median_change", nullptr}, {"low", nullptr}, {"high", nullptr}};
        if (h.change) line.update({{"median_change", h.change->median}, {"low", h.change->low}, {"high", h.change->high}});
        out.push_back(std::move(line));
    }
    return to_text({{"schema", "attune/helped/1"}, {"rows", out}});
}

std::string minutes(double seconds) {
    return std::to_string(static_cast<int>(seconds / 60.0 + .5)) + " min";
}

std::string words_of(const flow::Va& va) {
    return "valence " + core::format_double(std::round(va.valence * 100.0) / 100.0) + ", arousal " +
           core::format_double(std::round(va.arousal * 100.0) / 100.0);
}

/// Facts of the record, one a line; nothing is inferred.
std::string draft(const session::SessionRow& row, const session::Summary& s) {
    std::string text = std::string("Session of ") +
                       core::rfc3339(row.started_wall_ns).substr(0, 16) + " UTC, goal " + row.goal +
                       ", planned " + minutes(row.minutes * 60.0) + ", lasted " +
                       minutes(s.ended.seconds()) +
                       ", ended: " + (s.why_ended.empty() ? "interrupted" : s.why_ended) + ".\n";
    if (s.simulated()) text += "SIMULATED: the listener was a computer model.\n";
    text += "Rated at the start: " +
            (s.start.start ? words_of(*s.start.start) : std::string("not rated")) + ".\n";
    const auto last = s.final_rating();
    text += "Last rating: " + (last ? words_of(*last) : std::string("not rated")) +
            ". Ratings in all: " + std::to_string(s.ratings.size()) + ".\n";
    text += "Played:\n";
    for (const session::PlayedItem& item : s.items) {
        text += "  " +
                (item.plan.title.empty() ? std::string(flow::to_string(item.plan.kind))
                                         : item.plan.title) +
                ", " + minutes(item.played_s) + "\n";
    }
    for (const auto& [t, command] : s.commands) {
        text += std::string("  ") + flow::to_string(command.kind) + " at " + minutes(t.seconds()) +
                "\n";
    }
    return text + "Observations: \nPlan: \n";
}

json note_json(const Id& session, const json& stored) {
    return {{"schema", "attune/note/1"},
            {"session", session.text()},
            {"text", stored.value("text", "")},
            {"signed_by", stored.contains("signed_by") ? stored["signed_by"] : json(nullptr)},
            {"signed_at", stored.contains("signed_at") ? stored["signed_at"] : json(nullptr)}};
}

Result<Id> note_owner(Desk& desk, const session::SessionRow& row) {
    if (!row.person.none()) return row.person;
    ATTUNE_TRY(const care::Person me, person_of(desk, "me"));
    return me.id;
}

Result<std::string> note(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*desk->db, args.at("id")));
    ATTUNE_TRY(const Id owner, note_owner(*desk, row));
    ATTUNE_TRY(const auto kept, desk->people.kept(owner, "note:" + row.id.text()));
    if (kept) {
        const json stored = json::parse(*kept, nullptr, false);
        if (stored.is_object()) return to_text(note_json(row.id, stored));
    }
    ATTUNE_TRY(const auto events, session::read_events(*desk->db, row.id));
    ATTUNE_TRY(const session::Summary summary, session::summarise(events));
    return to_text(note_json(row.id, {{"text", draft(row, summary)}}));
}

Result<std::string> sign(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    ATTUNE_TRY(const std::string text, body.text("text", 20'000));
    ATTUNE_TRY(const std::string signer, body.text("signed_by", 200));
    if (core::trim(signer).empty())
        return fail(ErrorCode::kBadArgument, "'signed_by' must name a person");
    ATTUNE_TRY(const auto desk, open_desk(house));
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*desk->db, args.at("id")));
    ATTUNE_TRY(const Id owner, note_owner(*desk, row));
    ATTUNE_TRY(const auto kept, desk->people.kept(owner, "note:" + row.id.text()));
    if (kept) return fail(ErrorCode::kRefused, "the note is signed; a signed note is not changed");
    const json stored = {
        {"text", text}, {"signed_by", signer}, {"signed_at", core::rfc3339(core::wall_now_ns())}};
    ATTUNE_CHECK(desk->people.keep(owner, "note:" + row.id.text(), to_text(stored)));
    return to_text(note_json(row.id, stored));
}

}  // namespace

void add_people_routes(Router& router, House& house) {
    const auto route = [&](Method method, const char* pattern, auto call) {
        router.add(method, pattern,
                   answers_json([&house, call](const Request& r, const PathArgs& a) {
                       return call(house, r, a);
                   }));
    };
    using R = const Request&;
    using A = const PathArgs&;
    route(Method::kGet, "/api/v1/people", [](House& h, R, A) { return list(h); });
    route(Method::kPost, "/api/v1/people", [](House& h, R r, A) { return add(h, r); });
    route(Method::kPatch, "/api/v1/people/{who}",
          [](House& h, R r, A a) { return change(h, r, a); });
    route(Method::kGet, "/api/v1/people/{who}/intake",
          [](House& h, R, A a) { return get_intake(h, a); });
    route(Method::kPut, "/api/v1/people/{who}/intake",
          [](House& h, R r, A a) { return set_intake(h, r, a); });
    route(Method::kGet, "/api/v1/people/{who}/loudness", [](House& h, R, A a) { return get_loudness(h, a); });
    route(Method::kPut, "/api/v1/people/{who}/loudness",
          [](House& h, R r, A a) { return set_loudness(h, r, a); });
    route(Method::kPut, "/api/v1/people/{who}/taste",
          [](House& h, R r, A a) { return set_taste(h, r, a); });
    route(Method::kGet, "/api/v1/people/{who}/blocks", [](House& h, R, A a) { return get_blocks(h, a); });
    route(Method::kPut, "/api/v1/people/{who}/blocks",
          [](House& h, R r, A a) { return set_blocks(h, r, a); });
    route(Method::kGet, "/api/v1/people/{who}/consents",
          [](House& h, R, A a) { return consents(h, a); });
    route(Method::kPut, "/api/v1/people/{who}/consents",
          [](House& h, R r, A a) { return set_consent(h, r, a); });
    route(Method::kGet, "/api/v1/people/{who}/help", [](House& h, R, A a) { return help(h, a); });
    route(Method::kPut, "/api/v1/people/{who}/help",
          [](House& h, R r, A a) { return set_help(h, r, a); });
    route(Method::kGet, "/api/v1/people/{who}/helped",
          [](House& h, R, A a) { return helped(h, a); });
    route(Method::kGet, "/api/v1/sessions/{id}/note", [](House& h, R, A a) { return note(h, a); });
    route(Method::kPut, "/api/v1/sessions/{id}/note",
          [](House& h, R r, A a) { return sign(h, r, a); });
    house.set_part("people", {true, ""});
}

}  // namespace attune::serve
