// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/judge.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "compose/midi_reader.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/linear_solve.hpp"

namespace attune::compose {
namespace {

struct Moments {
    double n = 0, sum = 0, squares = 0;
    void add(double x) { ++n, sum += x, squares += x * x; }
    [[nodiscard]] double mean() const { return n > 0 ? sum / n : 0; }
    [[nodiscard]] double sd() const { return n > 1 ? std::sqrt(std::max(0.0, squares / n - mean() * mean())) : 0; }
};

std::vector<HeardNote> heard_notes(const MidiFile& file) {
    std::vector<HeardNote> out;
    for (const auto& track : file.tracks) {
        if (track.channel == 9) continue;
        for (const auto& n : track.notes) {
            const double start = file.seconds_at(n.start);
            out.push_back({start, file.seconds_at(n.start + n.length) - start, n.pitch, n.velocity});
        }
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.start_s != b.start_s ? a.start_s < b.start_s : a.pitch < b.pitch; });
    return out;
}

void add_key_features(std::span<const HeardNote> notes, JudgeFeatures& f, std::size_t& k) {
    static constexpr double kMajor[12] = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
    static constexpr double kMinor[12] = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17};
    std::array<double, 12> time{};
    double total = 0;
    for (const auto& n : notes) time[static_cast<std::size_t>(n.pitch % 12)] += std::min(n.length_s, 2.0) + .05, total += std::min(n.length_s, 2.0) + .05;
    double best[2] = {-2, -2};
    int tonic[2] = {0, 0};
    for (int m = 0; m < 2; ++m)
        for (int t = 0; t < 12; ++t) {
            double xy = 0, xx = 0, yy = 0;
            for (int i = 0; i < 12; ++i) {
                const double p = m == 0 ? kMajor[i] - 3.4825 : kMinor[i] - 3.7083, c = time[static_cast<std::size_t>((t + i) % 12)] / total - 1.0 / 12;
                xy += p * c, xx += p * p, yy += c * c;
            }
            const double r = xy / std::sqrt(xx * yy + 1e-12);
            if (r > best[m]) best[m] = r, tonic[m] = t;
        }
    f[k++] = best[0];
    f[k++] = best[1];
    f[k++] = best[0] - best[1];
    const int home = best[0] >= best[1] ? tonic[0] : tonic[1];
    for (int i = 0; i < 12; ++i) f[k++] = time[static_cast<std::size_t>((home + i) % 12)] / total;
    double entropy = 0;
    for (double t : time)
        if (t > 0) entropy -= t / total * std::log(t / total);
    f[k++] = entropy;
}

std::string game_of(const std::string& name) { return name.substr(0, name.find('_')); }

/// A line of CSV with quotes.
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (char c : line) {
        if (c == '"') quoted = !quoted;
        else if (c == ',' && !quoted) cells.emplace_back();
        else if (c != '\r') cells.back() += c;
    }
    return cells;
}

}  // namespace

std::vector<HeardNote> heard_notes(const Score& score) {
    std::vector<HeardNote> out;
    for (const Note& n : score.notes) {
        if (n.part == Part::kDrums) continue;
        const double start = score.seconds_at(n.start);
        out.push_back({start, score.seconds_at(n.start + n.length) - start, n.pitch, n.velocity});
    }
    return out;
}

std::optional<JudgeFeatures> judge_features(std::span<const HeardNote> notes) {
    if (notes.size() < 8) return std::nullopt;
    JudgeFeatures f{};
    std::size_t k = 0;
    Moments pitch, velocity, length, gap, top, low;
    double sounding = 0, end = 0, last = -1;
    std::size_t onsets = 0, wide = 0;
    int last_top = -1;
    for (const auto& n : notes) {
        pitch.add(n.pitch);
        velocity.add(n.velocity);
        length.add(std::log(std::max(n.length_s, .02)));
        sounding += n.length_s;
        end = std::max(end, n.start_s + n.length_s);
        if (n.pitch < 48) low.add(1); else low.add(0);
        if (n.start_s - last > .04) {
            if (last >= 0) gap.add(std::log(std::max(n.start_s - last, .02)));
            last = n.start_s;
            ++onsets;
            if (last_top >= 0) wide += std::abs(n.pitch - last_top) > 7;
            last_top = n.pitch;
            top.add(n.pitch);
        }
    }
    const double seconds = std::max(1.0, end - notes.front().start_s);
    f[k++] = std::log(static_cast<double>(notes.size()) / seconds);
    f[k++] = std::log(static_cast<double>(onsets) / seconds);
    f[k++] = std::log(sounding / seconds);
    f[k++] = pitch.mean();
    f[k++] = pitch.sd();
    f[k++] = velocity.mean();
    f[k++] = velocity.sd();
    f[k++] = length.mean();
    f[k++] = length.sd();
    f[k++] = gap.mean();
    f[k++] = gap.sd();
    f[k++] = top.mean();
    f[k++] = top.sd();
    f[k++] = low.mean();
    f[k++] = static_cast<double>(wide) / static_cast<double>(onsets);
    f[k++] = static_cast<double>(notes.size()) / static_cast<double>(onsets);
    add_key_features(notes, f, k);
    f[k++] = f[0] * f[5] / 64.0;
    f[k++] = f[18] * f[1];
    return f;
}

Result<std::vector<JudgedPiece>> read_judge_corpus(const std::filesystem::path& data) {
    std::vector<JudgedPiece> pieces;
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(data / "emopia" / "midis", error)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
        const std::string id = path.stem().string();
        if (id.size() < 5 || id[0] != 'Q' || id[1] < '1' || id[1] > '4') continue;
        const auto midi = read_midi(path);
        if (!midi) continue;
        const auto features = judge_features(heard_notes(*midi));
        if (!features) continue;
        const int q = id[1] - '0';
        pieces.push_back({"emopia", id.substr(3, id.rfind('_') - 3), *features, q == 1 || q == 4 ? .5 : -.5, q <= 2 ? .5 : -.5});
    }
    if (const auto table = core::read_file(data / "vgmidi" / "vgmidi_piece_va.csv")) {
        for (const auto line : core::split(*table, '\n')) {
            const auto cells = cells_of(line);
            if (cells.size() < 12) continue;
            const auto v = core::parse_double(cells[6]), a = core::parse_double(cells[9]);
            if (!v || !a) continue;
            const auto midi = read_midi(data / "vgmidi" / "midi" / cells[2]);
            if (!midi) continue;
            if (const auto features = judge_features(heard_notes(*midi))) pieces.push_back({"vgmidi", game_of(cells[2]), *features, *v, *a});
        }
    }
    if (pieces.empty()) return fail(ErrorCode::kNotFound, "neither emopia/midis nor vgmidi/vgmidi_piece_va.csv is there", data.string());
    return pieces;
}

Result<Judge> Judge::train(std::span<const JudgedPiece> pieces, double ridge) {
    if (pieces.size() < 50) return fail(ErrorCode::kBadArgument, std::to_string(pieces.size()) + " pieces; at least 50 are needed");
    Judge judge;
    for (std::size_t i = 0; i < kJudgeFeatures; ++i) {
        Moments m;
        for (const auto& p : pieces) m.add(p.features[i]);
        judge.mean_[i] = m.mean();
        judge.scale_[i] = std::max(m.sd(), 1e-6);
    }
    constexpr std::size_t n = kJudgeFeatures + 1;
    std::vector<double> xx(n * n, 0.0), xv(n, 0.0), xa(n, 0.0);
    for (const auto& p : pieces) {
        std::array<double, n> x{};
        for (std::size_t i = 0; i < kJudgeFeatures; ++i) x[i] = (p.features[i] - judge.mean_[i]) / judge.scale_[i];
        x[n - 1] = 1;
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) xx[i * n + j] += x[i] * x[j];
            xv[i] += x[i] * p.valence;
            xa[i] += x[i] * p.arousal;
        }
    }
    for (std::size_t i = 0; i < n; ++i) xx[i * n + i] += i + 1 < n ? ridge : 1e-9;
    const auto v = learn::solve_positive_definite(xx, xv), a = learn::solve_positive_definite(xx, xa);
    std::copy(v.begin(), v.end(), judge.valence_.begin());
    std::copy(a.begin(), a.end(), judge.arousal_.begin());
    return judge;
}

flow::Va Judge::rate(const JudgeFeatures& features) const {
    flow::Va out{valence_[kJudgeFeatures], arousal_[kJudgeFeatures]};
    for (std::size_t i = 0; i < kJudgeFeatures; ++i) {
        const double x = std::clamp((features[i] - mean_[i]) / scale_[i], -4.0, 4.0);
        out.valence += x * valence_[i];
        out.arousal += x * arousal_[i];
    }
    return out;
}

}  // namespace attune::compose
