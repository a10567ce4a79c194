// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/face_classifier.hpp"

#include <algorithm>
#include <cmath>

#include "signal/face_crop.hpp"

namespace attune::learn {
namespace {

constexpr int kSide = signal::kFaceSize;
constexpr int kColourSide = 112;
constexpr std::array<float, 3> kMeanRgb = {122.782F, 117.001F, 104.298F};  // of face-api's feature extractors

float bilinear(std::span<const float> luma, float x, float y) {
    x = std::clamp(x, 0.0F, static_cast<float>(kSide - 1));
    y = std::clamp(y, 0.0F, static_cast<float>(kSide - 1));
    const int ix = std::min(static_cast<int>(x), kSide - 2);
    const int iy = std::min(static_cast<int>(y), kSide - 2);
    const float fx = x - static_cast<float>(ix);
    const float fy = y - static_cast<float>(iy);
    const auto at = [&](int dx, int dy) { return luma[static_cast<std::size_t>((iy + dy) * kSide + ix + dx)]; };
    return (at(0, 0) * (1 - fx) + at(1, 0) * fx) * (1 - fy) + (at(0, 1) * (1 - fx) + at(1, 1) * fx) * fy;
}

void enlarge(std::span<const float> luma, std::vector<float>& out) {
    constexpr auto kPlane = static_cast<std::size_t>(kColourSide * kColourSide);
    constexpr float kZoom = static_cast<float>(kSide) / kColourSide;
    out.resize(3 * kPlane);
    for (int y = 0; y < kColourSide; ++y) {
        for (int x = 0; x < kColourSide; ++x) {
            const float v = bilinear(luma, static_cast<float>(x) * kZoom, static_cast<float>(y) * kZoom);
            const auto at = static_cast<std::size_t>(y * kColourSide + x);
            for (std::size_t c = 0; c < 3; ++c) out[c * kPlane + at] = (v - kMeanRgb[c]) / 255.0F;
        }
    }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

Result<std::array<int, kFerClasses>> face_label_order(const std::string& text) {
    std::array<int, kFerClasses> order{};
    std::size_t found = 0;
    std::string word;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && is_letter(text[i])) {
            word += static_cast<char>(text[i] | 0x20);
            continue;
        }
        const auto it = std::ranges::find_if(kFerLabels, [&](const char* label) { return word == label; });
        word.clear();
        if (it == kFerLabels.end()) continue;
        const int label = static_cast<int>(it - kFerLabels.begin());
        if (std::find(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(found), label) !=
            order.begin() + static_cast<std::ptrdiff_t>(found)) {
            return fail(ErrorCode::kBadArgument, std::string("the label '") + *it + "' is named twice");
        }
        order[found++] = label;
    }
    if (found == kFerClasses) return order;
    for (int label = 0; label < kFerClasses; ++label) {
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(found);
        if (std::find(order.begin(), end, label) == end) {
            return fail(ErrorCode::kBadArgument,
                        std::string("the label '") + kFerLabels[static_cast<std::size_t>(label)] +
                            "' is missing; needed, in the network's order: angry disgusted fearful happy sad surprised neutral");
        }
    }
    return fail(ErrorCode::kInternal, "labels");
}

Result<FaceClassifier> FaceClassifier::load(const std::filesystem::path& file, const std::string& labels) {
    ATTUNE_TRY(const auto order, face_label_order(labels));
    const OnnxTensor out{"", {1, kFerClasses}};
    auto grey = OnnxModel::load(file, {{{"face", {1, 1, kSide, kSide}}}, {out}});
    if (grey) return FaceClassifier(*std::move(grey), order, false);
    if (grey.error().code != ErrorCode::kBadArgument) return tl::unexpected<Error>(std::move(grey).error());
    for (const char* name : {"input", "face"}) {
        auto colour = OnnxModel::load(file, {{{name, {1, 3, kColourSide, kColourSide}}}, {out}});
        if (colour) return FaceClassifier(*std::move(colour), order, true);
    }
    return fail(ErrorCode::kBadArgument,
                "a face network takes 'face' [1x1x48x48] or 'input' [1x3x112x112] and gives seven probabilities; this one: " +
                    grey.error().message, file.string());
}

Result<FaceProbabilities> FaceClassifier::classify(std::span<const float> luma) {
    if (luma.size() != static_cast<std::size_t>(kSide * kSide)) {
        return fail(ErrorCode::kBadArgument, "a face of " + std::to_string(luma.size()) + " pixels; 48x48 are needed");
    }
    if (colour_) {
        enlarge(luma, input_);
    } else {
        input_.resize(luma.size());
        signal::face_normalise(luma, input_);
    }
    ATTUNE_TRY(const auto raw, model_.run(std::span<const float>(input_)));
    FaceProbabilities p{};
    double sum = 0.0;
    for (std::size_t i = 0; i < raw.size(); ++i) sum += static_cast<double>(raw[i]);
    if (!(sum > 0.99 && sum < 1.01) || std::ranges::any_of(raw, [](float v) { return v < 0.0F; })) {
        return fail(ErrorCode::kBadArgument, "the network's seven outputs add up to " + std::to_string(sum) +
                                                 "; probabilities (after softmax) are needed");
    }
    for (std::size_t i = 0; i < raw.size(); ++i) p[static_cast<std::size_t>(order_[i])] = static_cast<double>(raw[i]) / sum;
    return p;
}

}  // namespace attune::learn
