// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/voice_leading.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace attune::compose {
namespace {

struct Search {
    const Chord& chord;
    const Voicing& previous;
    const VoicingRules& rules;
    Voicing current{}, best{}, best_parallel{};
    double best_cost = 1e18, best_parallel_cost = 1e18;

    [[nodiscard]] double cost() const {
        double mean = 0.0, motion = 0.0;
        for (int p : current) mean += p;
        mean /= static_cast<double>(current.size());
        const bool linked = previous.size() == current.size();
        if (linked)
            for (std::size_t i = 0; i < current.size(); ++i) {
                const int step = std::abs(current[i] - previous[i]);
                motion += step + (step > 5 && (i > 0 || !rules.with_bass) ? 2.0 * (step - 5) : 0.0);
            }
        double missing = 0.0, doubled_third = 0.0;
        for (int c : pitch_classes(chord)) {
            const auto n = std::count_if(current.begin(), current.end(), [&](int p) { return mod12(p) == c; });
            if (n == 0) missing += c == mod12(chord.root + 7) ? 3.0 : 12.0;
            if (n > 1 && contains({chord.root, ChordKind::kMajor, -1}, c) && c == mod12(chord.root + 4)) doubled_third += 2.0;
        }
        double tired = 0.0;
        for (int p : current)
            if (std::find(rules.tired.begin(), rules.tired.end(), p) != rules.tired.end()) tired += 9.0;
        return motion + tired + 1.6 * std::abs(mean - rules.centre) * (linked ? 1.0 : 2.0) + missing + doubled_third;
    }

    void finish() {
        const double c = cost();
        const bool parallel = rules.strict && previous.size() == current.size() && has_parallels(previous, current);
        if (parallel && c < best_parallel_cost) best_parallel = current, best_parallel_cost = c;
        if (!parallel && c < best_cost) best = current, best_cost = c;
    }

    void extend() {
        const auto voice = current.size();
        if (voice == static_cast<std::size_t>(rules.voices)) return finish();
        const bool bass = voice == 0 && rules.with_bass;
        const double reach = rules.voices * 4.5 + 8.0;
        int low = voice == 0 ? rules.lowest : current.back() + 1;
        int high = voice == 0 ? rules.highest : current.back() + (voice == 1 && rules.with_bass ? 19 : rules.gap);
        low = std::max(low, static_cast<int>(rules.centre - reach));
        high = std::min({high, rules.highest, static_cast<int>(rules.centre + reach)});
        if (voice == 0) high = std::min(high, static_cast<int>(rules.centre));
        for (int p = low; p <= high; ++p) {
            if (bass ? mod12(p) != chord.bass_class() : !contains(chord, p)) continue;
            if (previous.size() == static_cast<std::size_t>(rules.voices)) {
                if (voice > 0 && p < previous[voice - 1]) continue;                     // overlap
                if (voice + 1 < previous.size() && p > previous[voice + 1]) continue;   // overlap
                if (std::abs(p - previous[voice]) > 12) continue;
            }
            current.push_back(p);
            extend();
            current.pop_back();
        }
    }
};

bool perfect(int interval) { return interval % 12 == 7 || interval % 12 == 0; }

}  // namespace

bool has_parallels(const Voicing& from, const Voicing& to) noexcept {
    if (from.size() != to.size()) return false;
    for (std::size_t i = 0; i < from.size(); ++i)
        for (std::size_t j = i + 1; j < from.size(); ++j) {
            const int before = from[j] - from[i], after = to[j] - to[i];
            const int move_i = to[i] - from[i], move_j = to[j] - from[j];
            if (move_i * move_j > 0 && perfect(before) && before % 12 == after % 12) return true;
        }
    return false;
}

Voicing voice_chord(const Chord& chord, const Voicing& previous, const VoicingRules& rules) {
    Search search{chord, previous, rules};
    search.extend();
    if (!search.best.empty()) return search.best;
    if (!previous.empty() && search.best_parallel.empty()) return voice_chord(chord, {}, rules);
    if (!search.best_parallel.empty()) return search.best_parallel;
    // Nothing fits into the range: the chord's tones upwards from the centre.
    Voicing plain;
    int pitch = static_cast<int>(rules.centre) - 6;
    while (plain.size() < static_cast<std::size_t>(rules.voices)) {
        while (!contains(chord, pitch)) ++pitch;
        plain.push_back(pitch++);
    }
    return plain;
}

}  // namespace attune::compose
