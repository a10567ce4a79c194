// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/performer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/units.hpp"

namespace attune::compose {
namespace {

constexpr double kRate = 48000.0;
/// Per-step smoothing so that a change is 95 % done after 60 ms.
const double kSmooth = 1.0 - std::exp(-Performer::kStep / (.020 * kRate));
/// Shelf of the output stage: below and above this frequency the tilt works [Hz].
constexpr double kTilt_hz = 900.0;
const double kTiltPole = std::exp(-2.0 * std::numbers::pi * kTilt_hz / kRate);

/// Linear to .7, then bent so that 1 is never reached.
float soft_ceiling(double x) noexcept {
    constexpr double kKnee = .7, kTop = .891;  // -1 dBFS
    const double size = std::abs(x);
    if (size <= kKnee) return static_cast<float>(x);
    const double bent = kKnee + (kTop - kKnee) * std::tanh((size - kKnee) / (kTop - kKnee));
    return static_cast<float>(std::copysign(bent, x));
}

}  // namespace

float Performer::Biquad::run(float x, std::size_t c) noexcept {
    const double in = static_cast<double>(x);
    const double y = b0 * in + z1[c];
    z1[c] = b1 * in - a1 * y + z2[c];
    z2[c] = b2 * in - a2 * y;
    return static_cast<float>(y);
}

Performer::Performer(Synth synth, const std::array<PartSetup, kParts>& parts) : synth_(std::move(synth)), pending_(kPending) {
    synth_.prepare_parts(parts);
    begin(100.0, .5, 0.0);
    // Every structure that the synth makes lazily is made now.
    std::array<float, kStep> left{}, right{};
    synth_.render(left, right);
}

void Performer::begin(double bpm, double timbre, double db) noexcept {
    bpm_ = bpm;
    timbre_ = timbre_target_ = timbre;
    gain_ = gain_target_ = db_to_gain(db);
    synth_.set_timbre(timbre_);
}

bool Performer::add(const Note& note) noexcept {
    if (tail_ == kPending) {
        if (head_ == 0) return false;
        std::copy(pending_.begin() + static_cast<std::ptrdiff_t>(head_), pending_.begin() + static_cast<std::ptrdiff_t>(tail_), pending_.begin());
        tail_ -= head_;
        head_ = 0;
    }
    std::size_t at = tail_++;
    for (; at > head_ && pending_[at - 1].start > note.start; --at) pending_[at] = pending_[at - 1];
    pending_[at] = note;
    return true;
}

void Performer::cut(Ticks tick) noexcept {
    while (tail_ > head_ && pending_[tail_ - 1].start >= tick) --tail_;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tempo_count_; ++i)
        if (tempi_[i].tick < tick) tempi_[kept++] = tempi_[i];
    tempo_count_ = kept;
}

bool Performer::tempo_from(Ticks tick, double bpm) noexcept {
    if (tempo_count_ == tempi_.size()) return false;
    tempi_[tempo_count_++] = {tick, bpm};
    return true;
}

void Performer::set_tempo(double bpm) noexcept { bpm_ = bpm; }
void Performer::set_timbre(double timbre) noexcept { timbre_target_ = timbre; }
void Performer::set_intensity_db(double db) noexcept { gain_target_ = db_to_gain(db); }

void Performer::set_notch(double hz) noexcept {
    notch_on_ = hz > 0.0;
    if (!notch_on_) return;
    // Four cuts side by side reach a third of an octave on either side (peaking EQ after Bristow-Johnson): together
    // at least 12 dB over the whole of it, tested in the sound.
    for (std::size_t i = 0; i < notch_.size(); ++i) {
        const double f = std::min(hz * std::exp2((static_cast<double>(i) - 1.5) * .2), .45 * kRate);
        const double w = 2.0 * std::numbers::pi * f / kRate, amp = std::pow(10.0, -7.0 / 40.0);
        const double alpha = std::sin(w) / (2.0 * 2.2), a0 = 1.0 + alpha / amp;
        notch_[i] = {(1.0 + alpha * amp) / a0, -2.0 * std::cos(w) / a0, (1.0 - alpha * amp) / a0, -2.0 * std::cos(w) / a0,
                     (1.0 - alpha / amp) / a0, {}, {}};
    }
}

void Performer::start(const Note& note) noexcept {
    const int channel = channel_of(note.part);
    for (std::size_t i = 0; i < sounding_count_; ++i)
        if (sounding_[i].channel == channel && sounding_[i].pitch == note.pitch) {
            synth_.note_off(channel, note.pitch);
            sounding_[i] = sounding_[--sounding_count_];
            break;
        }
    if (sounding_count_ == kSounding) return;
    synth_.note_on(channel, note.pitch, note.velocity);
    sounding_[sounding_count_++] = {static_cast<double>(note.start + note.length), channel, note.pitch};
}

void Performer::start_due() noexcept {
    const double per_ms = bpm_ * static_cast<double>(kTicksPerBeat) / 60000.0;
    // A delayed note may wait behind one that is due, but never by more than 85 ms: look that far.
    const double horizon = position_;
    for (std::size_t i = head_; i < tail_ && static_cast<double>(pending_[i].start) <= horizon;) {
        const double due = static_cast<double>(pending_[i].start) + static_cast<double>(pending_[i].delay_ms) * per_ms;
        if (due > position_) {
            ++i;
            continue;
        }
        start(pending_[i]);
        for (std::size_t j = i; j > head_; --j) pending_[j] = pending_[j - 1];
        ++head_;
        if (i < head_) i = head_; else ++i;
    }
    if (head_ == tail_) head_ = tail_ = 0;
}

void Performer::stop_due() noexcept {
    for (std::size_t i = 0; i < sounding_count_;) {
        if (sounding_[i].off <= position_) {
            synth_.note_off(sounding_[i].channel, sounding_[i].pitch);
            sounding_[i] = sounding_[--sounding_count_];
        } else {
            ++i;
        }
    }
}

void Performer::all_off() noexcept {
    synth_.all_off();
    sounding_count_ = 0;
    head_ = tail_ = 0;
}

void Performer::output(std::span<float> left, std::span<float> right) noexcept {
    gain_ += kSmooth * (gain_target_ - gain_);
    // Timbre also tilts the whole: +-4 dB above 900 Hz.
    const double shelf = std::pow(10.0, (timbre_ - .5) * 8.0 / 20.0) - 1.0;
    for (std::size_t c = 0; c < 2; ++c) {
        auto samples = c == 0 ? left : right;
        for (float& x : samples) {
            double in = static_cast<double>(x);
            tilt_state_[c] = in + kTiltPole * (tilt_state_[c] - in);
            in += shelf * (in - tilt_state_[c]);
            if (notch_on_)
                for (auto& n : notch_) in = static_cast<double>(n.run(static_cast<float>(in), c));
            x = soft_ceiling(in * gain_);
        }
    }
}

void Performer::render(std::span<float> left, std::span<float> right) noexcept {
    std::size_t done = 0;
    while (done < left.size()) {
        const auto n = std::min<std::size_t>(kStep, left.size() - done);
        for (std::size_t i = 0; i < tempo_count_;) {
            if (static_cast<double>(tempi_[i].tick) > position_) {
                ++i;
                continue;
            }
            bpm_ = tempi_[i].bpm;
            for (std::size_t j = i + 1; j < tempo_count_; ++j) tempi_[j - 1] = tempi_[j];
            --tempo_count_;
        }
        stop_due();
        start_due();
        if (std::abs(timbre_target_ - timbre_) > 1e-4) {
            timbre_ += kSmooth * (timbre_target_ - timbre_);
            synth_.set_timbre(timbre_);
        }
        auto l = left.subspan(done, n), r = right.subspan(done, n);
        synth_.render(l, r);
        output(l, r);
        position_ += static_cast<double>(n) * bpm_ * static_cast<double>(kTicksPerBeat) / (60.0 * kRate);
        done += n;
    }
}

}  // namespace attune::compose
