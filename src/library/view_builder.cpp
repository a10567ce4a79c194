// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/view_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "core/text.hpp"

namespace attune::library {
namespace {

/// Gives each text a small number; "" is 0.
class Names {
public:
    explicit Names(std::vector<std::string>& names) : names_(&names) { index("", ""); }
    std::uint32_t index(const std::string& key, const std::string& shown) {
        const auto [at, fresh] =
            known_.try_emplace(key, static_cast<std::uint32_t>(names_->size()));
        if (fresh) names_->push_back(shown);
        return at->second;
    }

private:
    std::vector<std::string>* names_;
    std::unordered_map<std::string, std::uint32_t> known_;
};

/// The length of the embeddings, 0 if there are none or they differ (two analyser versions).
std::size_t common_length(const std::map<ContentKey, std::vector<float>>& embeddings) {
    std::size_t dims = 0;
    for (const auto& [key, values] : embeddings) {
        if (dims == 0) dims = values.size();
        if (values.size() != dims) return 0;
    }
    return dims;
}

}  // namespace

flow::LibraryViewPtr build_view(std::uint64_t version, const std::vector<TrackRow>& all,
                                const std::map<ContentKey, std::vector<float>>& embeddings) {
    std::vector<const TrackRow*> rows;
    rows.reserve(all.size());
    for (const TrackRow& r : all) rows.push_back(&r);   // not analysed yet: every number is unknown
    std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->key < b->key; });

    auto view = std::make_shared<flow::LibraryView>();
    view->version = version;
    view->embedding_dims = common_length(embeddings);
    Names artists(view->artists), genres(view->genres);
    for (const TrackRow* r : rows) {
        const auto add = [](std::vector<float>& column, double v) {
            column.push_back(static_cast<float>(v));
        };
        view->simulated = view->simulated || r->simulated;
        view->key.push_back(r->key);
        add(view->valence, r->valence);
        add(view->valence_sd, r->valence_sd);
        add(view->arousal, r->arousal);
        add(view->arousal_sd, r->arousal_sd);
        add(view->first_valence, r->first_valence);
        add(view->first_arousal, r->first_arousal);
        add(view->last_valence, r->last_valence);
        add(view->last_arousal, r->last_arousal);
        add(view->arousal_p95, r->arousal_p95);
        add(view->startle_lu, r->startle_lu);
        add(view->tempo_bpm, r->tempo_bpm);
        // What is planned and levelled is what two speakers play; rows of before know only one figure.
        add(view->loudness_lufs, std::isnan(r->played_lufs) ? r->loudness_lufs : r->played_lufs);
        add(view->first_loudness_lufs, r->first_loudness_lufs);
        add(view->last_loudness_lufs, r->last_loudness_lufs);
        add(view->true_peak_dbtp, std::isnan(r->played_peak_dbtp) ? r->true_peak_dbtp : r->played_peak_dbtp);
        add(view->vocals, r->vocals);
        add(view->duration_s, r->analysed || r->duration_s > 0.0 ? r->duration_s : std::nan(""));
        add(view->calming, r->calming);
        view->artist.push_back(artists.index(core::to_lower_ascii(r->artist), r->artist));
        view->genre.push_back(genres.index(core::to_lower_ascii(r->genre), r->genre));
        view->title.push_back(r->title);
        if (view->embedding_dims > 0) {
            const auto at = embeddings.find(r->key);
            if (at != embeddings.end()) {
                view->embedding.insert(view->embedding.end(), at->second.begin(), at->second.end());
            } else {
                view->embedding.insert(view->embedding.end(), view->embedding_dims,
                                       std::numeric_limits<float>::quiet_NaN());
            }
        }
    }
    return view;
}

}  // namespace attune::library
