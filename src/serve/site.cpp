// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/site.hpp"

#include <nlohmann/json.hpp>

#include "core/time.hpp"
#include "serve/json_body.hpp"
#include "serve/problem.hpp"

namespace attune::serve {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::int64_t now_s() { return core::wall_now_ns() / kNsPerSecond; }

constexpr const char* kNoPages =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Attune</title>"
    "<h1>Attune is running, but its pages are missing</h1>"
    "<p>They are built from the folder <code>web/</code> when Node.js 18 or newer is installed: "
    "run "
    "<code>scripts/run</code> again after <code>apt install nodejs npm</code>. "
    "Everything can also be done from a shell: <code>attune --help</code>.</p></html>";

bool is_api(std::string_view path) { return path.starts_with("/api/"); }

}  // namespace

MainSite::MainSite(SiteConfig config)
    : config_(std::move(config)), auth_(config_.keys_dir), files_(config_.pages) {
    add_account_routes();
}

bool MainSite::quick(const Request& request) const {
    if (!is_api(request.path)) return true;
    return router_.find(request.method, request.path).options.quick;
}

std::size_t MainSite::body_limit(Method method, std::string_view path) const {
    const Router::Match match = router_.find(method, path);
    return match.handler == nullptr ? 0 : match.options.body_limit;
}

Response MainSite::refuse(int status, std::string_view why) const {
    const char* code = status == 413 || status == 431 ? "too_large"
                       : status == 408                ? "timeout"
                       : status >= 500                ? "internal"
                                                      : "bad_argument";
    Response response = problem(status, code, why);
    add_security_headers(response);
    return response;
}

std::string MainSite::account_of(const Request& request) {
    if (!config_.need_login) return "local";
    return auth_.valid(request.cookie(cookie_name()), now_s()) ? "owner" : "";
}

Response MainSite::pages(const Request& request) const {
    if (!files_.present()) {
        return Response::text(kNoPages, "text/html; charset=utf-8",
                              request.path == "/" ? 200 : 404);
    }
    if (auto file = files_.find(request)) return *std::move(file);
    return problem(404, "not_found", "there is no such file");
}

Response MainSite::route(Request& request) {
    if (auto refusal = check_origin(request, config_.door, false)) return *std::move(refusal);
    const Router::Match match = router_.find(request.method, request.path);
    if (!match.path_known && !is_api(request.path)) {
        if (!is_safe(request.method))
            return problem(405, "unsupported", "this address is only for reading");
        return pages(request);
    }
    request.account = account_of(request);
    if (request.account.empty() && !match.options.open) {
        return problem(401, "login_needed", "log in first");
    }
    if (!match.path_known) return problem(404, "not_found", "there is nothing at this address");
    if (match.handler == nullptr) {
        Response response = problem(405, "unsupported", "this address allows " + match.allow);
        response.headers.emplace_back("Allow", match.allow);
        return response;
    }
    if (auto refusal = check_content_type(request)) return *std::move(refusal);
    return (*match.handler)(request, match.args);
}

Response MainSite::respond(Request request) {
    Response response = route(request);
    add_security_headers(response);
    return response;
}

tl::expected<std::unique_ptr<SocketHandler>, Response> MainSite::connect(Request request) {
    const auto refused = [](Response response) {
        add_security_headers(response);
        return tl::unexpected<Response>(std::move(response));
    };
    if (auto refusal = check_origin(request, config_.door, true))
        return refused(*std::move(refusal));
    request.account = account_of(request);
    if (request.account.empty()) return refused(problem(401, "login_needed", "log in first"));
    const Router::Match match = router_.find_socket(request.path);
    if (match.socket == nullptr)
        return refused(problem(404, "not_found", "there is no such socket"));
    auto handler = (*match.socket)(request, match.args);
    if (!handler) return refused(std::move(handler).error());
    return handler;
}

std::string MainSite::cookie(std::string_view token, std::int64_t max_age_s) const {
    return std::string(cookie_name()) + "=" + std::string(token) +
           "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(max_age_s) +
           (config_.door.tls ? "; Secure" : "");
}

void MainSite::add_account_routes() {
    const RouteOptions open{.body_limit = 4096, .quick = false, .open = true};
    const RouteOptions open_quick{.body_limit = 0, .quick = true, .open = true};
    router_.add(
        Method::kGet, "/api/v1/health",
        [version = config_.version](const Request&, const PathArgs&) {
            return Response::json(
                to_text({{"schema", "attune/health/1"}, {"status", "ok"}, {"version", version}}));
        },
        open_quick);
    router_.add(
        Method::kGet, "/api/v1/account",
        [this](const Request& request, const PathArgs&) {
            return Response::json(
                to_text({{"schema", "attune/account/1"},
                         {"account", request.account.empty() ? nlohmann::json(nullptr)
                                                             : nlohmann::json(request.account)},
                         {"login_needed", request.account.empty()},
                         {"can_log_out", config_.need_login && !request.account.empty()}}));
        },
        open_quick);
    router_.add(
        Method::kPost, "/api/v1/login",
        [this](const Request& request, const PathArgs&) {
            const auto body = JsonBody::parse(request.body);
            if (!body) return problem(body.error());
            const auto password = body->text("password", kMaxPasswordBytes);
            if (!password)
                return problem(400, "bad_argument", "'password' is a text of at most 256 bytes");
            const auto token = auth_.log_in(*password, request.remote, now_s());
            if (!token && token.error().code == ErrorCode::kBusy) {
                return problem(429, "busy", token.error().message);
            }
            if (!token) return problem(token.error());
            Response response =
                Response::json(to_text({{"schema", "attune/account/1"}, {"account", "owner"}}));
            response.headers.emplace_back("Set-Cookie", cookie(*token, kSessionSeconds));
            return response;
        },
        open);
    router_.add(
        Method::kPost, "/api/v1/logout",
        [this](const Request& request, const PathArgs&) {
            auth_.log_out(request.cookie(cookie_name()));
            Response response = Response::empty();
            response.headers.emplace_back("Set-Cookie", cookie("", 0));
            return response;
        },
        open);
}

}  // namespace attune::serve
