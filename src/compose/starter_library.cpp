// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/starter_library.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "compose/export.hpp"
#include "compose/synth.hpp"
#include "core/folders.hpp"

namespace attune::compose {
namespace {

StarterPiece piece(int number, const char* title, const char* slug, const char* genre, Style style, double v, double a, double seconds,
                   std::uint64_t seed) {
    StarterPiece p;
    p.brief.target = {v, a};
    p.brief.style = style;
    p.brief.seconds = seconds;
    p.brief.seed = seed;
    p.brief.title = title;
    p.genre = genre;
    p.file = (number < 10 ? "0" : "") + std::to_string(number) + "-" + slug + ".flac";
    return p;
}

std::vector<StarterPiece> make_list() {
    using enum Style;
    return {piece(1, "Still Water", "still-water", "Ambient", kAmbientPad, .45, -.80, 110, 1101),
            piece(2, "Slow Clouds", "slow-clouds", "Ambient", kAmbientPad, .15, -.60, 100, 1102),
            piece(3, "Evening Meadow", "evening-meadow", "Piano", kPianoBallad, .60, -.55, 95, 1103),
            piece(4, "Grey Window", "grey-window", "Piano", kPianoBallad, -.60, -.55, 95, 1104),
            piece(5, "Long Dusk", "long-dusk", "Chamber", kChamber, -.40, -.35, 90, 1105),
            piece(6, "Harbour at Rest", "harbour-at-rest", "Chamber", kChamber, .50, -.25, 90, 1106),
            piece(7, "Rain on the Tram", "rain-on-the-tram", "Lo-fi", kLoFi, .05, -.20, 80, 1107),
            piece(8, "Second Cup", "second-cup", "Lo-fi", kLoFi, .50, .05, 80, 1108),
            piece(9, "Lane in June", "lane-in-june", "Folk", kFolk, .65, .20, 75, 1109),
            piece(10, "The Old Ferry", "the-old-ferry", "Folk", kFolk, -.15, .10, 80, 1110),
            piece(11, "Kites", "kites", "Folk", kFolk, .85, .55, 65, 1111),
            piece(12, "City at Five", "city-at-five", "Electronic", kLightElectronic, .40, .45, 75, 1112),
            piece(13, "Night Train", "night-train", "Electronic", kLightElectronic, -.35, .60, 75, 1113),
            piece(14, "Market Day", "market-day", "Percussion", kPercussionCircle, .75, .75, 65, 1114),
            piece(15, "Storm Front", "storm-front", "Chamber", kChamber, -.70, .70, 70, 1115),
            piece(16, "Lantern", "lantern", "Piano", kPianoBallad, .10, .00, 90, 1116)};
}

}  // namespace

const std::vector<StarterPiece>& starter_pieces() {
    static const auto list = make_list();
    return list;
}

Result<std::vector<std::filesystem::path>> make_starter_library(const std::filesystem::path& folder, const StarterOptions& options) {
    const auto& pieces = starter_pieces();
    ATTUNE_CHECK(core::make_folder(folder));

    std::atomic<std::size_t> next{0};
    std::mutex mutex;  // guards done, failed and the progress call
    std::size_t done = 0;
    std::optional<Error> failed;
    const auto work = [&] {
        // Styles share instruments: they are decoded once. Without a soundfont make() says so.
        auto kept = KeptInstruments::create();
        for (std::size_t i = next++; i < pieces.size(); i = next++) {
            {
                const std::lock_guard lock(mutex);
                if (failed) return;
            }
            const auto path = folder / pieces[i].file;
            Result<void> result;
            if (!std::filesystem::is_regular_file(path)) {
                ExportOptions out;
                out.audio = path;
                out.album = "Attune starter";
                out.genre = pieces[i].genre;
                out.track = static_cast<int>(i) + 1;
                if (kept) kept->keep(instruments_for(*pieces[i].brief.style, pieces[i].brief.seed));
                if (auto made = make(pieces[i].brief, out, options.cancel); !made) result = tl::unexpected(made.error());
            }
            const std::lock_guard lock(mutex);
            if (!result && !failed) failed = result.error();
            if (result && options.progress) options.progress(++done, pieces.size());
        }
    };
    std::vector<std::thread> threads;
    for (int i = 1; i < std::clamp(options.threads, 1, 8); ++i) threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
    if (failed) return tl::unexpected(*failed);

    std::vector<std::filesystem::path> files;
    for (const auto& p : pieces) files.push_back(folder / p.file);
    return files;
}

}  // namespace attune::compose
