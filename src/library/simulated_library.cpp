// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/simulated_library.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/hash.hpp"
#include "core/random.hpp"

namespace attune::library {
namespace {

/// Where a genre lives; made up, in the order of what one expects of it.
struct Genre {
    const char* name;
    double valence, arousal, tempo, loudness, vocals;
};
constexpr std::array<Genre, 14> kGenres = {{{"pop", .35, .25, 112, -9.5, .95},
                                            {"rock", .05, .50, 124, -8.5, .92},
                                            {"electronic", .20, .45, 124, -8.5, .35},
                                            {"dance", .45, .60, 126, -8.0, .70},
                                            {"hip hop", .05, .30, 92, -8.5, .97},
                                            {"jazz", .30, -.15, 108, -15.0, .30},
                                            {"classical", .10, -.30, 96, -20.0, .10},
                                            {"ambient", .05, -.65, 76, -19.0, .06},
                                            {"folk", .20, -.20, 104, -14.0, .85},
                                            {"metal", -.40, .75, 138, -7.5, .90},
                                            {"soul", .40, .10, 96, -10.5, .95},
                                            {"acoustic", .25, -.35, 100, -15.5, .60},
                                            {"blues", -.20, -.05, 90, -12.5, .85},
                                            {"chillout", .30, -.45, 88, -14.0, .35}}};

constexpr double kSegmentS = 15.0;

double squash(double x) { return .97 * std::tanh(x / .97); }

using Embedding = std::array<double, SimulatedLibrary::kEmbeddingDims>;

Embedding direction(core::Random& random) {
    Embedding e{};
    for (double& x : e) x = random.normal();
    return e;
}

}  // namespace

struct SimulatedLibrary::Artist {
    std::size_t genre;
    double valence, arousal;   ///< offsets
    Embedding sound;
};

struct SimulatedLibrary::Track {
    ContentKey key;
    std::size_t artist, genre;
    double valence, arousal, sd_valence, sd_arousal;
    double tempo, loudness, range, peak, startle, vocals, duration;
    double p95, calming;
    std::array<flow::Va, 3> curve;       ///< start, middle, end
    double first_loudness, last_loudness;
    std::array<float, kEmbeddingDims> embedding;
};

SimulatedLibrary::SimulatedLibrary(std::size_t tracks, std::uint64_t seed)
    : tracks_(tracks), seed_(seed) {}

std::size_t SimulatedLibrary::artists() const { return std::max<std::size_t>(tracks_ / 9, 1); }

SimulatedLibrary::Artist SimulatedLibrary::artist(std::size_t index) const {
    core::Random random(seed_, "library/artist/" + std::to_string(index));
    Artist a;
    a.genre = random.below(kGenres.size());
    a.valence = random.normal(0.0, .18);
    a.arousal = random.normal(0.0, .15);
    a.sound = direction(random);
    return a;
}

SimulatedLibrary::Track SimulatedLibrary::track(std::size_t i) const {
    core::Random random(seed_, "library/track/" + std::to_string(i));
    Track t;
    // Few artists have many tracks.
    t.artist = static_cast<std::size_t>(std::pow(random.uniform(), 1.5) * static_cast<double>(artists()));
    const Artist by = artist(t.artist);
    t.genre = by.genre;
    const Genre& genre = kGenres[t.genre];
    t.arousal = squash(genre.arousal + by.arousal + random.normal(0.0, .22));
    t.valence = squash(genre.valence + by.valence + random.normal(0.0, .28));
    t.sd_valence = random.uniform(.18, .30);
    t.sd_arousal = random.uniform(.13, .24);
    const double above = t.arousal - genre.arousal;
    t.tempo = std::clamp(genre.tempo * std::exp(random.normal(.12 * above, .16)), 50.0, 200.0);
    t.loudness = std::clamp(genre.loudness + 3.0 * above + random.normal(0.0, 1.6), -30.0, -5.0);
    t.range = std::clamp(random.normal(7.0 - .25 * (t.loudness + 12.0), 2.0), 1.5, 20.0);
    t.peak = std::min(random.normal(t.loudness + 9.0, 1.2), .5);
    t.startle = std::max(0.0, random.exponential(1.0 / (1.2 + .25 * t.range)));
    t.vocals = std::clamp(genre.vocals + random.normal(0.0, .12), .0, 1.0);
    t.duration = std::clamp(std::exp(random.normal(std::log(215.0), .26)), 75.0, 600.0);
    const double swing = std::abs(random.normal(0.0, .07));
    t.p95 = squash(t.arousal + .03 + swing);
    const double dip = .04 + std::abs(random.normal(0.0, .08));
    t.curve[0] = {squash(t.valence + random.normal(0.0, .05)), squash(t.arousal - dip)};
    t.curve[1] = {t.valence, squash(t.arousal + .5 * dip)};
    t.curve[2] = {squash(t.valence + random.normal(0.0, .05)), squash(t.arousal - dip * random.uniform(.3, 1.3))};
    t.first_loudness = t.loudness - std::abs(random.normal(0.0, 1.6));
    t.last_loudness = t.loudness - std::abs(random.normal(0.0, 1.8));
    t.calming = std::clamp(.5 - .55 * t.arousal + .15 * t.valence + random.normal(0.0, .08), 0.0, 1.0);
    core::Random of_genre(seed_, "library/genre/" + std::to_string(t.genre));
    const Embedding g = direction(of_genre);
    double norm = 0.0;
    Embedding e{};
    for (std::size_t d = 0; d < kEmbeddingDims; ++d) {
        e[d] = g[d] + .7 * by.sound[d] + .6 * random.normal();
        if (d == 0) e[d] += 2.5 * t.arousal;
        if (d == 1) e[d] += 2.5 * t.valence;
        norm += e[d] * e[d];
    }
    for (std::size_t d = 0; d < kEmbeddingDims; ++d)
        t.embedding[d] = static_cast<float>(e[d] / std::sqrt(norm));
    core::Blake2b hash(16);
    hash.update("attune simulated track");
    hash.update_u64(seed_);
    hash.update_u64(i);
    const auto digest = hash.finish();
    std::copy(digest.begin(), digest.end(), t.key.bytes.begin());
    return t;
}

flow::TrackProfile SimulatedLibrary::profile(std::size_t i) const {
    const Track t = track(i);
    const auto modelled = [](double value, double sd) {
        return flow::Estimate<double>{value, sd, flow::ValueOrigin::kSimulated, "simulated@1"};
    };
    const auto known = [](double value) {
        return flow::Estimate<double>{value, {}, flow::ValueOrigin::kSimulated, "simulated@1"};
    };
    flow::TrackProfile p;
    p.key = t.key;
    p.simulated = true;
    p.path = "simulated/" + t.key.hex() + ".flac";
    p.tags.title = "Simulated " + std::to_string(i + 1);
    p.tags.artist = "Simulated artist " + std::to_string(t.artist + 1);
    p.tags.genre = kGenres[t.genre].name;
    p.source_rate_hz = 48000;
    p.channels = 2;
    p.frames = static_cast<std::int64_t>(t.duration * 48000.0);
    p.duration_s = static_cast<double>(p.frames) / 48000.0;
    p.loudness_lufs = known(t.loudness);
    p.loudness_range_lu = known(t.range);
    p.true_peak_dbtp = known(t.peak);
    p.startle_lu = known(t.startle);
    p.tempo_bpm = known(t.tempo);
    p.tempo_confidence = .8;
    p.vocals = modelled(t.vocals, .1);
    p.expressed_valence = modelled(t.valence, t.sd_valence);
    p.expressed_arousal = modelled(t.arousal, t.sd_arousal);
    p.calming = modelled(t.calming, .15);
    p.arousal_p95 = t.p95;
    p.embedding.assign(t.embedding.begin(), t.embedding.end());
    p.loudness_1hz.assign(static_cast<std::size_t>(std::ceil(p.duration_s)), static_cast<float>(t.loudness));
    const int n = std::max(2, static_cast<int>(std::ceil(p.duration_s / kSegmentS)));
    for (int s = 0; s < n; ++s) {
        const double at = static_cast<double>(s) / (n - 1);
        const auto& from = t.curve[at < .5 ? 0 : 1];
        const auto& to = t.curve[at < .5 ? 1 : 2];
        const double k = at < .5 ? 2.0 * at : 2.0 * at - 1.0;
        flow::Segment segment;
        segment.start_s = s * kSegmentS;
        segment.duration_s = std::min(kSegmentS, std::max(p.duration_s - segment.start_s, .1));
        segment.expressed = flow::Va{from.valence + k * (to.valence - from.valence),
                                     from.arousal + k * (to.arousal - from.arousal)};
        segment.loudness_lufs = s == 0 ? t.first_loudness : s == n - 1 ? t.last_loudness : t.loudness;
        p.segments.push_back(segment);
    }
    return p;
}

flow::LibraryViewPtr SimulatedLibrary::view() const {
    std::vector<Track> all;
    all.reserve(tracks_);
    for (std::size_t i = 0; i < tracks_; ++i) all.push_back(track(i));
    std::vector<std::uint32_t> order(tracks_);
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return all[a].key < all[b].key; });

    auto view = std::make_shared<flow::LibraryView>();
    view->version = 1 + seed_ * 1'000'003 + tracks_;
    view->simulated = true;
    view->embedding_dims = kEmbeddingDims;
    view->artists.emplace_back();
    view->genres.emplace_back();
    for (std::size_t a = 0; a < artists(); ++a) view->artists.push_back("Simulated artist " + std::to_string(a + 1));
    for (const Genre& g : kGenres) view->genres.emplace_back(g.name);
    const auto add = [](std::vector<float>& column, double x) { column.push_back(static_cast<float>(x)); };
    for (const std::uint32_t i : order) {
        const Track& t = all[i];
        view->key.push_back(t.key);
        add(view->valence, t.valence);
        add(view->valence_sd, t.sd_valence);
        add(view->arousal, t.arousal);
        add(view->arousal_sd, t.sd_arousal);
        add(view->first_valence, t.curve[0].valence);
        add(view->first_arousal, t.curve[0].arousal);
        add(view->last_valence, t.curve[2].valence);
        add(view->last_arousal, t.curve[2].arousal);
        add(view->arousal_p95, t.p95);
        add(view->startle_lu, t.startle);
        add(view->tempo_bpm, t.tempo);
        add(view->loudness_lufs, t.loudness);
        add(view->first_loudness_lufs, t.first_loudness);
        add(view->last_loudness_lufs, t.last_loudness);
        add(view->true_peak_dbtp, t.peak);
        add(view->vocals, t.vocals);
        add(view->duration_s, t.duration);
        add(view->calming, t.calming);
        view->artist.push_back(static_cast<std::uint32_t>(t.artist + 1));
        view->genre.push_back(static_cast<std::uint32_t>(t.genre + 1));
        view->title.push_back("Simulated " + std::to_string(i + 1));
        view->embedding.insert(view->embedding.end(), t.embedding.begin(), t.embedding.end());
    }
    return view;
}

}  // namespace attune::library
