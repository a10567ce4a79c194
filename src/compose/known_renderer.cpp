// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <fluidsynth.h>
#include <vector>

#include "compose/known_pieces.hpp"
#include "compose/midi_reader.hpp"
#include "compose/synth.hpp"
#include "core/hash.hpp"
#include "media/encoder.hpp"

namespace attune::compose {
namespace {

constexpr double kTail_s = 0.5;  // sound after the last note's end

/// A note starts or ends [frames].
struct Turn {
    std::int64_t at = 0;
    bool on = false;
    int channel = 0, pitch = 0, velocity = 0;
};

std::vector<Turn> turns_of(const MidiFile& file, const KnownPiece& piece) {
    std::vector<Turn> turns;
    const auto frame = [&](double t) { return static_cast<std::int64_t>((t - piece.from_s) * kKnownRate_hz); };
    for (const auto& track : file.tracks)
        for (const auto& note : track.notes) {
            const double start = file.seconds_at(note.start), end = std::min(piece.to_s, file.seconds_at(note.start + note.length));
            if (start < piece.from_s || start >= piece.to_s) continue;
            turns.push_back({frame(start), true, track.channel, note.pitch, note.velocity});
            turns.push_back({std::max(frame(end), frame(start) + 1), false, track.channel, note.pitch, 0});
        }
    std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.at != b.at ? a.at < b.at : a.on < b.on; });
    return turns;
}

}  // namespace

struct KnownRenderer::State {
    fluid_settings_t* settings = new_fluid_settings();
    fluid_synth_t* synth = nullptr;
    int font = FLUID_FAILED;
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (synth != nullptr) delete_fluid_synth(synth);
        if (settings != nullptr) delete_fluid_settings(settings);
    }
};

KnownRenderer::KnownRenderer(std::unique_ptr<State> state) : state_(std::move(state)) {}
KnownRenderer::~KnownRenderer() = default;
KnownRenderer::KnownRenderer(KnownRenderer&&) noexcept = default;
KnownRenderer& KnownRenderer::operator=(KnownRenderer&&) noexcept = default;

Result<KnownRenderer> KnownRenderer::create() {
    ATTUNE_TRY(const auto font, find_soundfont());
    auto state = std::make_unique<State>();
    if (state->settings == nullptr) return fail(ErrorCode::kInternal, "FluidSynth gave no settings");
    fluid_settings_setnum(state->settings, "synth.sample-rate", kKnownRate_hz);
    fluid_settings_setint(state->settings, "synth.polyphony", 128);
    fluid_settings_setint(state->settings, "synth.threadsafe-api", 0);
    fluid_settings_setint(state->settings, "synth.cpu-cores", 1);
    state->synth = new_fluid_synth(state->settings);
    if (state->synth == nullptr) return fail(ErrorCode::kInternal, "FluidSynth did not start");
    state->font = fluid_synth_sfload(state->synth, font.string().c_str(), 1);
    if (state->font == FLUID_FAILED) return fail(ErrorCode::kUnavailable, "not a soundfont that FluidSynth reads", font.string());
    return KnownRenderer(std::move(state));
}

Result<void> KnownRenderer::render(const KnownPiece& piece, const std::filesystem::path& flac, const core::CancelToken* cancel) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(flac, ignored)) return {};
    ATTUNE_TRY(const auto file, read_midi(piece.midi));
    auto* synth = state_->synth;
    fluid_synth_system_reset(synth);
    for (const auto& track : file.tracks)
        fluid_synth_program_change(synth, track.channel, track.program);  // channel 9 is drums after a reset
    std::filesystem::create_directories(flac.parent_path(), ignored);
    ATTUNE_TRY(const auto writer, media::AudioWriter::create(flac.string(), kKnownRate_hz, 1));
    std::vector<float> left(4096), right(4096);
    std::int64_t now = 0;
    const auto play_until = [&](std::int64_t end) -> Result<void> {
        while (now < end) {
            if (cancel != nullptr && cancel->cancelled()) return fail(ErrorCode::kCancelled, "rendering was cancelled");
            const auto n = static_cast<std::size_t>(std::min<std::int64_t>(end - now, 4096));
            fluid_synth_write_float(synth, static_cast<int>(n), left.data(), 0, 1, right.data(), 0, 1);
            for (std::size_t i = 0; i < n; ++i) left[i] = 0.5F * (left[i] + right[i]);
            ATTUNE_CHECK(writer->write(std::span(left).first(n), {}));
            now += static_cast<std::int64_t>(n);
        }
        return {};
    };
    for (const Turn& turn : turns_of(file, piece)) {
        ATTUNE_CHECK(play_until(turn.at));
        if (turn.on)
            fluid_synth_noteon(synth, turn.channel, turn.pitch, turn.velocity);
        else
            fluid_synth_noteoff(synth, turn.channel, turn.pitch);
    }
    ATTUNE_CHECK(play_until(static_cast<std::int64_t>((piece.to_s - piece.from_s + kTail_s) * kKnownRate_hz)));
    return writer->finish();
}

}  // namespace attune::compose
