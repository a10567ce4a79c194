// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Recomputes from the stored samples what was said of heart, skin and breath, while the record is replayed.
///
/// Builds the recognisers that the session began with (the same model, by its hash, or none), gives them the stored
/// frames, what was heard and what came and went in the order of the record, asks them once a second through the same
/// step as the session that ran (sensing.hpp), and compares each Evidence, Breath and Conductance bit for bit
/// Not      face, voice and EEG: their pictures and sound are never stored. A source is given up, and the report says why,
///          where its samples were not kept, were dropped or erased, or where its model is not installed any more
/// Errors   create(): kCorrupt names the second of a chunk that was altered, deleted or moved; those of the store
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "session/replay.hpp"
#include "session/sensing.hpp"

namespace attune::session {

/// Why a source was not recomputed, or not to its end.
enum class NotRecomputed {
    kEvidenceOnly,   ///< face, voice, EEG: nothing else is ever stored
    kNotListened,    ///< nothing was inferred from it
    kNoSamples,      ///< recorded before samples were kept, or without
    kDropped,        ///< samples came faster than they were written
    kErased,         ///< a person had them erased
    kModel,          ///< its model is missing, or another one is installed
};
/// "evidence_only", …
[[nodiscard]] const char* to_string(NotRecomputed why) noexcept;
/// True where the samples should have been there: not for what is never stored.
[[nodiscard]] bool is_a_gap(NotRecomputed why) noexcept;

struct RecomputedSource {
    std::string source;
    flow::SourceKind kind = flow::SourceKind::kBody;
    std::int64_t seconds = 0;                  ///< of samples that were read
    std::uint64_t compared = 0;                ///< pieces of evidence, breath and conductance
    std::optional<NotRecomputed> not_recomputed;
    std::string why;                           ///< in words
};

struct SampleDifference {
    std::uint64_t seq = 0;                     ///< of the event
    Time t;
    std::string source, what;
};

struct SamplesReport {
    std::int64_t seconds = 0, frames = 0;      ///< read
    std::uint64_t compared = 0;
    std::optional<SampleDifference> first_difference;
    bool equal_answers = true;                 ///< the same said and abstained, whatever its last bits
    double largest_difference = 0.0;           ///< over all numbers that both said
    std::vector<RecomputedSource> sources;
    [[nodiscard]] bool identical() const { return !first_difference; }
    /// Nothing that should have been recomputed is missing.
    [[nodiscard]] bool complete() const;
};

class Recomputation final : public Witness {
public:
    /// `data_dir`: whose models/ win. Read the events before: then the samples of each of them are there.
    [[nodiscard]] static Result<Recomputation> create(store::Connection& db, const store::Seal& seal, const Start& start,
                                                      const std::filesystem::path& data_dir);

    void on_input(const SessionEvent& recorded) override;
    void on_outputs(const SessionEvent& input, const Outputs& outputs) override;
    [[nodiscard]] const SamplesReport& report() const noexcept { return report_; }

private:
    void begin(const Start& start, const std::vector<KeptSamples>& kept);
    void begin_source(const Listening& listening, bool samples_kept, const std::vector<KeptSamples>& kept);
    void give_up(RecomputedSource& source, NotRecomputed why, std::string in_words);
    /// The source, if it is still being recomputed.
    [[nodiscard]] RecomputedSource* followed(const std::string& source);
    void step_to(Time t);
    void compare(const SessionEvent& recorded, const std::string& source);
    void end_second(const SessionEvent& tick);
    void dropped(Time t);
    void note(const SessionEvent& recorded, const std::string& source, std::string what);

    std::filesystem::path data_dir_;
    std::vector<SampleSecond> samples_;
    std::size_t next_ = 0;                     ///< of samples_
    std::map<std::string, Listening> listening_;
    bool conductance_ = false;
    Sensing sensing_;
    std::int64_t stepped_ns_ = -1;             ///< the second that was asked about last
    std::deque<Payload> said_;                 ///< in it, and not found in the record yet
    SamplesReport report_;
};

}  // namespace attune::session
