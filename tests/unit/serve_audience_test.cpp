// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves the server for a listener whose state must not be shown: a whole simulated session, event by event, on the
// live socket's hub, in /events, in the session's page, its replay and its report. No number of the estimate is in it.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "library/catalogue.hpp"
#include "library/simulated_library.hpp"
#include "serve/house.hpp"
#include "session/audience.hpp"
#include "session/codec.hpp"
#include "session/launch.hpp"
#include "session/record.hpp"
#include "support/temp_dir.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

void numbers_in(const json& object, std::set<double>& out) {
    if (object.is_number_float()) out.insert(object.get<double>());
    // A number in a reason's text is a number, too.
    if (object.is_string()) {
        char* end = nullptr;
        const std::string text = object.get<std::string>();
        const double value = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && text.find('.') != std::string::npos) out.insert(value);
    }
    if (object.is_structured())
        for (const json& part : object) numbers_in(part, out);
}
std::set<double> numbers_in(const json& object) {
    std::set<double> out;
    numbers_in(object, out);
    return out;
}

/// Twelve minutes of a simulated listener with sensors, kept once for all tests.
class AudienceTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        const test::TempDir studio;
        const auto space = *session::Space::open(studio.path(), "");
        const library::SimulatedLibrary made(120, 1);
        library::Catalogue catalogue(space->db());
        for (std::size_t i = 0; i < made.size(); ++i) ASSERT_TRUE(catalogue.put(made.profile(i), true));
        session::RunRequest request;
        request.goal = "calm";
        request.minutes = 12;
        request.sense = {"simulated:anxious?seed=7&family=textbook"};
        request.sink = "null";
        request.fast = true;
        request.seed = 1;
        const auto watch = [](const session::SessionEvent& event) { recorded.push_back(event); };
        ASSERT_TRUE(session::run_session(*space, request, {}, watch));
        ASSERT_GT(recorded.size(), 1000U);
    }
    static void TearDownTestSuite() { recorded.clear(); }
    void SetUp() override {
        house = std::make_unique<House>(*session::Space::open(dir.path(), ""), "test", flow::Deployment::kHome);
        add_people_routes(router, *house);
        add_session_routes(router, *house);
        events = recorded;
    }
    /// The same session of a person whose policy shows the state, or hides it from the start or from the middle on.
    enum class Policy { kShown, kHidden, kHiddenLater };
    void keep(Policy policy) {
        auto& start = std::get<session::Start>(events.front().payload);
        start.session = core::IdSource().next();
        start.person = house->space().people().first(core::IdSource().next(), 1)->id;
        start.simulated = false;
        start.policy.show_state = policy != Policy::kHidden;
        if (policy == Policy::kHiddenLater) {
            flow::Policy later = start.policy;
            later.show_state = false;
            session::SessionEvent change = events[500];
            change.payload = later;
            events.insert(events.begin() + 500, change);
            for (std::size_t i = 0; i < events.size(); ++i) events[i].seq = i + 1;
        }
        id = start.session;
        store::Connection& db = house->space().db();
        ASSERT_TRUE(session::begin_session(db, start));
        ASSERT_TRUE(session::append_events(db, id, events));
        ASSERT_TRUE(session::end_session(db, id, session::SessionStatus::kFinished));
    }
    /// Numbers that only the estimate or a recogniser can have brought, of all events.
    std::set<double> of_the_state() const {
        std::set<double> state, open;
        for (const session::SessionEvent& event : events) {
            const json object = session::to_json(event);
            const json& data = object.at("data");
            if (event.kind() == session::EventKind::kState) {
                for (const char* name : {"felt", "shadow", "evidence", "stress"}) numbers_in(data.at(name), state);
            } else if (event.kind() == session::EventKind::kEvidence) {
                for (const char* name : {"valence", "arousal", "display", "activation", "stress"}) numbers_in(data.at(name), state);
            } else if (event.kind() == session::EventKind::kDecision && data.at("plan").is_object()) {
                for (const json& item : data.at("plan").at("items"))
                    for (const char* name : {"predicted", "waypoint", "score", "p_limits_held"}) numbers_in(item.at(name), state);
            } else if (event.kind() == session::EventKind::kRating) {
                numbers_in(data, open);   // what they said themselves
            }
        }
        numbers_in(session::to_json(events.front()), open);
        for (const double x : open) state.erase(x);
        std::erase_if(state, [](double x) { return x == std::round(x * 100.0) / 100.0; });   // .5 may be anything
        return state;
    }
    /// What a page gets that joins when the session is over and has not been closed.
    json joined(flow::Role role) {
        const auto page = std::make_shared<Outbox>(1U << 28, 100'000);
        EXPECT_TRUE(house->hub().join(id, 0, page, role));
        json all = json::array();
        while (const auto message = page->pop()) {
            const json part = json::parse(*message->bytes);
            if (part.is_array()) all.insert(all.end(), part.begin(), part.end());
            else all.push_back(part);
        }
        return all;
    }
    struct Answer {
        int status = 0;
        std::string text;
    };
    Answer ask(Method method, const std::string& path, std::map<std::string, std::string> query) {
        Request request;
        request.method = method;
        request.path = path;
        request.query = std::move(query);
        request.account = "local";
        const auto match = router.find(method, path);
        if (match.handler == nullptr) return {404, {}};
        const Response response = (*match.handler)(request, match.args);
        return {response.status, response.body ? *response.body : ""};
    }
    static void expect_none(const std::set<double>& secret, const json& told, const char* where) {
        std::size_t found = 0;
        for (const double x : numbers_in(told)) found += secret.contains(x);
        EXPECT_EQ(found, 0U) << where << " carries numbers of the state";
    }
    std::string path() const { return "/api/v1/sessions/" + id.text(); }

    test::TempDir dir;
    std::unique_ptr<House> house;
    Router router;
    static std::vector<session::SessionEvent> recorded;
    std::vector<session::SessionEvent> events;
    Id id;
};
std::vector<session::SessionEvent> AudienceTest::recorded;

TEST_F(AudienceTest, TheLiveSocketTellsAListenerNothingThatTheStateCouldBeReadFromAndATherapistEverything) {
    keep(Policy::kHidden);
    const auto secret = of_the_state();
    ASSERT_GT(secret.size(), 1000U);
    house->hub().open(id);
    const auto watching = std::make_shared<Outbox>(1U << 28, 100'000);
    ASSERT_TRUE(house->hub().join(id, 0, watching, flow::Role::kListener));
    for (const session::SessionEvent& event : events) house->hub().publish(id, event);
    json live = json::array();
    while (const auto message = watching->pop()) live.push_back(json::parse(*message->bytes));
    EXPECT_GT(live.size(), 500U);
    expect_none(secret, live, "the live socket");
    expect_none(secret, joined(flow::Role::kListener), "a page that comes late");
    expect_none(secret, joined(flow::Role::kOwner), "the owner's page");
    std::size_t sources = 0;
    for (const json& event : live) {
        const json& data = event.at("data");
        if (event.at("kind") == "state") {
            EXPECT_FALSE(data.contains("felt")) << data;
            sources = std::max(sources, data.at("sources").size());
        }
        if (event.at("kind") == "start") {
            EXPECT_FALSE(data.at("policy").at("show_state"));
            EXPECT_FALSE(data.contains("person_state"));
        }
        EXPECT_NE(event.at("kind"), "conductance");
    }
    EXPECT_GT(sources, 0U) << "whether a sensor works is told";
    std::size_t seen = 0;
    const auto whole = numbers_in(joined(flow::Role::kTherapist));
    for (const double x : secret) seen += whole.contains(x);
    EXPECT_EQ(seen, secret.size()) << "a therapist misses something";
}

TEST_F(AudienceTest, AFlagThatComesWhileTheSessionRunsHidesWhatWasSaidBeforeFromPagesThatComeLater) {
    keep(Policy::kShown);
    const auto secret = of_the_state();
    house->hub().open(id);
    for (std::size_t i = 0; i < events.size() / 2; ++i) house->hub().publish(id, events[i]);
    std::size_t seen = 0;
    for (const double x : numbers_in(joined(flow::Role::kListener))) seen += secret.contains(x);
    EXPECT_GT(seen, 100U) << "nothing hides it yet";
    Request flag;
    flag.method = Method::kPut;
    flag.path = "/api/v1/people/me/intake";
    flag.account = "local";
    flag.body = R"({"flags":["psychosis_mania"]})";
    const auto match = router.find(flag.method, flag.path);
    ASSERT_EQ((*match.handler)(flag, match.args).status, 200);
    for (std::size_t i = events.size() / 2; i < events.size(); ++i) house->hub().publish(id, events[i]);
    expect_none(secret, joined(flow::Role::kListener), "a page that comes late");
}

TEST_F(AudienceTest, APolicyThatHidesInTheMiddleHidesTheWholeRecord) {
    keep(Policy::kHiddenLater);
    const auto secret = of_the_state();
    house->hub().open(id);
    for (const session::SessionEvent& event : events) house->hub().publish(id, event);
    expect_none(secret, joined(flow::Role::kListener), "the live socket");
    expect_none(secret, json::parse(ask(Method::kGet, path() + "/events", {}).text), "/events");
    expect_none(secret, json::parse(ask(Method::kGet, path() + "/events", {{"since", "900"}}).text), "/events behind the policy");
}

TEST_F(AudienceTest, TheRecordIsShownToAListenerWithoutTheState) {
    keep(Policy::kHidden);
    const auto secret = of_the_state();
    const Answer told = ask(Method::kGet, path() + "/events", {});
    ASSERT_EQ(told.status, 200);
    expect_none(secret, json::parse(told.text), "/events");
    expect_none(secret, json::parse(ask(Method::kGet, path(), {}).text), "the session's page");
    const json whole = json::parse(ask(Method::kGet, path() + "/events", {{"as", "therapist"}}).text);
    std::size_t seen = 0;
    const auto there = numbers_in(whole);
    for (const double x : secret) seen += there.contains(x);
    EXPECT_EQ(seen, secret.size());
    EXPECT_EQ(ask(Method::kGet, path() + "/events", {{"as", "nobody"}}).status, 400);
}

TEST_F(AudienceTest, NoReasonOrQuestionSpeaksOfTheStateToWhomItIsHidden) {
    session::SessionEvent event;
    session::Decision decision;
    decision.what = "body_hold";
    decision.question = "activation";
    decision.reasons = {{"activation_rose", {}, 0.0}, {"body_hold", {{"source", "strap"}, {"sd", "2.1"}}, 0.0}, {"worse", {{"probability", "0.93"}}, 0.0}, {"steer_lead", {{"arousal", "0.31"}}, 0.0},
                        {"liked_artist", {{"artist", "Ada"}}, 0.4}};
    event.payload = decision;
    const json told = json::parse(page_event(event, false)).at("data");
    EXPECT_EQ(told.at("question"), "is_it_right");
    EXPECT_EQ(told.at("what"), "eased");
    ASSERT_EQ(told.at("reasons").size(), 3U) << told;
    for (const json& reason : told.at("reasons")) EXPECT_TRUE(reason.at("contribution").is_null());
    EXPECT_TRUE(told.at("reasons")[0].at("args").empty());
    EXPECT_TRUE(told.at("reasons")[1].at("args").empty());
    EXPECT_EQ(told.at("reasons")[2].at("args").at("artist"), "Ada");
    EXPECT_EQ(json::parse(page_event(event, true)).at("data").at("question"), "activation");
}

TEST_F(AudienceTest, TheReportForTheProfessionalIsRefusedToAListenerWhoseStateIsHidden) {
    keep(Policy::kHidden);
    for (const char* as : {"listener", "owner"}) {
        const Answer refused = ask(Method::kGet, path() + "/report", {{"version", "professional"}, {"as", as}});
        EXPECT_EQ(refused.status, 403) << as;
        EXPECT_NE(refused.text.find("therapist"), std::string::npos) << refused.text;
    }
    for (const char* as : {"therapist", "researcher"}) {
        const Answer whole = ask(Method::kGet, path() + "/report", {{"version", "professional"}, {"as", as}});
        EXPECT_EQ(whole.status, 200) << as;
        EXPECT_NE(whole.text.find("validity r"), std::string::npos) << as;
    }
    const Answer mine = ask(Method::kGet, path() + "/report", {{"version", "person"}});
    EXPECT_EQ(mine.status, 200);
    EXPECT_EQ(mine.text.find("class=\"estimate"), std::string::npos);
}

TEST_F(AudienceTest, AListenerWhoseStateIsShownMayReadAllThatIsKeptOfThem) {
    keep(Policy::kShown);
    EXPECT_EQ(ask(Method::kGet, path() + "/report", {{"version", "professional"}}).status, 200);
}

}  // namespace
}  // namespace attune::serve
