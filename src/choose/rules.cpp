// SPDX-License-Identifier: GPL-3.0-or-later
#include "choose/rules.hpp"

#include <algorithm>

namespace attune::choose {
namespace {

bool contains(const std::vector<std::uint32_t>& sorted, std::size_t row) {
    return std::binary_search(sorted.begin(), sorted.end(), static_cast<std::uint32_t>(row));
}

/// One flag an entry of `names`: does any of `blocked` match it?
template <typename Match>
std::vector<char> flags(const std::vector<std::string>& names, const std::set<std::string>& blocked,
                        Match match) {
    std::vector<char> out(names.size(), 0);
    if (blocked.empty()) return out;
    for (std::size_t i = 0; i < names.size(); ++i)
        for (const std::string& b : blocked) out[i] = out[i] || match(names[i], b) ? 1 : 0;
    return out;
}

}  // namespace

const char* to_string(Refusal refusal) noexcept {
    switch (refusal) {
        case Refusal::kNone: return "none";
        case Refusal::kBlocked: return "blocked";
        case Refusal::kMemoryMark: return "memory_mark";
        case Refusal::kDisliked: return "disliked";
        case Refusal::kUnfamiliar: return "unfamiliar";
        case Refusal::kRecent: return "recent";
        case Refusal::kEnergising: return "energising";
    }
    return "none";
}

Rules::Rules(const PlanRequest& request) : request_(request) {
    const flow::Blocks& blocks = request.policy->blocks;
    artist_blocked_ = flags(request.index->artist_names(), blocks.artists, flow::artist_matches);
    genre_blocked_ = flags(request.index->genre_names(), blocks.tags, flow::tag_matches);
    for (const Played& p : request.history) {
        const bool starter = request.starter.contains(p.track);
        if (p.ago_s + request.starts_in_s >= (starter ? kStarterReturnAfterS : kReturnAfterS)) continue;
        if (const auto row = request.view->row(p.track)) recent_.push_back(static_cast<std::uint32_t>(*row));
    }
    if (request.current)
        if (const auto row = request.view->row(*request.current))
            recent_.push_back(static_cast<std::uint32_t>(*row));
    std::sort(recent_.begin(), recent_.end());
    for (const ContentKey& key : request.familiar)   // a set: in key order, as the view's rows are
        if (const auto row = request.view->row(key))
            familiar_all_.push_back(static_cast<std::uint32_t>(*row));
    for (const std::uint32_t row : familiar_all_)
        if (allowed(row)) familiar_rows_.push_back(row);
    waived_ = familiar_rows_.size() < kMinFamiliar && !request.policy->flagged &&
              request.policy->allow_unfamiliar;
}

bool Rules::blocked(std::size_t row) const {
    return request_.policy->blocks.tracks.contains(request_.view->key[row]) ||
           artist_blocked_[request_.view->artist[row]] != 0 ||
           genre_blocked_[request_.view->genre[row]] != 0;
}

bool Rules::familiar(std::size_t row) const { return contains(familiar_all_, row); }

Refusal Rules::refused_always(std::size_t row) const {
    const flow::Policy& policy = *request_.policy;
    if (blocked(row)) return Refusal::kBlocked;
    if (!policy.allow_energise) {
        const double p95 = row < request_.view->arousal_p95.size()
                               ? static_cast<double>(request_.view->arousal_p95[row]) : 0.0;
        // Written so that an unknown arousal is refused too.
        const bool gentle = static_cast<double>(request_.view->arousal[row]) <= kNoEnergiseArousal &&
                            !(p95 > kNoEnergiseArousal + policy.limits.arousal_p95_margin);
        if (!gentle) return Refusal::kEnergising;
    }
    return contains(recent_, row) ? Refusal::kRecent : Refusal::kNone;
}

Refusal Rules::refused_unasked(std::size_t row) const {
    const flow::Policy& policy = *request_.policy;
    if ((policy.flagged || !policy.allow_unfamiliar) && !familiar(row)) return Refusal::kUnfamiliar;
    if (request_.liking != nullptr && request_.liking->mean(row) < 0.0) return Refusal::kDisliked;
    return Refusal::kNone;
}

Refusal Rules::refusal(std::size_t row) const {
    if (const Refusal always = refused_always(row); always != Refusal::kNone) return always;
    const ContentKey& key = request_.view->key[row];
    if (request_.asked.contains(key)) return Refusal::kNone;
    if (request_.policy->blocks.ask_first.contains(key)) return Refusal::kMemoryMark;
    return refused_unasked(row);
}

bool Rules::suggestible(std::size_t row) const {
    const ContentKey& key = request_.view->key[row];
    return request_.policy->blocks.askable.contains(key) && refusal(row) == Refusal::kMemoryMark &&
           !request_.asked_about.contains(key) && refused_unasked(row) == Refusal::kNone;
}

double Rules::return_after_s(std::size_t row) const {
    return request_.starter.contains(request_.view->key[row]) ? kStarterReturnAfterS : kReturnAfterS;
}

}  // namespace attune::choose
