// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/router.hpp"

#include "core/assert.hpp"
#include "core/text.hpp"

namespace attune::serve {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
    if (!path.empty() && path.front() == '/') path.remove_prefix(1);
    return core::split(path, '/');
}

bool is_variable(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
    ATTUNE_ASSERT(!pattern.empty() && pattern.front() == '/');
    Route route;
    route.method = method;
    route.pattern = std::string(pattern);
    for (const std::string_view s : segments_of(pattern)) route.segments.emplace_back(s);
    route.handler = std::move(handler);
    route.options = options;
    routes_.push_back(std::move(route));
}

void Router::add_socket(std::string_view pattern, SocketFactory factory) {
    add(Method::kGet, pattern, {}, {});
    routes_.back().socket = std::move(factory);
}

bool Router::matches(const Route& route, const std::vector<std::string_view>& segments,
                     PathArgs& args) {
    if (route.segments.size() != segments.size()) return false;
    PathArgs found;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const std::string_view want = route.segments[i];
        if (is_variable(want)) {
            if (segments[i].empty()) return false;
            found.emplace(want.substr(1, want.size() - 2), segments[i]);
        } else if (want != segments[i]) {
            return false;
        }
    }
    args = std::move(found);
    return true;
}

Router::Match Router::find(Method method, std::string_view path) const {
    Match match;
    const Method wanted = method == Method::kHead ? Method::kGet : method;
    const auto segments = segments_of(path);
    for (const Route& route : routes_) {
        PathArgs args;
        if (route.socket || !matches(route, segments, args)) continue;
        match.path_known = true;
        const std::string name =
            route.method == Method::kGet ? "GET, HEAD" : to_string(route.method);
        match.allow += match.allow.empty() ? name : ", " + name;
        if (route.method == wanted && match.handler == nullptr) {
            match.handler = &route.handler;
            match.options = route.options;
            match.args = std::move(args);
        }
    }
    return match;
}

Router::Match Router::find_socket(std::string_view path) const {
    Match match;
    const auto segments = segments_of(path);
    for (const Route& route : routes_) {
        if (route.socket && matches(route, segments, match.args)) {
            match.path_known = true;
            match.socket = &route.socket;
            match.options = route.options;
            return match;
        }
    }
    return match;
}

std::vector<std::string> Router::list() const {
    std::vector<std::string> out;
    for (const Route& route : routes_) {
        out.push_back((route.socket ? std::string("WS") : std::string(to_string(route.method))) +
                      " " + route.pattern);
    }
    return out;
}

}  // namespace attune::serve
