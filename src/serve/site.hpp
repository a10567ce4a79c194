// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The whole site: pages, API, door and log-in behind the transport's one interface.
///
/// Order of checks: framing (transport), Host and Origin, pages, route, account, media type,
/// handler.
#include <filesystem>
#include <string>

#include "serve/auth.hpp"
#include "serve/door.hpp"
#include "serve/http_types.hpp"
#include "serve/router.hpp"
#include "serve/static_files.hpp"

namespace attune::serve {

struct SiteConfig {
    DoorConfig door;
    bool need_login = false;         ///< anything but the loopback address
    std::filesystem::path pages;     ///< the built web app; may be missing
    std::filesystem::path keys_dir;  ///< the data folder's keys/
    std::string version;
};

/// Threads: routes are added by one thread before the transport starts; then any.
class MainSite final : public Site {
public:
    explicit MainSite(SiteConfig config);

    /// Rooms hang their routes in here.
    [[nodiscard]] Router& router() { return router_; }
    [[nodiscard]] Auth& auth() { return auth_; }
    [[nodiscard]] bool pages_present() const { return files_.present(); }
    void set_door(const DoorConfig& door) { config_.door = door; }

    [[nodiscard]] bool quick(const Request& request) const override;
    [[nodiscard]] Response respond(Request request) override;
    [[nodiscard]] tl::expected<std::unique_ptr<SocketHandler>, Response>
    connect(Request request) override;
    [[nodiscard]] std::size_t body_limit(Method method, std::string_view path) const override;
    [[nodiscard]] Response refuse(int status, std::string_view why) const override;

private:
    [[nodiscard]] Response route(Request& request);
    [[nodiscard]] Response pages(const Request& request) const;
    [[nodiscard]] std::string account_of(const Request& request);
    [[nodiscard]] const char* cookie_name() const {
        return config_.door.tls ? "__Host-attune" : "attune";
    }
    [[nodiscard]] std::string cookie(std::string_view token, std::int64_t max_age_s) const;
    void add_account_routes();

    SiteConfig config_;
    Auth auth_;
    StaticFiles files_;
    Router router_;
};

}  // namespace attune::serve
