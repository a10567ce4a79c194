// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/detail/direct_convolution.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <opencv2/core.hpp>
#include <opencv2/dnn/all_layers.hpp>
#include <opencv2/dnn/dnn.hpp>
#include <opencv2/dnn/layer.hpp>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace attune::learn::detail {
namespace {

constexpr int kPixels = 6;     // of a tile; 6 x 16 sums fill twelve of the sixteen registers of AVX2
constexpr int kChannels = 16;  // of output, of a tile
constexpr int kChannelsAtOnce = 8;  // of input, when pixels are laid out

using Pixels = std::array<const float*, kPixels>;

#if defined(__x86_64__)
bool cpu_has_what_it_takes() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

/// sums[p][k] = bias[k] + over taps t and channels c of pixels[p][taps[t] + c] * weights[t][c][k].
/// Twelve named sums, since the compiler keeps an array of them in memory.
__attribute__((target("avx2,fma"))) void tile(const Pixels& pixels, const std::vector<std::ptrdiff_t>& taps, int channels,
                                              const float* weights, const float* bias, float* sums) {
    const __m256 low = _mm256_loadu_ps(bias), high = _mm256_loadu_ps(bias + 8);
    __m256 a0 = low, a1 = low, a2 = low, a3 = low, a4 = low, a5 = low;
    __m256 b0 = high, b1 = high, b2 = high, b3 = high, b4 = high, b5 = high;
    for (const std::ptrdiff_t tap : taps) {
        const float *x0 = pixels[0] + tap, *x1 = pixels[1] + tap, *x2 = pixels[2] + tap;
        const float *x3 = pixels[3] + tap, *x4 = pixels[4] + tap, *x5 = pixels[5] + tap;
        for (int c = 0; c < channels; ++c, weights += kChannels) {
            const __m256 wa = _mm256_loadu_ps(weights), wb = _mm256_loadu_ps(weights + 8);
            __m256 x = _mm256_broadcast_ss(x0 + c);
            a0 = _mm256_fmadd_ps(x, wa, a0), b0 = _mm256_fmadd_ps(x, wb, b0);
            x = _mm256_broadcast_ss(x1 + c);
            a1 = _mm256_fmadd_ps(x, wa, a1), b1 = _mm256_fmadd_ps(x, wb, b1);
            x = _mm256_broadcast_ss(x2 + c);
            a2 = _mm256_fmadd_ps(x, wa, a2), b2 = _mm256_fmadd_ps(x, wb, b2);
            x = _mm256_broadcast_ss(x3 + c);
            a3 = _mm256_fmadd_ps(x, wa, a3), b3 = _mm256_fmadd_ps(x, wb, b3);
            x = _mm256_broadcast_ss(x4 + c);
            a4 = _mm256_fmadd_ps(x, wa, a4), b4 = _mm256_fmadd_ps(x, wb, b4);
            x = _mm256_broadcast_ss(x5 + c);
            a5 = _mm256_fmadd_ps(x, wa, a5), b5 = _mm256_fmadd_ps(x, wb, b5);
        }
    }
    const __m256 all[] = {a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5};
    for (const __m256& eight : all) _mm256_storeu_ps(sums, eight), sums += 8;
}
#else
bool cpu_has_what_it_takes() { return false; }
void tile(const Pixels&, const std::vector<std::ptrdiff_t>&, int, const float*, const float*, float*) {}
#endif

struct Geometry {
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
    int top = 0, left = 0, bottom = 0, right = 0;
    [[nodiscard]] int height(int in) const { return (in + top + bottom - kernel_h) / stride_h + 1; }
    [[nodiscard]] int width(int in) const { return (in + left + right - kernel_w) / stride_w + 1; }
};

class DirectConvolution : public cv::dnn::Layer {
public:
    DirectConvolution(const cv::dnn::LayerParams& params, const Geometry& geometry)
        : cv::dnn::Layer(params), geometry_(geometry), in_(params.blobs[0].size[1]), out_(params.blobs[0].size[0]) {
        pack(params);
        blobs.clear();  // the packed weights are all that is needed
    }

    bool supportBackend(int backend) override { return backend == cv::dnn::DNN_BACKEND_OPENCV; }

    bool getMemoryShapes(const std::vector<cv::dnn::MatShape>& inputs, int, std::vector<cv::dnn::MatShape>& outputs,
                         std::vector<cv::dnn::MatShape>&) const override {
        CV_Assert(inputs.size() == 1 && inputs[0].size() == 4 && inputs[0][1] == in_);
        const int h = geometry_.height(inputs[0][2]), w = geometry_.width(inputs[0][3]);
        CV_Assert(h > 0 && w > 0);
        outputs.assign(1, cv::dnn::MatShape{inputs[0][0], out_, h, w});
        return false;
    }

    void finalize(cv::InputArrayOfArrays inputs, cv::OutputArrayOfArrays) override {
        std::vector<cv::Mat> in;
        inputs.getMatVector(in);
        batch_ = in[0].size[0];
        height_ = in[0].size[2];
        width_ = in[0].size[3];
        const int row = width_ + geometry_.left + geometry_.right;
        const int rows = height_ + geometry_.top + geometry_.bottom;
        const auto at = [&](std::ptrdiff_t n, int y, int x) { return ((n * rows + y) * row + x) * in_; };
        padded_.assign(static_cast<std::size_t>(at(batch_, 0, 0)), 0.0F);
        taps_.clear();
        for (int y = 0; y < geometry_.kernel_h; ++y) {
            for (int x = 0; x < geometry_.kernel_w; ++x) taps_.push_back(at(0, y, x));
        }
        pixels_.clear();
        for (int n = 0; n < batch_; ++n) {
            for (int y = 0; y < geometry_.height(height_); ++y) {
                for (int x = 0; x < geometry_.width(width_); ++x) {
                    pixels_.push_back(at(n, y * geometry_.stride_h, x * geometry_.stride_w));
                }
            }
        }
    }

    void forward(cv::InputArrayOfArrays inputs, cv::OutputArrayOfArrays outputs, cv::OutputArrayOfArrays) override {
        std::vector<cv::Mat> in, out;
        inputs.getMatVector(in);
        outputs.getMatVector(out);
        CV_Assert(in[0].isContinuous() && out[0].isContinuous() && in[0].type() == CV_32F);
        spread(in[0].ptr<float>());
        const std::size_t panel = kChannels * taps_.size() * static_cast<std::size_t>(in_);
        for (int k = 0; k < out_; k += kChannels) {
            const float* weights = weights_.data() + static_cast<std::size_t>(k / kChannels) * panel;
            for (std::size_t first = 0; first < pixels_.size(); first += kPixels) {
                Pixels at;
                for (std::size_t p = 0; p < kPixels; ++p) {
                    at[p] = padded_.data() + pixels_[std::min(first + p, pixels_.size() - 1)];
                }
                alignas(32) float sums[kPixels * kChannels];
                tile(at, taps_, in_, weights, bias_.data() + k, sums);
                put(sums, first, k, out[0].ptr<float>());
            }
        }
    }

private:
    /// [out][in][tap] -> [out / 16][tap][in][16].
    void pack(const cv::dnn::LayerParams& params) {
        const cv::Mat w = params.blobs[0].isContinuous() ? params.blobs[0] : params.blobs[0].clone();
        const int taps = geometry_.kernel_h * geometry_.kernel_w;
        const float* from = w.ptr<float>();
        weights_.resize(w.total());
        for (int k = 0; k < out_; ++k) {
            for (int c = 0; c < in_; ++c) {
                for (int t = 0; t < taps; ++t) {
                    const int row = (k / kChannels * taps + t) * in_ + c;
                    weights_[static_cast<std::size_t>(row) * kChannels + static_cast<std::size_t>(k % kChannels)] = *from++;
                }
            }
        }
        bias_.assign(static_cast<std::size_t>(out_), 0.0F);
        if (params.blobs.size() > 1) std::copy_n(params.blobs[1].ptr<float>(), out_, bias_.begin());
    }

    /// [n][in][h][w] -> [n][h + borders][w + borders][in]; the borders stay zero.
    void spread(const float* from) {
        const int row = width_ + geometry_.left + geometry_.right;
        const int rows = height_ + geometry_.top + geometry_.bottom;
        const auto plane = static_cast<std::ptrdiff_t>(height_) * width_;
        for (int n = 0; n < batch_; ++n, from += in_ * plane) {
            for (int y = 0; y < height_; ++y) {
                float* line = padded_.data() + ((static_cast<std::ptrdiff_t>(n) * rows + y + geometry_.top) * row + geometry_.left) * in_;
                for (int c = 0; c < in_; c += kChannelsAtOnce) {
                    const float* here = from + c * plane + static_cast<std::ptrdiff_t>(y) * width_;
                    for (int x = 0; x < width_; ++x) {
                        for (int i = 0; i < kChannelsAtOnce; ++i) line[static_cast<std::ptrdiff_t>(x) * in_ + c + i] = here[i * plane + x];
                    }
                }
            }
        }
    }

    /// A tile's sums to their places in [n][out][h][w].
    void put(const float* sums, std::size_t first, int channel, float* to) const {
        const std::size_t area = pixels_.size() / static_cast<std::size_t>(batch_);
        const std::size_t end = std::min(first + kPixels, pixels_.size());
        for (std::size_t p = first; p < end; ++p, sums += kChannels) {
            const std::size_t plane = p / area * static_cast<std::size_t>(out_) + static_cast<std::size_t>(channel);
            float* at = to + plane * area + p % area;
            for (std::size_t c = 0; c < kChannels; ++c) at[c * area] = sums[c];
        }
    }

    Geometry geometry_;
    int in_, out_;
    std::vector<float> weights_, bias_;
    int batch_ = 0, height_ = 0, width_ = 0;
    std::vector<float> padded_;
    std::vector<std::ptrdiff_t> taps_, pixels_;
};

std::vector<int> numbers(const cv::dnn::LayerParams& params, const char* name) {
    std::vector<int> out;
    if (!params.has(name)) return out;
    const auto& value = params.get(name);
    for (int i = 0; i < value.size(); ++i) out.push_back(value.get<int>(i));
    return out;
}

/// Whether DirectConvolution can be this layer; then its geometry.
bool suits(const cv::dnn::LayerParams& params, Geometry& g) {
    if (params.blobs.empty() || params.blobs[0].dims != 4 || params.blobs[0].type() != CV_32F) return false;
    const auto& size = params.blobs[0].size;
    if (params.blobs[0].total() == 0 || size[0] % kChannels != 0 || size[1] % kChannelsAtOnce != 0) return false;
    if (params.blobs.size() > 1) {
        const cv::Mat& bias = params.blobs[1];
        if (bias.type() != CV_32F || !bias.isContinuous() || bias.total() != static_cast<std::size_t>(size[0])) return false;
    }
    if (params.get<int>("group", 1) != 1 || !params.get<cv::String>("pad_mode", "").empty()) return false;
    if (std::ranges::any_of(numbers(params, "dilation"), [](int d) { return d != 1; })) return false;
    const auto stride = numbers(params, "stride");
    const auto pad = numbers(params, "pad");
    if (stride.size() != 2 || pad.size() != 4) return false;
    g = {size[2], size[3], stride[0], stride[1], pad[0], pad[1], pad[2], pad[3]};
    const auto [least, most] = std::ranges::minmax(pad);
    return least >= 0 && most < std::max(g.kernel_h, g.kernel_w) && g.stride_h > 0 && g.stride_w > 0;
}

cv::Ptr<cv::dnn::Layer> make(cv::dnn::LayerParams& params) {
    Geometry geometry;
    if (!suits(params, geometry)) return cv::dnn::ConvolutionLayer::create(params);
    return cv::makePtr<DirectConvolution>(params, geometry);
}

}  // namespace

void use_direct_convolution() {
    if (cpu_has_what_it_takes()) cv::dnn::LayerFactory::registerLayer("Convolution", make);
}

}  // namespace attune::learn::detail
