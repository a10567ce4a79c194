// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/pictures.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "report/svg.hpp"

namespace attune::report {
namespace {

constexpr double kZ90 = 1.6448536269514722;        ///< 90 % of a normal lies within ± this
constexpr double kChi90 = 2.145966026289347;       ///< radius of a 90 % ellipse: sqrt of chi² with 2 d.f.

// ---- the plane ----

constexpr double kPlane = 520.0, kMargin = 44.0;

double px(double v) { return kMargin + (v + 1.0) / 2.0 * (kPlane - 2.0 * kMargin); }
double py(double a) { return kPlane - kMargin - (a + 1.0) / 2.0 * (kPlane - 2.0 * kMargin); }

void draw_axes(Svg& svg) {
    svg.rect(px(-1), py(1), px(1) - px(-1), py(-1) - py(1), "frame");
    svg.line(px(-1), py(0), px(1), py(0), "axis");
    svg.line(px(0), py(-1), px(0), py(1), "axis");
    svg.text(px(-1), kPlane - 16, "unpleasant", "label");
    svg.text(px(1), kPlane - 16, "pleasant", "label", "end");
    svg.text(px(0) + 6, py(1) + 16, "excited", "label");
    svg.text(px(0) + 6, py(-1) - 8, "still", "label");
}

void draw_ellipse(Svg& svg, const flow::VaGaussian& g) {
    // Principal axes of the 2×2 covariance.
    const double mean = (g.cov[0] + g.cov[2]) / 2.0;
    const double half = std::hypot((g.cov[0] - g.cov[2]) / 2.0, g.cov[1]);
    const double scale = (px(1) - px(0)) * kChi90;
    const double angle = 0.5 * std::atan2(2.0 * g.cov[1], g.cov[0] - g.cov[2]) * 180.0 / std::numbers::pi;
    svg.ellipse(px(g.mean.valence), py(g.mean.arousal), scale * std::sqrt(mean + half),
                scale * std::sqrt(std::max(0.0, mean - half)), -angle, "band");
}

constexpr double kRatingTellsS = 300.0;   ///< after this, what is drawn is mostly the music model's guess; chosen

/// Does anything that the listener said or that a sensor measured speak of this second?
bool has_evidence(const session::Summary& s, const flow::AffectState& state) {
    const auto tells = [&](const flow::Rating& r) {
        const double ago_s = (state.t - r.t).seconds();
        return r.value && ago_s >= 0.0 && ago_s <= kRatingTellsS;
    };
    const bool just_began = s.start.start && state.t.seconds() <= kRatingTellsS;
    const bool sensed = std::any_of(state.sources.begin(), state.sources.end(), [](const flow::SourceState& source) {
        return source.status == flow::SourceStatus::kActive && source.weight > 0.0;
    });
    return just_began || sensed || std::any_of(s.ratings.begin(), s.ratings.end(), tells);
}

/// The estimate as a line, every five seconds; dashed where nothing speaks of it.
template <typename Place>
void draw_track(Svg& svg, const session::Summary& s, const Place& place) {
    if (s.states.empty()) return;
    Points run;
    bool seen = has_evidence(s, s.states.front());
    const auto flush = [&] { svg.polyline(run, seen ? "estimate" : "estimate unseen"); };
    for (std::size_t i = 0; i < s.states.size(); i += 5) {
        const bool now = has_evidence(s, s.states[i]);
        if (now != seen) {
            flush();
            if (!run.empty()) run.assign(1, run.back());
            seen = now;
        }
        run.push_back(place(s.states[i]));
    }
    flush();
}

void draw_estimate(Svg& svg, const session::Summary& s) {
    if (s.states.empty()) return;
    draw_track(svg, s, [](const flow::AffectState& state) {
        return std::pair{px(state.felt.mean.valence), py(state.felt.mean.arousal)};
    });
    draw_ellipse(svg, s.states.back().felt);
}

}  // namespace

std::string plane(const session::Summary& s, Audience audience) {
    Svg svg(kPlane, kPlane, "Valence and arousal",
            "From unpleasant to pleasant across, from still to excited upwards: the music that was planned, "
            "and the ratings that were given.");
    draw_axes(svg);
    Points music;
    for (const session::PlayedItem& item : s.items) {
        if (item.plan.expected) music.emplace_back(px(item.plan.expected->valence), py(item.plan.expected->arousal));
    }
    svg.polyline(music, "music");
    for (const session::PlayedItem& item : s.items) {
        if (!item.plan.expected) continue;
        svg.circle(px(item.plan.expected->valence), py(item.plan.expected->arousal), 4, "music-dot", item.plan.title);
    }
    if (audience == Audience::kProfessional) draw_estimate(svg, s);
    if (s.start.start) svg.circle(px(s.start.start->valence), py(s.start.start->arousal), 8, "rating start", "start");
    for (const flow::Rating& rating : s.ratings) {
        if (!rating.value) continue;
        svg.circle(px(rating.value->valence), py(rating.value->arousal), 6, rating.prompted ? "rating" : "rating volunteered",
                   "rated at " + number(rating.t.seconds() / 60.0) + " min");
    }
    return std::move(svg).finish();
}

namespace {

// ---- the timeline ----

constexpr double kWide = 960.0, kLeft = 92.0, kRight = 16.0;

class Lanes {
public:
    Lanes(Svg& svg, double duration_s) : svg_(svg), duration_s_(std::max(1.0, duration_s)) {}

    [[nodiscard]] double x(double t_s) const { return kLeft + t_s / duration_s_ * (kWide - kLeft - kRight); }
    /// Opens a lane of the given height under the ones before; values from low to high.
    void lane(std::string_view name, double height, double low, double high) {
        top_ = next_;
        height_ = height;
        low_ = low;
        high_ = high;
        next_ += height + 14.0;
        svg_.rect(x(0), top_, x(duration_s_) - x(0), height, "frame");
        svg_.text(kLeft - 8, top_ + height / 2 + 4, name, "label", "end");
    }
    [[nodiscard]] double y(double value) const {
        return top_ + height_ - (std::clamp(value, low_, high_) - low_) / (high_ - low_) * height_;
    }
    [[nodiscard]] double top() const { return top_; }
    [[nodiscard]] double height() const { return height_; }
    [[nodiscard]] double bottom() const { return next_; }

private:
    Svg& svg_;
    double duration_s_, next_ = 10.0, top_ = 0.0, height_ = 0.0, low_ = 0.0, high_ = 1.0;
};

enum class Dim { kValence, kArousal };
double mean_of(const flow::AffectState& s, Dim d) {
    return d == Dim::kValence ? s.felt.mean.valence : s.felt.mean.arousal;
}
double sd_of(const flow::AffectState& s, Dim d) {
    return d == Dim::kValence ? s.felt.sd_valence() : s.felt.sd_arousal();
}

void draw_affect(Svg& svg, Lanes& lanes, const session::Summary& s, Dim dim, Audience audience) {
    lanes.lane(dim == Dim::kValence ? "valence" : "arousal", 90, -1, 1);
    svg.line(lanes.x(0), lanes.y(0), lanes.x(s.ended.seconds()), lanes.y(0), "axis");
    if (audience == Audience::kProfessional) {
        Points upper, lower;
        for (std::size_t i = 0; i < s.states.size(); i += 5) {
            const flow::AffectState& state = s.states[i];
            const double at = lanes.x(state.t.seconds());
            upper.emplace_back(at, lanes.y(mean_of(state, dim) + kZ90 * sd_of(state, dim)));
            lower.emplace_back(at, lanes.y(mean_of(state, dim) - kZ90 * sd_of(state, dim)));
        }
        upper.insert(upper.end(), lower.rbegin(), lower.rend());
        svg.polygon(upper, "band");
        draw_track(svg, s, [&](const flow::AffectState& state) {
            return std::pair{lanes.x(state.t.seconds()), lanes.y(mean_of(state, dim))};
        });
    }
    const auto dot = [&](double t_s, const flow::Va& va, std::string_view css) {
        svg.circle(lanes.x(t_s), lanes.y(dim == Dim::kValence ? va.valence : va.arousal), 5, css);
    };
    if (s.start.start) dot(0.0, *s.start.start, "rating start");
    for (const flow::Rating& rating : s.ratings) {
        if (rating.value) dot(rating.t.seconds(), *rating.value, rating.prompted ? "rating" : "rating volunteered");
    }
}

void draw_music(Svg& svg, Lanes& lanes, const session::Summary& s) {
    lanes.lane("music", 34, 0, 1);
    bool shade = false;
    for (const session::PlayedItem& item : s.items) {
        const double from = lanes.x(item.began.seconds());
        const double to = lanes.x(std::min(s.ended.seconds(), item.began.seconds() + item.played_s));
        svg.rect(from, lanes.top(), to - from, lanes.height(), shade ? "item" : "item other", item.plan.title);
        const auto letters = static_cast<std::size_t>(std::max(0.0, (to - from) / 7.5));
        if (letters >= 4) {
            const std::string& title = item.plan.title;
            svg.text(from + 4, lanes.top() + 21,
                     title.size() <= letters ? title : title.substr(0, letters - 1) + "\xE2\x80\xA6", "small");
        }
        shade = !shade;
    }
}

void draw_loudness(Svg& svg, Lanes& lanes, const session::Summary& s) {
    lanes.lane("loudness", 44, -60, 0);
    Points line;
    for (const flow::Heard& heard : s.heard) line.emplace_back(lanes.x(heard.t.seconds()), lanes.y(heard.lufs_momentary));
    svg.polyline(line, "thin");
    lanes.lane("tempo", 24, .85, 1.15);
    Points tempo;
    for (const flow::Heard& heard : s.heard) tempo.emplace_back(lanes.x(heard.t.seconds()), lanes.y(heard.tempo_ratio));
    svg.polyline(tempo, "thin");
}

/// One row a source: filled while it is active, hatched while it abstains, empty once it is lost.
void draw_sources(Svg& svg, Lanes& lanes, const session::Summary& s) {
    for (const auto& [id, kind] : s.start.sources) {
        lanes.lane(id, 16, 0, 1);
        for (std::size_t i = 0; i + 1 < s.states.size(); i += 5) {
            const auto& list = s.states[i].sources;
            const auto source = std::find_if(list.begin(), list.end(), [&](const auto& x) { return x.id == id; });
            if (source == list.end()) continue;
            const std::string status = flow::to_string(source->status);
            const double from = lanes.x(s.states[i].t.seconds());
            const double to = lanes.x(s.states[std::min(i + 5, s.states.size() - 1)].t.seconds());
            svg.rect(from, lanes.top(), to - from, lanes.height(), "source " + status);
        }
    }
}

void draw_minutes(Svg& svg, const Lanes& lanes, double duration_s) {
    const double step_s = duration_s > 2400 ? 600 : duration_s > 600 ? 300 : 60;
    for (double t = 0.0; t <= duration_s; t += step_s) {
        svg.text(lanes.x(t), lanes.bottom() + 8, number(t / 60.0) + " min", "small", "middle");
    }
}

}  // namespace

std::string timeline(const session::Summary& s, Audience audience) {
    const bool all = audience == Audience::kProfessional;
    const double sources = all ? 30.0 * static_cast<double>(s.start.sources.size()) : 0.0;
    Svg svg(kWide, 290.0 + (all ? 96.0 : 0.0) + sources, "The session over time",
            "Minutes across. Ratings, the music that was played, and for professionals the estimate with its "
            "90 percent band, loudness, tempo and the quality of each sensor.");
    Lanes lanes(svg, s.ended.seconds());
    draw_affect(svg, lanes, s, Dim::kValence, audience);
    draw_affect(svg, lanes, s, Dim::kArousal, audience);
    draw_music(svg, lanes, s);
    if (all) {
        draw_loudness(svg, lanes, s);
        draw_sources(svg, lanes, s);
    }
    draw_minutes(svg, lanes, s.ended.seconds());
    return std::move(svg).finish();
}

}  // namespace attune::report
