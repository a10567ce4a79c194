// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/compare.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>

#include "affect/body_recogniser.hpp"
#include "choose/planner.hpp"
#include "choose/rules.hpp"
#include "choose/score.hpp"
#include "core/paths.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "library/simulated_library.hpp"
#include "sense/simulated_listener.hpp"
#include "session/runner.hpp"
#include "session/engine_player.hpp"

namespace attune::session {
namespace {

constexpr double kEarlyS = 600.0;   ///< "the first ten minutes"

/// The made-up library that every session of a comparison plays from.
struct Shelf {
    World world;
    std::vector<ProfilePtr> profiles;   ///< by row

    [[nodiscard]] ProfilePtr profile(const ContentKey& key) const {
        const auto row = world.view->row(key);
        return row ? profiles[*row] : nullptr;
    }
};

Result<Shelf> make_shelf(const CompareRequest& request) {
    Shelf shelf;
    const library::SimulatedLibrary made(request.tracks, request.library_seed);
    shelf.world.view = made.view();
    shelf.world.index = std::make_shared<choose::TrackIndex>(*shelf.world.view);
    ATTUNE_TRY(const auto file, core::resource("policies/default_table.toml"));
    ATTUNE_TRY(auto table, choose::FallbackTable::load(file));
    shelf.world.table = std::make_shared<choose::FallbackTable>(std::move(table));
    shelf.profiles.resize(made.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
        auto profile = std::make_shared<const flow::TrackProfile>(made.profile(i));
        shelf.profiles[*shelf.world.view->row(profile->key)] = profile;
    }
    return shelf;
}

/// A taste model of the quality that the field reaches (r .45 with what is liked): the listener's own.
class HintedTaste final : public choose::LikingPredictor {
public:
    HintedTaste(const sense::SimulatedListener& listener, const flow::LibraryView& view)
        : listener_(listener), view_(view), means_(view.size(), std::nan("")) {}
    double mean(std::size_t row) const override {
        if (std::isnan(means_[row])) means_[row] = listener_.taste_hint(view_.key[row]).liking;
        return means_[row];
    }
    choose::Liking predict(std::size_t row) const override {
        return {mean(row), listener_.taste_hint(view_.key[row]).sd};
    }

private:
    const sense::SimulatedListener& listener_;
    const flow::LibraryView& view_;
    mutable std::vector<double> means_;
};

/// Knows everything about this listener: of all allowed tracks, the one after which the true mood, without
/// chance, would be nearest to the target; one item a plan, so that it looks again at each item's end.
class Oracle {
public:
    Oracle(const sense::SimulatedListener& listener, const Shelf& shelf) : listener_(listener), shelf_(shelf) {}

    flow::Plan plan(const choose::PlanRequest& request) const {
        const flow::LibraryView& view = *request.view;
        const choose::Rules rules(request);
        flow::Plan plan;
        plan.view_version = view.version;
        plan.policy_version = request.policy->version;
        plan.state_seq = request.state_seq;
        std::optional<std::pair<double, std::size_t>> best;
        const bool too_late = request.remaining_s < choose::kShortestItemS;   // as every other policy has it
        for (std::size_t row = 0; row < view.size() && !too_late; ++row) {
            if (!rules.allowed(row)) continue;
            const double d = after(request, row);
            if (!best || d < best->first) best = {d, row};
        }
        flow::PlanItem item;
        if (best) {
            item.track = view.key[best->second];
            item.title = view.title[best->second];
            item.out_s = std::min(static_cast<double>(view.duration_s[best->second]), request.remaining_s);
            item.gain_db = choose::normalisation_gain_db(view, best->second, *request.policy);
            item.expected = expressed(best->second);
            item.phase = request.land_now ? flow::Phase::kLand : flow::Phase::kMove;
        } else {
            item.kind = flow::ItemKind::kSilence;
            item.out_s = std::max(request.remaining_s, 1.0);
        }
        item.reasons.push_back({"policy_oracle", {{"title", item.title}}, 0.0});
        plan.items.push_back(std::move(item));
        return plan;
    }

private:
    flow::Va expressed(std::size_t row) const {
        return {static_cast<double>(shelf_.world.view->valence[row]), static_cast<double>(shelf_.world.view->arousal[row])};
    }

    double after(const choose::PlanRequest& request, std::size_t row) const {
        const flow::LibraryView& view = *request.view;
        const flow::Va sd{static_cast<double>(view.valence_sd[row]), static_cast<double>(view.arousal_sd[row])};
        constexpr double kStep = 60.0;
        const double keep = std::exp(-kStep / listener_.traits().tau_s);
        const double seconds = std::min(static_cast<double>(view.duration_s[row]), request.remaining_s);
        flow::Va x = listener_.true_mood();
        for (double t = 0.0; t < seconds; t += kStep)
            x = choose::Process::towards(x, listener_.true_pull(view.key[row], expressed(row), sd, x), keep);
        return request.goal.distance_from(x, request.start);
    }

    const sense::SimulatedListener& listener_;
    const Shelf& shelf_;
};

struct Outcome {
    double start = 0.0, distance = 0.0;
    std::optional<double> mismatch;
    bool stopped = false;
    double plans = 0.0;
};

/// Its frames are the listener's own; the index is read as of a wristband without a stress model.
void wear_wristband(RunSetup& setup) {
    constexpr const char* kWrist = "simulated";   // what a simulated listener's frames are called
    setup.start.sources.emplace_back(kWrist, flow::SourceKind::kBody);
    setup.recognisers.push_back(std::make_unique<affect::BodyRecogniser>(kWrist, nullptr));
}

Result<Outcome> run_one(const Shelf& shelf, const CompareRequest& request, const sense::Persona& persona,
                        const CompareFamily& family, const CompareArm& arm, std::uint64_t seed) {
    sense::SimulationOptions options;
    options.seed = seed;
    options.tolerance = family.tolerance;
    options.response = family.response;
    options.body = request.sensors;
    ATTUNE_TRY(auto made, sense::SimulatedListener::create(persona, options));
    auto owned = std::make_unique<sense::SimulatedListener>(std::move(made));
    const sense::SimulatedListener& listener = *owned;

    RunSetup setup;
    setup.start.goal = {persona.goal, {}, request.minutes};
    if (const auto answer = owned->asked_felt({}, std::nullopt)) setup.start.start = answer->value;
    setup.start.seed = seed;
    setup.start.strategy = choose::to_string(arm.strategy);
    setup.start.taste_weight = arm.taste ? 1.0 : 0.0;
    setup.start.simulated = true;
    if (request.sessions_before > 0) {
        PersonState person;
        person.ordinal = request.sessions_before;
        setup.start.person_state = person.text();
    }
    if (request.sensors) wear_wristband(setup);
    setup.world = shelf.world;
    auto plans = std::make_shared<double>(0.0);
    const auto taste = std::make_shared<const HintedTaste>(listener, *shelf.world.view);
    setup.world.stand_in = [&listener, &shelf, arm, taste, plans](choose::Strategy strategy, const choose::PlanRequest& asked,
                                                               std::uint64_t s) {
        *plans += 1.0;
        if (arm.oracle) return Oracle(listener, shelf).plan(asked);
        choose::PlanRequest own = asked;
        own.liking = taste.get();
        return choose::plan_by(strategy, own, s);
    };
    setup.profiles = [&shelf](const ContentKey& key) { return shelf.profile(key); };
    ATTUNE_TRY(setup.player, EnginePlayer::create(play::PlayerConfig(), setup.profiles));
    Outcome outcome;
    const flow::Va from = listener.true_mood();
    outcome.start = setup.start.goal.distance_from(from, from);
    double mismatch = 0.0;
    int heard_s = 0;
    const Time end = Time{} + from_seconds(request.minutes * 60.0);
    const flow::Goal goal = setup.start.goal;
    setup.live_on_until = end;
    setup.observe = [&](Time t, const sense::SimulatedListener& person, const flow::Heard& heard) {
        if (t <= end) outcome.distance = goal.distance_from(person.true_mood(), from);
        if (t.seconds() >= kEarlyS || !heard.playing || !heard.expressed) return;
        mismatch += flow::distance(*heard.expressed, person.true_mood());
        ++heard_s;
    };
    setup.sink = [&](const SessionEvent& event) {
        const auto* decision = std::get_if<Decision>(&event.payload);
        if (decision == nullptr || decision->what != "flag" || decision->reasons.empty()) return;
        outcome.stopped = outcome.stopped || decision->reasons.front().code == "worse_again";
    };
    setup.listener = std::move(owned);
    ATTUNE_CHECK(run(std::move(setup)));
    if (heard_s > 0) outcome.mismatch = mismatch / heard_s;
    outcome.plans = *plans;
    return outcome;
}

Result<void> complete(CompareRequest& r) {
    if (r.seeds < 1 || r.seeds > 1000)
        return fail(ErrorCode::kBadArgument, std::to_string(r.seeds) + " seeds is out of range; 1 to 1000", "--seeds");
    if (!(r.minutes >= 1.0 && r.minutes <= 180.0))
        return fail(ErrorCode::kBadArgument, core::format_double(r.minutes) + " minutes is out of range; 1 to 180", "--minutes");
    if (r.tracks < 1 || r.tracks > 1'000'000)
        return fail(ErrorCode::kBadArgument, std::to_string(r.tracks) + " tracks is out of range; 1 to 1000000", "--tracks");
    if (r.sessions_before < 0 || r.sessions_before > 100'000)
        return fail(ErrorCode::kBadArgument, std::to_string(r.sessions_before) + " sessions before is out of range; 0 to 100000", "--sessions-before");
    if (r.threads < 1 || r.threads > 64)
        return fail(ErrorCode::kBadArgument, std::to_string(r.threads) + " threads is out of range; 1 to 64", "--threads");
    if (r.personas.empty()) r.personas = sense::persona_names();
    if (r.families.empty()) {
        for (const char* name : {"linear", "iso-true:0.6", "fitted", "second-order"}) {
            ATTUNE_TRY(auto family, parse_compare_family(name));
            r.families.push_back(std::move(family));
        }
    }
    if (r.arms.empty()) r.arms = all_arms();
    return {};
}

}  // namespace

Result<CompareFamily> parse_compare_family(std::string_view text) {
    CompareFamily out;
    out.name = std::string(text);
    std::string_view rest = text;
    if (rest.size() > 7 && rest.substr(rest.size() - 7) == ":silent") {
        out.response = 0.0;
        rest.remove_suffix(7);
    }
    const auto colon = rest.find(':');
    ATTUNE_TRY(out.family, sense::parse_family(rest.substr(0, colon)));
    if (colon != std::string_view::npos) {
        const auto w = core::parse_double(rest.substr(colon + 1));
        if (!w || *w <= 0.0 || *w > 10.0)
            return fail(ErrorCode::kBadArgument, "the tolerance of '" + out.name + "' must be a number over 0, up to 10");
        out.tolerance = *w;
    }
    return out;
}

std::vector<CompareArm> all_arms() {
    std::vector<CompareArm> arms;
    for (const choose::Strategy s : {choose::Strategy::kSilence, choose::Strategy::kRandom, choose::Strategy::kStaticGoal,
                                     choose::Strategy::kTable, choose::Strategy::kMatch, choose::Strategy::kNearest,
                                     choose::Strategy::kPlanner}) {
        arms.push_back({choose::to_string(s), s, false, false});
        if (s != choose::Strategy::kSilence)
            arms.push_back({std::string(choose::to_string(s)) + "+taste", s, true, false});
    }
    arms.push_back({"oracle", choose::Strategy::kPlanner, true, true});
    return arms;
}

Interval interval_of(const std::vector<double>& values) {
    Interval out;
    if (values.empty()) return {std::nan(""), std::nan(""), std::nan("")};
    for (const double v : values) out.mean += v / static_cast<double>(values.size());
    constexpr int kResamples = 2000;
    core::Random random(1, "session/compare-bootstrap");
    std::vector<double> means(kResamples);
    for (double& mean : means) {
        double sum = 0.0;
        for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
        mean = sum / static_cast<double>(values.size());
    }
    std::sort(means.begin(), means.end());
    out.low = means[static_cast<std::size_t>(.025 * kResamples)];
    out.high = means[static_cast<std::size_t>(.975 * kResamples) - 1];
    return out;
}

std::vector<double> paired(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> out;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) out.push_back(a[i] - b[i]);
    return out;
}

const CompareCell* CompareReport::cell(std::string_view persona, std::string_view family, std::string_view arm) const {
    for (const CompareCell& c : cells)
        if (c.persona == persona && c.family == family && c.arm == arm) return &c;
    return nullptr;
}

Result<CompareReport> compare(CompareRequest request, const core::CancelToken& cancel, const CompareProgress& progress) {
    const auto from = std::chrono::steady_clock::now();
    ATTUNE_CHECK(complete(request));
    ATTUNE_TRY(const Shelf shelf, make_shelf(request));
    std::vector<sense::Persona> personas;   // persona-major, then family
    for (const std::string& name : request.personas) {
        for (const CompareFamily& family : request.families) {
            ATTUNE_TRY(auto persona, sense::load_persona(name, family.family));
            personas.push_back(std::move(persona));
        }
    }
    const std::size_t seeds = static_cast<std::size_t>(request.seeds);
    const std::size_t arms = request.arms.size(), families = request.families.size();
    const std::size_t total = personas.size() * arms * seeds;
    std::vector<Outcome> outcomes(total);
    std::atomic<std::size_t> next{0}, done{0};
    std::mutex mutex;                       // guards `error` and `progress`
    std::optional<Error> error;
    const auto work = [&] {
        for (;;) {
            const std::size_t i = next.fetch_add(1);
            if (i >= total || cancel.cancelled()) return;
            const std::size_t who = i / (arms * seeds);
            const std::size_t arm = i / seeds % arms;
            auto outcome = run_one(shelf, request, personas[who], request.families[who % families], request.arms[arm], request.first_seed + i % seeds);
            const std::size_t finished = done.fetch_add(1) + 1;
            const std::lock_guard lock(mutex);
            if (outcome) outcomes[i] = *outcome;
            else if (!error) {
                error = std::move(outcome).error();
                error->context = request.personas[who / families] + ", " + request.families[who % families].name + ", " +
                                 request.arms[arm].name + ", seed " + std::to_string(request.first_seed + i % seeds);
            }
            if (error) return;
            if (progress) progress(finished, total);
        }
    };
    std::vector<std::thread> pool;
    for (int t = 1; t < request.threads; ++t) pool.emplace_back(work);
    work();
    for (std::thread& t : pool) t.join();
    if (error) return tl::unexpected(*std::move(error));
    if (cancel.cancelled()) return fail(ErrorCode::kCancelled, "the comparison was cancelled");

    CompareReport report;
    for (std::size_t who = 0; who < personas.size(); ++who) {
        for (std::size_t arm = 0; arm < arms; ++arm) {
            CompareCell cell{request.personas[who / families], request.families[who % families].name, request.arms[arm].name, {}, {}, {}, 0.0, 0.0};
            for (std::size_t s = 0; s < seeds; ++s) {
                const Outcome& o = outcomes[(who * arms + arm) * seeds + s];
                cell.distance.push_back(o.distance);
                if (o.start > 0.0) cell.share.push_back(o.distance / o.start);
                if (o.mismatch) cell.mismatch.push_back(*o.mismatch);
                cell.worsening_stops += (o.stopped ? 1.0 : 0.0) / static_cast<double>(seeds);
                cell.plans += o.plans / static_cast<double>(seeds);
            }
            report.cells.push_back(std::move(cell));
        }
    }
    report.request = std::move(request);
    report.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    return report;
}

}  // namespace attune::session
