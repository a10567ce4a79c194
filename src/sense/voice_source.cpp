// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/voice_source.hpp"

#include "media/pcm_reader.hpp"

namespace attune::sense {
namespace {

constexpr int kRate = 16000;
constexpr std::size_t kBlock = 1600;

class VoiceFileSource : public Source {
public:
    VoiceFileSource(media::PcmReader reader, std::string id) : reader_(std::move(reader)), id_(std::move(id)) {}

    const std::string& id() const noexcept override { return id_; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kVoice; }
    flow::Provenance provenance() const override {
        flow::Provenance p;
        p.origin = flow::Origin::kReplayed;
        p.device = "audio file";
        return p;
    }
    std::vector<ChannelInfo> channels() const override { return {{flow::Channel::kAudio, kRate, "1", ""}}; }
    bool live() const noexcept override { return false; }
    bool finished() const noexcept override { return finished_; }
    void close() noexcept override { finished_ = true; }

    Result<void> pull(Time until, Batch& out) override {
        while (!finished_ && time_of(frames_) < until) {
            flow::SensorFrame frame;
            frame.samples.resize(kBlock);
            auto n = reader_.read(frame.samples);
            if (!n) {
                finished_ = true;
                return tl::unexpected<Error>(std::move(n).error());
            }
            if (*n == 0) {
                finished_ = true;
                break;
            }
            frame.samples.resize(*n);
            frame.source = id_;
            frame.channel = flow::Channel::kAudio;
            frame.seq = seq_++;
            frame.t = time_of(frames_);
            frame.rate_hz = kRate;
            frame.provenance = provenance();
            frames_ += static_cast<std::int64_t>(*n);
            out.frames.push_back(std::move(frame));
        }
        return {};
    }

private:
    static Time time_of(std::int64_t frames) { return Time{frames * (1'000'000'000 / kRate)}; }

    media::PcmReader reader_;
    std::string id_;
    std::int64_t frames_ = 0;
    std::uint64_t seq_ = 0;
    bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<Source>> open_voice_file(const std::string& file, const std::string& id) {
    ATTUNE_TRY(auto reader, media::PcmReader::open(file, kRate, 1));
    return std::make_unique<VoiceFileSource>(std::move(reader), id);
}

}  // namespace attune::sense
