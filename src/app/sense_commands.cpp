// SPDX-License-Identifier: GPL-3.0-or-later
// attune sense list | probe | record
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/sense_gate.hpp"
#include "core/time.hpp"
#include "sense/channels.hpp"
#include "sense/open_source.hpp"
#include "sense/persona.hpp"
#include "sense/recorder.hpp"

namespace attune::app {
namespace {

using nlohmann::ordered_json;

struct SenseOptions {
    std::string spec;
    std::vector<std::string> specs;
    std::string out, person;
    double seconds = 10.0;
};

/// Everything up to `seconds`: a recording at once, a device as it comes.
template <typename Each>
Result<double> pull_for(std::vector<std::unique_ptr<sense::Source>>& sources, double seconds, core::SteadyClock& clock,
                        const Context& context, Each each) {
    const bool live = std::any_of(sources.begin(), sources.end(), [](const auto& s) { return s->live(); });
    double t_s = 0.0;
    while (t_s < seconds && !context.cancel.cancelled()) {
        t_s += .25;
        const Time until{from_seconds(t_s).ns};
        if (live) clock.sleep_until(until);
        sense::Batch batch;
        bool finished = true;
        for (auto& source : sources) {
            ATTUNE_CHECK(source->pull(until, batch));
            finished = finished && source->finished();
        }
        ATTUNE_CHECK(each(batch));
        if (finished) break;
    }
    return t_s;
}

Result<std::vector<std::unique_ptr<sense::Source>>> open_all(const std::vector<std::string>& specs, const core::Clock& clock, const std::filesystem::path& data_dir) {
    std::vector<std::unique_ptr<sense::Source>> sources;
    for (const std::string& text : specs) {
        ATTUNE_TRY(const sense::Spec spec, sense::parse_spec(text));
        ATTUNE_TRY(auto source, sense::open_source(spec, &clock, data_dir));
        sources.push_back(std::move(source));
    }
    return sources;
}

struct ChannelStatistics {
    std::size_t frames = 0, samples = 0, outside = 0;
    std::uint64_t lost_frames = 0, next_seq = 0;
    double gap_s = 0.0, low = INFINITY, high = -INFINITY, rate_hz = 0.0;
    flow::Quality worst = flow::Quality::kGood;
    flow::Channel channel = flow::Channel::kEda;
    flow::Provenance provenance;
};

void count(ChannelStatistics& s, const flow::SensorFrame& frame) {
    const sense::ChannelRow& row = sense::channel_row(frame.channel);
    if (s.frames > 0 && frame.seq > s.next_seq) s.lost_frames += frame.seq - s.next_seq;
    s.next_seq = frame.seq + 1;
    ++s.frames;
    s.samples += frame.samples.size();
    s.gap_s += static_cast<double>(frame.gap_ns) * 1e-9;
    s.rate_hz = frame.rate_hz;
    s.worst = std::max(s.worst, frame.quality);
    s.channel = frame.channel;
    s.provenance = frame.provenance;
    for (const float x : frame.samples) {
        const double v = static_cast<double>(x);
        s.low = std::min(s.low, v);
        s.high = std::max(s.high, v);
        if (!(v >= row.low && v <= row.high)) ++s.outside;
    }
}

ordered_json to_json(const std::string& name, const ChannelStatistics& s) {
    const auto or_null = [](double x) { return std::isfinite(x) ? ordered_json(x) : ordered_json(nullptr); };
    return {{"source", name.substr(0, name.find('|'))},
            {"channel", flow::to_string(s.channel)},
            {"unit", sense::channel_row(s.channel).unit},
            {"rate_hz", s.rate_hz},
            {"frames", s.frames},
            {"samples", s.samples},
            {"lost_frames", s.lost_frames},
            {"gap_s", s.gap_s},
            {"min", or_null(s.low)},
            {"max", or_null(s.high)},
            {"outside_range", s.outside},
            {"quality", flow::to_string(s.worst)},
            {"provenance", flow::to_string(s.provenance.origin)},
            {"device", s.provenance.device},
            {"driver", s.provenance.driver}};
}

int probe(const Context& context, const SenseOptions& options) {
    if (const auto may = may_open(context, {options.spec}, options.person, "session"); !may) return report_error(context, may.error());
    core::SteadyClock clock;
    auto sources = open_all({options.spec}, clock, context.data_dir);
    if (!sources) return report_error(context, sources.error());
    std::map<std::string, ChannelStatistics> channels;
    std::uint64_t crops = 0, dropped = 0;
    const auto seconds = pull_for(*sources, options.seconds, clock, context, [&](const sense::Batch& batch) -> Result<void> {
        for (const auto& frame : batch.frames) count(channels[frame.source + "|" + flow::to_string(frame.channel)], frame);
        crops += batch.crops.size();
        dropped += batch.dropped;
        return {};
    });
    if (!seconds) return report_error(context, seconds.error());
    ordered_json out = {{"schema", "attune.sense_probe/1"}, {"spec", options.spec}, {"seconds", *seconds},
                        {"simulated", sources->front()->provenance().origin == flow::Origin::kSimulated},
                        {"driver", sources->front()->provenance().driver}, {"faces", crops}, {"dropped", dropped}, {"channels", ordered_json::array()}};
    for (const auto& [name, s] : channels) out["channels"].push_back(to_json(name, s));
    if (context.json) {
        std::puts(out.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
        return channels.empty() && crops == 0 ? kFailed : kDone;
    }
    std::printf("%s%s: %.1f s\n", options.spec.c_str(), out["simulated"].get<bool>() ? "  SIMULATED" : "", *seconds);
    for (const auto& [name, s] : channels) {
        std::printf("  %-13s %8.2f Hz  %7zu samples  %10.4g .. %-10.4g %-13s gaps %.1f s  %s%s\n", flow::to_string(s.channel), s.rate_hz,
                    s.samples, s.low, s.high, sense::channel_row(s.channel).unit, s.gap_s, flow::to_string(s.worst),
                    s.outside > 0 ? "  values outside what a person's sensor gives" : "");
    }
    if (crops > 0) std::printf("  faces %llu, found by %s\n", static_cast<unsigned long long>(crops), sources->front()->provenance().driver.c_str());
    if (channels.empty() && crops == 0) {
        return report_error(context, {ErrorCode::kUnavailable, "nothing came within " + std::to_string(*seconds) + " s", options.spec});
    }
    return kDone;
}

int record(const Context& context, const SenseOptions& options) {
    if (const auto may = may_open(context, options.specs, options.person, "research"); !may) return report_error(context, may.error());
    core::SteadyClock clock;
    auto sources = open_all(options.specs, clock, context.data_dir);
    if (!sources) return report_error(context, sources.error());
    auto recorder = sense::Recorder::create(options.out, core::wall_now_ns());
    if (!recorder) return report_error(context, recorder.error());
    std::size_t samples = 0;
    std::uint64_t dropped = 0;
    const auto seconds = pull_for(*sources, options.seconds, clock, context, [&](const sense::Batch& batch) -> Result<void> {
        for (const auto& frame : batch.frames) {
            ATTUNE_CHECK(recorder->write(frame));
            samples += frame.samples.size();
        }
        dropped += batch.dropped;
        return {};
    });
    const auto closed = recorder->close();
    if (!seconds) return report_error(context, seconds.error());
    if (!closed) return report_error(context, closed.error());
    bool simulated = false;
    for (const auto& source : *sources) simulated = simulated || source->provenance().origin == flow::Origin::kSimulated;
    if (context.json) {
        const ordered_json out = {{"schema", "attune.sense_record/1"}, {"out", options.out}, {"seconds", *seconds}, {"samples", samples},
                                  {"dropped", dropped}, {"simulated", simulated}, {"files", recorder->files()}};
        std::puts(out.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
    } else {
        std::printf("%zu samples of %.1f s in %s%s; play them with replay:%s\n", samples, *seconds, options.out.c_str(),
                    simulated ? " (SIMULATED)" : "", options.out.c_str());
    }
    return kDone;
}

int list(const Context& context) {
    ordered_json kinds = ordered_json::array();
    for (const std::string& line : sense::spec_help()) {
        const auto end = line.find("  ");
        const auto text = line.find_first_not_of(' ', end);
        kinds.push_back({{"spec", line.substr(0, end)}, {"about", text == std::string::npos ? "" : line.substr(text)}});
    }
    ordered_json cameras = ordered_json::array();
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind("video", 0) == 0) cameras.push_back("face:camera:" + name.substr(5));
    }
    const ordered_json out = {{"schema", "attune.sense_list/1"}, {"kinds", kinds}, {"cameras", cameras}, {"personas", sense::persona_names()}};
    if (context.json) {
        std::puts(out.dump().c_str());
        return kDone;
    }
    for (const std::string& line : sense::spec_help()) std::printf("%s\n", line.c_str());
    std::printf("\ncameras here:");
    for (const auto& c : cameras) std::printf(" %s", c.get<std::string>().c_str());
    std::printf("%s\npersonas:", cameras.empty() ? " none" : "");
    for (const auto& p : sense::persona_names()) std::printf(" %s", p.c_str());
    std::puts("");
    return kDone;
}

}  // namespace

void add_sense_commands(CLI::App& app, Context& context) {
    auto options = std::make_shared<SenseOptions>();
    CLI::App* sense = app.add_subcommand("sense", "sensors, recordings and simulated listeners");
    sense->require_subcommand(1);
    std::string forms = "A SPEC is one of\n";
    for (const std::string& line : sense::spec_help()) forms += "  " + line + "\n";
    sense->footer(forms);

    CLI::App* list_command = sense->add_subcommand("list", "what can be listened to");
    list_command->callback([&context] { context.run = [&context] { return list(context); }; });

    CLI::App* probe_command = sense->add_subcommand("probe", "open one source and tell what comes: rates, ranges, gaps");
    probe_command->add_option("SPEC", options->spec, "the source")->required();
    probe_command->add_option("--seconds", options->seconds, "how long to listen")->check(CLI::Range(.25, 86400.0));
    probe_command->callback([&context, options] { context.run = [&context, options] { return probe(context, *options); }; });

    CLI::App* record_command = sense->add_subcommand("record", "write what sources give to a folder that replay: reads");
    record_command->add_option("SPEC", options->specs, "one or more sources")->required();
    record_command->add_option("--out", options->out, "an empty or new folder")->required();
    record_command->add_option("--seconds", options->seconds, "how long")->check(CLI::Range(.25, 86400.0));
    for (CLI::App* sub : {probe_command, record_command}) sub->add_option("--person", options->person, "whose consent opens a device (default: the first)");
    record_command->footer("A device needs consent: attune person consent grant heart (probe), … --purpose research (record).");
    record_command->callback([&context, options] { context.run = [&context, options] { return record(context, *options); }; });
}

}  // namespace attune::app
