// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Composes phrase by phrase: form asks the engine for ideas, the arrangement makes notes of them.
///
/// In       a Brief: where on the plane (or which controls), how long, which style, engine and seed
/// Out      phrases one after another (live), or a whole Score
/// Threads  one owner; not for a real-time thread
/// Errors   create(): kBadArgument names value and range, kUnavailable a missing model
/// The same brief gives the same notes.
#include <memory>
#include <optional>

#include "compose/arrange.hpp"
#include "compose/engine.hpp"
#include "compose/form.hpp"
#include "compose/score.hpp"

namespace attune::compose {

struct Brief {
    flow::Va target;
    double seconds = 60.0;             ///< 4..7200 for a Score; ignored when endless
    bool endless = false;
    std::optional<Style> style;        ///< empty = style_for(target, seed)
    EngineKind engine = EngineKind::kRule;
    std::uint64_t seed = 1;
    std::optional<Controls> controls;  ///< empty = controls_for(target)
    std::optional<Key> key;
    std::string title;
};

/// One phrase in the piece's own time.
struct ComposedPhrase {
    Ticks start = 0;
    Phrase idea;                ///< times from the phrase's start
    ArrangeRequest request;     ///< with which it was arranged
    ArrangeState before;        ///< to arrange it again
    double bpm = 100.0;
    std::vector<Note> notes;    ///< times from the piece's start
    bool last = false;
    EngineKind engine = EngineKind::kRule;  ///< that made the idea
    bool fell_back = false;                 ///< the chosen engine was late
};

class Composer {
public:
    [[nodiscard]] static Result<Composer> create(const Brief& brief);
    /// The engine may be another one: a learned model that is already loaded, a slow one in a test.
    [[nodiscard]] static Result<Composer> create(const Brief& brief, std::unique_ptr<Engine> engine);
    Composer(Composer&&) noexcept;
    Composer& operator=(Composer&&) noexcept;
    ~Composer();

    [[nodiscard]] bool done() const noexcept;
    /// The next phrase with the controls as they are now. Pre: !done().
    [[nodiscard]] ComposedPhrase next(const Late& late = {});
    /// The same phrase under other controls: same ideas, another arrangement.
    [[nodiscard]] ComposedPhrase again(const ComposedPhrase& phrase, const Controls& controls) const;
    /// State to hand on is that of `phrase` (after again()).
    void continue_from(const ComposedPhrase& phrase);
    /// What `phrase` hands on to the one after it.
    [[nodiscard]] ArrangeState state_after(const ComposedPhrase& phrase) const;
    /// The next phrase is the last one and closes the piece.
    void end_with_next() noexcept;

    void set_target(const flow::Va& target, const Controls& controls);
    [[nodiscard]] EngineKind engine() const noexcept;
    [[nodiscard]] const Controls& controls() const noexcept;
    [[nodiscard]] const Score& head() const noexcept;  ///< title, key, parts ... without notes

private:
    struct State;
    explicit Composer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Composes all of it. kBadArgument for seconds outside 4..7200 or endless.
[[nodiscard]] Result<Score> compose_score(const Brief& brief);

}  // namespace attune::compose
