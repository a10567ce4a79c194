// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/model_card.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/folders.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"

namespace attune::learn {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

Json to(const QuotedMetric& quoted) {
    const Metric& m = quoted.metric;
    Json json = {{"name", m.name}, {"set", m.set}, {"value", std::isfinite(m.value) ? Json(m.value) : Json(nullptr)}};
    json["ci95"] = m.ci95 && std::isfinite(m.ci95->low) && std::isfinite(m.ci95->high)
                       ? Json{m.ci95->low, m.ci95->high}
                       : Json(nullptr);
    json["n"] = m.n;
    if (!m.note.empty()) json["note"] = m.note;
    json["result"] = quoted.result;
    return json;
}

QuotedMetric quoted_from(const Json& json) {
    QuotedMetric quoted;
    Metric& m = quoted.metric;
    m.name = json.at("name").get<std::string>();
    m.set = json.at("set").get<std::string>();
    m.value = json.at("value").is_number() ? json.at("value").get<double>() : std::numeric_limits<double>::quiet_NaN();
    if (json.at("ci95").is_array())
        m.ci95 = Interval{json.at("ci95").at(0).get<double>(), json.at("ci95").at(1).get<double>()};
    m.n = json.at("n").get<std::size_t>();
    m.note = json.value("note", "");
    quoted.result = json.at("result").get<std::string>();
    return quoted;
}

ModelCard read(const Json& json) {
    ModelCard card;
    card.model = json.at("model").get<std::string>();
    card.version = json.at("version").get<std::string>();
    card.file = json.value("file", "");
    card.sha256 = json.value("sha256", "");
    card.purpose = json.at("purpose").get<std::string>();
    card.not_for = json.at("not_for").get<std::string>();
    card.inputs = json.at("inputs").get<std::string>();
    card.outputs = json.at("outputs").get<std::string>();
    card.licence = json.at("licence").get<std::string>();
    for (const auto& item : json.at("trained_on"))
        card.trained_on.push_back({item.at("set").get<std::string>(), item.at("licence").get<std::string>(),
                                   item.at("groups").get<std::vector<std::string>>()});
    card.protocol = json.at("protocol").get<std::string>();
    card.baseline = json.at("baseline").get<std::string>();
    for (const auto& item : json.at("metrics")) card.metrics.push_back(quoted_from(item));
    card.calibration = json.at("calibration").get<std::string>();
    card.subgroups = json.at("subgroups").get<std::string>();
    card.limits = json.at("limits").get<std::string>();
    for (const auto& item : json.at("leaky"))
        card.leaky.push_back({item.at("name").get<std::string>(), item.at("set").get<std::string>(),
                              item.at("protocol").get<std::string>(), item.at("value").get<double>()});
    if (json.contains("figures")) card.figures = json.at("figures").get<std::map<std::string, double>>();
    return card;
}

/// A quoted figure must stand in its result file, value and count.
std::string unresolved(const QuotedMetric& quoted, const fs::path& repository) {
    const std::string what = quoted.metric.name + " on " + quoted.metric.set + " (" + quoted.result + ")";
    const auto text = core::read_file(repository / quoted.result);
    if (!text) return what + ": " + text.error().describe();
    const auto result = evaluation_from_json(*text);
    if (!result) return what + ": " + result.error().describe();
    for (const auto* list : {&result->metrics, &result->chance})
        for (const auto& m : *list)
            if (m.name == quoted.metric.name && m.set == quoted.metric.set && m.note == quoted.metric.note &&
                std::abs(m.value - quoted.metric.value) < 1e-9 && m.n == quoted.metric.n)
                return {};
    return what + ": no such figure in the result file";
}

}  // namespace

bool ModelCard::trained(const std::string& set, const std::string& group) const {
    return std::any_of(trained_on.begin(), trained_on.end(), [&](const TrainedOn& t) {
        return t.set == set && std::find(t.groups.begin(), t.groups.end(), group) != t.groups.end();
    });
}

Result<ModelCard> card_from_json(const std::string& text) {
    try {
        return read(Json::parse(text));
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("not a model card: ") + e.what());
    }
}

Result<ModelCard> read_card(const fs::path& file) {
    ATTUNE_TRY(const std::string text, core::read_file(file));
    auto card = card_from_json(text);
    if (!card) return fail_in(std::move(card).error(), file.string());
    return card;
}

std::string to_json(const ModelCard& card) {
    Json json = {{"schema", "attune.model_card/1"}, {"model", card.model}, {"version", card.version},
                 {"file", card.file}, {"sha256", card.sha256}, {"purpose", card.purpose},
                 {"not_for", card.not_for}, {"inputs", card.inputs}, {"outputs", card.outputs},
                 {"licence", card.licence}};
    json["trained_on"] = json["metrics"] = json["leaky"] = Json::array();
    for (const auto& t : card.trained_on)
        json["trained_on"].push_back({{"set", t.set}, {"licence", t.licence}, {"groups", t.groups}});
    json["protocol"] = card.protocol;
    json["baseline"] = card.baseline;
    for (const auto& quoted : card.metrics) json["metrics"].push_back(to(quoted));
    json["calibration"] = card.calibration;
    json["subgroups"] = card.subgroups;
    json["limits"] = card.limits;
    for (const auto& f : card.leaky)
        json["leaky"].push_back({{"name", f.name}, {"set", f.set}, {"protocol", f.protocol}, {"value", f.value}});
    json["figures"] = card.figures;
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<void> write_card(const fs::path& file, const ModelCard& card) {
    return core::write_file_atomically(file, to_json(card));
}

Result<void> write_model(const fs::path& folder, ModelCard card, std::string_view weights) {
    ATTUNE_CHECK(core::make_folder(folder));
    card.sha256 = core::sha256_hex(weights);
    ATTUNE_CHECK(core::write_file_atomically(folder / card.file, weights));
    return write_card(folder / (card.model + ".card.json"), card);
}

std::vector<std::string> problems(const ModelCard& card, const fs::path& card_file, const fs::path& repository) {
    std::vector<std::string> found;
    const auto need = [&](const std::string& value, const char* field) {
        if (value.empty()) found.push_back(std::string(field) + " is empty");
    };
    need(card.model, "model");
    need(card.version, "version");
    need(card.purpose, "purpose");
    need(card.not_for, "not_for");
    need(card.inputs, "inputs");
    need(card.outputs, "outputs");
    need(card.licence, "licence");
    need(card.protocol, "protocol");
    need(card.baseline, "baseline");
    need(card.calibration, "calibration");
    need(card.limits, "limits");
    if (!card.file.empty()) {
        const auto hash = core::sha256_hex_of_file(card_file.parent_path() / card.file);
        if (!hash) found.push_back(hash.error().describe());
        else if (*hash != card.sha256) found.push_back("sha256 of " + card.file + " is " + *hash + ", the card says " + card.sha256);
        if (card.trained_on.empty()) found.push_back("trained_on is empty");
    }
    if (repository.empty()) return found;
    if (card.metrics.empty()) found.push_back("no metric");
    for (const auto& quoted : card.metrics)
        if (auto what = unresolved(quoted, repository); !what.empty()) found.push_back(std::move(what));
    return found;
}

Result<InstalledModel> find_model(const fs::path& data_dir, const std::string& name) {
    const std::string card_name = name + ".card.json";
    std::vector<std::pair<std::string, fs::path>> places;
    if (!data_dir.empty()) places.emplace_back("user", data_dir / "models" / card_name);
    for (const char* folder : {"free", "research"})
        if (auto file = core::resource(fs::path(folder) / card_name)) places.emplace_back(folder, *file);
    for (const auto& [folder, file] : places) {
        std::error_code error;
        if (!fs::exists(file, error)) continue;
        ATTUNE_TRY(ModelCard card, read_card(file));
        InstalledModel model{std::move(card), file, {}, folder};
        if (!model.card.file.empty()) {
            model.weights = file.parent_path() / model.card.file;
            if (!fs::exists(model.weights, error))
                return fail(ErrorCode::kUnavailable, "the weights " + model.card.file + " are missing beside their card",
                            file.string());
            ATTUNE_TRY(const std::string hash, core::sha256_hex_of_file(model.weights));
            if (hash != model.card.sha256)
                return fail(ErrorCode::kRefused, "sha256 " + hash + " is not the card's " + model.card.sha256,
                            model.weights.string());
        }
        return model;
    }
    return fail(ErrorCode::kUnavailable, "the model \"" + name + "\" is not installed: no " + card_name + " in " +
                                             (data_dir.empty() ? std::string() : (data_dir / "models").string() + ", ") +
                                             "models/free or models/research");
}

}  // namespace attune::learn
