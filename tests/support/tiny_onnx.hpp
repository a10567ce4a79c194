// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Networks of one layer as ONNX bytes, written by hand so that tests need no model file and no protobuf.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace attune::tests {

class TinyOnnx {
public:
    /// y[1 x outputs] = softmax(flatten(x) w^T + b); x has `shape`, w is outputs x inputs, row-major.
    static std::string softmax_of_gemm(const std::vector<std::int64_t>& shape, const std::vector<float>& w,
                                       const std::vector<float>& b, const std::string& input = "face",
                                       const std::string& output = "probabilities") {
        const auto outputs = static_cast<std::int64_t>(b.size());
        const auto inputs = static_cast<std::int64_t>(w.size()) / outputs;
        std::string graph;
        graph += bytes(1, node("Flatten", {input}, "flat", attribute("axis", 1)));
        graph += bytes(1, node("Gemm", {"flat", "w", "b"}, "logits", attribute("transB", 1)));
        graph += bytes(1, node("Softmax", {"logits"}, output, attribute("axis", 1)));
        graph += bytes(2, std::string("tiny"));
        graph += bytes(5, tensor("w", {outputs, inputs}, w));
        graph += bytes(5, tensor("b", {outputs}, b));
        graph += bytes(11, value(input, shape));
        graph += bytes(12, value(output, {1, outputs}));
        return model(graph);
    }

    /// y = convolution of x, of `shape` [n, in, h, w], with w [out, in, kh, kw] and a bias b; pads are top, left, bottom, right.
    static std::string convolution(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& kernel,
                                   const std::vector<float>& w, const std::vector<float>& b,
                                   const std::vector<std::int64_t>& strides, const std::vector<std::int64_t>& pads) {
        std::string conv;
        for (const char* in : {"x", "w", "b"}) conv += bytes(1, in);
        conv += bytes(2, "y") + bytes(3, "y") + bytes(4, "Conv");
        conv += bytes(5, attribute("kernel_shape", {kernel[2], kernel[3]})) + bytes(5, attribute("strides", strides)) +
                bytes(5, attribute("pads", pads));
        const auto side = [&](std::size_t d) {
            return (shape[2 + d] + pads[d] + pads[2 + d] - kernel[2 + d]) / strides[d] + 1;
        };
        const std::string graph = bytes(1, conv) + bytes(2, "tiny") + bytes(5, tensor("w", kernel, w)) +
                                  bytes(5, tensor("b", {kernel[0]}, b)) + bytes(11, value("x", shape)) +
                                  bytes(12, value("y", {shape[0], kernel[0], side(0), side(1)}));
        return model(graph);
    }

private:
    static std::string model(const std::string& graph) {
        return varint(1, 6) + bytes(7, graph) + bytes(8, bytes(1, std::string()) + varint(2, 11));
    }
    static std::string attribute(const std::string& name, const std::vector<std::int64_t>& all) {
        std::string out = bytes(1, name);
        for (const auto v : all) out += varint(8, static_cast<std::uint64_t>(v));
        return out + varint(20, 7);
    }
    static std::string number(std::uint64_t v) {
        std::string out;
        for (; v >= 128; v >>= 7) out += static_cast<char>((v & 127) | 128);
        return out + static_cast<char>(v);
    }
    static std::string varint(int field, std::uint64_t v) {
        return number(static_cast<std::uint64_t>(field) << 3) + number(v);
    }
    static std::string bytes(int field, const std::string& b) {
        return number((static_cast<std::uint64_t>(field) << 3) | 2) + number(b.size()) + b;
    }
    static std::string attribute(const std::string& name, std::uint64_t v) {
        return bytes(1, name) + varint(3, v) + varint(20, 2);
    }
    static std::string node(const std::string& type, const std::vector<std::string>& in, const std::string& out,
                            const std::string& attributes) {
        std::string n;
        for (const auto& i : in) n += bytes(1, i);
        return n + bytes(2, out) + bytes(3, out) + bytes(4, type) + bytes(5, attributes);
    }
    static std::string tensor(const std::string& name, const std::vector<std::int64_t>& dims,
                              const std::vector<float>& values) {
        std::string t;
        for (const auto d : dims) t += varint(1, static_cast<std::uint64_t>(d));
        std::string raw(values.size() * sizeof(float), '\0');
        std::memcpy(raw.data(), values.data(), raw.size());
        return t + varint(2, 1) + bytes(8, name) + bytes(9, raw);
    }
    static std::string value(const std::string& name, const std::vector<std::int64_t>& dims) {
        std::string shape;
        for (const auto d : dims) shape += bytes(1, varint(1, static_cast<std::uint64_t>(d)));
        return bytes(1, name) + bytes(2, bytes(1, varint(1, 1) + bytes(2, shape)));
    }
};

}  // namespace attune::tests
