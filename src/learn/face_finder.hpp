// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Finds the faces of a picture and cuts the one out, upright and in its place: flow::Crop.
///
/// In       RGB pictures in the order of their time
/// Out      faces with score, box, eyes and roll; the 96x96 crop with the eyes' centres at flow::kLeftEyeX ...
/// Parts    tiny_face_detector and landmark68_tiny (learn::find_part) with a gain step, OpenCV's LBP cascade as
///          second opinion; without the parts the cascade alone, without roll, and describe() says so
/// Threads  one owner
/// Errors   create(): kUnavailable if neither the parts nor the cascade are there.  find(): as OnnxModel::run
/// Method   detections of @vladmandic/face-api 1.7.15 (tiny YOLO v2), non-maximum suppression at IoU .4; gain:
///          one factor a frame that takes the 95th percentile of the luma to 220
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

/// A view of 8-bit RGB, row-major height x width x 3.
struct RgbView {
    int width = 0, height = 0;
    std::span<const std::uint8_t> rgb;
};

struct FoundFace {
    double x = 0.0, y = 0.0, width = 0.0, height = 0.0;  ///< [pixels of the picture]
    double score = 0.0;                                  ///< 0..1; the cascade gives .5
    bool cascade = false;
    bool has_eyes = false;
    std::array<double, 2> left_eye{}, right_eye{};       ///< centres, left = smaller x when upright
    double roll_deg = 0.0;                               ///< right eye lower = positive
};

struct FaceScene {
    std::vector<FoundFace> faces;  ///< best first
    double light = 0.0;            ///< mean luma of the picture, 0..255
    double spread = 0.0;           ///< SD of the luma; black and covered lenses are below 3
    double gain = 1.0;
};

class FaceFinder {
public:
    [[nodiscard]] static Result<FaceFinder> create(const std::filesystem::path& data_dir);
    ~FaceFinder();
    FaceFinder(FaceFinder&&) noexcept;
    FaceFinder& operator=(FaceFinder&&) noexcept;

    /// Searches the whole picture. Where that finds nothing: around `before`, the face that was there; then, if `far`,
    /// in finer parts of the picture, for faces of 50 to 80 pixels of 640 (seven runs of a larger network at 640x480: seldom).
    [[nodiscard]] Result<FaceScene> find(const RgbView& picture, bool far = false, const std::optional<FoundFace>& before = {});
    /// Looks only for eyes near where the face was; empty = lost, search again.
    [[nodiscard]] Result<std::optional<FoundFace>> follow(const RgbView& picture, const FoundFace& before, double gain);
    /// 96x96x3 RGB of the face, upright, gained.
    [[nodiscard]] std::vector<std::uint8_t> cut(const RgbView& picture, const FoundFace& face, double gain) const;
    /// "tiny_face_detector + landmark68_tiny, LBP" or "LBP alone: <why>".
    [[nodiscard]] const std::string& describe() const noexcept;

private:
    struct State;
    explicit FaceFinder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Mean luma inside the face's box, before any gain.
[[nodiscard]] double face_light_of(const RgbView& picture, const FoundFace& face) noexcept;

}  // namespace attune::learn
