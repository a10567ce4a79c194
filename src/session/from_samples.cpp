// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/from_samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "affect/recognisers.hpp"
#include "session/codec.hpp"
#include "session/runner.hpp"

namespace attune::session {
namespace {

/// Whose it is; empty: it is none of what is recomputed.
std::string source_of(const Payload& payload) {
    if (const auto* evidence = std::get_if<flow::Evidence>(&payload)) return evidence->source;
    if (const auto* breath = std::get_if<Breath>(&payload)) return breath->source;
    if (const auto* conductance = std::get_if<Conductance>(&payload)) return conductance->source;
    return {};
}

/// NaN where nothing is said.
std::array<double, 5> numbers(const Payload& payload) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    if (const auto* breath = std::get_if<Breath>(&payload)) return {breath->per_min, breath->quality, kUnknown, kUnknown, kUnknown};
    if (const auto* conductance = std::get_if<Conductance>(&payload)) return {conductance->microsiemens, kUnknown, kUnknown, kUnknown, kUnknown};
    const auto* e = std::get_if<flow::Evidence>(&payload);
    if (e == nullptr) return {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};
    return {e->activation.value_or(kUnknown), e->stress.value_or(kUnknown), e->arousal ? e->arousal->x : kUnknown,
            e->valence ? e->valence->x : kUnknown, e->dt_frame_s};
}

/// The same in kind, and known where the other is known.
bool same_answer(const Payload& a, const Payload& b) {
    const auto x = numbers(a), y = numbers(b);
    const auto* said = std::get_if<flow::Evidence>(&a);
    const auto* ours = std::get_if<flow::Evidence>(&b);
    return a.index() == b.index() && (said == nullptr || said->abstained == ours->abstained) &&
           std::equal(x.begin(), x.end(), y.begin(), [](double p, double q) { return std::isnan(p) == std::isnan(q); });
}

const char* noun(const Payload& payload) {
    return std::holds_alternative<flow::Evidence>(payload) ? "evidence" : std::holds_alternative<Breath>(payload) ? "breath" : "conductance";
}

}  // namespace

const char* to_string(NotRecomputed why) noexcept {
    switch (why) {
        case NotRecomputed::kEvidenceOnly: return "evidence_only";
        case NotRecomputed::kNotListened: return "not_listened";
        case NotRecomputed::kNoSamples: return "no_samples";
        case NotRecomputed::kDropped: return "dropped";
        case NotRecomputed::kErased: return "erased";
        case NotRecomputed::kModel: return "model";
    }
    return "no_samples";
}

bool is_a_gap(NotRecomputed why) noexcept { return why != NotRecomputed::kEvidenceOnly && why != NotRecomputed::kNotListened; }

bool SamplesReport::complete() const {
    return std::ranges::none_of(sources, [](const auto& s) { return s.not_recomputed && is_a_gap(*s.not_recomputed); });
}

Result<Recomputation> Recomputation::create(store::Connection& db, const store::Seal& seal, const Start& start,
                                            const std::filesystem::path& data_dir) {
    Recomputation made;
    made.data_dir_ = data_dir;
    made.conductance_ = start.compose.mirror;
    ATTUNE_TRY(made.samples_, read_samples(db, start.session, seal));
    ATTUNE_TRY(const auto kept, kept_samples(db, start.session));
    made.begin(start, kept);
    return made;
}

void Recomputation::begin(const Start& start, const std::vector<KeptSamples>& kept) {
    for (const Listening& listening : start.listening) begin_source(listening, start.samples_kept, kept);
    for (const auto& [id, kind] : start.sources) {
        const auto listened = std::ranges::find_if(report_.sources, [&, source = id](const auto& s) { return s.source == source; });
        if (listened != report_.sources.end()) {
            listened->kind = kind;   // what it is, not what its recogniser could tell before it had heard any
            continue;
        }
        report_.sources.push_back({id, kind, 0, 0, {}, {}});
        RecomputedSource& source = report_.sources.back();
        if (!is_body(kind)) give_up(source, NotRecomputed::kEvidenceOnly, "of it the evidence alone is stored: pictures, speech and EEG never are");
        else if (start.samples_kept) give_up(source, NotRecomputed::kNotListened, "nothing was inferred from it");
        else give_up(source, NotRecomputed::kNoSamples, "this session was recorded without its samples");
    }
    for (const SampleSecond& second : samples_) {
        ++report_.seconds;
        report_.frames += static_cast<std::int64_t>(second.frames.size());
        std::set<std::string> of;
        for (const KeptFrame& frame : second.frames) of.insert(frame.frame.source);
        for (RecomputedSource& source : report_.sources) source.seconds += of.contains(source.source) ? 1 : 0;
    }
}

void Recomputation::begin_source(const Listening& listening, bool samples_kept, const std::vector<KeptSamples>& kept) {
    report_.sources.push_back({listening.source, listening.kind, 0, 0, {}, {}});
    RecomputedSource& source = report_.sources.back();
    const bool erased = std::ranges::any_of(kept, [&](const auto& k) { return k.source == listening.source && k.erased_wall_ns; });
    if (!is_body(listening.kind)) return give_up(source, NotRecomputed::kEvidenceOnly, "of it the evidence alone is stored: pictures, speech and EEG never are");
    if (!samples_kept) return give_up(source, NotRecomputed::kNoSamples, "this session was recorded without its samples");
    if (erased) return give_up(source, NotRecomputed::kErased, "its samples were erased");
    auto recogniser = affect::remake_body_recogniser(listening.source, {listening.model, listening.sha256}, data_dir_);
    if (!recogniser) return give_up(source, NotRecomputed::kModel, recogniser.error().message);
    sensing_.add(*std::move(recogniser));
    listening_.emplace(listening.source, listening);
}

void Recomputation::give_up(RecomputedSource& source, NotRecomputed why, std::string in_words) {
    source.not_recomputed = why;
    source.why = std::move(in_words);
    sensing_.let_go(source.source);
}

RecomputedSource* Recomputation::followed(const std::string& source) {
    const auto at = std::ranges::find_if(report_.sources, [&](const auto& s) { return s.source == source && !s.not_recomputed; });
    return at == report_.sources.end() ? nullptr : &*at;
}

/// The session asked before its tick, after what had been heard, lost or withdrawn until then.
void Recomputation::step_to(Time t) {
    if (t.ns <= stepped_ns_) return;
    stepped_ns_ = t.ns;
    std::vector<flow::SensorFrame> frames;
    std::size_t of_listener = 0;
    const std::int64_t second = t.ns / 1'000'000'000;
    while (next_ < samples_.size() && samples_[next_].second < second) ++next_;
    if (next_ < samples_.size() && samples_[next_].second == second) {
        for (KeptFrame& kept : samples_[next_].frames) {
            of_listener += kept.of_listener ? 1 : 0;   // those come first
            frames.push_back(std::move(kept.frame));
        }
        ++next_;
    }
    std::vector<Payload> said;
    sensing_.step(t, {frames, of_listener, {}, conductance_}, said);
    for (Payload& payload : said)
        if (followed(source_of(payload)) != nullptr) said_.push_back(std::move(payload));
}

void Recomputation::on_input(const SessionEvent& recorded) {
    if (const auto* heard = std::get_if<flow::Heard>(&recorded.payload)) return sensing_.on_heard(*heard);
    if (const auto* change = std::get_if<SourceChange>(&recorded.payload)) {
        if (change->status == flow::SourceStatus::kLost) sensing_.let_go(change->source);
        return;
    }
    if (const auto* fault = std::get_if<Fault>(&recorded.payload)) {
        if (fault->code == kSamplesDropped) dropped(recorded.t);
        return;
    }
    if (std::holds_alternative<Tick>(recorded.payload)) {
        step_to(recorded.t);
        end_second(recorded);
        return;
    }
    const std::string source = source_of(recorded.payload);
    if (followed(source) == nullptr) return;
    step_to(recorded.t);
    compare(recorded, source);
}

void Recomputation::compare(const SessionEvent& recorded, const std::string& source) {
    RecomputedSource& of = *followed(source);
    ++of.compared;
    ++report_.compared;
    if (said_.empty()) {
        report_.equal_answers = false;
        return note(recorded, source, std::string("the record has ") + noun(recorded.payload) + " that does not follow from the samples");
    }
    const Payload ours = std::move(said_.front());
    said_.pop_front();
    if (!same_answer(recorded.payload, ours)) report_.equal_answers = false;
    const auto x = numbers(recorded.payload), y = numbers(ours);
    for (std::size_t i = 0; i < x.size(); ++i)
        if (!std::isnan(x[i]) && !std::isnan(y[i])) report_.largest_difference = std::max(report_.largest_difference, std::abs(x[i] - y[i]));
    if (encode(recorded.payload) != encode(ours)) note(recorded, source, std::string("the ") + noun(recorded.payload) + " differs from what the samples give");
}

void Recomputation::end_second(const SessionEvent& tick) {
    if (said_.empty()) return;
    report_.equal_answers = false;
    note(tick, source_of(said_.front()), std::string("the samples give ") + noun(said_.front()) + " that the record does not have");
    said_.clear();
}

/// A recogniser remembers all that it heard: from the first second that is missing nothing can be compared any more.
void Recomputation::dropped(Time t) {
    said_.clear();
    for (RecomputedSource& source : report_.sources) {
        if (source.not_recomputed) continue;
        give_up(source, NotRecomputed::kDropped, "samples of second " + std::to_string(t.ns / 1'000'000'000) + " were dropped; nothing after it was recomputed");
    }
}

void Recomputation::note(const SessionEvent& recorded, const std::string& source, std::string what) {
    if (!report_.first_difference) report_.first_difference = SampleDifference{recorded.seq, recorded.t, source, std::move(what)};
}

void Recomputation::on_outputs(const SessionEvent&, const Outputs& outputs) {
    for (const std::string& id : outputs.close_sources) sensing_.let_go(id);
    for (const std::string& id : outputs.open_sources) {
        if (followed(id) == nullptr || sensing_.listens_to(id)) continue;
        const Listening& was = listening_.at(id);
        if (auto again = affect::remake_body_recogniser(id, {was.model, was.sha256}, data_dir_)) sensing_.add(*std::move(again));
    }
}

}  // namespace attune::session
