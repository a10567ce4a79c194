// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/house.hpp"

#include "serve/problem.hpp"

namespace attune::serve {

Result<PooledConnection> House::connect() {
    std::unique_ptr<store::Connection> db;
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            db = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!db) {
        ATTUNE_TRY(db, space_->connect());
    }
    return PooledConnection(std::move(db), [this](std::unique_ptr<store::Connection> back) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(back));
    });
}

Handler answers_json(JsonHandler handler, int status) {
    return [handler = std::move(handler), status](const Request& request, const PathArgs& args) {
        auto answer = handler(request, args);
        return answer ? Response::json(*std::move(answer), status) : problem(answer.error());
    };
}

}  // namespace attune::serve
