// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// FluidSynth with a General MIDI soundfont, pulled in blocks.
///
/// Out      stereo float at kEngineRate; at most 96 voices; reverb on, chorus off
/// Threads  create() and prepare_parts() on any thread (they read the soundfont); everything else on one
///          thread at a time: no lock (the synth's own is off), no file, nothing of ours allocated. FluidSynth 2.3 itself
///          allocates one small list a 64 frames in render(): it belongs on the engine thread, not in the callback
/// Memory   a Synth decodes the instruments of its parts (a piano: 1.2 s, 90 MB; for a finished score a quarter) and lets them go; KeptInstruments holds them
/// Errors   create(): kUnavailable names the places where a soundfont was looked for and the package that has one
#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "compose/font_part.hpp"
#include "compose/score.hpp"
#include "core/result.hpp"

namespace attune::compose {

/// 1. ATTUNE_SOUNDFONT, 2. <share>/soundfont.sf3, 3. /usr/share/sounds/sf3 and sf2. kUnavailable if there is none.
[[nodiscard]] Result<std::filesystem::path> find_soundfont();

class Synth {
public:
    /// An empty path means find_soundfont().
    [[nodiscard]] static Result<Synth> create(const std::filesystem::path& soundfont = {});
    /// For a finished score: of its instruments only what it plays is decoded (font_part.hpp). No other note sounds right.
    [[nodiscard]] static Result<Synth> create_for(const Score& score, const std::filesystem::path& soundfont = {});
    ~Synth();
    Synth(Synth&&) noexcept;
    Synth& operator=(Synth&&) noexcept;

    /// Instruments of the parts; loads their samples.
    void prepare_parts(const std::array<PartSetup, kParts>& parts);

    void note_on(int channel, int pitch, int velocity) noexcept;
    void note_off(int channel, int pitch) noexcept;
    void all_off() noexcept;
    /// 0 dark .. 1 bright: the voices' own low-pass, sounding notes included.
    void set_timbre(double timbre) noexcept;
    /// Level of a channel over what prepare_parts() set [dB].
    void set_channel_db(int channel, double db) noexcept;
    /// Continues the sound; left.size() == right.size().
    void render(std::span<float> left, std::span<float> right) noexcept;

private:
    friend class KeptInstruments;
    struct State;
    static Result<Synth> open(const std::filesystem::path& soundfont, const FontPart* part);
    explicit Synth(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Holds instruments decoded: while it lives, every Synth of this process opens them in 20 ms (FluidSynth shares what is
/// decoded among its synths, by file). For whoever renders piece after piece. One thread at a time.
class KeptInstruments {
public:
    [[nodiscard]] static Result<KeptInstruments> create(const std::filesystem::path& soundfont = {});
    void keep(const std::array<PartSetup, kParts>& parts);

private:
    explicit KeptInstruments(Synth synth) : synth_(std::move(synth)) {}
    Synth synth_;
};

}  // namespace attune::compose
