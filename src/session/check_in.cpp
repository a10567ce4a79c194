// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/check_in.hpp"

#include "affect/voice_recogniser.hpp"
#include "sense/open_source.hpp"

namespace attune::session {
namespace {

constexpr double kOpenS = 12.0;       // the device stays open a little longer than it has to be heard
constexpr double kPatienceS = 16.0;   // a device that has not sent ten seconds by then is broken
constexpr std::int64_t kStepMs = 100;

/// A source whose time begins later: frames of its second 0 are stamped `from`.
class LaterSource final : public sense::Source {
public:
    LaterSource(std::unique_ptr<core::Clock> clock, std::unique_ptr<sense::Source> inner, Time from)
        : clock_(std::move(clock)), inner_(std::move(inner)), shift_{from.ns} {}
    const std::string& id() const noexcept override { return inner_->id(); }
    flow::SourceKind kind() const noexcept override { return inner_->kind(); }
    flow::Provenance provenance() const override { return inner_->provenance(); }
    std::vector<sense::ChannelInfo> channels() const override { return inner_->channels(); }
    bool live() const noexcept override { return inner_->live(); }
    bool finished() const noexcept override { return inner_->finished(); }
    void close() noexcept override { inner_->close(); }
    Result<void> pull(Time until, sense::Batch& out) override {
        const std::size_t before = out.frames.size();
        auto pulled = inner_->pull(Time{until.ns - shift_.ns}, out);
        for (std::size_t i = before; i < out.frames.size(); ++i) {
            out.frames[i].t = out.frames[i].t + shift_;
            for (Time& t : out.frames[i].times) t = t + shift_;
        }
        return pulled;
    }

private:
    std::unique_ptr<core::Clock> clock_;   // before the source that stamps by it
    std::unique_ptr<sense::Source> inner_;
    Duration shift_;
};

Result<std::unique_ptr<sense::Source>> open_from(const sense::Spec& spec, Time from) {
    auto clock = std::make_unique<core::SteadyClock>();
    ATTUNE_TRY(auto source, sense::open_source(spec, clock.get()));
    return std::make_unique<LaterSource>(std::move(clock), std::move(source), from);
}

}  // namespace

Result<CheckIn> make_check_in(const std::string& text, std::unique_ptr<affect::Recogniser> recogniser) {
    ATTUNE_TRY(sense::Spec spec, sense::parse_spec(text));
    const bool microphone = spec.kind == sense::SpecKind::kVoiceMic;
    if (!microphone && spec.kind != sense::SpecKind::kVoiceWav) {
        return fail(ErrorCode::kBadArgument, "a check-in is spoken: voice:mic or voice:wav:FILE, not " + std::string(sense::to_string(spec.kind)), text);
    }
    spec.params["id"] = kCheckInId;
    if (microphone) spec.params["seconds"] = std::to_string(kOpenS);
    return CheckIn{[spec](Time from) { return open_from(spec, from); }, std::move(recogniser), !microphone};
}

Result<flow::Evidence> listen(CheckIn& check_in, const core::CancelToken& cancel) {
    ATTUNE_TRY(const auto source, check_in.open({}));
    core::SteadyClock clock;
    double heard_s = 0.0;
    for (Time t{}; heard_s < affect::kCheckInS; t = t + milliseconds(kStepMs)) {
        if (cancel.cancelled()) return fail(ErrorCode::kCancelled, "the check-in was stopped");
        if (source->live()) clock.sleep_until(t);
        sense::Batch batch;
        ATTUNE_CHECK(source->pull(t, batch));
        for (const auto& frame : batch.frames) {
            check_in.recogniser->push(frame);
            heard_s = frame.gap_ns > 0 ? 0.0 : heard_s + static_cast<double>(frame.samples.size()) / frame.rate_hz;
        }
        if (heard_s < affect::kCheckInS && (source->finished() || t.seconds() > kPatienceS)) {
            return fail(ErrorCode::kUnavailable, "only " + std::to_string(static_cast<int>(heard_s)) + " s of sound came; a check-in needs 10");
        }
    }
    source->close();
    auto evidence = check_in.recogniser->poll(Time{} + from_seconds(affect::kCheckInS));
    if (!evidence) return fail(ErrorCode::kInternal, "the recogniser says nothing of ten seconds", kCheckInId);
    evidence->t = {};
    return *std::move(evidence);
}

}  // namespace attune::session
