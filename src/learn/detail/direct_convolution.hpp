// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A faster convolution for the networks that OpenCV's dnn runs on one thread.
///
/// OpenCV 4.6 computes dot products over an unrolled picture, 12 to 29 million multiplications a cpu-ms on the
/// maps of 24x24 to 3x3 that our networks have. This one keeps six pixels times sixteen output channels in
/// registers and reads the channels of a pixel side by side, with no unrolled copy.
///
/// In       layers "Convolution" with constant float weights, one group, no dilation, output channels a multiple
///          of 16 and input channels a multiple of 8, on a CPU with AVX2 and FMA; every other goes to OpenCV's own
/// Out      what OpenCV gives, up to the order of the sums (1e-6 of the largest value)
/// Threads  use_direct_convolution() once, before the first network is read; then as cv::dnn::Net
namespace attune::learn::detail {

void use_direct_convolution();

}  // namespace attune::learn::detail
