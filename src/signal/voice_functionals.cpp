// SPDX-License-Identifier: GPL-3.0-or-later
#include "signal/voice_functionals.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/assert.hpp"

namespace attune::signal {
namespace {

constexpr std::size_t kCepstra = 20;

using Column = std::vector<float>;

double mean(const Column& x) {
    double sum = 0.0;
    for (const float v : x) sum += static_cast<double>(v);
    return x.empty() ? 0.0 : sum / static_cast<double>(x.size());
}
double deviation(const Column& x) {
    const double m = mean(x);
    double sum = 0.0;
    for (const float v : x) sum += (static_cast<double>(v) - m) * (static_cast<double>(v) - m);
    return x.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(x.size()));
}
/// Linear between order statistics; 0 of nothing.
double percentile(Column x, double p) {
    if (x.empty()) return 0.0;
    std::ranges::sort(x);
    const double at = p * static_cast<double>(x.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    const std::size_t high = std::min(low + 1, x.size() - 1);
    const double f = at - static_cast<double>(low);
    return static_cast<double>(x[low]) * (1.0 - f) + static_cast<double>(x[high]) * f;
}
Column change(const Column& x, std::size_t step) {
    Column d;
    for (std::size_t k = step; k < x.size(); ++k) d.push_back(x[k] - x[k - step]);
    return d;
}
Column sizes(Column x) {
    for (float& v : x) v = std::abs(v);
    return x;
}
Column part(const Column& x, std::size_t from, std::size_t to) {
    const std::size_t a = std::min(from, x.size());
    const std::size_t b = std::clamp(to, a, x.size());
    return {x.begin() + static_cast<std::ptrdiff_t>(a), x.begin() + static_cast<std::ptrdiff_t>(b)};
}
Column chosen(const Column& x, const std::vector<bool>& which) {
    Column out;
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (which[k]) out.push_back(x[k]);
    }
    return out;
}

class Sheet {
public:
    void put(double v) { out_[at_++] = static_cast<float>(std::isfinite(v) ? v : 0.0); }
    void percentiles(const Column& x) {
        for (const double p : {.05, .25, .5, .75, .95}) put(percentile(x, p));
    }
    [[nodiscard]] const VoiceFunctionals& done() const {
        ATTUNE_ASSERT(at_ == kVoiceFunctionals);
        return out_;
    }

private:
    VoiceFunctionals out_{};
    std::size_t at_ = 0;
};

Column column(const std::vector<float>& rows, std::size_t width, std::size_t which) {
    Column c;
    for (std::size_t i = which; i < rows.size(); i += width) c.push_back(rows[i]);
    return c;
}

void put_spectrum(Sheet& sheet, const VoiceView& view, const std::vector<bool>& loud) {
    const Dct dct(kVoiceBands, kCepstra);
    std::vector<float> cepstra(view.frames * kCepstra);
    for (std::size_t k = 0; k < view.frames; ++k) {
        dct.apply(std::span(view.mel).subspan(k * kVoiceBands, kVoiceBands), std::span(cepstra).subspan(k * kCepstra, kCepstra));
    }
    for (std::size_t i = 0; i < kCepstra; ++i) {
        const Column c = column(cepstra, kCepstra, i);
        const Column d = change(c, 4);
        for (const double v : {mean(c), deviation(c), percentile(c, .1), percentile(c, .9), deviation(d), mean(sizes(d)),
                               mean(chosen(c, loud))}) {
            sheet.put(v);
        }
    }
    for (std::size_t b = 0; b < kVoiceBands; ++b) {
        const Column c = column(view.mel, kVoiceBands, b);
        for (const double v : {mean(chosen(c, loud)), deviation(c), percentile(c, .9)}) sheet.put(v);
    }
}

void put_pitch(Sheet& sheet, const Column& track) {
    Column p;
    for (const float v : track) {
        if (!std::isnan(v)) p.push_back(v);
    }
    if (p.size() < 5) p.assign(5, 0.0F);
    sheet.percentiles(p);
    const std::size_t third = p.size() / 3;
    double lean = 0.0;
    for (std::size_t k = 0; k < p.size(); ++k) {
        lean += static_cast<double>(p[k]) * (static_cast<double>(k) / static_cast<double>(p.size()) - 0.5);
    }
    const auto [low, high] = std::ranges::minmax(p);
    for (const double v : {mean(p), deviation(p), static_cast<double>(high - low), mean(sizes(change(p, 1))),
                           lean / static_cast<double>(p.size()),
                           mean(part(p, 0, std::max<std::size_t>(1, third))) - mean(part(p, p.size() - std::max<std::size_t>(1, third), p.size())),
                           mean(part(p, third, 2 * third + 1)) - mean(p)}) {
        sheet.put(v);
    }
}

}  // namespace

VoiceFunctionals voice_functionals(const VoiceView& view) {
    Sheet sheet;
    if (view.frames == 0) return {};
    const Column loudness = column(view.tracks, kVoiceTracks, 3);
    const double middle = percentile(loudness, .4);
    std::vector<bool> loud(view.frames);
    for (std::size_t k = 0; k < view.frames; ++k) loud[k] = static_cast<double>(loudness[k]) >= middle;
    put_spectrum(sheet, view, loud);
    put_pitch(sheet, column(view.tracks, kVoiceTracks, 0));
    sheet.percentiles(loudness);
    for (const double v : {mean(loudness), deviation(loudness), mean(sizes(change(loudness, 1))),
                           mean(part(loudness, 0, view.frames / 2)) - mean(part(loudness, view.frames / 2, view.frames)),
                           view.seconds()}) {
        sheet.put(v);
    }
    const Column strength = column(view.tracks, kVoiceTracks, 1);
    const Column hnr = column(view.tracks, kVoiceTracks, 2);
    for (const double v : {mean(strength), mean(hnr), deviation(strength), deviation(hnr), percentile(hnr, .5), percentile(hnr, .9)}) {
        sheet.put(v);
    }
    for (const float s : view.stats) sheet.put(static_cast<double>(s));
    return sheet.done();
}

void VoiceUsual::add(const VoiceFunctionals& x) {
    n_ += 1.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sum_[i] += static_cast<double>(x[i]);
        square_[i] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    }
}

void VoiceUsual::remove(const VoiceFunctionals& x) {
    n_ -= 1.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sum_[i] -= static_cast<double>(x[i]);
        square_[i] -= static_cast<double>(x[i]) * static_cast<double>(x[i]);
    }
}

double VoiceUsual::mean(std::size_t i) const noexcept { return n_ > 0.5 ? sum_[i] / n_ : 0.0; }
double VoiceUsual::variance(std::size_t i) const noexcept {
    return n_ > 0.5 ? std::max(0.0, square_[i] / n_ - mean(i) * mean(i)) : 0.0;
}

}  // namespace attune::signal
