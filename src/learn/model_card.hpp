// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The card beside each model: NAME.card.json next to NAME.onnx, NAME.json, ... in models/free or
/// models/research.
///
/// A card says what the model is for and not for, who it was trained on, under which licence, and how well
/// it does. Every figure names the file in eval/results/ that it resolves to. `evaluate` leaves out the
/// groups listed as trained on, and quotes `leaky` from here.
/// Errors   kNotFound, kCorrupt (names the field), kRefused (the weights are not those of the card)
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "learn/evaluation.hpp"

namespace attune::learn {

struct TrainedOn {
    std::string set;                  ///< folder of the data set
    std::string licence;
    std::vector<std::string> groups;  ///< people, artists, speakers
};

/// A figure quoted from a result file.
struct QuotedMetric {
    Metric metric;
    std::string result;  ///< "eval/results/stress.json"
};

struct ModelCard {
    std::string model, version;  ///< "stress", "1"
    std::string file;            ///< weights, beside the card; empty = the model is an algorithm
    std::string sha256;          ///< of the weights; empty with file
    std::string purpose, not_for;
    std::string inputs, outputs; ///< shape, unit, rate; labels in order
    std::string licence;         ///< of the weights
    std::vector<TrainedOn> trained_on;
    std::string protocol, baseline;
    std::vector<QuotedMetric> metrics;
    std::string calibration, subgroups, limits;
    std::vector<LeakyFigure> leaky;
    std::map<std::string, double> figures;  ///< constants that the program reads, e.g. "r_rec"

    /// True if `group` of `set` was trained on.
    [[nodiscard]] bool trained(const std::string& set, const std::string& group) const;
    /// "stress@1".
    [[nodiscard]] std::string id() const { return model + "@" + version; }
};

[[nodiscard]] Result<ModelCard> read_card(const std::filesystem::path& file);
[[nodiscard]] Result<ModelCard> card_from_json(const std::string& text);
[[nodiscard]] std::string to_json(const ModelCard& card);
[[nodiscard]] Result<void> write_card(const std::filesystem::path& file, const ModelCard& card);
/// Weights and their card beside each other in `folder`, which is made where it is missing: card.file and
/// MODEL.card.json, with the hash of `weights` in the card.
[[nodiscard]] Result<void> write_model(const std::filesystem::path& folder, ModelCard card, std::string_view weights);
/// The fields that every card must have, the weights' hash, and that each quoted figure stands in its
/// result file (below `repository`; empty = not checked). Returns what is wrong; empty = nothing.
[[nodiscard]] std::vector<std::string> problems(const ModelCard& card, const std::filesystem::path& card_file,
                                                const std::filesystem::path& repository = {});

/// A model as it is installed.
struct InstalledModel {
    ModelCard card;
    std::filesystem::path card_file, weights;
    std::string folder;  ///< "user", "free" or "research"
};
/// Looks for NAME.card.json in 1. DATA/models, 2. models/free, 3. models/research, and checks the
/// weights against the card. kUnavailable says where it was looked for.
[[nodiscard]] Result<InstalledModel> find_model(const std::filesystem::path& data_dir, const std::string& name);

}  // namespace attune::learn
