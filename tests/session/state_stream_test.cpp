// SPDX-License-Identifier: GPL-3.0-or-later
// What a session hears from its listener decides, and only what means something helps: the same library under two
// streams of ratings; ratings that were shuffled between people and tracks; a wristband of somebody else.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "affect/body_recogniser.hpp"
#include "core/random.hpp"
#include "sense/simulated_source.hpp"
#include "support/stage.hpp"

namespace attune::session {
namespace {

constexpr std::array kPersonas = {"anxious", "low", "restless"};
constexpr std::uint64_t kSeeds = 10;

struct Mean {
    double mean = 0.0, half = 0.0;   ///< of the paired differences; half of the 95 % interval, normal
};
Mean mean_of(const std::vector<double>& x) {
    const auto n = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double squares = 0.0;
    for (const double v : x) squares += (v - mean) * (v - mean);
    return {mean, 1.96 * std::sqrt(squares / (n - 1.0) / n)};
}

template <typename T>
void shuffle(std::vector<T>& x, std::uint64_t seed) {
    core::Random random(seed, "test/shuffle");
    for (std::size_t i = x.size(); i > 1; --i) std::swap(x[i - 1], x[random.next() % i]);
}

/// Mean distance of the music from the true start mood in the first ten minutes: what the iso principle is about.
double mismatch(const Outcome& outcome) {
    double sum = 0.0, n = 0.0;
    for (const flow::Heard& heard : outcome.summary.heard) {
        if (!heard.expressed || heard.t.seconds() > 600.0) continue;
        sum += flow::distance(*heard.expressed, *outcome.result.true_start);
        n += 1.0;
    }
    return sum / n;
}

std::vector<ContentKey> adopted(const Outcome& outcome, double from_s, double to_s) {
    std::vector<ContentKey> tracks;
    for (const auto& [t, decision] : outcome.summary.decisions) {
        if (!decision.plan || t.seconds() < from_s || t.seconds() > to_s) continue;
        for (const flow::PlanItem& item : decision.plan->items) tracks.push_back(item.track);
    }
    return tracks;
}

TEST(StateStream, TheSameLibraryAndStartButOtherRatingsGiveOtherDecisions) {
    const auto session = [](const flow::Va& later) {
        return run({.script = {rating_at(240, later), rating_at(480, later)}, .answers = false, .start = flow::Va{-.35, .60}});
    };
    const Outcome better = session({.5, -.3});
    const Outcome worse = session({-.8, .9});
    EXPECT_EQ(adopted(better, 0, 239), adopted(worse, 0, 239)) << "until the first answer nothing differs";
    EXPECT_NE(adopted(better, 239, 1300), adopted(worse, 239, 1300));
}

// ---- ratings ----

/// What this listener says of every tenth track of the library.
std::vector<double> said_of_tracks(const char* persona, std::uint64_t seed) {
    sense::SimulationOptions options;
    options.seed = seed;
    options.body = false;
    const auto listener = *sense::SimulatedListener::create(*sense::load_persona(persona, sense::Family::kIsoTrue), options);
    std::vector<double> said;
    for (std::size_t row = 0; row < stage().world.view->size(); row += 10) {
        said.push_back(listener.true_liking(stage().world.view->key[row]));
    }
    return said;
}

std::string known_by(const std::vector<double>& said) {
    PersonState state;
    std::size_t row = 0;
    for (const double liking : said) {
        state.liking.observe(*stage().world.view, row, choose::LikingSource::kRated, liking);
        row += 10;
    }
    return state.text();
}

struct Answers {
    std::vector<double> times;
    std::vector<flow::Va> values;          ///< the start rating first
    std::vector<double> liking;
};

Cast told(const char* persona, std::uint64_t seed, const Answers& answers) {
    Cast cast{.persona = persona, .family = sense::Family::kIsoTrue, .seed = seed, .tolerance = .6, .answers = false};
    cast.start = answers.values.front();
    for (std::size_t i = 0; i < answers.times.size(); ++i) cast.script.push_back(rating_at(answers.times[i], answers.values[i + 1]));
    cast.person_state = known_by(answers.liking);
    return cast;
}

TEST(StateStream, ShuffledRatingsAreMeasurablyWorseWhereTheIsoPrincipleHolds) {
    struct Person {
        const char* persona = "";
        std::uint64_t seed = 0;
        Answers answers;
        Outcome own;
    };
    std::vector<Person> people;
    std::vector<flow::Va> felt;
    std::vector<double> liking;
    for (const char* persona : kPersonas) {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            auto& p = people.emplace_back();
            p.persona = persona;
            p.seed = seed;
            p.answers.liking = said_of_tracks(persona, seed);
            p.own = run({.persona = persona, .family = sense::Family::kIsoTrue, .seed = seed, .tolerance = .6,
                         .person_state = known_by(p.answers.liking)});
            p.answers.values.push_back(p.own.summary.start.start.value_or(flow::Va{}));
            for (const flow::Rating& rating : p.own.summary.ratings) {
                if (!rating.touched || !rating.value) continue;
                p.answers.times.push_back(rating.t.seconds());
                p.answers.values.push_back(*rating.value);
            }
            felt.insert(felt.end(), p.answers.values.begin(), p.answers.values.end());
            liking.insert(liking.end(), p.answers.liking.begin(), p.answers.liking.end());
        }
    }
    shuffle(felt, 1);
    shuffle(liking, 2);
    std::vector<double> more_left, more_mismatch;
    std::size_t f = 0, l = 0;
    for (const Person& p : people) {
        Answers mixed = p.answers;
        for (flow::Va& value : mixed.values) value = felt[f++];
        for (double& value : mixed.liking) value = liking[l++];
        const Outcome outcome = run(told(p.persona, p.seed, mixed));
        more_left.push_back(outcome.left() - p.own.left());
        more_mismatch.push_back(mismatch(outcome) - mismatch(p.own));
    }
    const Mean left = mean_of(more_left), off = mean_of(more_mismatch);
    RecordProperty("share_of_distance_left", std::to_string(left.mean) + " +- " + std::to_string(left.half));
    RecordProperty("mismatch", std::to_string(off.mean) + " +- " + std::to_string(off.half));
    EXPECT_GT(left.mean - left.half, 0.0) << left.mean;
    EXPECT_GT(off.mean - off.half, 0.0) << off.mean;
}

// ---- sensors ----

/// A wristband on another wrist: its wearer hears nothing of this session.
void wear_somebody_elses(Cast& cast) {
    sense::SimulationOptions options;
    options.seed = cast.seed + 1000;
    auto other = sense::SimulatedListener::create(*sense::load_persona("noisy", cast.family), options);
    cast.sources.push_back(std::make_unique<sense::SimulatedSource>(*std::move(other), "wrist"));
    cast.recognisers.push_back(std::make_unique<affect::BodyRecogniser>("wrist", nullptr));
}

TEST(StateStream, ShuffledSensorsAreNoWorseThanNone) {
    std::vector<double> more_left;
    double most_weight = 0.0;
    for (const char* persona : kPersonas) {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            const auto cast = [&] { return Cast{.persona = persona, .family = sense::Family::kIsoTrue, .seed = seed, .tolerance = .6}; };
            Cast foreign = cast();
            wear_somebody_elses(foreign);
            const Outcome with = run(std::move(foreign));
            const Outcome without = run(cast());
            more_left.push_back(with.left() - without.left());
            for (const flow::AffectState& state : with.summary.states) {
                for (const auto& source : state.sources) most_weight = std::max(most_weight, source.weight);
            }
        }
    }
    const Mean left = mean_of(more_left);
    RecordProperty("share_of_distance_left", std::to_string(left.mean) + " +- " + std::to_string(left.half));
    EXPECT_LE(left.mean - left.half, 0.0) << left.mean << ": measurably worse";
    EXPECT_LE(left.mean, .02);
    EXPECT_GT(most_weight, 0.0) << "it was never listened to: nothing is shown";
}

}  // namespace
}  // namespace attune::session
