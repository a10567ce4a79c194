// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose_train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numbers>
#include <numeric>

#include "compose/lstm_split.hpp"
#include "compose/note_net.hpp"
#include "compose_net.hpp"
#include "core/folders.hpp"
#include "core/paths.hpp"
#include "core/random.hpp"

namespace attune::train {
namespace {

using Clock = std::chrono::steady_clock;
using compose::kNoteInputs;
using compose::kNoteWindow;
using compose::NoteLesson;

/// The heads: first logit, classes, weight in the loss.
struct Head { long first, classes; double weight; };
constexpr std::array<Head, 4> kHeads = {{{0, compose::kMelodyClasses, 1.0},
                                         {compose::kMelodyClasses, compose::kChordClasses, .5},
                                         {compose::kMelodyClasses + compose::kChordClasses, compose::kCompClasses, .3},
                                         {compose::kMelodyClasses + compose::kChordClasses + compose::kCompClasses, compose::kDrumClasses, .3}}};

struct Window { std::size_t lesson, start; };

struct Batch {
    torch::Tensor x;                      ///< T×B×inputs
    std::array<torch::Tensor, 4> answer;  ///< T×B, -1 unknown
};

std::vector<Window> windows_of(const std::vector<NoteLesson>& lessons, core::Random* random) {
    std::vector<Window> windows;
    for (std::size_t i = 0; i < lessons.size(); ++i) {
        const auto n = lessons[i].moments.size();
        const std::size_t bar = static_cast<std::size_t>(lessons[i].moments.empty() ? 16 : lessons[i].moments[0].beats_per_bar * 4);
        std::size_t start = random != nullptr ? bar * random->below(4) : 0;
        for (; start + 32 < n; start += bar * (kNoteWindow / bar)) windows.push_back({i, start});
    }
    if (random != nullptr)
        for (std::size_t i = windows.size(); i > 1; --i) std::swap(windows[i - 1], windows[random->below(i)]);
    return windows;
}

Batch batch_of(const std::vector<NoteLesson>& lessons, std::span<const Window> windows) {
    const auto n = static_cast<long>(windows.size());
    Batch batch;
    batch.x = torch::zeros({kNoteWindow, n, kNoteInputs});
    for (auto& a : batch.answer) a = torch::full({kNoteWindow, n}, -1, torch::kLong);
    for (long b = 0; b < n; ++b) {
        const auto& w = windows[static_cast<std::size_t>(b)];
        const auto& lesson = lessons[w.lesson];
        for (long t = 0; t < kNoteWindow && w.start + static_cast<std::size_t>(t) < lesson.moments.size(); ++t) {
            const auto i = w.start + static_cast<std::size_t>(t);
            compose::encode(lesson.moments[i], {batch.x.data_ptr<float>() + (t * n + b) * kNoteInputs, kNoteInputs});
            const auto& a = lesson.answers[i];
            const std::array<int, 4> all = {a.melody, a.chord, a.comp, a.drums};
            for (std::size_t k = 0; k < 4; ++k) batch.answer[k].data_ptr<std::int64_t>()[t * n + b] = all[k];
        }
    }
    return batch;
}

struct Sums {
    std::array<double, 4> loss{}, steps{};
    double notes = 0;
    [[nodiscard]] double mean(std::size_t k) const { return loss[k] / std::max(1.0, steps[k]); }
    [[nodiscard]] double weighted() const {
        double all = 0;
        for (std::size_t k = 0; k < 4; ++k) all += kHeads[k].weight * mean(k);
        return all;
    }
};

torch::Tensor loss_of(const torch::Tensor& logits, const Batch& batch, Sums& sums) {
    torch::Tensor total = torch::zeros({});
    for (std::size_t k = 0; k < 4; ++k) {
        const auto answer = batch.answer[k].reshape({-1});
        const auto known = answer.ge(0).sum().item<std::int64_t>();
        if (known == 0) continue;
        const auto head = logits.slice(2, kHeads[k].first, kHeads[k].first + kHeads[k].classes).reshape({-1, kHeads[k].classes});
        const auto loss = torch::cross_entropy_loss(head, answer, {}, at::Reduction::Mean, -1);
        total = total + kHeads[k].weight * loss;
        sums.loss[k] += loss.item<double>() * static_cast<double>(known);
        sums.steps[k] += static_cast<double>(known);
        if (k == 0) sums.notes += static_cast<double>(answer.gt(0).sum().item<std::int64_t>());
    }
    return total;
}

class Trainer {
public:
    Trainer(const ComposeTrainConfig& config, const compose::LstmSplit& split)
        : config_(config), optimizer_(net_->parameters(), torch::optim::AdamOptions(config.rate)) {
        for (const auto& piece : split.train) learn_.push_back(compose::lesson_of(piece));
        for (const auto& piece : split.watch) watch_.push_back(compose::lesson_of(piece));
        log_.open(config.out / "compose_lstm.log", std::ios::app);
        say("lstm: " + std::to_string(learn_.size()) + " pieces to learn from, " + std::to_string(watch_.size()) + " watched, " +
            std::to_string(split.test.size()) + " left out");
    }

    void run() {
        load();
        while (epoch_ < config_.epochs && since_best_ < config_.patience && progress() < 1.0) {
            const auto began = Clock::now();
            const Sums learnt = learn_epoch();
            const Sums seen = watch();
            ++epoch_;
            const bool best = seen.weighted() < best_loss_;
            since_best_ = best ? 0 : since_best_ + 1;
            if (best) {
                best_loss_ = seen.weighted();
                torch::save(net_, (config_.out / "compose_lstm.best").string());
            }
            save();
            char text[256];
            std::snprintf(text, sizeof text,
                          "lstm: epoch %d, learnt %.4f, watched %.4f (melody %.4f a step = %.3f a note, chord %.3f, comp %.3f, drums %.3f)%s, %.0f s",
                          epoch_, learnt.weighted(), seen.weighted(), seen.mean(0), seen.loss[0] / std::max(1.0, seen.notes), seen.mean(1),
                          seen.mean(2), seen.mean(3), best ? " best" : "", std::chrono::duration<double>(Clock::now() - began).count());
            say(text);
        }
        if (std::filesystem::exists(config_.out / "compose_lstm.best")) torch::load(net_, (config_.out / "compose_lstm.best").string());
    }

    Result<void> finish() {
        net_->eval();
        const auto file = config_.out / (compose::lstm_name(config_.research) + ".onnx");
        ATTUNE_CHECK(export_compose(net_, file));
        const auto windows = windows_of(watch_, nullptr);
        double worst = 0;
        for (std::size_t i = 0; i < windows.size(); i += std::max<std::size_t>(1, windows.size() / 8)) {
            ATTUNE_TRY(const double apart, compose_parity(net_, batch_of(watch_, std::span(windows).subspan(i, 1)).x, file));
            worst = std::max(worst, apart);
        }
        char text[160];
        std::snprintf(text, sizeof text, "lstm: exported, equal to libtorch's probabilities within %.1e", worst);
        say(text);
        if (!(worst <= 1e-5)) return fail(ErrorCode::kInternal, "the exported network differs by " + std::to_string(worst) + "; 1e-5 is allowed", file.string());
        return {};
    }

private:
    [[nodiscard]] std::filesystem::path checkpoint() const { return config_.out / "compose_lstm.checkpoint"; }

    void say(const std::string& text) {
        std::fprintf(stderr, "%s\n", text.c_str());
        log_ << text << std::endl;
    }

    [[nodiscard]] double progress() const {
        const double by_epoch = (epoch_ + part_) / config_.epochs;
        return config_.max_minutes > 0 ? std::max(by_epoch, spent_s_ / (60.0 * config_.max_minutes)) : by_epoch;
    }

    Sums learn_epoch() {
        net_->train();
        core::Random random(config_.seed, "train/compose-epoch-" + std::to_string(epoch_));
        torch::manual_seed(config_.seed * 1000 + static_cast<std::uint64_t>(epoch_));
        const auto windows = windows_of(learn_, &random);
        const auto size = static_cast<std::size_t>(config_.batch);
        Sums sums;
        const double before_s = spent_s_;
        const auto began = Clock::now();
        for (std::size_t i = 0, n = 0; i < windows.size() && progress() < 1.0; i += size, ++n) {
            part_ = static_cast<double>(i) / static_cast<double>(windows.size());
            const double rate = config_.rate * std::max(.02, .5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, progress()))));
            for (auto& group : optimizer_.param_groups()) static_cast<torch::optim::AdamOptions&>(group.options()).lr(rate);
            const Batch batch = batch_of(learn_, std::span(windows).subspan(i, std::min(size, windows.size() - i)));
            const auto loss = loss_of(net_(batch.x), batch, sums);
            optimizer_.zero_grad();
            loss.backward();
            torch::nn::utils::clip_grad_norm_(net_->parameters(), 1.0);
            optimizer_.step();
            spent_s_ = before_s + std::chrono::duration<double>(Clock::now() - began).count();
            if (n % 50 == 49)
                std::fprintf(stderr, "lstm: epoch %d %.0f %%, loss %.4f, %.0f s\n", epoch_ + 1, 100 * part_, sums.weighted(), spent_s_ - before_s);
        }
        part_ = 0;
        return sums;
    }

    Sums watch() {
        torch::NoGradGuard guard;
        net_->eval();
        const auto windows = windows_of(watch_, nullptr);
        Sums sums;
        for (std::size_t i = 0; i < windows.size(); i += 64) {
            const Batch batch = batch_of(watch_, std::span(windows).subspan(i, std::min<std::size_t>(64, windows.size() - i)));
            static_cast<void>(loss_of(net_(batch.x), batch, sums));
        }
        return sums;
    }

    void save() {
        torch::serialize::OutputArchive archive, net, optimizer;
        net_->save(net);
        archive.write("net", net);
        optimizer_.save(optimizer);
        archive.write("optimizer", optimizer);
        archive.write("numbers", torch::tensor({static_cast<double>(epoch_), best_loss_, static_cast<double>(since_best_), spent_s_}, torch::kDouble));
        const auto file = checkpoint().string();
        archive.save_to(file + ".new");
        std::filesystem::rename(file + ".new", file);
    }

    void load() {
        const bool resume = std::filesystem::exists(checkpoint());
        const auto file = resume ? checkpoint() : config_.from;
        if (file.empty()) return;
        torch::serialize::InputArchive archive, net;
        archive.load_from(file.string());
        archive.read("net", net);
        net_->load(net);
        if (!resume) {
            say("lstm: starts from " + file.filename().string());
            return;
        }
        torch::serialize::InputArchive optimizer;
        archive.read("optimizer", optimizer);
        optimizer_.load(optimizer);
        torch::Tensor numbers;
        archive.read("numbers", numbers);
        const double* v = numbers.data_ptr<double>();
        epoch_ = static_cast<int>(v[0]), best_loss_ = v[1], since_best_ = static_cast<int>(v[2]), spent_s_ = v[3];
        say("lstm: goes on after epoch " + std::to_string(epoch_));
    }

    ComposeTrainConfig config_;
    ComposeNet net_;
    torch::optim::Adam optimizer_;
    std::vector<NoteLesson> learn_, watch_;
    std::ofstream log_;
    int epoch_ = 0, since_best_ = 0;
    double best_loss_ = 1e9, spent_s_ = 0, part_ = 0;
};

}  // namespace

Result<void> train_compose(const ComposeTrainConfig& config) {
    ATTUNE_CHECK(core::make_folder(config.out));
    ATTUNE_TRY(const auto split, compose::split_for_lstm(config.data, config.research));
    try {
        torch::set_num_threads(1);
        torch::manual_seed(config.seed);
        Trainer trainer(config, split);
        trainer.run();
        ATTUNE_CHECK(trainer.finish());
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, e.what(), "libtorch");
    }
    return compose::write_lstm_card(config.out, split, config.research);
}

}  // namespace attune::train
