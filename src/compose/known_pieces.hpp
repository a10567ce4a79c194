// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Pieces by other people whose tempo and key are known because they are MIDI, and their sound: what an analysis of
/// tempo and key is measured on. Nothing that Attune composed is among them.
///
/// In       a folder with `pop909` and `groove_midi` below it; the music of games in /usr/share/games, where Debian's
///          freedink-data, openttd-openmsx, planetblupi-music-midi and simutrans-data put it
/// Out      test: every fourth song of POP909 (001, 005 ...) with its longest key segment, Groove's test takes of 15 s
///          and more in 4/4, the music of OpenTTD, Dink and Planet Blupi. Training: the song two after each of those,
///          Groove's training takes, Simutrans. Key training: every song of POP909 that is not tested. At most kKnown_s
///          of each
/// Threads  any; a KnownRenderer belongs to one thread
/// Errors   kNotFound if no set is there; a file that cannot be read is named in `left_out`
/// Method   tempo: POP909, the median distance of its MIDI beats; Groove, the click it was played to; games, the tempo
///          that covers 90 % of what is rendered, if 60 % of the notes start within 1/40 beat of a quarter or a third
///          of a beat (files whose tempo map says nothing about their notes are left out and named)
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"

namespace attune::compose {

inline constexpr double kKnown_s = 45.0;     ///< longest piece that is rendered
inline constexpr int kKnownRate_hz = 22050;  ///< of the sound

struct KnownKey {
    int pitch_class = 0;  ///< 0 = C .. 11 = B
    bool major = true;
    bool operator==(const KnownKey&) const = default;
};

struct KnownPiece {
    std::string set;    ///< "pop909", "groove_midi", "debian_games"
    std::string name;   ///< "001", "drummer1/eval_session/1", "openmsx/a.mid"
    std::string group;  ///< who or what is resampled whole: a song, a drummer's session, a file
    std::filesystem::path midi;
    double from_s = 0.0, to_s = 0.0;  ///< what is rendered, in the file's own time
    double bpm = 0.0;
    std::optional<KnownKey> key;  ///< POP909 only
};

enum class KnownPart { kTest, kTraining, kKeyTraining };

struct KnownPieces {
    std::vector<KnownPiece> pieces;  ///< by set and name
    std::vector<std::string> left_out;  ///< "file: why"
};

[[nodiscard]] Result<KnownPieces> find_known_pieces(const std::filesystem::path& data, KnownPart part);
/// "Gb:maj", "A:min" as POP909 writes keys.
[[nodiscard]] std::optional<KnownKey> parse_key(std::string_view text);

/// FluidSynth with a General MIDI soundfont and its default reverb and chorus; all instruments stay decoded.
class KnownRenderer {
public:
    [[nodiscard]] static Result<KnownRenderer> create();
    ~KnownRenderer();
    KnownRenderer(KnownRenderer&&) noexcept;
    KnownRenderer& operator=(KnownRenderer&&) noexcept;
    /// Writes the piece to `flac` unless it is there.
    [[nodiscard]] Result<void> render(const KnownPiece& piece, const std::filesystem::path& flac, const core::CancelToken* cancel);

private:
    struct State;
    explicit KnownRenderer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace attune::compose
