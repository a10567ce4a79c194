// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What a person's own ratings say about one source and one dimension: its baseline, and whether it
/// earned more weight than it starts with. Kept between sessions, erased with the person.
///
/// In       one EarningPoint a blind rating: rating minus the shadow filter's prediction, in its SD; the
///          source's index minus its past mean, in its past SD. Both were made before the rating
/// Out      the validity r to use, and why
/// Method   prequential (Dawid 1984, doi:10.2307/2981683): nothing is judged on data that it was fitted to.
///          Posterior of the correlation in Fisher's z, shrunk to the start with kPriorRatings; raised only
///          after enough ratings on enough days with a log-score gain over kEarnNats and above the 95th
///          percentile of kEarnShuffles fixed permutations of whole sessions; lowered as soon as the
///          posterior mean falls
/// Threads  a value; one owner. No randomness: the permutations are a fixed sequence
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace attune::affect {

/// Mean and SD of an index over the seconds that it was seen, with a memory of kBaselineMemoryS.
class Baseline {
public:
    void add(double x, double dt_s);
    /// The seconds and moments of `other` added to these, then limited to the memory.
    void merge(const Baseline& other);
    [[nodiscard]] bool ready() const noexcept;
    [[nodiscard]] double seconds() const noexcept { return seconds_; }
    [[nodiscard]] double mean() const noexcept { return mean_; }
    /// Shrunk to 1, the SD of the recogniser's training population, with kBaselineMinS of weight; >= .2.
    [[nodiscard]] double sd() const noexcept;

    double seconds_ = 0.0, mean_ = 0.0, m2_ = 0.0;  ///< public for the reader and writer of records
};

struct EarningPoint {
    std::int64_t day = 0;       ///< days since 1970 of the session
    std::int64_t session = 0;   ///< ordinal of the session
    double residual = 0.0;      ///< in SD of the shadow's prediction of a rating
    double index = 0.0;         ///< in SD of the person's past
    bool operator==(const EarningPoint&) const = default;
};

/// How the ratings judge the source now.
struct Earning {
    double r = 0.0;             ///< to use
    double posterior_mean = 0.0, posterior_q20 = 0.0;
    double gain_nats = 0.0;     ///< prequential log score against saying nothing
    double shuffled_q95 = 0.0;  ///< of the same gain over shuffled sessions; 0 until it is needed
    int n = 0, days = 0;
    bool earned = false;
};

/// start, cap: of the source's row in the table, start already multiplied by what its card allows.
[[nodiscard]] Earning judge(const std::vector<EarningPoint>& points, double start, double cap);

/// One source kind and dimension of one person.
struct SourceRecord {
    std::string model;          ///< id@version; another model starts anew
    Baseline baseline;
    std::vector<EarningPoint> points;   ///< oldest first, at most kMaxPoints
    static constexpr std::size_t kMaxPoints = 600;
};

/// By "kind/dimension", e.g. "body/arousal".
using SourceRecords = std::map<std::string, SourceRecord>;

}  // namespace attune::affect
