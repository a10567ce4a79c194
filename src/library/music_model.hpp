// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A model of music: descriptors → numbers, in two stages of kernel machines, by pairs of classes, or by a forest.
///
/// The first stage has learnt from another set what it can say about any music; its outputs join
/// the descriptors of the second. What the outputs mean (which is valence, which temperature)
/// stands in the file, so that trainer, evaluator and product cannot differ.
/// A trainer makes the machines; to_bytes() writes them as an ONNX network, from_bytes() runs that.
///
/// In       signal::descriptor_names().size() finite numbers
/// Out      one value for each of labels()
/// Threads  predict() from any thread; as many threads as ask at a time, so many copies of the network are kept
/// Errors   load(): kCorrupt names the text, kVersion for other descriptors or a newer file
/// Format   ONNX, "descriptors" 1×d to "scores" 1×labels, and texts of metadata_props (docs/LIBRARY.md)
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "learn/forest.hpp"
#include "learn/kernel_machine.hpp"
#include "learn/pair_machine.hpp"

namespace attune::library {

class MusicModel {
public:
    enum class Kind {
        kRegression,   ///< outputs as they are
        kClasses,      ///< softmax(outputs / temperature); as they are without a temperature
        kProbability,  ///< one output, Platt's sigmoid
    };
    Kind kind = Kind::kRegression;
    std::vector<std::string> labels;  ///< of the outputs
    std::map<std::string, double>
        constants;  ///< "sd_valence", "sd_valence of folk", "temperature", "platt_slope", "platt_offset"
    std::optional<learn::KernelMachine> first, second;
    std::optional<learn::Forest> forest;     ///< instead of the machines
    std::optional<learn::PairMachine> pairs;  ///< instead of both
    /// It has learnt from a clip's halves beside the whole, and is asked about all of them.
    bool by_views = false;

    [[nodiscard]] std::vector<double> predict(std::span<const float> descriptors) const;
    /// Of several windows of one piece: the mean of what it says of each. With by_views() scores are averaged before the
    /// softmax, as its temperature was fitted; otherwise what comes after it.
    [[nodiscard]] std::vector<double> predict_mean(std::span<const std::vector<float>* const> windows) const;
    /// The same before softmax or sigmoid.
    [[nodiscard]] std::vector<double> scores(std::span<const float> descriptors) const;
    [[nodiscard]] double constant(const std::string& name, double otherwise) const;
    /// SD of the error of a label on music that a tag says is of a genre; on any music if the genre is unknown to the model or
    /// empty. nullopt if the model does not know its error.
    [[nodiscard]] std::optional<double> sd(const std::string& label, std::string_view genre) const;

    [[nodiscard]] Result<std::string> to_bytes() const;
    [[nodiscard]] static Result<MusicModel> from_bytes(std::string_view bytes);
    /// What the texts of a file say, without its network: cannot predict.
    [[nodiscard]] static Result<MusicModel> described_by(const std::map<std::string, std::string>& texts);
    [[nodiscard]] static Result<MusicModel> load(const std::filesystem::path& file);

private:
    class Network;
    std::shared_ptr<Network> network_;  ///< instead of all machines; shared by copies of the model
    [[nodiscard]] std::vector<double> linked(std::vector<double> scores) const;
};

/// A genre as tags write it, so that "Hip-Hop", "hip hop" and "HipHop", "R&B" and "RnB" are one: letters and digits, lower
/// case, & as n.
[[nodiscard]] std::string genre_key(std::string_view genre);

/// BLAKE2b over the names of the descriptors and the extractor's version: a model fits only its
/// own.
[[nodiscard]] std::string descriptor_fingerprint();

}  // namespace attune::library
