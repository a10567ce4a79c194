// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Plays a recording back in blocks of one second, as if it were measured now; marked replayed.
///
/// Time     recording time `start_s` becomes session time 0; `speed` recorded seconds pass in one
/// Gaps     a segment's first frame carries gap_ns; nothing is filled in
#include "sense/recording.hpp"
#include "sense/source.hpp"

namespace attune::sense {

struct ReplayOptions {
    std::string id = "replay";
    double start_s = 0.0;
    double speed = 1.0;
};

class ReplaySource final : public Source {
public:
    ReplaySource(Recording recording, ReplayOptions options);

    [[nodiscard]] const std::string& id() const noexcept override { return options_.id; }
    [[nodiscard]] flow::SourceKind kind() const noexcept override;
    [[nodiscard]] flow::Provenance provenance() const override;
    [[nodiscard]] std::vector<ChannelInfo> channels() const override;
    [[nodiscard]] bool live() const noexcept override { return false; }
    [[nodiscard]] Result<void> pull(Time until, Batch& out) override;
    [[nodiscard]] bool finished() const noexcept override;
    void close() noexcept override;
    [[nodiscard]] const Recording& recording() const noexcept { return recording_; }

private:
    struct Cursor {
        std::size_t segment = 0, sample = 0;
        std::uint64_t seq = 0;
    };
    [[nodiscard]] Time session_time(Time recorded) const;
    void pull_channel(const RecordedChannel& channel, Cursor& at, Time until, Batch& out);
    /// Samples of the block that starts at the cursor: up to a second, within the segment.
    [[nodiscard]] std::size_t block_size(const RecordedChannel& channel, const Cursor& at) const;

    Recording recording_;
    ReplayOptions options_;
    std::vector<Cursor> cursors_;
    bool closed_ = false;
};

}  // namespace attune::sense
