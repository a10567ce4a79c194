// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What `attune evaluate MODEL --data DIR --json` prints: one result, the same shape for every model.
///
/// Unknown is null, never 0. The first metric is the one that the gate is about.
/// Schema   docs/schema/evaluation.json
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/metrics.hpp"

namespace attune::learn {

struct Metric {
    std::string name;  ///< fixed names: accuracy macro_f1 balanced_accuracy uar auc ece f1_150ms r2_valence ...
    std::string set;   ///< folder of the data set
    double value = 0.0;
    std::optional<Interval> ci95;  ///< by group bootstrap; an end that is NaN: there is none, `ci95_note` in JSON says so
    std::size_t n = 0;             ///< samples it was measured on
    std::string note;              ///< what differs from the set's usual protocol; mostly empty
};

/// One line of a table by person, by language, by record.
struct Subgroup {
    std::string name;  ///< "person=S01", "sex=female"
    std::vector<Metric> metrics;
};

struct ConfusionTable {
    std::string set;
    std::vector<std::string> labels;
    std::vector<double> counts;  ///< row-major, rows are the truth
};

struct CalibrationTable {
    std::string set;
    std::string kind;                   ///< "ece" or "interval_coverage"
    double value = 0.0;
    std::vector<ReliabilityBin> bins;   ///< only for ece
};

/// The same model under a split that leaks: why papers report more.
struct LeakyFigure {
    std::string name, set, protocol;
    double value = 0.0;
};

struct Evaluation {
    std::string model, version, model_sha256;
    std::string commit;              ///< of the program that measured; empty = not stated (null in JSON)
    std::vector<std::string> data;   ///< the sets found
    std::string data_sha256;
    std::string protocol;
    std::size_t n = 0;
    std::size_t groups = 0;
    std::size_t left_out = 0;                    ///< samples (or recordings) of groups that were trained on
    std::vector<std::string> left_out_groups;    ///< "set/group"
    std::vector<Metric> metrics;
    std::vector<Metric> chance;      ///< majority class, clock only, mean: named in `note`
    std::vector<CalibrationTable> calibration;
    std::vector<ConfusionTable> confusion;
    std::vector<Subgroup> subgroups;
    std::vector<LeakyFigure> leaky;
    std::vector<std::string> warnings;  ///< files that could not be used, and why
    std::vector<std::string> notes;     ///< figures that these data cannot give, and why; nothing went wrong

    [[nodiscard]] const Metric* find(const std::string& name, const std::string& set) const;
};

/// One JSON object; `indent` < 0 for one line. NaN becomes null.
[[nodiscard]] std::string to_json(const Evaluation& evaluation, int indent = -1);
/// Reads what to_json() wrote (for cards and gates). kCorrupt names what is wrong.
[[nodiscard]] Result<Evaluation> evaluation_from_json(const std::string& text);
/// A table for a terminal.
[[nodiscard]] std::string to_text(const Evaluation& evaluation);

}  // namespace attune::learn
