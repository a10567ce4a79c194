// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Says whether a face lives: a picture of one, printed, on a screen or frozen, never blinks.
///
/// In       the 96x96 luma (0..255) of aligned crops in the order of their time, about 5 a second
/// Out      kUnknown until the first sign of life, kAlive for kHeldS after each, kFlat once kHeldS passed without
///          one, or once nothing at all changed for kFrozenS
/// Sign     both eyes change far more than the movement of the face, the light and the noise explain
/// Method   the crop before is laid on this one (affine, gain and offset, Gauss-Newton on face without the eyes),
///          so that a finder that trembles, a hand that sways the picture and a dimmed light explain nothing away.
///          Over brows, nose, mouth and cheeks the squared rest is fitted as a + b |gradient|^2 (noise, and edges
///          that do not lie on each other); each eye's rest is a multiple of what that foretells. A sign is a
///          multiple of both eyes above kSign and above kOutlier times its own lower quartile over the last kHeldS
///          (not the median: eyes that read change in every other crop)
/// Limits   without landmarks a picture that is held up is not told from a face; a video of a person who blinks, and a mask with holes, live; a mouth that moves under eyes that never
///          do is taken for a picture; blinks shorter than two crops are apart may be missed
/// Threads  one owner
/// Errors   none: a crop of another size is no crop
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "core/time.hpp"

namespace attune::affect {

class FaceLiveness {
public:
    enum class Verdict { kUnknown, kAlive, kFlat };
    /// Without landmarks (LBP alone) nobody knows where a crop has its eyes: only a frozen picture is told then.
    enum class Eyes { kPlaced, kGuessed };
    static constexpr double kFrozenS = 3.0, kHeldS = 35.0;

    explicit FaceLiveness(Eyes eyes = Eyes::kPlaced) : placed_(eyes) {}
    void push(Time t, std::span<const float> luma);
    /// No face at `t`. After kAwayS of that whoever comes must show life anew.
    void lose(Time t);
    [[nodiscard]] Verdict verdict() const;
    /// Of the last crop: how many times more the calmer eye changed than was foretold; empty = could not be laid
    /// on the one before.
    [[nodiscard]] std::optional<double> eyes() const { return eyes_; }

private:
    struct Seen {
        Time t;
        double eyes;
    };
    [[nodiscard]] double usual() const;  ///< lower quartile of past_

    Eyes placed_;
    std::vector<float> raw_, small_;     ///< of the crop before: as it came; 48x48, smoothed
    std::optional<Time> first_, moved_, sign_;
    Time last_;
    std::optional<double> eyes_;
    std::deque<Seen> past_;
};

}  // namespace attune::affect
