// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/persona.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/paths.hpp"
#include "core/text.hpp"
#include "core/toml.hpp"

namespace attune::sense {
namespace {

constexpr std::array kFamilies{Family::kLinear, Family::kIsoTrue, Family::kFitted, Family::kTextbook,
                               Family::kSecondOrder};
constexpr std::array kGoals{flow::GoalKind::kCalm, flow::GoalKind::kLift, flow::GoalKind::kFocus,
                            flow::GoalKind::kSleep, flow::GoalKind::kEnergise, flow::GoalKind::kStay};

struct Parameter {
    const char* section;
    const char* key;
    Range Persona::*member;
    double low, high;
};

constexpr std::array kParameters{
    Parameter{"mood", "tau_s", &Persona::tau_s, 5, 7200},
    Parameter{"mood", "sigma", &Persona::sigma, 0, 1},
    Parameter{"mood", "pull_valence", &Persona::pull_valence, -1, 1},
    Parameter{"mood", "pull_arousal", &Persona::pull_arousal, -1, 1},
    Parameter{"mood", "beta", &Persona::beta, -1, 2},
    Parameter{"mood", "congruence", &Persona::congruence, 0, 1},
    Parameter{"mood", "tolerance", &Persona::tolerance, .05, 10},
    Parameter{"mood", "rumination", &Persona::rumination, 0, 5},
    Parameter{"mood", "startle", &Persona::startle, 0, 1},
    Parameter{"mood", "relaxation_anxiety", &Persona::relaxation_anxiety, 0, 2},
    Parameter{"mood", "period_s", &Persona::period_s, 0, 3600},
    Parameter{"mood", "damping", &Persona::damping, 0, 5},
    Parameter{"mood", "habituation_n", &Persona::habituation_n, 0, 1000},
    Parameter{"mood", "disturbance_arousal", &Persona::disturbance_arousal, -2, 2},
    Parameter{"mood", "disturbance_at_s", &Persona::disturbance_at_s, 0, 86400},
    Parameter{"appraisal", "offset", &Persona::appraisal_offset, -1, 1},
    Parameter{"appraisal", "gain", &Persona::appraisal_gain, 0, 3},
    Parameter{"appraisal", "sd_valence", &Persona::appraisal_sd_valence, 0, 1},
    Parameter{"appraisal", "sd_arousal", &Persona::appraisal_sd_arousal, 0, 1},
    Parameter{"appraisal", "liking_mean", &Persona::liking_mean, -1, 1},
    Parameter{"appraisal", "liking_sd", &Persona::liking_sd, 0, 2},
    Parameter{"appraisal", "taste_r", &Persona::taste_r, 0, 1},
    Parameter{"appraisal", "repeat_penalty", &Persona::repeat_penalty, 0, 1},
    Parameter{"appraisal", "fast_gain", &Persona::fast_gain, 0, 2},
    Parameter{"appraisal", "fast_tau_s", &Persona::fast_tau_s, 1, 600},
    Parameter{"answers", "rating_sd", &Persona::rating_sd, 0, 1},
    Parameter{"answers", "missing", &Persona::missing, 0, 1},
    Parameter{"answers", "acquiescence", &Persona::acquiescence, 0, 1},
    Parameter{"answers", "skip_base", &Persona::skip_base, -20, 5},
    Parameter{"answers", "skip_liking", &Persona::skip_liking, -10, 10},
    Parameter{"answers", "skip_mismatch", &Persona::skip_mismatch, -10, 10},
    Parameter{"body", "heart_rate_bpm", &Persona::heart_rate_bpm, 30, 180},
    Parameter{"body", "heart_r", &Persona::heart_r, -.9, .9},
    Parameter{"body", "settling_bpm", &Persona::settling_bpm, -30, 30},
    Parameter{"body", "settling_tau_s", &Persona::settling_tau_s, 10, 7200},
    Parameter{"body", "eda_us", &Persona::eda_us, .05, 40},
    Parameter{"body", "eda_r", &Persona::eda_r, -.9, .9},
    Parameter{"body", "eda_drift_per_h", &Persona::eda_drift_per_h, -1, 1},
    Parameter{"body", "scr_per_min", &Persona::scr_per_min, 0, 60},
    Parameter{"body", "skin_temp_c", &Persona::skin_temp_c, 15, 42},
    Parameter{"body", "respiration_per_min", &Persona::respiration_per_min, 4, 40},
    Parameter{"body", "dropouts_per_h", &Persona::dropouts_per_h, 0, 600},
    Parameter{"body", "off_body_per_h", &Persona::off_body_per_h, 0, 60},
    Parameter{"body", "motion_per_h", &Persona::motion_per_h, 0, 600},
    Parameter{"body", "contact_noise", &Persona::contact_noise, 0, 10},
};

const std::vector<std::string> kTopKeys{"name", "about", "goal", "start", "home", "mood", "appraisal", "answers",
                                        "body"};

std::string where(std::string_view file, const toml::source_region& region) {
    return std::string(file) + ":" + std::to_string(region.begin.line);
}

tl::unexpected<Error> unknown_key(std::string_view key, const std::vector<std::string>& known, std::string at) {
    std::string message = "unknown key '" + std::string(key) + "'";
    if (const auto near = core::nearest_word(key, known)) {
        message += "; did you mean '" + *near + "'?";
    } else {
        message += "; known here:";
        for (const std::string& k : known) message += " " + k;
    }
    return fail(ErrorCode::kBadArgument, std::move(message), std::move(at));
}

Result<double> number_in(const toml::node& node, std::string_view key, double low, double high,
                         std::string_view file) {
    const auto value = node.value<double>();
    if (!node.is_number() || !value || !(*value >= low && *value <= high)) {
        return fail(ErrorCode::kBadArgument,
                    std::string(key) + " must be a number in " + core::format_double(low) + ".." +
                        core::format_double(high) + (value && node.is_number() ? ", not " + core::format_double(*value) : ""),
                    where(file, node.source()));
    }
    return *value;
}

Result<Range> range_in(const toml::node& node, const Parameter& p, std::string_view file) {
    const toml::array* array = node.as_array();
    if (array == nullptr) {
        ATTUNE_TRY(const double x, number_in(node, p.key, p.low, p.high, file));
        return Range{x, x};
    }
    if (array->size() != 2) {
        return fail(ErrorCode::kBadArgument, std::string(p.key) + " must be a number or [low, high]",
                    where(file, node.source()));
    }
    ATTUNE_TRY(const double low, number_in(*array->get(0), p.key, p.low, p.high, file));
    ATTUNE_TRY(const double high, number_in(*array->get(1), p.key, p.low, p.high, file));
    if (low > high) {
        return fail(ErrorCode::kBadArgument, std::string(p.key) + ": low is above high", where(file, node.source()));
    }
    return Range{low, high};
}

Result<flow::Va> point_in(const toml::node& node, std::string_view key, std::string_view file) {
    const toml::table* table = node.as_table();
    if (table == nullptr || table->size() != 2 || !table->contains("valence") || !table->contains("arousal")) {
        return fail(ErrorCode::kBadArgument, std::string(key) + " must be {valence = V, arousal = A}",
                    where(file, node.source()));
    }
    flow::Va out;
    ATTUNE_TRY(out.valence, number_in(*table->get("valence"), "valence", -1, 1, file));
    ATTUNE_TRY(out.arousal, number_in(*table->get("arousal"), "arousal", -1, 1, file));
    return out;
}

Result<flow::GoalKind> goal_in(const toml::node& node, std::string_view file) {
    const auto text = node.value<std::string>();
    std::vector<std::string> known;
    for (const flow::GoalKind goal : kGoals) {
        if (text && *text == flow::to_string(goal)) return goal;
        known.emplace_back(flow::to_string(goal));
    }
    return unknown_key(text.value_or("(not a text)"), known, where(file, node.source()));
}

Result<void> apply_section(const toml::table& table, std::string_view section, Persona& out, std::string_view file) {
    std::vector<std::string> known;
    for (const Parameter& p : kParameters) {
        if (section == p.section) known.emplace_back(p.key);
    }
    for (const auto& [key, node] : table) {
        const auto p = std::find_if(kParameters.begin(), kParameters.end(), [&, name = key.str()](const Parameter& q) {
            return section == q.section && name == q.key;
        });
        if (p == kParameters.end()) return unknown_key(key.str(), known, where(file, node.source()));
        ATTUNE_TRY(out.*(p->member), range_in(node, *p, file));
    }
    return {};
}

Result<void> apply_top(std::string_view key, const toml::node& node, Persona& out, std::string_view file) {
    if (key == "name" || key == "about") {
        const auto text = node.value<std::string>();
        if (!text) {
            return fail(ErrorCode::kBadArgument, std::string(key) + " must be a text", where(file, node.source()));
        }
        (key == "name" ? out.name : out.about) = *text;
        return {};
    }
    if (key == "goal") {
        ATTUNE_TRY(out.goal, goal_in(node, file));
        return {};
    }
    if (key == "start" || key == "home") {
        ATTUNE_TRY((key == "start" ? out.start : out.home), point_in(node, key, file));
        return {};
    }
    const toml::table* section = node.as_table();
    if (std::find(kTopKeys.begin(), kTopKeys.end(), key) == kTopKeys.end()) {
        return unknown_key(key, kTopKeys, where(file, node.source()));
    }
    if (section == nullptr) {
        return fail(ErrorCode::kBadArgument, std::string(key) + " must be a section [" + std::string(key) + "]",
                    where(file, node.source()));
    }
    return apply_section(*section, key, out, file);
}

/// Line of the first character above ASCII that stands outside strings and comments, where TOML 1.0 allows none and
/// toml++ 3.3 runs into undefined behaviour (its table of letters); 0 = none.
std::size_t stray_character_line(std::string_view text) {
    std::size_t line = 1;
    char quote = 0;
    bool comment = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            ++line;
            comment = false;
            quote = 0;   // strings over several lines have no place in these files
        } else if (comment) {
            continue;
        } else if (quote != 0) {
            if (c == '\\' && quote == '"') ++i;
            if (c == quote) quote = 0;
        } else if (c == '#') {
            comment = true;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (static_cast<unsigned char>(c) >= 0x80) {
            return line;
        }
    }
    return 0;
}

Result<toml::table> parsed(std::string_view toml_text, std::string_view file) {
    if (const std::size_t line = stray_character_line(toml_text); line > 0) {
        return fail(ErrorCode::kBadArgument, "not TOML: a character above ASCII outside of quotes and comments",
                    std::string(file) + ":" + std::to_string(line));
    }
    try {
        return toml::parse(toml_text, file);
    } catch (const toml::parse_error& e) {
        return fail(ErrorCode::kBadArgument, "not TOML: " + std::string(e.description()), where(file, e.source()));
    } catch (const core::TomlBroken& e) {
        return fail(ErrorCode::kBadArgument, std::string("not TOML: ") + e.what(), std::string(file));
    }
}

Result<void> apply_text(std::string_view toml_text, Persona& out, std::string_view file) {
    ATTUNE_TRY(const toml::table table, parsed(toml_text, file));
    for (const auto& [key, node] : table) ATTUNE_CHECK(apply_top(key.str(), node, out, file));
    return {};
}

Result<void> apply_family(std::string_view toml_text, Family family, Persona& out) {
    ATTUNE_TRY(const toml::table table, parsed(toml_text, "families.toml"));
    const toml::table* section = table[to_string(family)].as_table();
    if (section == nullptr) {
        return fail(ErrorCode::kBadArgument, std::string("no section [") + to_string(family) + "]", "families.toml");
    }
    const Range pull_v = out.pull_valence;
    const Range pull_a = out.pull_arousal;
    const Range beta = out.beta;
    ATTUNE_CHECK(apply_section(*section, "mood", out, "families.toml"));
    // A family says how people in general respond; who does not respond, or the wrong way, stays so.
    if (pull_a.low == 0.0 && pull_a.high == 0.0) {
        out.pull_valence = pull_v;
        out.pull_arousal = pull_a;
        out.beta = beta;
        out.congruence = {0, 0};
    } else if (pull_a.high < 0.0 && out.pull_arousal.high > 0.0) {
        out.pull_valence = {-out.pull_valence.high, -out.pull_valence.low};
        out.pull_arousal = {-out.pull_arousal.high, -out.pull_arousal.low};
    }
    if (family == Family::kTextbook) out.home = out.start;
    return {};
}

}  // namespace

const char* to_string(Family family) noexcept {
    switch (family) {
        case Family::kLinear: return "linear";
        case Family::kIsoTrue: return "iso-true";
        case Family::kFitted: return "fitted";
        case Family::kTextbook: return "textbook";
        case Family::kSecondOrder: return "second-order";
    }
    return "?";
}

Result<Family> parse_family(std::string_view text) {
    std::vector<std::string> known;
    for (const Family family : kFamilies) {
        if (text == to_string(family)) return family;
        known.emplace_back(to_string(family));
    }
    return unknown_key(text, known, "family");
}

Result<Persona> parse_persona(std::string_view common_toml, std::string_view persona_toml,
                              std::string_view families_toml, Family family, std::string_view name) {
    Persona out;
    out.name = std::string(name);
    ATTUNE_CHECK(apply_text(common_toml, out, "common.toml"));
    ATTUNE_CHECK(apply_text(persona_toml, out, name));
    if (!families_toml.empty()) ATTUNE_CHECK(apply_family(families_toml, family, out));
    return out;
}

Result<Persona> load_persona(std::string_view name_or_path, Family family) {
    constexpr std::size_t kMaxBytes = 1U << 16;
    const bool is_path = name_or_path.size() > 5 && name_or_path.substr(name_or_path.size() - 5) == ".toml";
    std::filesystem::path file(name_or_path);
    if (!is_path) {
        const auto names = persona_names();
        if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
            std::string message = "there is no persona '" + std::string(name_or_path) + "'";
            if (const auto near = core::nearest_word(name_or_path, names)) message += "; did you mean '" + *near + "'?";
            message += " personas:";
            for (const std::string& n : names) message += " " + n;
            return fail(ErrorCode::kBadArgument, std::move(message));
        }
        ATTUNE_TRY(file, core::resource("personas/" + std::string(name_or_path) + ".toml"));
    }
    ATTUNE_TRY(const auto common_file, core::resource("personas/common.toml"));
    ATTUNE_TRY(const auto families_file, core::resource("personas/families.toml"));
    ATTUNE_TRY(const std::string common, core::read_file(common_file, kMaxBytes));
    ATTUNE_TRY(const std::string families, core::read_file(families_file, kMaxBytes));
    ATTUNE_TRY(const std::string persona, core::read_file(file, kMaxBytes));
    return parse_persona(common, persona, families, family, file.filename().string());
}

std::vector<std::string> persona_names() {
    std::vector<std::string> names;
    const auto common = core::resource("personas/common.toml");
    if (!common) return names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(common->parent_path(), ignored)) {
        const std::string stem = entry.path().stem().string();
        if (entry.path().extension() == ".toml" && stem != "common" && stem != "families") names.push_back(stem);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace attune::sense
