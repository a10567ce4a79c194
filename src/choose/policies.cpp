// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/policies.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "choose/planner.hpp"
#include "choose/reasons.hpp"
#include "choose/rules.hpp"
#include "choose/score.hpp"

namespace attune::choose {
namespace {

constexpr double kShortestSilenceS = 1.0;   ///< an item of no length would never end

/// A well-mixed number of (seed, key): splitmix64's finaliser.
std::uint64_t mixed(std::uint64_t seed, const ContentKey& key) {
    std::uint64_t h = seed;
    for (const std::uint8_t b : key.bytes) {
        h ^= b;
        h *= 0x9e3779b97f4a7c15ULL;
        h ^= h >> 29;
    }
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    return h ^ (h >> 31);
}

/// Plays the best-ranked allowed track again and again until the time is filled.
class Lister {
public:
    Lister(Strategy strategy, const PlanRequest& request, std::uint64_t seed)
        : strategy_(strategy), request_(request), seed_(seed), rules_(request),
          goal_(allowed_goal(request.goal, *request.policy)) {
        felt_ = request.felt.mean;
        predicted_ = request.felt;
        if (strategy == Strategy::kTable && request.table != nullptr)
            state_ = &request.table->row_for(felt_);
    }

    flow::Plan run() {
        flow::Plan plan;
        plan.view_version = request_.view->version;
        plan.policy_version = request_.policy->version;
        plan.state_seq = request_.state_seq;
        for (const flow::PlanItem& item : request_.fixed) plan.items.push_back(item);
        double t = planned_seconds(plan.items);
        rank();
        for (const auto& [minus_score, row] : ranked_) {
            if (request_.remaining_s - t < kShortestItemS || (request_.land_now && !plan.items.empty())) break;
            flow::PlanItem next = item(row, -minus_score, std::min(duration(row), request_.remaining_s - t));
            if (!plan.items.empty()) next.fade_in_s = kCrossfadeS;
            t += next.out_s - next.fade_in_s;
            expect(next);
            plan.items.push_back(std::move(next));
        }
        if (plan.items.empty()) plan.items.push_back(silence());
        plan.unmet = unmet_of(request_, plan);
        return plan;
    }

private:
    double duration(std::uint32_t row) const {
        const double d = static_cast<double>(request_.view->duration_s[row]);
        return std::isfinite(d) ? std::max(d, 1.0) : kNominalItemS;
    }

    /// Where the filter's process expects this arm to lead: a rating is held against it as in a plan.
    void expect(flow::PlanItem& item) {
        const Process& p = request_.process;
        const flow::Va u = item.expected ? p.pull(*item.expected, item.predicted_liking) : p.home;
        predicted_ = predicted(predicted_, Process::towards(predicted_.mean, u, p.keep(item.out_s)), p, item.out_s);
        item.predicted = predicted_;
    }

    /// The best 60 allowed tracks: enough for three hours of four minutes each.
    void rank() {
        constexpr std::size_t kMost = 60;
        for (std::uint32_t row = 0; row < request_.view->size(); ++row) {
            if (!rules_.allowed(row)) continue;
            const double s = score(row);
            if (std::isfinite(s)) ranked_.emplace_back(-std::round(s * 1e9) * 1e-9, row);
        }
        const std::size_t n = std::min(ranked_.size(), kMost);
        std::partial_sort(ranked_.begin(), ranked_.begin() + static_cast<std::ptrdiff_t>(n), ranked_.end());
        ranked_.resize(n);
    }

    double liking(std::uint32_t row) const {
        if (request_.weights.taste == 0.0) return 0.0;
        const double l = request_.liking != nullptr ? request_.liking->mean(row) : Liking{}.mean;
        return request_.weights.taste * l;
    }

    /// Where this arm wants the music to stand.
    flow::Va aim() const {
        switch (strategy_) {
            case Strategy::kMatch: return felt_;
            case Strategy::kStaticGoal: return goal_.centre(request_.start);
            default: return goal_.nearest(felt_, request_.start);
        }
    }

    double score(std::uint32_t row) const {
        const flow::LibraryView& view = *request_.view;
        if (strategy_ == Strategy::kRandom)
            return static_cast<double>(mixed(seed_, view.key[row]) >> 11) * 0x1p-53 + liking(row);
        if (strategy_ == Strategy::kTable) return table_score(row);
        const Candidate c = candidate_of(request_, rules_, row);
        const flow::Va g = aim();
        const double dv = c.m.valence - g.valence;
        const double da = c.m.arousal - g.arousal;
        return -(dv * dv * c.inverse_var_v + da * da * c.inverse_var_a) + liking(row);
    }

    double table_score(std::uint32_t row) const {
        if (state_ == nullptr) return std::nan("");
        const std::string& genre = request_.index->genre_names()[request_.view->genre[row]];
        for (const std::string& g : state_->genres)
            if (flow::tag_matches(genre, g))
                return static_cast<double>(mixed(seed_, request_.view->key[row]) >> 11) * 0x1p-53 + liking(row);
        return std::nan("");
    }

    flow::PlanItem item(std::uint32_t row, double score_value, double seconds) const {
        const flow::LibraryView& view = *request_.view;
        flow::PlanItem i;
        i.track = view.key[row];
        i.title = view.title[row];
        i.out_s = seconds;
        i.gain_db = normalisation_gain_db(view, row, *request_.policy);
        const double v = static_cast<double>(view.valence[row]);
        const double a = static_cast<double>(view.arousal[row]);
        if (std::isfinite(v) && std::isfinite(a)) i.expected = flow::Va{v, a};
        const Liking l = request_.liking != nullptr ? request_.liking->predict(row) : Liking{};
        i.predicted_liking = l.mean;
        i.predicted_liking_sd = l.sd;
        i.waypoint = strategy_ == Strategy::kRandom || strategy_ == Strategy::kTable ? felt_ : aim();
        if (request_.land_now) i.phase = flow::Phase::kLand;
        const bool by_table = strategy_ == Strategy::kTable;
        flow::Reason reason{by_table ? std::string("default_table") : std::string("policy_") + to_string(strategy_),
                            {{"title", i.title}, {"goal", flow::to_string(goal_.kind)}}, score_value};
        if (by_table) {
            reason.args["state"] = state_->state;
            reason.args["genre"] = view.genres[view.genre[row]];
        }
        i.reasons.push_back(std::move(reason));
        i.score = sum_of(i.reasons);
        return i;
    }

    flow::PlanItem silence() const {
        flow::PlanItem i;
        i.kind = flow::ItemKind::kSilence;
        i.phase = request_.land_now ? flow::Phase::kLand : flow::Phase::kHold;
        i.out_s = std::max(request_.remaining_s, kShortestSilenceS);
        i.waypoint = felt_;
        i.reasons.push_back({"policy_silence", {}, 0.0});
        return i;
    }

    Strategy strategy_;
    const PlanRequest& request_;
    std::uint64_t seed_;
    Rules rules_;
    flow::Goal goal_;
    flow::Va felt_;
    flow::VaGaussian predicted_;
    const TableRow* state_ = nullptr;
    std::vector<std::pair<double, std::uint32_t>> ranked_;
};

constexpr std::array kNames = {std::pair{Strategy::kPlanner, "planner"},
                               std::pair{Strategy::kSilence, "silence"},
                               std::pair{Strategy::kRandom, "random"},
                               std::pair{Strategy::kStaticGoal, "static_goal"},
                               std::pair{Strategy::kTable, "table"},
                               std::pair{Strategy::kMatch, "match"},
                               std::pair{Strategy::kNearest, "nearest"}};

flow::Plan only_silence(const PlanRequest& request) {
    flow::Plan plan;
    plan.view_version = request.view->version;
    plan.policy_version = request.policy->version;
    plan.state_seq = request.state_seq;
    flow::PlanItem i;
    i.kind = flow::ItemKind::kSilence;
    i.phase = request.land_now ? flow::Phase::kLand : flow::Phase::kHold;
    i.out_s = std::max(request.remaining_s, kShortestSilenceS);
    i.waypoint = request.felt.mean;
    i.reasons.push_back({"policy_silence", {}, 0.0});
    plan.items.push_back(std::move(i));
    plan.unmet = unmet_of(request, plan);
    return plan;
}

}  // namespace

const char* to_string(Strategy strategy) noexcept {
    for (const auto& [s, name] : kNames)
        if (s == strategy) return name;
    return "planner";
}

Result<Strategy> parse_strategy(std::string_view name) {
    std::string known;
    for (const auto& [s, text] : kNames) {
        if (name == text) return s;
        known += std::string(known.empty() ? "" : ", ") + text;
    }
    return fail(ErrorCode::kBadArgument, "'" + std::string(name) + "' is not a strategy; strategies are " + known);
}

const std::vector<Strategy>& all_strategies() {
    static const std::vector<Strategy> kAll = [] {
        std::vector<Strategy> all;
        for (const auto& [s, name] : kNames) all.push_back(s);
        return all;
    }();
    return kAll;
}

flow::Plan plan_by(Strategy strategy, const PlanRequest& request, std::uint64_t seed) {
    if (strategy == Strategy::kSilence) return only_silence(request);
    PlanRequest own = request;
    if (own.weights.taste == 0.0) own.liking = nullptr;
    if (strategy == Strategy::kPlanner) return plan(own);
    return Lister(strategy, own, seed).run();
}

}  // namespace attune::choose
