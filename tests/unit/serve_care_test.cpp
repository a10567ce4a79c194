// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages ask of care: the person's contact, what a flag needs, memory marks, the deployment, and the state
// that some people must not see. The real routes on a real space; only the transport is left out.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "library/catalogue.hpp"
#include "library/simulated_library.hpp"
#include "serve/house.hpp"
#include "session/record.hpp"
#include "support/temp_dir.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

struct Answer {
    int status = 0;
    json body;
};

class ServeCareTest : public ::testing::Test {
protected:
    void SetUp() override { open(flow::Deployment::kHome); }
    /// The server of this space, stopped and started somewhere else.
    void open(flow::Deployment deployment) {
        router = {};
        house = std::make_unique<House>(*session::Space::open(dir.path(), ""), "test", deployment);
        add_people_routes(router, *house);
        add_session_routes(router, *house);
    }
    Answer ask(Method method, const std::string& path, const json& body = nullptr, std::map<std::string, std::string> query = {}) {
        Request request;
        request.method = method;
        request.path = path;
        request.query = std::move(query);
        request.account = "local";
        if (!body.is_null()) request.body = body.dump();
        const auto match = router.find(method, path);
        if (match.handler == nullptr) return {404, {}};
        const Response response = (*match.handler)(request, match.args);
        return {response.status, response.body ? json::parse(*response.body) : json()};
    }
    json get(const std::string& path, std::map<std::string, std::string> query = {}) {
        const Answer answer = ask(Method::kGet, path, nullptr, std::move(query));
        EXPECT_EQ(answer.status, 200) << path << ' ' << answer.body.dump();
        return answer.body;
    }
    int put(const std::string& path, const json& body) { return ask(Method::kPut, path, body).status; }
    std::string client(const std::string& initials) {
        return ask(Method::kPost, "/api/v1/people", {{"initials", initials}}).body.at("id").get<std::string>();
    }
    /// Tracks in the library, and the key of the first.
    std::vector<std::string> music(std::size_t tracks) {
        const library::SimulatedLibrary made(tracks, 1);
        library::Catalogue catalogue(house->space().db());
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < tracks; ++i) {
            EXPECT_TRUE(catalogue.put(made.profile(i), true));
            keys.push_back(made.profile(i).key.hex());
        }
        return keys;
    }
    /// The first person's.
    Id me() { return house->space().people().first(core::IdSource().next(), 1)->id; }
    /// A record of this person under today's policy: sixty seconds of state, and what is given.
    std::string session(const Id& person, const std::vector<session::Payload>& more = {}) {
        session::Start start;
        start.session = core::IdSource().next();
        start.person = person;
        start.goal = *flow::Goal::parse("calm", 10);
        start.wall_ns = core::wall_now_ns();
        start.policy = *house->space().people().policy(person, house->deployment(), false, start.wall_ns);
        std::vector<session::SessionEvent> events;
        const auto add = [&](session::Payload payload) {
            session::SessionEvent event;
            event.seq = events.size() + 1;
            event.t = {static_cast<std::int64_t>(event.seq) * 1'000'000'000};
            event.payload = std::move(payload);
            events.push_back(std::move(event));
        };
        add(start);
        for (int i = 0; i < 60; ++i) {
            flow::AffectState state;
            state.t = {static_cast<std::int64_t>(i + 2) * 1'000'000'000};
            state.any_evidence = true;
            add(state);
        }
        for (const session::Payload& payload : more) add(payload);
        add(session::End{"finished"});
        store::Connection& db = house->space().db();
        EXPECT_TRUE(session::begin_session(db, start));
        EXPECT_TRUE(session::append_events(db, start.session, events));
        EXPECT_TRUE(session::end_session(db, start.session, session::SessionStatus::kFinished));
        return start.session.text();
    }
    test::TempDir dir;
    std::unique_ptr<House> house;
    Router router;
};

TEST_F(ServeCareTest, ShowsAContactThatWasGivenInOneLineToThatPersonAndToNobodyElse) {
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", json::array()}, {"contact", "Ada's brother 777"}}), 200);
    const std::string other = client("KM");
    EXPECT_EQ(get("/api/v1/people/" + other + "/help").at("contact"), nullptr);
    ASSERT_EQ(put("/api/v1/people/" + other + "/intake", {{"flags", json::array()}, {"contact", "Ben 123"}}), 200);
    EXPECT_EQ(get("/api/v1/people/" + other + "/help").at("contact"), "Ben 123");
    EXPECT_EQ(get("/api/v1/people/me/help").at("contact"), "Ada's brother 777");
}

TEST_F(ServeCareTest, AnIntakeThatSaysNothingOfTheContactKeepsIt) {
    care::People people = house->space().people();
    care::Person me = *people.first(core::IdSource().next(), 1);
    me.contact_name = "Ben";
    me.contact_reach = "123";
    ASSERT_TRUE(people.update(me));
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"child"}}}), 200);
    EXPECT_EQ(get("/api/v1/people/me/help").at("contact"), "Ben, 123");
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"child"}}, {"contact", get("/api/v1/people/me/intake").at("contact")}}), 200);
    EXPECT_EQ(people.person(me.id)->contact_reach, "123");
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"child"}}, {"contact", "Cleo 9"}}), 200);
    EXPECT_EQ(get("/api/v1/people/me/help").at("contact"), "Cleo 9");
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"child"}}, {"contact", ""}}), 200);
    EXPECT_EQ(get("/api/v1/people/me/help").at("contact"), nullptr);
}

TEST_F(ServeCareTest, WhatAFlagNeedsReachesThePolicy) {
    const auto keys = music(3);
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"tinnitus", "trauma", "reflex_epilepsy"}},
                                               {"tinnitus_hz", 6000},
                                               {"safe_track", keys[1]},
                                               {"triggers", {" Techno ", "The Strobes"}},
                                               {"trigger_tracks", {keys[2]}}}), 200);
    const json told = get("/api/v1/people/me/intake");
    EXPECT_EQ(told.at("tinnitus_hz"), 6000);
    EXPECT_EQ(told.at("safe_track"), keys[1]);
    EXPECT_EQ(told.at("triggers"), json({"techno", "the strobes"}));
    EXPECT_EQ(told.at("trigger_tracks"), json({keys[2]}));
    care::People people = house->space().people();
    const auto policy = people.policy(people.first({}, 1)->id, flow::Deployment::kHome, false, 1);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->tinnitus_hz, 6000.0);
    EXPECT_EQ(policy->safe_track->hex(), keys[1]);
    EXPECT_TRUE(policy->blocks.artists.contains("the strobes"));
    EXPECT_TRUE(policy->blocks.tags.contains("techno"));
    EXPECT_TRUE(policy->blocks.tracks.contains(*ContentKey::parse(keys[2])));
}

TEST_F(ServeCareTest, ValuesThatAreNotSentStayAndNullTakesThemAway) {
    const auto keys = music(1);
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"tinnitus", "trauma"}}, {"tinnitus_hz", 440}, {"safe_track", keys[0]}}), 200);
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"tinnitus", "trauma"}}, {"tinnitus_hz", nullptr}}), 200);
    const json told = get("/api/v1/people/me/intake");
    EXPECT_EQ(told.at("tinnitus_hz"), nullptr);
    EXPECT_EQ(told.at("safe_track"), keys[0]);
}

TEST_F(ServeCareTest, AValueThatCannotHoldIsRefusedAndNothingOfTheIntakeIsKept) {
    music(1);
    const auto refused = [&](const json& body) {
        const Answer answer = ask(Method::kPut, "/api/v1/people/me/intake", body);
        return std::pair(answer.status, answer.body.value("detail", ""));
    };
    const auto [low, why] = refused({{"flags", {"tinnitus"}}, {"tinnitus_hz", 99}});
    EXPECT_EQ(low, 400);
    EXPECT_NE(why.find("100"), std::string::npos) << why;
    EXPECT_EQ(refused({{"flags", json::array()}, {"tinnitus_hz", 440}}).first, 400);
    EXPECT_EQ(refused({{"flags", {"trauma"}}, {"safe_track", std::string(32, 'f')}}).first, 404);
    EXPECT_EQ(refused({{"flags", {"reflex_epilepsy"}}, {"trigger_tracks", {std::string(32, 'f')}}}).first, 404);
    EXPECT_EQ(refused({{"flags", {"reflex_epilepsy"}}, {"triggers", "techno"}}).first, 400);
    EXPECT_FALSE(get("/api/v1/people/me/intake").at("asked"));
}

TEST_F(ServeCareTest, AMemoryIsAskedFirstOnlyWithSomebodyOrNeverAsItWasSaid) {
    const auto keys = music(4);
    ASSERT_EQ(put("/api/v1/people/me/taste", {{"memories", {keys[0]}},
                                              {"memory_marks", {{keys[1], "ask"}, {keys[2], "only-with-me"}, {keys[3], "never"}}}}), 200);
    care::People people = house->space().people();
    const auto settings = people.settings(people.first({}, 1)->id);
    ASSERT_TRUE(settings);
    const auto mark = [&](std::size_t i) { return settings->memories.at(*ContentKey::parse(keys[i])); };
    EXPECT_EQ(mark(0), flow::Memory::kAsk);
    EXPECT_EQ(mark(1), flow::Memory::kAsk);
    EXPECT_EQ(mark(2), flow::Memory::kOnlyWithMe);
    EXPECT_EQ(mark(3), flow::Memory::kNever);
    EXPECT_EQ(put("/api/v1/people/me/taste", {{"memory_marks", {{keys[1], "sometimes"}}}}), 400);
}

TEST_F(ServeCareTest, AtWorkAndInEducationNoSensorIsConsentedToAndNoMirrorIsOffered) {
    const json face = {{"sensor", "camera"}, {"purpose", "session"}, {"granted", true}};
    for (const flow::Deployment place : {flow::Deployment::kWorkplace, flow::Deployment::kEducation}) {
        open(place);
        for (const char* sensor : {"camera", "microphone", "heart", "skin", "eeg"}) {
            json grant = face;
            grant["sensor"] = sensor;
            const Answer answer = ask(Method::kPut, "/api/v1/people/me/consents", grant);
            EXPECT_EQ(answer.status, 403) << sensor;
            EXPECT_NE(answer.body.value("detail", "").find(flow::to_string(place)), std::string::npos) << answer.body.dump();
        }
        EXPECT_FALSE(get("/api/v1/people/me/intake").at("mirror_allowed"));
        EXPECT_TRUE(get("/api/v1/people/me/consents").at("consents").empty());
    }
    open(flow::Deployment::kHome);
    EXPECT_EQ(put("/api/v1/people/me/consents", face), 200);
    EXPECT_TRUE(get("/api/v1/people/me/intake").at("mirror_allowed"));
}

TEST_F(ServeCareTest, WhoMustNotSeeTheirStateGetsNeitherPathNorEstimateButATherapistDoes) {
    const std::string before = session(me());
    const json open_to_all = get("/api/v1/sessions/" + before);
    EXPECT_EQ(open_to_all.at("path").size(), 12U);
    EXPECT_FALSE(open_to_all.at("final_estimate").is_null());
    EXPECT_FALSE(open_to_all.at("distance_final").is_null());
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", {"psychosis_mania"}}}), 200);
    const std::string after = session(me());
    for (const std::string& id : {before, after}) {  // the flag counts for what was recorded before it, too
        for (const char* as : {"", "listener", "owner"}) {
            const json seen = get("/api/v1/sessions/" + id, *as == 0 ? std::map<std::string, std::string>() : std::map<std::string, std::string>{{"as", as}});
            EXPECT_FALSE(seen.at("state_shown"));
            EXPECT_TRUE(seen.at("path").empty()) << as;
            for (const char* number : {"final_estimate", "distance_start", "distance_final"}) EXPECT_TRUE(seen.at(number).is_null()) << number;
        }
        for (const char* as : {"therapist", "researcher"}) {
            const json whole = get("/api/v1/sessions/" + id, {{"as", as}});
            EXPECT_TRUE(whole.at("state_shown"));
            EXPECT_EQ(whole.at("path").size(), 12U) << as;
            EXPECT_FALSE(whole.at("final_estimate").is_null());
        }
    }
    EXPECT_EQ(ask(Method::kGet, "/api/v1/sessions/" + after, nullptr, {{"as", "anybody"}}).status, 400);
    ASSERT_EQ(put("/api/v1/people/me/intake", {{"flags", json::array()}}), 200);
    EXPECT_TRUE(get("/api/v1/sessions/" + after).at("path").empty());  // it was so when it was played
    EXPECT_FALSE(get("/api/v1/sessions/" + before).at("path").empty());
}

TEST_F(ServeCareTest, TellsATherapistWhatMarkedTheLastSessionsNewestFirst) {
    const Id client = *Id::parse(this->client("KM"));
    session(me());
    EXPECT_TRUE(get("/api/v1/flags").at("flags").empty());
    const auto flag = [](const char* code) { return session::Decision{"flag", 0, {{code, {}, 0.0}}, {}, {}, {}, {}}; };
    const session::Decision asked{"ask", 0, {}, {}, "worse", {"stop"}, {}};
    const std::string first = session(me(), {flag("unsafe")});
    const std::string second = session(client, {flag("worse"), asked, flag("worse_again")});
    const json flags = get("/api/v1/flags").at("flags");
    ASSERT_EQ(flags.size(), 3U);
    EXPECT_EQ(flags[0].at("session"), second);
    EXPECT_EQ(flags[0].at("initials"), "KM");
    EXPECT_EQ(flags[0].at("code"), "worse");
    EXPECT_DOUBLE_EQ(flags[0].at("t_s").get<double>(), 62.0);
    EXPECT_EQ(flags[1].at("code"), "worse_again");
    EXPECT_EQ(flags[2].at("session"), first);
    EXPECT_EQ(flags[2].at("code"), "unsafe");
}

}  // namespace
}  // namespace attune::serve
