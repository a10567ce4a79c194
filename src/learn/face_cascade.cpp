// SPDX-License-Identifier: GPL-3.0-or-later
// The only file that includes OpenCV's objdetect.
#include "learn/face_cascade.hpp"

#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/objdetect.hpp>

#include "learn/detail/pixels.hpp"

namespace attune::learn {
namespace {

constexpr double kScaleStep = 1.1;
constexpr int kNeighbours = 4;
constexpr const char* kFolder = "/usr/share/opencv4/";

std::vector<const char*> names_of(CascadeKind kind) {
    if (kind == CascadeKind::kHaar) return {"haarcascades/haarcascade_frontalface_alt2.xml"};
    return {"lbpcascades/lbpcascade_frontalface_improved.xml", "lbpcascades/lbpcascade_frontalface.xml"};
}

}  // namespace

struct FaceCascade::State {
    cv::CascadeClassifier cascade;
};

FaceCascade::FaceCascade(std::unique_ptr<State> state) : state_(std::move(state)) {}
FaceCascade::~FaceCascade() = default;
FaceCascade::FaceCascade(FaceCascade&&) noexcept = default;
FaceCascade& FaceCascade::operator=(FaceCascade&&) noexcept = default;

Result<FaceCascade> FaceCascade::open(CascadeKind kind) {
    auto state = std::make_unique<State>();
    for (const char* name : names_of(kind)) {
        const std::string place = std::string(kFolder) + name;
        std::error_code ignored;
        if (!std::filesystem::exists(place, ignored)) continue;
        try {
            if (state->cascade.load(place)) return FaceCascade(std::move(state));
        } catch (const std::exception&) {  // the next one may load
        }
    }
    return fail(ErrorCode::kUnavailable, std::string("no cascade ") + names_of(kind).front() + "; it comes with the package opencv-data", kFolder);
}

Result<std::vector<FoundFace>> FaceCascade::find(const RgbView& picture, const How& how) {
    const double zoom = std::max(1.0, static_cast<double>(picture.width) / how.width);
    cv::Mat grey(static_cast<int>(picture.height / zoom), static_cast<int>(picture.width / zoom), CV_8U);
    for (int y = 0; y < grey.rows; ++y) {
        for (int x = 0; x < grey.cols; ++x) {
            const double v = how.gain * detail::luma(detail::area(picture, x * zoom, y * zoom, (x + 1) * zoom, (y + 1) * zoom));
            grey.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(std::min(255.0, v));
        }
    }
    std::vector<cv::Rect> boxes;
    try {
        state_->cascade.detectMultiScale(grey, boxes, kScaleStep, kNeighbours, 0, cv::Size(how.least, how.least));
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, e.what(), "cascade");
    }
    std::vector<FoundFace> faces;
    for (const auto& b : boxes) {
        FoundFace f;
        f.x = b.x * zoom;
        f.y = b.y * zoom;
        f.width = f.height = b.width * zoom;
        f.score = 0.5;
        f.cascade = true;
        faces.push_back(f);
    }
    return faces;
}

}  // namespace attune::learn
