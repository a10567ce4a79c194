// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <array>

#include "care/help_card.hpp"
#include "care/people.hpp"

using namespace attune;
using namespace attune::care;

namespace {

constexpr std::int64_t kDayNs = 24LL * 3600 * 1'000'000'000;

ContentKey key(std::uint8_t n) {
    ContentKey k;
    k.bytes[0] = n;
    return k;
}

flow::Policy with(std::set<Flag> flags) {
    Circumstances c;
    c.intake.flags = std::move(flags);
    return make_policy(c);
}

class PeopleTest : public ::testing::Test {
protected:
    PeopleTest() : db(store::Connection::open("sqlite::memory:").value()) {
        const std::array rooms = {care::schema()};
        EXPECT_TRUE(store::migrate(*db, rooms, {}));
        ada = people.first(ids.next(), 1).value();
    }
    std::unique_ptr<store::Connection> db;
    store::Seal seal;
    People people{*db, seal};
    core::IdSource ids{7};
    Person ada;
};

TEST(PolicyMaker, EachFlagTakesAwayWhatItSays) {
    EXPECT_TRUE(with({Flag::kReflexEpilepsy}).flagged);
    EXPECT_FALSE(with({Flag::kReflexEpilepsy}).allow_unfamiliar);
    EXPECT_TRUE(with({Flag::kHyperacusis}).startle_guard);
    EXPECT_LT(with({Flag::kHyperacusis}).ceiling_gain_db, 0.0);
    EXPECT_EQ(with({Flag::kHyperacusis}).weekly_limit_dba, 75.0);
    EXPECT_FALSE(with({Flag::kPsychosisMania}).allow_energise);
    EXPECT_FALSE(with({Flag::kPsychosisMania}).show_state);
    EXPECT_FALSE(with({Flag::kTrauma}).allow_mirror);
    EXPECT_TRUE(with({Flag::kTrauma}).flagged);
    EXPECT_FALSE(with({Flag::kRecentLoss}).allow_pushed_lift);
    EXPECT_FALSE(with({Flag::kRuminates}).allow_match);
    EXPECT_TRUE(with({Flag::kChild}).blocks.tags.contains("explicit"));
    EXPECT_EQ(with({Flag::kChild}).weekly_limit_dba, 75.0);
    EXPECT_FALSE(with({Flag::kDementia}).allow_unfamiliar);
    EXPECT_EQ(with({Flag::kHearingLoss}).weekly_limit_dba, 75.0);
}

TEST(PolicyMaker, EveryFlagChangesThePolicy) {
    for (const Flag flag : all_flags()) {
        Circumstances c;
        c.intake.tinnitus_hz = 4000.0;
        const flow::Policy before = make_policy(c);
        c.intake.flags.insert(flag);
        const flow::Policy after = make_policy(c);
        const bool changed = before.flagged != after.flagged || before.startle_guard != after.startle_guard ||
                             before.allow_energise != after.allow_energise || before.allow_match != after.allow_match ||
                             before.allow_pushed_lift != after.allow_pushed_lift ||
                             before.weekly_limit_dba != after.weekly_limit_dba || before.tinnitus_hz != after.tinnitus_hz;
        EXPECT_TRUE(changed) << to_string(flag);
        EXPECT_NE(before.version, after.version);
    }
}

TEST(PolicyMaker, ASettingNeverGivesBackWhatAFlagForbids) {
    Circumstances c;
    c.intake.flags = {Flag::kHyperacusis, Flag::kRuminates};
    c.settings.ceiling_dba = 85.0;
    c.settings.ceiling_gain_db = 0.0;
    c.settings.match = true;
    const flow::Policy p = make_policy(c);
    EXPECT_EQ(p.ceiling_dba, 60.0);
    EXPECT_EQ(p.ceiling_gain_db, -6.0);
    EXPECT_FALSE(p.allow_match);
}

TEST(PolicyMaker, MemoryMarksBlockOrAskDependingOnWhoIsThere) {
    Circumstances c;
    c.settings.memories = {{key(1), flow::Memory::kNever}, {key(2), flow::Memory::kAsk}, {key(3), flow::Memory::kOnlyWithMe}};
    flow::Policy p = make_policy(c);
    EXPECT_TRUE(p.blocks.tracks.contains(key(1)));
    EXPECT_TRUE(p.blocks.ask_first.contains(key(2)));
    EXPECT_TRUE(p.blocks.ask_first.contains(key(3)));
    EXPECT_EQ(p.blocks.askable, std::set{key(2)}) << "who wants somebody there is not asked whether it must be so";
    for (const Flag flag : {Flag::kTrauma, Flag::kDementia}) {
        c.intake.flags = {flag};
        EXPECT_TRUE(make_policy(c).blocks.askable.empty()) << to_string(flag);
        EXPECT_TRUE(make_policy(c).blocks.ask_first.contains(key(2))) << to_string(flag);
    }
    c.intake.flags.clear();
    c.companion_present = true;
    p = make_policy(c);
    EXPECT_TRUE(p.blocks.ask_first.contains(key(2)));
    EXPECT_FALSE(p.blocks.ask_first.contains(key(3)));
}

TEST(PolicyMaker, WorkplaceAndEducationInferNothingFromTheBody) {
    for (const auto d : {flow::Deployment::kWorkplace, flow::Deployment::kEducation}) {
        Circumstances c;
        c.deployment = d;
        EXPECT_FALSE(make_policy(c).infer_from_body);
    }
    EXPECT_TRUE(make_policy({}).infer_from_body);
}

TEST_F(PeopleTest, TheFirstStartMakesOnePersonAndOnlyOne) {
    EXPECT_EQ(people.first(ids.next(), 2)->id, ada.id);
    EXPECT_EQ(people.all()->size(), 1U);
}

TEST_F(PeopleTest, IntakeAndSettingsComeBackAsTheyWere) {
    EXPECT_FALSE(people.intake(ada.id)->asked);
    Intake intake{true, false, {Flag::kTinnitus, Flag::kTrauma}, 6000.0, key(9), {"slayer"}, {key(4)}};
    ASSERT_TRUE(people.set_intake(ada.id, intake));
    EXPECT_EQ(*people.intake(ada.id), intake);
    Settings settings;
    settings.blocked_artists = {"someone"};
    settings.memories[key(3)] = flow::Memory::kAsk;
    settings.limits.arousal = .2;
    settings.tether = .5;
    ASSERT_TRUE(people.set_settings(ada.id, settings));
    EXPECT_EQ(*people.settings(ada.id), settings);
    const auto policy = people.policy(ada.id, flow::Deployment::kHome, false, 10);
    ASSERT_TRUE(policy);
    EXPECT_TRUE(policy->blocks.artists.contains("slayer"));
    EXPECT_EQ(policy->limits.arousal, .2);
    EXPECT_EQ(*policy->safe_track, key(9));
}

TEST_F(PeopleTest, WhatIsBlockedKeepsWhoSaidSoAndOnlyATherapistTakesATherapistsWordBack) {
    const std::string track = key(3).hex();
    const auto change = [&](auto what) { return people.change_settings(ada.id, [&](Settings& s) -> Result<void> { return what(s); }); };
    ASSERT_TRUE(change([&](Settings& s) { return block(s, track, {"ada", flow::Role::kListener, 5}); }));
    ASSERT_TRUE(change([&](Settings& s) { return block(s, "artist: SLAYER ", {"kim", flow::Role::kTherapist, 6}); }));
    const Settings kept = *people.settings(ada.id);
    EXPECT_TRUE(kept.blocked_tracks.contains(key(3)));
    EXPECT_TRUE(kept.blocked_artists.contains("slayer"));
    EXPECT_EQ(kept.blocked_by.at(track), (BlockedBy{"ada", flow::Role::kListener, 5}));
    EXPECT_EQ(kept.blocked_by.at("artist:slayer").actor, "kim");
    EXPECT_TRUE(people.policy(ada.id, flow::Deployment::kHome, false, 10)->blocks.tracks.contains(key(3)));
    const auto refused = change([&](Settings& s) { return allow(s, "artist:Slayer", flow::Role::kListener); });
    EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
    EXPECT_EQ(*people.settings(ada.id), kept);
    ASSERT_TRUE(change([&](Settings& s) { return allow(s, "artist:Slayer", flow::Role::kOwner); }));
    ASSERT_TRUE(change([&](Settings& s) { return allow(s, track, flow::Role::kListener); }));
    EXPECT_EQ(*people.settings(ada.id), Settings{});
    EXPECT_EQ(change([&](Settings& s) { return allow(s, track, flow::Role::kListener); }).error().code, ErrorCode::kNotFound);
}

TEST_F(PeopleTest, AListenersBlockThatATherapistRepeatsIsATherapists) {
    Settings s;
    ASSERT_TRUE(block(s, "tag:metal", {"ada", flow::Role::kListener, 5}));
    ASSERT_TRUE(block(s, "tag:metal", {"kim", flow::Role::kTherapist, 6}));
    ASSERT_TRUE(block(s, "tag:metal", {"ada", flow::Role::kListener, 7}));
    EXPECT_EQ(s.blocked_by.at("tag:metal").actor, "kim");
    EXPECT_EQ(allow(s, "tag:Metal", flow::Role::kResearcher).error().code, ErrorCode::kRefused);
    EXPECT_EQ(block(s, "artist:", {}).error().code, ErrorCode::kBadArgument);
    EXPECT_EQ(*parse_settings(text_of(s)), s);
}

TEST_F(PeopleTest, ValuesOutOfRangeAreRefusedWithTheirRange) {
    Settings settings;
    settings.ceiling_dba = 120.0;
    const auto bad = people.set_settings(ada.id, settings);
    ASSERT_FALSE(bad);
    EXPECT_NE(bad.error().message.find("120"), std::string::npos);
    EXPECT_NE(bad.error().message.find("85"), std::string::npos);
    EXPECT_FALSE(parse_intake("{\"asked\":true"));
    EXPECT_FALSE(parse_intake(R"({"asked":true,"skipped":false,"flags":["sunburn"]})"));
}

TEST_F(PeopleTest, AGrantCountsForItsSensorPurposeAndTimeUntilWithdrawn) {
    const Grant grant{ids.next(), ada.id, "face", "session", 100, 200, false};
    ASSERT_TRUE(people.grant(grant, flow::Deployment::kHome));
    EXPECT_TRUE(people.granted(ada.id, "face", "session", 150, flow::Deployment::kHome));
    EXPECT_FALSE(people.granted(ada.id, "face", "session", 250, flow::Deployment::kHome));
    EXPECT_FALSE(people.granted(ada.id, "voice", "session", 150, flow::Deployment::kHome));
    EXPECT_FALSE(people.granted(ada.id, "face", "training", 150, flow::Deployment::kHome));
    EXPECT_FALSE(people.granted(ada.id, "face", "session", 150, flow::Deployment::kWorkplace));
    ASSERT_TRUE(people.withdraw(ada.id, "face"));
    const auto gone = people.granted(ada.id, "face", "session", 150, flow::Deployment::kHome);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kRefused);
}

TEST_F(PeopleTest, ConsentDoesNotLiftTheBanOfADeployment) {
    const Grant grant{ids.next(), ada.id, "face", "session", 100, 200, false};
    EXPECT_EQ(people.grant(grant, flow::Deployment::kEducation).error().code, ErrorCode::kRefused);
}

TEST_F(PeopleTest, DoseAddsUpOverSevenDaysAndThenForgets) {
    ASSERT_TRUE(people.add_dose(ada.id, 1 * kDayNs, .25));
    ASSERT_TRUE(people.add_dose(ada.id, 6 * kDayNs, .50));
    EXPECT_NEAR(*people.dose_used(ada.id, 7 * kDayNs), .75, 1e-12);
    EXPECT_NEAR(*people.policy(ada.id, flow::Deployment::kHome, false, 7 * kDayNs)->dose_left, .25, 1e-12);
    EXPECT_NEAR(*people.dose_used(ada.id, 9 * kDayNs), .50, 1e-12);
}

TEST_F(PeopleTest, ErasingLeavesNothingButTheFactThatItWasDone) {
    ASSERT_TRUE(people.keep(ada.id, "liking", "secret taste"));
    ASSERT_TRUE(people.grant({ids.next(), ada.id, "face", "session", 1, 2, false}, flow::Deployment::kHome));
    ASSERT_TRUE(people.erase(ada.id, 42));
    EXPECT_EQ(people.person(ada.id).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(people.kept(ada.id, "liking")->has_value());
    EXPECT_TRUE(people.grants(ada.id)->empty());
    EXPECT_EQ(**people.erased_at(ada.id), 42);
    EXPECT_FALSE(people.keep(ada.id, "liking", "again"));
}

TEST_F(PeopleTest, ASealedProfileIsNotReadableInTheDatabase) {
    store::DataKey data_key{};
    data_key.fill(3);
    const store::Seal sealed({{1, data_key}}, 1);
    People vault(*db, sealed);
    Person bob{ids.next(), "Bob Planted-Plaintext", "", "", "", 5};
    ASSERT_TRUE(vault.add(bob));
    const auto row = db->query_one("SELECT profile FROM care_person WHERE created_ns = 5", {}, "bob");
    ASSERT_TRUE(row);
    const auto& bytes = (*row)[0].blob();
    EXPECT_EQ(std::string(bytes.begin(), bytes.end()).find("Planted"), std::string::npos);
    EXPECT_EQ(vault.person(bob.id)->name, bob.name);
    EXPECT_FALSE(people.person(bob.id));   // without the key
}

TEST(ContactLine, TellsWhatIsKnownOfNameAndReach) {
    Person ben;
    EXPECT_EQ(contact_line(ben), "");
    ben.contact_name = "Ben";
    EXPECT_EQ(contact_line(ben), "Ben");
    ben.contact_reach = "+1 555 0100";
    EXPECT_EQ(contact_line(ben), "Ben, +1 555 0100");
    ben.contact_name.clear();
    EXPECT_EQ(contact_line(ben), "+1 555 0100");
}

TEST(HelpCards, EveryShippedCardReadsAndAnUnknownRegionGetsTheInternationalOne) {
    for (const char* region : {"US", "ca", "GB", "IE", "EU", "INT"}) {
        const auto card = load_help_card(region);
        ASSERT_TRUE(card) << region << ": " << card.error().describe();
        EXPECT_FALSE(card->lines.empty());
        EXPECT_FALSE(card->source.empty());
    }
    EXPECT_EQ(load_help_card("zz")->region, "INT");
    EXPECT_EQ(load_help_card("../etc")->region, "INT");
}

Loudness wish(std::optional<double> ceiling_dba, std::optional<double> ceiling_gain_db, std::optional<double> full_scale_dba,
              bool uncalibrated = false) {
    return {ceiling_dba, ceiling_gain_db, full_scale_dba, uncalibrated};
}

TEST(Loudness, AnybodyLowersACeilingAndOnlyATherapistOrTheOwnerRaisesOne) {
    Settings settings;
    ASSERT_TRUE(change_loudness(settings, wish(60.0, -6.0, {}, false), flow::Role::kListener));
    for (const flow::Role role : {flow::Role::kListener, flow::Role::kResearcher}) {
        for (const Loudness& asked : {wish(61.0, {}, {}, false), wish({}, -5.0, {}, false), wish({}, {}, 90.0, false),
                                     wish({}, {}, {}, true)}) {
            const auto refused = change_loudness(settings, asked, role);
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
        }
    }
    EXPECT_EQ(settings.ceiling_dba, 60.0);
    EXPECT_EQ(settings.full_scale_dba, std::nullopt);
    for (const flow::Role role : {flow::Role::kTherapist, flow::Role::kOwner}) {
        Settings theirs = settings;
        ASSERT_TRUE(change_loudness(theirs, wish(75.0, {}, 95.0, false), role));
        const auto read = parse_settings(text_of(theirs));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, theirs);
        EXPECT_EQ(read->full_scale_dba, 95.0);
        EXPECT_FALSE(change_loudness(theirs, wish(86.0, {}, {}, false), role));   // nobody goes beyond 85
    }
    // 65 dBA stands where nothing was set.
    Settings fresh;
    EXPECT_FALSE(change_loudness(fresh, wish(66.0, {}, {}, false), flow::Role::kListener));
    EXPECT_TRUE(change_loudness(fresh, wish(66.0, {}, {}, false), flow::Role::kTherapist));
}

TEST(HelpCards, ACardGoesStaleAfterAYear) {
    HelpCard card;
    card.checked = "2026-01-31";
    EXPECT_FALSE(card.stale("2027-01-31"));
    EXPECT_TRUE(card.stale("2027-02-01"));
    card.checked = "someday";
    EXPECT_TRUE(card.stale("2026-02-01"));
}

}  // namespace
