// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/starter.hpp"

#include <algorithm>
#include <thread>

#include "compose/starter_library.hpp"
#include "core/text.hpp"
#include "library/scanner.hpp"

namespace attune::session {

namespace {

/// Where no emotion model is installed, a piece stands where it was composed to stand, as an edit by the
/// composer: not as a measurement.
Result<void> place_on_the_plane(Space& space, const std::filesystem::path& folder) {
    library::Catalogue catalogue(space.db());
    for (const compose::StarterPiece& piece : compose::starter_pieces()) {
        const auto key = catalogue.find((folder / piece.file).string());
        if (!key) continue;   // a piece that could not be analysed is in the scan's report
        ATTUNE_TRY(const auto profile, catalogue.profile(*key));
        if (profile.expressed_valence && profile.expressed_arousal) continue;
        const std::int64_t now = core::wall_now_ns();
        ATTUNE_CHECK(catalogue.edit(*key, "valence", core::format_double(piece.brief.target.valence), "composer", now));
        ATTUNE_CHECK(catalogue.edit(*key, "arousal", core::format_double(piece.brief.target.arousal), "composer", now));
    }
    return {};
}

}  // namespace

Result<std::set<ContentKey>> starter_tracks(Space& space) {
    std::set<ContentKey> keys;
    const std::filesystem::path folder = space.data_dir() / "starter";
    std::error_code ec;
    if (!std::filesystem::exists(folder, ec)) return keys;
    library::Catalogue catalogue(space.db());
    for (const compose::StarterPiece& piece : compose::starter_pieces()) {
        if (const auto key = catalogue.find((folder / piece.file).string())) keys.insert(*key);
    }
    return keys;
}

Result<void> ensure_music(Space& space, const core::CancelToken& cancel, const Progress& progress) {
    ATTUNE_TRY(const World world, space.world());
    if (world.view->size() > 0) return {};
    const std::filesystem::path folder = space.data_dir() / "starter";
    compose::StarterOptions options;
    options.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
    options.cancel = &cancel;
    options.progress = [&](std::size_t done, std::size_t total) {
        if (progress) progress("starter pieces composed", done, total);
    };
    if (auto made = compose::make_starter_library(folder, options); !made) {
        Error error = std::move(made).error();
        if (error.code != ErrorCode::kCancelled) {
            error.message += "; so no music can be composed for the empty library: scan your own with `attune library scan DIR`";
        }
        return tl::unexpected(std::move(error));
    }
    const library::TrackModels models = library::TrackModels::load(space.data_dir());
    library::ScanOptions scan;
    scan.cancel = &cancel;
    scan.progress = progress;
    ATTUNE_TRY(const auto report, library::scan(space.db(), {folder.string()}, models, scan));
    if (report.cancelled) return fail(ErrorCode::kCancelled, "stopped while the starter library was scanned");
    if (report.analysed == 0) return fail(ErrorCode::kInternal, "the starter library could not be analysed", folder);
    return place_on_the_plane(space, folder);
}

}  // namespace attune::session
