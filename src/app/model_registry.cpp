// SPDX-License-Identifier: GPL-3.0-or-later
// A room that owns models offers `void register_models(learn::ModelRegistry&)` in <room>/models.hpp.
#include "app/model_registry.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "affect/evaluate_stress.hpp"
#include "affect/models.hpp"
#include "affect/trainer.hpp"
#include "core/paths.hpp"
#include "core/units.hpp"
#include "library/track_analysis.hpp"
#include "library/track_models.hpp"
#include "sense/recording.hpp"
#include "compose/known_pieces.hpp"
#include "compose/models.hpp"
#include "compose/synth.hpp"
#include "core/hash.hpp"
#include "library/evaluate_known.hpp"
#include "library/music_evaluation.hpp"
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

/// A render's name says all that it depends on: the file, the stretch, the soundfont's size and how it is rendered.
std::filesystem::path render_file(const std::filesystem::path& data_dir, const compose::KnownPiece& piece, const std::string& font) {
    core::Blake2b hash(16);
    hash.update("known piece 1 " + font + " " + std::to_string(piece.from_s) + " " + std::to_string(piece.to_s));
    hash.update(core::read_file(piece.midi).value_or(piece.midi.string()));
    return data_dir / "cache" / "known-pieces" / (core::to_hex(hash.finish()) + ".flac");
}

/// Pieces whose sound is rendered when it is asked for and kept in DATA/cache/known-pieces.
std::vector<library::TruePiece> with_sound(const std::vector<compose::KnownPiece>& pieces, const std::filesystem::path& data_dir, const std::string& font) {
    std::vector<library::TruePiece> out;
    const auto renderer = std::make_shared<std::optional<compose::KnownRenderer>>();  // seconds to open: only if something must be rendered
    for (const auto& piece : pieces) {
        library::TruePiece truth{piece.set, piece.name, piece.group, piece.midi, piece.bpm, std::nullopt, {}};
        if (piece.key) truth.key = library::TrueKey{piece.key->pitch_class, piece.key->major};
        truth.sound = [piece, renderer, file = render_file(data_dir, piece, font)](const core::CancelToken* cancel) -> Result<std::filesystem::path> {
            std::error_code none;
            if (std::filesystem::is_regular_file(file, none)) return file;
            if (!*renderer) {
                ATTUNE_TRY(*renderer, compose::KnownRenderer::create());
            }
            ATTUNE_CHECK((*renderer)->render(piece, file, cancel));
            return file;
        };
        out.push_back(std::move(truth));
    }
    return out;
}

/// MIDI by other people, as the library's evaluation of tempo and key takes it.
Result<library::TruePieces> known_pieces(const std::filesystem::path& data, const std::filesystem::path& data_dir) {
    ATTUNE_TRY(const auto test, compose::find_known_pieces(data, compose::KnownPart::kTest));
    ATTUNE_TRY(const auto font, compose::find_soundfont());
    std::error_code ignored;
    const std::string font_id = font.filename().string() + " " + std::to_string(std::filesystem::file_size(font, ignored));
    library::TruePieces out;
    out.left_out = test.left_out;
    out.test = with_sound(test.pieces, data_dir, font_id);
    if (const auto training = compose::find_known_pieces(data, compose::KnownPart::kTraining)) out.training = with_sound(training->pieces, data_dir, font_id);
    if (const auto songs = compose::find_known_pieces(data, compose::KnownPart::kKeyTraining)) out.key_training = with_sound(songs->pieces, data_dir, font_id);
    return out;
}

}  // namespace

learn::ModelRegistry make_model_registry() {
    learn::ModelRegistry registry;
    affect::register_models(registry);
    affect::register_stress(registry, read_frames);
    compose::register_models(registry, {start_trainer, audio_judge()});
#ifdef ATTUNE_LIBRARY_MODELS
    library::register_models(registry);
    library::register_known(registry, known_pieces);
    registry.add({"mel-cnn", "quadrant, valence and arousal from the log-mel spectrum; a candidate beside the descriptors, not installed", library::kBothSets, {},
                  [](const learn::TrainRequest& request) { return start_trainer("mel-cnn", request); }});
#endif
    return registry;
}

}  // namespace attune::app
