// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session.hpp"

namespace attune::session {

Result<std::unique_ptr<Session>> Session::create(const Start& start, World world, EventSink sink) {
    ATTUNE_TRY(auto conductor, Conductor::create(start, std::move(world)));
    return std::unique_ptr<Session>(new Session(std::move(conductor), std::move(sink)));
}

Outputs Session::consume(Time t, Payload input, std::string actor, flow::Origin origin) {
    SessionEvent event{++seq_, t, std::move(actor), origin, std::move(input)};
    sink_(event);
    Outputs out = conductor_.step(event);
    for (const Payload& record : out.records) {
        sink_(SessionEvent{++seq_, t, "attune", event.origin, record});
    }
    return out;
}

}  // namespace attune::session
