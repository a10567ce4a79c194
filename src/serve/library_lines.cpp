// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/library_lines.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/text.hpp"

namespace attune::serve {
namespace {

using library::TrackRow;

struct NumberColumn {
    std::string_view name;
    double TrackRow::*member;
};
constexpr NumberColumn kNumbers[] = {
    {"tempo_bpm", &TrackRow::tempo_bpm}, {"valence", &TrackRow::valence},
    {"arousal", &TrackRow::arousal},     {"duration_s", &TrackRow::duration_s},
    {"year", &TrackRow::year},           {"loudness_lufs", &TrackRow::loudness_lufs},
    {"calming", &TrackRow::calming},     {"vocals", &TrackRow::vocals},
};
struct TextColumn {
    std::string_view name;
    std::string TrackRow::*member;
};
constexpr TextColumn kTexts[] = {{"title", &TrackRow::title},
                                 {"artist", &TrackRow::artist},
                                 {"album", &TrackRow::album},
                                 {"genre", &TrackRow::genre}};

bool within(double value, const std::optional<double>& low, const std::optional<double>& high) {
    if (low && !(value >= *low)) return false;  // NaN is in no range
    return !high || value <= *high;
}

}  // namespace

const std::vector<std::string>& sort_columns() {
    static const std::vector<std::string> columns = [] {
        std::vector<std::string> out;
        for (const auto& c : kTexts) out.emplace_back(c.name);
        for (const auto& c : kNumbers) out.emplace_back(c.name);
        return out;
    }();
    return columns;
}

LineTable::LineTable(std::uint64_t version, std::vector<TrackRow> rows)
    : version_(version), rows_(std::move(rows)) {
    search_.reserve(rows_.size());
    for (const TrackRow& r : rows_) {
        search_.push_back(
            core::to_lower_ascii(r.title + "\n" + r.artist + "\n" + r.album + "\n" + r.genre));
    }
}

const std::vector<std::uint32_t>& LineTable::order(const std::string& column) const {
    const std::lock_guard lock(mutex_);
    auto [found, fresh] = orders_.try_emplace(column);
    std::vector<std::uint32_t>& order = found->second;
    if (!fresh) return order;
    order.resize(rows_.size());
    std::iota(order.begin(), order.end(), 0U);
    for (const auto& c : kNumbers) {
        if (c.name != column) continue;
        // Unknown values stand last, ties by content key (the rows' own order).
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            const double x = rows_[a].*c.member, y = rows_[b].*c.member;
            if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
            return x < y;
        });
        return order;
    }
    for (const auto& c : kTexts) {
        if (c.name != column) continue;
        std::vector<std::string> keys(rows_.size());
        for (std::size_t i = 0; i < rows_.size(); ++i)
            keys[i] = core::to_lower_ascii(rows_[i].*c.member);
        std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            if (keys[a].empty() != keys[b].empty()) return keys[b].empty();
            return keys[a] < keys[b];
        });
        return order;
    }
    return order;
}

bool LineTable::matches(std::uint32_t row, const LineQuery& query,
                        const std::vector<std::string>& words) const {
    const TrackRow& r = rows_[row];
    if (!within(r.valence, query.min_valence, query.max_valence)) return false;
    if (!within(r.arousal, query.min_arousal, query.max_arousal)) return false;
    if (!within(r.tempo_bpm, query.min_tempo, query.max_tempo)) return false;
    return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
        return search_[row].find(word) != std::string::npos;
    });
}

std::vector<std::uint32_t> LineTable::find(const LineQuery& query, std::size_t& total) const {
    std::vector<std::string> words;
    const std::string lower = core::to_lower_ascii(query.text);
    for (const std::string_view word : core::split(lower, ' ')) {
        if (!word.empty()) words.emplace_back(word);
    }
    const std::vector<std::uint32_t>& sorted = order(query.sort);
    std::vector<std::uint32_t> page;
    total = 0;
    const auto visit = [&](std::uint32_t row) {
        if (!matches(row, query, words)) return;
        if (total >= query.offset && page.size() < query.limit) page.push_back(row);
        ++total;
    };
    if (query.descending) {
        std::for_each(sorted.rbegin(), sorted.rend(), visit);
    } else {
        std::for_each(sorted.begin(), sorted.end(), visit);
    }
    return page;
}

std::optional<std::string> LineTable::kept(const std::string& track) const {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(track);
    return found != kept_.end() ? std::optional(found->second) : std::nullopt;
}

void LineTable::keep(const std::string& track, const std::string& text) const {
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= kMostKept) kept_.clear();
    kept_.insert_or_assign(track, text);
}

Result<std::shared_ptr<const LineTable>> LibraryLines::table(store::Connection& db) {
    library::Catalogue catalogue(db);
    ATTUNE_TRY(const std::uint64_t version, catalogue.version());
    const std::lock_guard lock(mutex_);
    if (!table_ || table_->version() != version) {
        ATTUNE_TRY(auto rows, catalogue.rows());
        table_ = std::make_shared<const LineTable>(version, std::move(rows));
    }
    return table_;
}

}  // namespace attune::serve
