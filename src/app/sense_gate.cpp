// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sense_gate.hpp"

#include "app/person_intake.hpp"
#include "session/consent.hpp"
#include "session/space.hpp"

namespace attune::app {

Result<void> may_open(const Context& context, const std::vector<std::string>& specs, const std::string& person, const char* purpose) {
    std::vector<flow::SourceKind> devices;
    for (const std::string& text : specs) {
        ATTUNE_TRY(const sense::Spec spec, sense::parse_spec(text));
        const auto device = session::device_kind(spec.kind);
        if (!device) continue;
        if (const std::string why = session::no_inference(context.deployment); !why.empty()) return fail(ErrorCode::kRefused, why + "; it stays closed", text);
        devices.push_back(*device);
    }
    if (devices.empty()) return {};
    ATTUNE_TRY(const auto space, session::Space::open(context.data_dir, context.db_url));
    care::People people = space->people();
    const std::int64_t now = core::wall_now_ns();
    ATTUNE_TRY(const auto who, listener(*space, person));
    for (const flow::SourceKind device : devices)
        ATTUNE_CHECK(session::must_be_granted(people, who.id, device, now, context.deployment, purpose));
    return {};
}

}  // namespace attune::app
