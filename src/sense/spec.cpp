// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/spec.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.hpp"

namespace attune::sense {
namespace {

enum class Type { kText, kInteger, kNumber, kFamily };

struct Key {
    const char* name;
    Type type = Type::kText;
    double low = 0.0, high = 0.0;  // of numbers
};

struct Scheme {
    SpecKind kind;
    const char* prefix;        // what the text begins with
    const char* place;         // what follows, for help
    bool place_needed;
    const char* help;
    std::array<Key, 8> keys;
};

constexpr Key kId{"id"};
constexpr Key kHz{"hz", Type::kNumber, .5, 30};  // pictures that are looked at a second
constexpr std::array kFamilies{"linear", "iso-true", "fitted", "textbook", "second-order"};

const std::array kSchemes{
    Scheme{SpecKind::kFaceCamera, "face:camera", "N", false, "a camera of this machine", {kId, kHz}},
    Scheme{SpecKind::kFaceVideo, "face:video", "FILE", true, "a video file, as if it were a camera", {kId, kHz}},
    Scheme{SpecKind::kVoiceMic, "voice:mic", "N", false, "a microphone, for a spoken check-in", {kId, Key{"seconds", Type::kNumber, 0, 86400}}},
    Scheme{SpecKind::kVoiceWav, "voice:wav", "FILE", true, "a sound file, as if it were a microphone", {kId}},
    Scheme{SpecKind::kReplay, "replay", "DIR", true, "a folder with CSV, Empatica E4 or EDF+ files",
           {kId, Key{"start", Type::kNumber, 0, 1e9}, Key{"speed", Type::kNumber, .01, 1e4}}},
    Scheme{SpecKind::kSimulated, "simulated", "PERSONA", true, "a simulated listener (marked SIMULATED everywhere)",
           {kId, Key{"seed", Type::kInteger, 0, 9.2e18}, Key{"family", Type::kFamily},
            Key{"w", Type::kNumber, .05, 10}, Key{"response", Type::kNumber, 0, 1},
            Key{"body", Type::kInteger, 0, 1}, Key{"appraisal", Type::kNumber, 0, 1}}},
    Scheme{SpecKind::kMqtt, "mqtt:", "//HOST[:PORT]/TOPIC", true, "samples from an MQTT broker", {kId, Key{"user"}, Key{"password"}}},
    Scheme{SpecKind::kOsc, "osc:", "//[HOST]:PORT[/PREFIX]", true, "samples by Open Sound Control",
           {kId, Key{"rate", Type::kNumber, 0, 20000}}},
    Scheme{SpecKind::kLsl, "lsl", "NAME", true, "a stream of the Lab Streaming Layer", {kId}},
    Scheme{SpecKind::kBleHeartRate, "ble:hr", "ADDRESS", false, "a Bluetooth heart rate strap", {kId}},
};

std::vector<std::string> prefixes() {
    std::vector<std::string> names;
    for (const Scheme& s : kSchemes) {
        std::string name = s.prefix;
        if (name.back() == ':') name.pop_back();
        names.push_back(std::move(name));
    }
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& w : words) out += (out.empty() ? "" : ", ") + w;
    return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words) {
    const auto near = core::nearest_word(word, words);
    return (near ? "did you mean '" + *near + "'? " : std::string()) + "known: " + joined(words);
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const auto high = hex_digit(text[i + 1]);
            const auto low = hex_digit(text[i + 2]);
            if (high && low) {
                out += static_cast<char>(*high * 16 + *low);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

/// The scheme whose prefix the text starts with, and what follows the prefix and its colon.
const Scheme* match(std::string_view text, std::string_view& rest) {
    for (const Scheme& s : kSchemes) {
        const std::string_view prefix = s.prefix;
        if (text.substr(0, prefix.size()) != prefix) continue;
        std::string_view after = text.substr(prefix.size());
        if (prefix.back() == ':') {  // mqtt://, osc://
            if (after.substr(0, 2) != "//") continue;
            rest = after.substr(2);
            return &s;
        }
        if (!after.empty() && after.front() != ':' && after.front() != '?') continue;
        if (!after.empty() && after.front() == ':') after.remove_prefix(1);
        rest = after;
        return &s;
    }
    return nullptr;
}

Result<void> check_value(const Key& key, const std::string& value, std::string_view spec) {
    const std::string where(spec);
    switch (key.type) {
        case Type::kText: return {};
        case Type::kFamily:
            for (const char* family : kFamilies) {
                if (value == family) return {};
            }
            return fail(ErrorCode::kBadArgument,
                        "family '" + value + "' is unknown; " +
                            did_you_mean(value, {kFamilies.begin(), kFamilies.end()}),
                        where);
        case Type::kInteger:
            if (const auto n = core::parse_int(value);
                n && static_cast<double>(*n) >= key.low && static_cast<double>(*n) <= key.high) {
                return {};
            }
            break;
        case Type::kNumber:
            if (const auto x = core::parse_double(value); x && *x >= key.low && *x <= key.high) return {};
            break;
    }
    return fail(ErrorCode::kBadArgument,
                std::string(key.name) + "=" + value + " is not a" +
                    (key.type == Type::kInteger ? " whole number" : " number") + " in " +
                    core::format_double(key.low) + ".." + core::format_double(key.high),
                where);
}

Result<void> parse_params(std::string_view query, const Scheme& scheme, Spec& spec) {
    for (const std::string_view pair : core::split(query, '&')) {
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const std::string name(pair.substr(0, equals));
        if (equals == std::string_view::npos) {
            return fail(ErrorCode::kBadArgument, "'" + name + "' has no value; write " + name + "=VALUE", spec.text);
        }
        const Key* key = nullptr;
        std::vector<std::string> names;
        for (const Key& k : scheme.keys) {
            if (k.name == nullptr) break;
            names.emplace_back(k.name);
            if (name == k.name) key = &k;
        }
        if (key == nullptr) {
            return fail(ErrorCode::kBadArgument, "'" + name + "' is no setting of " + to_string(scheme.kind) + "; " +
                                                     did_you_mean(name, names), spec.text);
        }
        std::string value = percent_decoded(pair.substr(equals + 1));
        ATTUNE_CHECK(check_value(*key, value, spec.text));
        spec.params[name] = std::move(value);
    }
    return {};
}

}  // namespace

const char* to_string(SpecKind kind) noexcept {
    switch (kind) {
        case SpecKind::kFaceCamera: return "face:camera";
        case SpecKind::kFaceVideo: return "face:video";
        case SpecKind::kVoiceMic: return "voice:mic";
        case SpecKind::kVoiceWav: return "voice:wav";
        case SpecKind::kReplay: return "replay";
        case SpecKind::kSimulated: return "simulated";
        case SpecKind::kMqtt: return "mqtt";
        case SpecKind::kOsc: return "osc";
        case SpecKind::kLsl: return "lsl";
        case SpecKind::kBleHeartRate: return "ble:hr";
    }
    return "?";
}

std::int64_t Spec::integer(const std::string& key, std::int64_t fallback) const {
    const auto at = params.find(key);
    return at == params.end() ? fallback : core::parse_int(at->second).value_or(fallback);
}

double Spec::number(const std::string& key, double fallback) const {
    const auto at = params.find(key);
    return at == params.end() ? fallback : core::parse_double(at->second).value_or(fallback);
}

std::string Spec::string(const std::string& key, std::string_view fallback) const {
    const auto at = params.find(key);
    return at == params.end() ? std::string(fallback) : at->second;
}

std::string Spec::source_id() const {
    if (const auto at = params.find("id"); at != params.end()) return at->second;
    std::string name = to_string(kind);
    return name.substr(0, name.find(':'));
}

Result<Spec> parse_spec(std::string_view text) {
    if (text.size() > 4096) return fail(ErrorCode::kBadArgument, "a sensor's name has at most 4096 bytes");
    if (text.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::kBadArgument, "a sensor's name holds a zero byte");
    }
    std::string_view rest;
    const Scheme* scheme = match(text, rest);
    if (scheme == nullptr) {
        std::string head(text.substr(0, text.find('?')));
        if (const auto slashes = head.find("://"); slashes != std::string::npos) head.resize(slashes);
        const auto first = head.find(':');
        const std::string two = head.substr(0, first == std::string::npos ? first : head.find(':', first + 1));
        const auto near = core::nearest_word(two, prefixes());
        return fail(ErrorCode::kBadArgument,
                    "'" + head + "' names no kind of sensor; " +
                        did_you_mean(near ? two : head.substr(0, first), prefixes()),
                    std::string(text));
    }
    Spec spec;
    spec.kind = scheme->kind;
    spec.text = std::string(text);
    // A file's name may hold a '?': only one that starts KEY= begins the settings.
    std::size_t question = rest.rfind('?');
    if (question != std::string_view::npos && rest.find('=', question) == std::string_view::npos &&
        (scheme->kind == SpecKind::kFaceVideo || scheme->kind == SpecKind::kVoiceWav ||
         scheme->kind == SpecKind::kReplay)) {
        question = std::string_view::npos;
    }
    spec.place = std::string(rest.substr(0, question));
    if (spec.place.empty() && scheme->place_needed) {
        return fail(ErrorCode::kBadArgument,
                    std::string("nothing follows '") + scheme->prefix + "'; write " + scheme->prefix +
                        (scheme->place[0] == '/' ? "" : ":") + scheme->place,
                    spec.text);
    }
    if (question != std::string_view::npos) {
        ATTUNE_CHECK(parse_params(rest.substr(question + 1), *scheme, spec));
    }
    if ((spec.kind == SpecKind::kFaceCamera || spec.kind == SpecKind::kVoiceMic) && !spec.place.empty()) {
        const auto n = core::parse_int(spec.place);
        if (!n || *n < 0 || *n > 63) {
            return fail(ErrorCode::kBadArgument, "device '" + spec.place + "' is not a number in 0..63", spec.text);
        }
    }
    return spec;
}

std::vector<std::string> spec_help() {
    std::vector<std::string> lines;
    for (const Scheme& s : kSchemes) {
        const std::string_view prefix = s.prefix;
        std::string line(prefix);
        if (prefix.back() != ':') line += s.place_needed ? ":" : "[:";
        line += s.place;
        if (prefix.back() != ':' && !s.place_needed) line += "]";
        line.resize(std::max<std::size_t>(line.size() + 2, 34), ' ');
        lines.push_back(line + s.help);
    }
    return lines;
}

}  // namespace attune::sense
