// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// `attune person intake`: what must be heeded of a listener.
///
/// What is said is added to what stands: nothing is taken back unless --clear-… names it, or the interview gets a "no".
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "app/command_line.hpp"
#include "care/intake.hpp"
#include "session/space.hpp"

namespace attune::app {

void add_person_intake(CLI::App& person, Context& context);

[[nodiscard]] nlohmann::json intake_json(const care::Intake& intake);

/// The listener of this id; empty = the first of the space.
[[nodiscard]] Result<care::Person> listener(session::Space& space, const std::string& id);

/// A track as a person names it: path, key or its beginning, else a title. kNotFound; kBadArgument names the
/// tracks when a title means several.
[[nodiscard]] Result<ContentKey> named_track(session::Space& space, const std::string& text);

/// The ten questions, each with what its effect needs. Enter keeps what stands, "q" or the end of the input keeps
/// the rest; an answer that is no answer is asked again.
struct Interview {
    std::istream& in;
    std::function<void(const std::string&)> say;
    std::function<Result<ContentKey>(const std::string&)> find;
};
void interview(care::Intake& intake, const Interview& with);

}  // namespace attune::app
