// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/html.hpp"

#include <cmath>
#include <set>

#include "core/text.hpp"
#include "core/time.hpp"
#include "report/svg.hpp"

namespace attune::report {
namespace {

constexpr std::string_view kStyle = R"(
:root{--ink:#1d2433;--soft:#5b6577;--line:#d5dae3;--paper:#fff;--music:#8a6fd1;--rate:#c2571a;--felt:#1f6f8b;--band:#1f6f8b22}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}p{margin:.4rem 0}
.soft{color:var(--soft)}.flag{border:2px solid #a33;color:#822;padding:.6rem .9rem;border-radius:.5rem;font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem}dt{color:var(--soft)}dd{margin:0}
table{border-collapse:collapse;width:100%;font-size:.93rem}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}figure{margin:0}svg{width:100%;height:auto;display:block}.plane{max-width:34rem}
.frame{fill:none;stroke:var(--line)}.axis{stroke:var(--line)}.label{fill:var(--soft);font-size:13px}.small{fill:var(--soft);font-size:11px}
.music{fill:none;stroke:var(--music);stroke-width:1.5}.music-dot{fill:var(--music)}.estimate{fill:none;stroke:var(--felt);stroke-width:2}
.unseen{stroke-dasharray:5 5}.band{fill:var(--band);stroke:none}.rating{fill:var(--rate)}.volunteered{fill:none;stroke:var(--rate);stroke-width:2}
.start{stroke:var(--ink);stroke-width:2}.item{fill:#e9e4f7}.other{fill:#f4f1fb}.thin{fill:none;stroke:var(--soft);stroke-width:1}
.source{fill:#d9dde5}.source.active{fill:#7fb6a0}.source.abstaining{fill:#e8d9a8}.source.alert{fill:#e2a48a}.source.lost{fill:#fff;stroke:var(--line)}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:50%;margin:0 .35rem 0 1rem;vertical-align:baseline}
@media print{body{padding:0;font-size:11pt}h2{break-after:avoid}tr,figure{break-inside:avoid}}
)";

std::string heading(std::string_view words) { return "<h2>" + escape(words) + "</h2>\n"; }
std::string row(std::string_view name, std::string_view value) {
    return "<dt>" + escape(name) + "</dt><dd>" + escape(value) + "</dd>";
}

std::string minutes_text(double s) {
    const auto total = static_cast<long long>(std::llround(s));
    const std::string rest = std::to_string(total % 60);
    return std::to_string(total / 60) + ":" + (rest.size() == 1 ? "0" : "") + rest;
}

/// A rating in words, for people who should not have to read numbers.
std::string in_words(const flow::Va& va, const core::Strings& strings) {
    const auto word = [&](double x, const char* high, const char* low, const char* middle) {
        return strings.get(std::string("report.words_") + (x > .15 ? high : x < -.15 ? low : middle));
    };
    return word(va.valence, "pleasant", "unpleasant", "neither") + ", " + word(va.arousal, "excited", "still", "between");
}

std::string rating_text(const std::optional<flow::Va>& va, const core::Strings& strings, Audience audience) {
    if (!va) return strings.get("report.not_rated");
    std::string text = in_words(*va, strings);
    if (audience == Audience::kProfessional) {
        text += " (valence " + number(va->valence) + ", arousal " + number(va->arousal) + ")";
    }
    return text;
}

std::string sentence(const flow::Reason& reason, const core::Strings& strings) {
    return strings.get("reason." + reason.code, reason.args);
}

class Page {
public:
    Page(const session::SessionRow& row, const session::Summary& summary, const core::Strings& strings,
         const Options& options)
        : row_(row), s_(summary), strings_(strings), options_(options) {}

    std::string write() {
        const std::string title = text("report.title");
        out_ = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
               "content=\"width=device-width,initial-scale=1\"><title>" + escape(title) + "</title><style>" +
               std::string(kStyle) + "</style></head><body><main>\n<h1>" + escape(title) + "</h1>\n";
        head();
        pictures();
        ratings();
        music();
        memories();
        if (professional()) {
            estimate();
            limits();
            decisions();
            sources();
        }
        out_ += "<p class=\"soft\">" + escape(text("report.no_claim")) + "</p>\n<p class=\"soft\">" +
                escape(options_.generator) + " · session " + escape(row_.id.text()) + "</p>\n</main></body></html>\n";
        return std::move(out_);
    }

private:
    [[nodiscard]] bool professional() const { return options_.audience == Audience::kProfessional; }
    [[nodiscard]] std::string text(std::string_view key) const { return strings_.get(key); }

    void head() {
        out_ += "<p class=\"soft\">" + escape(core::rfc3339(row_.started_wall_ns)) + " UTC (" + escape(row_.zone) + ")</p>\n";
        if (s_.simulated()) out_ += "<p class=\"flag\">" + escape(text("report.simulated")) + "</p>\n";
        else if (s_.origin == flow::Origin::kReplayed) out_ += "<p class=\"flag\">" + escape(text("report.replayed")) + "</p>\n";
        if (s_.why_ended.empty()) out_ += "<p class=\"flag\">" + escape(text("report.interrupted")) + "</p>\n";
        out_ += heading(text("report.how_it_went")) + "<dl>";
        out_ += row(text("report.goal"), text(std::string("goal.") + flow::to_string(s_.start.goal.kind)));
        out_ += row(text("report.length"), minutes_text(s_.ended.seconds()) + " min");
        out_ += row(text("report.started_with"), rating_text(s_.start.start, strings_, options_.audience));
        out_ += row(text("report.ended_with"), rating_text(s_.final_rating(), strings_, options_.audience));
        out_ += row(text("report.status"), text(std::string("status.") + session::to_string(row_.status)));
        out_ += "</dl>\n";
    }

    void pictures() {
        out_ += heading(text("report.plane")) + "<figure class=\"plane\">" + plane(s_, options_.audience) + "<figcaption class=\"soft\">";
        out_ += "<span class=\"key\" style=\"background:var(--music)\"></span>" + escape(text("report.legend_music"));
        out_ += "<span class=\"key\" style=\"background:var(--rate)\"></span>" + escape(text("report.legend_rating"));
        if (professional()) out_ += "<span class=\"key\" style=\"background:var(--felt)\"></span>" + escape(text("report.legend_estimate"));
        out_ += "</figcaption></figure>\n" + heading(text("report.timeline")) + "<figure>" + timeline(s_, options_.audience) + "</figure>\n";
        if (professional()) out_ += "<p class=\"soft\">" + escape(text("report.estimate_note")) + "</p>\n";
    }

    /// The pictures' ratings in words: read aloud, this is the session.
    void ratings() {
        if (s_.ratings.empty()) return;
        out_ += heading(text("report.ratings")) + "<table><thead><tr><th scope=\"col\">min</th><th scope=\"col\">" +
                escape(text("report.rated")) + "</th></tr></thead><tbody>\n";
        for (const flow::Rating& rating : s_.ratings) {
            if (!rating.value) continue;
            out_ += "<tr><td>" + minutes_text(rating.t.seconds()) + "</td><td>" +
                    escape(rating_text(rating.value, strings_, options_.audience)) + "</td></tr>\n";
        }
        out_ += "</tbody></table>\n";
    }

    void music() {
        out_ += heading(text("report.music")) + "<table><thead><tr><th scope=\"col\">min</th><th scope=\"col\">title</th><th scope=\"col\">played</th><th scope=\"col\">" + escape(text("report.why")) + "</th></tr></thead><tbody>\n";
        for (const session::PlayedItem& item : s_.items) {
            out_ += "<tr><td>" + minutes_text(item.began.seconds()) + "</td><td>" +
                    escape(item.plan.kind == flow::ItemKind::kSilence ? "(silence)" : item.plan.title) + "</td><td>" +
                    minutes_text(item.played_s) + "</td><td>" + reasons(item.plan) + "</td></tr>\n";
        }
        out_ += "</tbody></table>\n<p class=\"soft\">" + escape(text("report.analysed_music")) + "</p>\n";
    }

    /// The pieces that carry memories and were asked about, with what was said.
    void memories() {
        std::string list;
        for (const auto& [t, decision] : s_.decisions) {
            if (decision.question != "memory" || decision.reasons.empty() || !decision.reasons.front().args.contains("track")) continue;
            const core::Strings::Args& piece = decision.reasons.front().args;
            list += "<li>" + minutes_text(t.seconds()) + " min: " + escape(strings_.get("report.memory_" + answer_to(piece), piece)) + "</li>";
        }
        if (!list.empty()) out_ += heading(text("report.memories")) + "<ul>" + list + "</ul>\n";
    }

    /// "yes", "no" or "unanswered"; a piece is asked about once.
    std::string answer_to(const core::Strings::Args& piece) const {
        for (const auto& [t, decision] : s_.decisions) {
            if ((decision.what != "yes" && decision.what != "no") || decision.reasons.empty()) continue;
            const flow::Reason& said = decision.reasons.front();
            if (const auto track = said.args.find("track"); track == said.args.end() || track->second != piece.at("track")) continue;
            return said.code == "memory_unanswered" ? "unanswered" : decision.what;
        }
        return "unanswered";
    }

    /// The person reads the reason that says most, and that the liking is not known, where it is not; the professional all
    /// of them with their shares.
    std::string reasons(const flow::PlanItem& item) const {
        const flow::Reason* best = session::main_reason(item.reasons);
        if (best == nullptr) return "";
        std::string all, words = escape(sentence(*best, strings_));
        for (const flow::Reason& reason : item.reasons) {
            if (&reason != best && reason.code == "liking_unknown") words += " " + escape(sentence(reason, strings_));
            all += "<br>" + escape(sentence(reason, strings_)) + " <span class=\"soft\">(" + number(reason.contribution) + ")</span>";
        }
        return professional() ? all.substr(4) : words;
    }

    void estimate() {
        const auto state = s_.final_state();
        if (!state) return;
        out_ += heading(text("report.estimate")) + "<dl>";
        const auto line = [&](const char* name, double mean, double sd) {
            out_ += row(name, number(mean) + " ± " + number(1.6448536269514722 * sd) + " (90 %)");
        };
        line("valence", state->felt.mean.valence, state->felt.sd_valence());
        line("arousal", state->felt.mean.arousal, state->felt.sd_arousal());
        out_ += row("evidence", "ratings " + number(100 * state->evidence.ratings) + " %, sensors " +
                                    number(100 * state->evidence.sensors) + " %, music " + number(100 * state->evidence.music) + " %");
        out_ += "</dl>\n";
    }

    /// Of every plan that was adopted, each with its time; what a plan does not change is not said again.
    void limits() {
        std::string list;
        std::set<std::string> said;
        for (const auto& [t, decision] : s_.decisions) {
            if (!decision.plan) continue;
            for (const flow::Unmet& u : decision.plan->unmet) list += limit(t, u, *decision.plan, said);
        }
        if (!list.empty()) out_ += heading(text("report.limits")) + "<ul>" + list + "</ul>\n";
    }

    std::string limit(Time t, const flow::Unmet& u, const flow::Plan& plan, std::set<std::string>& said) const {
        const std::string title = u.item < plan.items.size() ? plan.items[u.item].title : "";
        const std::string words = escape((title.empty() ? "" : "“" + title + "”: ") +
                                         strings_.get("unmet." + u.limit, {{"value", number(u.value)}, {"allowed", number(u.allowed)}})) +
                                  " <span class=\"soft\">(" + number(u.value) + " / " + number(u.allowed) + ")</span>";
        return said.insert(words).second ? "<li>" + minutes_text(t.seconds()) + " min: " + words + "</li>" : "";
    }

    /// The sentence of a code; the code itself where there is none.
    std::string words_of(const char* group, const std::string& code, const core::Strings::Args& args = {}) const {
        const std::string key = group + code;
        return strings_.has(key) ? strings_.get(key, args) : code;
    }

    void decisions() {
        out_ += heading(text("report.decisions")) + "<table><tbody>\n";
        for (const auto& [t, decision] : s_.decisions) {
            const core::Strings::Args args = decision.reasons.empty() ? core::Strings::Args() : decision.reasons.front().args;
            std::string why = decision.question.empty() ? "" : escape(words_of("web.question.", decision.question, args));
            for (const flow::Reason& reason : decision.reasons) why += (why.empty() ? "" : "; ") + escape(sentence(reason, strings_));
            out_ += "<tr><td>" + minutes_text(t.seconds()) + "</td><td>" + escape(words_of("decision.", decision.what)) + "</td><td>" + why + "</td></tr>\n";
        }
        for (const auto& [t, fault] : s_.faults) {
            out_ += "<tr><td>" + minutes_text(t.seconds()) + "</td><td>fault</td><td>" + escape(fault.room + ": " + fault.code + " " + fault.message) + "</td></tr>\n";
        }
        out_ += "</tbody></table>\n";
    }

    void sources() {
        out_ += heading(text("report.provenance")) + "<dl>" + row("origin", flow::to_string(s_.origin)) +
                row("recorded under", s_.start.fingerprint) + row("library", s_.start.view_hash) +
                row("policy", std::to_string(s_.start.policy.version)) + row("seed", std::to_string(s_.start.seed)) + "</dl>\n";
        const auto state = s_.final_state();
        if (!state || state->sources.empty()) return;
        out_ += heading(text("report.sources")) + "<table><thead><tr><th>source</th><th>status</th><th>weight</th><th>validity r</th><th>ratings</th><th></th></tr></thead><tbody>\n";
        for (const flow::SourceState& source : state->sources) {
            out_ += "<tr><td>" + escape(source.id) + "</td><td>" + flow::to_string(source.status) + "</td><td>" +
                    number(source.weight) + "</td><td>" + number(source.r) + "</td><td>" + std::to_string(source.n_ratings) +
                    "</td><td>" + escape(source.reason) + "</td></tr>\n";
        }
        out_ += "</tbody></table>\n<p>" + escape(text("report.models")) + ": ";
        for (const std::string& model : s_.models) out_ += escape(model) + " ";
        out_ += s_.models.empty() ? "none</p>\n" : "</p>\n";
    }

    const session::SessionRow& row_;
    const session::Summary& s_;
    const core::Strings& strings_;
    const Options& options_;
    std::string out_;
};

}  // namespace

std::string html(const session::SessionRow& row, const session::Summary& summary, const core::Strings& strings,
                 const Options& options) {
    return Page(row, summary, strings, options).write();
}

}  // namespace attune::report
