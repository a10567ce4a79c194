// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/state_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace attune::affect {
namespace {

using nlohmann::ordered_json;

ordered_json number(double x) {
    if (!std::isfinite(x)) return nullptr;
    return std::round(x * 1e6) / 1e6;
}

ordered_json estimate(double value, double sd) { return {{"value", number(value)}, {"sd", number(sd)}}; }

ordered_json gaussian(const flow::VaGaussian& g) {
    return {{"valence", estimate(g.mean.valence, g.sd_valence())},
            {"arousal", estimate(g.mean.arousal, g.sd_arousal())},
            {"covariance", number(g.cov[1])}};
}

ordered_json source(const flow::SourceState& s) {
    return {{"id", s.id},
            {"kind", flow::to_string(s.kind)},
            {"status", flow::to_string(s.status)},
            {"weight", number(s.weight)},
            {"r", number(s.r)},
            {"n_ratings", s.n_ratings},
            {"earned", s.earned},
            {"last_t_s", s.last_t ? number(s.last_t->seconds()) : ordered_json(nullptr)},
            {"reason", s.reason.empty() ? ordered_json(nullptr) : ordered_json(s.reason)}};
}

/// What the source's own tile shows: null where its last evidence has none, as when it abstains.
void add_tile(ordered_json& one, const flow::Evidence* e) {
    for (const char* field : {"display", "probabilities", "activation"}) one[field] = nullptr;
    if (e == nullptr) return;
    if (e->activation) one["activation"] = number(*e->activation);
    if (!e->display) return;
    if (!e->display->smoothed.empty()) one["display"] = e->display->smoothed;
    ordered_json p = ordered_json::object();
    for (std::size_t i = 0; i < e->display->labels.size() && i < e->display->probabilities.size(); ++i)
        p[e->display->labels[i]] = number(e->display->probabilities[i]);
    one["probabilities"] = std::move(p);
}

}  // namespace

std::string to_json_line(const flow::AffectState& state, const Beside& beside) {
    ordered_json breath = nullptr;
    if (const auto& breathing = beside.breathing)
        breath = {{"per_min", number(breathing->per_min)}, {"quality", number(breathing->quality)},
                  {"of", flow::to_string(breathing->of)}, {"t_s", number(breathing->t.seconds())}};
    ordered_json out = {{"schema", "attune.affect_state/1"},
                        {"t_s", number(state.t.seconds())},
                        {"any_evidence", state.any_evidence},
                        {"felt", gaussian(state.felt)},
                        {"shadow", gaussian(state.shadow)},
                        {"evidence", {{"ratings", number(state.evidence.ratings)},
                                      {"sensors", number(state.evidence.sensors)},
                                      {"music", number(state.evidence.music)}}},
                        {"stress", state.stress ? number(*state.stress) : ordered_json(nullptr)},
                        {"respiration", breath},
                        {"sources", ordered_json::array()},
                        {"provenance", flow::to_string(state.origin)},
                        {"simulated", state.origin == flow::Origin::kSimulated}};
    for (const flow::SourceState& s : state.sources) {
        ordered_json one = source(s);
        const auto waits = beside.waits_for.find(s.id);
        const bool warming = s.status == flow::SourceStatus::kWarmingUp && waits != beside.waits_for.end() && !waits->second.empty();
        one["waits_for"] = warming ? ordered_json(waits->second) : ordered_json(nullptr);
        const auto last = beside.last.find(s.id);
        add_tile(one, last == beside.last.end() ? nullptr : &last->second);
        out["sources"].push_back(std::move(one));
    }
    return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace attune::affect
