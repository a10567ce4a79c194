// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Finds who answers: patterns like "/api/v1/sessions/{id}/events", matched segment by segment.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http_types.hpp"

namespace attune::serve {

/// What stood in the place of each {name}.
using PathArgs = std::map<std::string, std::string>;
using Handler = std::function<Response(const Request&, const PathArgs&)>;
using SocketFactory = std::function<tl::expected<std::unique_ptr<SocketHandler>, Response>(
    const Request&, const PathArgs&)>;

/// What a route costs and who may use it.
struct RouteOptions {
    std::size_t body_limit = 64U << 10;  ///< [bytes]
    bool quick = false;                  ///< never blocks; answered on the network thread
    bool open = false;                   ///< also for those who have not logged in
};

/// Threads: filled by one thread before the server starts; after that const, any thread.
class Router {
public:
    void add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});
    void add_socket(std::string_view pattern, SocketFactory factory);

    struct Match {
        const Handler* handler = nullptr;
        const SocketFactory* socket = nullptr;
        RouteOptions options;
        PathArgs args;
        bool path_known = false;  ///< some method would have been answered
        std::string allow;        ///< "GET, POST": methods of this path
    };
    /// HEAD finds the route of GET.
    [[nodiscard]] Match find(Method method, std::string_view path) const;
    [[nodiscard]] Match find_socket(std::string_view path) const;
    /// "GET /api/v1/health" for each route, "WS /..." for each socket, in the order they were
    /// added.
    [[nodiscard]] std::vector<std::string> list() const;

private:
    struct Route {
        Method method = Method::kGet;
        std::vector<std::string> segments;  ///< "{id}" = any one segment
        std::string pattern;
        Handler handler;
        SocketFactory socket;
        RouteOptions options;
    };
    [[nodiscard]] static bool
    matches(const Route& route, const std::vector<std::string_view>& segments, PathArgs& args);
    std::vector<Route> routes_;
};

}  // namespace attune::serve
