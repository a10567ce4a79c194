// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_face.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "affect/trainer.hpp"
#include "affect/validity.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/face_classifier.hpp"
#include "learn/fer2013.hpp"
#include "learn/model_card.hpp"
#include "learn/parts.hpp"

namespace attune::affect {
namespace {

using learn::FerFace;
using learn::FerSplit;
using learn::kFerClasses;
constexpr const char* kSet = "fer2013";
constexpr const char* kPeerLabels = "neutral happy sad angry fearful disgusted surprised";
constexpr double kLeakAbove = .78;  // better than people who agree with these labels can be

/// What one network said about some faces.
struct Answers {
    std::vector<double> p;            ///< n x 7
    std::vector<int> truth;
    std::vector<std::string> groups;  ///< identical pictures count as one
    double cpu_ms = 0.0;              ///< a face
};

std::vector<float> luma_of(const FerFace& face) { return {face.pixels.begin(), face.pixels.end()}; }

Result<Answers> ask(learn::FaceClassifier& net, const std::vector<FerFace>& faces, const learn::EvaluateRequest& request,
                    const char* what) {
    Answers a;
    const std::clock_t start = std::clock();
    for (std::size_t i = 0; i < faces.size(); ++i) {
        if (i % 256 == 0) {
            if (request.cancelled()) return fail(ErrorCode::kCancelled, "stopped after " + std::to_string(i) + " faces");
            if (request.progress) request.progress(what, i, faces.size());
        }
        ATTUNE_TRY(const auto p, net.classify(luma_of(faces[i])));
        a.p.insert(a.p.end(), p.begin(), p.end());
        a.truth.push_back(faces[i].label);
        a.groups.push_back(faces[i].dup_group >= 0 ? "d" + std::to_string(faces[i].dup_group) : std::to_string(faces[i].index));
    }
    a.cpu_ms = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / static_cast<double>(std::max<std::size_t>(1, faces.size()));
    if (request.progress) request.progress(what, faces.size(), faces.size());
    return a;
}

Answers subset(const Answers& a, const std::vector<std::size_t>& chosen, const std::vector<int>* truth = nullptr) {
    Answers out;
    for (const std::size_t i : chosen) {
        out.p.insert(out.p.end(), a.p.begin() + static_cast<std::ptrdiff_t>(i * kFerClasses),
                     a.p.begin() + static_cast<std::ptrdiff_t>((i + 1) * kFerClasses));
        out.truth.push_back(truth != nullptr ? (*truth)[i] : a.truth[i]);
        out.groups.push_back(a.groups[i]);
    }
    return out;
}

learn::Metric metric(const char* name, const Answers& a, const std::string& note,
                     double (*figure)(std::span<const double>, std::span<const int>)) {
    const auto of = [&](std::span<const std::size_t> chosen) {
        std::vector<double> p;
        std::vector<int> t;
        for (const std::size_t i : chosen) {
            p.insert(p.end(), a.p.begin() + static_cast<std::ptrdiff_t>(i * kFerClasses),
                     a.p.begin() + static_cast<std::ptrdiff_t>((i + 1) * kFerClasses));
            t.push_back(a.truth[i]);
        }
        return figure(p, t);
    };
    return {name, kSet, figure(a.p, a.truth), learn::group_bootstrap(a.groups, of, 300), a.truth.size(), note};
}

learn::Confusion table_of(std::span<const double> p, std::span<const int> t) {
    return learn::confusion(t, learn::argmax_rows(p, kFerClasses), kFerClasses);
}
double accuracy_of(std::span<const double> p, std::span<const int> t) { return learn::accuracy(table_of(p, t)); }
double f1_of(std::span<const double> p, std::span<const int> t) { return learn::macro_f1(table_of(p, t)); }
double balanced_of(std::span<const double> p, std::span<const int> t) { return learn::balanced_accuracy(table_of(p, t)); }
double ece_of(std::span<const double> p, std::span<const int> t) { return learn::ece(p, t, kFerClasses); }

void add_metrics(std::vector<learn::Metric>& out, const Answers& a, const std::string& note) {
    out.push_back(metric("accuracy", a, note, accuracy_of));
    out.push_back(metric("macro_f1", a, note, f1_of));
    out.push_back(metric("ece", a, note, ece_of));
    out.push_back(metric("balanced_accuracy", a, note, balanced_of));
}

/// Original labels, without twins, FER+ majority; confusion and calibration.
void add_split(learn::Evaluation& e, const Answers& a, const std::vector<FerFace>& faces, const std::string& split, bool twins_known) {
    add_metrics(e.metrics, a, split);
    std::vector<std::size_t> alone, agreed;
    std::vector<int> majority(faces.size());
    for (std::size_t i = 0; i < faces.size(); ++i) {
        if (!faces[i].twin_in_training) alone.push_back(i);
        if (const auto label = learn::ferplus_majority(faces[i])) {
            majority[i] = *label;
            agreed.push_back(i);
        }
    }
    if (twins_known) {
        add_metrics(e.metrics, subset(a, alone), split + ", without pictures that Training holds too");
    } else {
        e.notes.push_back(split + ": labels.csv does not say which pictures Training holds too (twin_in_training): no figure without them");
    }
    if (!agreed.empty()) {
        add_metrics(e.metrics, subset(a, agreed, &majority), split + ", FER+ majority labels");
    } else {
        e.notes.push_back(split + ": labels.csv has no FER+ votes with a majority: no figure against them");
    }
    const auto table = table_of(a.p, a.truth);
    e.confusion.push_back({std::string(kSet) + " " + split, {learn::kFerLabels.begin(), learn::kFerLabels.end()}, table.counts});
    e.calibration.push_back({std::string(kSet) + " " + split, "ece", ece_of(a.p, a.truth),
                             learn::reliability(a.p, a.truth, kFerClasses)});
    e.chance.push_back({"accuracy", kSet, learn::majority_share(table), std::nullopt, a.truth.size(),
                        split + ", always the commonest"});
    for (std::size_t k = 0; k < kFerClasses; ++k) {
        e.subgroups.push_back({split + " expression=" + learn::kFerLabels[k],
                               {{"recall", kSet, learn::sensitivity(table, k), std::nullopt,
                                 static_cast<std::size_t>(std::ranges::count(a.truth, static_cast<int>(k))), ""}}});
    }
}

/// Figures that the recogniser reads from the card: validity of the index P(happy), its mean and SD in use.
void add_validity(learn::Evaluation& e, const Answers& a, const std::string& split) {
    const std::vector<std::string> labels(learn::kFerLabels.begin(), learn::kFerLabels.end());
    const auto prior = listening_prior(labels);
    std::vector<double> place;
    for (const auto& label : labels) place.push_back(valence_of(label));
    e.metrics.push_back({"r_rec_valence", kSet,
                         recogniser_validity_bound(a.p, a.truth, a.groups, prior, place), std::nullopt, a.truth.size(),
                         split + ", lower 95 % bound, neutral .7"});
    constexpr std::size_t kHappy = 3;
    double mean = 0.0, square = 0.0;
    const auto n_of = [&](int k) { return static_cast<double>(std::ranges::count(a.truth, k)); };
    for (std::size_t i = 0; i < a.truth.size(); ++i) {
        const double w = prior[static_cast<std::size_t>(a.truth[i])] / n_of(a.truth[i]);
        const double p = a.p[i * kFerClasses + kHappy];
        mean += w * p;
        square += w * p * p;
    }
    e.metrics.push_back({"index_mean", kSet, mean, std::nullopt, a.truth.size(), split + ", P(happy), neutral .7"});
    e.metrics.push_back({"index_sd", kSet, std::sqrt(square - mean * mean), std::nullopt, a.truth.size(),
                         split + ", P(happy), neutral .7"});
}

Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& folder) {
    ATTUNE_TRY(auto all, learn::files_under(folder));
    std::erase_if(all, [](const auto& f) { return f.extension() != ".png" && f.filename() != "labels.csv"; });
    return all;
}

struct Network {
    std::string name;
    learn::FaceClassifier net;
};

/// face-api's own expression network, which student projects of this field use; and ours beside a brought one.
std::vector<Network> peers(const learn::EvaluateRequest& request, const learn::InstalledModel& model) {
    std::vector<Network> out;
    if (const auto part = learn::find_part(request.data_dir, "face_expression")) {
        if (auto net = learn::FaceClassifier::load(*part, kPeerLabels)) out.push_back({"face-api", *std::move(net)});
    }
    if (model.folder == "user") {
        if (const auto ours = learn::find_model({}, "face")) {
            if (auto net = learn::FaceClassifier::load(ours->weights, ours->card.outputs)) out.push_back({"attune", *std::move(net)});
        }
    }
    return out;
}

}  // namespace

Result<learn::Evaluation> evaluate_face(const learn::EvaluateRequest& request) {
    if (request.cross_validate) {
        return fail(ErrorCode::kUnsupported, "face has an official division and is not retrained by evaluate; attune train face does that");
    }
    ATTUNE_TRY(const auto model, learn::find_model(request.data_dir, "face"));
    ATTUNE_TRY(auto net, learn::FaceClassifier::load(model.weights, model.card.outputs));
    const auto folder = learn::find_set(request.data, kSet).value_or(request.data);

    learn::Evaluation e;
    e.model = "face";
    e.version = model.card.version;
    e.model_sha256 = model.card.sha256;
    e.data = {kSet};
    e.protocol = "official splits; original labels first; one network pass a face as in use (mirrored face inside)";
    ATTUNE_TRY(const auto files, files_of(folder));
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(folder, files));

    ATTUNE_TRY(const auto holdings, learn::fer2013_holdings(folder));
    std::vector<std::string> groups;
    auto others = peers(request, model);
    double cpu_ms = 0.0;
    for (const FerSplit split : {FerSplit::kPublicTest, FerSplit::kPrivateTest, FerSplit::kTraining}) {
        const std::string name = learn::to_string(split);
        const learn::FerHolding& held = holdings[static_cast<std::size_t>(split)];
        if (held.faces == 0) continue;
        if (model.card.trained(kSet, name)) {
            e.left_out += held.faces;
            e.left_out_groups.push_back(std::string(kSet) + "/" + name);
            continue;
        }
        if (split == FerSplit::kTraining) continue;  // never a test, whoever trained the network
        if (held.strips_missing > 0) {
            // A split that is kept elsewhere is no fault; half of one is.
            (held.own_strip ? e.warnings : e.notes)
                .push_back(name + ": " + std::to_string(held.strips_missing) + " of the " + std::to_string(held.strips) +
                           " strips of its " + std::to_string(held.faces) + " faces are not there: not measured");
            continue;
        }
        ATTUNE_TRY(const auto faces, learn::read_fer2013(folder, std::array{split}));
        ATTUNE_TRY(const auto answers, ask(net, faces, request, "face"));
        cpu_ms = answers.cpu_ms;
        add_split(e, answers, faces, name, held.twins_known);
        add_validity(e, answers, name);
        for (auto& other : others) {
            ATTUNE_TRY(const auto theirs, ask(other.net, faces, request, other.name.c_str()));
            learn::Subgroup peer{"peer=" + other.name + " " + name, {}};
            add_metrics(peer.metrics, theirs, name);
            e.subgroups.push_back(std::move(peer));
        }
        e.n += faces.size();
        groups.insert(groups.end(), answers.groups.begin(), answers.groups.end());
    }
    if (e.n == 0) {
        std::string why = "no face of FER2013 that the model was not trained on (PublicTest, PrivateTest)";
        for (const auto* list : {&e.warnings, &e.notes})
            for (const auto& note : *list) why += "; " + note;
        return fail(ErrorCode::kNotFound, why, folder.string());
    }
    std::ranges::sort(groups);
    e.groups = static_cast<std::size_t>(std::unique(groups.begin(), groups.end()) - groups.begin());
    e.metrics.push_back({"cpu_ms_per_face", kSet, cpu_ms, std::nullopt, e.n, "depends on the machine"});
    if (e.metrics.front().value > kLeakAbove) {
        e.warnings.push_back("accuracy above .78: more than these labels allow; the test faces were probably trained on");
    }
    e.leaky = model.card.leaky;
    return e;
}

void register_face(learn::ModelRegistry& registry) {
    registry.add({"face", "seven expressions of a face; the valence index is P(happy)", {kSet}, evaluate_face,
                  [](const learn::TrainRequest& request) { return run_trainer("face", kSet, request); }});
}

}  // namespace attune::affect
