// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/similar.hpp"

#include <algorithm>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsuggest-override"
#endif
#include <hnswlib/hnswlib.h>
#pragma GCC diagnostic pop

#include "core/paths.hpp"
#include "learn/detail/byte_stream.hpp"

namespace attune::library {
namespace {

constexpr std::size_t kLinks = 16, kEffortBuilding = 200, kSeed = 100;
constexpr std::uint64_t kMagic = 0x314D495341545441;  // "ATTASIM1"

}  // namespace

struct SimilarIndex::State {
    std::size_t dims = 0;
    std::vector<ContentKey> keys;
    std::unique_ptr<hnswlib::InnerProductSpace> space;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
};

SimilarIndex::SimilarIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
SimilarIndex::~SimilarIndex() = default;
SimilarIndex::SimilarIndex(SimilarIndex&&) noexcept = default;
SimilarIndex& SimilarIndex::operator=(SimilarIndex&&) noexcept = default;
std::size_t SimilarIndex::size() const noexcept { return state_->keys.size(); }
std::size_t SimilarIndex::dims() const noexcept { return state_->dims; }

Result<SimilarIndex>
SimilarIndex::build(const std::map<ContentKey, std::vector<float>>& embeddings) {
    auto s = std::make_unique<State>();
    for (const auto& [key, values] : embeddings) {
        if (s->dims == 0) s->dims = values.size();
        if (values.size() != s->dims || values.empty()) {
            return fail(ErrorCode::kBadArgument, "embeddings of " + std::to_string(s->dims) +
                                                     " and of " + std::to_string(values.size()) +
                                                     " numbers stand side by side; scan again");
        }
    }
    if (embeddings.empty()) return fail(ErrorCode::kNotFound, "no track has been analysed yet");
    try {
        s->space = std::make_unique<hnswlib::InnerProductSpace>(s->dims);
        s->graph = std::make_unique<hnswlib::HierarchicalNSW<float>>(
            s->space.get(), embeddings.size(), kLinks, kEffortBuilding, kSeed);
        for (const auto& [key, values] : embeddings) {
            s->graph->addPoint(values.data(), s->keys.size());
            s->keys.push_back(key);
        }
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, std::string("the index of similar tracks: ") + e.what());
    }
    return SimilarIndex(std::move(s));
}

std::vector<Neighbour> SimilarIndex::search(std::span<const float> embedding, std::size_t n,
                                            std::size_t effort) const {
    std::vector<Neighbour> out;
    if (embedding.size() != state_->dims || n == 0) return out;
    state_->graph->setEf(std::max(effort, n));
    auto found = state_->graph->searchKnn(embedding.data(), std::min(n, state_->keys.size()));
    while (!found.empty()) {
        out.push_back({state_->keys[found.top().second], static_cast<double>(found.top().first)});
        found.pop();
    }
    std::sort(out.begin(), out.end(), [](const Neighbour& a, const Neighbour& b) {
        return a.distance != b.distance ? a.distance < b.distance : a.key < b.key;
    });
    return out;
}

Result<void> SimilarIndex::save(const std::filesystem::path& file, std::uint64_t version) const {
    try {
        std::error_code ignored;
        std::filesystem::create_directories(file.parent_path(), ignored);
        const std::filesystem::path part = file.string() + ".part";
        state_->graph->saveIndex(part.string());
        std::string keys;
        learn::detail::ByteWriter w(keys);
        w.u64(kMagic);
        w.u64(version);
        w.u64(state_->dims);
        w.u64(state_->keys.size());
        w.u64(std::filesystem::file_size(part));
        for (const ContentKey& k : state_->keys) keys.append(k.bytes.begin(), k.bytes.end());
        std::filesystem::rename(part, file);
        return core::write_file_atomically(file.string() + ".keys", keys);
    } catch (const std::exception& e) {
        return fail(ErrorCode::kIo,
                    std::string("the index of similar tracks cannot be written: ") + e.what(),
                    file.string());
    }
}

Result<SimilarIndex> SimilarIndex::load(const std::filesystem::path& file, std::uint64_t version) {
    ATTUNE_TRY(const auto bytes, core::read_file(file.string() + ".keys", std::size_t{1} << 30));
    learn::detail::ByteReader r(bytes);
    const bool ours = r.u64(~std::uint64_t{0}, "magic") == kMagic;
    const std::uint64_t made_from = r.u64(~std::uint64_t{0}, "version"),
                        dims = r.u64(100000, "dims"), count = r.u64(100'000'000, "tracks"),
                        size = r.u64(~std::uint64_t{0}, "size");
    std::error_code error;
    if (!ours || !r.good() || !r.has(count * 16) || dims == 0 ||
        std::filesystem::file_size(file, error) != size || error) {
        return fail(ErrorCode::kCorrupt,
                    "the index of similar tracks is damaged; it will be built again",
                    file.string());
    }
    if (made_from != version)
        return fail(ErrorCode::kVersion, "the index of similar tracks is older than the library",
                    file.string());
    auto s = std::make_unique<State>();
    s->dims = dims;
    s->keys.resize(count);
    const std::string_view rest = r.rest();
    for (std::size_t i = 0; i < count; ++i)
        std::copy_n(reinterpret_cast<const std::uint8_t*>(rest.data()) + 16 * i, 16,
                    s->keys[i].bytes.begin());
    try {
        s->space = std::make_unique<hnswlib::InnerProductSpace>(s->dims);
        s->graph = std::make_unique<hnswlib::HierarchicalNSW<float>>(s->space.get(), file.string(),
                                                                     false, count);
        if (s->graph->cur_element_count != count)
            return fail(ErrorCode::kCorrupt, "the index of similar tracks is damaged",
                        file.string());
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt,
                    std::string("the index of similar tracks is damaged: ") + e.what(),
                    file.string());
    }
    return SimilarIndex(std::move(s));
}

}  // namespace attune::library
