// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The texts that come with an ONNX file (metadata_props), which OpenCV does not hand on.
///
/// In       the bytes of a file
/// Out      key → value; of a key that comes twice the last
/// Errors   kCorrupt: not the bytes of an ONNX ModelProto, or over 10,000 entries
#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace attune::learn {

[[nodiscard]] Result<std::map<std::string, std::string>> onnx_metadata(std::string_view bytes);

}  // namespace attune::learn
