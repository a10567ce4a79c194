// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/brought_face.hpp"

#include <array>
#include <cmath>
#include <system_error>
#include <vector>

#include "affect/evaluate_face.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "learn/face_classifier.hpp"

namespace attune::affect {
namespace {

namespace fs = std::filesystem;
constexpr const char* kFile = "face.onnx";
constexpr const char* kCard = "face.card.json";
constexpr std::array kReadByFusion = {"r_rec_valence", "index_mean", "index_sd"};

/// Light from one side, a band of eyes and one of mouth: enough to see whether probabilities come out.
std::vector<float> test_face() {
    std::vector<float> luma(learn::kFerPixels);
    for (std::size_t i = 0; i < luma.size(); ++i) {
        const auto x = static_cast<double>(i % 48), y = static_cast<double>(i / 48);
        const double bands = std::exp(-(y - 19) * (y - 19) / 8.0) + std::exp(-(y - 37) * (y - 37) / 8.0);
        luma[i] = static_cast<float>(90.0 + x - 50.0 * bands);
    }
    return luma;
}

learn::ModelCard card_of(const BroughtFace& brought, const std::string& sha256) {
    learn::ModelCard card;
    card.model = "face";
    card.version = "brought-" + sha256.substr(0, 8);
    card.file = kFile;
    card.sha256 = sha256;
    card.purpose = "A face network that somebody brought: names the expression seen on one face, in place of Attune's own.";
    card.not_for = "Saying what a person feels, intends or is; diagnosis; identification; decisions about anybody.";
    card.inputs = "'face' [1x1x48x48] normalised luma, or 'input' [1x3x112x112] as face-api has it";
    card.outputs = "'probabilities' [1x7]: " + brought.labels;
    card.licence = brought.licence;
    card.trained_on.push_back({"not known", "not known", {}});
    card.protocol = "not measured";
    card.baseline = "not measured";
    card.calibration = "as brought; not measured";
    card.subgroups = "not measured";
    card.limits = "Who made it, on whom and how is not known to Attune. Without figures it has no weight in the estimate.";
    return card;
}

void quote(learn::ModelCard& card, const learn::Evaluation& e) {
    card.protocol = e.protocol + "; attune models add";
    card.baseline = "always the commonest class, and Attune's own network on the same faces";
    card.calibration = "as brought; ECE beside the accuracy";
    card.subgroups = "recall of each expression, printed by attune evaluate face";
    for (const auto& metric : e.metrics) card.metrics.push_back({metric, "attune evaluate face"});
    if (!e.warnings.empty()) {
        card.limits = "Suspected of having been trained on the test faces (" + e.warnings.front() + "): no weight in the estimate.";
        return;
    }
    card.limits = "Who made it, on whom and how is not known to Attune. Measured on FER2013 only.";
    for (const auto& metric : e.metrics)
        for (const char* name : kReadByFusion)
            if (metric.name == name) card.figures.try_emplace(name, metric.value);
}

Result<void> discard(const fs::path& folder) {
    std::error_code error;
    for (const char* name : {kCard, kFile}) {
        fs::remove(folder / name, error);
        if (error) return fail(ErrorCode::kIo, "cannot be removed: " + error.message(), (folder / name).string());
    }
    return {};
}

/// What was there before comes back unless keep() is called.
class Replaced {
public:
    explicit Replaced(fs::path folder) : folder_(std::move(folder)) {
        for (const char* name : {kCard, kFile}) {
            auto text = core::read_file(folder_ / name);
            if (text) before_.emplace_back(name, *std::move(text));
        }
    }
    Replaced(const Replaced&) = delete;
    Replaced& operator=(const Replaced&) = delete;
    ~Replaced() {
        if (kept_) return;
        (void)discard(folder_);
        for (const auto& [name, text] : before_) (void)core::write_file_atomically(folder_ / name, text);
    }
    void keep() noexcept { kept_ = true; }

private:
    fs::path folder_;
    std::vector<std::pair<std::string, std::string>> before_;
    bool kept_ = false;
};

}  // namespace

Result<AddedModel> add_brought_face(const BroughtFace& brought) {
    if (brought.licence.empty()) return fail(ErrorCode::kBadArgument, "the licence of the weights is empty", "--licence");
    ATTUNE_TRY(auto net, learn::FaceClassifier::load(brought.file, brought.labels));
    if (auto answer = net.classify(test_face()); !answer) return fail_in(std::move(answer).error(), brought.file.string());
    ATTUNE_TRY(const std::string bytes, core::read_file(brought.file));

    const fs::path folder = brought.data_dir / "models";
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(ErrorCode::kIo, "cannot make the folder: " + error.message(), folder.string());
    Replaced replaced(folder);
    AddedModel added{card_of(brought, core::sha256_hex(std::string_view(bytes))), folder / kCard, std::nullopt};
    ATTUNE_CHECK(core::write_file_atomically(folder / kFile, bytes));
    ATTUNE_CHECK(learn::write_card(added.card_file, added.card));
    if (brought.data) {
        learn::EvaluateRequest request;
        request.data = *brought.data;
        request.data_dir = brought.data_dir;
        request.cancel = brought.cancel;
        request.progress = brought.progress;
        ATTUNE_TRY(added.evaluation, evaluate_face(request));
        quote(added.card, *added.evaluation);
        ATTUNE_CHECK(learn::write_card(added.card_file, added.card));
    }
    replaced.keep();
    return added;
}

Result<void> remove_brought_face(const fs::path& data_dir) {
    const fs::path folder = data_dir / "models";
    std::error_code error;
    if (!fs::exists(folder / kCard, error)) return fail(ErrorCode::kNotFound, "no face network was added", folder.string());
    return discard(folder);
}

}  // namespace attune::affect
