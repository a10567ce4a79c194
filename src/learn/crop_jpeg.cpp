// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/crop_jpeg.hpp"

#include <memory>
#include <string>
#include <turbojpeg.h>

#include "flow/crop.hpp"

namespace attune::learn {
namespace {

constexpr int kSide = flow::kCropSize;
constexpr int kQuality = 85;

struct Closer { void operator()(void* handle) const noexcept { tjDestroy(handle); } };
using Handle = std::unique_ptr<void, Closer>;

}  // namespace

Result<std::vector<std::uint8_t>> encode_crop(std::span<const std::uint8_t> rgb) {
    if (rgb.size() != static_cast<std::size_t>(kSide * kSide * 3)) {
        return fail(ErrorCode::kBadArgument, std::to_string(rgb.size()) + " bytes; a crop has 96x96x3");
    }
    const Handle handle(tjInitCompress());
    if (!handle) return fail(ErrorCode::kInternal, "libjpeg-turbo cannot start");
    std::vector<std::uint8_t> jpeg(tjBufSize(kSide, kSide, TJSAMP_420));
    unsigned char* out = jpeg.data();
    unsigned long size = jpeg.size();
    if (tjCompress2(handle.get(), rgb.data(), kSide, 0, kSide, TJPF_RGB, &out, &size, TJSAMP_420, kQuality, TJFLAG_NOREALLOC) != 0) {
        return fail(ErrorCode::kInternal, tjGetErrorStr2(handle.get()));
    }
    jpeg.resize(size);
    return jpeg;
}

Result<std::vector<float>> decode_crop(std::span<const std::uint8_t> jpeg) {
    if (jpeg.empty() || jpeg.size() > kMaxCropBytes) {
        return fail(ErrorCode::kBadArgument, "a crop of " + std::to_string(jpeg.size()) + " bytes; 1..65536 are read");
    }
    const Handle handle(tjInitDecompress());
    if (!handle) return fail(ErrorCode::kInternal, "libjpeg-turbo cannot start");
    int width = 0, height = 0, sampling = 0, colours = 0;
    if (tjDecompressHeader3(handle.get(), jpeg.data(), jpeg.size(), &width, &height, &sampling, &colours) != 0) {
        return fail(ErrorCode::kCorrupt, std::string("not a JPEG: ") + tjGetErrorStr2(handle.get()));
    }
    if (width != kSide || height != kSide) {
        return fail(ErrorCode::kBadArgument, "a crop of " + std::to_string(width) + "x" + std::to_string(height) +
                                                 " pixels; 96x96 is needed");
    }
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(kSide * kSide * 3));
    if (tjDecompress2(handle.get(), jpeg.data(), jpeg.size(), rgb.data(), kSide, 0, kSide, TJPF_RGB,
                      TJFLAG_STOPONWARNING) != 0) {
        return fail(ErrorCode::kCorrupt, std::string("a broken JPEG: ") + tjGetErrorStr2(handle.get()));
    }
    std::vector<float> luma(static_cast<std::size_t>(kSide * kSide));
    for (std::size_t i = 0; i < luma.size(); ++i) {
        luma[i] = 0.299F * static_cast<float>(rgb[3 * i]) + 0.587F * static_cast<float>(rgb[3 * i + 1]) +
                  0.114F * static_cast<float>(rgb[3 * i + 2]);
    }
    return luma;
}

std::vector<float> halve_crop(std::span<const float> luma) {
    constexpr std::size_t kHalf = kSide / 2;
    std::vector<float> out(kHalf * kHalf);
    for (std::size_t y = 0; y < kHalf; ++y) {
        for (std::size_t x = 0; x < kHalf; ++x) {
            const std::size_t at = 2 * y * kSide + 2 * x;
            out[y * kHalf + x] = 0.25F * (luma[at] + luma[at + 1] + luma[at + kSide] + luma[at + kSide + 1]);
        }
    }
    return out;
}

}  // namespace attune::learn
