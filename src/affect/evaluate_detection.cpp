// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/evaluate_detection.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <set>

#include "affect/face_canvas.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/crop_jpeg.hpp"
#include "learn/dataset_hash.hpp"
#include "learn/face_cascade.hpp"
#include "learn/face_classifier.hpp"
#include "learn/fer2013.hpp"
#include "learn/model_card.hpp"
#include "learn/parts.hpp"
#include "media/video.hpp"

namespace attune::affect {
namespace {

constexpr const char* kFaces = "fer2013";
constexpr const char* kFaceless = "faceless";
constexpr std::size_t kFacesASetting = 150;
constexpr int kPartsOfAPhotograph = 10;
constexpr int kTextures = 60;
constexpr double kMinSpread = 20.0;    // SD of a face's luma; below, the picture is blank or nearly so
constexpr double kCentreWithin = 0.3;  // of the face's side, from the middle of what was found
constexpr double kSizeWithin = 2.0;    // times as large or small

constexpr FaceSetting kSettings[] = {
    {"upright, 130 px"},
    {"far: 60 px", 60.0},
    {"near: 240 px", 240.0},
    {"rolled 15 degrees", 130.0, 15.0},
    {"rolled 30 degrees", 130.0, 30.0},
    {"rolled 45 degrees", 130.0, 45.0},
    {"dark: a quarter of the light", 130.0, 0.0, 0.25},
    {"covered: mouth and chin", 130.0, 0.0, 1.0, Cover::kMouth},
    {"covered: one side", 130.0, 0.0, 1.0, Cover::kOneSide},
};

struct Finder {
    std::string name;  ///< empty = ours
    std::function<Result<learn::FaceScene>(const learn::RgbView&)> find;
    double cpu_s = 0.0;
    std::size_t pictures = 0;

    Result<learn::FaceScene> look(const Canvas& canvas) {
        const std::clock_t start = std::clock();
        ATTUNE_TRY(auto found, find(canvas.view()));
        cpu_s += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        ++pictures;
        return found;
    }
};

/// The network that names the expression of what ours found, where one is installed.
struct Expression {
    std::shared_ptr<learn::FaceFinder> finder;
    std::optional<learn::FaceClassifier> net;

    Result<bool> right(const Canvas& canvas, const learn::FoundFace& face, double gain, int label) {
        const auto crop = finder->cut(canvas.view(), face, gain);
        std::vector<float> luma(crop.size() / 3);
        for (std::size_t i = 0; i < luma.size(); ++i) luma[i] = static_cast<float>((299 * crop[3 * i] + 587 * crop[3 * i + 1] + 114 * crop[3 * i + 2]) / 1000);
        ATTUNE_TRY(const auto p, net->classify(learn::halve_crop(luma)));
        return std::ranges::max_element(p) - p.begin() == label;
    }
};

Result<std::vector<Finder>> make_finders(const std::filesystem::path& data_dir, Expression& expression) {
    for (const char* part : {"tiny_face_detector_224", "tiny_face_detector_320", "landmark68_tiny"}) ATTUNE_CHECK(learn::find_part(data_dir, part));
    ATTUNE_TRY(auto ours, learn::FaceFinder::create(data_dir));
    ATTUNE_TRY(auto lbp, learn::FaceCascade::open(learn::CascadeKind::kLbp));
    ATTUNE_TRY(auto haar, learn::FaceCascade::open(learn::CascadeKind::kHaar));
    std::vector<Finder> out;
    expression.finder = std::make_shared<learn::FaceFinder>(std::move(ours));
    if (const auto model = learn::find_model(data_dir, "face")) {
        ATTUNE_TRY(expression.net, learn::FaceClassifier::load(model->weights, model->card.outputs));
    }
    out.push_back({"", [finder = expression.finder](const learn::RgbView& p) { return finder->find(p, true); }});
    const auto add = [&](const char* name, learn::FaceCascade cascade) {
        out.push_back({name, [shared = std::make_shared<learn::FaceCascade>(std::move(cascade))](const learn::RgbView& p) -> Result<learn::FaceScene> {
                           learn::FaceScene scene;
                           ATTUNE_TRY(scene.faces, shared->find(p, {}));
                           return scene;
                       }});
    };
    add("LBP", std::move(lbp));
    add("Haar alt2", std::move(haar));
    return out;
}

bool is_it(const learn::FoundFace& found, const Placed& truth, double size) {
    const double dx = found.x + found.width / 2.0 - truth.x, dy = found.y + found.height / 2.0 - truth.y;
    const double side = std::sqrt(found.width * found.height);
    return std::hypot(dx, dy) < kCentreWithin * size && side < size * kSizeWithin && side > size / kSizeWithin;
}

/// What each finder did on the pictures of one setting.
struct Tally {
    std::vector<std::string> groups;
    std::vector<std::vector<double>> found, false_alarm;  ///< [finder][picture], 0 or 1
    std::vector<std::string> named_groups;
    std::vector<double> named;                            ///< of the faces that ours found: whether the expression was named right
    explicit Tally(std::size_t finders) : found(finders), false_alarm(finders) {}
};

learn::Metric share(const char* name, const char* set, const std::string& note, const std::vector<double>& of, const std::vector<std::string>& groups) {
    const auto mean = [&](std::span<const std::size_t> chosen) {
        double sum = 0.0;
        for (const std::size_t i : chosen) sum += of[i];
        return sum / static_cast<double>(std::max<std::size_t>(1, chosen.size()));
    };
    std::vector<std::size_t> all(of.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return {name, set, mean(all), learn::group_bootstrap(groups, mean, 1000), of.size(), note};
}

/// One picture of each group of twins, with a face that somebody could see in it, evenly over the set.
std::vector<learn::FerFace> chosen_faces(std::vector<learn::FerFace> all, std::size_t wanted) {
    std::set<int> seen;
    std::erase_if(all, [&](const learn::FerFace& face) {
        if (!face.votes || (*face.votes)[learn::kVoteNoFace] > 0) return true;
        if (face.dup_group >= 0 && !seen.insert(face.dup_group).second) return true;
        double sum = 0.0, square = 0.0;
        for (const std::uint8_t v : face.pixels) sum += v, square += static_cast<double>(v) * v;
        const double mean = sum / learn::kFerPixels;
        return square / learn::kFerPixels - mean * mean < kMinSpread * kMinSpread;
    });
    if (all.size() <= wanted) return all;
    std::vector<learn::FerFace> out;
    for (std::size_t i = 0; i < wanted; ++i) out.push_back(all[i * all.size() / wanted]);
    return out;
}

struct Photograph {
    std::string name;
    media::Picture picture;
    [[nodiscard]] learn::RgbView view() const { return {picture.width, picture.height, picture.rgb}; }
};

Result<std::vector<Photograph>> read_photographs(const std::filesystem::path& folder, std::vector<std::filesystem::path>& files) {
    ATTUNE_TRY(const auto all, learn::files_under(folder));
    std::vector<Photograph> out;
    for (const auto& file : all) {
        const auto kind = file.extension();
        if (kind != ".jpg" && kind != ".jpeg" && kind != ".png") continue;
        ATTUNE_TRY(const std::string bytes, core::read_file(file, std::size_t{64} << 20));
        ATTUNE_TRY(auto picture, media::decode_picture({bytes.begin(), bytes.end()}));
        if (picture.width < kCanvasWidth / 2 || picture.height < kCanvasHeight / 2) continue;
        out.push_back({file.filename().string(), std::move(picture)});
        files.push_back(file);
    }
    return out;
}

class Run {
public:
    Run(const learn::EvaluateRequest& request, std::vector<Finder> finders, Expression expression, std::vector<learn::FerFace> faces,
        std::vector<Photograph> photographs)
        : request_(request), finders_(std::move(finders)), expression_(std::move(expression)), faces_(std::move(faces)), photographs_(std::move(photographs)) {}

    Result<void> measure(learn::Evaluation& e) {
        for (std::size_t k = 1; k < finders_.size(); ++k) e.subgroups.push_back({"peer=" + finders_[k].name, {}});
        for (const FaceSetting& setting : kSettings) {
            ATTUNE_TRY(const Tally tally, with_faces(setting));
            report(e, tally, kFaces, setting.name, true);
        }
        ATTUNE_TRY(const Tally textures, without_faces("none: drawn textures", kTextures, [](int i, core::Random& random) { return texture(i % 4, random); },
                                                       [](int i) { return std::to_string(i); }));
        report(e, textures, "textures", "none: drawn textures", false);
        if (!photographs_.empty()) {
            const auto of = [&](int i) -> const Photograph& { return photographs_[static_cast<std::size_t>(i / kPartsOfAPhotograph)]; };
            ATTUNE_TRY(const Tally parts, without_faces("none: parts of photographs", static_cast<int>(photographs_.size()) * kPartsOfAPhotograph,
                                                        [&](int i, core::Random& random) { return part_of(of(i).view(), random); },
                                                        [&](int i) { return of(i).name; }));
            report(e, parts, kFaceless, "none: parts of photographs", false);
        }
        for (std::size_t k = 0; k < finders_.size(); ++k) {
            place(e, k).push_back({"cpu_ms_per_picture", kFaces, 1e3 * finders_[k].cpu_s / static_cast<double>(std::max<std::size_t>(1, finders_[k].pictures)),
                                   std::nullopt, finders_[k].pictures, "640x480; depends on the machine"});
        }
        return {};
    }

private:
    std::vector<learn::Metric>& place(learn::Evaluation& e, std::size_t finder) const { return finder == 0 ? e.metrics : e.subgroups[finder - 1].metrics; }

    Result<void> going_on(const std::string& what, std::size_t done, std::size_t of) const {
        if (request_.cancelled()) return fail(ErrorCode::kCancelled, "stopped in " + what);
        if (request_.progress && done % 25 == 0) request_.progress(what, done, of);
        return {};
    }

    Result<Tally> with_faces(const FaceSetting& setting) {
        Tally tally(finders_.size());
        for (std::size_t i = 0; i < faces_.size(); ++i) {
            ATTUNE_CHECK(going_on(setting.name, i, faces_.size()));
            const std::string who = std::to_string(faces_[i].index);
            core::Random random(1, "affect/detection/" + std::string(setting.name) + "/" + who);
            Canvas ground = photographs_.empty() ? texture(static_cast<int>(i % 4), random) : part_of(photographs_[i % photographs_.size()].view(), random);
            const Placed placed = put_face(faces_[i], setting, std::move(ground), random);
            tally.groups.push_back(who);
            for (std::size_t k = 0; k < finders_.size(); ++k) {
                ATTUNE_TRY(const auto scene, finders_[k].look(placed.canvas));
                const auto it = [&](const auto& f) { return is_it(f, placed, setting.size_px); };
                const auto right = std::ranges::count_if(scene.faces, it);
                tally.found[k].push_back(right > 0 ? 1.0 : 0.0);
                tally.false_alarm[k].push_back(static_cast<std::size_t>(right) < scene.faces.size() ? 1.0 : 0.0);
                if (k == 0 && right > 0 && expression_.net) {
                    ATTUNE_TRY(const bool named, expression_.right(placed.canvas, *std::ranges::find_if(scene.faces, it), scene.gain, faces_[i].label));
                    tally.named.push_back(named ? 1.0 : 0.0);
                    tally.named_groups.push_back(who);
                }
            }
        }
        return tally;
    }

    template <class Make, class Name>
    Result<Tally> without_faces(const std::string& what, int n, Make make, Name name) {
        Tally tally(finders_.size());
        for (int i = 0; i < n; ++i) {
            ATTUNE_CHECK(going_on(what, static_cast<std::size_t>(i), static_cast<std::size_t>(n)));
            core::Random random(1, "affect/detection/" + what + "/" + std::to_string(i));
            const Canvas canvas = make(i, random);
            tally.groups.push_back(name(i));
            for (std::size_t k = 0; k < finders_.size(); ++k) {
                ATTUNE_TRY(const auto scene, finders_[k].look(canvas));
                tally.false_alarm[k].push_back(scene.faces.empty() ? 0.0 : 1.0);
            }
        }
        return tally;
    }

    void report(learn::Evaluation& e, const Tally& tally, const char* set, const std::string& note, bool faces) const {
        e.n += tally.groups.size();
        for (std::size_t k = 0; k < finders_.size(); ++k) {
            auto& metrics = place(e, k);
            if (faces) metrics.push_back(share("recall", set, note, tally.found[k], tally.groups));
            metrics.push_back(share("false_alarms", set, note, tally.false_alarm[k], tally.groups));
        }
        if (!tally.named.empty()) e.metrics.push_back(share("accuracy", set, "expression of those found: " + note, tally.named, tally.named_groups));
    }

    const learn::EvaluateRequest& request_;
    std::vector<Finder> finders_;
    Expression expression_;
    std::vector<learn::FerFace> faces_;
    std::vector<Photograph> photographs_;
};

}  // namespace

Result<learn::Evaluation> evaluate_detection(const learn::EvaluateRequest& request) { return evaluate_detection(request, kFacesASetting); }

Result<learn::Evaluation> evaluate_detection(const learn::EvaluateRequest& request, std::size_t wanted) {
    if (request.cross_validate) return fail(ErrorCode::kUnsupported, "detection trains nothing, so there is nothing to cross-validate");
    Expression expression;
    ATTUNE_TRY(auto finders, make_finders(request.data_dir, expression));
    const auto folder = learn::find_set(request.data, kFaces);
    if (!folder) return fail(ErrorCode::kNotFound, std::string("no folder ") + kFaces, request.data.string());
    ATTUNE_TRY(const auto held, learn::fer2013_holdings(*folder));
    std::vector<learn::FerSplit> splits;  // whose pictures are here: the other one may be kept elsewhere
    for (const auto split : {learn::FerSplit::kPublicTest, learn::FerSplit::kPrivateTest})
        if (const auto& h = held[static_cast<std::size_t>(split)]; h.strips_missing == 0 || h.own_strip) splits.push_back(split);
    ATTUNE_TRY(auto all, learn::read_fer2013(*folder, splits));
    auto faces = chosen_faces(std::move(all), wanted);
    if (faces.empty()) return fail(ErrorCode::kNotFound, "no face of PublicTest or PrivateTest with votes", folder->string());

    learn::Evaluation e;
    e.model = "detection";
    e.version = "2";
    ATTUNE_TRY(const auto part, learn::find_part(request.data_dir, "tiny_face_detector_224"));
    ATTUNE_TRY(e.model_sha256, core::sha256_hex_of_file(part));
    e.data = {kFaces};
    std::vector<std::filesystem::path> files;
    ATTUNE_TRY(const auto of_faces, learn::files_under(*folder));
    std::ranges::copy_if(of_faces, std::back_inserter(files), [](const auto& f) { return f.extension() == ".png" || f.filename() == "labels.csv"; });
    std::vector<Photograph> photographs;
    if (const auto faceless = learn::find_set(request.data, kFaceless)) {
        ATTUNE_TRY(photographs, read_photographs(*faceless, files));
        e.data.emplace_back(kFaceless);
    }
    ATTUNE_TRY(e.data_sha256, learn::data_sha256(request.data, files));
    e.groups = faces.size() + photographs.size();
    e.protocol = "Composed pictures of 640x480, not photographs of people in rooms: real faces of FER2013 (48x48 grey, cut tight, without hair and "
                 "chin; " + std::to_string(faces.size()) + " of the test splits, twins and pictures that a rater called no face left out) enlarged and put "
                 "on parts of " + (photographs.empty() ? std::string("drawn textures") : std::to_string(photographs.size()) + " photographs of no person") +
                 ", all grey, at places by chance. Recall: something found whose middle lies within .3 of the face's side and whose size is within a "
                 "factor of 2. False alarms: share of the pictures with anything else found. Ours as in use, with the far search whenever the near one "
                 "finds nothing; peers over the whole 640x480, faces from 30 px. Accuracy: the installed face network on the crops of what ours found. "
                 "Nothing was trained or chosen on these pictures.";
    ATTUNE_CHECK(Run(request, std::move(finders), std::move(expression), std::move(faces), std::move(photographs)).measure(e));
    return e;
}

void register_detection(learn::ModelRegistry& registry) {
    registry.add({"detection", "the camera's face finder: recall and false alarms, beside LBP and Haar", {kFaces, kFaceless},
                  [](const learn::EvaluateRequest& request) { return evaluate_detection(request); }, {}});
}

}  // namespace attune::affect
