// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune serve`: the site with every room's routes, and the transport under it.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "flow/policy.hpp"
#include "learn/model_registry.hpp"

namespace attune::serve {

struct ServerConfig {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8340;              ///< 0 = any free one
    std::optional<bool> tls;                ///< empty = on, except on the loopback address
    std::filesystem::path tls_certificate;  ///< both or none; none = self-made
    std::filesystem::path tls_key;
    std::filesystem::path pages;  ///< empty = installed ones, else web/dist of the source tree
    std::filesystem::path data_dir;
    std::string db_url;
    std::string version;
    flow::Deployment deployment = flow::Deployment::kHome;
    learn::ModelRegistry models;  ///< that Settings lists, with their cards
};

/// Threads: one owner.
class Server {
public:
    /// kRefused on an address other than the loopback while no owner password is set.
    [[nodiscard]] static Result<std::unique_ptr<Server>> create(const ServerConfig& config);
    ~Server();
    void start();
    void stop();
    [[nodiscard]] std::string url() const;
    /// SHA-256 of a self-made certificate; empty without one.
    [[nodiscard]] std::string fingerprint() const;
    [[nodiscard]] bool pages_present() const;
    [[nodiscard]] std::uint16_t port() const;
    /// "GET /api/v1/health", one a route; "WS ..." for sockets.
    [[nodiscard]] std::vector<std::string> routes() const;

private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Stores the owner's password (Argon2id) in the data folder's keys/.
[[nodiscard]] Result<void> set_owner_password(const std::filesystem::path& data_dir,
                                              std::string_view password);

}  // namespace attune::serve
