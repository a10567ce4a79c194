// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/track_models.hpp"

#include <algorithm>
#include <cmath>

#include "core/quantile.hpp"
#include "learn/model_card.hpp"
#include "library/music_model.hpp"
#include "library/tags.hpp"

namespace attune::library {
namespace {

using Windows = std::vector<const std::vector<float>*>;

/// Those that a model looks at.
Windows spread(const Windows& windows) {
    Windows out;
    for (const std::size_t i : looked_at(windows.size())) out.push_back(windows[i]);
    return out;
}

double limited(double v) { return std::clamp(v, -1.0, 1.0); }

/// What a model said of one segment's window.
struct Look {
    std::size_t segment = 0;
    flow::Va said;
};

/// The value at a segment: of its own window, else on the line between the windows around it, else of the nearest.
flow::Va between(const std::vector<Look>& looks, std::size_t segment) {
    const auto after = std::find_if(looks.begin(), looks.end(), [&](const Look& l) { return l.segment >= segment; });
    if (after == looks.end()) return looks.back().said;
    if (after == looks.begin() || after->segment == segment) return after->said;
    const auto before = after - 1;
    const double share = static_cast<double>(segment - before->segment) / static_cast<double>(after->segment - before->segment);
    return {before->said.valence + share * (after->said.valence - before->said.valence),
            before->said.arousal + share * (after->said.arousal - before->said.arousal)};
}

std::optional<double> percentile95(std::vector<double> values) {
    if (values.empty()) return std::nullopt;
    return core::quantile(std::move(values), 0.95);
}

}  // namespace

std::vector<std::size_t> looked_at(std::size_t windows) {
    const std::size_t n = std::min(windows, kMostWindows);
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back((2 * i + 1) * windows / (2 * n));
    return out;
}

struct TrackModels::State {
    struct Loaded {
        std::string id;
        MusicModel model;
    };
    std::optional<Loaded> emotion, quadrant, calming, genre;
    std::string version = "none";
    std::vector<std::string> missing;
};

TrackModels::TrackModels() : state_(std::make_unique<State>()) {}
TrackModels::~TrackModels() = default;
TrackModels::TrackModels(TrackModels&&) noexcept = default;
TrackModels& TrackModels::operator=(TrackModels&&) noexcept = default;
const std::string& TrackModels::version() const noexcept { return state_->version; }
const std::vector<std::string>& TrackModels::missing() const noexcept { return state_->missing; }

TrackModels TrackModels::load(const std::filesystem::path& data_dir) {
    TrackModels out;
    State& s = *out.state_;
    std::string ids;
    const auto load_one = [&](const char* name, std::optional<State::Loaded>& slot) {
        const auto installed = learn::find_model(data_dir, name);
        if (!installed) {
            s.missing.push_back(std::string(name) + ": " + installed.error().message);
            return;
        }
        auto model = MusicModel::load(installed->weights);
        if (!model) {
            s.missing.push_back(std::string(name) + ": " + model.error().describe());
            return;
        }
        ids += (ids.empty() ? "" : ",") + installed->card.id();
        slot = State::Loaded{installed->card.id(), *std::move(model)};
    };
    load_one("music-emotion", s.emotion);
    load_one("quadrant", s.quadrant);
    if (const auto found = learn::find_model(data_dir, "calming"); found && !found->card.file.empty())
        load_one("calming", s.calming);  // P(Q4) stands in without complaint
    load_one("genre", s.genre);
    if (!ids.empty()) s.version = ids;
    return out;
}

void TrackModels::apply(const TrackAnalysis& analysis, flow::TrackProfile& profile) const {
    const State& s = *state_;
    std::vector<const std::vector<float>*> windows;
    if (!analysis.descriptors.empty()) {
        windows.push_back(&analysis.descriptors);
    } else {
        for (const auto& segment : analysis.segments) {
            if (!segment.descriptors.empty()) windows.push_back(&segment.descriptors);
        }
    }
    if (windows.empty()) return;
    windows = spread(windows);
    const auto estimate = [](double value, std::optional<double> sd, const std::string& id) {
        return flow::Estimate<double>{value, sd, flow::ValueOrigin::kModel, id};
    };
    if (s.emotion) {
        // Windows of 30 s: eight of them hear four minutes. Between those that were looked at a segment's value is
        // interpolated; a segment that is silent has none.
        const MusicModel& m = s.emotion->model;
        std::vector<std::size_t> heard;
        for (std::size_t i = 0; i < analysis.segments.size() && i < profile.segments.size(); ++i) {
            if (!analysis.segments[i].descriptors.empty()) heard.push_back(i);
        }
        std::vector<Look> looks;
        std::array<double, 2> sum{};
        for (const std::size_t h : looked_at(heard.size())) {
            const auto p = m.predict(analysis.segments[heard[h]].descriptors);
            looks.push_back({heard[h], {p[0], p[1]}});
            sum[0] += p[0], sum[1] += p[1];
        }
        std::vector<double> arousals;
        for (const std::size_t i : heard) {
            const flow::Va v = between(looks, i);
            profile.segments[i].expressed = flow::Va{limited(v.valence), limited(v.arousal)};
            arousals.push_back(limited(v.arousal));
        }
        // A short track is judged as a whole, as the clips were that the model has learnt from.
        std::vector<double> p{
            sum[0] / static_cast<double>(std::max<std::size_t>(1, looks.size())),
            sum[1] / static_cast<double>(std::max<std::size_t>(1, looks.size()))};
        if (!analysis.descriptors.empty()) p = m.predict(analysis.descriptors);
        const std::string genre = without_advisory(profile.tags.genre);  // some genres are harder to tell than others
        profile.expressed_valence = estimate(limited(p[0]), m.sd("valence", genre).value_or(0.4), s.emotion->id);
        profile.expressed_arousal = estimate(limited(p[1]), m.sd("arousal", genre).value_or(0.4), s.emotion->id);
        profile.arousal_p95 = percentile95(arousals);
    }
    if (s.quadrant) {
        auto views = windows;
        for (const auto& half : analysis.halves) {
            if (s.quadrant->model.by_views) views.push_back(&half);
        }
        const auto p = s.quadrant->model.predict_mean(views);
        profile.quadrant = std::array<double, 4>{p[0], p[1], p[2], p[3]};
        // No model of calm has beaten P(Q4) on unseen artists, so P(Q4) is the score
        // (eval/results/calming.json).
        profile.calming = estimate(p[3], std::nullopt, s.quadrant->id);
    }
    if (s.calming)
        profile.calming =
            estimate(s.calming->model.predict_mean(windows)[0], std::nullopt, s.calming->id);
    if (s.genre) {
        const auto p = s.genre->model.predict_mean(windows);
        for (std::size_t i = 0; i < p.size(); ++i)
            profile.genre_probabilities[s.genre->model.labels[i]] = p[i];
    }
}

}  // namespace attune::library
