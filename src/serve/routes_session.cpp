// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions: start and steer what runs (SessionHost), follow it (LiveHub), read the record (store).
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "care/people.hpp"
#include "core/strings.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "flow/goal.hpp"
#include "report/html.hpp"
#include "serve/house.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"
#include "session/audience.hpp"
#include "session/codec.hpp"
#include "session/record.hpp"
#include "session/replay.hpp"
#include "session/summary.hpp"
#include "session/told_words.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

Result<SessionHost*> host(House& house) {
    if (house.host() == nullptr) {
        return fail(ErrorCode::kUnavailable,
                    "this server cannot run sessions: the live runner is not part of this build");
    }
    return house.host();
}

Result<std::optional<flow::Va>> maybe_va(const JsonBody& body, const char* name) {
    if (!body.has(name)) return std::optional<flow::Va>();
    ATTUNE_TRY(const JsonBody point, body.object(name));
    flow::Va va;
    ATTUNE_TRY(va.valence, point.number("valence", -1, 1));
    ATTUNE_TRY(va.arousal, point.number("arousal", -1, 1));
    return std::optional<flow::Va>(va);
}

/// Only the words that the page offers: free text about feelings has no place in a record that is not asked for it.
Result<std::vector<std::string>> words_of(const JsonBody& body) {
    static const std::vector<std::string> known = {"tense", "tired", "sad", "angry", "numb", "okay", "calm", "glad", "moved"};
    ATTUNE_TRY(auto words, body.texts("words", known.size(), 20));
    for (const std::string& word : words) {
        if (std::find(known.begin(), known.end(), word) == known.end())
            return fail(ErrorCode::kBadArgument, "'words' holds '" + word + "'; allowed are tense, tired, sad, angry, numb, okay, calm, glad, moved");
    }
    return words;
}

/// Whether music is composed, by whom, and whether it may follow the skin; what cannot be had is refused by the start.
Result<session::ComposeChoice> composing_of(const JsonBody& body) {
    session::ComposeChoice choice;
    if (body.has("compose")) {
        ATTUNE_TRY(choice.when, body.one_of("compose", {"never", "gaps", "always"}));
    }
    if (body.has("engine")) {
        ATTUNE_TRY(choice.engine, body.one_of("engine", {"rule", "hmm", "lstm"}));
    }
    ATTUNE_TRY(choice.mirror, body.boolean_or("mirror", false));
    return choice;
}

/// Composing a first library takes minutes: the page offers it, a start does not wait for it.
Result<void> need_music(House& house) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    if (!table->rows().empty()) return {};
    return fail(ErrorCode::kNotFound, "there is no music yet: add a folder on the Library page, let Attune compose a first library there, or have all of it composed (More options)");
}

Result<std::string> start(House& house, const Request& request) {
    ATTUNE_TRY(SessionHost* const runner, host(house));
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    StartRequest wish;
    ATTUNE_TRY(wish.goal, body.text("goal", 60));
    ATTUNE_TRY(wish.minutes, body.number("minutes", 1, 180));
    ATTUNE_CHECK(flow::Goal::parse(wish.goal, wish.minutes));
    ATTUNE_TRY(wish.from, maybe_va(body, "from"));
    ATTUNE_TRY(wish.words, words_of(body));
    ATTUNE_TRY(wish.sense, body.texts("sense", 8, 300));
    if (body.has("sink")) {
        ATTUNE_TRY(wish.sink, body.one_of("sink", {"browser", "device", "null"}));
    }
    if (body.has("person")) {
        ATTUNE_TRY(const std::string person, body.text("person", 40));
        ATTUNE_TRY(wish.person, Id::parse(person));
    }
    if (body.has("seed")) {
        ATTUNE_TRY(const std::int64_t seed, body.integer("seed", 0, INT64_MAX));
        wish.seed = static_cast<std::uint64_t>(seed);
    }
    ATTUNE_TRY(wish.companion, body.boolean_or("companion", false));
    ATTUNE_TRY(wish.compose, composing_of(body));
    wish.actor = request.account;
    if (wish.compose.needs_library()) ATTUNE_CHECK(need_music(house));
    ATTUNE_TRY(const Id id, runner->start(wish));
    return to_text({{"schema", "attune/session_started/1"}, {"session", id.text()}});
}

/// Every kind of command by its name.
Result<flow::CommandKind> command_kind(const std::string& name) {
    std::vector<std::string> names;
    for (int i = 0; i <= static_cast<int>(flow::CommandKind::kWithdrawSensor); ++i) {
        const auto kind = static_cast<flow::CommandKind>(i);
        if (name == flow::to_string(kind)) return kind;
        names.emplace_back(flow::to_string(kind));
    }
    const auto near = core::nearest_word(name, names);
    return fail(ErrorCode::kBadArgument, "'kind' is '" + name + "', which is no command" +
                                             (near ? "; did you mean '" + *near + "'?" : ""));
}

/// There is one account: who is logged in, or sits at this machine, is the listener or works beside them. What only
/// the Therapist page offers is recorded as a therapist's.
flow::Role role_of(flow::CommandKind kind) {
    using K = flow::CommandKind;
    const bool beside = kind == K::kOverrideNext || kind == K::kOverrideLevel || kind == K::kOverrideStep ||
                        kind == K::kLockPlan || kind == K::kUnlockPlan;
    return beside ? flow::Role::kTherapist : flow::Role::kListener;
}

Result<std::string> command(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(SessionHost* const runner, host(house));
    ATTUNE_TRY(const Id id, Id::parse(args.at("id")));
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    flow::Command command;
    ATTUNE_TRY(const std::string kind, body.text("kind", 40));
    ATTUNE_TRY(command.kind, command_kind(kind));
    ATTUNE_TRY(const JsonBody values, body.object("args"));
    if (values.raw().size() > 8)
        return fail(ErrorCode::kBadArgument, "'args' has more than 8 entries");
    for (const auto& [name, value] : values.raw().items()) {
        ATTUNE_TRY(command.args[name], values.text(name.c_str(), 600));
    }
    command.actor = request.account;
    command.role = role_of(command.kind);
    ATTUNE_CHECK(runner->command(id, command));
    return std::string("{}");
}

Result<std::string> rate(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(SessionHost* const runner, host(house));
    ATTUNE_TRY(const Id id, Id::parse(args.at("id")));
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    flow::Rating rating;
    ATTUNE_TRY(const std::string kind, body.one_of("kind", {"felt", "liking"}));
    if (kind == "felt") {
        ATTUNE_TRY(rating.value, maybe_va(body, "value"));
        ATTUNE_TRY(rating.prompted, body.boolean_or("prompted", false));
        rating.touched = rating.value.has_value();
    } else {
        rating.kind = flow::RatingKind::kLiking;
        ATTUNE_TRY(rating.liking, body.number("liking", -1, 1));
        ATTUNE_TRY(const std::string track, body.text("track", 40));
        ATTUNE_TRY(rating.track, ContentKey::parse(track));
    }
    rating.actor = request.account;
    ATTUNE_CHECK(runner->rate(id, rating));
    return std::string("{}");
}

Result<std::string> vitals(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(SessionHost* const runner, host(house));
    ATTUNE_TRY(const Id id, Id::parse(args.at("id")));
    ATTUNE_TRY(const JsonBody body, JsonBody::parse(request.body));
    VitalsMessage message;
    ATTUNE_TRY(message.bpm, body.number("bpm", 20, 260));
    ATTUNE_CHECK(runner->sense(id, message));
    return std::string("{}");
}

Result<std::string> list(House& house) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto rows, session::list_sessions(*db));
    json out = json::array();
    for (const session::SessionRow& r : rows) {
        out.push_back({{"id", r.id.text()},
                       {"person", r.person.none() ? json(nullptr) : json(r.person.text())},
                       {"goal", r.goal},
                       {"minutes", r.minutes},
                       {"status", session::to_string(r.status)},
                       {"simulated", r.simulated},
                       {"started_at", core::rfc3339(r.started_wall_ns)}});
    }
    return to_text({{"schema", "attune/sessions/1"}, {"sessions", out}});
}

/// "as" says who looks, as --as on the command line.
Result<flow::Role> looker(const Request& request) { return session::parse_role(request.value("as", "listener")); }

/// What is kept from whoever looks is decided in session/audience.hpp.
Result<bool> may_see_state(House& house, store::Connection& db, const session::SessionRow& row,
                           const std::vector<session::SessionEvent>& events, const Request& request) {
    ATTUNE_TRY(const flow::Role role, looker(request));
    care::People people(db, house.space().seal());
    return session::state_shown(people, row, events, role);
}

Result<std::string> show(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*db, args.at("id")));
    ATTUNE_TRY(const auto events, session::read_events(*db, row.id));
    json out = {{"schema", "attune/session/1"}, {"session", row.id.text()}};
    json path = json::array(), ratings = json::array(), words = json::array();
    ATTUNE_TRY(const bool state_shown, may_see_state(house, *db, row, events, request));
    if (!events.empty()) {
        ATTUNE_TRY(const session::Summary summary, session::summarise(events));
        out = state_shown ? session::to_json(summary) : session::to_json_without_state(summary);
        words = summary.start.words;
        // At most one point in five seconds: a page draws no more.
        for (std::size_t i = 0; state_shown && i < summary.states.size(); i += 5) {
            const flow::AffectState& s = summary.states[i];
            if (!s.any_evidence) continue;
            path.push_back({{"t_s", s.t.seconds()},
                            {"valence", s.felt.mean.valence},
                            {"arousal", s.felt.mean.arousal},
                            {"sd_valence", s.felt.sd_valence()},
                            {"sd_arousal", s.felt.sd_arousal()}});
        }
        for (const flow::Rating& r : summary.ratings) {
            ratings.push_back({{"t_s", r.t.seconds()},
                               {"value", r.value ? session::to_json(*r.value) : json(nullptr)},
                               {"prompted", r.prompted}});
        }
    }
    out["status"] = session::to_string(row.status);
    out["started_at"] = core::rfc3339(row.started_wall_ns);
    out["path"] = path;
    out["ratings"] = ratings;
    out["words"] = words;
    out["state_shown"] = state_shown;
    return to_text(out);
}

/// What marked the last sessions for a therapist: somebody felt worse, or not safe. Newest session first.
Result<std::string> flags(House& house) {
    constexpr std::size_t kSessions = 10;
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(auto rows, session::list_sessions(*db));
    if (rows.size() > kSessions) rows.resize(kSessions);
    care::People people(*db, house.space().seal());
    json out = json::array();
    for (const session::SessionRow& row : rows) {
        const auto events = session::read_events(*db, row.id);
        if (!events) continue;  // its page says what is wrong with it
        const auto person = people.person(row.person);
        for (const session::SessionEvent& event : *events) {
            const auto* decision = std::get_if<session::Decision>(&event.payload);
            if (decision == nullptr || decision->what != "flag" || decision->reasons.empty()) continue;
            out.push_back({{"session", row.id.text()},
                           {"initials", person ? json(person->name) : json(nullptr)},
                           {"simulated", row.simulated},
                           {"started_at", core::rfc3339(row.started_wall_ns)},
                           {"t_s", event.t.seconds()},
                           {"code", decision->reasons.front().code}});
        }
    }
    return to_text({{"schema", "attune/flags/1"}, {"flags", out}});
}

Result<std::string> events(House& house, const Request& request, const PathArgs& args) {
    const auto since = core::parse_int(request.value("since", "0"));
    if (!since || *since < 0)
        return fail(ErrorCode::kBadArgument, "'since' must be a whole number from 0 on");
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*db, args.at("id")));
    ATTUNE_TRY(const auto list, session::read_events(*db, row.id));  // a policy of before `since` counts, too
    ATTUNE_TRY(const bool state_shown, may_see_state(house, *db, row, list, request));
    std::string out;
    for (const session::SessionEvent& event : list) {
        if (event.seq <= static_cast<std::uint64_t>(*since)) continue;
        if (const std::string text = page_event(event, state_shown); !text.empty())
            out += (out.empty() ? "" : ",") + text;
    }
    return "{\"schema\":\"attune/events/1\",\"events\":[" + out + "]}";
}

Result<std::string> replay(House& house, const Request& request, const PathArgs& args) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*db, args.at("id")));
    ATTUNE_TRY(const auto list, session::read_events(*db, row.id));
    ATTUNE_TRY(const bool state_shown, may_see_state(house, *db, row, list, request));
    ATTUNE_TRY(const session::World world, session::recorded_world(*db, list));
    ATTUNE_TRY(const session::ReplayReport report, session::replay(list, world));
    const std::string message = report.identical()
                                    ? ""
                                    : "Event " + std::to_string(*report.first_difference) +
                                          " differs" + (state_shown ? ": " + report.difference : ".");  // it quotes values
    return to_text({{"schema", "attune/replay/1"},
                    {"equal", report.identical()},
                    {"message", message},
                    {"same_arithmetic", report.same_arithmetic},
                    {"equal_decisions", report.equal_decisions},
                    {"largest_difference", report.largest_difference}});
}

/// A page of its own, with inline styles and pictures and no script.
Result<Response> report_page(House& house, const Request& request, const PathArgs& args) {
    const std::string version = request.value("version", "person");
    if (version != "person" && version != "professional") {
        return fail(ErrorCode::kBadArgument,
                    "'version' is '" + version + "'; it is person or professional");
    }
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*db, args.at("id")));
    ATTUNE_TRY(const auto list, session::read_events(*db, row.id));
    ATTUNE_TRY(const bool state_shown, may_see_state(house, *db, row, list, request));
    if (version == "professional") ATTUNE_CHECK(session::may_read_professional(state_shown));
    ATTUNE_TRY(session::Summary summary, session::summarise(list));
    if (!state_shown) summary = session::without_state(std::move(summary));
    ATTUNE_TRY(const core::Strings strings, core::Strings::installed());
    report::Options options;
    options.audience =
        version == "person" ? report::Audience::kPerson : report::Audience::kProfessional;
    options.generator = "attune " + house.version();
    Response page =
        Response::text(report::html(row, summary, strings, options), "text/html; charset=utf-8");
    page.own_policy = true;
    page.headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-modals");
    return page;
}

Result<std::string> remove(House& house, const PathArgs& args) {
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const session::SessionRow row, session::find_session(*db, args.at("id")));
    if (row.status == session::SessionStatus::kRunning) {
        return fail(ErrorCode::kBusy, "the session is running; stop it first");
    }
    ATTUNE_CHECK(session::delete_session(*db, row.id));
    return std::string("{}");
}

/// The intake may have changed since the session began, in this process or in another. What cannot be asked is hidden.
void heed_today(House& house, const Id& session) {
    const Id person = house.hub().person(session);
    if (person.none()) return;
    const auto db = house.connect();
    if (!db) return house.hub().hide_state(person);
    care::People people(**db, house.space().seal());
    if (session::hides_state_today(people, person)) house.hub().hide_state(person);
}

/// Follows a session; what the page says on this socket is not read (commands are requests).
class LiveSocket final : public SocketHandler {
public:
    LiveSocket(House& house, const Id& session, std::uint64_t since, flow::Role role)
        : house_(house), session_(session), since_(since), role_(role) {}
    void opened(std::shared_ptr<Outbox> outbox) override {
        outbox_ = std::move(outbox);
        if (house_.hub().join(session_, since_, outbox_, role_)) return;
        outbox_->close(CloseReason::kNormal);  // not running: the page asks for the record
    }
    void received(std::string_view, bool) override {}
    void closed() noexcept override { outbox_.reset(); }

private:
    House& house_;
    Id session_;
    std::uint64_t since_;
    flow::Role role_;
    std::shared_ptr<Outbox> outbox_;
};

class SoundSocket final : public SocketHandler {
public:
    SoundSocket(SessionHost& host, const Id& session, std::optional<std::int64_t> after)
        : host_(host), session_(session), after_(after) {}
    void opened(std::shared_ptr<Outbox> outbox) override {
        outbox_ = std::move(outbox);
        if (!host_.listen(session_, outbox_, after_)) outbox_->close(CloseReason::kNormal);
    }
    /// A text: the frame that leaves the page's speaker now.
    void received(std::string_view message, bool binary) override {
        if (binary) return;
        if (const auto frame = core::parse_int(message)) host_.heard(session_, *frame);
    }
    void closed() noexcept override { outbox_.reset(); }

private:
    SessionHost& host_;
    Id session_;
    std::optional<std::int64_t> after_;
    std::shared_ptr<Outbox> outbox_;
};

class SenseSocket final : public SocketHandler {
public:
    SenseSocket(SessionHost& host, const Id& session) : host_(host), session_(session) {}
    void opened(std::shared_ptr<Outbox> outbox) override { outbox_ = std::move(outbox); }
    void received(std::string_view message, bool binary) override {
        auto parsed = parse_sense_message(message, binary);
        if (!parsed) {
            if (++broken_ >= 10) outbox_->close(CloseReason::kBadMessage);
            return;
        }
        const bool opens = std::holds_alternative<SensorSwitch>(*parsed);
        const auto taken = host_.sense(session_, *std::move(parsed));
        if (!taken && (opens || taken.error().code == ErrorCode::kNotFound)) {
            outbox_->push_text(to_text({{"type", "refused"}, {"detail", taken.error().message}}));
            if (taken.error().code == ErrorCode::kNotFound) outbox_->close(CloseReason::kNormal);
        }
    }
    void closed() noexcept override {
        // A page that is gone has no open sensors.
        for (const char* sensor : {"camera", "microphone", "heart"}) {
            static_cast<void>(host_.sense(session_, SensorSwitch{sensor, false}));
        }
    }

private:
    SessionHost& host_;
    Id session_;
    std::shared_ptr<Outbox> outbox_;
    int broken_ = 0;
};

using Accepted = tl::expected<std::unique_ptr<SocketHandler>, Response>;

SocketFactory sound_socket(House& house) {
    return [&house](const Request& request, const PathArgs& args) -> Accepted {
        const auto runner = host(house);
        const auto id = Id::parse(args.at("id"));
        if (!runner) return tl::unexpected<Response>(problem(runner.error()));
        if (!id) return tl::unexpected<Response>(problem(id.error()));
        const auto after = core::parse_int(request.value("after", ""));
        return std::make_unique<SoundSocket>(
            **runner, *id, after && *after >= 0 ? std::optional<std::int64_t>(*after) : std::nullopt);
    };
}

template <typename Socket>
SocketFactory host_socket(House& house) {
    return [&house](const Request&, const PathArgs& args) -> Accepted {
        const auto runner = host(house);
        const auto id = Id::parse(args.at("id"));
        if (!runner) return tl::unexpected<Response>(problem(runner.error()));
        if (!id) return tl::unexpected<Response>(problem(id.error()));
        return std::make_unique<Socket>(**runner, *id);
    };
}

void add_record_routes(Router& router, House& house) {
    router.add(Method::kGet, "/api/v1/sessions",
               answers_json([&house](const Request&, const PathArgs&) { return list(house); }));
    router.add(
        Method::kGet, "/api/v1/sessions/{id}",
        answers_json([&house](const Request& r, const PathArgs& a) { return show(house, r, a); }));
    router.add(
        Method::kDelete, "/api/v1/sessions/{id}",
        answers_json([&house](const Request&, const PathArgs& a) { return remove(house, a); }));
    router.add(Method::kGet, "/api/v1/flags", answers_json([&house](const Request&, const PathArgs&) { return flags(house); }));
    router.add(Method::kGet, "/api/v1/sessions/{id}/events",
               answers_json(
                   [&house](const Request& r, const PathArgs& a) { return events(house, r, a); }));
    router.add(Method::kGet, "/api/v1/sessions/{id}/report",
               [&house](const Request& r, const PathArgs& a) {
                   auto page = report_page(house, r, a);
                   return page ? *std::move(page) : problem(page.error());
               });
    router.add(
        Method::kPost, "/api/v1/sessions/{id}/replay",
        answers_json([&house](const Request& r, const PathArgs& a) { return replay(house, r, a); }));
}

}  // namespace

void add_session_routes(Router& router, House& house) {
    add_record_routes(router, house);
    router.add(
        Method::kPost, "/api/v1/sessions",
        answers_json([&house](const Request& r, const PathArgs&) { return start(house, r); }, 201));
    router.add(Method::kPost, "/api/v1/sessions/{id}/commands",
               answers_json(
                   [&house](const Request& r, const PathArgs& a) { return command(house, r, a); }));
    router.add(
        Method::kPost, "/api/v1/sessions/{id}/ratings",
        answers_json([&house](const Request& r, const PathArgs& a) { return rate(house, r, a); }));
    router.add(Method::kPost, "/api/v1/sessions/{id}/vitals",
               answers_json(
                   [&house](const Request& r, const PathArgs& a) { return vitals(house, r, a); }));
    router.add(Method::kGet, "/api/v1/sessions/{id}/sound.webm",
               [&house](const Request&, const PathArgs& args) {
                   const auto runner = host(house);
                   const auto id = Id::parse(args.at("id"));
                   if (!runner) return problem(runner.error());
                   if (!id) return problem(id.error());
                   Response response = Response::text("", "audio/webm; codecs=opus");
                   response.body.reset();
                   response.stream = std::make_shared<Outbox>();
                   const auto joined = (*runner)->listen_webm(*id, response.stream);
                   return joined ? response : problem(joined.error());
               });
    router.add_socket("/api/v1/sessions/{id}/live",
                      [&house](const Request& request, const PathArgs& args) -> Accepted {
                          const auto id = Id::parse(args.at("id"));
                          if (!id) return tl::unexpected<Response>(problem(id.error()));
                          const auto role = looker(request);
                          if (!role) return tl::unexpected<Response>(problem(role.error()));
                          if (!session::sees_everything(*role)) heed_today(house, *id);
                          const auto since = core::parse_int(request.value("since", "0"));
                          return std::make_unique<LiveSocket>(
                              house, *id,
                              since && *since > 0 ? static_cast<std::uint64_t>(*since) : 0, *role);
                      });
    router.add_socket("/api/v1/sessions/{id}/sound", sound_socket(house));
    router.add_socket("/api/v1/sessions/{id}/sense", host_socket<SenseSocket>(house));
    house.set_part("sessions", house.host() == nullptr
                                   ? PartState{false, "The live runner is not part of this build."}
                                   : PartState{true, ""});
}

}  // namespace attune::serve
