// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/synth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fluidsynth.h>
#include <mutex>

#include "core/log.hpp"
#include "core/paths.hpp"
#include "core/units.hpp"

namespace attune::compose {
namespace {

constexpr int kPolyphony = 96;
/// Gain before the output stage: with it the middle of all controls lies near -20 LUFS (measured).
constexpr double kSynthGain = .45;
constexpr int kVolumeController = 7, kPanController = 10, kReverbController = 91, kBankSelect = 0;

void log_line(int level, const char* message, void*) {
    if (level <= FLUID_ERR) core::log(core::LogLevel::kWarning, "compose", message);
}

/// Set while this thread loads a soundfont: the part that FluidSynth shall see. It opens the file once more for each
/// instrument, then for the samples alone.
thread_local const FontPart* opening_part = nullptr;

struct Reading {
    std::FILE* file = nullptr;
    const FontPart* part = nullptr;
};

void* open_font(const char* name) {
    std::FILE* file = std::fopen(name, "rb");
    return file != nullptr ? new Reading{file, opening_part} : nullptr;
}

int read_font(void* to, fluid_long_long_t count, void* handle) {
    auto& reading = *static_cast<Reading*>(handle);
    const std::int64_t at = ftello(reading.file);
    if (count < 0 || std::fread(to, 1, static_cast<std::size_t>(count), reading.file) != static_cast<std::size_t>(count)) return FLUID_FAILED;
    if (reading.part == nullptr) return FLUID_OK;
    const auto size = static_cast<std::int64_t>(reading.part->table.size());
    const std::int64_t from = std::max<std::int64_t>(at, reading.part->offset), until = std::min<std::int64_t>(at + count, reading.part->offset + size);
    if (from < until) std::memcpy(static_cast<char*>(to) + (from - at), reading.part->table.data() + (from - reading.part->offset), static_cast<std::size_t>(until - from));
    return FLUID_OK;
}

int seek_font(void* handle, fluid_long_long_t offset, int origin) {
    return fseeko(static_cast<Reading*>(handle)->file, offset, origin) == 0 ? FLUID_OK : FLUID_FAILED;
}
fluid_long_long_t tell_font(void* handle) { return ftello(static_cast<Reading*>(handle)->file); }
int close_font(void* handle) {
    auto* reading = static_cast<Reading*>(handle);
    const int bad = std::fclose(reading->file);
    delete reading;
    return bad == 0 ? FLUID_OK : FLUID_FAILED;
}

/// FluidSynth reads soundfonts through the five functions above; the synth owns the loader.
void read_through(fluid_settings_t* settings, fluid_synth_t* synth) {
    fluid_sfloader_t* loader = new_fluid_defsfloader(settings);
    if (loader == nullptr) return;
    fluid_sfloader_set_callbacks(loader, open_font, read_font, seek_font, tell_font, close_font);
    fluid_synth_add_sfloader(synth, loader);
}

}  // namespace

struct Synth::State {
    fluid_settings_t* settings = nullptr;
    fluid_synth_t* synth = nullptr;
    int font = FLUID_FAILED;
    std::array<double, 16> base_db{};
    ~State() {
        if (synth != nullptr) delete_fluid_synth(synth);
        if (settings != nullptr) delete_fluid_settings(settings);
    }
};

Result<std::filesystem::path> find_soundfont() {
    std::string tried;
    const auto exists = [&](const std::filesystem::path& path) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored)) return true;
        tried += (tried.empty() ? "" : ", ") + path.string();
        return false;
    };
    if (const char* chosen = std::getenv("ATTUNE_SOUNDFONT"); chosen != nullptr && *chosen != '\0') {
        if (exists(chosen)) return std::filesystem::path(chosen);
        return fail(ErrorCode::kUnavailable, "ATTUNE_SOUNDFONT names no file: " + std::string(chosen));
    }
    if (auto shipped = core::resource("soundfont.sf3")) return *shipped;
    for (const char* path : {"/usr/share/sounds/sf3/MuseScore_General_Lite.sf3", "/usr/share/sounds/sf3/MuseScore_General.sf3",
                             "/usr/share/sounds/sf3/default-GM.sf3", "/usr/share/sounds/sf2/default-GM.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2"})
        if (exists(path)) return std::filesystem::path(path);
    return fail(ErrorCode::kUnavailable,
                "no soundfont, so composed music has no sound; install musescore-general-soundfont-small or set ATTUNE_SOUNDFONT",
                "looked at " + tried);
}

namespace {
Result<std::filesystem::path> given_or_found(const std::filesystem::path& soundfont) {
    return soundfont.empty() ? find_soundfont() : Result<std::filesystem::path>(soundfont);
}
}  // namespace

Synth::Synth(std::unique_ptr<State> state) : state_(std::move(state)) {}
Synth::~Synth() = default;
Synth::Synth(Synth&&) noexcept = default;
Synth& Synth::operator=(Synth&&) noexcept = default;

Result<Synth> Synth::create(const std::filesystem::path& soundfont) {
    ATTUNE_TRY(const auto path, given_or_found(soundfont));
    return open(path, nullptr);
}

Result<Synth> Synth::create_for(const Score& score, const std::filesystem::path& soundfont) {
    ATTUNE_TRY(const auto path, given_or_found(soundfont));
    const auto part = font_part(path, score.parts, score.notes);
    return open(path, part ? &*part : nullptr);   // what is not understood is loaded whole
}

Result<Synth> Synth::open(const std::filesystem::path& path, const FontPart* part) {
    static std::once_flag logging;   // one table for all synths, without a lock of its own
    std::call_once(logging, [] {
        for (int level : {FLUID_PANIC, FLUID_ERR, FLUID_WARN, FLUID_INFO, FLUID_DBG}) fluid_set_log_function(level, log_line, nullptr);
    });
    auto state = std::make_unique<State>();
    state->settings = new_fluid_settings();
    auto* settings = state->settings;
    if (settings == nullptr) return fail(ErrorCode::kInternal, "FluidSynth gave no settings");
    fluid_settings_setnum(settings, "synth.sample-rate", kEngineRate.hz);
    fluid_settings_setint(settings, "synth.polyphony", kPolyphony);
    fluid_settings_setint(settings, "synth.dynamic-sample-loading", 1);
    fluid_settings_setint(settings, "synth.threadsafe-api", 0);
    fluid_settings_setint(settings, "synth.chorus.active", 0);
    fluid_settings_setint(settings, "synth.cpu-cores", 1);
    fluid_settings_setnum(settings, "synth.gain", kSynthGain);
    fluid_settings_setnum(settings, "synth.reverb.room-size", .62);
    fluid_settings_setnum(settings, "synth.reverb.damp", .45);
    fluid_settings_setnum(settings, "synth.reverb.width", .9);
    fluid_settings_setnum(settings, "synth.reverb.level", .55);
    state->synth = new_fluid_synth(settings);
    if (state->synth == nullptr) return fail(ErrorCode::kInternal, "FluidSynth did not start");
    // Without resetting the channels: that would decode a piano and a drum kit (a second and 100 MB) which nobody asked for.
    if (part != nullptr) read_through(state->settings, state->synth);
    opening_part = part;
    state->font = fluid_synth_sfload(state->synth, path.string().c_str(), 0);
    opening_part = nullptr;
    if (state->font == FLUID_FAILED)
        return fail(ErrorCode::kUnavailable, "not a soundfont that FluidSynth reads", path.string());
    return Synth(std::move(state));
}

void Synth::prepare_parts(const std::array<PartSetup, kParts>& parts) {
    auto* synth = state_->synth;
    for (int i = 0; i < kParts; ++i) {
        const PartSetup& setup = parts[static_cast<std::size_t>(i)];
        const int channel = channel_of(static_cast<Part>(i));
        fluid_synth_cc(synth, channel, kBankSelect, 0);
        fluid_synth_program_change(synth, channel, setup.program);
        fluid_synth_cc(synth, channel, kPanController, static_cast<int>(std::lround(64 + 63 * std::clamp(setup.pan, -1.0, 1.0))));
        fluid_synth_cc(synth, channel, kReverbController, static_cast<int>(std::lround(127 * std::clamp(setup.reverb, 0.0, 1.0))));
        state_->base_db[static_cast<std::size_t>(channel)] = setup.level_db;
        set_channel_db(channel, 0.0);
    }
}

void Synth::note_on(int channel, int pitch, int velocity) noexcept { fluid_synth_noteon(state_->synth, channel, pitch, velocity); }
void Synth::note_off(int channel, int pitch) noexcept { fluid_synth_noteoff(state_->synth, channel, pitch); }

void Synth::all_off() noexcept {
    for (int channel = 0; channel < 16; ++channel) fluid_synth_all_notes_off(state_->synth, channel);
}

void Synth::set_timbre(double timbre) noexcept {
    // Cents below the instrument's own cutoff: none when bright, three and a half octaves when dark.
    const double cents = -4200.0 * (1.0 - std::clamp(timbre, 0.0, 1.0));
    for (int channel = 0; channel < 16; ++channel)
        fluid_synth_set_gen(state_->synth, channel, GEN_FILTERFC, static_cast<float>(cents));
}

void Synth::set_channel_db(int channel, double db) noexcept {
    // Controller 7 is 40 log10(x/127) dB in the soundfont standard; 0 dB is put at 100 to leave room above.
    const double total = state_->base_db[static_cast<std::size_t>(channel)] + db;
    const double value = 100.0 * std::pow(10.0, total / 40.0);
    fluid_synth_cc(state_->synth, channel, kVolumeController, static_cast<int>(std::clamp(std::lround(value), 0L, 127L)));
}

void Synth::render(std::span<float> left, std::span<float> right) noexcept {
    fluid_synth_write_float(state_->synth, static_cast<int>(left.size()), left.data(), 0, 1, right.data(), 0, 1);
}

Result<KeptInstruments> KeptInstruments::create(const std::filesystem::path& soundfont) {
    ATTUNE_TRY(auto synth, Synth::create(soundfont));
    return KeptInstruments(std::move(synth));
}

void KeptInstruments::keep(const std::array<PartSetup, kParts>& parts) {
    constexpr int kDrumBank = 128;
    for (int i = 0; i < kParts; ++i) {
        const int bank = static_cast<Part>(i) == Part::kDrums ? kDrumBank : 0;
        // An instrument that this soundfont lacks is replaced by the synth when it plays; there is nothing to hold then.
        static_cast<void>(fluid_synth_pin_preset(synth_.state_->synth, synth_.state_->font, bank, parts[static_cast<std::size_t>(i)].program));
    }
}

}  // namespace attune::compose
