// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/simulated_source.hpp"

namespace attune::sense {

Result<SimulatedListener> make_listener(const Spec& spec) {
    ATTUNE_TRY(const Family family, parse_family(spec.string("family", to_string(Family::kFitted))));
    auto persona = load_persona(spec.place, family);
    if (!persona) return fail_in(std::move(persona).error(), spec.text);
    SimulationOptions options;
    options.seed = static_cast<std::uint64_t>(spec.integer("seed", 1));
    options.tolerance = spec.number("w", 0.0);
    options.response = spec.number("response", 1.0);
    options.appraisal = spec.number("appraisal", 1.0);
    options.body = spec.integer("body", 1) != 0;
    return SimulatedListener::create(*persona, options);
}

SimulatedSource::SimulatedSource(SimulatedListener listener, std::string id)
    : listener_(std::move(listener)), id_(std::move(id)) {}

flow::Provenance SimulatedSource::provenance() const {
    return {flow::Origin::kSimulated, "persona " + listener_.persona().name, "simulated/1"};
}

std::vector<ChannelInfo> SimulatedSource::channels() const {
    using flow::Channel;
    return {{Channel::kRr, 0.0, "ms", "SIMULATED"},          {Channel::kEda, 4.0, "microsiemens", "SIMULATED"},
            {Channel::kSkinTemp, 1.0, "degC", "SIMULATED"},  {Channel::kRespiration, 8.0, "arbitrary", "SIMULATED"},
            {Channel::kAccelX, 32.0, "g", "SIMULATED"},      {Channel::kAccelY, 32.0, "g", "SIMULATED"},
            {Channel::kAccelZ, 32.0, "g", "SIMULATED"}};
}

Result<void> SimulatedSource::pull(Time until, Batch& out) {
    if (closed_) return {};
    listener_.advance_to(until);
    const std::size_t before = out.frames.size();
    listener_.take_frames(out.frames);
    for (std::size_t i = before; i < out.frames.size(); ++i) out.frames[i].source = id_;
    return {};
}

}  // namespace attune::sense
