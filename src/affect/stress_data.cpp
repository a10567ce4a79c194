// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/stress_data.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/dataset_hash.hpp"

namespace attune::affect {
namespace {

namespace fs = std::filesystem;

struct Phase {
    std::string name;
    double from_s = 0.0, to_s = 0.0;
};

struct RecordingPhases {
    std::string person, recording;
    std::vector<Phase> phases;
};

std::optional<WindowLabel> label_of(const std::string& phase, bool aerobic) {
    const auto is = [&](std::initializer_list<const char*> names) {
        return std::any_of(names.begin(), names.end(), [&](const char* n) { return phase == n; });
    };
    if (aerobic) {
        if (phase.rfind("rpm", 0) == 0 && phase.find("cool_down") == std::string::npos) return WindowLabel::kExercise;
        return std::nullopt;
    }
    if (is({"stroop", "interview", "tmct", "real_opinion", "opposite_opinion", "subtract"})) return WindowLabel::kStress;
    if (is({"baseline", "relax1", "relax2", "relax3", "final_rest", "first_rest", "second_rest"})) return WindowLabel::kRest;
    if (phase == "hyperventilation") return WindowLabel::kHyperventilation;
    if (is({"questionnaire"}) || phase.rfind("prep_", 0) == 0 || phase.rfind("report_", 0) == 0) return WindowLabel::kSeated;
    return std::nullopt;
}

Result<std::vector<RecordingPhases>> read_phases(const fs::path& file) {
    ATTUNE_TRY(const std::string text, core::read_file(file));
    std::map<std::string, RecordingPhases> by_recording;
    std::size_t number = 0;
    for (std::string_view raw : core::split(text, '\n')) {
        ++number;
        const auto line = core::trim(raw);
        if (number == 1 || line.empty()) continue;
        const auto cells = core::split(line, ',');
        const auto from = cells.size() == 5 ? core::parse_double(cells[3]) : std::nullopt;
        const auto to = cells.size() == 5 ? core::parse_double(cells[4]) : std::nullopt;
        const std::string where = file.string() + ":" + std::to_string(number);
        if (!from || !to) return fail(ErrorCode::kCorrupt, "a row is person,recording,phase,start_s,end_s", where);
        const std::string recording(core::trim(cells[1]));
        if (recording.find("..") != std::string::npos || recording.empty() || recording.front() == '/')
            return fail(ErrorCode::kCorrupt, "the recording \"" + recording + "\" is not a folder of this set", where);
        auto& r = by_recording[recording];
        r.person = std::string(core::trim(cells[0]));
        r.recording = recording;
        r.phases.push_back({std::string(core::trim(cells[2])), *from, *to});
    }
    std::vector<RecordingPhases> out;
    for (auto& [_, r] : by_recording) out.push_back(std::move(r));
    return out;
}

struct Planned {
    std::int64_t end_s = 0;
    double centre_s = 0.0;
    WindowLabel label = WindowLabel::kRest;
    std::string phase;
};

std::vector<Planned> plan_windows(const RecordingPhases& r, double length_s) {
    std::vector<Planned> out;
    const bool aerobic = r.recording.rfind("AEROBIC", 0) == 0;
    for (const Phase& phase : r.phases) {
        const auto label = label_of(phase.name, aerobic);
        if (!label) continue;
        double from = phase.from_s;
        const double to = std::min(phase.to_s, length_s);
        if (phase.name == "first_rest" || phase.name == "second_rest") from += 45.0;
        if (to - from < 20.0) continue;
        if (to - from < 60.0) {
            out.push_back({static_cast<std::int64_t>(to), 0.5 * (from + to), *label, phase.name});
            continue;
        }
        for (double end = from + 60.0; end <= to; end += 30.0)
            out.push_back({static_cast<std::int64_t>(end), end - 30.0, *label, phase.name});
    }
    std::stable_sort(out.begin(), out.end(), [](const Planned& a, const Planned& b) { return a.end_s < b.end_s; });
    return out;
}

void add_windows(const std::string& set, const RecordingPhases& r, const std::vector<flow::SensorFrame>& frames,
                 BodyData& data) {
    double length_s = 0.0;
    for (const auto& frame : frames)
        if (frame.channel == flow::Channel::kEda) length_s = std::max(length_s, frame.t.seconds() + 1.0);
    const auto planned = plan_windows(r, length_s);
    BodyFeatures features;
    std::size_t next = 0, at = 0;
    for (std::int64_t second = 0; next < planned.size(); ++second) {
        for (; at < frames.size() && frames[at].t.ns < (second + 1) * 1'000'000'000; ++at) features.push(frames[at]);
        const auto now = features.advance(Time{(second + 1) * 1'000'000'000});
        for (; next < planned.size() && planned[next].end_s <= second + 1; ++next)
            if (now) data.windows.push_back({set, r.person, r.recording, planned[next].phase, planned[next].label,
                                        planned[next].centre_s, *now});
    }
}

}  // namespace

Result<BodyData> read_body_data(const fs::path& root, const RecordingReader& reader,
                                const std::function<void(std::size_t, std::size_t)>& progress) {
    struct Job { std::string set; fs::path folder; RecordingPhases phases; };
    BodyData data;
    std::vector<Job> jobs;
    for (const char* set : {kStressPredict, kWearable}) {
        const auto folder = learn::find_set(root, set);
        if (!folder) continue;
        ATTUNE_TRY(auto recordings, read_phases(*folder / "phases.csv"));
        data.sets.push_back(set);
        data.files.push_back(*folder / "phases.csv");
        for (auto& r : recordings) jobs.push_back({set, *folder, std::move(r)});
    }
    if (jobs.empty())
        return fail(ErrorCode::kNotFound, std::string("no folder ") + kStressPredict + " or " + kWearable + " with phases.csv", root.string());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (progress) progress(i, jobs.size());
        const fs::path folder = jobs[i].folder / jobs[i].phases.recording;
        const auto frames = reader(folder);
        if (!frames) {
            data.warnings.push_back(jobs[i].set + "/" + jobs[i].phases.recording + ": " + frames.error().describe());
            continue;
        }
        if (auto files = learn::files_under(folder))
            for (auto& file : *files)
                if (file.extension() == ".csv") data.files.push_back(std::move(file));
        add_windows(jobs[i].set, jobs[i].phases, *frames, data);
    }
    if (progress) progress(jobs.size(), jobs.size());
    return data;
}

}  // namespace attune::affect
