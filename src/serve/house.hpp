// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the routes share: the space with a connection for each worker, the live sessions, and which
/// parts of the house are here. A part that is not here is said to be missing.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "flow/policy.hpp"
#include "learn/model_registry.hpp"
#include "serve/library_lines.hpp"
#include "serve/live_hub.hpp"
#include "serve/router.hpp"
#include "serve/scan_job.hpp"
#include "serve/session_host.hpp"
#include "serve/track_audio.hpp"
#include "serve/workshop.hpp"
#include "session/space.hpp"

namespace attune::serve {

/// A connection that goes back to its pool.
class PooledConnection {
public:
    using GiveBack = std::function<void(std::unique_ptr<store::Connection>)>;
    PooledConnection(std::unique_ptr<store::Connection> db, GiveBack give_back)
        : db_(std::move(db)), give_back_(std::move(give_back)) {}
    PooledConnection(PooledConnection&&) = default;
    PooledConnection& operator=(PooledConnection&&) = delete;
    ~PooledConnection() {
        if (db_) give_back_(std::move(db_));
    }
    [[nodiscard]] store::Connection& operator*() const { return *db_; }

private:
    std::unique_ptr<store::Connection> db_;
    GiveBack give_back_;
};

struct PartState {
    bool available = false;
    std::string reason;  ///< why not
};

/// Threads: any, once the server has started.
class House {
public:
    House(std::unique_ptr<session::Space> space, std::string version, flow::Deployment deployment = flow::Deployment::kHome)
        : space_(std::move(space)), version_(std::move(version)), deployment_(deployment), scan_(space_->data_dir()),
          audio_(space_->data_dir()), workshop_(space_->data_dir()) {}

    /// A connection that no other thread uses meanwhile.
    [[nodiscard]] Result<PooledConnection> connect();
    [[nodiscard]] session::Space& space() { return *space_; }
    [[nodiscard]] const std::string& version() const { return version_; }
    /// Where the server stands; workplace and education infer nothing from face, voice or body.
    [[nodiscard]] flow::Deployment deployment() const { return deployment_; }
    [[nodiscard]] LiveHub& hub() { return hub_; }
    [[nodiscard]] LibraryLines& lines() { return lines_; }
    [[nodiscard]] ScanJob& scan() { return scan_; }
    [[nodiscard]] TrackAudio& audio() { return audio_; }
    [[nodiscard]] Workshop& workshop() { return workshop_; }
    /// The models that the program knows by name; filled before the server starts.
    [[nodiscard]] learn::ModelRegistry& models() { return models_; }
    /// Runs sessions; null while this build cannot.
    [[nodiscard]] SessionHost* host() { return host_.get(); }
    void set_host(std::unique_ptr<SessionHost> host) { host_ = std::move(host); }

    void set_part(const std::string& name, PartState state) { parts_[name] = std::move(state); }
    [[nodiscard]] const std::map<std::string, PartState>& parts() const { return parts_; }

private:
    std::unique_ptr<session::Space> space_;
    std::string version_;
    flow::Deployment deployment_;
    std::map<std::string, PartState> parts_;
    LiveHub hub_;
    LibraryLines lines_;
    ScanJob scan_;
    TrackAudio audio_;
    Workshop workshop_;
    learn::ModelRegistry models_;
    std::mutex mutex_;  ///< guards idle_
    std::vector<std::unique_ptr<store::Connection>> idle_;
    std::unique_ptr<SessionHost> host_;  ///< last: its threads use all above
};

/// A handler that answers with JSON text or an error.
using JsonHandler = std::function<Result<std::string>(const Request&, const PathArgs&)>;
[[nodiscard]] Handler answers_json(JsonHandler handler, int status = 200);

// One group of routes each, in its own .cpp.
void add_compose_routes(Router& router, House& house);
void add_health_routes(Router& router, House& house);
void add_library_routes(Router& router, House& house);
void add_people_routes(Router& router, House& house);
void add_session_routes(Router& router, House& house);

}  // namespace attune::serve
