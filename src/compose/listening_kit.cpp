// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/listening_kit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "compose/export.hpp"
#include "core/paths.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "learn/metrics.hpp"

namespace attune::compose {
namespace {

constexpr const char* kScales[5] = {"expressed_valence", "expressed_arousal", "felt_valence", "felt_arousal", "liking"};

constexpr const char* kPage = R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Listening test</title>
<style>body{font:1.1rem/1.5 sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}label{display:block;margin:1rem 0}input[type=range]{width:100%}
.ends{display:flex;justify-content:space-between;font-size:.9rem}button{font-size:1.1rem;padding:.5rem 1.5rem}</style></head><body>
<h1>Listening test</h1><p>Nothing leaves this computer. At the end you save a file and hand it to whoever asked you.
You may stop at any time.</p><p>Your code: <input id="who" aria-label="Your code"></p><div id="task"></div>
<script>
const clips=CLIPS, scales=[["expressed_valence","The music sounds","unpleasant, sad","pleasant, happy"],["expressed_arousal","The music sounds","calm, still","excited, lively"],
["felt_valence","I feel","unpleasant","pleasant"],["felt_arousal","I feel","calm","excited"],["liking","I like it","not at all","very much"]];
for(let i=clips.length-1;i>0;i--){const j=Math.floor(Math.random()*(i+1));[clips[i],clips[j]]=[clips[j],clips[i]]}
let n=0,rows=["listener,order,clip,"+scales.map(s=>s[0]).join(",")+",familiar"];
function show(){const d=document.getElementById("task");if(n>=clips.length){const a=document.createElement("a");
a.href=URL.createObjectURL(new Blob([rows.join("\n")+"\n"],{type:"text/csv"}));a.download="answers.csv";a.textContent="Save my answers";d.replaceChildren(a);return}
d.innerHTML="<h2>Piece "+(n+1)+" of "+clips.length+"</h2><audio controls src='clips/"+clips[n]+".flac'></audio>"+scales.map(s=>"<label>"+s[1]+
"<input type=range min=-100 max=100 value=0 id="+s[0]+"><span class=ends><span>"+s[2]+"</span><span>"+s[3]+"</span></span></label>").join("")+
"<label><input type=checkbox id=familiar> I have heard it before</label><button id=next>Next</button>";
document.getElementById("next").onclick=()=>{const who=(document.getElementById("who").value||"anonymous").replace(/[^A-Za-z0-9_-]/g,"");
rows.push([who,n+1,clips[n],...scales.map(s=>document.getElementById(s[0]).value/100),document.getElementById("familiar").checked?1:0].join(","));n++;show()}}
show();
</script></body></html>
)";

std::string number(int i) { return (i < 10 ? "0" : "") + std::to_string(i); }

struct Answer {
    std::string listener;
    double valence = 0, arousal = 0;  ///< as intended
    double given[5] = {};
};

double rho_of(const std::vector<const Answer*>& answers, int scale) {
    std::vector<double> meant, given;
    for (const Answer* a : answers) {
        meant.push_back(scale % 2 == 0 ? a->valence : a->arousal);
        given.push_back(a->given[scale]);
    }
    return learn::spearman(meant, given);
}

}  // namespace

Result<void> make_listening_kit(const std::filesystem::path& folder, const ListeningKit& kit, const core::CancelToken* cancel) {
    if (kit.side < 2 || kit.side > 10) return fail(ErrorCode::kBadArgument, "a grid of " + std::to_string(kit.side) + "; 2..10 is allowed");
    if (!(kit.seconds >= 8 && kit.seconds <= 60)) return fail(ErrorCode::kBadArgument, "seconds " + core::format_double(kit.seconds) + "; 8..60 is allowed");
    const int count = kit.side * kit.side;
    std::vector<int> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    core::Random random(kit.seed, "compose/listening-kit");
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);

    std::string key = "clip,valence,arousal,style,engine,seed\n", clips = "[";
    for (int i = 0; i < count; ++i) {
        const int point = order[static_cast<std::size_t>(i)];
        const auto at = [&](int k) { return -.9 + 1.8 * k / (kit.side - 1); };
        Brief brief;
        brief.target = {at(point % kit.side), at(point / kit.side)};
        brief.seconds = kit.seconds;
        brief.engine = kit.engine;
        brief.seed = kit.seed * 1000 + static_cast<std::uint64_t>(point);
        brief.title = "Clip " + number(i + 1);
        ATTUNE_TRY(auto score, compose_score(brief));
        score.style.swap(brief.title);  // the tags must not tell: the style is named in the key only
        const std::string style = brief.title;
        score.title = "Clip " + number(i + 1);
        const flow::Va meant = score.target;
        score.target = {};
        score.seed = 0;
        ExportOptions options;
        options.audio = folder / "clips" / (number(i + 1) + ".flac");
        ATTUNE_TRY(const auto made, make(std::move(score), options, cancel));
        key += number(i + 1) + "," + core::format_double(meant.valence) + "," + core::format_double(meant.arousal) + "," + style + "," + made.score.engine +
               "," + std::to_string(brief.seed) + "\n";
        clips += (i == 0 ? "\"" : ",\"") + number(i + 1) + "\"";
    }
    clips += "]";
    std::string page = kPage;
    page.replace(page.find("CLIPS"), 5, clips);
    ATTUNE_CHECK(core::write_file_atomically(folder / "index.html", page));
    return core::write_file_atomically(folder / "key.csv", key);
}

Result<std::vector<KitFigure>> analyse_listening_kit(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files) {
    ATTUNE_TRY(const auto key_text, core::read_file(folder / "key.csv"));
    std::map<std::string, std::pair<double, double>> key;
    for (const auto line : core::split(key_text, '\n')) {
        const auto cells = core::split(line, ',');
        if (cells.size() < 3) continue;
        const auto v = core::parse_double(cells[1]), a = core::parse_double(cells[2]);
        if (v && a) key[std::string(cells[0])] = {*v, *a};
    }
    std::vector<Answer> answers;
    for (const auto& file : files) {
        ATTUNE_TRY(const auto text, core::read_file(file));
        int row = 0;
        for (const auto line : core::split(text, '\n')) {
            if (++row == 1 || core::trim(line).empty()) continue;
            const auto cells = core::split(core::trim(line), ',');
            const auto where = file.string() + ":" + std::to_string(row);
            if (cells.size() < 8) return fail(ErrorCode::kBadArgument, std::to_string(cells.size()) + " columns; 9 are needed", where);
            const auto meant = key.find(std::string(cells[2]));
            if (meant == key.end()) return fail(ErrorCode::kBadArgument, "clip " + std::string(cells[2]) + " is not in key.csv", where);
            Answer answer{std::string(cells[0]), meant->second.first, meant->second.second, {}};
            for (std::size_t i = 0; i < 5; ++i) {
                const auto x = core::parse_double(cells[3 + i]);
                if (!x || std::abs(*x) > 1.0) return fail(ErrorCode::kBadArgument, std::string(kScales[i]) + " is " + std::string(cells[3 + i]) + "; -1..1 is allowed", where);
                answer.given[i] = *x;
            }
            answers.push_back(std::move(answer));
        }
    }
    std::map<std::string, std::vector<const Answer*>> by_listener;
    for (const auto& answer : answers) by_listener[answer.listener].push_back(&answer);
    if (answers.size() < 8) return fail(ErrorCode::kBadArgument, std::to_string(answers.size()) + " ratings; at least 8 are needed");

    std::vector<KitFigure> figures;
    std::vector<const Answer*> all;
    for (const auto& answer : answers) all.push_back(&answer);
    for (int scale = 0; scale < 4; ++scale) {
        KitFigure figure{kScales[scale], rho_of(all, scale), 0, 0, by_listener.size(), answers.size()};
        core::Random random(1, "compose/kit-bootstrap");
        std::vector<double> draws;
        std::vector<const std::vector<const Answer*>*> people;
        for (const auto& [who, theirs] : by_listener) people.push_back(&theirs);
        for (int b = 0; b < 1000; ++b) {
            std::vector<const Answer*> sample;
            for (std::size_t i = 0; i < people.size(); ++i) {
                const auto& theirs = *people[random.below(people.size())];
                sample.insert(sample.end(), theirs.begin(), theirs.end());
            }
            draws.push_back(rho_of(sample, scale));
        }
        std::sort(draws.begin(), draws.end());
        figure.low = draws[25];
        figure.high = draws[974];
        figures.push_back(figure);
    }
    return figures;
}

}  // namespace attune::compose
