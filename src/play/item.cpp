// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/item.hpp"

#include <algorithm>
#include <cmath>

namespace attune::play {
namespace {
constexpr double kHighestPeak_dbtp = -1.0;
constexpr double kMaxGain_db = 15.0;
}  // namespace

std::unique_ptr<Item> make_item(const flow::PlanItem& plan, const flow::TrackProfile* profile) {
    auto item = std::make_unique<Item>();
    item->plan = plan;
    if (profile == nullptr) return item;
    item->source_rate_hz = profile->source_rate_hz > 0 ? profile->source_rate_hz : kEngineRate.hz;
    item->source_frames = profile->frames;
    item->loudness_1hz = profile->loudness_1hz;
    item->beats_s = profile->beats_s;
    item->loudness_lufs = profile->played_lufs();
    item->true_peak_dbtp = profile->played_peak_dbtp();
    if (profile->tempo_bpm) item->tempo_bpm = profile->tempo_bpm->value;
    return item;
}

double normalisation_gain_db(std::optional<double> loudness_lufs,
                             std::optional<double> true_peak_dbtp, double level_lufs) {
    if (!loudness_lufs || !std::isfinite(*loudness_lufs) || *loudness_lufs <= -70.0) return 0.0;
    const double wanted = std::min(level_lufs - *loudness_lufs, kMaxGain_db);
    if (wanted <= 0.0) return wanted;
    if (!true_peak_dbtp || !std::isfinite(*true_peak_dbtp)) return 0.0;
    return std::clamp(wanted, 0.0, std::max(0.0, kHighestPeak_dbtp - *true_peak_dbtp));
}

double album_gain_db(const std::vector<const flow::TrackProfile*>& album, double level_lufs) {
    double energy = 0.0, seconds = 0.0;
    std::optional<double> peak;
    bool all_peaks = true;
    for (const flow::TrackProfile* p : album) {
        if (p == nullptr || !p->loudness_lufs) continue;
        energy += std::pow(10.0, *p->played_lufs() / 10.0) * p->duration_s;
        seconds += p->duration_s;
        if (p->true_peak_dbtp)
            peak = std::max(peak.value_or(-200.0), *p->played_peak_dbtp());
        else
            all_peaks = false;
    }
    if (seconds <= 0.0 || energy <= 0.0) return 0.0;
    return normalisation_gain_db(10.0 * std::log10(energy / seconds),
                                 all_peaks ? peak : std::nullopt, level_lufs);
}

double bounded_gain_db(const Item& item) {
    const double gain = item.plan.gain_db;
    if (gain <= 0.0 || !item.is_track()) return std::isfinite(gain) ? gain : 0.0;
    if (!item.true_peak_dbtp) return 0.0;
    return std::clamp(gain, 0.0, std::max(0.0, kHighestPeak_dbtp - *item.true_peak_dbtp));
}

}  // namespace attune::play
