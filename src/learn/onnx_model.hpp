// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Runs an ONNX network (opset 11) with OpenCV's dnn behind it; nothing of OpenCV is seen outside.
///
/// In       a file of at most kMaxModelBytes; float inputs of the shapes that the caller states
/// Out      float outputs, row-major, of exactly the sizes that the caller states
/// Threads  one owner a model; one inference thread (cv::setNumThreads(1) for the process)
/// Errors   load(): kNotFound; kCorrupt if it is no ONNX file that this OpenCV can read; kBadArgument if
///          it does not take these inputs or gives other outputs (names both shapes) or values that are
///          not finite on a grey input.  run(): kBadArgument for a wrong size or a value that is not finite
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

inline constexpr std::size_t kMaxModelBytes = 64U << 20;

struct OnnxTensor {
    std::string name;
    std::vector<int> shape;  ///< every dimension known, > 0; an output's size is their product
    [[nodiscard]] std::size_t size() const noexcept;
};

struct OnnxShape {
    std::vector<OnnxTensor> inputs;
    std::vector<OnnxTensor> outputs;  ///< name "" = the network's only output
};

class OnnxModel {
public:
    [[nodiscard]] static Result<OnnxModel> load(const std::filesystem::path& file, const OnnxShape& shape);
    /// The same from memory; `where` names it in errors.
    [[nodiscard]] static Result<OnnxModel> parse(std::string_view bytes, const OnnxShape& shape,
                                                 const std::string& where);
    ~OnnxModel();
    OnnxModel(OnnxModel&&) noexcept;
    OnnxModel& operator=(OnnxModel&&) noexcept;

    /// One span an input, in the order of the shape; the outputs stay valid until the next run().
    [[nodiscard]] Result<std::span<const std::vector<float>>> run(std::span<const std::span<const float>> inputs);
    /// For networks of one input and one output.
    [[nodiscard]] Result<std::span<const float>> run(std::span<const float> input);
    [[nodiscard]] const OnnxShape& shape() const noexcept;

private:
    struct State;
    explicit OnnxModel(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace attune::learn
