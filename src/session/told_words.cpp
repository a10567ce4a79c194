// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/told_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"

namespace attune::session {
namespace {

using K = flow::CommandKind;

struct Word {
    std::string_view text;
    K kind;
    std::string_view arg;   ///< name of what must follow; empty = nothing may
};

constexpr std::array kWords = {
    Word{"hold", K::kHold, ""},         Word{"go-on", K::kGoOn, ""},         Word{"back", K::kBack, ""},
    Word{"skip", K::kSkip, ""},         Word{"softer", K::kSofter, ""},      Word{"slower", K::kSlower, ""},     Word{"faster", K::kSlower, ""},
    Word{"pause", K::kPause, ""},       Word{"resume", K::kResume, ""},      Word{"stop", K::kStop, ""},
    Word{"unsafe", K::kUnsafe, ""},     Word{"worse", K::kWorse, ""},       Word{"silence", K::kMoreSilence, ""}, Word{"keep-going", K::kKeepGoing, ""},
    Word{"quieter", K::kQuieter, ""},   Word{"yes", K::kYes, ""},            Word{"no", K::kNo, ""},
    Word{"next", K::kOverrideNext, "track"}, Word{"step", K::kOverrideStep, "V,A"},
    Word{"level", K::kOverrideLevel, "gain_db"}, Word{"lock", K::kLockPlan, ""}, Word{"unlock", K::kUnlockPlan, ""},
    Word{"block", K::kBlockTrack, "track"}, Word{"withdraw", K::kWithdrawSensor, "source"}};

constexpr std::string_view kArtist = "artist:";
constexpr double kLowestLevelDb = -60.0, kHighestLevelDb = 12.0;

Error unknown_word(const std::string& word) {
    std::vector<std::string> names{"rate", "like"};
    for (const Word& w : kWords) names.emplace_back(w.text);
    const auto near = core::nearest_word(word, names);
    return {ErrorCode::kBadArgument,
            "'" + word + "' is nothing that a session can be told" + (near ? "; did you mean '" + *near + "'?" : ""), "tell"};
}

Result<Payload> rating_of(const std::string& value, bool liking, const Speaker& speaker) {
    flow::Rating rating;
    rating.actor = speaker.actor;
    if (!liking) {
        ATTUNE_TRY(rating.value, parse_point(value));
        return Payload(std::move(rating));
    }
    rating.kind = flow::RatingKind::kLiking;
    rating.liking = core::parse_double(value);
    if (!rating.liking || !(std::abs(*rating.liking) <= 1.0))
        return fail(ErrorCode::kBadArgument, "'" + value + "' is not a liking from -1 to 1", "tell like");
    return Payload(std::move(rating));
}

Result<void> fill_args(const Word& word, const std::string& value, flow::Command& command) {
    switch (word.kind) {
        case K::kBlockTrack:
            if (value.starts_with(kArtist)) {
                const std::string artist = core::to_lower_ascii(core::trim(std::string_view(value).substr(kArtist.size())));
                if (artist.empty()) return fail(ErrorCode::kBadArgument, "'" + value + "' names no artist", "tell block");
                command.args["artist"] = artist;
                return {};
            }
            [[fallthrough]];
        case K::kOverrideNext: {
            ATTUNE_TRY(const auto key, ContentKey::parse(value));
            command.args["track"] = key.hex();
            return {};
        }
        case K::kOverrideStep: {
            ATTUNE_TRY(const flow::Va step, parse_point(value));
            if (!(step.valence > 0.0 && step.arousal > 0.0))
                return fail(ErrorCode::kBadArgument, "'" + value + "': the most that valence and arousal may change at a join "
                                                     "are each over 0, up to 1", "tell step");
            command.args["max_valence_step"] = core::format_double(step.valence);
            command.args["max_arousal_step"] = core::format_double(step.arousal);
            return {};
        }
        case K::kOverrideLevel: {
            const auto db = core::parse_double(value);
            if (!db || !(*db >= kLowestLevelDb && *db <= kHighestLevelDb))
                return fail(ErrorCode::kBadArgument, "'" + value + "' is not a level change from -60 to 12 dB", "tell level");
            command.args["gain_db"] = core::format_double(*db);
            return {};
        }
        default: command.args[std::string(word.arg)] = value; return {};
    }
}

}  // namespace

std::vector<std::string_view> told_words() {
    std::vector<std::string_view> out{"rate", "like"};
    for (const Word& w : kWords) out.push_back(w.text);
    return out;
}

Result<flow::Va> parse_point(std::string_view text) {
    const auto parts = core::split(text, ',');
    const double v = core::parse_double(parts[0]).value_or(std::nan(""));
    const double a = parts.size() == 2 ? core::parse_double(parts[1]).value_or(std::nan("")) : std::nan("");
    if (!(std::abs(v) <= 1.0) || !(std::abs(a) <= 1.0)) {   // so written that NaN is refused
        return fail(ErrorCode::kBadArgument, "'" + std::string(text) + "' is not VALENCE,AROUSAL with both from -1 to 1");
    }
    return flow::Va{v, a};
}

Result<flow::Role> parse_role(std::string_view name) {
    for (const flow::Role role : {flow::Role::kListener, flow::Role::kTherapist, flow::Role::kOwner, flow::Role::kResearcher})
        if (name == flow::to_string(role)) return role;
    return fail(ErrorCode::kBadArgument, "'" + std::string(name) + "' is not a role; roles are listener, therapist, owner, researcher",
                "--as");
}

Result<Payload> parse_told(std::span<const std::string> words, const Speaker& speaker) {
    if (words.empty()) return fail(ErrorCode::kBadArgument, "nothing was said", "tell");
    const std::string& first = words.front();
    const bool rates = first == "rate" || first == "like";
    const auto at = std::find_if(kWords.begin(), kWords.end(), [&](const Word& w) { return w.text == first; });
    if (!rates && at == kWords.end()) return tl::unexpected(unknown_word(first));
    const std::size_t wanted = rates || !at->arg.empty() ? 2 : 1;
    if (words.size() != wanted) {
        return fail(ErrorCode::kBadArgument, "'" + first + "' takes " + (wanted == 2 ? "one value" : "no value") + ", " +
                                                 std::to_string(words.size() - 1) + " were given", "tell");
    }
    if (rates) return rating_of(words[1], first == "like", speaker);
    flow::Command command;
    command.id = core::IdSource().next();
    command.actor = speaker.actor;
    command.role = speaker.role;
    command.kind = at->kind;
    if (first == "faster") command.args["back"] = "1";   // a step of "slower" is taken back
    if (wanted == 2) ATTUNE_CHECK(fill_args(*at, words[1], command));
    return Payload(std::move(command));
}

std::string_view word_of_key(char key, bool paused) noexcept {
    switch (key) {
        case 'h': return "hold";
        case 'g': return "go-on";
        case 'b': return "back";
        case 's': return "skip";
        case '-': return "softer";
        case 'p':
        case ' ': return paused ? "resume" : "pause";
        case 'm': return "silence";
        case 'u': return "unsafe";
        case 'w': return "worse";
        case 'k': return "keep-going";
        case 'y': return "yes";
        case 'n': return "no";
        case 'q': return "stop";
        default: return {};
    }
}

}  // namespace attune::session
