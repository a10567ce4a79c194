// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/strings.hpp"

#include <nlohmann/json.hpp>

#include "core/paths.hpp"

namespace attune::core {
namespace {

void flatten(const nlohmann::json& node, const std::string& prefix,
             std::map<std::string, std::string, std::less<>>& out) {
    for (const auto& [name, value] : node.items()) {
        const std::string key = prefix.empty() ? name : prefix + "." + name;
        if (value.is_object()) flatten(value, key, out);
        else out[key] = value.get<std::string>();
    }
}

}  // namespace

Result<Strings> Strings::parse(std::string_view json, std::string_view name) {
    try {
        Strings strings;
        flatten(nlohmann::json::parse(json), "", strings.sentences_);
        return strings;
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("the catalogue of sentences does not read: ") + e.what(),
                    std::string(name));
    }
}

Result<Strings> Strings::load(const std::filesystem::path& file) {
    ATTUNE_TRY(const auto text, read_file(file));
    return parse(text, file.string());
}

Result<Strings> Strings::installed(std::string_view language) {
    ATTUNE_TRY(const auto file, resource("strings/" + std::string(language) + ".json"));
    return load(file);
}

bool Strings::has(std::string_view key) const { return sentences_.find(key) != sentences_.end(); }

std::string Strings::get(std::string_view key, const Args& args) const {
    const auto at = sentences_.find(key);
    if (at == sentences_.end()) return std::string(key);
    std::string out;
    std::string_view rest = at->second;
    while (true) {
        const auto open = rest.find('{');
        const auto close = open == std::string_view::npos ? open : rest.find('}', open);
        if (close == std::string_view::npos) return out += rest;
        const auto arg = args.find(std::string(rest.substr(open + 1, close - open - 1)));
        out += rest.substr(0, open);
        if (arg != args.end()) out += arg->second;
        else out += rest.substr(open, close - open + 1);
        rest.remove_prefix(close + 1);
    }
}

std::vector<std::string> Strings::keys() const {
    std::vector<std::string> out;
    for (const auto& [key, sentence] : sentences_) out.push_back(key);
    return out;
}

}  // namespace attune::core
