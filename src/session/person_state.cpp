// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/person_state.hpp"

#include <nlohmann/json.hpp>

namespace attune::session {
namespace {

using nlohmann::json;

json keys_json(const std::set<ContentKey>& keys) {
    json list = json::array();
    for (const ContentKey& key : keys) list.push_back(key.hex());
    return list;
}

std::set<ContentKey> keys_from(const json& list) {
    std::set<ContentKey> keys;
    for (const json& key : list) keys.insert(ContentKey::parse(key.get<std::string>()).value());
    return keys;
}

json va_json(const flow::Va& va) { return {va.valence, va.arousal}; }
flow::Va va_from(const json& j) { return {j.at(0).get<double>(), j.at(1).get<double>()}; }

json mood_json(const affect::MoodParams& m) {
    return {{"home", va_json(m.home)}, {"home_sd", va_json(m.home_sd)}, {"pull", va_json(m.pull)},
            {"pull_sd", va_json(m.pull_sd)}, {"beta", m.beta}, {"beta_sd", m.beta_sd},
            {"tau_s", m.tau_s}, {"process_sd", va_json(m.process_sd)}, {"rating_sd", va_json(m.rating_sd)}};
}

affect::MoodParams mood_from(const json& j) {
    affect::MoodParams m = affect::MoodParams::population();
    m.home = va_from(j.at("home"));
    m.home_sd = va_from(j.at("home_sd"));
    m.pull = va_from(j.at("pull"));
    m.pull_sd = va_from(j.at("pull_sd"));
    m.beta = j.at("beta").get<double>();
    m.beta_sd = j.at("beta_sd").get<double>();
    m.tau_s = j.at("tau_s").get<double>();
    m.process_sd = va_from(j.at("process_sd"));
    m.rating_sd = va_from(j.at("rating_sd"));
    return m;
}

json records_json(const affect::SourceRecords& records) {
    json object = json::object();
    for (const auto& [name, record] : records) {
        json points = json::array();
        for (const affect::EarningPoint& p : record.points) {
            points.push_back({p.day, p.session, p.residual, p.index});
        }
        object[name] = {{"model", record.model},
                        {"baseline", {record.baseline.seconds_, record.baseline.mean_, record.baseline.m2_}},
                        {"points", points}};
    }
    return object;
}

affect::SourceRecords records_from(const json& object) {
    affect::SourceRecords records;
    for (const auto& [name, j] : object.items()) {
        affect::SourceRecord record;
        record.model = j.at("model").get<std::string>();
        record.baseline.seconds_ = j.at("baseline").at(0).get<double>();
        record.baseline.mean_ = j.at("baseline").at(1).get<double>();
        record.baseline.m2_ = j.at("baseline").at(2).get<double>();
        for (const json& p : j.at("points")) {
            record.points.push_back({p.at(0).get<std::int64_t>(), p.at(1).get<std::int64_t>(),
                                     p.at(2).get<double>(), p.at(3).get<double>()});
        }
        records[name] = std::move(record);
    }
    return records;
}

/// An infinite tether has no number in JSON.
json tether_json(double tether) { return std::isfinite(tether) ? json(tether) : json(nullptr); }

}  // namespace

std::string PersonState::text() const {
    json before = json::array();
    for (const auto& [key, ago_s] : heard_before) before.push_back({key.hex(), ago_s});
    const json object = {
        {"mood", mood_json(prior.mood)},
        {"sources", records_json(prior.sources)},
        {"liking", liking.text()},
        {"pace",
         {{"tether", tether_json(pace.tether)}, {"match", pace.match}, {"straight", pace.straight},
          {"match_radius", pace.match_radius}, {"match_max_s", pace.match_max_s},
          {"low_valence", pace.low_valence}, {"match_lift", pace.match_lift}}},
        {"familiar", keys_json(familiar)},
        {"rated", keys_json(rated)},
        {"starter", keys_json(starter)},
        {"heard_before", before},
        {"day", day},
        {"ordinal", ordinal}};
    return object.dump();
}

Result<PersonState> PersonState::parse(std::string_view text) {
    PersonState state;
    if (text.empty()) return state;
    try {
        const json j = json::parse(text);
        state.prior.mood = mood_from(j.at("mood"));
        state.prior.sources = records_from(j.at("sources"));
        ATTUNE_TRY(state.liking, choose::LikingModel::parse(j.at("liking").get<std::string>()));
        const json& pace = j.at("pace");
        state.pace.tether = pace.at("tether").is_null() ? std::numeric_limits<double>::infinity()
                                                        : pace.at("tether").get<double>();
        state.pace.match = pace.at("match").get<bool>();
        state.pace.straight = pace.at("straight").get<bool>();
        state.pace.match_radius = pace.at("match_radius").get<double>();
        state.pace.match_max_s = pace.at("match_max_s").get<double>();
        state.pace.low_valence = pace.at("low_valence").get<double>();
        state.pace.match_lift = pace.at("match_lift").get<double>();
        state.familiar = keys_from(j.at("familiar"));
        state.rated = keys_from(j.at("rated"));
        state.starter = keys_from(j.at("starter"));
        for (const json& item : j.at("heard_before")) {
            state.heard_before.emplace_back(ContentKey::parse(item.at(0).get<std::string>()).value(),
                                            item.at(1).get<double>());
        }
        state.day = j.at("day").get<std::int64_t>();
        state.ordinal = j.at("ordinal").get<std::int64_t>();
        return state;
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("what is known of the person does not read: ") + e.what());
    }
}

}  // namespace attune::session
