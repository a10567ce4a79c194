// SPDX-License-Identifier: GPL-3.0-or-later
#include "care/policy_maker.hpp"

#include <algorithm>
#include <array>

#include "core/hash.hpp"
#include "core/text.hpp"

namespace attune::care {
namespace {

constexpr double kSensitiveWeeklyDba = 75.0;   // WHO-ITU H.870, mode 2
constexpr double kSensitiveCeilingDba = 60.0;  // chosen
constexpr double kSensitiveGainDb = -6.0;      // chosen

void only_known_music(flow::Policy& p) {
    p.flagged = true;
    p.allow_unfamiliar = false;
}

void lower_ceiling(flow::Policy& p) {
    p.ceiling_dba = std::min(p.ceiling_dba, kSensitiveCeilingDba);
    p.ceiling_gain_db = std::min(p.ceiling_gain_db, kSensitiveGainDb);
}

void block_triggers(flow::Policy& p, const Intake& intake) {
    p.blocks.tracks.insert(intake.trigger_tracks.begin(), intake.trigger_tracks.end());
    for (const std::string& trigger : intake.triggers) {
        p.blocks.artists.insert(trigger);
        p.blocks.tags.insert(trigger);
    }
}

/// The mechanical effect of each flag.
void apply(Flag flag, const Intake& intake, flow::Policy& p) {
    switch (flag) {
        case Flag::kReflexEpilepsy:
            only_known_music(p);
            break;
        case Flag::kHyperacusis:
            lower_ceiling(p);
            p.startle_guard = true;
            p.weekly_limit_dba = kSensitiveWeeklyDba;
            break;
        case Flag::kTinnitus: p.tinnitus_hz = intake.tinnitus_hz; break;
        case Flag::kPsychosisMania:
            p.allow_energise = false;
            p.show_state = false;
            break;
        case Flag::kTrauma:
            p.allow_mirror = false;
            only_known_music(p);
            p.blocks.askable.clear();   // naming the piece would bring the memory up
            p.safe_track = intake.safe_track;
            break;
        case Flag::kRecentLoss: p.allow_pushed_lift = false; break;
        case Flag::kRuminates: p.allow_match = false; break;
        case Flag::kChild:
            lower_ceiling(p);
            p.weekly_limit_dba = kSensitiveWeeklyDba;
            p.blocks.tags.insert("explicit");
            break;
        case Flag::kDementia:
            only_known_music(p);
            p.startle_guard = true;
            p.show_state = false;
            p.blocks.askable.clear();   // nobody is tested in the middle of the music
            break;
        case Flag::kHearingLoss: p.weekly_limit_dba = kSensitiveWeeklyDba; break;
    }
}

void mark_memories(flow::Policy& p, const Circumstances& c) {
    for (const auto& [key, memory] : c.settings.memories) {
        if (memory == flow::Memory::kNever) p.blocks.tracks.insert(key);
        if (memory == flow::Memory::kAsk) {
            p.blocks.ask_first.insert(key);
            p.blocks.askable.insert(key);
        }
        if (memory == flow::Memory::kOnlyWithMe && !c.companion_present) p.blocks.ask_first.insert(key);
    }
}

/// Changes whenever anything changes that somebody obeys; never 0.
std::uint64_t version_of(const Circumstances& c) {
    core::Blake2b hash(16);
    hash.update(text_of(c.intake));
    hash.update(text_of(c.settings));
    hash.update(flow::to_string(c.deployment));
    hash.update(c.companion_present ? "with" : "alone");
    hash.update(c.dose_used ? core::format_double(*c.dose_used) : "unknown");
    const auto digest = hash.finish();
    std::uint64_t version = 0;
    for (std::size_t i = 0; i < 7; ++i) version = version << 8 | digest[i];
    return std::max<std::uint64_t>(version, 1);
}

}  // namespace

bool inference_allowed(flow::Deployment deployment) noexcept {
    return deployment != flow::Deployment::kWorkplace && deployment != flow::Deployment::kEducation;
}

Result<flow::Deployment> parse_deployment(std::string_view name) {
    using D = flow::Deployment;
    for (const D d : {D::kHome, D::kClinic, D::kResearch, D::kWorkplace, D::kEducation})
        if (name == flow::to_string(d)) return d;
    return fail(ErrorCode::kBadArgument, "'" + std::string(name) + "' is not a deployment; deployments are home, "
                                         "clinic, research, workplace, education");
}

flow::Policy make_policy(const Circumstances& c) {
    flow::Policy p;
    p.deployment = c.deployment;
    p.infer_from_body = inference_allowed(c.deployment);
    p.blocks.tracks = c.settings.blocked_tracks;
    p.blocks.artists = c.settings.blocked_artists;
    p.blocks.tags = c.settings.blocked_tags;
    p.limits = c.settings.limits;
    p.allow_match = c.settings.match;
    if (c.settings.ceiling_dba) p.ceiling_dba = *c.settings.ceiling_dba;
    if (c.settings.ceiling_gain_db) p.ceiling_gain_db = *c.settings.ceiling_gain_db;
    p.safe_track = c.intake.safe_track;
    if (c.dose_used) p.dose_left = std::clamp(1.0 - *c.dose_used, 0.0, 1.0);
    mark_memories(p, c);
    block_triggers(p, c.intake);
    for (const Flag flag : c.intake.flags) apply(flag, c.intake, p);
    p.version = version_of(c);
    return p;
}

}  // namespace attune::care
