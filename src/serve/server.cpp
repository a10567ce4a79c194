// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/server.hpp"

#include <array>
#include <unistd.h>

#include "core/paths.hpp"
#include "serve/house.hpp"
#include "serve/live_host.hpp"
#include "serve/site.hpp"
#include "serve/transport.hpp"

namespace attune::serve {
namespace fs = std::filesystem;
namespace {

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

fs::path find_pages(const fs::path& chosen) {
    if (!chosen.empty()) return chosen;
    if (const auto installed = core::resource("web/index.html")) return installed->parent_path();
    return ATTUNE_WEB_DIST;
}

std::string machine_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string();
}

std::string shown_host(const std::string& host) {
    if (host == "0.0.0.0" || host == "::") {
        const std::string name = machine_name();
        return name.empty() ? "localhost" : name;
    }
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::vector<std::string> certificate_names(const std::string& host) {
    std::vector<std::string> names{"localhost", "127.0.0.1"};
    if (const std::string machine = machine_name(); !machine.empty() && machine != "localhost")
        names.push_back(machine);
    if (host != "0.0.0.0" && host != "::" && !is_loopback(host)) names.push_back(host);
    return names;
}

}  // namespace

struct Server::Parts {
    std::unique_ptr<House> house;
    std::unique_ptr<MainSite> site;
    std::unique_ptr<Transport> transport;
    std::string url, fingerprint;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::create(const ServerConfig& config) {
    const bool loopback = is_loopback(config.host);
    const bool tls = config.tls.value_or(!loopback || !config.tls_certificate.empty());
    const fs::path keys = config.data_dir / "keys";

    SiteConfig site_config;
    site_config.door.loopback_only = loopback;
    site_config.door.tls = tls;
    site_config.need_login = !loopback;
    site_config.pages = find_pages(config.pages);
    site_config.keys_dir = keys;
    site_config.version = config.version;

    auto parts = std::make_unique<Parts>();
    parts->site = std::make_unique<MainSite>(site_config);
    if (!loopback && !parts->site->auth().password_set()) {
        return fail(ErrorCode::kRefused,
                    "Attune is opened to other machines only with a password: run `attune serve "
                    "--set-password` first",
                    "--host " + config.host);
    }

    ATTUNE_TRY(auto space, session::Space::open(config.data_dir, config.db_url));
    parts->house = std::make_unique<House>(std::move(space), config.version, config.deployment);
    parts->house->set_host(make_live_host(config.data_dir, config.db_url, parts->house->hub(), config.deployment));
    parts->house->models() = config.models;
    add_compose_routes(parts->site->router(), *parts->house);
    add_health_routes(parts->site->router(), *parts->house);
    add_library_routes(parts->site->router(), *parts->house);
    add_people_routes(parts->site->router(), *parts->house);
    add_session_routes(parts->site->router(), *parts->house);

    TransportConfig transport;
    transport.host = config.host;
    transport.port = config.port;
    if (tls) {
        if (config.tls_certificate.empty() != config.tls_key.empty()) {
            return fail(ErrorCode::kBadArgument, "--tls-certificate and --tls-key go together");
        }
        if (config.tls_certificate.empty()) {
            ATTUNE_TRY(transport.tls, own_certificate(keys, certificate_names(config.host)));
            ATTUNE_TRY(parts->fingerprint, serve::fingerprint(transport.tls->certificate));
        } else {
            transport.tls = CertificateFiles{config.tls_certificate, config.tls_key};
        }
    }
    ATTUNE_TRY(parts->transport, Transport::create(transport, *parts->site));
    site_config.door.port = parts->transport->port();
    parts->site->set_door(site_config.door);
    parts->url = std::string(tls ? "https://" : "http://") + shown_host(config.host) + ":" +
                 std::to_string(parts->transport->port()) + "/";
    return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::start() { parts_->transport->start(); }
void Server::stop() {
    if (parts_->house->host() != nullptr) parts_->house->host()->stop_all();
    parts_->transport->stop();
}
std::string Server::url() const { return parts_->url; }
std::string Server::fingerprint() const { return parts_->fingerprint; }
bool Server::pages_present() const { return parts_->site->pages_present(); }
std::vector<std::string> Server::routes() const { return parts_->site->router().list(); }
std::uint16_t Server::port() const { return parts_->transport->port(); }

Result<void> set_owner_password(const fs::path& data_dir, std::string_view password) {
    return Auth(data_dir / "keys").set_password(password);
}

}  // namespace attune::serve
