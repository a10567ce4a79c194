// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The hearing dose of one person: how much of the weekly sound allowance is used.
///
/// In       stretches of time with their A-weighted level at the ear [dBA], from any number of
/// rooms Out      share of the allowance over the last 7 days; 1 = used up State    one bucket a
/// minute of UTC; plain data that store keeps. Not a clock: every call is told the time Method
/// ITU-T H.870 (03/2022): 80 dBA for 40 h a week (mode 1), 75 dBA (mode 2, children and sensitive
///          listeners), equal energy (3 dB exchange); EN 50332-3 calculated sound dose over a
///          rolling 7 days
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace attune::play {

/// What a pair of ears gets for a full-scale 1 kHz sine in both channels.
struct OutputProfile {
    /// Conservative where nothing is known: music at -18 LUFS is then taken for about 82 dBA.
    double dba_at_full_scale = 100.0;
    bool calibrated = false;
    /// Level of A-weighted mean square `a` (1/2 = full-scale sine in both channels).
    [[nodiscard]] double dba_of_mean_square(double a) const;
    /// A-weighted level of music of that loudness, taken as for a 1 kHz tone: music has no more.
    [[nodiscard]] double dba_of_lufs(double lufs) const;
    /// Highest gain over the session's level that keeps `ceiling_dba`; only meaningful if
    /// calibrated.
    [[nodiscard]] double ceiling_gain_db(double level_lufs, double ceiling_dba) const;
};

struct DoseBucket {
    std::int64_t minute = 0;  ///< UTC minutes since 1970
    double pa2h = 0.0;        ///< sound exposure [Pa² h]
    bool operator==(const DoseBucket&) const = default;
};

class DoseLedger {
public:
    /// weekly_limit_dba: 80, or 75; hours: 40.
    explicit DoseLedger(double weekly_limit_dba, double hours = 40.0);
    DoseLedger() : DoseLedger(80.0) {}
    /// `seconds` at `dba` that ended at `utc_s`. Nothing happens for a level that is no number.
    void add(std::int64_t utc_s, double seconds, double dba);
    void add(const DoseBucket& bucket);
    void add(const DoseLedger& other);
    /// Used share of the allowance in the 7 days before `utc_s`.
    [[nodiscard]] double share(std::int64_t utc_s) const;
    [[nodiscard]] double left(std::int64_t utc_s) const;  ///< 1 - share, >= 0
    /// Seconds that can still be heard at `dba` before the allowance is used up.
    [[nodiscard]] double seconds_left(std::int64_t utc_s, double dba) const;
    /// What is younger than 7 days, oldest first.
    [[nodiscard]] std::vector<DoseBucket> buckets(std::int64_t utc_s) const;
    /// The share that `seconds` at `dba` use up.
    [[nodiscard]] double share_of(double seconds, double dba) const;
    [[nodiscard]] double allowance_pa2h() const { return allowance_; }

private:
    double allowance_;
    std::map<std::int64_t, double> by_minute_;
};

/// A second of listening, for the store: session commits these every few seconds.
struct Exposure {
    std::int64_t engine_frame = 0;  ///< end of the second
    double seconds = 1.0;
    double dba = 0.0;
    bool calibrated = false;
};

}  // namespace attune::play
