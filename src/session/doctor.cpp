// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/doctor.hpp"

#include <cstdio>
#include <unistd.h>

#include "compose/synth.hpp"
#include "core/paths.hpp"
#include "play/sink.hpp"
#include "session/record.hpp"
#include "session/space.hpp"

namespace attune::session {
namespace {

namespace fs = std::filesystem;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr double kWantedGib = 1.0;   ///< a starter library and a year of sessions
constexpr double kLeastGib = 0.05;
constexpr int kMostLookedAt = 10;     ///< sessions, for one that was heard

Finding disk(const fs::path& folder) {
    std::error_code ec;
    fs::path existing = folder;
    while (!existing.empty() && !fs::exists(existing, ec)) existing = existing.parent_path();
    const auto space = fs::space(existing, ec);
    if (ec) return {"disk", Health::kFailed, ec.message(), "Choose another folder with --data."};
    const double gib = static_cast<double>(space.available) / kGib;
    char text[64];
    std::snprintf(text, sizeof text, "%.1f GiB free", gib);
    if (gib >= kWantedGib) return {"disk", Health::kOk, text, ""};
    return {"disk", gib < kLeastGib ? Health::kFailed : Health::kWarning, text,
            "Free some space: a starter library and a year of sessions need about 1 GiB."};
}

/// How the newest session that somebody heard fared; nothing where there was none.
void last_playing(std::vector<Finding>& out, Space& space) {
    const auto sessions = list_sessions(space.db());
    if (!sessions) return;
    int looked_at = 0;
    for (const SessionRow& row : *sessions) {
        if (++looked_at > kMostLookedAt) return;
        const auto events = read_events(space.db(), row.id, space.seal());
        if (!events) continue;
        const SoundReport* last = nullptr;
        for (const SessionEvent& event : *events)
            if (const auto* sound = std::get_if<SoundReport>(&event.payload)) last = sound;
        if (last == nullptr) continue;   // in virtual time: nobody heard it
        char text[400];
        std::snprintf(text, sizeof text,
                      "last session (%s): %lld underruns, worst callback %.2f ms, longest wait for one %.0f ms (%lld late), by up to %.0f ms, buffer %.0f ms "
                      "(lowest %.0f), clock drift %.0f ppm, dose %.1f %% of the week's allowance (%s)",
                      last->sink.c_str(), static_cast<long long>(last->underruns), last->worst_callback_ms, last->worst_gap_ms,
                      static_cast<long long>(last->late_calls), last->worst_pause_ms,
                      last->buffer_ms, last->lowest_buffer_ms, last->clock_drift_ppm, 100.0 * last->dose_share,
                      last->calibrated ? "calibrated" : "uncalibrated");
        if (last->underruns == 0) out.push_back({"playing", Health::kOk, text, ""});
        else out.push_back({"playing", Health::kWarning, text, "Close what else works on this machine while a session plays, or let the page play it."});
        return;
    }
}

void database(std::vector<Finding>& out, const fs::path& data_dir, const std::string& db_url) {
    const auto space = Space::open(data_dir, db_url);
    if (!space) {
        out.push_back({"database", Health::kFailed, space.error().describe(),
                       "Look at the folder's owner and rights, or restore a backup: attune restore FILE."});
        return;
    }
    // Not the address: it may hold a password.
    out.push_back({"database", Health::kOk, db_url.starts_with("postgres") ? "PostgreSQL" : (data_dir / "attune.db").string(), ""});
    const auto world = (*space)->world();
    if (!world) {
        out.push_back({"library", Health::kFailed, world.error().describe(), "Scan the library again."});
    } else if (world->view->size() == 0) {
        out.push_back({"library", Health::kMissing, "no music yet", "Add a folder on the Library page, or run attune library scan DIR."});
    } else {
        out.push_back({"library", Health::kOk, std::to_string(world->view->size()) + " tracks", ""});
    }
    last_playing(out, **space);
}

Finding soundfont() {
    const auto file = compose::find_soundfont();
    if (file) return {"soundfont", Health::kOk, file->string(), ""};
    return {"soundfont", Health::kMissing, file.error().message, "apt install musescore-general-soundfont-small"};
}

Finding resource(const char* what, const char* name) {
    const auto file = core::resource(name);
    if (file) return {what, Health::kOk, file->string(), ""};
    return {what, Health::kFailed, file.error().describe(), "Install Attune again, or set ATTUNE_SHARE to its share folder."};
}

Finding sound() {
    const auto devices = play::list_devices();
    const char* fix = "Choose 'In this page' as the place where it sounds, or plug in a device.";
    if (!devices) return {"sound", Health::kMissing, devices.error().message, fix};
    if (devices->empty()) return {"sound", Health::kMissing, "no sound device on this machine", fix};
    return {"sound", Health::kOk, std::to_string(devices->size()) + " devices", ""};
}

Finding camera() {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator("/dev", ec)) {
        if (entry.path().filename().string().starts_with("video")) return {"camera", Health::kOk, entry.path().string(), ""};
    }
    return {"camera", Health::kMissing, "no camera on this machine (/dev/video*)",
            "Nothing needs to be done: a session works without one, and a page may use its own."};
}

/// Names of ALSA's capture devices: "pcmC0D0c".
Finding microphone() {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator("/dev/snd", ec)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("pcm") && name.ends_with("c")) return {"microphone", Health::kOk, entry.path().string(), ""};
    }
    return {"microphone", Health::kMissing, "no microphone on this machine (/dev/snd/pcm*c)",
            "Nothing needs to be done: a session works without one, and a page may use its own."};
}

/// Networks and forests that are there, beside the program or in the data folder.
Finding models(const fs::path& data_dir) {
    std::size_t found = 0;
    std::vector<fs::path> folders{data_dir / "models"};
    for (const char* kind : {"free", "research"})
        if (const auto folder = core::resource(kind)) folders.push_back(*folder);
    std::error_code ec;
    for (const fs::path& folder : folders) {
        for (auto at = fs::recursive_directory_iterator(folder, ec); !ec && at != fs::recursive_directory_iterator(); at.increment(ec)) {
            const std::string ending = at->path().extension().string();
            if (ending == ".onnx" || ending == ".json" || ending == ".xml" || ending == ".yml" || ending == ".bin") ++found;
        }
    }
    if (found > 0) return {"models", Health::kOk, std::to_string(found) + " model files", ""};
    return {"models", Health::kMissing, "no trained model; ratings, skips and the library carry a session",
            "attune models list says what there is and how to train or add it."};
}

Finding tls(const fs::path& data_dir) {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(data_dir / "keys", ec)) {
        if (entry.path().extension() == ".pem") return {"tls", Health::kOk, entry.path().string(), ""};
    }
    return {"tls", Health::kOk, "no certificate yet; serve makes one when it listens beyond this machine", ""};
}

Finding user() {
    if (geteuid() != 0) return {"user", Health::kOk, "ordinary user", ""};
    return {"user", Health::kWarning, "runs as root", "Run it as an ordinary user; that is safer."};
}

}  // namespace

const char* to_string(Health health) noexcept {
    switch (health) {
    case Health::kOk: return "ok";
    case Health::kWarning: return "warning";
    case Health::kMissing: return "missing";
    case Health::kFailed: return "failed";
    }
    return "failed";
}

std::vector<Finding> examine(const fs::path& data_dir, const std::string& db_url) {
    std::vector<Finding> out;
    database(out, data_dir, db_url);
    out.push_back(disk(data_dir));
    out.push_back(sound());
    out.push_back(soundfont());
    out.push_back(resource("sentences", "strings/en.json"));
    out.push_back(resource("policies", "policies/default_table.toml"));
    out.push_back(camera());
    out.push_back(microphone());
    out.push_back(models(data_dir));
    out.push_back(tls(data_dir));
    out.push_back(user());
    return out;
}

}  // namespace attune::session
