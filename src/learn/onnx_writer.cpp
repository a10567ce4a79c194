// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/onnx_writer.hpp"

#include <onnx/onnx_pb.h>

#include "core/paths.hpp"

namespace attune::learn {
namespace {

void add_int(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    auto* a = node.add_attribute();
    a->set_name(name);
    a->set_type(onnx::AttributeProto::INT);
    a->set_i(value);
}

void add_ints(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
    auto* a = node.add_attribute();
    a->set_name(name);
    a->set_type(onnx::AttributeProto::INTS);
    for (const auto v : values) a->add_ints(v);
}

void add_window(onnx::NodeProto& node, const OnnxWriter::Window& w) {
    add_ints(node, "kernel_shape", {w.kernel_h, w.kernel_w});
    add_ints(node, "strides", {w.stride_h, w.stride_w});
    add_ints(node, "pads", {w.pad_h, w.pad_w, w.pad_h, w.pad_w});
}

void set_shape(onnx::ValueInfoProto& value, const std::string& name, const std::vector<std::int64_t>& shape) {
    value.set_name(name);
    auto* tensor = value.mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto d : shape) tensor->mutable_shape()->add_dim()->set_dim_value(d);
}

}  // namespace

struct OnnxWriter::State {
    onnx::ModelProto model;
    int count = 0;
    onnx::GraphProto& graph() { return *model.mutable_graph(); }
    onnx::NodeProto& last() { return *graph().mutable_node(graph().node_size() - 1); }
    std::string whole_numbers(const std::vector<std::int64_t>& values) {
        auto* t = graph().add_initializer();
        t->set_name("s" + std::to_string(++count));
        t->set_data_type(onnx::TensorProto::INT64);
        t->add_dims(static_cast<std::int64_t>(values.size()));
        t->set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
        return t->name();
    }
};

OnnxWriter::OnnxWriter(const std::string& name) : state_(std::make_unique<State>()) {
    state_->model.set_ir_version(6);
    state_->model.set_producer_name("attune-train");
    auto* opset = state_->model.add_opset_import();
    opset->set_domain("");
    opset->set_version(11);
    state_->graph().set_name(name);
}
OnnxWriter::~OnnxWriter() = default;

std::string OnnxWriter::node(const std::string& type, const std::vector<std::string>& inputs) {
    const std::string out = type + "_" + std::to_string(++state_->count);
    auto* n = state_->graph().add_node();
    n->set_op_type(type);
    n->set_name(out);
    for (const auto& i : inputs) n->add_input(i);
    n->add_output(out);
    return out;
}

std::string OnnxWriter::constant(const OnnxWeights& weights) {
    auto* t = state_->graph().add_initializer();
    t->set_name("w" + std::to_string(++state_->count));
    t->set_data_type(onnx::TensorProto::FLOAT);
    for (const auto d : weights.shape) t->add_dims(d);
    t->set_raw_data(weights.values.data(), weights.values.size() * sizeof(float));
    return t->name();
}

std::string OnnxWriter::constant(const std::vector<std::int8_t>& values, const std::vector<std::int64_t>& shape) {
    auto* t = state_->graph().add_initializer();
    t->set_name("b" + std::to_string(++state_->count));
    t->set_data_type(onnx::TensorProto::INT8);
    for (const auto d : shape) t->add_dims(d);
    t->set_raw_data(values.data(), values.size());
    const auto y = node("Cast", {t->name()});
    add_int(state_->last(), "to", onnx::TensorProto::FLOAT);
    return y;
}

std::string OnnxWriter::input(const std::string& name, const std::vector<std::int64_t>& shape) {
    set_shape(*state_->graph().add_input(), name, shape);
    return name;
}

std::string OnnxWriter::conv(const std::string& x, const OnnxWeights& weights, const OnnxWeights& bias, const Window& window) {
    const auto w = constant(weights);
    const auto y = node("Conv", {x, w, constant(bias)});
    add_window(state_->last(), window);
    return y;
}

std::string OnnxWriter::full_each(const std::string& x, const std::string& weights, const OnnxWeights& bias, std::int64_t groups) {
    const auto y = node("Conv", {x, weights, constant(bias)});
    add_window(state_->last(), {1, 1, 1, 1, 0, 0});
    add_int(state_->last(), "group", groups);
    return y;
}

std::string OnnxWriter::full(const std::string& x, const OnnxWeights& weights, const OnnxWeights& bias) {
    return full(x, constant(weights), bias);
}

std::string OnnxWriter::full(const std::string& x, const std::string& weights, const OnnxWeights& bias) {
    const auto y = node("Gemm", {x, weights, constant(bias)});
    add_int(state_->last(), "transB", 1);
    return y;
}

std::string OnnxWriter::times(const std::string& x, const OnnxWeights& matrix) {
    return times(x, constant(matrix));
}
std::string OnnxWriter::times(const std::string& x, const std::string& matrix) { return node("MatMul", {x, matrix}); }
std::string OnnxWriter::exp(const std::string& x) { return node("Exp", {x}); }
std::string OnnxWriter::absolute(const std::string& x) { return node("Abs", {x}); }

std::string OnnxWriter::padded(const std::string& x, std::int64_t zeros) {
    return node("Pad", {x, state_->whole_numbers({0, 0, 0, 0, 0, 0, 0, zeros})});
}

std::string OnnxWriter::relu(const std::string& x) { return node("Relu", {x}); }
std::string OnnxWriter::sigmoid(const std::string& x) { return node("Sigmoid", {x}); }
std::string OnnxWriter::tanh(const std::string& x) { return node("Tanh", {x}); }
std::string OnnxWriter::softmax(const std::string& x, int axis) {
    const auto y = node("Softmax", {x});
    add_int(state_->last(), "axis", axis);
    return y;
}
std::string OnnxWriter::add(const std::string& a, const std::string& b) { return node("Add", {a, b}); }
std::string OnnxWriter::mul(const std::string& a, const std::string& b) { return node("Mul", {a, b}); }

std::string OnnxWriter::concat(const std::vector<std::string>& parts, int axis) {
    const auto y = node("Concat", parts);
    add_int(state_->last(), "axis", axis);
    return y;
}

std::string OnnxWriter::reshape(const std::string& x, const std::vector<std::int64_t>& shape) {
    return node("Reshape", {x, state_->whole_numbers(shape)});
}

std::string OnnxWriter::transpose(const std::string& x, const std::vector<std::int64_t>& order) {
    const auto y = node("Transpose", {x});
    add_ints(state_->last(), "perm", order);
    return y;
}

std::string OnnxWriter::flatten(const std::string& x) {
    const auto y = node("Flatten", {x});
    add_int(state_->last(), "axis", 1);
    return y;
}

std::string OnnxWriter::average_pool(const std::string& x, const Window& window) {
    const auto y = node("AveragePool", {x});
    add_window(state_->last(), window);
    return y;
}

std::string OnnxWriter::max_pool(const std::string& x, const Window& window) {
    const auto y = node("MaxPool", {x});
    add_window(state_->last(), window);
    return y;
}

std::string OnnxWriter::global_average_pool(const std::string& x) { return node("GlobalAveragePool", {x}); }

std::string OnnxWriter::lstm_both_ways(const std::string& x, const OnnxWeights& w, const OnnxWeights& r, const OnnxWeights& b,
                                       int hidden) {
    const auto wn = constant(w);
    const auto rn = constant(r);
    const auto y = node("LSTM", {x, wn, rn, constant(b)});
    add_int(state_->last(), "hidden_size", hidden);
    auto* a = state_->last().add_attribute();
    a->set_name("direction");
    a->set_type(onnx::AttributeProto::STRING);
    a->set_s("bidirectional");
    return y;
}

void OnnxWriter::output(const std::string& x, const std::string& name, const std::vector<std::int64_t>& shape) {
    for (auto& n : *state_->graph().mutable_node()) {
        for (auto& o : *n.mutable_output()) {
            if (o == x) o = name;
        }
    }
    set_shape(*state_->graph().add_output(), name, shape);
}

void OnnxWriter::metadata(const std::string& key, const std::string& value) {
    auto* entry = state_->model.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
}

Result<std::string> OnnxWriter::bytes() const {
    std::string out;
    if (!state_->model.SerializeToString(&out)) return fail(ErrorCode::kInternal, "the network cannot be serialised");
    return out;
}

Result<void> OnnxWriter::save(const std::filesystem::path& file) const {
    ATTUNE_TRY(const auto out, bytes());
    return core::write_file_atomically(file, out);
}

}  // namespace attune::learn
