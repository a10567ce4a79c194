// SPDX-License-Identifier: GPL-3.0-or-later
// What this server is and can do: parts, texts.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/paths.hpp"
#include "serve/house.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"

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
    router.add(
        Method::kGet, "/api/v1/strings/{language}",
        [](const Request&, const PathArgs& args) { return strings(args.at("language")); },
        RouteOptions{.body_limit = 0, .quick = false, .open = true});
}

}  // namespace attune::serve
