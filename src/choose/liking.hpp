// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What this person is likely to like: mean and SD for every track from the first minute.
///
/// In       observations: onboarding (loved, never), ratings of liking, plays to the end, skips
/// Out      liking in [-1, 1] as mean and SD; with no observation .13 +- .50 (SiTunes, affect_spec)
/// Threads  one owner for observe(); predict() through a LikingView from any thread
/// Errors   parse(): kCorrupt names the place
/// Method   Bayesian ridge, in its dual (Gaussian-process) form because a person's observations are few
///          and artists are many (Rasmussen & Williams 2006, ch. 2): embedding, artist, genre, the track
///          itself and the person's mean each carry a share of the prior variance.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "flow/library_view.hpp"

namespace attune::choose {

class TrackIndex;

struct Liking {
    double mean = .13;
    double sd = .50;
};

/// Anything that can say how a row of the view will be liked. No predictor = the population's prior.
class LikingPredictor {
public:
    virtual ~LikingPredictor() = default;
    /// Cheap: for screening thousands of rows. Equals predict(row).mean.
    [[nodiscard]] virtual double mean(std::size_t row) const = 0;
    [[nodiscard]] virtual Liking predict(std::size_t row) const = 0;
    /// Code of what most raises the prediction: "liked_track", "liked_artist", "liked_genre",
    /// "liked_sound"; "liking_unknown" if nothing does.
    [[nodiscard]] virtual std::string_view ground(std::size_t) const { return "liking_unknown"; }
    /// Rows worth screening wherever the waypoint stands: loved tracks and more by loved artists.
    [[nodiscard]] virtual const std::vector<std::uint32_t>& favourites() const;
};

/// What was observed, in order of how much it says.
enum class LikingSource { kLoved, kNever, kRated, kHeardToEnd, kSkipped };
[[nodiscard]] const char* to_string(LikingSource source) noexcept;

/// One thing that a person showed about a track, or (key none) about an artist or a genre.
struct LikingObservation {
    LikingSource source = LikingSource::kRated;
    ContentKey track;
    std::string artist, genre;       ///< lower-case; empty = unknown
    std::vector<float> embedding;    ///< unit length; empty = unknown
    double value = 0.0;              ///< kRated only: liking in [-1, 1]
};

class LikingModel {
public:
    /// At most this many tracks and artists are kept; the oldest go first.
    static constexpr std::size_t kMaxObservations = 256;

    void observe(LikingObservation observation);
    /// The same, with artist, genre and embedding taken from the view.
    void observe(const flow::LibraryView& view, std::size_t row, LikingSource source, double value = 0.0);
    [[nodiscard]] const std::vector<LikingObservation>& observations() const { return observations_; }

    /// One line of JSON; parse() reads it back to the same model.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static Result<LikingModel> parse(std::string_view text);

private:
    std::vector<LikingObservation> observations_;
};

/// A model made ready for one view: solves the posterior once, then predicts by row.
/// Keeps references to view and index; copies what it needs of the model.
class LikingView final : public LikingPredictor {
public:
    LikingView(const LikingModel& model, const flow::LibraryView& view, const TrackIndex& index);
    ~LikingView() override;   ///< where Point is complete
    [[nodiscard]] double mean(std::size_t row) const override;
    [[nodiscard]] Liking predict(std::size_t row) const override;
    [[nodiscard]] std::string_view ground(std::size_t row) const override;
    [[nodiscard]] const std::vector<std::uint32_t>& favourites() const override { return favourites_; }

private:
    struct Point;
    struct Shares;
    [[nodiscard]] Shares shares(std::size_t row) const;
    [[nodiscard]] bool has_embedding(std::size_t row) const;
    void find_favourites(const TrackIndex& index);
    [[nodiscard]] std::vector<double> kernel_row(std::size_t row) const;

    const flow::LibraryView& view_;
    std::vector<Point> points_;
    std::vector<double> cholesky_;   ///< lower, row-major n×n, of K + noise
    std::vector<double> alpha_;      ///< (K + noise)^-1 (y - prior mean)
    std::vector<double> weight_;     ///< of the embedding: sum alpha_i e_i
    std::vector<double> by_artist_, by_genre_;  ///< sums of alpha by the view's index
    std::map<std::size_t, double> by_row_;
    double alpha_sum_ = 0.0;
    std::vector<std::uint32_t> favourites_;
};

}  // namespace attune::choose
