// SPDX-License-Identifier: GPL-3.0-or-later
// The real program, the same session: twice, from two data folders that were scanned apart, and in its three ways
// to run (two minutes of real time to the null sink, rendered to a file, and without samples), over real files.
// ATTUNE_SESSION_MINUTES makes the three ways longer, over a made-up library with sound (scripts/soak: an hour).
#include <map>

#include "core/text.hpp"
#include "support/program.hpp"

namespace attune {
namespace {

using nlohmann::json;
using test::Attune;

std::vector<std::string> session(std::vector<std::string> more, int minutes = 2, int listener = 7) {
    std::vector<std::string> args = {"session", "run", "--goal", "calm", "--minutes", std::to_string(minutes), "--sense",
                                     "simulated:anxious?seed=" + std::to_string(listener) + "&family=textbook", "--seed", "1", "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
}

/// Without what may differ: the session's id, moments on the wall clock, and what the run took.
json bare(json object) {
    for (const char* key : {"session", "wall_s", "first_sound_s"}) {
        EXPECT_TRUE(object.contains(key)) << key;
        object.erase(key);
    }
    for (auto it = object.begin(); it != object.end();) it = it.key().ends_with("_at") ? object.erase(it) : std::next(it);
    return object;
}

/// What was played: every item with its joins in frames, gains and tempo, second by second.
struct Played {
    std::vector<json> heard;
    std::vector<json> plans;
};

Played played(Attune& attune, const std::string& id) {
    const auto shown = attune({"session", "show", id, "--events"});
    EXPECT_EQ(shown.status, 0) << shown.err;
    Played all;
    std::map<std::string, std::string> name_of;   // ids of items are drawn by the session's id
    const auto named = [&](const json& item) {
        if (item.is_null()) return std::string();
        return name_of.emplace(item.get<std::string>(), "item" + std::to_string(name_of.size())).first->second;
    };
    for (const std::string_view line : core::split(shown.out, '\n')) {
        if (line.empty()) continue;
        const json event = json::parse(line);
        json data = event.at("data");
        if (event.at("kind") == "heard") {
            data["item"] = named(data.at("item"));
            data.erase("t_ns");
            data.erase("lufs_momentary");   // measured where there are samples, else from the profile
            all.heard.push_back(std::move(data));
        } else if (event.at("kind") == "decision" && data.contains("plan") && !data.at("plan").is_null()) {
            json items = data.at("plan").at("items");
            for (json& item : items) item.erase("id");
            all.plans.push_back(std::move(items));
        }
    }
    // A file ends with its last item; the other two wait in silence for the closing rating.
    while (all.heard.size() > 1 && all.heard.back().at("playing") == false) all.heard.pop_back();
    return all;
}

void expect_same(const Played& a, const Played& b, const char* what) {
    EXPECT_EQ(a.plans, b.plans) << what;
    ASSERT_EQ(a.heard.size(), b.heard.size()) << what;
    for (std::size_t i = 0; i < a.heard.size(); ++i) {
        ASSERT_EQ(a.heard[i], b.heard[i]) << what << ", news " << i << "\n" << json::diff(a.heard[i], b.heard[i]);
    }
}

/// In real time an item is heard when the sink gets to it; its place in frames is compared above.
void expect_same_but_for_the_moment(json fast, json live) {
    fast.erase("underruns");
    live.erase("underruns");
    ASSERT_EQ(fast.at("items").size(), live.at("items").size());
    for (std::size_t i = 0; i < fast.at("items").size(); ++i) {
        json& a = fast.at("items").at(i);
        json& b = live.at("items").at(i);
        EXPECT_NEAR(a.at("t_s").get<double>(), b.at("t_s").get<double>(), 1.0);
        a.erase("t_s");
        b.erase("t_s");
    }
    EXPECT_EQ(fast, live) << json::diff(fast, live);
}

int minutes_asked() {
    const char* asked = std::getenv("ATTUNE_SESSION_MINUTES");
    return asked == nullptr ? 2 : std::max(2, std::atoi(asked));
}

/// The clips are too few for more than their own length: a track returns after an hour.
void take_music(Attune& attune, int minutes) {
    if (minutes == 2) return attune.take_data_of(test::scanned());
    const auto made = attune({"simulate", "library", "--audio", "--seconds", "200", "--tracks", std::to_string(minutes), "--seed", "3"});
    ASSERT_EQ(made.status, 0) << made.err;
}

/// How the sound of a live session fared, as the record has it.
json last_sound(Attune& attune, const std::string& id) {
    const auto shown = attune({"session", "show", id, "--events"});
    json last;
    for (const std::string_view line : core::split(shown.out, '\n'))
        if (!line.empty() && json::parse(line).at("kind") == "sound") last = json::parse(line).at("data");
    return last;
}

TEST(ThreeWays, RealTimeAFileAndNoSamplesPlayTheSame) {
    const int minutes = minutes_asked();
    const int listener = minutes == 2 ? 22 : 7;   // who soon skips
    Attune attune;
    take_music(attune, minutes);
    auto live = attune.start(session({"--sink", "null"}, minutes, listener));
    const auto timeline = attune(session({"--sink", "null", "--fast"}, minutes, listener));
    const auto rendered = attune(session({"--sink", "file:" + attune.file("o.flac").string(), "--fast"}, minutes, listener));
    ASSERT_EQ(timeline.status, 0) << timeline.err;
    ASSERT_EQ(rendered.status, 0) << rendered.err;
    const json fast = timeline.json();
    std::size_t tracks = 0, skipped = 0;
    for (const json& item : fast.at("items")) {
        tracks += item.at("kind") == "track";
        skipped += item.at("ended") == "skip";
    }
    EXPECT_GE(tracks, 3U) << "too few joins to show anything";
    EXPECT_GE(skipped, minutes == 2 ? 1U : 0U) << "no plan was adopted in the middle of an item";
    EXPECT_EQ(bare(fast), bare(rendered.json())) << json::diff(bare(fast), bare(rendered.json()));
    const Played reference = played(attune, fast.at("session"));
    EXPECT_GE(reference.heard.size(), static_cast<std::size_t>(60 * minutes - 5));
    expect_same(reference, played(attune, rendered.json().at("session")), "file");
    EXPECT_GT(std::filesystem::file_size(attune.file("o.flac")), 100'000U);

    const auto real = live->wait();
    ASSERT_EQ(real.status, 0) << real.err;
    EXPECT_GE(real.json().at("wall_s").get<double>(), 60.0 * minutes - 5.0);
    const json sound = last_sound(attune, real.json().at("session"));
    RecordProperty("sound", sound.dump());
    EXPECT_EQ(real.json().at("underruns"), 0) << sound.dump();
    expect_same_but_for_the_moment(bare(fast), bare(real.json()));
    expect_same(reference, played(attune, real.json().at("session")), "live");
    const auto replayed = attune({"session", "replay", real.json().at("session"), "--json"});
    EXPECT_EQ(replayed.status, 0) << replayed.out << replayed.err;
}

TEST(TwoRuns, PrintTheSameAlsoFromTwoDataFoldersScannedApart) {
    Attune here, there;
    here.take_data_of(test::scanned());
    there.scan_clips();
    const auto first = here(session({"--sink", "null", "--fast"}));
    const auto second = here(session({"--sink", "null", "--fast"}));
    const auto elsewhere = there(session({"--sink", "null", "--fast"}));
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_NE(first.json().at("session"), second.json().at("session"));
    EXPECT_EQ(bare(first.json()), bare(second.json()));
    EXPECT_EQ(bare(first.json()), bare(elsewhere.json()));
    EXPECT_EQ(first.json().at("items").at(0).at("track").get<std::string>().size(), 32U) << "tracks are content keys";
}

}  // namespace
}  // namespace attune
