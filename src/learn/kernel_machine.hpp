// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Kernel ridge regression with a sum of kernels over groups of features; several outputs share one
/// machine.
///
/// In       x row-major n×d (raw features; the machine standardises and limits them), y row-major
///          n×k
/// Out      k values; not limited to the range of y
/// Threads  predict() from any thread; training has one owner
/// Errors   train(): kBadArgument (sizes, groups, no samples)
/// Method   Saunders et al. 1998 (ridge regression in dual variables) with Gaussian, Laplacian and
///          linear kernels, exp(-gamma * distance / dims). Support vectors are kept as 8-bit steps
///          of 1/32 SD, and the machine is trained on them so; solved by Cholesky's method in
///          double precision
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

class OnnxWriter;

struct KernelTerm {
    enum class Kind { kGaussian, kLaplacian, kLinear };
    Kind kind = Kind::kGaussian;
    int group = -1;  ///< index of a group of features; -1 = all but the last `extra` groups
    double gamma = 0.4, weight = 1.0;
};

struct KernelMachineConfig {
    std::vector<std::size_t> groups;  ///< sizes, adding up to d
    std::size_t extra_groups = 0;     ///< the last groups are not part of "all"
    std::vector<KernelTerm> terms;
    double ridge = 0.3;  ///< added to the kernel's diagonal; > 0
};

class KernelMachine {
public:
    [[nodiscard]] static Result<KernelMachine> train(std::span<const float> x,
                                                     std::span<const double> y, std::size_t n,
                                                     const KernelMachineConfig& config);
    [[nodiscard]] std::size_t inputs() const noexcept { return mean_.size(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return bias_.size(); }
    [[nodiscard]] std::size_t supports() const noexcept {
        return mean_.empty() ? 0 : support_.size() / mean_.size();
    }
    /// x.size() == inputs(), out.size() == outputs().
    void predict(std::span<const float> x, std::span<double> out) const;
    /// The machine as layers: from x 1×inputs() to 1×outputs(), by name.
    [[nodiscard]] std::string draw(OnnxWriter& w, const std::string& x) const;

private:
    void standardise(const float* x, float* z) const;
    void kernel_row(const float* z, std::span<double> out) const;

    KernelMachineConfig config_;
    std::vector<float> mean_, scale_;   ///< per feature; z = (x - mean) * scale, limited to ±3.97
    std::vector<float> support_;        ///< row-major n×d, standardised
    std::vector<double> alpha_, bias_;  ///< row-major n×k; k
};

}  // namespace attune::learn
