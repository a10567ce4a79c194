// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/export.hpp"

#include <algorithm>
#include <cmath>

#include "compose/midi_writer.hpp"
#include "core/paths.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "core/units.hpp"
#include "media/encoder.hpp"

namespace attune::compose {
namespace {

media::FileTags tags_for(const Score& score, const Rendered& sound, const ExportOptions& options) {
    media::FileTags tags = {{"TITLE", score.title},
                        {"ARTIST", "Attune"},
                        {"COMMENT", "Composed by Attune: engine " + score.engine + ", style " + score.style + ", seed " + std::to_string(score.seed)},
                        {"BPM", std::to_string(std::lround(score.tempo_bpm()))},
                        {"INITIALKEY", tonic_name(score.key) + (is_major(score.key.mode) ? "" : "m")},
                        {"ATTUNE_VALENCE", core::format_double(score.target.valence)},
                        {"ATTUNE_AROUSAL", core::format_double(score.target.arousal)}};
    if (!options.album.empty()) tags["ALBUM"] = options.album;
    if (!options.genre.empty()) tags["GENRE"] = options.genre;
    if (options.track > 0) tags["TRACKNUMBER"] = std::to_string(options.track);
    if (sound.lufs) tags.merge(media::replay_gain_tags(*sound.lufs, sound.true_peak));
    return tags;
}

Result<void> write_sound(const std::filesystem::path& file, const Rendered& sound, const media::FileTags& tags) {
    ATTUNE_TRY(const auto writer, media::AudioWriter::create(file.string(), kEngineRate.hz, 2, tags));
    constexpr std::size_t kPart = 1U << 16U;  // the writer holds what it was given until it is encoded
    const std::span<const float> left(sound.left), right(sound.right);
    for (std::size_t at = 0; at < left.size(); at += kPart) {
        const auto n = std::min(kPart, left.size() - at);
        ATTUNE_CHECK(writer->write(left.subspan(at, n), right.subspan(at, n)));
    }
    return writer->finish();
}

}  // namespace

std::string title_for(const Score& score) {
    static constexpr const char* kWords[4][6] = {{"Bright morning", "Open road", "Dancing light", "Kites", "Market day", "Running brook"},
                                                 {"Storm front", "Restless street", "Undertow", "Sparks", "Hard rain", "Night train"},
                                                 {"Grey window", "Empty garden", "Long dusk", "Fog over fields", "Last leaf", "Far shore"},
                                                 {"Still water", "Warm hearth", "Slow clouds", "Evening meadow", "Soft snow", "Harbour at rest"}};
    const bool v = score.target.valence >= 0, a = score.target.arousal >= 0;
    core::Random random(score.seed, "compose/title");
    const int quadrant = a ? (v ? 0 : 1) : (v ? 3 : 2);
    return std::string(kWords[quadrant][random.below(6)]) + " in " + tonic_name(score.key) + (is_major(score.key.mode) ? " major" : " minor");
}

Result<Made> make(Score score, const ExportOptions& options, const core::CancelToken* cancel) {
    if (score.title.empty()) score.title = title_for(score);
    Made made;
    ATTUNE_TRY(const auto sound, render(score, cancel, options.notch_hz));
    made.seconds = static_cast<double>(sound.left.size()) / kEngineRate.hz;
    made.lufs = sound.lufs;
    made.true_peak_dbtp = gain_to_db(std::max(sound.true_peak, 1e-6));
    for (const auto& file : {options.midi, options.audio}) {
        std::error_code ignored;  // what is wrong with the folder, the writer says by its name
        if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ignored);
    }
    if (!options.midi.empty()) ATTUNE_CHECK(core::write_file_atomically(options.midi, to_midi(score)));
    if (!options.audio.empty()) ATTUNE_CHECK(write_sound(options.audio, sound, tags_for(score, sound, options)));
    made.score = std::move(score);
    return made;
}

Result<Made> make(const Brief& brief, const ExportOptions& options, const core::CancelToken* cancel) {
    ATTUNE_TRY(auto score, compose_score(brief));
    return make(std::move(score), options, cancel);
}

}  // namespace attune::compose
