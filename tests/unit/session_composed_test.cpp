// SPDX-License-Identifier: GPL-3.0-or-later
// A composed item in a session: it sounds, ends where the plan says, and who composed it is in the record.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "session/codec.hpp"
#include "session/engine_player.hpp"
#include "support/temp_dir.hpp"

namespace attune::session {
namespace {

EngineOrder plan_of(std::uint8_t id, double seconds) {
    EngineOrder order;
    order.action = EngineAction::kAdopt;
    flow::PlanItem item;
    item.id.bytes[15] = id;
    item.kind = flow::ItemKind::kCompose;
    item.title = "Composed";
    item.out_s = seconds;
    item.expected = flow::Va{.4, -.3};
    order.plan.items.push_back(item);
    return order;
}

struct Played {
    PlayerNews news;
    std::string bytes;
};

Played run(const std::filesystem::path& file, double seconds) {
    play::PlayerConfig config;
    config.mode = play::RunMode::kOffline;
    config.file = file.string();
    auto player = EnginePlayer::create(config, [](const ContentKey&) { return ProfilePtr{}; }).value();
    player->apply(plan_of(7, seconds));
    Played out;
    EXPECT_TRUE(player->start().has_value());
    for (int t = 1; t <= static_cast<int>(seconds) + 6; ++t) player->advance_to(Time{} + milliseconds(1000 * t), out.news);
    EXPECT_TRUE(player->finish().has_value());
    std::ifstream in(file, std::ios::binary);
    out.bytes.assign(std::istreambuf_iterator<char>(in), {});
    return out;
}

template <typename T>
const T* first(const PlayerNews& news) {
    for (const auto& [t, payload] : news)
        if (const T* found = std::get_if<T>(&payload)) return found;
    return nullptr;
}

TEST(ComposedItem, IsHeardAndItsEngineIsInTheRecord) {
    const test::TempDir dir;
    const Played a = run(dir.path() / "a.wav", 12);
    const Composed* composed = first<Composed>(a.news);
    ASSERT_NE(composed, nullptr);
    EXPECT_EQ(composed->engine, "rule");
    EXPECT_FALSE(composed->fell_back);
    EXPECT_FALSE(composed->style.empty());
    // Behind the only item nothing is planned: then the safe bed plays, which is a fault of nobody's music.
    for (const auto& [t, payload] : a.news) {
        const auto* fault = std::get_if<Fault>(&payload);
        EXPECT_TRUE(fault == nullptr || t.seconds() > 10.0) << fault->room << " " << fault->code << " " << fault->message << " at " << t.seconds();
    }
    double loudest = -70;
    for (const auto& [t, payload] : a.news)
        if (const auto* heard = std::get_if<flow::Heard>(&payload); heard != nullptr && heard->kind == flow::ItemKind::kCompose)
            loudest = std::max(loudest, heard->lufs_momentary);
    EXPECT_GT(loudest, -40.0) << "something was heard";
    const ItemEnded* ended = first<ItemEnded>(a.news);
    ASSERT_NE(ended, nullptr);
    EXPECT_NEAR(ended->played_s, 12.0, 4.0);
    // The record keeps it, and the same item is the same sound.
    const auto read = decode(EventKind::kComposed, kPayloadVersion, encode(Payload{*composed})).value();
    EXPECT_EQ(std::get<Composed>(read).engine, "rule");
    EXPECT_EQ(std::get<Composed>(read).seed, composed->seed);
    EXPECT_EQ(a.bytes, run(dir.path() / "b.wav", 12).bytes);
}

TEST(ComposedItem, AnEngineThatMissesItsDeadlineIsReplacedByTheRulesAndTheRecordSaysSo) {
    play::PlayerConfig config;
    config.mode = play::RunMode::kLive;
    auto player = EnginePlayer::create(config, [](const ContentKey&) { return ProfilePtr{}; }, play::make_null_sink()).value();
    EnginePlayer::Composers composers;
    composers.engine = compose::EngineKind::kLstm;
    composers.patience_s = 1e-9;
    player->compose_with(composers);
    player->apply(plan_of(9, 20));
    ASSERT_TRUE(player->start().has_value());
    PlayerNews news;
    for (int tries = 0; tries < 1200 && first<Composed>(news) == nullptr; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        player->advance_to(player->now(), news);
    }
    const Composed* composed = first<Composed>(news);
    ASSERT_NE(composed, nullptr);
    EXPECT_TRUE(composed->fell_back);
    EXPECT_EQ(composed->engine, "rule");
    EXPECT_EQ(first<Fault>(news), nullptr) << "a late engine is no fault: the music goes on";
    player->apply({.action = EngineAction::kStop});
    EXPECT_TRUE(player->finish().has_value());
}

TEST(ComposedItem, WithoutASoundfontItFailsWithAReasonAndTheSessionGoesOn) {
    const test::TempDir dir;
    ::setenv("ATTUNE_SOUNDFONT", "/nowhere/font.sf3", 1);
    const Played a = run(dir.path() / "a.wav", 6);
    ::unsetenv("ATTUNE_SOUNDFONT");
    const Fault* fault = first<Fault>(a.news);
    ASSERT_NE(fault, nullptr);
    EXPECT_NE(fault->message.find("/nowhere/font.sf3"), std::string::npos);
}

}  // namespace
}  // namespace attune::session
