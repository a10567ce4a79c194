// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/model_registry.hpp"

#include "core/text.hpp"

namespace attune::learn {

Result<const ModelEntry*> ModelRegistry::find(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
        if (entry.name == name) return &entry;
        names.push_back(entry.name);
    }
    std::string message = "no model is called \"" + name + "\"; ";
    if (const auto near = core::nearest_word(name, names)) return fail(ErrorCode::kBadArgument, message + "did you mean " + *near + "?");
    message += "known are:";
    for (const auto& known : names) message += " " + known;
    return fail(ErrorCode::kBadArgument, message);
}

}  // namespace attune::learn
