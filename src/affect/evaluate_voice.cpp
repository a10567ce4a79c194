// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_voice.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <map>
#include <numeric>

#include "affect/validity.hpp"
#include "core/folders.hpp"
#include "learn/calibration.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/model_card.hpp"
#include "learn/split.hpp"
#include "learn/voice_model.hpp"
#include "signal/voice_front.hpp"

namespace attune::affect {
namespace {

using learn::kVoiceClasses;
using learn::VoiceSample;
using CancelCheck = std::function<bool()>;
constexpr const char* kHome = "ravdess";
constexpr const char* kAbroad = "nemo";
constexpr int kFolds = 6;
constexpr int kMostGrowth = 16;         // quarters
constexpr double kWithinDomain = 0.95;
constexpr std::size_t kNeutral = 0, kCalm = 1, kDisgust = 6;  // into kVoiceLabels

struct VoiceData {
    std::string set;
    std::vector<VoiceSample> samples;
    std::vector<std::string> gender;
    std::vector<std::filesystem::path> files;
    std::vector<std::string> warnings;
    double cpu_ms_per_s = 0.0;  ///< of decoding's rest: front end and functionals, a second of speech
};

Result<VoiceData> read_samples(const std::filesystem::path& folder, const std::string& set, const CancelCheck& cancelled,
                               const learn::Progress& progress) {
    VoiceData data;
    data.set = set;
    ATTUNE_TRY(const auto clips, learn::read_voice_set(folder));
    ATTUNE_TRY(auto front, signal::VoiceFront::create());
    double seconds = 0.0, cpu_s = 0.0;
    for (std::size_t i = 0; i < clips.size(); ++i) {
        if (cancelled()) return fail(ErrorCode::kCancelled, "stopped after " + std::to_string(i) + " recordings");
        if (progress && i % 64 == 0) progress(set, i, clips.size());
        auto samples = learn::read_voice(clips[i].file);
        if (!samples) {
            data.warnings.push_back(clips[i].file.filename().string() + ": " + samples.error().describe());
            continue;
        }
        const std::clock_t start = std::clock();
        auto view = front.analyse(*samples);
        if (!view || view->frames == 0) {
            data.warnings.push_back(clips[i].file.filename().string() + ": " + (view ? "no sound" : view.error().describe()));
            continue;
        }
        data.samples.push_back({signal::voice_functionals(*view), clips[i].speaker, clips[i].label});
        cpu_s += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        seconds += static_cast<double>(samples->size()) / signal::kVoiceRate;
        data.gender.push_back(clips[i].gender);
        data.files.push_back(clips[i].file);
    }
    if (progress) progress(set, clips.size(), clips.size());
    data.files.push_back(folder / "labels.csv");
    data.cpu_ms_per_s = seconds > 0.0 ? 1e3 * cpu_s / seconds : 0.0;
    return data;
}

struct Answers {
    std::vector<double> p;  ///< n x 8
    std::vector<int> truth;
    std::vector<std::string> speakers;
    std::vector<std::string> gender;
};

void push(Answers& a, const learn::VoiceProbabilities& p, const VoiceSample& s, const std::string& gender) {
    a.p.insert(a.p.end(), p.begin(), p.end());
    a.truth.push_back(s.label);
    a.speakers.push_back(s.speaker);
    a.gender.push_back(gender);
}

/// Where the model comes from for a sample: the installed one, or that of the fold that did not see the speaker.
using ModelOf = std::function<const learn::VoiceModel&(std::size_t)>;

Answers answer(const VoiceData& data, const ModelOf& model, const std::vector<std::size_t>& chosen, bool baseline) {
    std::map<std::string, signal::VoiceUsual> usual;
    for (const auto& [speaker, u] : learn::voice_usual_of(data.samples)) usual[speaker] = u;
    Answers a;
    for (const std::size_t i : chosen) {
        const VoiceSample& s = data.samples[i];
        signal::VoiceUsual others;
        if (baseline) {
            others = usual[s.speaker];
            others.remove(s.x);
        }
        push(a, model(i).classify(s.x, others), s, data.gender[i]);
    }
    return a;
}

/// nEMO has no calm and no disgust: calm is counted as neutral, the answer is among the six.
void as_six(Answers& a) {
    for (std::size_t i = 0; i < a.truth.size(); ++i) {
        double* p = a.p.data() + i * kVoiceClasses;
        p[kNeutral] += p[kCalm];
        const double rest = 1.0 - p[kDisgust];
        p[kCalm] = p[kDisgust] = 0.0;
        for (std::size_t k = 0; k < kVoiceClasses; ++k) p[k] = rest > 1e-9 ? p[k] / rest : (k == kNeutral ? 1.0 : 0.0);
    }
}

using Figure = double (*)(std::span<const double>, std::span<const int>);
double uar_of(std::span<const double> p, std::span<const int> t) {
    return learn::balanced_accuracy(learn::confusion(t, learn::argmax_rows(p, kVoiceClasses), kVoiceClasses));
}
double accuracy_of(std::span<const double> p, std::span<const int> t) {
    return learn::accuracy(learn::confusion(t, learn::argmax_rows(p, kVoiceClasses), kVoiceClasses));
}
double ece_of(std::span<const double> p, std::span<const int> t) { return learn::ece(p, t, kVoiceClasses); }

double on(const Answers& a, std::span<const std::size_t> chosen, Figure figure) {
    std::vector<double> p;
    std::vector<int> t;
    for (const std::size_t i : chosen) {
        p.insert(p.end(), a.p.begin() + static_cast<std::ptrdiff_t>(i * kVoiceClasses),
                 a.p.begin() + static_cast<std::ptrdiff_t>((i + 1) * kVoiceClasses));
        t.push_back(a.truth[i]);
    }
    return figure(p, t);
}

learn::Metric metric(const char* name, const std::string& set, const Answers& a, const std::string& note, Figure figure) {
    return {name, set, figure(a.p, a.truth),
            learn::group_bootstrap(a.speakers, [&](std::span<const std::size_t> c) { return on(a, c, figure); }, 500),
            a.truth.size(), note};
}

void add_metrics(learn::Evaluation& e, const std::string& set, const Answers& a, const std::string& note) {
    e.metrics.push_back(metric("uar", set, a, note, uar_of));
    e.metrics.push_back(metric("accuracy", set, a, note, accuracy_of));
    e.metrics.push_back(metric("ece", set, a, note, ece_of));
}

void add_people(learn::Evaluation& e, const std::string& set, const Answers& a) {
    const auto add = [&](const std::string& name, const std::vector<std::string>& keys, const std::string& key) {
        std::vector<std::size_t> chosen;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i] == key) chosen.push_back(i);
        }
        e.subgroups.push_back({set + " " + name + "=" + key, {{"uar", set, on(a, chosen, uar_of), std::nullopt, chosen.size(), ""}}});
    };
    for (const auto* keys : {&a.speakers, &a.gender}) {
        std::vector<std::string> all = *keys;
        std::ranges::sort(all);
        all.erase(std::unique(all.begin(), all.end()), all.end());
        for (const auto& key : all) add(keys == &a.speakers ? "person" : "sex", *keys, key);
    }
}

void add_set(learn::Evaluation& e, const VoiceData& data, const ModelOf& model, const std::vector<std::size_t>& chosen) {
    const std::string warm = "set against the speaker's other recordings, unlabelled";
    for (const bool baseline : {true, false}) {
        Answers a = answer(data, model, chosen, baseline);
        if (data.set == kAbroad) as_six(a);
        add_metrics(e, data.set, a, baseline ? warm : "cold: no other recording of the speaker");
        if (!baseline) continue;
        const auto table = learn::confusion(a.truth, learn::argmax_rows(a.p, kVoiceClasses), kVoiceClasses);
        e.confusion.push_back({data.set, {learn::kVoiceLabels.begin(), learn::kVoiceLabels.end()}, table.counts});
        e.calibration.push_back({data.set, "ece", ece_of(a.p, a.truth), learn::reliability(a.p, a.truth, kVoiceClasses)});
        e.chance.push_back({"uar", data.set, data.set == kAbroad ? 1.0 / 6.0 : 1.0 / 8.0, std::nullopt, a.truth.size(),
                            "always the same answer"});
        add_people(e, data.set, a);
        if (data.set == kHome) {
            const std::vector<std::string> labels(learn::kVoiceLabels.begin(), learn::kVoiceLabels.end());
            const auto prior = listening_prior(labels);
            std::vector<double> place;
            for (const auto& label : labels) place.push_back(arousal_of(label));
            e.metrics.push_back({"r_rec_arousal", data.set,
                                 recogniser_validity_bound(a.p, a.truth, a.speakers, prior, place), std::nullopt,
                                 a.truth.size(), "lower 95 % bound over speakers, neutral and calm .7"});
        }
        e.n += a.truth.size();
    }
}

/// The installed model, or those of the folds, says how far each stretch lies from what it was trained on.
std::vector<double> domain_scores(const VoiceData& data, const ModelOf& model, const std::vector<std::size_t>& chosen) {
    std::vector<double> scores;
    for (const std::size_t i : chosen) scores.push_back(model(i).out_of_domain(data.samples[i].x));
    return scores;
}

void add_domain(learn::Evaluation& e, const std::string& set, const std::vector<double>& scores, double limit) {
    const auto beyond = static_cast<double>(std::ranges::count_if(scores, [&](double s) { return s > limit; }));
    e.metrics.push_back({"out_of_domain", set, beyond / static_cast<double>(scores.size()), std::nullopt, scores.size(),
                         "share of stretches that the model does not speak on, as unlike what it was trained on"});
}

/// Few speakers make an interval of little use: their mean and their range.
void add_range(learn::Evaluation& e, const std::string& set) {
    std::vector<double> all;
    for (const auto& group : e.subgroups)
        if (group.name.starts_with(set + " person=")) all.push_back(group.metrics.front().value);
    if (all.empty()) return;
    const double mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
    const std::string note = std::to_string(all.size()) + " speakers, set against their other recordings";
    e.metrics.push_back({"uar_mean_of_speakers", set, mean, std::nullopt, all.size(), note});
    e.metrics.push_back({"uar_lowest_speaker", set, *std::ranges::min_element(all), std::nullopt, all.size(), note});
    e.metrics.push_back({"uar_highest_speaker", set, *std::ranges::max_element(all), std::nullopt, all.size(), note});
}

/// How well the score tells one set from the other.
double domain_auc(const std::vector<double>& abroad, const std::vector<double>& home) {
    std::vector<double> scores = abroad;
    scores.insert(scores.end(), home.begin(), home.end());
    std::vector<int> is_abroad(scores.size(), 0);
    std::fill_n(is_abroad.begin(), abroad.size(), 1);
    return learn::auc(scores, is_abroad);
}

/// A temperature and how it grows with the distance from the training stretches, from answers of folds.
struct Heat {
    double temperature = 1.0, growth = 0.0, loss = 1e300;
};

Result<Heat> fit_heat(const std::vector<double>& logits, const std::vector<int>& truth, const std::vector<double>& scores) {
    Heat best;
    for (int step = 0; step <= kMostGrowth; ++step) {
        const double growth = 0.25 * step;
        std::vector<double> cooled = logits;
        for (std::size_t i = 0; i < cooled.size(); ++i) cooled[i] /= learn::VoiceModel::hotter(growth, scores[i / kVoiceClasses]);
        ATTUNE_TRY(const double t, learn::fit_temperature(cooled, truth, kVoiceClasses));
        learn::softmax_rows(cooled, kVoiceClasses, t);
        double loss = 0.0;
        for (std::size_t i = 0; i < truth.size(); ++i) loss -= std::log(std::max(1e-12, cooled[i * kVoiceClasses + static_cast<std::size_t>(truth[i])]));
        if (loss < best.loss) best = {t, growth, loss};
    }
    return best;
}

/// One model a fold, none of which saw the speakers that it answers for; one temperature from all answers.
struct Folds {
    std::vector<learn::VoiceModel> models;
    std::vector<std::size_t> fold_of;
    Heat heat;
    double domain_limit = 0.0;   ///< that 5 % of the stretches of speakers who were not trained on lie beyond
    std::string protocol;
};

void set_calibration(learn::VoiceModel& model, const Folds& folds) {
    model.set_temperature(folds.heat.temperature, folds.heat.growth);
    model.set_domain_limit(folds.domain_limit);
}

/// Six, or as many as there are speakers; the protocol says how many it was.
int folds_for(std::vector<std::string> speakers) {
    std::ranges::sort(speakers);
    return std::min<int>(kFolds, static_cast<int>(std::unique(speakers.begin(), speakers.end()) - speakers.begin()));
}

Result<Folds> train_folds(const VoiceData& data, const CancelCheck& cancelled, const learn::Progress& progress) {
    std::vector<std::string> speakers;
    for (const auto& s : data.samples) speakers.push_back(s.speaker);
    const int k = folds_for(speakers);
    if (k < 2) return fail(ErrorCode::kBadArgument, "--cross-validate answers for each speaker by a model of the others; " + std::to_string(k) + " speaker is there", data.set);
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(speakers, k, 1));
    Folds folds;
    folds.fold_of.resize(data.samples.size());
    folds.protocol = split.protocol();
    std::map<std::string, signal::VoiceUsual> usual;
    for (const auto& [speaker, u] : learn::voice_usual_of(data.samples)) usual[speaker] = u;
    std::vector<double> logits(data.samples.size() * kVoiceClasses);
    std::vector<int> truth;
    for (const auto& s : data.samples) truth.push_back(s.label);
    std::vector<double> scores(data.samples.size());
    for (std::size_t f = 0; f < split.folds().size(); ++f) {
        if (cancelled()) return fail(ErrorCode::kCancelled, "stopped after " + std::to_string(f) + " folds");
        if (progress) progress("voice folds", f, split.folds().size());
        std::vector<VoiceSample> train;
        for (const auto i : split.folds()[f].train()) train.push_back(data.samples[i]);
        ATTUNE_TRY(auto model, learn::VoiceModel::fit(train));
        for (const auto i : split.folds()[f].test()) {
            signal::VoiceUsual others = usual[data.samples[i].speaker];
            others.remove(data.samples[i].x);
            const auto z = model.logits(data.samples[i].x, others);
            std::ranges::copy(z, logits.begin() + static_cast<std::ptrdiff_t>(i * kVoiceClasses));
            scores[i] = model.out_of_domain(data.samples[i].x);
            folds.fold_of[i] = f;
        }
        folds.models.push_back(std::move(model));
    }
    ATTUNE_TRY(folds.heat, fit_heat(logits, truth, scores));
    std::ranges::sort(scores);
    folds.domain_limit = scores[static_cast<std::size_t>(kWithinDomain * static_cast<double>(scores.size() - 1))];
    for (auto& m : folds.models) set_calibration(m, folds);
    return folds;
}

/// UAR where other recordings of the speakers that are asked about may be trained on: how it must not be measured.
Result<learn::LeakyFigure> leaky_uar(const VoiceData& data, std::size_t folds, const CancelCheck& cancelled) {
    ATTUNE_TRY(const auto split, learn::Split::leaky_k_fold(data.samples.size(), static_cast<int>(folds), 1, "leaky"));
    std::map<std::string, signal::VoiceUsual> usual;
    for (const auto& [speaker, u] : learn::voice_usual_of(data.samples)) usual[speaker] = u;
    std::vector<double> p(data.samples.size() * kVoiceClasses);
    std::vector<int> truth(data.samples.size());
    for (const auto& fold : split.folds()) {
        if (cancelled()) return fail(ErrorCode::kCancelled, "stopped within the leaky folds");
        std::vector<VoiceSample> train;
        for (const auto i : fold.train()) train.push_back(data.samples[i]);
        ATTUNE_TRY(const auto model, learn::VoiceModel::fit(train));
        for (const auto i : fold.test()) {
            signal::VoiceUsual others = usual[data.samples[i].speaker];
            others.remove(data.samples[i].x);
            const auto row = model.classify(data.samples[i].x, others);
            std::ranges::copy(row, p.begin() + static_cast<std::ptrdiff_t>(i * kVoiceClasses));
            truth[i] = data.samples[i].label;
        }
    }
    return learn::LeakyFigure{"uar", data.set, split.protocol(), uar_of(p, truth)};
}

using Sets = std::vector<std::pair<std::string, std::filesystem::path>>;

/// The folders ravdess and nemo; or the folder itself, whatever its name: a set that names neither calm nor disgust is
/// answered among nEMO's six.
Sets sets_in(const std::filesystem::path& root, std::vector<std::string>& notes) {
    Sets sets;
    for (const char* set : {kHome, kAbroad}) {
        if (const auto folder = learn::find_set(root, set)) sets.emplace_back(set, *folder);
    }
    if (!sets.empty()) return sets;
    const auto clips = learn::read_voice_set(root);
    if (!clips || clips->empty()) return sets;
    const bool eight = std::ranges::any_of(*clips, [](const auto& c) { return c.label == static_cast<int>(kCalm) || c.label == static_cast<int>(kDisgust); });
    sets.emplace_back(eight ? kHome : kAbroad, root);
    notes.push_back(root.string() + ": read in the way of " + sets.front().first + (eight ? "" : ", as no recording is calm or disgusted"));
    return sets;
}

std::vector<std::size_t> all_of(const VoiceData& data) {
    std::vector<std::size_t> all(data.samples.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
}

CancelCheck check_of(const learn::EvaluateRequest& request) {
    return [&request] { return request.cancelled(); };
}

}  // namespace

Result<learn::Evaluation> evaluate_voice(const learn::EvaluateRequest& request) {
    learn::Evaluation e;
    e.model = "voice";
    std::optional<learn::InstalledModel> installed;
    std::optional<learn::VoiceModel> model;
    // A retrained result names the weights whose training it speaks for.
    if (const auto shipped = learn::find_model(request.data_dir, "voice")) {
        e.version = shipped->card.version;
        e.model_sha256 = shipped->card.sha256;
    }
    if (!request.cross_validate) {
        ATTUNE_TRY(installed, learn::find_model(request.data_dir, "voice"));
        ATTUNE_TRY(model, learn::VoiceModel::load(installed->weights));
        e.leaky = installed->card.leaky;
        e.protocol = "the installed model on speakers that it was not trained on";
    }
    std::vector<std::filesystem::path> files;
    std::vector<std::string> groups;
    double cpu_ms = 0.0;
    std::map<std::string, std::vector<double>> scores;
    for (const auto& [set, folder] : sets_in(request.data, e.notes)) {
        ATTUNE_TRY(const auto data, read_samples(folder, set, check_of(request), request.progress));
        e.warnings.insert(e.warnings.end(), data.warnings.begin(), data.warnings.end());
        e.data.emplace_back(set);
        for (const auto& f : data.files) files.push_back(f);
        cpu_ms = data.cpu_ms_per_s;
        std::optional<Folds> folds;
        ModelOf model_of;
        std::vector<std::size_t> chosen = all_of(data);
        if (request.cross_validate && set == kHome) {
            ATTUNE_TRY(folds, train_folds(data, check_of(request), request.progress));
            e.protocol = folds->protocol + " (speaker), retrained in each fold; nEMO: a model of all RAVDESS speakers";
            ATTUNE_TRY(const auto leaky, leaky_uar(data, folds->models.size(), check_of(request)));
            e.leaky.push_back(leaky);
            ATTUNE_TRY(model, learn::VoiceModel::fit(data.samples));
            set_calibration(*model, *folds);
            model_of = [&folds](std::size_t i) -> const learn::VoiceModel& { return folds->models[folds->fold_of[i]]; };
        } else {
            if (!model) continue;  // --cross-validate without RAVDESS
            if (installed) {
                // A speaker is known by name whatever the folder is called.
                const auto trained = [&](const std::string& speaker) {
                    return installed->card.trained(kHome, speaker) || installed->card.trained(kAbroad, speaker);
                };
                std::erase_if(chosen, [&](std::size_t i) { return trained(data.samples[i].speaker); });
                e.left_out += data.samples.size() - chosen.size();
                for (const auto& group : learn::voice_usual_of(data.samples)) {
                    if (trained(group.first)) e.left_out_groups.push_back(set + "/" + group.first);
                }
            }
            model_of = [&model](std::size_t) -> const learn::VoiceModel& { return *model; };
        }
        if (chosen.empty()) continue;
        for (const auto i : chosen) groups.push_back(data.samples[i].speaker);
        add_set(e, data, model_of, chosen);
        scores[set] = domain_scores(data, model_of, chosen);
        add_domain(e, set, scores[set], model_of(chosen.front()).domain_limit());
        if (std::string(set) == kAbroad) add_range(e, set);
    }
    if (scores.size() == 2) {
        e.metrics.push_back({"out_of_domain_auc", kAbroad, domain_auc(scores[kAbroad], scores[kHome]), std::nullopt, scores[kAbroad].size(),
                             "a stretch of nEMO is further from the training set than one of RAVDESS"});
    }
    if (e.n == 0) {
        return fail(ErrorCode::kNotFound,
                    e.data.empty() ? "no folder ravdess or nemo, and no labels.csv of such a set (file, speaker, gender, emotion)"
                                   : "no speaker of ravdess or nemo that the model was not trained on (" + std::to_string(e.left_out) +
                                         " recordings left out); --cross-validate retrains by speaker",
                    request.data.string());
    }
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(request.data, files));
    std::ranges::sort(groups);
    e.groups = static_cast<std::size_t>(std::unique(groups.begin(), groups.end()) - groups.begin());
    e.metrics.push_back({"cpu_ms_per_s", e.data.front(), cpu_ms, std::nullopt, e.n, "a second of recording; depends on the machine"});
    return e;
}

Result<void> train_voice(const learn::TrainRequest& request) {
    const auto folder = learn::find_set(request.data, kHome);
    if (!folder) return fail(ErrorCode::kNotFound, "no folder ravdess in the data", request.data.string());
    const CancelCheck cancelled = [&request] { return request.cancelled(); };
    ATTUNE_TRY(const auto data, read_samples(*folder, kHome, cancelled, request.progress));
    ATTUNE_TRY(const auto folds, train_folds(data, cancelled, request.progress));
    ATTUNE_TRY(auto model, learn::VoiceModel::fit(data.samples));
    set_calibration(model, folds);
    ATTUNE_CHECK(core::make_folder(request.out));
    return model.save(request.out / "voice.model");
}

void register_voice(learn::ModelRegistry& registry) {
    registry.add({"voice", "eight emotions of a spoken check-in; the arousal index", {kHome, kAbroad}, evaluate_voice, train_voice});
}

}  // namespace attune::affect
