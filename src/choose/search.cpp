// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace attune::choose {
namespace {

constexpr std::size_t kScreenedPerTempo = 150;   ///< rows read from the grid, a tempo bin
constexpr std::size_t kFavouritesScreened = 600; ///< nearest of the familiar and favourite rows
constexpr int kKeptPerTempo = 20;                ///< of the candidates, whatever their score

double square(double x) { return x * x; }
double rounded(double x) { return std::round(x * 1e9) * 1e-9; }

struct Screened {
    std::uint32_t row;
    int bin;
    double score;
};

/// Order of promise; equal promise falls by content key (rows are sorted by it).
bool better(const Screened& a, const Screened& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
}

int tempo_bin_of(const flow::LibraryView& view, std::uint32_t row) {
    const double folded = folded_tempo(static_cast<double>(view.tempo_bpm[row]));
    return std::isnan(folded) ? kTempoBins : std::min(static_cast<int>(folded * kTempoBins), kTempoBins - 1);
}

/// Cheap promise of a row at a waypoint: fit with a typical spread, liking, familiarity.
double promise(const PlanRequest& request, const Rules& rules, std::uint32_t row, const flow::Va& at) {
    const double v = static_cast<double>(request.view->valence[row]);
    const double a = static_cast<double>(request.view->arousal[row]);
    constexpr double kTypicalVar = .17;   // .2^2 + .33^2 + .15^2
    const double liking = request.liking != nullptr ? request.liking->mean(row) : 0.0;
    double score = -(square(v - at.valence) + square(a - at.arousal)) / kTypicalVar;
    score += request.weights.taste * liking;
    if (rules.familiar(row)) score += request.weights.familiar + .5;   // rules of the game ask for them
    return rounded(score);
}

void add_nearest(const PlanRequest& request, const Rules& rules, const std::vector<std::uint32_t>& rows,
                 const flow::Va& at, std::vector<std::uint32_t>& out) {
    std::vector<std::pair<double, std::uint32_t>> near;
    for (const std::uint32_t row : rows) {
        const double d = square(static_cast<double>(request.view->valence[row]) - at.valence) +
                         square(static_cast<double>(request.view->arousal[row]) - at.arousal);
        if (std::isfinite(d) && rules.allowed(row)) near.emplace_back(rounded(d), row);
    }
    const std::size_t n = std::min(near.size(), kFavouritesScreened);
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(n), near.end());
    for (std::size_t i = 0; i < n; ++i) out.push_back(near[i].second);
}

std::vector<std::uint32_t> screen(const PlanRequest& request, const Rules& rules, const flow::Va& at) {
    std::vector<std::uint32_t> rows;
    request.index->around(at, kScreenedPerTempo, [&](std::uint32_t row) { return rules.allowed(row); }, rows);
    add_nearest(request, rules, rules.familiar_rows(), at, rows);
    if (request.liking != nullptr) add_nearest(request, rules, request.liking->favourites(), at, rows);
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

/// A path so far. Kept by value in layers; `parent` points into the layer before.
struct Node {
    double t_s = 0.0;
    flow::Va felt;
    double score = 0.0;
    double rank = 0.0;           ///< score a minute: paths of different length stay comparable
    int parent = -1;
    int candidate = -1;
    int items = 0, unfamiliar = 0;
    bool bridged = false, last = false;
    Waypoint waypoint;
    double played_s = 0.0, start_s = 0.0, fade_in_s = 0.0;
};

class Beam {
public:
    Beam(const PlanRequest& request, const Rules& rules, const flow::Goal& goal, const Situation& from)
        : request_(request), rules_(rules), goal_(goal), from_(from) {
        Node root;
        root.t_s = from.t_s;
        root.felt = from.felt;
        root.items = from.items;
        root.unfamiliar = from.unfamiliar;
        layers_.push_back({root});
        pools_.emplace_back();
    }

    std::vector<Step> run() {
        for (int depth = 0; depth < request_.weights.horizon; ++depth)
            if (!extend()) break;
        return steps();
    }

private:
    /// A path that could be one item longer; small, because there are thousands of which few are kept.
    struct Extension {
        double rank;
        int parent, candidate;
        std::uint32_t row;
        bool operator<(const Extension& o) const {
            if (rank != o.rank) return rank > o.rank;
            if (parent != o.parent) return parent < o.parent;
            return row < o.row;
        }
    };

    /// One layer more; false when no path can go on.
    bool extend() {
        const std::vector<Node>& layer = layers_.back();
        const auto open = std::find_if(layer.begin(), layer.end(), [&](const Node& n) { return goes_on(n); });
        if (open == layer.end()) return false;
        pools_.push_back(pool_for(*open));
        extensions_.clear();
        for (std::size_t i = 0; i < layer.size(); ++i)
            if (goes_on(layer[i])) extend_from(static_cast<int>(i));
        if (extensions_.empty()) {
            pools_.pop_back();
            return false;
        }
        keep_best(static_cast<std::size_t>(request_.weights.beam));
        std::vector<Node> next;
        for (const Extension& e : extensions_) {
            const Node node = grown(e);
            if (node.last) consider_end(node, static_cast<int>(layers_.size()));
            next.push_back(node);
        }
        layers_.push_back(std::move(next));
        return true;
    }

    bool goes_on(const Node& n) const {
        return !n.last && from_.end_s - n.t_s >= kShortestItemS;
    }

    std::vector<Candidate> pool_for(const Node& node) {
        const Waypoint here = waypoint_of(node, false);
        std::vector<Candidate> pool = candidates_near(request_, rules_, here.at);
        const Waypoint land = waypoint_of(node, true);
        const bool may_end = request_.land_now || from_.end_s - node.t_s < 600.0;
        if (may_end && flow::distance(land.at, here.at) > .1) {
            for (Candidate& c : candidates_near(request_, rules_, land.at)) pool.push_back(std::move(c));
            std::sort(pool.begin(), pool.end(), [](const Candidate& a, const Candidate& b) { return a.row < b.row; });
            pool.erase(std::unique(pool.begin(), pool.end(),
                                   [](const Candidate& a, const Candidate& b) { return a.row == b.row; }),
                       pool.end());
        }
        return pool;
    }

    Waypoint waypoint_of(const Node& n, bool last) const { return waypoint_at(request_, goal_, n.felt, n.t_s, n.items, last); }

    const Edges* before(const Node& n) const {
        if (n.candidate >= 0)
            return &pools_[depth_of_last()][static_cast<std::size_t>(n.candidate)].edges;
        return from_.before ? &*from_.before : nullptr;
    }
    std::size_t depth_of_last() const { return layers_.size() - 1; }

    void extend_from(int index) {
        const Node n = layers_.back()[static_cast<std::size_t>(index)];
        const Edges* end = before(n);
        const Waypoint going = waypoint_of(n, false);
        const Waypoint landing = waypoint_of(n, true);
        collect_used(index);
        const std::vector<Candidate>& pool = pools_.back();
        Node next;
        for (std::size_t c = 0; c < pool.size(); ++c) {
            if (is_used(pool[c].row, n.t_s)) continue;
            if (place(n, pool[c], end, going, landing, next))
                extensions_.push_back({next.rank, index, static_cast<int>(c), pool[c].row});
        }
    }

    /// The node of an extension that was kept.
    Node grown(const Extension& e) {
        const Node& n = layers_.back()[static_cast<std::size_t>(e.parent)];
        collect_used(e.parent);
        Node next;
        place(n, pools_.back()[static_cast<std::size_t>(e.candidate)], before(n), waypoint_of(n, false),
              waypoint_of(n, true), next);
        next.parent = e.parent;
        next.candidate = e.candidate;
        return next;
    }

    /// Fills `next` with the best way to put `c` after `n`; false if it cannot stand there.
    bool place(const Node& n, const Candidate& c, const Edges* end, const Waypoint& going,
               const Waypoint& landing, Node& next) const {
        const double over = end == nullptr ? 0.0 : join_of(*end, c.edges, request_.policy->limits).over;
        next.bridged = over > 0.0 && request_.policy->silence_max_s >= kBridgeSeconds;
        const double gap = next.bridged ? kBridgeSeconds : 0.0;
        next.fade_in_s = end != nullptr && !next.bridged && n.t_s > 0.0 ? kCrossfadeS : 0.0;
        next.start_s = n.t_s + gap - next.fade_in_s;
        const double left = from_.end_s - next.start_s;
        if (left < kShortestItemS) return false;
        next.last = request_.land_now || c.duration_s >= left - kTail;
        next.played_s = std::min(c.duration_s, left);
        next.waypoint = next.last ? landing : going;
        Place place{n.felt, next.waypoint, end, over, next.bridged, next.last, repeats_artist(c.artist),
                    (n.unfamiliar + 1) * 4 <= n.items + 1, next.played_s};
        if (next.bridged)
            place.felt = Process::towards(n.felt, request_.process.home, bridge_keep_);
        const Parts parts = score_parts(request_, rules_, goal_, c, place);
        next.felt = felt_after(c, place, request_.process);
        next.t_s = next.start_s + next.played_s;
        next.score = rounded(n.score + parts.sum());
        const double minutes = (next.t_s - from_.t_s) / 60.0;
        next.rank = rounded(next.score / std::max(minutes, .5));
        next.items = n.items + 1;
        next.unfamiliar = n.unfamiliar + (c.familiar ? 0 : 1);
        return true;
    }

    void collect_used(int index) {
        used_.clear();
        artists_.assign(from_.artists.begin(), from_.artists.end());
        const std::size_t known = artists_.size();
        for (std::size_t layer = layers_.size() - 1; layer > 0; --layer) {
            const Node& n = layers_[layer][static_cast<std::size_t>(index)];
            const Candidate& c = pools_[layer][static_cast<std::size_t>(n.candidate)];
            used_.emplace_back(c.row, n.t_s);
            artists_.insert(artists_.begin() + static_cast<std::ptrdiff_t>(known), c.artist);
            index = n.parent;
        }
    }

    bool is_used(std::uint32_t row, double now) const {
        const auto taken = [&](const std::pair<std::uint32_t, double>& u) {
            return u.first == row && now - u.second < rules_.return_after_s(row);
        };
        return std::any_of(used_.begin(), used_.end(), taken) ||
               std::any_of(from_.used.begin(), from_.used.end(), taken);
    }

    bool repeats_artist(std::uint32_t artist) const {
        if (artist == 0) return false;
        const auto n = std::min(std::ssize(artists_), kArtistMemory);
        return std::find(artists_.end() - n, artists_.end(), artist) != artists_.end();
    }

    void keep_best(std::size_t most) {
        const std::size_t n = std::min(extensions_.size(), most);
        std::partial_sort(extensions_.begin(), extensions_.begin() + static_cast<std::ptrdiff_t>(n),
                          extensions_.end());
        extensions_.resize(n);
    }

    /// A path that reaches the end competes by its whole score.
    void consider_end(const Node& node, int layer) {
        if (best_end_ && best_end_->node.score >= node.score) return;
        best_end_ = End{node, layer};
    }

    /// The chosen path: the best that reached the end, else the best of the last layer.
    std::vector<Step> steps() const {
        std::vector<Step> out;
        std::size_t layer = layers_.size() - 1;
        Node n = layers_.back().front();
        if (best_end_) {
            layer = static_cast<std::size_t>(best_end_->layer);
            n = best_end_->node;
        }
        for (; layer > 0; --layer) {
            const Node parent = layers_[layer - 1][static_cast<std::size_t>(n.parent)];
            out.push_back(step_of(n, parent, layer));
            n = parent;
        }
        std::reverse(out.begin(), out.end());
        return out;
    }

    Step step_of(const Node& n, const Node& parent, std::size_t layer) const {
        Step s;
        s.candidate = pools_[layer][static_cast<std::size_t>(n.candidate)];
        if (parent.candidate >= 0)
            s.before = pools_[layer - 1][static_cast<std::size_t>(parent.candidate)].edges;
        else
            s.before = from_.before;
        s.place = {parent.felt, n.waypoint, nullptr, 0.0, n.bridged, n.last, false,
                   (parent.unfamiliar + 1) * 4 <= parent.items + 1, n.played_s};
        if (n.bridged) s.place.felt = Process::towards(parent.felt, request_.process.home, bridge_keep_);
        s.start_s = n.start_s;
        s.fade_in_s = n.fade_in_s;
        return s;
    }

    struct End {
        Node node;
        int layer;
    };

    const PlanRequest& request_;
    const Rules& rules_;
    const flow::Goal& goal_;
    const Situation& from_;
    const double bridge_keep_ = request_.process.keep(kBridgeSeconds);
    std::vector<std::vector<Node>> layers_;
    std::vector<std::vector<Candidate>> pools_;   ///< pools_[d] holds the candidates of layers_[d]
    std::vector<Extension> extensions_;
    std::vector<std::pair<std::uint32_t, double>> used_;
    std::vector<std::uint32_t> artists_;
    std::optional<End> best_end_;
};

}  // namespace

Waypoint waypoint_at(const PlanRequest& request, const flow::Goal& goal, const flow::Va& felt, double t_s, int items, bool last) {
    const double ahead = request.starts_in_s + t_s;
    const double kept = request.process.keep(2.0 * ahead);
    const auto& cov = request.felt.cov;
    const auto& p = request.process;
    const double variance = kept * (cov[0] + cov[2]) + (1.0 - kept) * (square(p.sd_valence) + square(p.sd_arousal));
    const bool stays = request.hold_next_at && items == request.session_items && !last;
    const Moment moment{felt, request.start, variance, request.elapsed_s + ahead, items == 0, last, stays ? request.hold_next_at : request.hold_at};
    return waypoint(goal, request.pace, *request.policy, moment);
}

void follow(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
            std::vector<Step>& steps, Situation& s) {
    for (Step& step : steps) {
        const auto n = std::min(std::ssize(s.artists), kArtistMemory);
        step.place.artist_repeated =
            step.candidate.artist != 0 &&
            std::find(s.artists.end() - n, s.artists.end(), step.candidate.artist) != s.artists.end();
        step.place.before = step.before ? &*step.before : nullptr;
        if (step.before) step.place.join_over = join_of(*step.before, step.candidate.edges, request.policy->limits).over;
        step.parts = score_parts(request, rules, goal, step.candidate, step.place);
        step.place.before = nullptr;
        s.felt = felt_after(step.candidate, step.place, request.process);
        s.t_s = step.start_s + step.place.played_s;
        s.before = step.candidate.edges;
        s.used.emplace_back(step.candidate.row, s.t_s);
        s.artists.push_back(step.candidate.artist);
        s.items += 1;
        s.unfamiliar += step.candidate.familiar ? 0 : 1;
    }
}

std::vector<Candidate> candidates_near(const PlanRequest& request, const Rules& rules,
                                       const flow::Va& at) {
    std::vector<Screened> screened;
    for (const std::uint32_t row : screen(request, rules, at)) {
        if (!request.wanted.empty() && request.wanted.contains(request.view->key[row])) continue;   // room is made for it (suggest.hpp)
        screened.push_back({row, tempo_bin_of(*request.view, row), promise(request, rules, row, at)});
    }
    std::sort(screened.begin(), screened.end(), better);
    const std::size_t most = static_cast<std::size_t>(request.weights.candidates);
    std::array<int, kTempoBins + 1> kept{};
    std::vector<char> taken(screened.size(), 0);
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < screened.size() && rows.size() < most; ++i) {
        int& n = kept[static_cast<std::size_t>(screened[i].bin)];
        if (n >= kKeptPerTempo) continue;
        ++n;
        taken[i] = 1;
        rows.push_back(screened[i].row);
    }
    for (std::size_t i = 0; i < screened.size() && rows.size() < most; ++i)
        if (taken[i] == 0) rows.push_back(screened[i].row);
    std::sort(rows.begin(), rows.end());
    std::vector<Candidate> out;
    out.reserve(rows.size());
    for (const std::uint32_t row : rows) out.push_back(candidate_of(request, rules, row));
    return out;
}

std::vector<Step> search(const PlanRequest& request, const Rules& rules, const flow::Goal& goal,
                         Situation& from) {
    if (request.index->analysed() == 0) return {};
    std::vector<Step> steps = Beam(request, rules, goal, from).run();
    follow(request, rules, goal, steps, from);
    return steps;
}

}  // namespace attune::choose
