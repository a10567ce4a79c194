// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "affect/brought_face.hpp"
#include "app/command_line.hpp"
#include "app/model_registry.hpp"
#include "learn/evaluation.hpp"
#include "learn/model_card.hpp"
#include "learn/model_registry.hpp"

namespace attune::app {
namespace {

struct ModelOptions {
    std::string model, data, out, file, labels, licence;
    bool cross_validate = false;
    std::uint64_t seed = 1;
};

learn::Progress progress_on_stderr() {
    const auto start = std::chrono::steady_clock::now();
    return [start](std::string_view what, std::size_t done, std::size_t total) {
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
        show_progress(what, done, total, elapsed.count());
    };
}

int evaluate(const Context& context, const ModelOptions& options) {
    const learn::ModelRegistry registry = make_model_registry();
    const auto entry = registry.find(options.model);
    if (!entry) return report_error(context, entry.error());
    if (!(*entry)->evaluate)
        return report_error(context, {ErrorCode::kUnsupported, options.model + " cannot be evaluated in this build", ""});
    learn::EvaluateRequest request;
    request.data = options.data;
    request.data_dir = context.data_dir;
    request.cross_validate = options.cross_validate;
    request.cancel = &context.cancel;
    request.progress = progress_on_stderr();
    auto result = (*entry)->evaluate(request);
    if (!result) return report_error(context, result.error());
    if (const char* commit = std::getenv("ATTUNE_COMMIT")) result->commit = commit;  // scripts/eval states it
    for (const auto& warning : result->warnings) std::fprintf(stderr, "attune: %s\n", warning.c_str());
    std::puts(context.json ? learn::to_json(*result).c_str() : learn::to_text(*result).c_str());
    return result->warnings.empty() ? kDone : kDoneWithFailures;
}

int train(const Context& context, const ModelOptions& options) {
    const learn::ModelRegistry registry = make_model_registry();
    const auto entry = registry.find(options.model);
    if (!entry) return report_error(context, entry.error());
    if (!(*entry)->train)
        return report_error(context, {ErrorCode::kUnsupported, options.model + " has nothing to train", ""});
    learn::TrainRequest request;
    request.data = options.data;
    request.out = options.out;
    request.seed = options.seed;
    request.cancel = &context.cancel;
    request.progress = progress_on_stderr();
    const auto done = (*entry)->train(request);
    if (!done) return report_error(context, done.error());
    if (context.json)
        std::puts(nlohmann::json{{"model", options.model}, {"out", options.out}}.dump().c_str());
    return kDone;
}

nlohmann::ordered_json describe(const learn::ModelEntry& entry, const std::filesystem::path& data_dir) {
    nlohmann::ordered_json json = {{"model", entry.name}, {"about", entry.about}, {"sets", entry.sets},
                                   {"trainable", static_cast<bool>(entry.train)}};
    const auto model = learn::find_model(data_dir, entry.name);
    json["installed"] = model.has_value();
    json["weights"] = model.has_value() || entry.train;   // what can neither be installed nor trained only measures
    if (!model && !entry.train) return json;
    if (!model) {
        json["unavailable"] = model.error().message;
        return json;
    }
    const auto& card = model->card;
    json["version"] = card.version;
    json["folder"] = model->folder;
    json["licence"] = card.licence;
    json["sha256"] = card.sha256.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(card.sha256);
    json["purpose"] = card.purpose;
    json["not_for"] = card.not_for;
    json["card"] = model->card_file.string();
    return json;
}

int list(const Context& context) {
    const learn::ModelRegistry registry = make_model_registry();
    nlohmann::ordered_json models = nlohmann::ordered_json::array();
    for (const auto& entry : registry.entries()) models.push_back(describe(entry, context.data_dir));
    if (context.json) {
        std::puts(nlohmann::ordered_json{{"schema", "attune.models/1"}, {"models", models}}
                      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                      .c_str());
        return kDone;
    }
    for (const auto& model : models) {
        const bool installed = model.at("installed").get<bool>();
        std::printf("%-22s %-12s %s\n", model.at("model").get<std::string>().c_str(),
                    !model.at("weights").get<bool>() ? "measures"
                    : installed ? (model.at("folder").get<std::string>() + " " + model.at("version").get<std::string>()).c_str()
                              : "unavailable",
                    model.at("about").get<std::string>().c_str());
        if (model.contains("unavailable")) std::printf("%35s %s\n", "", model.at("unavailable").get<std::string>().c_str());
    }
    return kDone;
}

/// Only a face network can be brought: it is the one model whose inputs and outputs others share.
std::optional<Error> not_brought(const std::string& model) {
    if (model == "face") return std::nullopt;
    return Error{ErrorCode::kUnsupported, "only a face network can be brought; \"" + model + "\" cannot", ""};
}

int add_model(const Context& context, const ModelOptions& options) {
    if (const auto error = not_brought(options.model)) return report_error(context, *error);
    affect::BroughtFace brought;
    brought.file = options.file;
    brought.data_dir = context.data_dir;
    brought.labels = options.labels;
    if (!options.licence.empty()) brought.licence = options.licence;
    if (!options.data.empty()) brought.data = options.data;
    brought.cancel = &context.cancel;
    brought.progress = progress_on_stderr();
    const auto added = affect::add_brought_face(brought);
    if (!added) return report_error(context, added.error());
    if (context.json) {
        nlohmann::ordered_json json = {{"schema", "attune.model_added/1"}, {"model", added->card.id()}, {"card", added->card_file.string()}};
        json["evaluation"] = added->evaluation ? nlohmann::ordered_json::parse(learn::to_json(*added->evaluation)) : nlohmann::ordered_json(nullptr);
        std::puts(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    } else {
        std::printf("%s now stands in place of Attune's own; its card: %s\n", added->card.id().c_str(), added->card_file.string().c_str());
        if (added->evaluation) std::puts(learn::to_text(*added->evaluation).c_str());
        else std::puts("Not measured: it has no weight in the estimate. --data DIR (with fer2013) measures it beside Attune's own.");
    }
    return added->evaluation && !added->evaluation->warnings.empty() ? kDoneWithFailures : kDone;
}

int remove_model(const Context& context, const ModelOptions& options) {
    if (const auto error = not_brought(options.model)) return report_error(context, *error);
    const auto removed = affect::remove_brought_face(context.data_dir);
    if (!removed) return report_error(context, removed.error());
    std::puts(context.json ? R"({"removed":"face"})" : "Attune's own face network counts again.");
    return kDone;
}

}  // namespace

void add_model_commands(CLI::App& app, Context& context) {
    auto options = std::make_shared<ModelOptions>();

    auto* evaluate_command = app.add_subcommand("evaluate", "measure an installed model on people it was not trained on");
    evaluate_command->add_option("MODEL", options->model, "name of the model (attune models list)")->required();
    evaluate_command->add_option("--data", options->data, "folder that holds the data sets")->required();
    evaluate_command->add_flag("--cross-validate", options->cross_validate, "retrain by group instead");
    evaluate_command->callback([&context, options] { context.run = [&context, options] { return evaluate(context, *options); }; });

    auto* train_command = app.add_subcommand("train", "train a model and write it with its card");
    train_command->add_option("MODEL", options->model, "name of the model")->required();
    train_command->add_option("--data", options->data, "folder that holds the data sets")->required();
    train_command->add_option("--out", options->out, "folder for the model, its card and logs")->required();
    train_command->add_option("--seed", options->seed, "seed of every random draw");
    train_command->callback([&context, options] { context.run = [&context, options] { return train(context, *options); }; });

    auto* models_command = app.add_subcommand("models", "the models that are installed");
    models_command->require_subcommand(1);
    models_command->add_subcommand("list", "each model with its licence and purpose")->callback([&context] {
        context.run = [&context] { return list(context); };
    });
    auto* add_command = models_command->add_subcommand("add", "bring a face network of your own (ONNX)");
    add_command->add_option("MODEL", options->model, "face")->required();
    add_command->add_option("FILE", options->file, "the ONNX file: 'face' [1x1x48x48] or 'input' [1x3x112x112] to seven probabilities")->required();
    add_command->add_option("--labels", options->labels, "its outputs in order: angry disgusted fearful happy sad surprised neutral")->required();
    add_command->add_option("--data", options->data, "folder that holds fer2013: measures it beside Attune's own");
    add_command->add_option("--licence", options->licence, "licence of its weights, for its card");
    add_command->callback([&context, options] { context.run = [&context, options] { return add_model(context, *options); }; });
    auto* remove_command = models_command->add_subcommand("remove", "take a network away that was brought");
    remove_command->add_option("MODEL", options->model, "face")->required();
    remove_command->callback([&context, options] { context.run = [&context, options] { return remove_model(context, *options); }; });
}

}  // namespace attune::app
