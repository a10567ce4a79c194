// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/configuration.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "care/policy_maker.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "core/toml.hpp"

namespace attune::app {
namespace {

constexpr std::size_t kLargest = 1U << 20;

std::string place(const std::filesystem::path& file, const toml::node& node) {
    return file.string() + ":" + std::to_string(node.source().begin.line);
}

Result<std::string> text_of(const toml::node& node, const std::string& key, const std::string& at) {
    if (const auto* s = node.as_string()) return s->get();
    if (const auto* i = node.as_integer()) return std::to_string(i->get());
    if (const auto* f = node.as_floating_point()) return core::format_double(f->get());
    if (const auto* b = node.as_boolean()) return std::string(b->get() ? "true" : "false");
    return fail(ErrorCode::kBadArgument, "'" + key + "' must be text, a number, true or false", at);
}

Result<void> take(const std::string& key, const toml::node& node, const std::filesystem::path& file,
                  std::map<std::string, std::string>& out) {
    std::vector<std::string> names;
    for (const ConfigKey& known : config_keys()) names.push_back(known.key);
    if (std::find(names.begin(), names.end(), key) == names.end()) {
        const auto near = core::nearest_word(key, names);
        return fail(ErrorCode::kBadArgument, "unknown key '" + key + "'" + (near ? "; did you mean '" + *near + "'?" : ""),
                    place(file, node));
    }
    ATTUNE_TRY(out[key], text_of(node, key, place(file, node)));
    return {};
}

CLI::App* command_of(CLI::App& app, const std::string& path) {
    CLI::App* at = &app;
    if (path.empty()) return at;
    for (const std::string_view name : core::split(path, ' ')) at = at->get_subcommand(std::string(name));
    return at;
}

}  // namespace

std::string ConfigKey::environment() const {
    std::string name = "ATTUNE_";
    for (const char c : key) name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = {
        {"data", "--data", ""},
        {"db", "--db", ""},
        {"deployment", "--deployment", ""},
        {"session.minutes", "--minutes", "session run"},
        {"session.sink", "--sink", "session run"},
        {"session.person", "--person", "session run"},
        {"serve.host", "--host", "serve"},
        {"serve.port", "--port", "serve"},
        {"serve.tls_certificate", "--tls-certificate", "serve"},
        {"serve.tls_key", "--tls-key", "serve"}};
    return keys;
}

Result<std::map<std::string, std::string>> read_config(const std::filesystem::path& file, bool required) {
    std::map<std::string, std::string> out;
    std::error_code ec;
    if (!std::filesystem::exists(file, ec)) {
        if (!required) return out;
        return fail(ErrorCode::kNotFound, "there is no configuration file here", file);
    }
    ATTUNE_TRY(const std::string text, core::read_file(file, kLargest));
    try {
        const toml::table root = toml::parse(text, file.string());
        for (const auto& [name, node] : root) {
            const std::string key(name.str());
            const toml::table* section = node.as_table();
            if (section == nullptr) {
                ATTUNE_CHECK(take(key, node, file, out));
                continue;
            }
            for (const auto& [inner, value] : *section) ATTUNE_CHECK(take(key + "." + std::string(inner.str()), value, file, out));
        }
    } catch (const toml::parse_error& e) {
        return fail(ErrorCode::kBadArgument, std::string(e.description()), file.string() + ":" + std::to_string(e.source().begin.line));
    } catch (const core::TomlBroken& e) {
        return fail(ErrorCode::kBadArgument, e.what(), file);
    }
    return out;
}

Result<void> apply_config(CLI::App& app, const std::map<std::string, std::string>& values) {
    for (const ConfigKey& key : config_keys()) {
        CLI::Option* option = command_of(app, key.command)->get_option(key.flag);
        std::string value;
        if (const auto at = values.find(key.key); at != values.end()) value = at->second;
        const char* environment = std::getenv(key.environment().c_str());
        if (environment != nullptr && *environment != '\0') value = environment;
        if (value.empty()) continue;
        try {
            option->default_val(value);
        } catch (const CLI::Error& e) {
            return fail(ErrorCode::kBadArgument, "'" + value + "' does not fit " + key.key + ": " + e.what(), "configuration");
        }
    }
    return {};
}

Result<flow::Deployment> deployment_of(const std::map<std::string, std::string>& file, const std::string& asked) {
    ATTUNE_TRY(const auto deployment, care::parse_deployment(asked));
    const auto at = file.find("deployment");
    if (at == file.end()) return deployment;
    ATTUNE_TRY(const auto standing, care::parse_deployment(at->second));
    if (!care::inference_allowed(standing) && care::inference_allowed(deployment)) {
        return fail(ErrorCode::kRefused, "this installation is set up for " + at->second + ", where nothing is inferred from face, voice or body; '" +
                                             asked + "' does not lift that", "--deployment");
    }
    return deployment;
}

std::filesystem::path config_path(const std::vector<std::string>& arguments, bool& named) {
    named = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--config" && i + 1 < arguments.size()) return arguments[i + 1];
        if (arguments[i].starts_with("--config=")) return arguments[i].substr(9);
    }
    const char* environment = std::getenv("ATTUNE_CONFIG");
    if (environment != nullptr && *environment != '\0') return environment;
    named = false;
    return core::config_file();
}

}  // namespace attune::app
