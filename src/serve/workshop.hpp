// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the Compose page works with: music that plays while it is steered, and finished pieces.
///
/// A play has a thread of its own that composes, renders and encodes 20 ms at a time, paced by the steady clock;
/// it ends when it is stopped, when nobody has listened for 10 s, or after an hour. A piece lies in
/// DATA/cache/compose until it is saved to DATA/composed.
///
/// Threads  any call from any thread; make() blocks while it renders, one at a time
/// Errors   kBusy (too many at once), kNotFound, kBadArgument (control, point, length: with the range),
///          kUnavailable (soundfont, model), kDiskFull, kIo
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "compose/composer.hpp"
#include "compose/export.hpp"
#include "compose/live_source.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "serve/outbox.hpp"

namespace attune::serve {

class Workshop {
public:
    static constexpr std::size_t kMostPlays = 4;
    static constexpr std::size_t kKeptPieces = 20;  ///< in the cache; the oldest goes first
    static constexpr double kMostSeconds = 600.0;

    explicit Workshop(const std::filesystem::path& data_dir);
    ~Workshop();

    [[nodiscard]] Result<Id> play(const compose::Brief& brief);
    /// The newest call wins.
    [[nodiscard]] Result<void> steer(const Id& play, const flow::Va& target, const compose::Controls& controls,
                                     compose::When when);
    /// Messages as of a session's sound: first frame (uint64, little end first), then one Opus packet.
    [[nodiscard]] Result<void> listen(const Id& play, const std::shared_ptr<Outbox>& page);
    [[nodiscard]] Result<void> stop(const Id& play);

    struct Piece {
        Id id;
        compose::Made made;
        std::filesystem::path audio, midi;
    };
    [[nodiscard]] Result<Piece> make(const compose::Brief& brief);
    [[nodiscard]] Result<Piece> piece(const Id& id) const;
    /// Copies the piece to where the library finds it, and says where.
    [[nodiscard]] Result<std::filesystem::path> save(const Id& id);

private:
    class Play;
    void reap();
    const std::filesystem::path data_dir_;
    core::IdSource ids_;
    std::mutex making_;         ///< held while a piece is rendered
    mutable std::mutex mutex_;  ///< guards all below
    std::size_t opening_ = 0;  ///< plays that are being made ready; they count too
    std::map<Id, std::shared_ptr<Play>> plays_;
    std::map<Id, Piece> pieces_;  ///< ids grow with time: the first is the oldest
};

}  // namespace attune::serve
