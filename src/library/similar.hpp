// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Nearest tracks by embedding (cosine), in a graph that is kept in a file.
///
/// In       unit vectors of one length; Out  neighbours with 1 - cosine, nearest first
/// Threads  search() from any thread after building; add() one owner
/// Errors   load(): kCorrupt, kVersion (made from another library version); build(): kBadArgument
/// Method   HNSW (Malkov & Yashunin 2016, arXiv 1603.09320) by hnswlib: M 16, ef 200 in building
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace attune::library {

struct Neighbour {
    ContentKey key;
    double distance = 0.0;  ///< 1 - cosine, 0..2
};

class SimilarIndex {
public:
    [[nodiscard]] static Result<SimilarIndex>
    build(const std::map<ContentKey, std::vector<float>>& embeddings);
    ~SimilarIndex();
    SimilarIndex(SimilarIndex&&) noexcept;
    SimilarIndex& operator=(SimilarIndex&&) noexcept;

    /// Up to n neighbours; `effort` (>= n) is how many candidates are kept: more = surer, slower.
    [[nodiscard]] std::vector<Neighbour> search(std::span<const float> embedding, std::size_t n,
                                                std::size_t effort = 96) const;
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t dims() const noexcept;

    /// Two files: FILE (graph) and FILE.keys. `version` is the library's.
    [[nodiscard]] Result<void> save(const std::filesystem::path& file, std::uint64_t version) const;
    [[nodiscard]] static Result<SimilarIndex> load(const std::filesystem::path& file,
                                                   std::uint64_t version);

private:
    struct State;
    explicit SimilarIndex(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace attune::library
