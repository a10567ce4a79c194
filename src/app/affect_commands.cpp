// SPDX-License-Identifier: GPL-3.0-or-later
// attune affect watch | constants | fit
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "affect/evaluate_fusion.hpp"
#include "affect/fusion.hpp"
#include "affect/recognisers.hpp"
#include "affect/state_json.hpp"
#include "affect/tables.hpp"
#include "app/command_line.hpp"
#include "app/sense_gate.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "sense/open_source.hpp"
#include "sense/simulated_source.hpp"
#include "session/consent.hpp"

namespace attune::app {
namespace {

constexpr double kTickS = .2;               // AffectState at 5 Hz: a frame of the face waits no longer
constexpr std::int64_t kAskEveryS = 240;    // a simulated listener is asked this often

struct WatchOptions {
    std::vector<std::string> specs;
    std::string from, person;
    double seconds = 0.0;
    bool fast = false;
    std::string data;
};

/// Sources, their recognisers and one fusion, stepped together.
class Watch {
public:
    [[nodiscard]] static Result<std::unique_ptr<Watch>> create(const WatchOptions& options, const Context& context, const core::Clock& clock) {
        ATTUNE_CHECK(may_open(context, options.specs, options.person, "session"));
        const std::filesystem::path& data_dir = context.data_dir;
        std::vector<std::unique_ptr<sense::Source>> sources;
        affect::FusionConfig config;
        for (const std::string& text : options.specs) {
            ATTUNE_TRY(const sense::Spec spec, sense::parse_spec(text));
            ATTUNE_TRY(auto source, sense::open_source(spec, &clock, data_dir));
            config.origin = flow::worst(config.origin, source->provenance().origin);
            sources.push_back(std::move(source));
        }
        ATTUNE_TRY(affect::Fusion fusion, affect::Fusion::create(config, {}));
        std::unique_ptr<Watch> watch(new Watch(std::move(fusion), session::no_inference(context.deployment)));
        for (auto& source : sources) watch->add(std::move(source), data_dir);
        return watch;
    }

    [[nodiscard]] bool live() const {
        return std::any_of(sources_.begin(), sources_.end(), [](const auto& s) { return s.source->live(); });
    }
    [[nodiscard]] bool finished() const {
        return std::all_of(sources_.begin(), sources_.end(), [](const auto& s) { return s.source->finished(); });
    }
    /// Breath of the first source that tells it; what each waits for.
    [[nodiscard]] affect::Beside beside(Time now) const {
        affect::Beside out;
        for (const Entry& entry : sources_) {
            if (!entry.recogniser) continue;
            if (!out.breathing) out.breathing = entry.breath.at(now);
            // A tile shows what is, never what was: as the fusion, it forgets a source within 10 s.
            if (entry.last && !entry.lost && (now - entry.last->t).ns <= 10'000'000'000) out.last[entry.source->id()] = *entry.last;
            std::string& waits_for = out.waits_for[entry.source->id()] = entry.recogniser->waits_for();
            const auto seen_s = fusion_.baseline_seen_s(entry.source->id());
            if (!waits_for.empty() || !seen_s) continue;
            char text[96];
            std::snprintf(text, sizeof text, "%.0f s of its index, to know what is usual for you: %.0f so far", affect::k::kBaselineMinS, *seen_s);
            waits_for = text;
        }
        return out;
    }
    /// Of the last source that broke instead of ending.
    [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }
    void rate(const flow::Rating& rating) { fusion_.on_rating(rating); }

    flow::AffectState advance_to(Time t) {
        for (Entry& entry : sources_) pull(entry, t);
        for (Entry& entry : sources_) {
            while (entry.recogniser) {
                const auto evidence = entry.recogniser->poll(t);
                if (!evidence) break;
                fusion_.on_evidence(*evidence);
                entry.last = *evidence;
            }
        }
        fusion_.advance_to(t);
        return fusion_.state(t);
    }

private:
    struct Entry {
        std::unique_ptr<sense::Source> source;
        std::unique_ptr<affect::Recogniser> recogniser;
        affect::BreathTracker breath;   ///< shown beside the state
        sense::SimulatedSource* simulated = nullptr;
        bool lost = false;
        std::int64_t asked_s = -kAskEveryS;
        std::optional<flow::Evidence> last;
    };

    Watch(affect::Fusion fusion, std::string no_inference) : fusion_(std::move(fusion)), no_inference_(std::move(no_inference)) {}

    void add(std::unique_ptr<sense::Source> source, const std::filesystem::path& data_dir) {
        Entry entry;
        entry.simulated = dynamic_cast<sense::SimulatedSource*>(source.get());
        auto recogniser = no_inference_.empty() ? affect::make_recogniser(source->kind(), source->id(), data_dir)
                                                : fail(ErrorCode::kRefused, no_inference_);
        if (recogniser) {
            entry.recogniser = std::move(*recogniser);
            fusion_.on_source_added(source->id(), source->kind());
        } else {
            fusion_.on_source_unavailable(source->id(), source->kind(), recogniser.error().message);
        }
        entry.source = std::move(source);
        sources_.push_back(std::move(entry));
    }

    void pull(Entry& entry, Time t) {
        sense::Batch batch;
        const auto pulled = entry.source->pull(t, batch);
        if (entry.recogniser) {
            for (const auto& frame : batch.frames) {
                entry.recogniser->push(frame);
                entry.breath.push(frame);
            }
            for (const auto& crop : batch.crops) entry.recogniser->push(crop);
        }
        if (!entry.lost && (!pulled || entry.source->finished())) {
            entry.lost = true;
            if (!pulled) broken_ = pulled.error();
            if (entry.recogniser) fusion_.on_source_lost(entry.source->id(), pulled ? "ended" : pulled.error().message);
        }
        const std::int64_t now_s = t.ns / 1'000'000'000;
        if (entry.simulated != nullptr && now_s - entry.asked_s >= kAskEveryS) {
            entry.asked_s = now_s;
            if (const auto rating = entry.simulated->listener().asked_felt(t, std::nullopt)) fusion_.on_rating(*rating);
        }
    }

    affect::Fusion fusion_;
    std::string no_inference_;   ///< why nothing is; empty = it is
    std::vector<Entry> sources_;
    std::optional<Error> broken_;
};

Result<flow::Rating> rating_of(const std::string& text) {
    const auto parts = core::split(text, ',');
    const auto v = core::parse_double(parts.front());
    const auto a = parts.size() == 2 ? core::parse_double(parts[1]) : std::nullopt;
    if (!v || !a || *v < -1.0 || *v > 1.0 || *a < -1.0 || *a > 1.0) {
        return fail(ErrorCode::kBadArgument, "'" + text + "' is not V,A with both in -1..1", "--from");
    }
    flow::Rating rating;
    rating.value = flow::Va{*v, *a};
    return rating;
}

int watch(const Context& context, const WatchOptions& options) {
    core::SteadyClock clock;
    auto made = Watch::create(options, context, clock);
    if (!made) return report_error(context, made.error());
    Watch& watch = **made;
    if (!options.from.empty()) {
        const auto rating = rating_of(options.from);
        if (!rating) return report_error(context, rating.error());
        watch.rate(*rating);
    }
    if (options.fast && watch.live()) {
        return report_error(context, {ErrorCode::kBadArgument, "--fast needs recordings or simulated listeners; a device cannot run faster than time", ""});
    }
    for (std::int64_t tick = 1; !context.cancel.cancelled(); ++tick) {
        const Time t = Time{} + from_seconds(kTickS) * tick;
        if (options.seconds > 0.0 && t.seconds() > options.seconds) break;
        if (!options.fast) clock.sleep_until(t);
        const flow::AffectState state = watch.advance_to(t);
        std::puts(affect::to_json_line(state, watch.beside(t)).c_str());
        if (!options.fast) std::fflush(stdout);
        if (watch.finished()) break;
    }
    if (watch.broken()) return report_error(context, *watch.broken());
    return kDone;
}

int print_constants(const Context& context) {
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const affect::Constant& c : affect::constants()) {
        if (context.json) {
            out.push_back({{"name", c.name}, {"value", c.value}, {"unit", c.unit}, {"mark", affect::to_string(c.mark)}, {"source", c.source}});
        } else {
            std::printf("%-24s %10.4g %-16s %-7s %s\n", c.name, c.value, c.unit, affect::to_string(c.mark), c.source);
        }
    }
    if (context.json) std::puts(nlohmann::ordered_json({{"schema", "attune.affect_constants/1"}, {"constants", out}}).dump().c_str());
    return kDone;
}

int fit(const Context& context, const WatchOptions& options) {
    const auto text = affect::fitted_family_toml(options.data);
    if (!text) return report_error(context, text.error());
    std::fputs(text->c_str(), stdout);
    return kDone;
}

}  // namespace

void add_affect_commands(CLI::App& app, Context& context) {
    auto options = std::make_shared<WatchOptions>();
    CLI::App* affect = app.add_subcommand("affect", "the estimate of how the listener feels, with its uncertainty");
    affect->require_subcommand(1);

    CLI::App* watch_command = affect->add_subcommand("watch", "print one AffectState a line, five a second (JSON Lines)");
    watch_command->add_option("--sense", options->specs, "a source; may be given several times (attune sense list)")->required();
    watch_command->add_option("--person", options->person, "whose consent opens a device (default: the first)");
    watch_command->add_option("--from", options->from, "how you feel now: V,A, each in -1..1");
    watch_command->add_option("--seconds", options->seconds, "stop after this time; 0 = until the sources end")->check(CLI::Range(0.0, 86400.0));
    watch_command->add_flag("--fast", options->fast, "recordings and simulated listeners as fast as they can be read");
    watch_command->callback([&context, options] { context.run = [&context, options] { return watch(context, *options); }; });

    CLI::App* constants_command = affect->add_subcommand("constants", "every constant of the fusion, with where it comes from");
    constants_command->callback([&context] { context.run = [&context] { return print_constants(context); }; });

    CLI::App* fit_command = affect->add_subcommand("fit", "fit the simulated listeners' 'fitted' family to SiTunes (prints its TOML section)");
    fit_command->add_option("--data", options->data, "a folder that holds situnes")->required();
    fit_command->callback([&context, options] { context.run = [&context, options] { return fit(context, *options); }; });
}

}  // namespace attune::app
