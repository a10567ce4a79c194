// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/codec.hpp"

#include <nlohmann/json.hpp>

namespace attune::session {
namespace {

using nlohmann::json;
using namespace flow;

/// Enumerators are written by name; reading tries each value up to the last.
template <typename E>
E enum_from(const std::string& name, E last) {
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        if (name == to_string(static_cast<E>(i))) return static_cast<E>(i);
    }
    throw std::invalid_argument("'" + name + "' is no known name");
}

template <typename T>
json maybe(const std::optional<T>& value) {
    return value ? json(*value) : json(nullptr);
}
template <typename T>
std::optional<T> maybe_get(const json& j, const char* key) {
    const json& v = j.at(key);
    return v.is_null() ? std::nullopt : std::optional<T>(v.get<T>());
}

json id_json(const Id& id) { return id.none() ? json(nullptr) : json(id.text()); }
Id id_from(const json& j) { return j.is_null() ? Id{} : Id::parse(j.get<std::string>()).value(); }
json key_json(const ContentKey& key) { return key.none() ? json(nullptr) : json(key.hex()); }
ContentKey key_from(const json& j) {
    return j.is_null() ? ContentKey{} : ContentKey::parse(j.get<std::string>()).value();
}

json va_json(const Va& va) { return {{"valence", va.valence}, {"arousal", va.arousal}}; }
Va va_from(const json& j) { return {j.at("valence").get<double>(), j.at("arousal").get<double>()}; }
json maybe_va(const std::optional<Va>& va) { return va ? va_json(*va) : json(nullptr); }
std::optional<Va> maybe_va_from(const json& j) {
    return j.is_null() ? std::nullopt : std::optional(va_from(j));
}

json gaussian_json(const VaGaussian& g) { return {{"mean", va_json(g.mean)}, {"cov", g.cov}}; }
VaGaussian gaussian_from(const json& j) {
    return {va_from(j.at("mean")), j.at("cov").get<std::array<double, 3>>()};
}

json reasons_json(const std::vector<Reason>& reasons) {
    json list = json::array();
    for (const Reason& r : reasons) {
        list.push_back({{"code", r.code}, {"args", r.args}, {"contribution", r.contribution}});
    }
    return list;
}
std::vector<Reason> reasons_from(const json& j) {
    std::vector<Reason> reasons;
    for (const json& r : j) {
        reasons.push_back({r.at("code").get<std::string>(),
                           r.at("args").get<std::map<std::string, std::string>>(),
                           r.at("contribution").get<double>()});
    }
    return reasons;
}

json goal_json(const Goal& g) {
    return {{"kind", to_string(g.kind)}, {"point", maybe_va(g.point)}, {"minutes", g.minutes}};
}
Goal goal_from(const json& j) {
    return {enum_from(j.at("kind").get<std::string>(), GoalKind::kPoint), maybe_va_from(j.at("point")),
            j.at("minutes").get<double>()};
}

json limits_json(const StepLimits& l) {
    return {{"valence", l.valence}, {"arousal", l.arousal}, {"tempo_fraction", l.tempo_fraction},
            {"loudness_lu", l.loudness_lu}, {"arousal_p95_margin", l.arousal_p95_margin},
            {"startle_lu", l.startle_lu}};
}
StepLimits limits_from(const json& j) {
    return {j.at("valence").get<double>(), j.at("arousal").get<double>(),
            j.at("tempo_fraction").get<double>(), j.at("loudness_lu").get<double>(),
            j.at("arousal_p95_margin").get<double>(), j.at("startle_lu").get<double>()};
}

json keys_json(const std::set<ContentKey>& keys) {
    json list = json::array();
    for (const ContentKey& key : keys) list.push_back(key.hex());
    return list;
}
std::set<ContentKey> keys_from(const json& j) {
    std::set<ContentKey> keys;
    for (const json& key : j) keys.insert(key_from(key));
    return keys;
}

json policy_json(const Policy& p) {
    return {{"version", p.version},
            {"deployment", to_string(p.deployment)},
            {"blocks",
             {{"tracks", keys_json(p.blocks.tracks)}, {"artists", p.blocks.artists},
              {"tags", p.blocks.tags}, {"ask_first", keys_json(p.blocks.ask_first)},
              {"askable", keys_json(p.blocks.askable)}}},
            {"limits", limits_json(p.limits)},
            {"level_lufs", p.level_lufs},
            {"ceiling_dba", p.ceiling_dba},
            {"ceiling_gain_db", p.ceiling_gain_db},
            {"dose_left", maybe(p.dose_left)},
            {"playing_dba", maybe(p.playing_dba)},
            {"weekly_limit_dba", p.weekly_limit_dba},
            {"startle_guard", p.startle_guard},
            {"allow_unfamiliar", p.allow_unfamiliar},
            {"allow_energise", p.allow_energise},
            {"allow_match", p.allow_match},
            {"allow_mirror", p.allow_mirror},
            {"allow_pushed_lift", p.allow_pushed_lift},
            {"show_state", p.show_state},
            {"infer_from_body", p.infer_from_body},
            {"flagged", p.flagged},
            {"tinnitus_hz", maybe(p.tinnitus_hz)},
            {"safe_track", p.safe_track ? key_json(*p.safe_track) : json(nullptr)},
            {"silence_max_s", p.silence_max_s}};
}
Policy policy_from(const json& j) {
    Policy p;
    p.version = j.at("version").get<std::uint64_t>();
    p.deployment = enum_from(j.at("deployment").get<std::string>(), Deployment::kEducation);
    const json& b = j.at("blocks");
    p.blocks.tracks = keys_from(b.at("tracks"));
    p.blocks.artists = b.at("artists").get<std::set<std::string>>();
    p.blocks.tags = b.at("tags").get<std::set<std::string>>();
    p.blocks.ask_first = keys_from(b.at("ask_first"));
    if (b.contains("askable")) p.blocks.askable = keys_from(b.at("askable"));   // since version 6; before it nobody was asked
    p.limits = limits_from(j.at("limits"));
    p.level_lufs = j.at("level_lufs").get<double>();
    p.ceiling_dba = j.at("ceiling_dba").get<double>();
    p.ceiling_gain_db = j.at("ceiling_gain_db").get<double>();
    p.dose_left = maybe_get<double>(j, "dose_left");
    if (j.contains("playing_dba")) p.playing_dba = maybe_get<double>(j, "playing_dba");
    p.weekly_limit_dba = j.at("weekly_limit_dba").get<double>();
    p.startle_guard = j.at("startle_guard").get<bool>();
    p.allow_unfamiliar = j.at("allow_unfamiliar").get<bool>();
    p.allow_energise = j.at("allow_energise").get<bool>();
    p.allow_match = j.at("allow_match").get<bool>();
    p.allow_mirror = j.at("allow_mirror").get<bool>();
    p.allow_pushed_lift = j.at("allow_pushed_lift").get<bool>();
    p.show_state = j.at("show_state").get<bool>();
    p.infer_from_body = j.at("infer_from_body").get<bool>();
    p.flagged = j.at("flagged").get<bool>();
    p.tinnitus_hz = maybe_get<double>(j, "tinnitus_hz");
    if (!j.at("safe_track").is_null()) p.safe_track = key_from(j.at("safe_track"));
    p.silence_max_s = j.at("silence_max_s").get<double>();
    return p;
}

json item_json(const PlanItem& i) {
    json tempo = json::array();
    for (const CurvePoint& p : i.tempo) tempo.push_back({p.t_s, p.value});
    return {{"id", id_json(i.id)},
            {"kind", to_string(i.kind)},
            {"track", key_json(i.track)},
            {"path", json::binary(std::vector<std::uint8_t>(i.path.begin(), i.path.end()))},
            {"title", i.title},
            {"phase", to_string(i.phase)},
            {"in_s", i.in_s},
            {"out_s", i.out_s},
            {"fade_in_s", i.fade_in_s},
            {"gain_db", i.gain_db},
            {"tempo", tempo},
            {"soften", i.soften},
            {"expected", maybe_va(i.expected)},
            {"expected_sd", maybe_va(i.expected_sd)},
            {"predicted_liking", i.predicted_liking},
            {"predicted_liking_sd", i.predicted_liking_sd},
            {"waypoint", va_json(i.waypoint)},
            {"reasons", reasons_json(i.reasons)},
            {"score", i.score},
            {"counterfactual", i.counterfactual},
            {"p_limits_held", maybe(i.p_limits_held)},
            {"predicted", i.predicted ? gaussian_json(*i.predicted) : json(nullptr)},
            {"bridged", i.bridged}};
}
PlanItem item_from(const json& j) {
    PlanItem i;
    i.id = id_from(j.at("id"));
    i.kind = enum_from(j.at("kind").get<std::string>(), ItemKind::kSilence);
    i.track = key_from(j.at("track"));
    const auto& path = j.at("path").get_binary();
    i.path.assign(path.begin(), path.end());
    i.title = j.at("title").get<std::string>();
    i.phase = enum_from(j.at("phase").get<std::string>(), Phase::kBridge);
    i.in_s = j.at("in_s").get<double>();
    i.out_s = j.at("out_s").get<double>();
    i.fade_in_s = j.at("fade_in_s").get<double>();
    i.gain_db = j.at("gain_db").get<double>();
    for (const json& p : j.at("tempo")) i.tempo.push_back({p.at(0).get<double>(), p.at(1).get<double>()});
    i.soften = j.at("soften").get<double>();
    i.expected = maybe_va_from(j.at("expected"));
    i.expected_sd = maybe_va_from(j.at("expected_sd"));
    i.predicted_liking = j.at("predicted_liking").get<double>();
    i.predicted_liking_sd = j.at("predicted_liking_sd").get<double>();
    i.waypoint = va_from(j.at("waypoint"));
    i.reasons = reasons_from(j.at("reasons"));
    i.score = j.at("score").get<double>();
    i.counterfactual = j.at("counterfactual").get<std::string>();
    i.p_limits_held = maybe_get<double>(j, "p_limits_held");
    if (!j.at("predicted").is_null()) i.predicted = gaussian_from(j.at("predicted"));
    i.bridged = j.at("bridged").get<bool>();
    return i;
}

json plan_json(const Plan& p) {
    json items = json::array();
    for (const PlanItem& i : p.items) items.push_back(item_json(i));
    json unmet = json::array();
    for (const Unmet& u : p.unmet) {
        unmet.push_back({{"limit", u.limit}, {"item", u.item}, {"value", u.value}, {"allowed", u.allowed},
                         {"remedy", u.remedy}});
    }
    json suggestion = nullptr;
    if (p.suggestion) {
        suggestion = {{"track", key_json(p.suggestion->track)}, {"title", p.suggestion->title}, {"item", p.suggestion->item},
                      {"advantage", p.suggestion->advantage}};
    }
    return {{"id", id_json(p.id)}, {"state_seq", p.state_seq}, {"view_version", p.view_version},
            {"policy_version", p.policy_version}, {"effective_ns", p.effective_at.ns},
            {"locked", p.locked}, {"items", items}, {"unmet", unmet}, {"suggestion", suggestion}};
}
Plan plan_from(const json& j) {
    Plan p;
    p.id = id_from(j.at("id"));
    p.state_seq = j.at("state_seq").get<std::uint64_t>();
    p.view_version = j.at("view_version").get<std::uint64_t>();
    p.policy_version = j.at("policy_version").get<std::uint64_t>();
    p.effective_at = {j.at("effective_ns").get<std::int64_t>()};
    p.locked = j.at("locked").get<bool>();
    for (const json& i : j.at("items")) p.items.push_back(item_from(i));
    for (const json& u : j.at("unmet")) {
        p.unmet.push_back({u.at("limit").get<std::string>(), u.at("item").get<std::size_t>(),
                           u.at("value").get<double>(), u.at("allowed").get<double>(),
                           u.at("remedy").get<std::string>()});
    }
    if (j.contains("suggestion") && !j.at("suggestion").is_null()) {   // since version 6
        const json& s = j.at("suggestion");
        p.suggestion = Suggestion{key_from(s.at("track")), s.at("title").get<std::string>(), s.at("item").get<std::size_t>(),
                                  s.at("advantage").get<double>()};
    }
    return p;
}

json start_json(const Start& s) {
    json sources = json::array();
    for (const auto& [id, kind] : s.sources) sources.push_back({id, to_string(kind)});
    json fixed = json::array();
    for (const ContentKey& key : s.fixed) fixed.push_back(key_json(key));
    json listening = json::array();
    for (const Listening& l : s.listening)
        listening.push_back({{"source", l.source}, {"kind", to_string(l.kind)}, {"model", l.model}, {"sha256", l.sha256}});
    return {{"session", id_json(s.session)}, {"person", id_json(s.person)}, {"goal", goal_json(s.goal)},
            {"start", maybe_va(s.start)}, {"seed", s.seed}, {"policy", policy_json(s.policy)},
            {"view_hash", s.view_hash},
            {"person_state", json::binary(std::vector<std::uint8_t>(s.person_state.begin(), s.person_state.end()))},
            {"strategy", s.strategy}, {"taste_weight", s.taste_weight}, {"simulated", s.simulated},
            {"sources", sources}, {"fixed", fixed}, {"locked", s.locked}, {"fingerprint", s.fingerprint},
            {"wall_ns", s.wall_ns}, {"zone", s.zone}, {"words", s.words},
            {"compose", {{"when", s.compose.when}, {"engine", s.compose.engine}, {"mirror", s.compose.mirror}}},
            {"listening", listening}, {"samples_kept", s.samples_kept}};
}
Start start_from(const json& j) {
    Start s;
    s.session = id_from(j.at("session"));
    s.person = id_from(j.at("person"));
    s.goal = goal_from(j.at("goal"));
    s.start = maybe_va_from(j.at("start"));
    s.seed = j.at("seed").get<std::uint64_t>();
    s.policy = policy_from(j.at("policy"));
    s.view_hash = j.at("view_hash").get<std::string>();
    const auto& person = j.at("person_state").get_binary();
    s.person_state.assign(person.begin(), person.end());
    s.strategy = j.at("strategy").get<std::string>();
    s.taste_weight = j.at("taste_weight").get<double>();
    s.simulated = j.at("simulated").get<bool>();
    for (const json& source : j.at("sources")) {
        s.sources.emplace_back(source.at(0).get<std::string>(),
                               enum_from(source.at(1).get<std::string>(), SourceKind::kEeg));
    }
    if (j.contains("fixed")) {   // since version 2
        for (const json& key : j.at("fixed")) s.fixed.push_back(key_from(key));
        s.locked = j.at("locked").get<bool>();
    }
    s.fingerprint = j.at("fingerprint").get<std::string>();
    s.wall_ns = j.at("wall_ns").get<std::int64_t>();
    s.zone = j.at("zone").get<std::string>();
    s.words = j.value("words", std::vector<std::string>());   // records of the first version have none
    if (j.contains("compose")) {   // since version 3
        const json& c = j.at("compose");
        s.compose = {c.at("when").get<std::string>(), c.at("engine").get<std::string>(), c.at("mirror").get<bool>()};
    }
    if (!j.contains("listening")) return s;   // since version 5
    for (const json& l : j.at("listening"))
        s.listening.push_back({l.at("source").get<std::string>(), enum_from(l.at("kind").get<std::string>(), SourceKind::kEeg),
                               l.at("model").get<std::string>(), l.at("sha256").get<std::string>()});
    s.samples_kept = j.at("samples_kept").get<bool>();
    return s;
}

json rating_json(const Rating& r) {
    return {{"t_ns", r.t.ns}, {"kind", static_cast<int>(r.kind)}, {"value", maybe_va(r.value)},
            {"liking", maybe(r.liking)}, {"vas", maybe(r.vas)}, {"scale", r.scale},
            {"touched", r.touched}, {"blind", r.blind}, {"prompted", r.prompted},
            {"music_playing", r.music_playing}, {"track", r.track ? key_json(*r.track) : json(nullptr)},
            {"actor", r.actor}};
}
Rating rating_from(const json& j) {
    Rating r;
    r.t = {j.at("t_ns").get<std::int64_t>()};
    const int kind = j.at("kind").get<int>();
    if (kind < 0 || kind > static_cast<int>(RatingKind::kVas)) throw std::invalid_argument("rating kind");
    r.kind = static_cast<RatingKind>(kind);
    r.value = maybe_va_from(j.at("value"));
    r.liking = maybe_get<double>(j, "liking");
    r.vas = maybe_get<double>(j, "vas");
    r.scale = j.at("scale").get<std::string>();
    r.touched = j.at("touched").get<bool>();
    r.blind = j.at("blind").get<bool>();
    r.prompted = j.at("prompted").get<bool>();
    r.music_playing = j.at("music_playing").get<bool>();
    if (!j.at("track").is_null()) r.track = key_from(j.at("track"));
    r.actor = j.at("actor").get<std::string>();
    return r;
}

json command_json(const Command& c) {
    return {{"id", id_json(c.id)}, {"actor", c.actor}, {"role", to_string(c.role)}, {"t_ns", c.t.ns},
            {"kind", to_string(c.kind)}, {"args", c.args}};
}
Command command_from(const json& j) {
    Command c;
    c.id = id_from(j.at("id"));
    c.actor = j.at("actor").get<std::string>();
    c.role = enum_from(j.at("role").get<std::string>(), Role::kSystem);
    c.t = {j.at("t_ns").get<std::int64_t>()};
    c.kind = enum_from(j.at("kind").get<std::string>(), CommandKind::kGrantSensor);
    c.args = j.at("args").get<std::map<std::string, std::string>>();
    return c;
}

json index_json(const std::optional<Index>& i) {
    return i ? json{{"x", i->x}, {"r_rec", i->r_rec}, {"r_dom", i->r_dom}} : json(nullptr);
}
std::optional<Index> index_from(const json& j) {
    if (j.is_null()) return std::nullopt;
    return Index{j.at("x").get<double>(), j.at("r_rec").get<double>(), j.at("r_dom").get<double>()};
}

json evidence_json(const Evidence& e) {
    json display = nullptr;
    if (e.display) {
        display = {{"labels", e.display->labels}, {"probabilities", e.display->probabilities},
                   {"smoothed", e.display->smoothed}};
    }
    return {{"source", e.source}, {"kind", to_string(e.kind)}, {"t_ns", e.t.ns}, {"window_s", e.window_s},
            {"dt_frame_s", e.dt_frame_s}, {"valence", index_json(e.valence)},
            {"arousal", index_json(e.arousal)}, {"display", display}, {"activation", maybe(e.activation)},
            {"stress", maybe(e.stress)}, {"quality", to_string(e.quality)},
            {"abstained", e.abstained ? json(to_string(*e.abstained)) : json(nullptr)},
            {"model", e.model}, {"origin", to_string(e.origin)}};
}
Evidence evidence_from(const json& j) {
    Evidence e;
    e.source = j.at("source").get<std::string>();
    e.kind = enum_from(j.at("kind").get<std::string>(), SourceKind::kEeg);
    e.t = {j.at("t_ns").get<std::int64_t>()};
    e.window_s = j.at("window_s").get<double>();
    e.dt_frame_s = j.at("dt_frame_s").get<double>();
    e.valence = index_from(j.at("valence"));
    e.arousal = index_from(j.at("arousal"));
    if (const json& d = j.at("display"); !d.is_null()) {
        e.display = Display{d.at("labels").get<std::vector<std::string>>(),
                            d.at("probabilities").get<std::vector<double>>(),
                            d.at("smoothed").get<std::string>()};
    }
    e.activation = maybe_get<double>(j, "activation");
    e.stress = maybe_get<double>(j, "stress");
    e.quality = enum_from(j.at("quality").get<std::string>(), Quality::kLost);
    if (!j.at("abstained").is_null()) {
        e.abstained = enum_from(j.at("abstained").get<std::string>(), Abstain::kStale);
    }
    e.model = j.at("model").get<std::string>();
    e.origin = enum_from(j.at("origin").get<std::string>(), Origin::kSimulated);
    return e;
}

json heard_json(const Heard& h) {
    return {{"t_ns", h.t.ns}, {"frame", h.frame.value}, {"item", id_json(h.item)},
            {"kind", to_string(h.kind)}, {"track", key_json(h.track)}, {"position_s", h.position_s},
            {"tempo_ratio", h.tempo_ratio}, {"gain_db", h.gain_db}, {"lufs_momentary", h.lufs_momentary},
            {"playing", h.playing}, {"bed", h.bed}, {"expressed", maybe_va(h.expressed)},
            {"expressed_sd", maybe_va(h.expressed_sd)}, {"predicted_liking", maybe(h.predicted_liking)},
            {"predicted_liking_sd", maybe(h.predicted_liking_sd)}};
}
Heard heard_from(const json& j) {
    Heard h;
    h.t = {j.at("t_ns").get<std::int64_t>()};
    h.frame = {j.at("frame").get<std::int64_t>()};
    h.item = id_from(j.at("item"));
    h.kind = enum_from(j.at("kind").get<std::string>(), ItemKind::kSilence);
    h.track = key_from(j.at("track"));
    h.position_s = j.at("position_s").get<double>();
    h.tempo_ratio = j.at("tempo_ratio").get<double>();
    h.gain_db = j.at("gain_db").get<double>();
    h.lufs_momentary = j.at("lufs_momentary").get<double>();
    h.playing = j.at("playing").get<bool>();
    h.bed = j.at("bed").get<bool>();
    h.expressed = maybe_va_from(j.at("expressed"));
    h.expressed_sd = maybe_va_from(j.at("expressed_sd"));
    h.predicted_liking = maybe_get<double>(j, "predicted_liking");
    h.predicted_liking_sd = maybe_get<double>(j, "predicted_liking_sd");
    return h;
}

json state_json(const AffectState& s) {
    json sources = json::array();
    for (const SourceState& o : s.sources) {
        sources.push_back({{"id", o.id}, {"kind", to_string(o.kind)}, {"status", to_string(o.status)},
                           {"weight", o.weight}, {"r", o.r}, {"n_ratings", o.n_ratings},
                           {"earned", o.earned},
                           {"last_t_ns", o.last_t ? json(o.last_t->ns) : json(nullptr)},
                           {"reason", o.reason}});
    }
    return {{"t_ns", s.t.ns}, {"felt", gaussian_json(s.felt)}, {"shadow", gaussian_json(s.shadow)},
            {"evidence", {{"ratings", s.evidence.ratings}, {"sensors", s.evidence.sensors}, {"music", s.evidence.music}}},
            {"any_evidence", s.any_evidence}, {"stress", maybe(s.stress)}, {"sources", sources},
            {"origin", to_string(s.origin)}};
}
AffectState state_from(const json& j) {
    AffectState s;
    s.t = {j.at("t_ns").get<std::int64_t>()};
    s.felt = gaussian_from(j.at("felt"));
    s.shadow = gaussian_from(j.at("shadow"));
    const json& e = j.at("evidence");
    s.evidence = {e.at("ratings").get<double>(), e.at("sensors").get<double>(), e.at("music").get<double>()};
    s.any_evidence = j.at("any_evidence").get<bool>();
    s.stress = maybe_get<double>(j, "stress");
    for (const json& o : j.at("sources")) {
        SourceState source;
        source.id = o.at("id").get<std::string>();
        source.kind = enum_from(o.at("kind").get<std::string>(), SourceKind::kEeg);
        source.status = enum_from(o.at("status").get<std::string>(), SourceStatus::kUnavailable);
        source.weight = o.at("weight").get<double>();
        source.r = o.at("r").get<double>();
        source.n_ratings = o.at("n_ratings").get<int>();
        source.earned = o.at("earned").get<bool>();
        if (!o.at("last_t_ns").is_null()) source.last_t = Time{o.at("last_t_ns").get<std::int64_t>()};
        source.reason = o.at("reason").get<std::string>();
        s.sources.push_back(std::move(source));
    }
    s.origin = enum_from(j.at("origin").get<std::string>(), Origin::kSimulated);
    return s;
}

json decision_json(const Decision& d) {
    return {{"what", d.what}, {"request", d.request}, {"reasons", reasons_json(d.reasons)},
            {"plan", d.plan ? plan_json(*d.plan) : json(nullptr)}, {"question", d.question},
            {"answers", d.answers}, {"at_frame", d.at ? json(d.at->value) : json(nullptr)}};
}
Decision decision_from(const json& j) {
    Decision d;
    d.what = j.at("what").get<std::string>();
    d.request = j.at("request").get<std::uint64_t>();
    d.reasons = reasons_from(j.at("reasons"));
    if (!j.at("plan").is_null()) d.plan = plan_from(j.at("plan"));
    d.question = j.at("question").get<std::string>();
    d.answers = j.at("answers").get<std::vector<std::string>>();
    if (j.contains("at_frame") && !j.at("at_frame").is_null()) d.at = FramePos{j.at("at_frame").get<std::int64_t>()};   // from version 4 on
    return d;
}

struct ToJson {
    json operator()(const Start& s) const { return start_json(s); }
    json operator()(const Tick&) const { return json::object(); }
    json operator()(const Rating& r) const { return rating_json(r); }
    json operator()(const Command& c) const { return command_json(c); }
    json operator()(const Evidence& e) const { return evidence_json(e); }
    json operator()(const Heard& h) const { return heard_json(h); }
    json operator()(const SourceChange& s) const {
        return {{"source", s.source}, {"kind", to_string(s.kind)}, {"status", to_string(s.status)},
                {"reason", s.reason}};
    }
    json operator()(const PlanResult& p) const {
        return {{"request", p.request}, {"plan", plan_json(p.plan)}};
    }
    json operator()(const DeadlineMissed& d) const { return {{"request", d.request}, {"what", d.what}}; }
    json operator()(const ItemEnded& i) const {
        return {{"item", id_json(i.item)}, {"played_s", i.played_s}, {"why", i.why}, {"error", i.error}};
    }
    json operator()(const Fault& f) const {
        return {{"room", f.room}, {"code", f.code}, {"message", f.message}};
    }
    json operator()(const Policy& p) const { return policy_json(p); }
    json operator()(const Composed& c) const {
        return {{"item", id_json(c.item)}, {"engine", c.engine}, {"style", c.style}, {"key", c.key},
                {"seed", c.seed}, {"phrase", c.phrase}, {"fell_back", c.fell_back}};
    }
    json operator()(const Conductance& c) const { return {{"source", c.source}, {"microsiemens", c.microsiemens}}; }
    json operator()(const SoundReport& s) const {
        return {{"sink", s.sink}, {"underruns", s.underruns}, {"worst_callback_ms", s.worst_callback_ms},
                {"worst_gap_ms", s.worst_gap_ms}, {"buffer_ms", s.buffer_ms}, {"lowest_buffer_ms", s.lowest_buffer_ms},
                {"decoded_ahead_s", s.decoded_ahead_s}, {"clock_drift_ppm", s.clock_drift_ppm},
                {"latency_ms", s.latency_ms}, {"limiter_db", s.limiter_db}, {"dose_share", s.dose_share},
                {"calibrated", s.calibrated}, {"late_calls", s.late_calls}, {"worst_pause_ms", s.worst_pause_ms},
                {"ahead_ms", s.ahead_ms}};
    }
    json operator()(const Breath& b) const {
        return {{"source", b.source}, {"per_min", b.per_min}, {"quality", b.quality}, {"of", to_string(b.of)}};
    }
    json operator()(const AffectState& s) const { return state_json(s); }
    json operator()(const Decision& d) const { return decision_json(d); }
    json operator()(const End& e) const { return {{"why", e.why}}; }
};

Payload payload_from(EventKind kind, const json& j) {
    switch (kind) {
        case EventKind::kStart: return start_from(j);
        case EventKind::kTick: return Tick{};
        case EventKind::kRating: return rating_from(j);
        case EventKind::kCommand: return command_from(j);
        case EventKind::kEvidence: return evidence_from(j);
        case EventKind::kHeard: return heard_from(j);
        case EventKind::kSource:
            return SourceChange{j.at("source").get<std::string>(),
                                enum_from(j.at("kind").get<std::string>(), SourceKind::kEeg),
                                enum_from(j.at("status").get<std::string>(), SourceStatus::kUnavailable),
                                j.at("reason").get<std::string>()};
        case EventKind::kPlanResult:
            return PlanResult{j.at("request").get<std::uint64_t>(), plan_from(j.at("plan"))};
        case EventKind::kDeadlineMissed:
            return DeadlineMissed{j.at("request").get<std::uint64_t>(), j.at("what").get<std::string>()};
        case EventKind::kItemEnded:
            return ItemEnded{id_from(j.at("item")), j.at("played_s").get<double>(),
                             j.at("why").get<std::string>(), j.at("error").get<std::string>()};
        case EventKind::kFault:
            return Fault{j.at("room").get<std::string>(), j.at("code").get<std::string>(),
                         j.at("message").get<std::string>()};
        case EventKind::kPolicy: return policy_from(j);
        case EventKind::kComposed:
            return Composed{id_from(j.at("item")), j.at("engine").get<std::string>(), j.at("style").get<std::string>(),
                            j.at("key").get<std::string>(), j.at("seed").get<std::uint64_t>(),
                            j.at("phrase").get<int>(), j.at("fell_back").get<bool>()};
        case EventKind::kConductance: return Conductance{j.at("source").get<std::string>(), j.at("microsiemens").get<double>()};
        case EventKind::kBreath:
            return Breath{j.at("source").get<std::string>(), j.at("per_min").get<double>(), j.at("quality").get<double>(),
                          enum_from(j.at("of").get<std::string>(), flow::Channel::kAudio)};
        case EventKind::kSound: {
            SoundReport s;
            s.sink = j.at("sink").get<std::string>();
            s.underruns = j.at("underruns").get<std::int64_t>();
            s.worst_callback_ms = j.at("worst_callback_ms").get<double>();
            s.worst_gap_ms = j.at("worst_gap_ms").get<double>();
            s.buffer_ms = j.at("buffer_ms").get<double>();
            s.lowest_buffer_ms = j.at("lowest_buffer_ms").get<double>();
            s.decoded_ahead_s = j.at("decoded_ahead_s").get<double>();
            s.clock_drift_ppm = j.at("clock_drift_ppm").get<double>();
            s.latency_ms = j.at("latency_ms").get<double>();
            s.limiter_db = j.at("limiter_db").get<double>();
            s.dose_share = j.at("dose_share").get<double>();
            s.calibrated = j.at("calibrated").get<bool>();
            s.late_calls = j.value("late_calls", std::int64_t{0});   // not in the records of before
            s.worst_pause_ms = j.value("worst_pause_ms", 0.0);
            s.ahead_ms = j.value("ahead_ms", 0.0);
            return s;
        }
        case EventKind::kState: return state_from(j);
        case EventKind::kDecision: return decision_from(j);
        case EventKind::kEnd: return End{j.at("why").get<std::string>()};
    }
    throw std::invalid_argument("event kind " + std::to_string(static_cast<int>(kind)));
}

}  // namespace

std::vector<std::uint8_t> encode(const Payload& payload) {
    return json::to_cbor(std::visit(ToJson{}, payload));
}

Result<Payload> decode(EventKind kind, int version, std::span<const std::uint8_t> bytes) {
    if (version < 1 || version > kPayloadVersion) {
        return fail(ErrorCode::kVersion, "event payload version " + std::to_string(version) +
                                             " is unknown; versions up to " +
                                             std::to_string(kPayloadVersion) + " are read");
    }
    try {
        return payload_from(kind, json::from_cbor(bytes.begin(), bytes.end()));
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("a ") + to_string(kind) + " event does not decode: " + e.what());
    }
}

json to_json(const SessionEvent& event) {
    json object = {{"seq", event.seq},     {"t_s", event.t.seconds()}, {"kind", to_string(event.kind())},
                   {"actor", event.actor}, {"origin", to_string(event.origin)}};
    object["data"] = std::visit(ToJson{}, event.payload);
    return object;
}

json to_json(const flow::Va& va) { return va_json(va); }
json to_json(const flow::AffectState& state) { return state_json(state); }
json to_json(const flow::Plan& plan) { return plan_json(plan); }
json to_json(const flow::Heard& heard) { return heard_json(heard); }
json to_json(const flow::Policy& policy) { return policy_json(policy); }

}  // namespace attune::session
