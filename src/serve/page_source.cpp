// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/page_source.hpp"

#include <algorithm>
#include <utility>

namespace attune::serve {
namespace {

/// Network and decoding between the moment in the page and its arrival here [ns], one standard
/// deviation.
constexpr std::int64_t kArrivalSigmaNs = 50'000'000;
constexpr double kVoiceRateHz = 16'000.0;

/// Turns messages into frames and crops. The page's clock is mapped by the message that travelled
/// fastest so far: session time = page time + offset, and an offset that falls is the better one.
class PageSource final : public sense::Source {
public:
    PageSource(std::string sensor, flow::SourceKind kind, std::shared_ptr<PageMailbox> mailbox)
        : id_("page:" + sensor), kind_(kind), mailbox_(std::move(mailbox)) {}

    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return kind_; }
    flow::Provenance provenance() const override {
        return {flow::Origin::kLive, "browser", "page/1"};
    }
    std::vector<sense::ChannelInfo> channels() const override {
        switch (kind_) {
        case flow::SourceKind::kVoice: return {{flow::Channel::kAudio, kVoiceRateHz, "1", ""}};
        case flow::SourceKind::kFace: return {};
        default:
            return {{flow::Channel::kRr, 0.0, "ms", ""},
                    {flow::Channel::kHeartRate, 0.0, "bpm", ""}};
        }
    }
    bool live() const noexcept override { return true; }
    bool finished() const noexcept override { return finished_; }
    void close() noexcept override {
        finished_ = true;
        mailbox_->close();
    }
    bool reopen() noexcept override {
        finished_ = false;
        mailbox_->reopen();
        return true;
    }

    Result<void> pull(Time until, sense::Batch& out) override {
        std::uint64_t dropped = 0;
        for (SenseMessage& message : mailbox_->take(dropped)) {
            std::visit([&](auto& m) { add(m, until, out); }, message);
        }
        out.dropped += dropped;
        return {};
    }

private:
    Time when(double page_ms, Time now) {
        const std::int64_t offset = now.ns - static_cast<std::int64_t>(page_ms * 1e6);
        if (!mapped_ || offset < offset_ns_) offset_ns_ = offset;
        mapped_ = true;
        const Time t{static_cast<std::int64_t>(page_ms * 1e6) + offset_ns_};
        last_ = std::max(last_, std::min(t, now));
        return last_;
    }
    flow::SensorFrame frame(flow::Channel channel, Time t) {
        flow::SensorFrame f;
        f.source = id_;
        f.channel = channel;
        f.seq = seq_[static_cast<int>(channel) & 15]++;
        f.t = t;
        f.t_sigma_ns = kArrivalSigmaNs;
        f.provenance = provenance();
        return f;
    }
    void irregular(flow::Channel channel, float value, Time t, sense::Batch& out) {
        flow::SensorFrame f = frame(channel, t);
        f.samples = {value};
        f.times = {t};
        out.frames.push_back(std::move(f));
    }

    void add(CropMessage& m, Time now, sense::Batch& out) {
        m.crop.source = id_;
        m.crop.origin = provenance().origin;
        m.crop.t = when(m.t_ms, now);
        out.crops.push_back(std::move(m.crop));
    }
    void add(const NoFaceMessage& m, Time now, sense::Batch& out) {
        flow::Crop none;  // no picture: the recogniser abstains with its reason
        none.source = id_;
        none.origin = provenance().origin;
        none.t = when(m.t_ms, now);
        none.n_faces = m.n_faces;
        none.light = m.light;
        out.crops.push_back(std::move(none));
    }
    void add(AudioMessage& m, Time now, sense::Batch& out) {
        const double length_ms = static_cast<double>(m.samples.size()) / kVoiceRateHz * 1e3;
        flow::SensorFrame f = frame(flow::Channel::kAudio, when(m.t_ms - length_ms, now));
        f.rate_hz = kVoiceRateHz;
        f.samples = std::move(m.samples);
        out.frames.push_back(std::move(f));
    }
    void add(const RrMessage& m, Time now, sense::Batch& out) {
        // The last interval ends when the notification came; the ones before it end earlier.
        double after_ms = 0.0;
        std::vector<std::pair<double, float>> beats;
        for (auto rr = m.rr_ms.rbegin(); rr != m.rr_ms.rend(); ++rr) {
            beats.emplace_back(m.t_ms - after_ms, *rr);
            after_ms += static_cast<double>(*rr);
        }
        for (auto beat = beats.rbegin(); beat != beats.rend(); ++beat) {
            irregular(flow::Channel::kRr, beat->second, when(beat->first, now), out);
        }
        if (m.bpm > 0.0)
            irregular(flow::Channel::kHeartRate, static_cast<float>(m.bpm), when(m.t_ms, now), out);
    }
    void add(const VitalsMessage& m, Time now, sense::Batch& out) {
        irregular(flow::Channel::kHeartRate, static_cast<float>(m.bpm), now, out);
    }
    void add(const SensorSwitch&, Time, sense::Batch&) {}

    std::string id_;
    flow::SourceKind kind_;
    std::shared_ptr<PageMailbox> mailbox_;
    std::int64_t offset_ns_ = 0;
    bool mapped_ = false, finished_ = false;
    Time last_;
    std::uint64_t seq_[16] = {};
};

}  // namespace

void PageMailbox::put(SenseMessage message) {
    const std::lock_guard lock(mutex_);
    // What a person types is no sensor, and needs none to be on.
    if (closed_ || (!open_ && !std::holds_alternative<VitalsMessage>(message))) return;
    if (waiting_.size() >= kMost) {
        waiting_.erase(waiting_.begin());
        ++dropped_;
    }
    waiting_.push_back(std::move(message));
}

void PageMailbox::set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    if (!open) waiting_.clear();
}

bool PageMailbox::open() const {
    const std::lock_guard lock(mutex_);
    return open_ && !closed_;
}

std::vector<SenseMessage> PageMailbox::take(std::uint64_t& dropped) {
    const std::lock_guard lock(mutex_);
    dropped = std::exchange(dropped_, 0);
    return std::exchange(waiting_, {});
}

void PageMailbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
}

void PageMailbox::reopen() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
}

Result<flow::SourceKind> kind_of_page_sensor(const std::string& sensor) {
    if (sensor == "camera") return flow::SourceKind::kFace;
    if (sensor == "microphone") return flow::SourceKind::kVoice;
    if (sensor == "heart") return flow::SourceKind::kBody;
    return fail(ErrorCode::kBadArgument,
                "'page:" + sensor + "' is no sensor of a page; camera, microphone and heart are");
}

Result<std::unique_ptr<sense::Source>> make_page_source(const std::string& sensor,
                                                        std::shared_ptr<PageMailbox> mailbox) {
    ATTUNE_TRY(const flow::SourceKind kind, kind_of_page_sensor(sensor));
    return std::make_unique<PageSource>(sensor, kind, std::move(mailbox));
}

}  // namespace attune::serve
