// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/evaluation.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

#include <nlohmann/json.hpp>

namespace attune::learn {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
double number(const Json& json) {
    return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

bool has_interval(const Metric& m) { return m.ci95 && std::isfinite(m.ci95->low) && std::isfinite(m.ci95->high); }
const char* no_interval_because(const Metric& m) {
    return std::isfinite(m.value) ? "no interval: too few people (or other groups) to draw from" : "undefined on these data";
}

Json to(const Metric& m) {
    Json json = {{"name", m.name}, {"set", m.set}, {"value", number(m.value)}};
    json["ci95"] = has_interval(m) ? Json{m.ci95->low, m.ci95->high} : Json(nullptr);
    if (m.ci95 && !has_interval(m)) json["ci95_note"] = no_interval_because(m);
    json["n"] = m.n;
    if (!m.note.empty()) json["note"] = m.note;
    return json;
}

Metric metric_from(const Json& json) {
    Metric m;
    m.name = json.at("name").get<std::string>();
    m.set = json.at("set").get<std::string>();
    m.value = number(json.at("value"));
    if (json.at("ci95").is_array()) m.ci95 = Interval{number(json.at("ci95").at(0)), number(json.at("ci95").at(1))};
    m.n = json.at("n").get<std::size_t>();
    m.note = json.value("note", "");
    return m;
}

Json to(const std::vector<Metric>& metrics) {
    Json list = Json::array();
    for (const auto& m : metrics) list.push_back(to(m));
    return list;
}

std::vector<Metric> metrics_from(const Json& list) {
    std::vector<Metric> metrics;
    for (const auto& item : list) metrics.push_back(metric_from(item));
    return metrics;
}

Json to(const CalibrationTable& table) {
    Json json = {{"set", table.set}, {"kind", table.kind}, {"value", number(table.value)}, {"bins", Json::array()}};
    for (const auto& bin : table.bins)
        json["bins"].push_back({{"mean_p", number(bin.mean_p)}, {"share_right", number(bin.share_right)}, {"n", bin.n}});
    return json;
}

Json to(const ConfusionTable& table) {
    Json rows = Json::array();
    const std::size_t k = table.labels.size();
    for (std::size_t i = 0; i < k; ++i) {
        Json row = Json::array();
        for (std::size_t j = 0; j < k; ++j) row.push_back(table.counts[i * k + j]);
        rows.push_back(std::move(row));
    }
    return {{"set", table.set}, {"labels", table.labels}, {"rows_are", "truth"}, {"counts", std::move(rows)}};
}

Evaluation read(const Json& json) {
    Evaluation e;
    e.model = json.at("model").get<std::string>();
    e.version = json.at("version").get<std::string>();
    e.model_sha256 = json.value("model_sha256", "");
    if (json.contains("commit") && json.at("commit").is_string()) e.commit = json.at("commit").get<std::string>();
    e.data = json.at("data").get<std::vector<std::string>>();
    e.data_sha256 = json.at("data_sha256").get<std::string>();
    e.protocol = json.at("protocol").get<std::string>();
    e.n = json.at("n").get<std::size_t>();
    e.groups = json.at("groups").get<std::size_t>();
    e.left_out = json.at("left_out").get<std::size_t>();
    e.left_out_groups = json.value("left_out_groups", std::vector<std::string>{});
    e.metrics = metrics_from(json.at("metrics"));
    e.chance = metrics_from(json.at("chance"));
    for (const auto& item : json.at("calibration")) {
        CalibrationTable table{item.at("set").get<std::string>(), item.at("kind").get<std::string>(),
                               number(item.at("value")), {}};
        for (const auto& bin : item.at("bins"))
            table.bins.push_back({number(bin.at("mean_p")), number(bin.at("share_right")), bin.at("n").get<std::size_t>()});
        e.calibration.push_back(std::move(table));
    }
    for (const auto& item : json.at("confusion")) {
        ConfusionTable table{item.at("set").get<std::string>(), item.at("labels").get<std::vector<std::string>>(), {}};
        for (const auto& row : item.at("counts"))
            for (const auto& cell : row) table.counts.push_back(number(cell));
        e.confusion.push_back(std::move(table));
    }
    for (const auto& item : json.at("subgroups"))
        e.subgroups.push_back({item.at("name").get<std::string>(), metrics_from(item.at("metrics"))});
    for (const auto& item : json.at("leaky"))
        e.leaky.push_back({item.at("name").get<std::string>(), item.at("set").get<std::string>(),
                           item.at("protocol").get<std::string>(), number(item.at("value"))});
    e.warnings = json.value("warnings", std::vector<std::string>{});
    e.notes = json.value("notes", std::vector<std::string>{});
    return e;
}

void line(std::string& out, const Metric& m) {
    char text[256];
    std::snprintf(text, sizeof text, "  %-24s %-26s %8.4f", m.name.c_str(), m.set.c_str(), m.value);
    out += text;
    if (has_interval(m)) {
        std::snprintf(text, sizeof text, "  [%.4f, %.4f]", m.ci95->low, m.ci95->high);
        out += text;
    } else if (m.ci95) {
        out += std::string("  (") + no_interval_because(m) + ")";
    }
    out += "  n " + std::to_string(m.n);
    if (!m.note.empty()) out += "  " + m.note;
    out += "\n";
}

}  // namespace

const Metric* Evaluation::find(const std::string& name, const std::string& set) const {
    for (const auto& m : metrics)
        if (m.name == name && m.set == set) return &m;
    return nullptr;
}

std::string to_json(const Evaluation& e, int indent) {
    Json json = {{"schema", "attune.evaluation/1"}, {"model", e.model}, {"version", e.version},
                 {"model_sha256", e.model_sha256}, {"commit", e.commit.empty() ? Json(nullptr) : Json(e.commit)}, {"data", e.data}, {"data_sha256", e.data_sha256},
                 {"protocol", e.protocol}, {"n", e.n}, {"groups", e.groups}, {"left_out", e.left_out},
                 {"left_out_groups", e.left_out_groups}};
    json["metrics"] = to(e.metrics);
    json["chance"] = to(e.chance);
    json["calibration"] = json["confusion"] = json["subgroups"] = json["leaky"] = Json::array();
    for (const auto& table : e.calibration) json["calibration"].push_back(to(table));
    for (const auto& table : e.confusion) json["confusion"].push_back(to(table));
    for (const auto& group : e.subgroups)
        json["subgroups"].push_back({{"name", group.name}, {"metrics", to(group.metrics)}});
    for (const auto& figure : e.leaky)
        json["leaky"].push_back({{"name", figure.name}, {"set", figure.set}, {"protocol", figure.protocol},
                                 {"value", number(figure.value)}});
    json["warnings"] = e.warnings;
    if (!e.notes.empty()) json["notes"] = e.notes;
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Result<Evaluation> evaluation_from_json(const std::string& text) {
    try {
        return read(Json::parse(text));
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("not an evaluation: ") + e.what());
    }
}

std::string to_text(const Evaluation& e) {
    std::string out = e.model + " " + e.version + ": " + e.protocol + "\n";
    out += "  " + std::to_string(e.n) + " samples of " + std::to_string(e.groups) + " groups, " +
           std::to_string(e.left_out) + " left out (trained on); data " + e.data_sha256.substr(0, 12) + "\n";
    for (const auto& m : e.metrics) line(out, m);
    if (!e.chance.empty()) out += "without the model:\n";
    for (const auto& m : e.chance) line(out, m);
    if (!e.subgroups.empty()) out += "by group:\n";
    for (const auto& group : e.subgroups)
        for (auto m : group.metrics) {
            m.note = group.name + (m.note.empty() ? "" : " " + m.note);
            line(out, m);
        }
    for (const auto& figure : e.leaky)
        out += "  leaky split (" + figure.protocol + "): " + figure.name + " " + std::to_string(figure.value) + " on " +
               figure.set + "\n";
    for (const auto* list : {&e.warnings, &e.notes})
        for (const auto& note : *list) out += "  note: " + note + "\n";
    return out;
}

}  // namespace attune::learn
