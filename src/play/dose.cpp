// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/dose.hpp"

#include <algorithm>
#include <cmath>

namespace attune::play {
namespace {

constexpr double kReferencePascal = 20e-6;
constexpr std::int64_t kWeekMinutes = std::int64_t{7} * 24 * 60;

double pascal_squared_hours(double dba, double seconds) {
    return kReferencePascal * kReferencePascal * std::pow(10.0, dba / 10.0) * seconds / 3600.0;
}

}  // namespace

double OutputProfile::dba_of_mean_square(double a) const {
    return a > 1e-20 ? dba_at_full_scale + 10.0 * std::log10(2.0 * a) : -100.0;
}

double OutputProfile::dba_of_lufs(double lufs) const {
    return lufs > -70.0 ? dba_at_full_scale + lufs : -100.0;
}

double OutputProfile::ceiling_gain_db(double level_lufs, double ceiling_dba) const {
    return std::min(0.0, ceiling_dba - dba_of_lufs(level_lufs));
}

DoseLedger::DoseLedger(double weekly_limit_dba, double hours)
    : allowance_(pascal_squared_hours(weekly_limit_dba, hours * 3600.0)) {}

void DoseLedger::add(std::int64_t utc_s, double seconds, double dba) {
    if (!std::isfinite(dba) || !std::isfinite(seconds) || seconds <= 0.0) return;
    by_minute_[utc_s / 60] += pascal_squared_hours(std::min(dba, 140.0), seconds);
}

void DoseLedger::add(const DoseBucket& bucket) {
    if (std::isfinite(bucket.pa2h) && bucket.pa2h > 0.0) by_minute_[bucket.minute] += bucket.pa2h;
}

void DoseLedger::add(const DoseLedger& other) {
    for (const auto& [minute, e] : other.by_minute_) by_minute_[minute] += e;
}

double DoseLedger::share(std::int64_t utc_s) const {
    double sum = 0.0;
    const std::int64_t now = utc_s / 60;
    for (auto it = by_minute_.upper_bound(now - kWeekMinutes);
         it != by_minute_.end() && it->first <= now; ++it)
        sum += it->second;
    return sum / allowance_;
}

double DoseLedger::share_of(double seconds, double dba) const {
    if (!std::isfinite(dba) || !(seconds > 0.0)) return 0.0;
    return pascal_squared_hours(std::min(dba, 140.0), seconds) / allowance_;
}

double DoseLedger::left(std::int64_t utc_s) const { return std::max(0.0, 1.0 - share(utc_s)); }

double DoseLedger::seconds_left(std::int64_t utc_s, double dba) const {
    return left(utc_s) * allowance_ / pascal_squared_hours(dba, 1.0);
}

std::vector<DoseBucket> DoseLedger::buckets(std::int64_t utc_s) const {
    std::vector<DoseBucket> out;
    for (auto it = by_minute_.upper_bound(utc_s / 60 - kWeekMinutes); it != by_minute_.end(); ++it)
        out.push_back({it->first, it->second});
    return out;
}

}  // namespace attune::play
