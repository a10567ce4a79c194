// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The cascades of the package opencv-data: LBP, our second opinion on faces, and Haar, a peer.
///
/// In       RGB pictures
/// Out      square boxes in pixels of the picture, score .5 (a cascade says yes or no)
/// Threads  one owner
/// Errors   open(): kUnavailable if the package is not installed.  find(): kInternal with OpenCV's words
/// Method   Viola & Jones 2001, doi:10.1109/CVPR.2001.990517; Liao et al. 2007, doi:10.1007/978-3-540-74549-5_87
#include <memory>
#include <vector>

#include "core/result.hpp"
#include "learn/face_finder.hpp"

namespace attune::learn {

enum class CascadeKind { kLbp, kHaar };  ///< lbpcascade_frontalface_improved; haarcascade_frontalface_alt2

class FaceCascade {
public:
    struct How {
        int width = 640;      ///< the picture is shrunk to this width at most
        int least = 30;       ///< smallest side of a face, in the shrunk picture
        double gain = 1.0;    ///< the luma is multiplied by this
    };
    [[nodiscard]] static Result<FaceCascade> open(CascadeKind kind);
    ~FaceCascade();
    FaceCascade(FaceCascade&&) noexcept;
    FaceCascade& operator=(FaceCascade&&) noexcept;

    [[nodiscard]] Result<std::vector<FoundFace>> find(const RgbView& picture, const How& how);

private:
    struct State;
    explicit FaceCascade(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace attune::learn
