// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/onnx_metadata.hpp"

#include <cstdint>
#include <optional>

namespace attune::learn {
namespace {

constexpr std::uint64_t kMetadata = 14, kKey = 1, kValue = 2;  // onnx.proto3: ModelProto, StringStringEntryProto
constexpr std::size_t kMostEntries = 10000;

struct Field {
    std::uint64_t number = 0;
    std::string_view bytes;  ///< of a message, text or packed list; empty otherwise
};

/// The fields of one message, one after the other.
class Fields {
public:
    explicit Fields(std::string_view bytes) : rest_(bytes) {}
    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
    /// nullopt: these bytes are no field.
    [[nodiscard]] std::optional<Field> next() {
        const auto tag = number();
        if (!tag || *tag >> 3 == 0) return std::nullopt;
        Field field{*tag >> 3, {}};
        std::uint64_t length = 0;
        switch (*tag & 7U) {
        case 0: return number() ? std::optional(field) : std::nullopt;
        case 1: length = 8; break;
        case 5: length = 4; break;
        case 2: {
            const auto said = number();
            if (!said) return std::nullopt;
            length = *said;
            break;
        }
        default: return std::nullopt;
        }
        if (length > rest_.size()) return std::nullopt;
        if ((*tag & 7U) == 2) field.bytes = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return field;
    }

private:
    std::optional<std::uint64_t> number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<std::uint8_t>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 127U) << shift;
            if ((byte & 128U) == 0) return value;
        }
        return std::nullopt;
    }
    std::string_view rest_;
};

}  // namespace

Result<std::map<std::string, std::string>> onnx_metadata(std::string_view bytes) {
    std::map<std::string, std::string> out;
    Fields model(bytes);
    while (!model.done()) {
        const auto field = model.next();
        if (!field) return fail(ErrorCode::kCorrupt, "this is no ONNX file");
        if (field->number != kMetadata) continue;
        if (out.size() >= kMostEntries) return fail(ErrorCode::kCorrupt, "the ONNX file has over 10000 texts");
        std::string key, value;
        Fields entry(field->bytes);
        while (!entry.done()) {
            const auto part = entry.next();
            if (!part) return fail(ErrorCode::kCorrupt, "a text of the ONNX file is damaged");
            if (part->number == kKey) key = part->bytes;
            if (part->number == kValue) value = part->bytes;
        }
        out[std::move(key)] = std::move(value);
    }
    return out;
}

}  // namespace attune::learn
