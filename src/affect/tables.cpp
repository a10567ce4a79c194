// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/tables.hpp"

#include <array>

namespace attune::affect {
namespace {

constexpr const char* kSpec = "first working value; a decision";
constexpr const char* kSitunes = "SiTunes stage 2, 897 plays (Grigorev et al. 2024, CHIIR)";
constexpr const char* kAlexithymia = "alexithymia music ratings: spread of one track over people";

constexpr std::array kConstants{
    Constant{"step", k::kStepS, "s", Mark::kChosen, "mood moves in minutes; output between steps is prediction"},
    Constant{"mood_sd", k::kMoodSd, "V/A", Mark::kFitted, kSitunes},
    Constant{"home_valence", k::kHomeV, "V/A", Mark::kFitted, kSitunes},
    Constant{"home_arousal", k::kHomeA, "V/A", Mark::kFitted, kSitunes},
    Constant{"home_sd", k::kHomeSd, "V/A", Mark::kFitted, kSitunes},
    Constant{"tau", k::kTauS, "s", Mark::kFitted, kSitunes},
    Constant{"tau_min", k::kTauMinS, "s", Mark::kChosen, "prior range"},
    Constant{"tau_max", k::kTauMaxS, "s", Mark::kChosen, "prior range"},
    Constant{"process_sd_valence", k::kProcessSdV, "V/A", Mark::kFitted, kSitunes},
    Constant{"process_sd_arousal", k::kProcessSdA, "V/A", Mark::kFitted, kSitunes},
    Constant{"pull_valence", k::kPullV, "1", Mark::kFitted, kSitunes},
    Constant{"pull_arousal", k::kPullA, "1", Mark::kFitted, kSitunes},
    Constant{"pull_sd_valence", k::kPullSdV, "1", Mark::kFitted, kSitunes},
    Constant{"pull_sd_arousal", k::kPullSdA, "1", Mark::kFitted, kSitunes},
    Constant{"beta", k::kBeta, "V/A per liking", Mark::kFitted, kSitunes},
    Constant{"beta_sd", k::kBetaSd, "V/A per liking", Mark::kFitted, kSitunes},
    Constant{"appraisal_sd", k::kAppraisalSd, "V/A", Mark::kFitted, kAlexithymia},
    Constant{"rating_sd_valence", k::kRatingSdV, "V/A", Mark::kFitted, kSitunes},
    Constant{"rating_sd_arousal", k::kRatingSdA, "V/A", Mark::kFitted, kSitunes},
    Constant{"rating_sd_min", k::kRatingSdMin, "V/A", Mark::kChosen, "learned per person within"},
    Constant{"rating_sd_max", k::kRatingSdMax, "V/A", Mark::kChosen, "learned per person within"},
    Constant{"in_music_sd", k::kInMusicSd, "V/A", Mark::kCited,
             "fast felt part, 8-30 s (Bachorik et al. 2009, doi:10.1525/mp.2009.26.4.355)"},
    Constant{"rating_surprise", k::kRatingSurprise, "NIS", Mark::kChosen, "99 % point of chi-square, 2 d.f."},
    Constant{"index_scale_valence", k::kIndexScaleV, "V/A", Mark::kFitted, kSitunes},
    Constant{"index_scale_arousal", k::kIndexScaleA, "V/A", Mark::kFitted, kSitunes},
    Constant{"bias_sd", k::kBiasSd, "V/A", Mark::kChosen, kSpec},
    Constant{"bias_walk", k::kBiasWalkS, "s", Mark::kChosen, "random walk of .7 in two hours"},
    Constant{"baseline_min", k::kBaselineMinS, "s", Mark::kChosen, kSpec},
    Constant{"baseline_memory", k::kBaselineMemoryS, "s", Mark::kChosen, kSpec},
    Constant{"gate_nis", k::kGateNis, "NIS", Mark::kChosen, "Student-t with 4 degrees of freedom"},
    Constant{"alert_nis", k::kAlertNis, "NIS", Mark::kChosen, "three standard deviations"},
    Constant{"alert_after", k::kAlertAfterS, "s", Mark::kChosen, kSpec},
    Constant{"alert_clear", k::kAlertClearS, "s", Mark::kChosen, kSpec},
    Constant{"lost_after", k::kLostAfterS, "s", Mark::kChosen, "a lost source is shown within 10 s"},
    Constant{"max_shift", k::kMaxShift, "V/A", Mark::kChosen, "hard bound until earned"},
    Constant{"max_shrink", k::kMaxShrink, "share of SD", Mark::kChosen, "hard bound until earned"},
    Constant{"max_shift_earned", k::kMaxShiftEarned, "V/A", Mark::kChosen, "hard bound after earning"},
    Constant{"max_shrink_earned", k::kMaxShrinkEarned, "share of SD", Mark::kChosen, "hard bound after earning"},
    Constant{"prior_ratings", k::kPriorRatings, "ratings", Mark::kChosen, kSpec},
    Constant{"half_life_ratings", k::kHalfLifeRatings, "ratings", Mark::kChosen, kSpec},
    Constant{"earn_ratings", k::kEarnRatings, "ratings", Mark::kChosen, kSpec},
    Constant{"earn_days", k::kEarnDays, "days", Mark::kChosen, kSpec},
    Constant{"earn_shuffles", k::kEarnShuffles, "permutations", Mark::kChosen, kSpec},
    Constant{"earn_nats", k::kEarnNats, "nats", Mark::kChosen, kSpec},
    Constant{"person_tuples", k::kPersonTuples, "plays", Mark::kChosen, kSpec},
    Constant{"coherence_face", .30, "r", Mark::kCited,
             "Duran & Fernandez-Dols 2021, doi:10.1037/emo0001015"},
    Constant{"coherence_voice", .30, "r", Mark::kChosen, "as the face; no meta-analysis for speech at rest"},
    Constant{"coherence_body", .35, "r", Mark::kChosen, "heart and skin with reported arousal"},
    Constant{"correlation_time_body", 60.0, "s", Mark::kChosen, "heart and skin"},
    Constant{"correlation_time_face", 8.0, "s", Mark::kChosen, kSpec},
    Constant{"correlation_time_voice", 5.0, "s", Mark::kChosen,
             "a check-in of 10 s counts as one utterance"},
};

// kind, start v/a, cap v/a, ratings before v, r_coh, tau_c, continuous, order
constexpr std::array kSources{
    SourceRow{flow::SourceKind::kFace, .15, .0, .35, .0, 0, .30, 8.0, true, 0},
    SourceRow{flow::SourceKind::kVoice, .15, .20, .40, .40, k::kEarnRatings, .30, 5.0, false, 1},
    SourceRow{flow::SourceKind::kBody, .0, .30, .0, .60, 0, .35, 60.0, true, 2},
    SourceRow{flow::SourceKind::kHeart, .0, .15, .0, .60, 0, .35, 60.0, true, 3},
    SourceRow{flow::SourceKind::kEeg, .0, .0, .30, .30, 0, .30, 60.0, true, 4},
};

}  // namespace

const char* to_string(Mark mark) noexcept {
    switch (mark) {
        case Mark::kFitted: return "fitted";
        case Mark::kCited: return "cited";
        case Mark::kChosen: return "chosen";
    }
    return "?";
}

std::span<const Constant> constants() noexcept { return kConstants; }

const SourceRow& source_row(flow::SourceKind kind) noexcept {
    for (const SourceRow& row : kSources) {
        if (row.kind == kind) return row;
    }
    return kSources[2];
}

}  // namespace attune::affect
