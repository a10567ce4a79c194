// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The listeners of a space: who they are, what they told, what they consented to, what they heard this
/// week. Owns its tables; the only SQL of the room is in people.cpp. Everything personal is sealed.
///
/// Threads  as its connection: one owner at a time
/// Errors   those of store::Connection; kNotFound names the person; kRefused names the rule; kBadArgument
///          value and range
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "care/intake.hpp"
#include "care/policy_maker.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/connection.hpp"
#include "store/schema.hpp"
#include "store/seal.hpp"

namespace attune::care {

/// This room's part of the database, for store::migrate.
[[nodiscard]] store::RoomSchema schema();

struct Person {
    Id id;
    std::string name;              ///< as they want to be called
    std::string contact_name;      ///< who to turn to when they do not feel safe; may be empty
    std::string contact_reach;     ///< phone number or what else reaches them
    std::string region;            ///< ISO 3166 code of the help card, e.g. "US"; empty = none chosen
    std::int64_t created_ns = 0;   ///< wall clock
};

/// "Ben, +1 555 0100": what is known of name and reach; empty = there is no contact.
[[nodiscard]] std::string contact_line(const Person& person);

/// Leave to open one sensor for one purpose, until a time. Without it no device is opened.
struct Grant {
    Id id, person;
    std::string sensor;            ///< "face", "voice", "heart", "skin", "eeg"
    std::string purpose;           ///< "session", "research", "training"
    std::int64_t granted_ns = 0, until_ns = 0;   ///< wall clock
    bool withdrawn = false;
};

/// A part of the weekly allowance, and when it was heard.
struct DoseEntry {
    std::int64_t at_ns = 0;  ///< UTC
    double share = 0.0;
};

class People {
public:
    People(store::Connection& connection, const store::Seal& seal) : db_(&connection), seal_(&seal) {}

    /// `id` comes from core::IdSource; name must not be empty.
    [[nodiscard]] Result<void> add(const Person& person);
    [[nodiscard]] Result<void> update(const Person& person);
    [[nodiscard]] Result<Person> person(const Id& id);
    /// In the order in which they were added.
    [[nodiscard]] Result<std::vector<Person>> all();
    /// The first person of the space; made (as `id`, owner and listener) if there is none yet.
    [[nodiscard]] Result<Person> first(const Id& id, std::int64_t now_ns);

    /// Nothing stored = asked is false.
    [[nodiscard]] Result<Intake> intake(const Id& person);
    [[nodiscard]] Result<void> set_intake(const Id& person, const Intake& intake);
    [[nodiscard]] Result<Settings> settings(const Id& person);
    [[nodiscard]] Result<void> set_settings(const Id& person, const Settings& settings);

    /// Reads, changes and writes in one transaction: what another room sets meanwhile is not lost, and what is set survives
    /// `kill -9` when this returns. An error of `change` changes nothing.
    [[nodiscard]] Result<void> change_settings(const Id& person, const std::function<Result<void>(Settings&)>& change);

    /// A named text that belongs to the person ("state", "liking", a hand-made plan): sealed, erased with them.
    [[nodiscard]] Result<void> keep(const Id& person, std::string_view name, std::string_view text);
    [[nodiscard]] Result<std::optional<std::string>> kept(const Id& person, std::string_view name);

    /// Refused where the deployment forbids inference from the body.
    [[nodiscard]] Result<void> grant(const Grant& grant, flow::Deployment deployment);
    [[nodiscard]] Result<void> withdraw(const Id& person, std::string_view sensor);
    [[nodiscard]] Result<std::vector<Grant>> grants(const Id& person);
    /// The grant that allows it now, or kRefused with what is missing.
    [[nodiscard]] Result<Grant> granted(const Id& person, std::string_view sensor, std::string_view purpose,
                                        std::int64_t now_ns, flow::Deployment deployment);

    /// Share of the weekly allowance that a session used, added to the rolling seven days.
    [[nodiscard]] Result<void> add_dose(const Id& person, std::int64_t now_ns, double share);
    /// What was added in the seven days before now, oldest first.
    [[nodiscard]] Result<std::vector<DoseEntry>> doses(const Id& person, std::int64_t now_ns);
    [[nodiscard]] Result<double> dose_used(const Id& person, std::int64_t now_ns);

    [[nodiscard]] Result<flow::Policy> policy(const Id& person, flow::Deployment deployment,
                                              bool companion_present, std::int64_t now_ns);

    /// Everything in this room about them. Session's own rows are erased by session.
    [[nodiscard]] Result<void> erase(const Id& person, std::int64_t now_ns);
    /// When somebody with this id was erased; the only trace that stays.
    [[nodiscard]] Result<std::optional<std::int64_t>> erased_at(const Id& person);

private:
    [[nodiscard]] Result<void> must_exist(const Id& person);
    [[nodiscard]] Result<std::string> opened(std::int64_t key_id, const store::Blob& sealed) const;
    store::Connection* db_;
    const store::Seal* seal_;
};

}  // namespace attune::care
