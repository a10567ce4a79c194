// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_beats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/usage.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/model_card.hpp"
#include "learn/wfdb.hpp"
#include "signal/ecg_peaks.hpp"

namespace attune::affect {
namespace {

namespace fs = std::filesystem;
constexpr const char* kSet = "mitdb";

struct RecordScore {
    std::string name, group;
    BeatScore wide, narrow;  ///< ±150 ms, ±50 ms
    std::size_t samples = 0;
    double cpu_s = 0.0;
};

struct Stretch {
    std::int64_t from, to;
};

std::vector<Stretch> flutter(const learn::WfdbRecord& record) {
    std::vector<Stretch> out;
    std::int64_t start = -1;
    for (const auto& a : record.annotations) {
        if (a.code == learn::kWfdbFlutterStart) start = a.sample;
        if (a.code == learn::kWfdbFlutterEnd && start >= 0) {
            out.push_back({start, a.sample});
            start = -1;
        }
    }
    if (start >= 0) out.push_back({start, std::numeric_limits<std::int64_t>::max()});
    return out;
}

bool inside(const std::vector<Stretch>& stretches, std::int64_t t) {
    return std::any_of(stretches.begin(), stretches.end(), [t](const Stretch& s) { return t >= s.from && t <= s.to; });
}

Result<RecordScore> score_record(const fs::path& header_file) {
    ATTUNE_TRY(const learn::WfdbRecord record, learn::read_wfdb_record(header_file));
    const double rate = record.header.rate_hz;
    ATTUNE_TRY(auto detector, signal::EcgPeakDetector::create({rate}));
    RecordScore score;
    score.name = header_file.stem().string();
    score.group = score.name == "202" ? "201" : score.name;  // one person
    score.samples = record.mv.size();
    std::vector<signal::EcgBeat> beats;
    beats.reserve(record.mv.size() / 60);
    const auto block = static_cast<std::size_t>(std::max(1.0, rate / 4.0));
    const double start = core::cpu_seconds();
    for (std::size_t i = 0; i < record.mv.size(); i += block)
        detector.push(std::span(record.mv).subspan(i, std::min(block, record.mv.size() - i)), beats);
    detector.finish(beats);
    score.cpu_s = core::cpu_seconds() - start;

    const auto left_out = flutter(record);
    std::vector<std::int64_t> reference, detected;
    for (const auto& a : record.annotations)
        if (learn::is_beat(a.code) && !inside(left_out, a.sample)) reference.push_back(a.sample);
    for (const auto& beat : beats)
        if (!inside(left_out, beat.frame)) detected.push_back(beat.frame);
    score.wide = match_beats(reference, detected, std::llround(0.150 * rate));
    score.narrow = match_beats(reference, detected, std::llround(0.050 * rate));
    return score;
}

learn::Metric pooled(const std::vector<RecordScore>& records, const char* name, BeatScore RecordScore::*which) {
    std::vector<std::string> groups;
    for (const auto& r : records) groups.push_back(r.group);
    const auto figure = [&](std::span<const std::size_t> drawn) {
        BeatScore sum;
        for (std::size_t i : drawn) {
            const BeatScore& one = records[i].*which;
            sum.matched += one.matched;
            sum.reference += one.reference;
            sum.detected += one.detected;
        }
        return sum.f1();
    };
    std::vector<std::size_t> all(records.size());
    double beats = 0.0;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i, beats += (records[i].*which).reference;
    return {name, kSet, figure(all), learn::group_bootstrap(groups, figure), static_cast<std::size_t>(beats), ""};
}

}  // namespace

double BeatScore::f1() const {
    return reference + detected > 0.0 ? 2.0 * matched / (reference + detected) : std::numeric_limits<double>::quiet_NaN();
}

BeatScore match_beats(std::span<const std::int64_t> reference, std::span<const std::int64_t> detected,
                      std::int64_t tolerance) {
    BeatScore score{0.0, static_cast<double>(reference.size()), static_cast<double>(detected.size())};
    std::size_t i = 0, j = 0;
    while (i < reference.size() && j < detected.size()) {
        const std::int64_t error = detected[j] - reference[i];
        if (std::abs(error) > tolerance) {
            error < 0 ? ++j : ++i;
        } else if (j + 1 < detected.size() && std::abs(detected[j + 1] - reference[i]) < std::abs(error)) {
            ++j;  // the next one is nearer
        } else {
            score.matched += 1.0;
            ++i;
            ++j;
        }
    }
    return score;
}

Result<learn::Evaluation> evaluate_beats(const learn::EvaluateRequest& request) {
    const auto folder = learn::find_set(request.data, kSet).value_or(request.data);
    std::vector<fs::path> headers, files;
    ATTUNE_TRY(const auto listed, learn::files_under(folder));
    for (const auto& file : listed)
        if (file.extension() == ".hea") headers.push_back(file);
    if (headers.empty())
        return fail(ErrorCode::kNotFound, "no WFDB record (.hea) in a folder mitdb", request.data.string());

    learn::Evaluation e;
    e.model = "beats";
    const auto model = learn::find_model(request.data_dir, "beats");
    e.version = model ? model->card.version : "1";
    e.data = {kSet};
    e.protocol = "streaming and causal, first signal, whole records, flutter between [ and ] left out, all beats pooled";
    std::vector<RecordScore> records;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (request.cancelled()) return fail(ErrorCode::kCancelled, "stopped after " + std::to_string(i) + " records");
        if (request.progress) request.progress("beats", i, headers.size());
        auto score = score_record(headers[i]);
        if (!score) {
            e.warnings.push_back(headers[i].filename().string() + ": " + score.error().describe());
            continue;
        }
        for (const char* extension : {".hea", ".dat", ".atr"}) {
            auto file = headers[i];
            files.push_back(file.replace_extension(extension));
        }
        records.push_back(*std::move(score));
    }
    if (request.progress) request.progress("beats", headers.size(), headers.size());
    if (records.empty()) return fail(ErrorCode::kCorrupt, "no record could be read", folder.string());
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(folder, files));

    e.metrics.push_back(pooled(records, "f1_150ms", &RecordScore::wide));
    e.metrics.push_back(pooled(records, "f1_50ms", &RecordScore::narrow));
    BeatScore all;
    std::size_t samples = 0;
    double cpu_s = 0.0;
    std::vector<std::string> groups;
    for (const auto& r : records) {
        all.matched += r.wide.matched;
        all.reference += r.wide.reference;
        all.detected += r.wide.detected;
        samples += r.samples;
        cpu_s += r.cpu_s;
        groups.push_back(r.group);
        e.subgroups.push_back({"record=" + r.name,
                               {{"f1_150ms", kSet, r.wide.f1(), std::nullopt, static_cast<std::size_t>(r.wide.reference), ""},
                                {"f1_50ms", kSet, r.narrow.f1(), std::nullopt, static_cast<std::size_t>(r.narrow.reference), ""}}});
    }
    const auto n = static_cast<std::size_t>(all.reference);
    e.metrics.push_back({"sensitivity", kSet, all.matched / all.reference, std::nullopt, n, "150 ms"});
    e.metrics.push_back({"precision", kSet, all.matched / all.detected, std::nullopt, n, "150 ms"});
    if (cpu_s > 0.0)
        e.metrics.push_back({"samples_per_cpu_s", kSet, static_cast<double>(samples) / cpu_s, std::nullopt, samples, "depends on the machine"});
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    e.n = n;
    e.groups = groups.size();
    return e;
}

void register_beats(learn::ModelRegistry& registry) {
    registry.add({"beats", "R peaks of an ECG lead, streaming (an algorithm, nothing is trained)", {kSet}, evaluate_beats, {}});
}

}  // namespace attune::affect
