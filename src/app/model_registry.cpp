// SPDX-License-Identifier: GPL-3.0-or-later
// A room that owns models offers `void register_models(learn::ModelRegistry&)` in <room>/models.hpp.
#include "app/model_registry.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "affect/evaluate_stress.hpp"
#include "affect/models.hpp"
#include "affect/trainer.hpp"
#include "core/paths.hpp"
#include "core/units.hpp"
#include "library/track_analysis.hpp"
#include "library/track_models.hpp"
#include "sense/recording.hpp"
#include "compose/models.hpp"
#if __has_include("library/models.hpp")
#include "library/models.hpp"
#define ATTUNE_LIBRARY_MODELS 1
#endif

namespace attune::app {
namespace {

/// A folder as frames of at most 1 s, in the order of time, from its first skin conductance sample on.
Result<std::vector<flow::SensorFrame>> read_frames(const std::filesystem::path& folder) {
    ATTUNE_TRY(const sense::Recording recording, sense::read_recording(folder.string()));
    Time origin;
    for (const auto& channel : recording.channels)
        if (channel.channel == flow::Channel::kEda && !channel.segments.empty()) origin = channel.segments.front().t;
    std::vector<flow::SensorFrame> frames;
    for (const auto& channel : recording.channels)
        for (const auto& segment : channel.segments) {
            const auto block = static_cast<std::size_t>(std::max(1.0, channel.rate_hz));
            for (std::size_t i = 0; i < segment.samples.size(); i += block) {
                const std::size_t n = std::min(block, segment.samples.size() - i);
                flow::SensorFrame frame;
                frame.channel = channel.channel;
                frame.rate_hz = channel.rate_hz;
                frame.gap_ns = i == 0 ? segment.gap_ns : 0;
                frame.provenance = {flow::Origin::kReplayed, recording.device, recording.driver};
                const auto from = segment.samples.begin() + static_cast<std::ptrdiff_t>(i);
                frame.samples.assign(from, from + static_cast<std::ptrdiff_t>(n));
                frame.t = channel.rate_hz > 0.0 ? segment.t + from_seconds(static_cast<double>(i) / channel.rate_hz) : segment.times[i];
                frame.t.ns -= origin.ns;
                for (std::size_t k = i; k < i + n && channel.rate_hz <= 0.0; ++k) frame.times.push_back({segment.times[k].ns - origin.ns});
                frames.push_back(std::move(frame));
            }
        }
    std::stable_sort(frames.begin(), frames.end(), [](const auto& a, const auto& b) { return a.t < b.t; });
    return frames;
}

Result<void> start_trainer(const std::string& model, const learn::TrainRequest& request) { return affect::run_trainer(model, "", request); }

/// The library's music-emotion model, as it rates the listener's own music.
compose::AudioJudge audio_judge() {
    return [models = std::shared_ptr<const library::TrackModels>()](std::span<const float> left, std::span<const float> right) mutable -> Result<flow::Va> {
        if (!models) models = std::make_shared<const library::TrackModels>(library::TrackModels::load(core::data_dir()));
        ATTUNE_TRY(auto analyser, library::TrackAnalyser::create(static_cast<int>(kEngineRate.hz)));
        analyser.push(left, right);
        flow::TrackProfile profile;
        models->apply(analyser.finish(), profile);
        if (!profile.expressed_valence || !profile.expressed_arousal) {
            std::string why;
            for (const auto& missing : models->missing()) why += " " + missing;
            return fail(ErrorCode::kUnavailable, "the music-emotion model rated nothing:" + why);
        }
        return flow::Va{profile.expressed_valence->value, profile.expressed_arousal->value};
    };
}

}  // namespace

learn::ModelRegistry make_model_registry() {
    learn::ModelRegistry registry;
    affect::register_models(registry);
    affect::register_stress(registry, read_frames);
    compose::register_models(registry, {start_trainer, audio_judge()});
#ifdef ATTUNE_LIBRARY_MODELS
    library::register_models(registry);
#endif
    return registry;
}

}  // namespace attune::app
