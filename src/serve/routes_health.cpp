// SPDX-License-Identifier: GPL-3.0-or-later
// What this server is and can do: parts, texts, health, models.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/paths.hpp"
#include "learn/model_card.hpp"
#include "serve/house.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"
#include "session/doctor.hpp"

namespace attune::serve {
namespace {

using nlohmann::json;

Result<std::string> parts(House& house) {
    json list = json::object();
    for (const auto& [name, state] : house.parts()) {
        list[name] = {{"available", state.available},
                      {"reason", state.reason.empty() ? json(nullptr) : json(state.reason)}};
    }
    json session = nullptr;
    if (house.host() != nullptr) {
        if (const auto running = house.host()->running(); !running.empty())
            session = running.back().text();
    }
    ATTUNE_TRY(const auto db, house.connect());
    ATTUNE_TRY(const auto table, house.lines().table(*db));
    return to_text({{"schema", "attune/parts/1"},
                    {"version", house.version()},
                    {"parts", list},
                    {"session", session},
                    {"tracks", table->rows().size()}});
}

Result<std::string> doctor(House& house) {
    json checks = json::array();
    for (const session::Finding& f : session::examine(house.space().data_dir(), house.space().url())) {
        checks.push_back({{"name", f.what},
                          {"status", session::to_string(f.health)},
                          {"detail", f.detail},
                          {"fix", f.fix.empty() ? json(nullptr) : json(f.fix)}});
    }
    return to_text({{"schema", "attune/doctor/1"}, {"checks", checks}});
}

json card_json(const learn::ModelCard& card) {
    json trained = json::array(), metrics = json::array();
    for (const learn::TrainedOn& t : card.trained_on)
        trained.push_back({{"set", t.set}, {"licence", t.licence}, {"groups", t.groups.size()}});
    for (const learn::QuotedMetric& q : card.metrics) {
        const learn::Metric& m = q.metric;
        metrics.push_back({{"name", m.name}, {"set", m.set}, {"value", m.value}, {"ci95", m.ci95 ? json{m.ci95->low, m.ci95->high} : json(nullptr)}, {"n", m.n}, {"note", m.note}, {"result", q.result}});
    }
    return {{"version", card.version},       {"licence", card.licence}, {"purpose", card.purpose},
            {"not_for", card.not_for},       {"inputs", card.inputs},   {"outputs", card.outputs},
            {"protocol", card.protocol},     {"baseline", card.baseline}, {"calibration", card.calibration},
            {"subgroups", card.subgroups},   {"limits", card.limits},   {"trained_on", trained},
            {"metrics", metrics}};
}

Result<std::string> models(House& house) {
    json list = json::array();
    for (const learn::ModelEntry& entry : house.models().entries()) {
        const auto model = learn::find_model(house.space().data_dir(), entry.name);
        list.push_back({{"name", entry.name},
                        {"about", entry.about},
                        {"available", model.has_value()},
                        {"folder", model ? json(model->folder) : json(nullptr)},
                        {"reason", model ? json(nullptr) : json(model.error().message)},
                        {"card", model ? card_json(model->card) : json(nullptr)}});
    }
    return to_text({{"schema", "attune/models/1"}, {"models", list}});
}

Response strings(const std::string& language) {
    const bool name =
        language.size() <= 12 && std::all_of(language.begin(), language.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        });
    const auto file =
        name ? core::resource("strings/" + language + ".json") : fail(ErrorCode::kNotFound, "");
    if (!file) return problem(404, "not_found", "there are no texts in this language");
    auto text = core::read_file(*file, 4U << 20);
    if (!text) return problem(text.error());
    Response response = Response::json(*std::move(text));
    response.headers.emplace_back("Cache-Control", "no-cache");
    return response;
}

}  // namespace

void add_health_routes(Router& router, House& house) {
    router.add(Method::kGet, "/api/v1/parts",
               answers_json([&house](const Request&, const PathArgs&) { return parts(house); }));
    router.add(Method::kGet, "/api/v1/doctor",
               answers_json([&house](const Request&, const PathArgs&) { return doctor(house); }));
    router.add(Method::kGet, "/api/v1/models",
               answers_json([&house](const Request&, const PathArgs&) { return models(house); }));
    router.add(
        Method::kGet, "/api/v1/strings/{language}",
        [](const Request&, const PathArgs& args) { return strings(args.at("language")); },
        RouteOptions{.body_limit = 0, .quick = false, .open = true});
}

}  // namespace attune::serve
