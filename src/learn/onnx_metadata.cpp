// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/onnx_metadata.hpp"

#include <onnx/onnx_pb.h>

#include <climits>

namespace attune::learn {
namespace {
constexpr int kMostEntries = 10000;
}

Result<std::map<std::string, std::string>> onnx_metadata(std::string_view bytes) {
    onnx::ModelProto model;
    if (bytes.size() > INT_MAX || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return fail(ErrorCode::kCorrupt, "this is no ONNX file");
    if (model.metadata_props_size() > kMostEntries) {
        return fail(ErrorCode::kCorrupt, "the ONNX file has " + std::to_string(model.metadata_props_size()) + " texts; up to " + std::to_string(kMostEntries) + " are read");
    }
    std::map<std::string, std::string> out;
    for (const auto& entry : model.metadata_props()) out[entry.key()] = entry.value();
    return out;
}

}  // namespace attune::learn
