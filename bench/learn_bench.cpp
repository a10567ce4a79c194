// SPDX-License-Identifier: GPL-3.0-or-later
// What the expression of one face costs: light normalisation and network, as the recogniser calls it; and the
// network alone in OpenCV's own convolutions, as a peer. Bound of issue 6, line 1: 5 cpu-ms.
#include <benchmark/benchmark.h>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include <algorithm>

#include "core/random.hpp"
#include "learn/face_classifier.hpp"

namespace {

using namespace attune;
constexpr int kSide = 48;
constexpr const char* kLabels = "angry disgusted fearful happy sad surprised neutral";
const std::string kFile = std::string(ATTUNE_SOURCE_DIR) + "/models/research/face.onnx";

std::vector<float> picture() {
    core::Random random(1, "bench/face");
    std::vector<float> luma(kSide * kSide);
    for (auto& v : luma) v = static_cast<float>(std::clamp(random.normal(120.0, 40.0), 0.0, 255.0));
    return luma;
}

void face_expression(benchmark::State& state) {
    auto net = learn::FaceClassifier::load(kFile, kLabels);
    if (!net) return state.SkipWithError(net.error().describe().c_str());
    const auto luma = picture();
    for (auto _ : state) {
        if (!net->classify(luma)) return state.SkipWithError("classify");
    }
}

/// Read before any network of ours is, so with the layers that OpenCV brings.
void face_expression_peer_opencv(benchmark::State& state, cv::dnn::Net net) {
    cv::Mat blob({1, 1, kSide, kSide}, CV_32F, cv::Scalar(0.1));
    for (auto _ : state) {
        net.setInput(blob);
        benchmark::DoNotOptimize(net.forward().ptr<float>());
    }
}

}  // namespace

int main(int argc, char** argv) {
    cv::setNumThreads(1);
    benchmark::Initialize(&argc, argv);
    benchmark::RegisterBenchmark("face_expression_peer_opencv", face_expression_peer_opencv, cv::dnn::readNetFromONNX(kFile))
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("face_expression", face_expression)->Unit(benchmark::kMillisecond);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
