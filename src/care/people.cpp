// SPDX-License-Identifier: GPL-3.0-or-later
#include "care/people.hpp"

#include <algorithm>

#include "care/kept_names.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace attune::care {
namespace {

using nlohmann::json;
using store::Params;

constexpr std::string_view kRevision1 = R"(
CREATE TABLE care_person (
  id {{BLOB}} PRIMARY KEY, created_ns BIGINT NOT NULL, key_id BIGINT NOT NULL, profile {{BLOB}} NOT NULL);
CREATE TABLE care_text (
  person_id {{BLOB}} NOT NULL, name TEXT NOT NULL, key_id BIGINT NOT NULL, value {{BLOB}} NOT NULL,
  PRIMARY KEY (person_id, name));
CREATE TABLE care_grant (
  id {{BLOB}} PRIMARY KEY, person_id {{BLOB}} NOT NULL, sensor TEXT NOT NULL, purpose TEXT NOT NULL,
  granted_ns BIGINT NOT NULL, until_ns BIGINT NOT NULL, withdrawn BIGINT NOT NULL);
CREATE INDEX care_grant_by_person ON care_grant (person_id, sensor);
CREATE TABLE care_erased (person_id {{BLOB}} PRIMARY KEY, erased_ns BIGINT NOT NULL))";

constexpr std::array<store::Revision, 1> kRevisions{{{1, 1, kRevision1}}};

constexpr std::int64_t kWeekNs = 7LL * 24 * 3600 * 1'000'000'000;
constexpr std::int64_t kDoseSlotNs = std::int64_t{600} * 1'000'000'000;

store::Blob bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::string profile_text(const Person& p) {
    return json{{"name", p.name}, {"contact_name", p.contact_name}, {"contact_reach", p.contact_reach},
                {"region", p.region}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Person> profile_from(const std::string& text) {
    try {
        const json j = json::parse(text);
        Person p;
        p.name = j.at("name").get<std::string>();
        p.contact_name = j.value("contact_name", "");
        p.contact_reach = j.value("contact_reach", "");
        p.region = j.value("region", "");
        return p;
    } catch (const json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("profile of a person: ") + e.what());
    }
}

Result<void> check_name(const Person& person) {
    if (person.id.none()) return fail(ErrorCode::kBadArgument, "a person needs an id");
    if (core::trim(person.name).empty() || person.name.size() > 200)
        return fail(ErrorCode::kBadArgument, "a name has 1 to 200 bytes; this one has " +
                                                 std::to_string(person.name.size()));
    return {};
}

}  // namespace

store::RoomSchema schema() { return {"care", kRevisions}; }

std::string contact_line(const Person& person) {
    const bool both = !person.contact_name.empty() && !person.contact_reach.empty();
    return person.contact_name + (both ? ", " : "") + person.contact_reach;
}

Result<std::string> People::opened(std::int64_t key_id, const store::Blob& sealed) const {
    ATTUNE_TRY(const store::Blob plain, seal_->open(key_id, sealed));
    return std::string(plain.begin(), plain.end());
}

Result<void> People::add(const Person& person) {
    ATTUNE_CHECK(check_name(person));
    ATTUNE_TRY(store::Blob sealed, seal_->seal(bytes_of(profile_text(person))));
    ATTUNE_CHECK(db_->execute("INSERT INTO care_person (id, created_ns, key_id, profile) VALUES ($1, $2, $3, $4)",
                              {store::to_blob(person.id), person.created_ns, seal_->key_id(), std::move(sealed)}));
    return {};
}

Result<void> People::update(const Person& person) {
    ATTUNE_CHECK(check_name(person));
    ATTUNE_TRY(store::Blob sealed, seal_->seal(bytes_of(profile_text(person))));
    ATTUNE_TRY(const std::int64_t changed,
               db_->execute("UPDATE care_person SET key_id = $1, profile = $2 WHERE id = $3",
                            {seal_->key_id(), std::move(sealed), store::to_blob(person.id)}));
    if (changed == 0) return fail(ErrorCode::kNotFound, "there is no such person", person.id.text());
    return {};
}

Result<Person> People::person(const Id& id) {
    ATTUNE_TRY(const auto row, db_->query_maybe("SELECT created_ns, key_id, profile FROM care_person WHERE id = $1",
                                                {store::to_blob(id)}));
    if (!row) return fail(ErrorCode::kNotFound, "there is no such person", id.text());
    ATTUNE_TRY(const std::string text, opened((*row)[1].integer(), (*row)[2].blob()));
    ATTUNE_TRY(Person p, profile_from(text));
    p.id = id;
    p.created_ns = (*row)[0].integer();
    return p;
}

Result<std::vector<Person>> People::all() {
    ATTUNE_TRY(const auto rows, db_->query("SELECT id FROM care_person ORDER BY created_ns, id"));
    std::vector<Person> out;
    for (const store::Row& row : rows) {
        ATTUNE_TRY(Person p, person(store::from_blob<Id>(row[0].blob())));
        out.push_back(std::move(p));
    }
    return out;
}

Result<Person> People::first(const Id& id, std::int64_t now_ns) {
    ATTUNE_TRY(auto everybody, all());
    if (!everybody.empty()) return everybody.front();
    Person p;
    p.id = id;
    p.name = "Listener";
    p.created_ns = now_ns;
    ATTUNE_CHECK(add(p));
    return p;
}

Result<void> People::must_exist(const Id& person) {
    ATTUNE_TRY(const auto row, db_->query_maybe("SELECT 1 FROM care_person WHERE id = $1", {store::to_blob(person)}));
    if (!row) return fail(ErrorCode::kNotFound, "there is no such person", person.text());
    return {};
}

Result<void> People::keep(const Id& person, std::string_view name, std::string_view text) {
    ATTUNE_CHECK(must_exist(person));
    ATTUNE_TRY(store::Blob sealed, seal_->seal(bytes_of(text)));
    ATTUNE_CHECK(db_->execute(
        "INSERT INTO care_text (person_id, name, key_id, value) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (person_id, name) DO UPDATE SET key_id = excluded.key_id, value = excluded.value",
        {store::to_blob(person), name, seal_->key_id(), std::move(sealed)}));
    return {};
}

Result<std::optional<std::string>> People::kept(const Id& person, std::string_view name) {
    ATTUNE_TRY(const auto row, db_->query_maybe("SELECT key_id, value FROM care_text WHERE person_id = $1 AND name = $2",
                                                {store::to_blob(person), name}));
    if (!row) return std::optional<std::string>();
    ATTUNE_TRY(std::string text, opened((*row)[0].integer(), (*row)[1].blob()));
    return std::optional<std::string>(std::move(text));
}

Result<std::vector<std::string>> kept_names(store::Connection& connection, const Id& person, std::string_view prefix) {
    std::vector<std::string> names;
    ATTUNE_CHECK(connection.for_each("SELECT name FROM care_text WHERE person_id = $1 ORDER BY name", {store::to_blob(person)},
                                     [&](const store::Row& row) {
                                         if (row[0].text().starts_with(prefix)) names.emplace_back(row[0].text());
                                         return true;
                                     }));
    std::sort(names.begin(), names.end());   // as bytes, whatever the database's collation
    return names;
}

Result<Intake> People::intake(const Id& person) {
    ATTUNE_TRY(const auto text, kept(person, "intake"));
    return text ? parse_intake(*text) : Result<Intake>(Intake{});
}

Result<void> People::set_intake(const Id& person, const Intake& intake) {
    ATTUNE_CHECK(check(intake));
    return keep(person, "intake", text_of(intake));
}

Result<Settings> People::settings(const Id& person) {
    ATTUNE_TRY(const auto text, kept(person, "settings"));
    return text ? parse_settings(*text) : Result<Settings>(Settings{});
}

Result<void> People::set_settings(const Id& person, const Settings& settings) {
    ATTUNE_CHECK(check(settings));
    return keep(person, "settings", text_of(settings));
}

Result<void> People::change_settings(const Id& person, const std::function<Result<void>(Settings&)>& change) {
    ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
    ATTUNE_TRY(Settings standing, settings(person));
    const Settings before = standing;
    ATTUNE_CHECK(change(standing));
    if (standing == before) return {};
    ATTUNE_CHECK(set_settings(person, standing));
    return transaction.commit();
}

Result<void> People::grant(const Grant& grant, flow::Deployment deployment) {
    ATTUNE_CHECK(must_exist(grant.person));
    if (!inference_allowed(deployment))
        return fail(ErrorCode::kRefused, std::string("in deployment ") + flow::to_string(deployment) +
                                             " nothing is inferred from face, voice or body, with or without consent");
    if (grant.until_ns <= grant.granted_ns)
        return fail(ErrorCode::kBadArgument, "a grant must end after it begins");
    ATTUNE_CHECK(db_->execute(
        "INSERT INTO care_grant (id, person_id, sensor, purpose, granted_ns, until_ns, withdrawn) "
        "VALUES ($1, $2, $3, $4, $5, $6, 0)",
        {store::to_blob(grant.id), store::to_blob(grant.person), grant.sensor, grant.purpose, grant.granted_ns,
         grant.until_ns}));
    return {};
}

Result<void> People::withdraw(const Id& person, std::string_view sensor) {
    ATTUNE_CHECK(db_->execute("UPDATE care_grant SET withdrawn = 1 WHERE person_id = $1 AND sensor = $2",
                              {store::to_blob(person), sensor}));
    return {};
}

Result<std::vector<Grant>> People::grants(const Id& person) {
    ATTUNE_TRY(const auto rows,
               db_->query("SELECT id, sensor, purpose, granted_ns, until_ns, withdrawn FROM care_grant "
                          "WHERE person_id = $1 ORDER BY granted_ns, id",
                          {store::to_blob(person)}));
    std::vector<Grant> out;
    for (const store::Row& r : rows)
        out.push_back({store::from_blob<Id>(r[0].blob()), person, r[1].text(), r[2].text(), r[3].integer(),
                       r[4].integer(), r[5].integer() != 0});
    return out;
}

Result<Grant> People::granted(const Id& person, std::string_view sensor, std::string_view purpose,
                              std::int64_t now_ns, flow::Deployment deployment) {
    if (!inference_allowed(deployment))
        return fail(ErrorCode::kRefused, std::string("in deployment ") + flow::to_string(deployment) +
                                             " no sensor is opened");
    ATTUNE_TRY(const auto all, grants(person));
    for (const Grant& g : all)
        if (g.sensor == sensor && g.purpose == purpose && !g.withdrawn && g.granted_ns <= now_ns && now_ns < g.until_ns)
            return g;
    return fail(ErrorCode::kRefused, "no consent for " + std::string(sensor) + " for the purpose " +
                                         std::string(purpose) + " that is in force now");
}

Result<void> People::add_dose(const Id& person, std::int64_t now_ns, double share) {
    if (!(share >= 0.0)) return fail(ErrorCode::kBadArgument, "a dose share is 0 or more");
    ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
    // Takes the row before it is read: two rooms of one listener add up, whoever is first.
    ATTUNE_CHECK(db_->execute("UPDATE care_text SET key_id = key_id WHERE person_id = $1 AND name = 'dose'",
                              {store::to_blob(person)}));
    ATTUNE_TRY(const auto all, doses(person, now_ns));
    json list = json::array();
    for (const DoseEntry& entry : all) list.push_back({entry.at_ns, entry.share});
    // One entry for ten minutes: it lies at the time of the last sound in it.
    if (!all.empty() && all.back().at_ns / kDoseSlotNs == now_ns / kDoseSlotNs) {
        list.back() = {now_ns, all.back().share + share};
    } else {
        list.push_back({now_ns, share});
    }
    ATTUNE_CHECK(keep(person, "dose", list.dump()));
    return transaction.commit();
}

Result<std::vector<DoseEntry>> People::doses(const Id& person, std::int64_t now_ns) {
    ATTUNE_TRY(const auto text, kept(person, "dose"));
    std::vector<DoseEntry> out;
    try {
        if (text)
            for (const json& entry : json::parse(*text))
                if (entry.at(0).get<std::int64_t>() > now_ns - kWeekNs)
                    out.push_back({entry.at(0).get<std::int64_t>(), entry.at(1).get<double>()});
    } catch (const json::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("dose of a person: ") + e.what());
    }
    return out;
}

Result<double> People::dose_used(const Id& person, std::int64_t now_ns) {
    ATTUNE_TRY(const auto all, doses(person, now_ns));
    double sum = 0.0;
    for (const DoseEntry& entry : all) sum += entry.share;
    return sum;
}

Result<flow::Policy> People::policy(const Id& person, flow::Deployment deployment, bool companion_present,
                                    std::int64_t now_ns) {
    ATTUNE_CHECK(must_exist(person));
    Circumstances c;
    c.deployment = deployment;
    c.companion_present = companion_present;
    ATTUNE_TRY(c.intake, intake(person));
    ATTUNE_TRY(c.settings, settings(person));
    ATTUNE_TRY(const double used, dose_used(person, now_ns));
    c.dose_used = used;
    return make_policy(c);
}

Result<void> People::erase(const Id& person, std::int64_t now_ns) {
    ATTUNE_CHECK(must_exist(person));
    const Params who = {store::to_blob(person)};
    ATTUNE_TRY(auto transaction, store::Transaction::begin(*db_));
    ATTUNE_CHECK(db_->execute("DELETE FROM care_text WHERE person_id = $1", who));
    ATTUNE_CHECK(db_->execute("DELETE FROM care_grant WHERE person_id = $1", who));
    ATTUNE_CHECK(db_->execute("DELETE FROM care_person WHERE id = $1", who));
    ATTUNE_CHECK(db_->execute("INSERT INTO care_erased (person_id, erased_ns) VALUES ($1, $2) "
                              "ON CONFLICT (person_id) DO UPDATE SET erased_ns = excluded.erased_ns",
                              {store::to_blob(person), now_ns}));
    return transaction.commit();
}

Result<std::optional<std::int64_t>> People::erased_at(const Id& person) {
    ATTUNE_TRY(const auto row, db_->query_maybe("SELECT erased_ns FROM care_erased WHERE person_id = $1",
                                                {store::to_blob(person)}));
    return row ? std::optional<std::int64_t>((*row)[0].integer()) : std::nullopt;
}

}  // namespace attune::care
