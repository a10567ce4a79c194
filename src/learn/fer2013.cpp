// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/fer2013.hpp"

#include <png.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <numeric>

#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::learn {
namespace {

constexpr int kSide = 48;
constexpr int kFacesPerStrip = 512;
constexpr std::size_t kLabelsMaxBytes = 64U << 20;

struct Strip {
    int faces = 0;
    std::vector<std::uint8_t> grey;
};

Result<Strip> read_strip(const std::filesystem::path& file) {
    ATTUNE_TRY(const std::string bytes, core::read_file(file));
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    const std::unique_ptr<png_image, decltype(&png_image_free)> guard(&image, png_image_free);
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
        return fail(ErrorCode::kCorrupt, std::string("not a PNG: ") + image.message, file.string());
    }
    if (image.width != kSide || image.height == 0 || image.height % kSide != 0 ||
        image.height > kSide * kFacesPerStrip) {
        return fail(ErrorCode::kCorrupt,
                    "strip is " + std::to_string(image.width) + "x" + std::to_string(image.height) +
                        "; 48 wide and 48..24576 high in steps of 48 is read",
                    file.string());
    }
    image.format = PNG_FORMAT_GRAY;
    Strip strip;
    strip.faces = static_cast<int>(image.height) / kSide;
    strip.grey.resize(PNG_IMAGE_SIZE(image));
    if (png_image_finish_read(&image, nullptr, strip.grey.data(), 0, nullptr) == 0) {
        return fail(ErrorCode::kCorrupt, std::string("cannot decode: ") + image.message, file.string());
    }
    return strip;
}

using Columns = std::map<std::string, std::size_t, std::less<>>;

Result<Columns> read_header(std::string_view line, const std::string& place) {
    Columns columns;
    const auto names = core::split(line, ',');
    for (std::size_t i = 0; i < names.size(); ++i) columns.emplace(core::trim(names[i]), i);
    for (const char* needed : {"index", "usage", "emotion"}) {
        if (!columns.contains(needed)) {
            return fail(ErrorCode::kCorrupt, std::string("no column '") + needed + "'", place + ":1");
        }
    }
    return columns;
}

std::optional<std::int64_t> cell(const Columns& columns, const std::vector<std::string_view>& cells,
                                 std::string_view name) {
    const auto it = columns.find(name);
    if (it == columns.end() || it->second >= cells.size()) return std::nullopt;
    return core::parse_int(cells[it->second]);
}

std::optional<FerSplit> split_of(std::string_view name) {
    for (const auto s : {FerSplit::kTraining, FerSplit::kPublicTest, FerSplit::kPrivateTest}) {
        if (name == to_string(s)) return s;
    }
    return std::nullopt;
}

Result<FerFace> read_row(const Columns& columns, std::string_view line, const std::string& place) {
    const auto cells = core::split(line, ',');
    const auto index = cell(columns, cells, "index");
    const auto label = cell(columns, cells, "emotion");
    if (!index || *index < 0 || *index > 1'000'000 || !label || *label < 0 || *label >= kFerClasses) {
        return fail(ErrorCode::kCorrupt, "index must be 0..1000000 and emotion 0..6", place);
    }
    const auto usage = split_of(core::trim(cells.at(columns.find("usage")->second)));
    if (!usage) return fail(ErrorCode::kCorrupt, "usage must be Training, PublicTest or PrivateTest", place);
    FerFace face;
    face.index = static_cast<int>(*index);
    face.label = static_cast<int>(*label);
    face.split = *usage;
    face.ambiguous = cell(columns, cells, "label_ambiguous").value_or(0) == 1;
    face.dup_group = static_cast<int>(cell(columns, cells, "dup_group").value_or(-1));
    face.twin_in_training = cell(columns, cells, "twin_in_training").value_or(0) == 1;
    static constexpr std::array<const char*, kFerVotes> kNames = {
        "ferplus_neutral", "ferplus_happiness", "ferplus_surprise", "ferplus_sadness", "ferplus_anger",
        "ferplus_disgust", "ferplus_fear",      "ferplus_contempt", "ferplus_unknown", "ferplus_NF"};
    std::array<std::uint8_t, kFerVotes> votes{};
    bool all = true;
    for (std::size_t v = 0; v < kNames.size(); ++v) {
        const auto n = cell(columns, cells, kNames[v]);
        all = all && n && *n >= 0 && *n <= 10;
        if (all) votes[v] = static_cast<std::uint8_t>(*n);
    }
    if (all) face.votes = votes;
    return face;
}

std::filesystem::path strip_file(const std::filesystem::path& dir, int number) {
    char name[32];
    std::snprintf(name, sizeof name, "fer2013_%03d.png", number);
    return dir / "strips" / name;
}

/// Each row of labels.csv as a face without its picture, and whether the row says anything of a twin in Training.
template <typename Each>
Result<void> for_each_row(const std::filesystem::path& dir, Each&& each) {
    const auto csv = dir / "labels.csv";
    std::error_code ignored;
    if (!std::filesystem::exists(csv, ignored)) {
        return fail(ErrorCode::kNotFound, "there is no labels.csv of FER2013", dir.string());
    }
    ATTUNE_TRY(const std::string text, core::read_file(csv, kLabelsMaxBytes));
    const auto lines = core::split(text, '\n');
    ATTUNE_TRY(const Columns columns, read_header(lines.front(), csv.string()));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (core::trim(lines[i]).empty()) continue;
        ATTUNE_TRY(const FerFace face, read_row(columns, lines[i], csv.string() + ":" + std::to_string(i + 1)));
        each(face, cell(columns, core::split(lines[i], ','), "twin_in_training").has_value());
    }
    return {};
}

}  // namespace

const char* to_string(FerSplit split) noexcept {
    switch (split) {
        case FerSplit::kTraining: return "Training";
        case FerSplit::kPublicTest: return "PublicTest";
        case FerSplit::kPrivateTest: return "PrivateTest";
    }
    return "?";
}

Result<std::array<FerHolding, 3>> fer2013_holdings(const std::filesystem::path& dir) {
    std::array<FerHolding, 3> held;
    std::map<int, std::array<bool, 3>> strips;  // which splits need a strip
    ATTUNE_CHECK(for_each_row(dir, [&](const FerFace& face, bool twin_said) {
        const auto split = static_cast<std::size_t>(face.split);
        ++held[split].faces;
        held[split].twins_known = held[split].twins_known || twin_said;
        strips[face.index / kFacesPerStrip][split] = true;
    }));
    for (const auto& [number, needed_by] : strips) {
        std::error_code ignored;
        const bool there = std::filesystem::exists(strip_file(dir, number), ignored);
        for (std::size_t split = 0; split < held.size(); ++split) {
            if (!needed_by[split]) continue;
            ++held[split].strips;
            if (!there) ++held[split].strips_missing;
            else if (std::ranges::count(needed_by, true) == 1) held[split].own_strip = true;
        }
    }
    return held;
}

Result<std::vector<FerFace>> read_fer2013(const std::filesystem::path& dir,
                                          std::span<const FerSplit> splits) {
    std::vector<FerFace> faces;
    ATTUNE_CHECK(for_each_row(dir, [&](const FerFace& face, bool) {
        if (std::ranges::find(splits, face.split) != splits.end()) faces.push_back(face);
    }));
    std::ranges::sort(faces, {}, &FerFace::index);
    Strip strip;
    int open = -1;
    for (FerFace& face : faces) {
        const int number = face.index / kFacesPerStrip;
        if (number != open) {
            ATTUNE_TRY(strip, read_strip(strip_file(dir, number)));
            open = number;
        }
        const int k = face.index % kFacesPerStrip;
        if (k >= strip.faces) {
            return fail(ErrorCode::kCorrupt,
                        "labels.csv names face " + std::to_string(k) + " of a strip that has " +
                            std::to_string(strip.faces),
                        "strip " + std::to_string(number));
        }
        std::copy_n(strip.grey.begin() + std::ptrdiff_t{k} * kFerPixels, kFerPixels, face.pixels.begin());
    }
    return faces;
}

std::optional<int> ferplus_majority(const FerFace& face) noexcept {
    if (!face.votes) return std::nullopt;
    static constexpr std::array<int, kFerVotes> kToFer = {6, 3, 5, 4, 0, 1, 2, -1, -1, -1};
    const auto& votes = *face.votes;
    const int total = std::accumulate(votes.begin(), votes.end(), 0);
    for (std::size_t v = 0; v < votes.size(); ++v) {
        if (2 * votes[v] > total) {
            return kToFer[v] >= 0 ? std::optional<int>(kToFer[v]) : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace attune::learn
