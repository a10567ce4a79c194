// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Writes an ONNX file (opset 11, ir 6), layer by layer, from plain weights.
///
///     OnnxWriter w("face");
///     auto x = w.input("face", {1, 1, 48, 48});
///     x = w.relu(w.conv(x, {weights, {32, 1, 3, 3}}, bias, {.stride = 1, .pad = 1}));
///     w.output(x, "probabilities", {1, 7});  w.save(file);
///
/// Each call adds one node, or a few, and returns the name of what it gives. Only operators that OpenCV 4.6 reads.
/// Errors   bytes(): kInternal; save(): kIo, too
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace attune::learn {

struct OnnxWeights {
    std::vector<float> values;
    std::vector<std::int64_t> shape;
};

class OnnxWriter {
public:
    explicit OnnxWriter(const std::string& name);
    ~OnnxWriter();
    OnnxWriter(const OnnxWriter&) = delete;
    OnnxWriter& operator=(const OnnxWriter&) = delete;

    struct Window { int kernel_h = 3, kernel_w = 3, stride_h = 1, stride_w = 1, pad_h = 1, pad_w = 1; };
    std::string input(const std::string& name, const std::vector<std::int64_t>& shape);
    /// A fixed tensor.
    std::string constant(const OnnxWeights& weights);
    /// A fixed tensor of whole numbers -128..127, one byte each in the file, 32-bit floats to what takes it.
    std::string constant(const std::vector<std::int8_t>& values, const std::vector<std::int64_t>& shape);
    /// weights O×I×kh×kw; bias O.
    std::string conv(const std::string& x, const OnnxWeights& weights, const OnnxWeights& bias, const Window& window);
    /// x 1×(G I)×1×1, weights (G O)×I×1×1 by name, bias G O: G full layers side by side.
    std::string full_each(const std::string& x, const std::string& weights, const OnnxWeights& bias, std::int64_t groups);
    /// y = x w^T + b; weights O×I.
    std::string full(const std::string& x, const OnnxWeights& weights, const OnnxWeights& bias);
    /// The same with weights by name.
    std::string full(const std::string& x, const std::string& weights, const OnnxWeights& bias);
    /// y = x m for a fixed matrix.
    std::string times(const std::string& x, const OnnxWeights& matrix);
    std::string times(const std::string& x, const std::string& matrix);
    std::string exp(const std::string& x);
    std::string absolute(const std::string& x);
    /// So many zeros behind the last axis of x 1×1×1×n.
    std::string padded(const std::string& x, std::int64_t zeros);
    std::string relu(const std::string& x);
    std::string sigmoid(const std::string& x);
    std::string tanh(const std::string& x);
    std::string softmax(const std::string& x, int axis);
    std::string add(const std::string& a, const std::string& b);
    std::string mul(const std::string& a, const std::string& b);
    std::string concat(const std::vector<std::string>& parts, int axis);
    std::string reshape(const std::string& x, const std::vector<std::int64_t>& shape);
    std::string transpose(const std::string& x, const std::vector<std::int64_t>& order);
    std::string flatten(const std::string& x);
    std::string average_pool(const std::string& x, const Window& window);
    std::string max_pool(const std::string& x, const Window& window);
    std::string global_average_pool(const std::string& x);
    /// Two-sided LSTM over T×B×I (layout of ONNX): gates i, o, f, c; gives T×2×B×H.
    std::string lstm_both_ways(const std::string& x, const OnnxWeights& w, const OnnxWeights& r, const OnnxWeights& b, int hidden);
    void output(const std::string& x, const std::string& name, const std::vector<std::int64_t>& shape);
    /// A text that comes with the file and that no runtime looks at.
    void metadata(const std::string& key, const std::string& value);
    [[nodiscard]] Result<std::string> bytes() const;
    [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;

private:
    struct State;
    std::string node(const std::string& type, const std::vector<std::string>& inputs);
    std::unique_ptr<State> state_;
};

}  // namespace attune::learn
