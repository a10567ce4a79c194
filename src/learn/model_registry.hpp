// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The models that `attune train`, `evaluate` and `models` know by name. Each room registers its own;
/// src/app/model_registry.cpp calls the rooms.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancel.hpp"
#include "core/result.hpp"
#include "learn/evaluation.hpp"

namespace attune::learn {

/// Progress on stderr: what, done, total. May be empty.
using Progress = std::function<void(std::string_view, std::size_t, std::size_t)>;

struct EvaluateRequest {
    std::filesystem::path data;      ///< holds the sets, at any depth up to 4, or is a set itself
    std::filesystem::path data_dir;  ///< the user's data folder: models added there win
    bool cross_validate = false;     ///< retrain by group instead of measuring the installed model
    const core::CancelToken* cancel = nullptr;
    Progress progress;
    [[nodiscard]] bool cancelled() const { return cancel != nullptr && cancel->cancelled(); }
};

struct TrainRequest {
    std::filesystem::path data, out;
    std::uint64_t seed = 1;
    const core::CancelToken* cancel = nullptr;
    Progress progress;
    [[nodiscard]] bool cancelled() const { return cancel != nullptr && cancel->cancelled(); }
};

struct ModelEntry {
    std::string name;                ///< "stress", "music-emotion"
    std::string about;               ///< one line for `attune models list`
    std::vector<std::string> sets;   ///< folders that it is evaluated on
    std::function<Result<Evaluation>(const EvaluateRequest&)> evaluate;
    std::function<Result<void>(const TrainRequest&)> train;  ///< empty = not trainable
};

class ModelRegistry {
public:
    void add(ModelEntry entry) { entries_.push_back(std::move(entry)); }
    [[nodiscard]] const std::vector<ModelEntry>& entries() const noexcept { return entries_; }
    /// kBadArgument with the nearest name, or all of them.
    [[nodiscard]] Result<const ModelEntry*> find(const std::string& name) const;

private:
    std::vector<ModelEntry> entries_;
};

}  // namespace attune::learn
