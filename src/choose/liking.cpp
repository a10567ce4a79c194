// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/liking.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "choose/track_index.hpp"
#include "core/text.hpp"

namespace attune::choose {
namespace {

constexpr double kPriorMean = .13, kPriorSd = .50;   // SiTunes, affect_spec B
// How the prior variance .25 is shared out (chosen; sums to it).
constexpr double kVarSound = .10, kVarArtist = .06, kVarGenre = .03, kVarTrack = .05, kVarPerson = .01;
static_assert(kVarSound + kVarArtist + kVarGenre + kVarTrack + kVarPerson <= kPriorSd * kPriorSd + 1e-12);

struct Meaning {
    double value, sd;
};

/// What an observation says about liking (chosen; a rating's own noise is that of affect_spec A).
Meaning meaning_of(const LikingObservation& o) {
    switch (o.source) {
        case LikingSource::kLoved: return {.80, .20};
        case LikingSource::kNever: return {-.90, .20};
        case LikingSource::kRated: return {std::clamp(o.value, -1.0, 1.0), .20};
        case LikingSource::kHeardToEnd: return {.30, .60};
        case LikingSource::kSkipped: return {-.35, .60};
    }
    return {kPriorMean, kPriorSd};
}

constexpr std::array kSources = {LikingSource::kLoved, LikingSource::kNever, LikingSource::kRated,
                                 LikingSource::kHeardToEnd, LikingSource::kSkipped};

/// Solves L z = b for a lower triangular row-major L.
void solve_lower(const std::vector<double>& l, std::size_t n, std::vector<double>& b) {
    for (std::size_t i = 0; i < n; ++i) {
        double sum = b[i];
        for (std::size_t j = 0; j < i; ++j) sum -= l[i * n + j] * b[j];
        b[i] = sum / l[i * n + i];
    }
}

void solve_upper(const std::vector<double>& l, std::size_t n, std::vector<double>& b) {
    for (std::size_t i = n; i-- > 0;) {
        double sum = b[i];
        for (std::size_t j = i + 1; j < n; ++j) sum -= l[j * n + i] * b[j];
        b[i] = sum / l[i * n + i];
    }
}

void cholesky(std::vector<double>& a, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = a[i * n + j];
            for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / a[j * n + j];
        }
    }
}

Result<LikingSource> source_of(const std::string& name) {
    for (const LikingSource s : kSources)
        if (name == to_string(s)) return s;
    return fail(ErrorCode::kCorrupt, "'" + name + "' is not a kind of liking observation");
}

}  // namespace

const char* to_string(LikingSource source) noexcept {
    switch (source) {
        case LikingSource::kLoved: return "loved";
        case LikingSource::kNever: return "never";
        case LikingSource::kRated: return "rated";
        case LikingSource::kHeardToEnd: return "heard_to_end";
        case LikingSource::kSkipped: return "skipped";
    }
    return "rated";
}

const std::vector<std::uint32_t>& LikingPredictor::favourites() const {
    static const std::vector<std::uint32_t> kNone;
    return kNone;
}

void LikingModel::observe(LikingObservation observation) {
    observation.artist = core::to_lower_ascii(observation.artist);
    observation.genre = core::to_lower_ascii(observation.genre);
    observations_.push_back(std::move(observation));
    if (observations_.size() <= kMaxObservations) return;
    // Plays and skips fade first; what a person said in words stays longest.
    const auto said = [](const LikingObservation& o) {
        return o.source != LikingSource::kHeardToEnd && o.source != LikingSource::kSkipped;
    };
    auto oldest = std::find_if_not(observations_.begin(), observations_.end(), said);
    if (oldest == observations_.end()) oldest = observations_.begin();
    observations_.erase(oldest);
}

void LikingModel::observe(const flow::LibraryView& view, std::size_t row, LikingSource source,
                          double value) {
    LikingObservation o{source, view.key[row], view.artists[view.artist[row]],
                        view.genres[view.genre[row]], {}, value};
    if (!view.embedding.empty()) {
        const auto first = view.embedding.begin() +
                           static_cast<std::ptrdiff_t>(row * view.embedding_dims);
        if (std::isfinite(*first))   // NaN = this track has none
            o.embedding.assign(first, first + static_cast<std::ptrdiff_t>(view.embedding_dims));
    }
    observe(std::move(o));
}

std::string LikingModel::text() const {
    nlohmann::json list = nlohmann::json::array();
    for (const LikingObservation& o : observations_) {
        list.push_back({{"source", to_string(o.source)},
                        {"track", o.track.none() ? nlohmann::json() : nlohmann::json(o.track.hex())},
                        {"artist", o.artist},
                        {"genre", o.genre},
                        {"embedding", o.embedding},
                        {"value", o.value}});
    }
    return nlohmann::json{{"schema", "attune.liking/1"}, {"observations", list}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<LikingModel> LikingModel::parse(std::string_view text) {
    try {
        const nlohmann::json root = nlohmann::json::parse(text);
        if (root.at("schema") != "attune.liking/1")
            return fail(ErrorCode::kVersion, "schema of the liking model is not attune.liking/1");
        LikingModel model;
        for (const nlohmann::json& item : root.at("observations")) {
            LikingObservation o;
            ATTUNE_TRY(o.source, source_of(item.at("source").get<std::string>()));
            if (!item.at("track").is_null()) {
                ATTUNE_TRY(o.track, ContentKey::parse(item.at("track").get<std::string>()));
            }
            o.artist = item.at("artist").get<std::string>();
            o.genre = item.at("genre").get<std::string>();
            o.embedding = item.at("embedding").get<std::vector<float>>();
            o.value = item.at("value").get<double>();
            model.observe(std::move(o));
        }
        return model;
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("liking model: ") + e.what());
    }
}

/// An observation in the terms of one view. Index 0 of artists and genres means unknown.
struct LikingView::Point {
    std::vector<float> embedding;
    std::string artist_name, genre_name;
    std::uint32_t artist = 0, genre = 0;
    std::optional<std::size_t> row;
    ContentKey track;
};

struct LikingView::Shares {
    double sound = 0.0, artist = 0.0, genre = 0.0, track = 0.0, person = 0.0;
};

namespace {

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

}  // namespace

LikingView::~LikingView() = default;

LikingView::LikingView(const LikingModel& model, const flow::LibraryView& view,
                       const TrackIndex& index)
    : view_(view) {
    const auto& observations = model.observations();
    const std::size_t n = observations.size();
    by_artist_.assign(view.artists.size(), 0.0);
    by_genre_.assign(view.genres.size(), 0.0);
    weight_.assign(view.embedding_dims, 0.0);
    alpha_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        const LikingObservation& o = observations[i];
        Point p{{}, o.artist, o.genre, index.artist(o.artist).value_or(0), 0, {}, o.track};
        if (o.embedding.size() == view.embedding_dims) p.embedding = o.embedding;
        for (std::uint32_t g = 1; g < index.genre_names().size(); ++g)
            if (!o.genre.empty() && index.genre_names()[g] == o.genre) p.genre = g;
        if (!o.track.none()) p.row = view.row(o.track);
        points_.push_back(std::move(p));
        alpha_[i] = meaning_of(o).value - kPriorMean;
    }
    cholesky_.assign(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            const Point& a = points_[i];
            const Point& b = points_[j];
            double k = kVarPerson;
            if (!a.embedding.empty() && !b.embedding.empty()) k += kVarSound * dot(a.embedding, b.embedding);
            if (!a.artist_name.empty() && a.artist_name == b.artist_name) k += kVarArtist;
            if (!a.genre_name.empty() && a.genre_name == b.genre_name) k += kVarGenre;
            if (!a.track.none() && a.track == b.track) k += kVarTrack;
            if (i == j) k += meaning_of(observations[i]).sd * meaning_of(observations[i]).sd;
            cholesky_[i * n + j] = k;
        }
    }
    cholesky(cholesky_, n);
    solve_lower(cholesky_, n, alpha_);
    solve_upper(cholesky_, n, alpha_);
    for (std::size_t i = 0; i < n; ++i) {
        const Point& p = points_[i];
        alpha_sum_ += alpha_[i];
        for (std::size_t d = 0; d < p.embedding.size(); ++d)
            weight_[d] += alpha_[i] * static_cast<double>(p.embedding[d]);
        if (p.artist != 0) by_artist_[p.artist] += alpha_[i];
        if (p.genre != 0) by_genre_[p.genre] += alpha_[i];
        if (p.row) by_row_[*p.row] += alpha_[i];
    }
    find_favourites(index);
}

void LikingView::find_favourites(const TrackIndex& index) {
    constexpr std::size_t kMost = 2000;
    for (const auto& [row, alpha] : by_row_)
        if (alpha > 0.0) favourites_.push_back(static_cast<std::uint32_t>(row));
    for (std::uint32_t artist = 1; artist < by_artist_.size(); ++artist) {
        if (by_artist_[artist] <= 0.0) continue;
        for (const std::uint32_t row : index.rows_of_artist(artist))
            if (favourites_.size() < kMost) favourites_.push_back(row);
    }
    std::sort(favourites_.begin(), favourites_.end());
    favourites_.erase(std::unique(favourites_.begin(), favourites_.end()), favourites_.end());
}

LikingView::Shares LikingView::shares(std::size_t row) const {
    Shares s;
    s.person = kVarPerson * alpha_sum_;
    if (!view_.embedding.empty() && !points_.empty()) {
        const float* e = view_.embedding.data() + row * view_.embedding_dims;
        for (std::size_t d = 0; d < weight_.size() && has_embedding(row); ++d)
            s.sound += kVarSound * weight_[d] * static_cast<double>(e[d]);
    }
    s.artist = kVarArtist * by_artist_[view_.artist[row]];
    s.genre = kVarGenre * by_genre_[view_.genre[row]];
    if (const auto own = by_row_.find(row); own != by_row_.end()) s.track = kVarTrack * own->second;
    return s;
}

bool LikingView::has_embedding(std::size_t row) const {
    return view_.embedding_dims > 0 && std::isfinite(view_.embedding[row * view_.embedding_dims]);
}

double LikingView::mean(std::size_t row) const {
    const Shares s = shares(row);
    const double sum = kPriorMean + s.person + s.sound + s.artist + s.genre + s.track;
    return std::isfinite(sum) ? std::clamp(sum, -1.0, 1.0) : kPriorMean;
}

std::vector<double> LikingView::kernel_row(std::size_t row) const {
    std::vector<double> k(points_.size());
    for (std::size_t i = 0; i < points_.size(); ++i) {
        const Point& p = points_[i];
        k[i] = kVarPerson;
        if (!p.embedding.empty() && has_embedding(row)) {
            const std::span<const float> e(view_.embedding.data() + row * view_.embedding_dims,
                                           view_.embedding_dims);
            k[i] += kVarSound * dot(p.embedding, e);
        }
        if (p.artist != 0 && p.artist == view_.artist[row]) k[i] += kVarArtist;
        if (p.genre != 0 && p.genre == view_.genre[row]) k[i] += kVarGenre;
        if (p.row == row) k[i] += kVarTrack;
    }
    return k;
}

Liking LikingView::predict(std::size_t row) const {
    std::vector<double> z = kernel_row(row);
    solve_lower(cholesky_, z.size(), z);
    double var = kPriorSd * kPriorSd;
    for (const double x : z) var -= x * x;
    const double sd = std::isfinite(var) ? std::sqrt(std::max(var, .01)) : kPriorSd;
    return {mean(row), sd};
}

std::string_view LikingView::ground(std::size_t row) const {
    const Shares s = shares(row);
    const std::array<std::pair<double, std::string_view>, 4> grounds = {
        {{s.track, "liked_track"}, {s.artist, "liked_artist"}, {s.genre, "liked_genre"}, {s.sound, "liked_sound"}}};
    const auto best = std::max_element(grounds.begin(), grounds.end(),
                                       [](const auto& a, const auto& b) { return a.first < b.first; });
    return best->first > .01 ? best->second : std::string_view("liking_unknown");
}

}  // namespace attune::choose
