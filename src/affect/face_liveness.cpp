// SPDX-License-Identifier: GPL-3.0-or-later
#include "affect/face_liveness.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "flow/crop.hpp"

namespace attune::affect {
namespace {

constexpr int kFull = flow::kCropSize, kSide = kFull / 2;
constexpr double kSame = 0.05;            // mean change of a frozen picture [grey levels]
constexpr double kAwayS = 3.0;            // a face lost for longer is another face
constexpr double kGapS = 1.0;             // crops further apart are not compared
constexpr std::size_t kParameters = 8;    // affine 6, gain, offset
constexpr int kCoarseSteps = 8, kFineSteps = 8;
// Chosen: before kLeastRest was brought in, pictures of three faces (still, swayed; one also tilted; grain +-1.5..4) stayed
// below 3.5, and crops at which the eyes drawn shut on two of them closed were above 90.
constexpr double kSign = 8.0, kOutlier = 3.0;
constexpr std::size_t kLeastPast = 5;
constexpr double kLeastRest = 1.0;        // chosen: squared grey levels that rounding and coding may always cost

using Image = std::vector<float>;
using Warp = std::array<double, kParameters>;  // x' = x + w0 + w1 x + w2 y, y' = y + w3 + w4 x + w5 y; v' = (1 + w6) v + w7

/// Half the side, smoothed by [1 2 1]/4 both ways.
Image shrink(std::span<const float> in, int side) {
    const int half = side / 2;
    Image small(static_cast<std::size_t>(half * half)), rows(small.size()), out(small.size());
    const auto at = [half](int x, int y) {
        return static_cast<std::size_t>(std::clamp(y, 0, half - 1) * half + std::clamp(x, 0, half - 1));
    };
    for (int y = 0; y < half; ++y) {
        for (int x = 0; x < half; ++x) {
            const auto i = static_cast<std::size_t>(2 * y * side + 2 * x);
            const auto down = i + static_cast<std::size_t>(side);
            small[at(x, y)] = 0.25F * (in[i] + in[i + 1] + in[down] + in[down + 1]);
        }
    }
    for (int y = 0; y < half; ++y)
        for (int x = 0; x < half; ++x) rows[at(x, y)] = 0.25F * (small[at(x - 1, y)] + 2.0F * small[at(x, y)] + small[at(x + 1, y)]);
    for (int y = 0; y < half; ++y)
        for (int x = 0; x < half; ++x) out[at(x, y)] = 0.25F * (rows[at(x, y - 1)] + 2.0F * rows[at(x, y)] + rows[at(x, y + 1)]);
    return out;
}

enum class Part { kOutside, kFace, kLeftEye, kRightEye, kBesideEyes };

/// What lies at a place of the full crop.
Part part_of(double x, double y) {
    const double u = (x - 48.0) / 36.0, v = (y - 52.0) / 42.0;
    if (u * u + v * v > 1.0) return Part::kOutside;
    const auto eye = [&](double centre) {
        const double a = (x - centre) / 9.0, b = (y - flow::kEyeY) / 5.0;
        return a * a + b * b <= 1.0;
    };
    if (eye(flow::kLeftEyeX)) return Part::kLeftEye;
    if (eye(flow::kRightEyeX)) return Part::kRightEye;
    return std::abs(y - flow::kEyeY) < 8.0 ? Part::kBesideEyes : Part::kFace;
}

/// One cell of the picture before: where, what slope, and which part of the face.
struct Cell {
    double x, y, value, slope_x, slope_y;
    Part part;
};

std::vector<Cell> cells_of(const Image& image, int side) {
    std::vector<Cell> cells;
    const double scale = static_cast<double>(kFull) / side, middle = (side - 1) / 2.0;
    for (int y = 1; y + 1 < side; ++y) {
        for (int x = 1; x + 1 < side; ++x) {
            const Part part = part_of((x + 0.5) * scale, (y + 0.5) * scale);
            if (part == Part::kOutside) continue;
            const auto i = static_cast<std::size_t>(y * side + x);
            const auto row = static_cast<std::size_t>(side);
            cells.push_back({x - middle, y - middle, static_cast<double>(image[i]),
                             0.5 * static_cast<double>(image[i + 1] - image[i - 1]),
                             0.5 * static_cast<double>(image[i + row] - image[i - row]), part});
        }
    }
    return cells;
}

/// Value of `image` where the warp takes the cell, or empty outside.
std::optional<double> look(const Image& image, int side, const Cell& c, const Warp& w) {
    const double middle = (side - 1) / 2.0;
    const double x = middle + c.x + w[0] + w[1] * c.x + w[2] * c.y;
    const double y = middle + c.y + w[3] + w[4] * c.x + w[5] * c.y;
    if (!(x >= 0.0 && y >= 0.0 && x < side - 1 && y < side - 1)) return std::nullopt;
    const auto ix = static_cast<int>(x), iy = static_cast<int>(y);
    const double fx = x - ix, fy = y - iy;
    const auto i = static_cast<std::size_t>(iy * side + ix), d = i + static_cast<std::size_t>(side);
    const auto v = [&](std::size_t at) { return static_cast<double>(image[at]); };
    return (1 - fy) * ((1 - fx) * v(i) + fx * v(i + 1)) + fy * ((1 - fx) * v(d) + fx * v(d + 1));
}

/// Solves the symmetric system in place; false if it is singular.
bool solve(std::array<std::array<double, kParameters>, kParameters>& a, Warp& b) {
    for (std::size_t k = 0; k < kParameters; ++k) {
        if (a[k][k] < 1e-9) return false;
        for (std::size_t i = k + 1; i < kParameters; ++i) {
            const double f = a[i][k] / a[k][k];
            for (std::size_t j = k; j < kParameters; ++j) a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    }
    for (std::size_t k = kParameters; k-- > 0;) {
        for (std::size_t j = k + 1; j < kParameters; ++j) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
    return true;
}

/// Rest of a cell under the warp: what is there less what was there, in the light of now.
std::optional<double> rest_of(const Image& image, int side, const Cell& c, const Warp& w) {
    const auto v = look(image, side, c, w);
    if (!v) return std::nullopt;
    return *v - ((1.0 + w[6]) * c.value + w[7]);
}

/// Gauss-Newton steps with Huber's weights; false if the face does not fit.
bool lay(const std::vector<Cell>& cells, const Image& image, int side, int steps, Warp& w) {
    double bend = 1e9;  // of Huber: 1.5 times the mean absolute rest, of the step before
    for (int step = 0; step < steps; ++step) {
        std::array<std::array<double, kParameters>, kParameters> a{};
        Warp b{};
        double sum = 0.0;
        int n = 0;
        for (const Cell& c : cells) {
            if (c.part != Part::kFace && c.part != Part::kBesideEyes) continue;
            const auto rest = rest_of(image, side, c, w);
            if (!rest) continue;
            const double gain = 1.0 + w[6];
            const Warp j = {gain * c.slope_x, gain * c.slope_x * c.x, gain * c.slope_x * c.y, gain * c.slope_y,
                            gain * c.slope_y * c.x, gain * c.slope_y * c.y, -c.value, -1.0};
            const double weight = std::abs(*rest) <= bend ? 1.0 : bend / std::abs(*rest);
            for (std::size_t p = 0; p < kParameters; ++p) {
                b[p] -= weight * j[p] * *rest;
                for (std::size_t q = p; q < kParameters; ++q) a[p][q] += weight * j[p] * j[q];
            }
            sum += std::abs(*rest);
            ++n;
        }
        if (n < 40) return false;
        bend = std::max(0.5, 1.5 * sum / n);
        for (std::size_t p = 0; p < kParameters; ++p) {
            a[p][p] *= 1.0 + 1e-6;
            for (std::size_t q = 0; q < p; ++q) a[p][q] = a[q][p];
        }
        if (!solve(a, b)) return false;
        for (std::size_t p = 0; p < kParameters; ++p) w[p] += b[p];
        if (std::hypot(b[0], b[3]) < 1e-3 && std::abs(b[7]) < 1e-2) break;
    }
    return std::hypot(w[0], w[3]) < side / 6.0 && std::abs(w[6]) < 0.6;
}

double mean_rest(const std::vector<Cell>& cells, const Image& image, int side, const Warp& w) {
    double sum = 0.0;
    int n = 0;
    for (const Cell& c : cells) {
        if (c.part != Part::kFace) continue;
        const auto rest = rest_of(image, side, c, w);
        sum += std::abs(rest.value_or(255.0));
        ++n;
    }
    return sum / std::max(1, n);
}

/// Where the steps lead from `start`, or `start` if they lead away.
Warp laid(const std::vector<Cell>& cells, const Image& image, int side, int steps, const Warp& start) {
    Warp w = start;
    if (lay(cells, image, side, steps, w) && mean_rest(cells, image, side, w) < mean_rest(cells, image, side, start)) return w;
    return start;
}

/// How many times more the calmer eye changed than the rest of the face foretells.
std::optional<double> eyes_of(const std::vector<Cell>& cells, const Image& image, const Warp& w) {
    double n = 0.0, g = 0.0, gg = 0.0, r = 0.0, gr = 0.0;
    std::array<double, 2> seen{}, slope{};
    std::array<int, 2> count{};
    for (const Cell& c : cells) {
        const auto rest = rest_of(image, kSide, c, w);
        if (!rest || c.part == Part::kBesideEyes) continue;
        const double square = *rest * *rest, steep = c.slope_x * c.slope_x + c.slope_y * c.slope_y;
        if (c.part == Part::kFace) {
            n += 1.0, g += steep, gg += steep * steep, r += square, gr += steep * square;
        } else {
            const std::size_t eye = c.part == Part::kLeftEye ? 0 : 1;
            seen[eye] += square, slope[eye] += steep;
            ++count[eye];
        }
    }
    if (n < 100.0 || count[0] < 10 || count[1] < 10) return std::nullopt;
    // squared rest = a + b steep, both >= 0.
    const double spread = n * gg - g * g;
    double b = spread > 0.0 ? std::max(0.0, (n * gr - g * r) / spread) : 0.0;
    double a = (r - b * g) / n;
    if (a < 0.0) {
        a = 0.0;
        b = gg > 0.0 ? gr / gg : 0.0;
    }
    double calmer = 1e9;
    for (std::size_t eye = 0; eye < 2; ++eye) {
        const double foretold = count[eye] * std::max(a, kLeastRest) + b * slope[eye];
        calmer = std::min(calmer, seen[eye] / foretold);
    }
    return calmer;
}

double mean_change(std::span<const float> a, std::span<const float> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(std::abs(a[i] - b[i]));
    return sum / static_cast<double>(a.size());
}

}  // namespace

double FaceLiveness::usual() const {
    std::vector<double> values;
    for (const Seen& seen : past_) values.push_back(seen.eyes);
    const auto quarter = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
    std::nth_element(values.begin(), quarter, values.end());
    return *quarter;
}

void FaceLiveness::push(Time t, std::span<const float> luma) {
    if (luma.size() != static_cast<std::size_t>(kFull * kFull)) return;
    if (first_ && (t - last_).seconds() > kAwayS) first_.reset();
    if (!first_) {
        first_ = moved_ = t;
        sign_.reset();
        past_.clear();
        raw_.clear();
    }
    Image small = shrink(luma, kFull);
    eyes_.reset();
    if (!raw_.empty() && mean_change(luma, raw_) > kSame) {
        moved_ = t;
        if ((t - last_).seconds() <= kGapS) {
            const Image coarse_before = shrink(small_, kSide), coarse = shrink(small, kSide);
            Warp w = laid(cells_of(coarse_before, kSide / 2), coarse, kSide / 2, kCoarseSteps, Warp{});
            w[0] *= 2.0, w[3] *= 2.0;
            const auto cells = cells_of(small_, kSide);
            eyes_ = eyes_of(cells, small, laid(cells, small, kSide, kFineSteps, w));
        }
    }
    if (eyes_) {
        while (!past_.empty() && (t - past_.front().t).seconds() > kHeldS) past_.pop_front();
        past_.push_back({t, *eyes_});
        if (past_.size() >= kLeastPast && *eyes_ > kSign && *eyes_ > kOutlier * usual()) sign_ = t;
    }
    raw_.assign(luma.begin(), luma.end());
    small_ = std::move(small);
    last_ = t;
}

void FaceLiveness::lose(Time t) {
    if (first_ && (t - last_).seconds() > kAwayS) first_.reset();
}

FaceLiveness::Verdict FaceLiveness::verdict() const {
    if (!first_) return Verdict::kUnknown;
    if ((last_ - *moved_).seconds() >= kFrozenS) return Verdict::kFlat;
    if (placed_ == Eyes::kGuessed) return Verdict::kAlive;
    if ((last_ - sign_.value_or(*first_)).seconds() >= kHeldS) return Verdict::kFlat;
    return sign_ ? Verdict::kAlive : Verdict::kUnknown;
}

}  // namespace attune::affect
