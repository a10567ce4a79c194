// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "library/catalogue.hpp"
#include "library/exchange.hpp"
#include "library/filter.hpp"
#include "library/map.hpp"
#include "library/profile_json.hpp"
#include "library/scanner.hpp"
#include "library/similar.hpp"
#include "session/space.hpp"

namespace attune::app {
namespace {

using library::Catalogue;
using library::TrackRow;

struct LibraryOptions {
    std::vector<std::string> dirs, filter, fields;
    std::string track, sort, out, format, in, actor = "local";
    unsigned jobs = 0;
    bool tags_only = false, retry_failed = false, unset = false, missing = false;
    double watch_s = 0.0;
    std::size_t limit = 200, offset = 0, count = 10;
};

using Options = std::shared_ptr<LibraryOptions>;

/// Opens the space and hands its catalogue to `body`.
template <typename Body>
int with_catalogue(const Context& context, const Body& body) {
    const auto space = session::Space::open(context.data_dir, context.db_url);
    if (!space) return report_error(context, space.error());
    Catalogue catalogue((*space)->db());
    return body(**space, catalogue);
}

void say(const std::string& text) { std::puts(text.c_str()); }

int print_report(const Context& context, const library::ScanReport& r) {
    if (r.found == 0 && !r.cancelled) std::fputs("attune: there is no sound file in what was given\n", stderr);
    if (context.json) {
        say(library::scan_json(r));
    } else {
        std::printf("%zu files: %zu analysed, %zu unchanged, %zu skipped, %zu failed; %.1f min of "
                    "music in %.1f s (%.0f x real time per processor second)\n",
                    r.found, r.analysed, r.unchanged, r.skipped, r.failed.size(), r.audio_s / 60.0,
                    r.wall_s, r.cpu_s > 0.0 ? r.audio_s / r.cpu_s : 0.0);
        if (r.duplicates > 0)
            std::printf("%zu tracks are there more than once (recording_group in show)\n",
                        r.duplicates);
        for (const auto& f : r.failed)
            std::printf("failed: %s: %s\n", core::to_utf8_lossy(f.path).c_str(), f.reason.c_str());
        for (const auto& w : r.warnings)
            std::printf("damaged: %s: %s\n", core::to_utf8_lossy(w.path).c_str(), w.reason.c_str());
        if (r.cancelled) std::puts("cancelled; the next scan goes on from here");
    }
    return r.failed.empty() ? kDone : kDoneWithFailures;
}

int scan(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space& space, Catalogue&) {
        const auto models = library::TrackModels::load(context.data_dir);
        for (const auto& missing : models.missing())
            std::fprintf(stderr, "attune: without model %s\n", missing.c_str());
        int status = kDone;
        do {
            const auto start = std::chrono::steady_clock::now();
            library::ScanOptions options;
            options.jobs = o.jobs;
            options.tags_only = o.tags_only;
            options.retry_failed = o.retry_failed;
            options.cancel = &context.cancel;
            options.progress = [&](const char* what, std::size_t done, std::size_t total) {
                show_progress(
                    what, done, total,
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
                        .count());
            };
            const auto report = library::scan(space.db(), o.dirs, models, options);
            if (!report) return report_error(context, report.error());
            status = print_report(context, *report);
            // Watching is looking again: an unchanged library of 100,000 files takes seconds, and
            // no event is lost.
            for (double slept = 0.0; slept < o.watch_s && !context.cancel.cancelled(); slept += 0.2)
                usleep(200'000);
        } while (o.watch_s > 0.0 && !context.cancel.cancelled());
        return status;
    });
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
    return out;
}

/// Rows that pass the filter, in the order that was asked for.
Result<std::vector<const TrackRow*>> chosen(const std::vector<TrackRow>& rows,
                                            const LibraryOptions& o) {
    ATTUNE_TRY(const auto filter, library::Filter::parse(joined(o.filter)));
    std::vector<const TrackRow*> out;
    for (const TrackRow& r : rows) {
        if (filter.matches(r)) out.push_back(&r);
    }
    ATTUNE_CHECK(library::sort_rows(out, o.sort.empty() ? "artist" : o.sort));
    return out;
}

std::string cell(double v, const char* format) {
    if (std::isnan(v)) return "-";
    char text[32];
    std::snprintf(text, sizeof text, format, v);
    return text;
}

int list(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto rows = catalogue.rows();
        if (!rows) return report_error(context, rows.error());
        auto page = chosen(*rows, o);
        if (!page) return report_error(context, page.error());
        const std::size_t total = page->size();
        page->erase(page->begin(),
                    page->begin() + static_cast<std::ptrdiff_t>(std::min(o.offset, total)));
        if (o.limit > 0 && page->size() > o.limit) page->resize(o.limit);
        if (context.json) {
            say(library::rows_json(*page, total));
            return static_cast<int>(kDone);
        }
        for (const TrackRow* r : *page) {
            std::printf("%s  %-24.24s %-32.32s %5s bpm  V %5s  A %5s  calm %4s  %-14.14s\n",
                        r->key.hex().substr(0, 8).c_str(), core::to_utf8_lossy(r->artist).c_str(),
                        core::to_utf8_lossy(r->title).c_str(), cell(r->tempo_bpm, "%.0f").c_str(),
                        cell(r->valence, "%+.2f").c_str(), cell(r->arousal, "%+.2f").c_str(),
                        cell(r->calming, "%.2f").c_str(), core::to_utf8_lossy(r->genre).c_str());
        }
        if (total == 0)
            std::puts(rows->empty() ? "the library is empty: attune library scan DIR"
                                    : "no track passes this filter");
        else
            std::printf("%zu of %zu tracks\n", page->size(), total);
        return static_cast<int>(kDone);
    });
}

/// TRACK as a path is made absolute first, as scan does.
Result<ContentKey> find_track(Catalogue& catalogue, const std::string& track) {
    const std::unique_ptr<char, void (*)(void*)> whole(realpath(track.c_str(), nullptr), std::free);
    return catalogue.find(whole ? std::string(whole.get()) : track);
}

void print_track(const flow::TrackProfile& p) {
    const auto line = [](const char* name, const std::string& value) {
        std::printf("%-18s %s\n", name, value.c_str());
    };
    const auto number = [&](const char* name, const flow::Maybe<double>& v, const char* format) {
        if (!v) return line(name, "unknown");
        std::string text = cell(v->value, format);
        if (v->sd) text += " (sd " + cell(*v->sd, "%.2f") + ")";
        line(name, text + "  [" + flow::to_string(v->origin) +
                       (v->model.empty() ? "" : " " + v->model) + "]");
    };
    line("track", p.key.hex());
    line("path", core::to_utf8_lossy(p.path));
    line("title", p.display_title());
    line("artist", p.tags.artist);
    line("duration", cell(p.duration_s, "%.1f s"));
    number("loudness", p.loudness_lufs, "%.1f LUFS");
    number("loudness range", p.loudness_range_lu, "%.1f LU");
    number("true peak", p.true_peak_dbtp, "%.1f dBTP");
    number("startle", p.startle_lu, "%.1f LU within 1 s");
    number("tempo", p.tempo_bpm, "%.1f bpm");
    line("key", p.key_pitch_class ? std::string(library::pitch_name(p.key_pitch_class->value)) +
                                        (p.major ? (p.major->value ? " major" : " minor") : "")
                                  : "unknown");
    number("valence", p.expressed_valence, "%+.2f");
    number("arousal", p.expressed_arousal, "%+.2f");
    number("calming", p.calming, "%.2f");
    number("vocals", p.vocals, "%.2f");
}

/// The track as it stands now, edits and all.
int show_track(const Context& context, Catalogue& catalogue, const ContentKey& key) {
    const auto profile = catalogue.profile(key);
    if (!profile) return report_error(context, profile.error());
    const auto edits = catalogue.edits(key);
    if (!edits) return report_error(context, edits.error());
    if (context.json)
        say(library::track_json(*profile, *edits));
    else
        print_track(*profile);
    return kDone;
}

int show(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto key = find_track(catalogue, o.track);
        if (!key) return report_error(context, key.error());
        return show_track(context, catalogue, *key);
    });
}

int edit(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto key = find_track(catalogue, o.track);
        if (!key) return report_error(context, key.error());
        for (const std::string& assignment : o.fields) {
            const auto equals = assignment.find('=');
            const std::string field = assignment.substr(0, equals);
            Result<void> done;
            if (o.unset)
                done = catalogue.unedit(*key, field);
            else if (equals == std::string::npos)
                done = fail(ErrorCode::kBadArgument,
                            "'" + assignment +
                                "' is not FIELD=VALUE (nothing after = means: not known)");
            else
                done = catalogue.edit(*key, field, assignment.substr(equals + 1), o.actor,
                                      core::wall_now_ns());
            if (!done) return report_error(context, done.error());
        }
        return show_track(context, catalogue, *key);
    });
}

int similar(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto key = find_track(catalogue, o.track);
        if (!key) return report_error(context, key.error());
        const auto profile = catalogue.profile(*key);
        if (!profile) return report_error(context, profile.error());
        if (profile->embedding.empty())
            return report_error(context,
                                {ErrorCode::kUnavailable,
                                 "this track has not been analysed, or is silent", key->hex()});
        const auto version = catalogue.version();
        if (!version) return report_error(context, version.error());
        const auto file = context.data_dir / "cache" / "similar.hnsw";
        auto index = library::SimilarIndex::load(file, *version);
        if (!index) {
            const auto embeddings = catalogue.embeddings();
            if (!embeddings) return report_error(context, embeddings.error());
            index = library::SimilarIndex::build(*embeddings);
            if (!index) return report_error(context, index.error());
            if (const auto saved = index->save(file, *version); !saved)
                std::fprintf(stderr, "attune: %s\n", saved.error().describe().c_str());
        }
        nlohmann::ordered_json out{{"schema", "attune.similar/1"}, {"track", key->hex()}};
        out["similar"] = nlohmann::ordered_json::array();
        std::size_t shown = 0;
        for (const auto& n : index->search(profile->embedding, o.count + 1)) {
            if (n.key == *key || shown == o.count) continue;
            const auto other = catalogue.profile(n.key);
            if (!other) continue;
            ++shown;
            const double cosine = 1.0 - n.distance;
            if (context.json) {
                out["similar"].push_back({{"track", n.key.hex()},
                                          {"cosine", cosine},
                                          {"title", other->display_title()},
                                          {"artist", other->tags.artist},
                                          {"path", core::to_utf8_lossy(other->path)}});
            } else {
                std::printf("%.3f  %s  %s - %s\n", cosine, n.key.hex().substr(0, 8).c_str(),
                            other->tags.artist.c_str(), other->display_title().c_str());
            }
        }
        if (context.json) say(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        return static_cast<int>(kDone);
    });
}

int write_out(const Context& context, const std::string& file, const std::string& text) {
    if (file.empty() || file == "-") {
        std::fwrite(text.data(), 1, text.size(), stdout);
        return kDone;
    }
    if (const auto done = core::write_file_atomically(file, text); !done)
        return report_error(context, done.error());
    return kDone;
}

int map(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto rows = catalogue.rows();
        if (!rows) return report_error(context, rows.error());
        const auto page = chosen(*rows, o);
        if (!page) return report_error(context, page.error());
        return write_out(context, o.out, library::map_svg(*page));
    });
}

int export_library(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto rows = catalogue.rows();
        if (!rows) return report_error(context, rows.error());
        const auto page = chosen(*rows, o);
        if (!page) return report_error(context, page.error());
        const auto text = library::export_tracks(
            catalogue, *page, o.format.empty() ? library::format_of(o.out) : o.format);
        if (!text) return report_error(context, text.error());
        return write_out(context, o.out, *text);
    });
}

int import_library(const Context& context, const LibraryOptions& o) {
    return with_catalogue(context, [&](session::Space&, Catalogue& catalogue) {
        const auto bytes = core::read_file(o.in);
        if (!bytes) return report_error(context, bytes.error());
        const auto report = library::import_tracks(
            catalogue, *bytes, o.format.empty() ? library::format_of(o.in) : o.format, o.in,
            o.actor, core::wall_now_ns());
        if (!report) return report_error(context, report.error());
        nlohmann::ordered_json out{{"schema", "attune.import/1"},
                                   {"entries", report->entries},
                                   {"matched", report->matched},
                                   {"edited", report->edited}};
        out["unmatched"] = report->unmatched;
        out["tracks"] = nlohmann::ordered_json::array();
        for (const auto& key : report->tracks) out["tracks"].push_back(key.hex());
        if (context.json) {
            say(out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        } else {
            std::printf("%zu entries: %zu found in the library, %zu values edited\n",
                        report->entries, report->matched, report->edited);
            for (const auto& u : report->unmatched)
                std::printf("not in the library: %s\n", u.c_str());
        }
        return static_cast<int>(report->unmatched.empty() ? kDone : kDoneWithFailures);
    });
}

CLI::App* command(CLI::App& parent, Context& context, const Options& o, const char* name,
                  const char* about, int (*run)(const Context&, const LibraryOptions&)) {
    auto* sub = parent.add_subcommand(name, about);
    sub->callback(
        [&context, o, run] { context.run = [&context, o, run] { return run(context, *o); }; });
    return sub;
}

}  // namespace

void add_library_commands(CLI::App& app, Context& context) {
    auto* group = app.add_subcommand("library", "your music: scan it, look at it, correct it");
    group->require_subcommand(1);
    const auto o = std::make_shared<LibraryOptions>();

    auto* s = command(*group, context, o, "scan",
                      "read and analyse the music below some folders; goes on where it was stopped",
                      scan);
    s->add_option("DIR", o->dirs, "folders or files")->required();
    s->add_option("--jobs", o->jobs, "files at a time (default: one a core)");
    s->add_flag("--tags-only", o->tags_only, "only tags; analyse another time");
    s->add_flag("--retry-failed", o->retry_failed, "also read files again that failed before");
    s->add_option("--watch", o->watch_s, "look again every so many seconds, until interrupted")
        ->check(CLI::Range(1.0, 86400.0));

    const auto with_filter = [&](CLI::App* sub) {
        sub->add_option(
            "FILTER", o->filter,
            "e.g. 'tempo 60..80 and valence > 0.2 and calming > 0.7 and genre = ambient'");
        sub->add_option("--sort", o->sort,
                        "field to sort by; -field for descending (default: artist)");
        return sub;
    };
    auto* l = with_filter(command(*group, context, o, "list", "tracks that pass a filter", list));
    l->add_option("--limit", o->limit, "rows at most; 0 = all (default 200)");
    l->add_option("--offset", o->offset, "rows to leave out before");

    command(*group, context, o, "show", "everything known of one track", show)
        ->add_option("TRACK", o->track, "path, content key, or its beginning")
        ->required();

    auto* e = command(*group, context, o, "edit",
                      "set values by hand; they outrank every measurement", edit);
    e->add_option("TRACK", o->track, "path, content key, or its beginning")->required();
    e->add_option("FIELD=VALUE", o->fields,
                  "e.g. valence=0.4 key=Bb mode=minor genre=Ambient; FIELD= for not known")
        ->required();
    e->add_flag("--unset", o->unset, "take edits of the named fields back");
    e->add_option("--actor", o->actor, "whose edit it is (default: local)");

    auto* near = command(*group, context, o, "similar", "tracks that sound alike", similar);
    near->add_option("TRACK", o->track, "path, content key, or its beginning")->required();
    near->add_option("--count", o->count, "how many (default 10)")->check(CLI::Range(1, 1000));

    auto* m =
        with_filter(command(*group, context, o, "map",
                            "a picture (SVG) of the library on the valence-arousal plane", map));
    m->add_option("--out", o->out, "file (default: standard output)");

    auto* x = with_filter(command(*group, context, o, "export",
                                  "tracks as csv, json, m3u8, jspf or arff", export_library));
    x->add_option("--out", o->out, "file; its ending names the format (default: standard output)");
    x->add_option("--format", o->format, "csv, json, m3u8, jspf or arff");

    auto* i =
        command(*group, context, o, "import",
                "values from csv, json or arff as edits; lists from m3u8 and jspf", import_library);
    i->add_option("FILE", o->in, "file to read")->required();
    i->add_option("--format", o->format, "csv, json, m3u8, jspf or arff (default: by its ending)");
    i->add_option("--actor", o->actor, "whose edits they are (default: local)");
}

}  // namespace attune::app
