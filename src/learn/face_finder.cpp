// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/face_finder.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "flow/crop.hpp"
#include "learn/detail/pixels.hpp"
#include "learn/face_cascade.hpp"
#include "learn/onnx_model.hpp"
#include "learn/parts.hpp"

namespace attune::learn {
namespace {

using detail::area;
using detail::luma;
using detail::Rgb;
using detail::sample;

constexpr int kSearch = 224, kFarSearch = 320, kLandmarks = 112;
// Where the eyes mostly lie in a box of the cascade, in parts of it; where they lie in a crop is flow/crop.hpp's.
constexpr double kCascadeLeftEyeX = 0.31, kCascadeRightEyeX = 0.69, kCascadeEyeY = 0.39;
constexpr std::array<double, 3> kDetectorMean = {117.001, 114.697, 97.404};
constexpr std::array<double, 3> kLandmarkMean = {122.782, 117.001, 104.298};
struct Anchor { double w, h; };
constexpr std::array<Anchor, 5> kAnchors = {{{1.603231, 2.094468}, {6.041143, 7.080126}, {2.882459, 3.518061},
                                             {4.266906, 5.178857}, {9.041765, 10.66308}}};
constexpr double kMinScore = 0.4;      // with the gain step: recall .95, 5 false alarms on 234 faceless frames
constexpr double kSureScore = 0.5;     // below it the cascade is asked, too
constexpr double kFarScore = 0.3;      // in the finer parts; each is then looked at from closer, where kMinScore holds again
constexpr double kOverlap = 0.4;
constexpr double kPart = 0.45;         // side of a finer part, in parts of the longer side: a face of 60 px of 640 is one of 67
constexpr double kMeet = 0.12;         // how much two neighbours share at least: 77 px of 640
constexpr double kAround = 3.0;        // side of the look around a face that was there, in parts of its longer side
constexpr double kWhite = 220.0, kMaxGain = 6.0;
constexpr int kCascadeWidth = 320, kCascadeLeast = 30;  // the cascade sees a picture of this width: faces from 60 px of 640
constexpr double kMaxRoll = 50.0;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

struct Light { double mean, sd, gain; };

/// A square of the picture, which may reach over its edge.
struct Part {
    double x = 0.0, y = 0.0, side = 0.0;
};

Part whole(const RgbView& p) { return {0.0, 0.0, static_cast<double>(std::max(p.width, p.height))}; }

/// The square around a face that was there.
Part around(const RgbView& p, const FoundFace& face) {
    const double side = std::min(whole(p).side, kAround * std::max(face.width, face.height));
    const auto start = [side](double middle, int length) { return std::clamp(middle - side / 2, 0.0, std::max(0.0, length - side)); };
    return {start(face.x + face.width / 2, p.width), start(face.y + face.height / 2, p.height), side};
}

Light light_of(const RgbView& p, const Part& part) {
    std::array<int, 256> histogram{};
    int n = 0;
    const int x0 = static_cast<int>(part.x), y0 = static_cast<int>(part.y), step = part.side > 200.0 ? 4 : 2;
    for (int y = y0; y < p.height && y < part.y + part.side; y += step) {
        for (int x = x0; x < p.width && x < part.x + part.side; x += step, ++n) {
            const std::uint8_t* c = p.rgb.data() + static_cast<std::ptrdiff_t>(y * p.width + x) * 3;
            ++histogram[static_cast<std::size_t>((299 * c[0] + 587 * c[1] + 114 * c[2]) / 1000)];
        }
    }
    double sum = 0.0, square = 0.0;
    int seen = 0, bright = -1;
    for (int v = 0; v < 256; ++v) {
        const int k = histogram[static_cast<std::size_t>(v)];
        sum += static_cast<double>(k) * v;
        square += static_cast<double>(k) * v * v;
        seen += k;
        if (bright < 0 && seen >= 0.95 * n) bright = v;
    }
    const double mean = sum / std::max(1, n);
    const double sd = std::sqrt(std::max(0.0, square / std::max(1, n) - mean * mean));
    return {mean, sd, std::clamp(kWhite / std::max(1, bright), 1.0, kMaxGain)};
}

double overlap(const FoundFace& a, const FoundFace& b) {
    const double w = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double h = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (w <= 0.0 || h <= 0.0) return 0.0;
    return w * h / (a.width * a.height + b.width * b.height - w * h);
}

/// Adds faces that no face already there covers.
void merge(std::vector<FoundFace>& faces, std::vector<FoundFace> more) {
    std::ranges::stable_sort(more, std::ranges::greater{}, &FoundFace::score);
    for (auto& face : more) {
        if (std::ranges::none_of(faces, [&](const FoundFace& f) { return overlap(f, face) > kOverlap; })) {
            faces.push_back(face);
        }
    }
}

}  // namespace

struct FaceFinder::State {
    std::optional<OnnxModel> detector, far_detector, landmarks;
    std::optional<FaceCascade> cascade;
    std::string text;
    std::vector<float> input;

    Result<std::vector<FoundFace>> detect(const RgbView& p, double gain, bool far, const Part& part, double least = kMinScore) {
        OnnxModel& net = far ? *far_detector : *detector;
        const int side = far ? kFarSearch : kSearch;
        const double zoom = part.side / side;  // pixels of the picture to one of the network's
        const auto plane = static_cast<std::size_t>(side * side);
        input.resize(3 * plane);
        for (std::size_t c = 0; c < 3; ++c) {
            std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(c * plane), plane, static_cast<float>(-kDetectorMean[c] / 255.0));
        }
        for (int y = 0; y < side && part.y + y * zoom < p.height; ++y) {
            for (int x = 0; x < side && part.x + x * zoom < p.width; ++x) {
                const double u = part.x + x * zoom, v0 = part.y + y * zoom;
                const Rgb v = zoom >= 1.0 ? area(p, u, v0, u + zoom, v0 + zoom) : sample(p, u + 0.5 * zoom - 0.5, v0 + 0.5 * zoom - 0.5);
                const std::array<double, 3> rgb = {v.r, v.g, v.b};
                const auto at = static_cast<std::size_t>(y * side + x);
                for (std::size_t c = 0; c < 3; ++c) {
                    input[c * plane + at] = static_cast<float>((std::min(255.0, rgb[c] * gain) - kDetectorMean[c]) / 255.0);
                }
            }
        }
        ATTUNE_TRY(const auto out, net.run(std::span<const float>(input)));
        auto faces = decode(out, side, zoom, least);
        for (auto& face : faces) face.x += part.x, face.y += part.y;
        return faces;
    }

    /// Around a face that was there, in the light that is there: one run of the near network.
    Result<std::vector<FoundFace>> detect_around(const RgbView& p, const FoundFace& face) {
        const Part part = around(p, face);
        return detect(p, light_of(p, part).gain, false, part);
    }

    /// The whole picture by the larger network; then finer parts that overlap.
    Result<std::vector<FoundFace>> detect_far(const RgbView& p, double gain) {
        ATTUNE_TRY(auto found, detect(p, gain, true, whole(p)));
        if (!found.empty()) return found;
        const double side = kPart * whole(p).side, meet = kMeet * whole(p).side;
        const auto steps = [&](int length) { return std::max(1, static_cast<int>(std::ceil((length - meet) / (side - meet)))); };
        const int columns = steps(p.width), rows = steps(p.height);
        for (int k = 0; k < columns * rows; ++k) {
            const int column = k % columns, row = k / columns;
            const double x = columns > 1 ? (p.width - side) * column / (columns - 1) : 0.0;
            const double y = rows > 1 ? (p.height - side) * row / (rows - 1) : 0.0;
            const Part part{x, y, side};
            ATTUNE_TRY(auto more, detect(p, light_of(p, part).gain, true, part, kFarScore));
            // A face that an inner edge cuts is whole in the neighbour.
            std::erase_if(more, [&](const FoundFace& f) {
                return (column > 0 && f.x < x) || (column + 1 < columns && f.x + f.width > x + side) || (row > 0 && f.y < y) ||
                       (row + 1 < rows && f.y + f.height > y + side);
            });
            merge(found, std::move(more));
        }
        // Each must be a face of the near network, too, seen from closer.
        std::vector<FoundFace> sure;
        for (const auto& face : found) {
            ATTUNE_TRY(auto closer, detect_around(p, face));
            std::erase_if(closer, [&](const FoundFace& f) { return overlap(f, face) < kOverlap; });
            merge(sure, std::move(closer));
        }
        return sure;
    }

    static std::vector<FoundFace> decode(std::span<const float> out, int side, double zoom, double least) {
        const int cells = side / 32;
        std::vector<FoundFace> faces;
        for (int row = 0; row < cells; ++row) {
            for (int col = 0; col < cells; ++col) {
                for (int a = 0; a < 5; ++a) {
                    const auto v = [&](int k) {
                        return static_cast<double>(out[static_cast<std::size_t>(((a * 5 + k) * cells + row) * cells + col)]);
                    };
                    const double score = sigmoid(v(4));
                    if (score < least) continue;
                    FoundFace f;
                    const double cell = 32.0 * zoom;
                    f.width = std::exp(std::min(v(2), 4.0)) * kAnchors[static_cast<std::size_t>(a)].w * cell;
                    f.height = std::exp(std::min(v(3), 4.0)) * kAnchors[static_cast<std::size_t>(a)].h * cell;
                    f.x = (col + sigmoid(v(0))) * cell - f.width / 2;
                    f.y = (row + sigmoid(v(1))) * cell - f.height / 2;
                    f.score = score;
                    faces.push_back(f);
                }
            }
        }
        std::vector<FoundFace> kept;
        merge(kept, std::move(faces));
        return kept;
    }

    /// 68 points inside the face's box; the eyes are 36..41 and 42..47.
    Result<bool> find_eyes(const RgbView& p, FoundFace& f, double gain) {
        constexpr auto kPlane = static_cast<std::size_t>(kLandmarks * kLandmarks);
        const double side = std::max(f.width, f.height);
        const double x0 = f.x + f.width / 2 - side / 2;
        const double y0 = f.y + f.height / 2 - side / 2;
        const double zoom = side / kLandmarks;
        input.resize(3 * kPlane);
        for (int y = 0; y < kLandmarks; ++y) {
            for (int x = 0; x < kLandmarks; ++x) {
                const Rgb v = zoom > 1.5 ? area(p, x0 + x * zoom, y0 + y * zoom, x0 + (x + 1) * zoom, y0 + (y + 1) * zoom)
                                         : sample(p, x0 + (x + 0.5) * zoom - 0.5, y0 + (y + 0.5) * zoom - 0.5);
                const std::array<double, 3> rgb = {v.r, v.g, v.b};
                const auto at = static_cast<std::size_t>(y * kLandmarks + x);
                for (std::size_t c = 0; c < 3; ++c) {
                    input[c * kPlane + at] = static_cast<float>((std::min(255.0, rgb[c] * gain) - kLandmarkMean[c]) / 255.0);
                }
            }
        }
        ATTUNE_TRY(const auto out, landmarks->run(std::span<const float>(input)));
        const auto centre = [&](std::size_t first) {
            std::array<double, 2> c{};
            for (std::size_t k = first; k < first + 6; ++k) {
                c[0] += (x0 + static_cast<double>(out[2 * k]) * side) / 6.0;
                c[1] += (y0 + static_cast<double>(out[2 * k + 1]) * side) / 6.0;
            }
            return c;
        };
        f.left_eye = centre(36);
        f.right_eye = centre(42);
        const double dx = f.right_eye[0] - f.left_eye[0];
        const double dy = f.right_eye[1] - f.left_eye[1];
        f.roll_deg = std::atan2(dy, dx) * 180.0 / std::numbers::pi;
        const double apart = std::hypot(dx, dy) / side;
        f.has_eyes = apart > 0.2 && apart < 0.7 && std::abs(f.roll_deg) < kMaxRoll;
        return f.has_eyes;
    }
};

FaceFinder::FaceFinder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FaceFinder::~FaceFinder() = default;
FaceFinder::FaceFinder(FaceFinder&&) noexcept = default;
FaceFinder& FaceFinder::operator=(FaceFinder&&) noexcept = default;
const std::string& FaceFinder::describe() const noexcept { return state_->text; }

Result<FaceFinder> FaceFinder::create(const std::filesystem::path& data_dir) {
    auto state = std::make_unique<State>();
    const auto load = [&](const char* name, int side, const OnnxTensor& out) -> Result<OnnxModel> {
        ATTUNE_TRY(const auto file, find_part(data_dir, name));
        return OnnxModel::load(file, {{{"input", {1, 3, side, side}}}, {out}});
    };
    auto detector = load("tiny_face_detector_224", kSearch, {"boxes", {1, 25, 7, 7}});
    auto far = load("tiny_face_detector_320", kFarSearch, {"boxes", {1, 25, 10, 10}});
    auto landmarks = load("landmark68_tiny", kLandmarks, {"points", {1, 136}});
    if (auto cascade = FaceCascade::open(CascadeKind::kLbp)) state->cascade.emplace(*std::move(cascade));
    if (detector && far && landmarks) {
        state->detector.emplace(*std::move(detector));
        state->far_detector.emplace(*std::move(far));
        state->landmarks.emplace(*std::move(landmarks));
        state->text = std::string("tiny_face_detector + landmark68_tiny") + (state->cascade ? ", LBP" : "");
        return FaceFinder(std::move(state));
    }
    const Error why = !detector ? detector.error() : !far ? far.error() : landmarks.error();
    if (!state->cascade) {
        return fail(ErrorCode::kUnavailable, "no face finder: " + why.message + "; nor is the package opencv-data installed");
    }
    state->text = "LBP alone: " + why.message;
    return FaceFinder(std::move(state));
}

Result<FaceScene> FaceFinder::find(const RgbView& picture, bool far, const std::optional<FoundFace>& before) {
    FaceScene scene;
    if (picture.width < 32 || picture.height < 32 ||
        picture.rgb.size() != static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3) {
        return fail(ErrorCode::kBadArgument, "a picture of " + std::to_string(picture.width) + "x" +
                                                 std::to_string(picture.height) + " pixels; 32x32 at least, RGB");
    }
    const Light light = light_of(picture, whole(picture));
    scene.light = light.mean;
    scene.spread = light.sd;
    scene.gain = light.gain;
    if (scene.spread < 3.0) return scene;  // nothing is in the picture
    if (state_->detector) {
        ATTUNE_TRY(scene.faces, state_->detect(picture, scene.gain, false, whole(picture)));
        if (scene.faces.empty() && before) {
            ATTUNE_TRY(scene.faces, state_->detect_around(picture, *before));
        }
        if (scene.faces.empty() && far) {
            ATTUNE_TRY(scene.faces, state_->detect_far(picture, scene.gain));
        }
        // A small face does not weigh in the light of the whole picture: its own surroundings tell its gain.
        if (!scene.faces.empty() && kAround * scene.faces.front().width < 0.5 * whole(picture).side) {
            scene.gain = light_of(picture, around(picture, scene.faces.front())).gain;
        }
    }
    const bool sure = !scene.faces.empty() && scene.faces.front().score >= kSureScore;
    if (!sure && state_->cascade) {
        const FaceCascade::How how{kCascadeWidth, kCascadeLeast, scene.gain};
        ATTUNE_TRY(auto found, state_->cascade->find(picture, how));
        merge(scene.faces, std::move(found));
    }
    if (state_->landmarks) {
        for (auto& face : scene.faces) {
            ATTUNE_TRY(const bool eyes, state_->find_eyes(picture, face, scene.gain));
            static_cast<void>(eyes);
        }
    }
    return scene;
}

Result<std::optional<FoundFace>> FaceFinder::follow(const RgbView& picture, const FoundFace& before, double gain) {
    if (!state_->landmarks || !before.has_eyes) return std::nullopt;
    FoundFace face = before;
    ATTUNE_TRY(const bool eyes, state_->find_eyes(picture, face, gain));
    if (!eyes) return std::nullopt;
    const auto middle = [](const FoundFace& f, std::size_t k) { return (f.left_eye[k] + f.right_eye[k]) / 2; };
    const double dx = middle(face, 0) - middle(before, 0);
    const double dy = middle(face, 1) - middle(before, 1);
    if (std::hypot(dx, dy) > 0.35 * face.width) return std::nullopt;  // jumped: not the same face
    face.x += dx;
    face.y += dy;
    return face;
}

std::vector<std::uint8_t> FaceFinder::cut(const RgbView& picture, const FoundFace& face, double gain) const {
    // Without landmarks the eyes are taken to lie where they mostly do in the cascade's box.
    std::array<double, 2> left = face.left_eye;
    std::array<double, 2> right = face.right_eye;
    if (!face.has_eyes) {
        left = {face.x + kCascadeLeftEyeX * face.width, face.y + kCascadeEyeY * face.height};
        right = {face.x + kCascadeRightEyeX * face.width, face.y + kCascadeEyeY * face.height};
    }
    const double dx = (right[0] - left[0]) / (flow::kRightEyeX - flow::kLeftEyeX);
    const double dy = (right[1] - left[1]) / (flow::kRightEyeX - flow::kLeftEyeX);
    const double zoom = std::hypot(dx, dy);
    const int fine = zoom > 1.5 ? 2 : 1;  // pixels of the picture a pixel of the crop: above, take the mean of four
    std::vector<std::uint8_t> out(static_cast<std::size_t>(flow::kCropSize * flow::kCropSize * 3));
    std::size_t at = 0;
    for (int y = 0; y < flow::kCropSize; ++y) {
        for (int x = 0; x < flow::kCropSize; ++x) {
            Rgb sum{0.0, 0.0, 0.0};
            for (int k = 0; k < fine * fine; ++k) {
                const double u = x - flow::kLeftEyeX + (fine == 2 ? (k % 2) * 0.5 - 0.25 : 0.0);
                const double v = y - flow::kEyeY + (fine == 2 ? (k / 2) * 0.5 - 0.25 : 0.0);
                const Rgb c = sample(picture, left[0] + u * dx - v * dy, left[1] + u * dy + v * dx);
                sum = {sum.r + c.r, sum.g + c.g, sum.b + c.b};
            }
            const double scale = gain / (fine * fine);
            for (const double c : {sum.r, sum.g, sum.b}) {
                out[at++] = static_cast<std::uint8_t>(std::clamp(c * scale + 0.5, 0.0, 255.0));
            }
        }
    }
    return out;
}

double face_light_of(const RgbView& picture, const FoundFace& face) noexcept {
    if (picture.width <= 0 || picture.height <= 0) return 0.0;
    return luma(area(picture, face.x, face.y, face.x + std::max(1.0, face.width), face.y + std::max(1.0, face.height)));
}

}  // namespace attune::learn
