// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The body signals of a simulated listener as a source, for sense and affect commands. A session holds the
/// listener itself, because it must hear, answer and skip.
#include "sense/simulated_listener.hpp"
#include "sense/source.hpp"
#include "sense/spec.hpp"

namespace attune::sense {

/// The listener that a "simulated:..." SPEC names: persona, seed, family, w, response, appraisal, body.
[[nodiscard]] Result<SimulatedListener> make_listener(const Spec& spec);

class SimulatedSource final : public Source {
public:
    SimulatedSource(SimulatedListener listener, std::string id);

    [[nodiscard]] const std::string& id() const noexcept override { return id_; }
    [[nodiscard]] flow::SourceKind kind() const noexcept override { return flow::SourceKind::kBody; }
    [[nodiscard]] flow::Provenance provenance() const override;
    [[nodiscard]] std::vector<ChannelInfo> channels() const override;
    [[nodiscard]] bool live() const noexcept override { return false; }
    [[nodiscard]] Result<void> pull(Time until, Batch& out) override;
    [[nodiscard]] bool finished() const noexcept override { return closed_; }
    void close() noexcept override { closed_ = true; }
    /// To let it hear and answer.
    [[nodiscard]] SimulatedListener& listener() noexcept { return listener_; }

private:
    SimulatedListener listener_;
    std::string id_;
    bool closed_ = false;
};

}  // namespace attune::sense
