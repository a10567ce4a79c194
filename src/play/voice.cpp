// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/voice.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace attune::play {
namespace {

constexpr int kBlendFrames = Stretcher::kBlend;
constexpr std::size_t kKept = 16384;  // frames of the stream that stay when room is made
static_assert(kKept > Stretcher::look_ahead() + Stretcher::look_back() + 4096);
// One-pole low-pass at 1 kHz; "soften" mixes it in: 6 dB an octave at most.
const float kSoftenPole = 1.0F - std::exp(-2.0F * 3.14159265F * 1000.0F / 48000.0F);

}  // namespace

Voice::Voice() : fifo_left_(kFifo), fifo_right_(kFifo) {}

Result<std::unique_ptr<Voice>> Voice::create() {
    std::unique_ptr<Voice> v(new Voice);
    ATTUNE_TRY(v->stretcher_, Stretcher::create());
    // Once through: what the stretcher allocates on first use is allocated now.
    std::array<float, kGrid> l{}, r{};
    for (const double ratio : {1.0, 0.85, 1.15}) {
        v->stretcher_->begin(*v, 0.0);
        for (int k = 0; k < 8; ++k) v->stretcher_->process(*v, ratio, l, r);
    }
    return v;
}

void Voice::open(std::uint32_t play, Reader* reader, flow::AudioSource* live) noexcept {
    play_ = play;
    reader_ = reader;
    next_ = nullptr;
    live_ = live;
    position_ = 0.0;
    base_ = 0;
    count_ = 0;
    ended_ = reader == nullptr && live == nullptr;
    broken_ = stretching_ = false;
    fresh_ = true;
    blend_ = 0;
    low_left_ = low_right_ = 0.0F;
}

void Voice::close() noexcept {
    if (reader_ != nullptr) reader_->close();
    if (next_ != nullptr) next_->close();
    reader_ = next_ = nullptr;
    live_ = nullptr;
    play_ = 0;
}

std::int64_t Voice::supply(double position) const noexcept {
    constexpr auto kPlenty = std::numeric_limits<std::int64_t>::max();
    const std::int64_t ready =
        base_ + static_cast<std::int64_t>(count_) - static_cast<std::int64_t>(position);
    if (ended_ || live_ != nullptr || reader_ == nullptr) return kPlenty;
    if (!reader_->opened()) return reader_->failed() ? 0 : ready;
    if (reader_->finished()) {
        if (next_ == nullptr) return kPlenty;
        if (next_->finished()) return kPlenty;
        if (!next_->opened())
            return ready +
                   static_cast<std::int64_t>(reader_->size()) * kEngineRate.hz / reader_->rate_hz();
        return ready + static_cast<std::int64_t>(reader_->size() + next_->size()) * kEngineRate.hz /
                           std::max(1, reader_->rate_hz());
    }
    return ready + static_cast<std::int64_t>(reader_->size()) * kEngineRate.hz / reader_->rate_hz();
}

// ---- the stream

void Voice::make_room(std::size_t frames) noexcept {
    if (count_ + frames <= kFifo) return;
    // Read from at most look_ahead() + a block before the end, and look_back() before that.
    const std::size_t drop = count_ - std::min(count_, kKept);
    std::memmove(fifo_left_.data(), fifo_left_.data() + drop, (count_ - drop) * sizeof(float));
    std::memmove(fifo_right_.data(), fifo_right_.data() + drop, (count_ - drop) * sizeof(float));
    base_ += static_cast<std::int64_t>(drop);
    count_ -= drop;
}

std::size_t Voice::fill_from_source(std::span<float> left, std::span<float> right) noexcept {
    const std::size_t most = std::min<std::size_t>(left.size(), kGrid);
    const std::size_t n = live_->process(left.first(most), right.first(most));
    if (n == 0 && live_->finished()) ended_ = true;
    return n;
}

/// The readers' frames through the one filter that runs on over joins of equal rates.
std::size_t Voice::fill_from_readers(std::span<float> left, std::span<float> right) noexcept {
    if (!reader_->opened()) {
        if (reader_->failed()) ended_ = true;
        return 0;
    }
    media::Resampler& filter = *reader_->resampler();
    const std::size_t made = filter.pull(left, right);
    if (made > 0) return made;
    const std::size_t room = std::min(block_.size(), filter.space());
    const std::size_t n = reader_->read(std::span(block_).first(room));
    if (n > 0) {
        for (std::size_t k = 0; k < n; k += kGrid) {
            const std::size_t m = std::min<std::size_t>(kGrid, n - k);
            for (std::size_t i = 0; i < m; ++i) {
                b_left_[i] = block_[k + i].left;
                b_right_[i] = block_[k + i].right;
            }
            filter.push(std::span(b_left_).first(m), std::span(b_right_).first(m));
        }
        return filter.pull(left, right);
    }
    if (!reader_->finished() || reader_->size() > 0) return 0;
    if (next_ == nullptr) {
        filter.flush();
        const std::size_t tail = filter.pull(left, right);
        if (tail == 0) ended_ = true;
        return tail;
    }
    if (!next_->opened()) {
        if (!next_->failed()) return 0;
        next_->close();
        next_ = nullptr;
        return 0;
    }
    if (next_->rate_hz() == reader_->rate_hz()) {
        std::swap(reader_->resampler(), next_->resampler());
    } else {
        filter.flush();
        const std::size_t tail = filter.pull(left, right);
        if (tail > 0) return tail;
    }
    reader_->close();
    reader_ = next_;
    next_ = nullptr;
    return fill_from_readers(left, right);
}

/// Brings the stream into the window up to `until`, as far as there is any.
void Voice::fill(std::int64_t until) noexcept {
    while (!ended_ && base_ + static_cast<std::int64_t>(count_) < until) {
        const std::size_t most = std::min<std::size_t>(512, kFifo);
        make_room(most);
        const auto left = std::span(fifo_left_).subspan(count_, most),
                   right = std::span(fifo_right_).subspan(count_, most);
        const std::size_t n = live_ != nullptr     ? fill_from_source(left, right)
                              : reader_ != nullptr ? fill_from_readers(left, right)
                                                   : 0;
        float sum = 0.0F;
        for (std::size_t k = 0; k < n; ++k) sum += left[k] * 0.0F + right[k] * 0.0F;
        if (!(sum == 0.0F)) {  // NaN or infinity: this source is not played any more
            std::fill_n(left.begin(), n, 0.0F);
            std::fill_n(right.begin(), n, 0.0F);
            broken_ = true;
        }
        count_ += n;
        if (n == 0) return;
    }
}

void Voice::copy(std::int64_t from, std::span<float> left, std::span<float> right) noexcept {
    if (play_ != 0) fill(from + static_cast<std::int64_t>(left.size()));
    const auto n = static_cast<std::int64_t>(left.size());
    const std::int64_t at = from - base_;
    const std::int64_t first = std::clamp<std::int64_t>(-at, 0, n),
                       last = std::clamp<std::int64_t>(static_cast<std::int64_t>(count_) - at,
                                                       first, n);
    const auto take = [&](const std::vector<float>& fifo, std::span<float> to) {
        std::fill(to.begin(), to.begin() + first, 0.0F);
        if (last > first)
            std::copy_n(fifo.begin() + (at + first), last - first, to.begin() + first);
        std::fill(to.begin() + last, to.end(), 0.0F);
    };
    take(fifo_left_, left);
    take(fifo_right_, right);
}

// ---- the output

void Voice::render(const VoiceSegment& s, std::span<float> left, std::span<float> right) noexcept {
    const bool unity = s.ratio == 1.0;
    const auto start_blend = [&](bool in) {
        blend_ = kBlendFrames;
        blend_in_ = in;
        dry_at_ = std::llround(s.position);
    };
    if (!unity && !stretching_) {
        stretcher_->begin(*this, s.position, fresh_ ? s.ratio : 1.0);
        stretching_ = true;
        if (!fresh_) start_blend(true);
    }
    fresh_ = false;
    if (!stretching_) return copy(std::llround(s.position), left, right);
    stretcher_->process(*this, s.ratio, left, right);
    if (unity && stretcher_->is_input() && blend_ == 0) start_blend(false);
    if (blend_ == 0) return;
    const auto dry_left = std::span(b_left_).first(left.size()),
               dry_right = std::span(b_right_).first(left.size());
    copy(dry_at_, dry_left,
         dry_right);  // at ratio 1, as the stretcher is: the ramp begins after it
    dry_at_ += static_cast<std::int64_t>(left.size());
    for (std::size_t k = 0; k < left.size(); ++k) {
        const float x = static_cast<float>(blend_) / kBlendFrames;  // 1 → 0
        const float wet = blend_in_ ? 1.0F - x : x;
        left[k] = dry_left[k] + wet * (left[k] - dry_left[k]);
        right[k] = dry_right[k] + wet * (right[k] - dry_right[k]);
        if (blend_ > 0) --blend_;
    }
    if (blend_ == 0 && !blend_in_) stretching_ = false;
}

void Voice::soften(const VoiceSegment& s, std::span<float> left, std::span<float> right) noexcept {
    if (s.soften_from == 0.0F && s.soften_to == 0.0F) {
        if (!left.empty()) {
            low_left_ = left.back();
            low_right_ = right.back();
        }
        return;
    }
    const float step = (s.soften_to - s.soften_from) / static_cast<float>(left.size());
    for (std::size_t k = 0; k < left.size(); ++k) {
        const float w = s.soften_from + step * static_cast<float>(k);
        low_left_ += kSoftenPole * (left[k] - low_left_);
        low_right_ += kSoftenPole * (right[k] - low_right_);
        left[k] += w * (low_left_ - left[k]);
        right[k] += w * (low_right_ - right[k]);
    }
}

void Voice::mix(const VoiceSegment& s, std::span<float> left, std::span<float> right) noexcept {
    position_ = s.position + s.ratio * static_cast<double>(left.size());
    if (s.ratio == 0.0) return;  // frozen: paused, or waiting for its reader
    const float step = (s.gain_to - s.gain_from) / static_cast<float>(left.size());
    for (std::size_t done = 0; done < left.size();) {
        const std::size_t n = std::min<std::size_t>(kGrid, left.size() - done);
        VoiceSegment part = s;
        part.position += s.ratio * static_cast<double>(done);
        const auto l = std::span(a_left_).first(n), r = std::span(a_right_).first(n);
        render(part, l, r);
        const auto share = [&](std::size_t at) {
            return static_cast<float>(at) / static_cast<float>(left.size());
        };
        part.soften_from = s.soften_from + (s.soften_to - s.soften_from) * share(done);
        part.soften_to = s.soften_from + (s.soften_to - s.soften_from) * share(done + n);
        soften(part, l, r);
        for (std::size_t k = 0; k < n; ++k) {
            const float g = s.gain_from + step * static_cast<float>(done + k);
            left[done + k] += l[k] * g;
            right[done + k] += r[k] * g;
        }
        done += n;
    }
}

}  // namespace attune::play
