// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The samples of heart, skin and breath at rest, in chunks of a second, bit for bit as they reached the recognisers.
///
/// Kept     ECG, pulse wave, RR, heart rate, skin conductance and temperature, respiration, acceleration, of sources that
///          something listens to. Never face, voice or EEG: of those the evidence alone is kept
/// Row      one a session, second and source: its frames of all channels in the order in which they were pushed, packed,
///          sealed, with key_id. The second is that at whose end they were pushed and asked about
/// Chain    each row carries BLAKE2b-128(chain before of this source, second, version, key id, payload); the source's row
///          keeps the last chain and the number of chunks. Reading verifies it: a chunk that was altered, deleted or
///          moved is named by its second
/// Erased   with the session, with the person, and by erase_samples(): then nothing of that source and session is
///          written any more, even if it is let in again
/// Threads  as its Connection: one owner. A session's EventWriter writes them with its events, so that evidence that is
///          committed has its samples committed
/// Errors   those of store::Connection; kCorrupt names session, source and second; kVersion
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "flow/sensor_frame.hpp"
#include "store/connection.hpp"
#include "store/seal.hpp"

namespace attune::session {

[[nodiscard]] bool is_kept(flow::Channel channel) noexcept;

struct KeptFrame {
    std::uint32_t order = 0;      ///< among all frames of its second, of all sources
    bool of_listener = false;     ///< came from the session's simulated listener, whose breath is not told
    flow::SensorFrame frame;
};

/// What reached the recognisers in one second of a session, in the order in which it did.
struct SampleSecond {
    std::int64_t second = 0;      ///< of session time
    std::vector<KeptFrame> frames;
    /// In memory, about.
    [[nodiscard]] std::size_t bytes() const noexcept;
};

/// Frames of one source and second as a row's payload; every bit of a sample comes back.
[[nodiscard]] std::vector<std::uint8_t> pack(std::span<const KeptFrame* const> frames);
/// kCorrupt on bytes that pack() does not make.
[[nodiscard]] Result<std::vector<KeptFrame>> unpack(const std::string& source, std::span<const std::uint8_t> bytes);

/// Within the caller's transaction; seconds ascend, over all calls of a session.
[[nodiscard]] Result<void> append_samples(store::Connection& db, const Id& session, std::span<const SampleSecond> seconds,
                                          const store::Seal& seal);

/// Seconds in their order, verified from the beginning. Sources that were erased are not among them.
[[nodiscard]] Result<std::vector<SampleSecond>> read_samples(store::Connection& db, const Id& session, const store::Seal& seal = {});

/// What is kept of one source of a session.
struct KeptSamples {
    std::string source;
    std::int64_t seconds = 0;     ///< chunks
    std::int64_t bytes = 0;       ///< of their payloads, sealed
    std::optional<std::int64_t> erased_wall_ns;
};
/// By source.
[[nodiscard]] Result<std::vector<KeptSamples>> kept_samples(store::Connection& db, const Id& session);

/// Erases what is kept of a source for good. The number of chunks that there were.
[[nodiscard]] Result<std::int64_t> erase_samples(store::Connection& db, const Id& session, const std::string& source,
                                                 std::int64_t wall_ns);

}  // namespace attune::session
