// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sense_gate.hpp"

#include "session/consent.hpp"
#include "session/space.hpp"

namespace attune::app {

std::string no_inference_here(flow::Deployment deployment) {
    if (care::inference_allowed(deployment)) return {};
    return std::string("in deployment ") + flow::to_string(deployment) + " nothing is inferred from face, voice or body";
}

Result<void> may_open(const Context& context, const std::vector<std::string>& specs, const std::string& person, const char* purpose) {
    std::vector<flow::SourceKind> devices;
    for (const std::string& text : specs) {
        ATTUNE_TRY(const sense::Spec spec, sense::parse_spec(text));
        const auto device = session::device_kind(spec.kind);
        if (!device) continue;
        if (const std::string why = no_inference_here(context.deployment); !why.empty()) return fail(ErrorCode::kRefused, why + "; it stays closed", text);
        devices.push_back(*device);
    }
    if (devices.empty()) return {};
    ATTUNE_TRY(const auto space, session::Space::open(context.data_dir, context.db_url));
    care::People people = space->people();
    const std::int64_t now = core::wall_now_ns();
    Id who;
    if (person.empty()) {
        ATTUNE_TRY(const auto first, people.first(core::IdSource().next(), now));
        who = first.id;
    } else {
        ATTUNE_TRY(who, Id::parse(person));
    }
    for (const flow::SourceKind device : devices)
        ATTUNE_CHECK(session::must_be_granted(people, who, device, now, context.deployment, purpose));
    return {};
}

}  // namespace attune::app
