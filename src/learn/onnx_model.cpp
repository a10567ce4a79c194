// SPDX-License-Identifier: GPL-3.0-or-later
// The only file, with detail/direct_convolution.cpp, that includes OpenCV's dnn.
#include "learn/onnx_model.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include "core/paths.hpp"
#include "learn/detail/direct_convolution.hpp"

namespace attune::learn {
namespace {

std::string text_of(std::span<const int> shape) {
    std::string text = "[";
    for (const int d : shape) text += (text.size() > 1 ? "x" : "") + std::to_string(d);
    return text + "]";
}

std::string text_of(const cv::MatSize& size) {
    std::vector<int> shape;
    for (int d = 0; d < size.dims(); ++d) shape.push_back(size[d]);
    return text_of(shape);
}

/// OpenCV writes its own errors to stderr before it throws; we report them once, as ours.
int swallow(int, const char*, const char*, const char*, int, void*) { return 0; }

void prepare_opencv() {
    static const bool once = [] {
        cv::setNumThreads(1);
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::redirectError(swallow);
        detail::use_direct_convolution();
        return true;
    }();
    static_cast<void>(once);
}

}  // namespace

std::size_t OnnxTensor::size() const noexcept {
    std::size_t n = 1;
    for (const int d : shape) n *= static_cast<std::size_t>(std::max(d, 0));
    return n;
}

struct OnnxModel::State {
    OnnxShape shape;
    std::string where;
    cv::dnn::Net net;
    std::vector<cv::String> output_names;
    std::vector<cv::Mat> blobs;
    std::vector<cv::Mat> raw;
    std::vector<std::vector<float>> outputs;

    void forward() {
        for (std::size_t i = 0; i < blobs.size(); ++i) net.setInput(blobs[i], shape.inputs[i].name);
        raw.clear();
        net.forward(raw, output_names);
    }
    Result<void> collect() {
        for (std::size_t i = 0; i < raw.size(); ++i) {
            if (raw[i].total() != shape.outputs[i].size() || raw[i].type() != CV_32F) {
                return fail(ErrorCode::kBadArgument,
                            "output '" + std::string(output_names[i]) + "' is " + text_of(raw[i].size) + "; " +
                                text_of(shape.outputs[i].shape) + " of float is needed", where);
            }
            const cv::Mat flat = raw[i].isContinuous() ? raw[i] : raw[i].clone();
            outputs[i].assign(flat.ptr<float>(), flat.ptr<float>() + flat.total());
        }
        return {};
    }
};

OnnxModel::OnnxModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnnxModel::~OnnxModel() = default;
OnnxModel::OnnxModel(OnnxModel&&) noexcept = default;
OnnxModel& OnnxModel::operator=(OnnxModel&&) noexcept = default;
const OnnxShape& OnnxModel::shape() const noexcept { return state_->shape; }

Result<OnnxModel> OnnxModel::load(const std::filesystem::path& file, const OnnxShape& shape) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return fail(ErrorCode::kNotFound, "there is no such model", file.string());
    }
    ATTUNE_TRY(const std::string bytes, core::read_file(file, kMaxModelBytes));
    return parse(bytes, shape, file.string());
}

Result<OnnxModel> OnnxModel::parse(std::string_view bytes, const OnnxShape& shape, const std::string& where) {
    prepare_opencv();
    auto state = std::make_unique<State>();
    state->shape = shape;
    state->where = where;
    try {
        state->net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("not an ONNX network that can be read: ") + e.what(), where);
    }
    if (state->net.empty()) return fail(ErrorCode::kCorrupt, "the network has no layers", where);
    state->net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    for (const auto& input : shape.inputs) {
        state->blobs.emplace_back(input.shape, CV_32F, cv::Scalar(0.1));
    }
    const auto ends = state->net.getUnconnectedOutLayersNames();
    for (const auto& output : shape.outputs) {
        if (output.name.empty() && ends.size() != 1) {
            return fail(ErrorCode::kBadArgument,
                        "the network has " + std::to_string(ends.size()) + " outputs; 1 is needed", where);
        }
        state->output_names.push_back(output.name.empty() ? ends.front() : cv::String(output.name));
    }
    state->outputs.resize(shape.outputs.size());
    try {
        state->forward();
    } catch (const std::exception& e) {
        std::string wanted;
        for (const auto& input : shape.inputs) wanted += " " + input.name + text_of(input.shape);
        return fail(ErrorCode::kBadArgument, "the network does not take" + wanted + ": " + e.what(), where);
    }
    ATTUNE_CHECK(state->collect());
    for (const auto& output : state->outputs) {
        if (!std::ranges::all_of(output, [](float v) { return std::isfinite(v); })) {
            return fail(ErrorCode::kBadArgument, "the network gives values that are not finite", where);
        }
    }
    return OnnxModel(std::move(state));
}

Result<std::span<const std::vector<float>>> OnnxModel::run(std::span<const std::span<const float>> inputs) {
    if (inputs.size() != state_->blobs.size()) {
        return fail(ErrorCode::kBadArgument, std::to_string(inputs.size()) + " inputs given; " +
                                                 std::to_string(state_->blobs.size()) + " are needed", state_->where);
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        cv::Mat& blob = state_->blobs[i];
        if (inputs[i].size() != blob.total()) {
            return fail(ErrorCode::kBadArgument, "input '" + state_->shape.inputs[i].name + "' has " +
                                                     std::to_string(inputs[i].size()) + " values; " +
                                                     std::to_string(blob.total()) + " are needed", state_->where);
        }
        if (!std::ranges::all_of(inputs[i], [](float v) { return std::isfinite(v); })) {
            return fail(ErrorCode::kBadArgument,
                        "input '" + state_->shape.inputs[i].name + "' holds a value that is not finite", state_->where);
        }
        std::ranges::copy(inputs[i], blob.ptr<float>());
    }
    try {
        state_->forward();
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, e.what(), state_->where);
    }
    ATTUNE_CHECK(state_->collect());
    return std::span<const std::vector<float>>(state_->outputs);
}

Result<std::span<const float>> OnnxModel::run(std::span<const float> input) {
    const std::span<const float> one[] = {input};
    ATTUNE_TRY(const auto outputs, run(std::span<const std::span<const float>>(one)));
    return std::span<const float>(outputs.front());
}

}  // namespace attune::learn
