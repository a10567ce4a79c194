// SPDX-License-Identifier: GPL-3.0-or-later
#include "voice_train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>

#include "core/folders.hpp"
#include "core/paths.hpp"
#include "learn/calibration.hpp"
#include "learn/metrics.hpp"
#include "learn/split.hpp"
#include "learn/voice_set.hpp"
#include "signal/voice_front.hpp"
#include "voice_augment.hpp"
#include "voice_export.hpp"
#include "voice_net.hpp"

namespace attune::train {
namespace {

using learn::kVoiceClasses;
using signal::VoiceBaseline;
using signal::VoiceView;

struct Stretch {
    VoiceView view;
    int label = 0;
    int speaker = 0;
    int variant = 0;
    std::size_t clip = 0;
};

struct Set {
    std::vector<learn::VoiceClip> clips;
    std::vector<std::string> speakers;                 ///< of each clip
    std::vector<Stretch> stretches;                    ///< clips x variants
    std::vector<std::vector<VoiceBaseline>> baselines; ///< [speaker][variant]
};

Result<Set> read_set(const std::filesystem::path& dir, int variants, std::uint64_t seed) {
    Set set;
    ATTUNE_TRY(set.clips, learn::read_voice_set(dir));
    std::vector<std::string> ids;
    for (const auto& clip : set.clips) {
        set.speakers.push_back(clip.speaker);
        if (std::ranges::find(ids, clip.speaker) == ids.end()) ids.push_back(clip.speaker);
    }
    set.baselines.assign(ids.size(), std::vector<VoiceBaseline>(static_cast<std::size_t>(variants)));
    ATTUNE_TRY(auto front, signal::VoiceFront::create());
    core::Random random(seed, "train/voice-variants");
    for (std::size_t c = 0; c < set.clips.size(); ++c) {
        ATTUNE_TRY(const auto samples, learn::read_voice(set.clips[c].file));
        const auto speaker = static_cast<int>(std::ranges::find(ids, set.clips[c].speaker) - ids.begin());
        for (int v = 0; v < variants; ++v) {
            auto view = front.analyse(voice_variant(samples, v, random));
            if (!view) return fail_in(std::move(view).error(), set.clips[c].file.string());
            set.baselines[static_cast<std::size_t>(speaker)][static_cast<std::size_t>(v)].add(*view);
            set.stretches.push_back({std::move(*view), set.clips[c].label, speaker, v, c});
        }
    }
    return set;
}

void put(VoiceBatch& batch, std::size_t i, const signal::VoiceInput& in) {
    const auto copy = [i](torch::Tensor& t, const std::vector<float>& x) {
        std::ranges::copy(x, t.data_ptr<float>() + i * x.size());
    };
    copy(batch.mel, in.mel);
    copy(batch.tracks, in.tracks);
    copy(batch.stats, in.stats);
}

VoiceBatch empty_batch(std::size_t n) {
    using namespace signal;
    const auto b = static_cast<long>(n);
    return {torch::zeros({b, 1, static_cast<long>(kVoiceFrames), static_cast<long>(kVoiceBands)}),
            torch::zeros({b, static_cast<long>(kVoiceTracks), static_cast<long>(kVoiceFrames), 1}),
            torch::zeros({b, static_cast<long>(kVoiceStats) + 1})};
}

/// Two stripes of time and two of frequency are blanked (Park et al. 2019, arXiv:1904.08779); the level wanders.
void spec_augment(signal::VoiceInput& in, core::Random& random) {
    using namespace signal;
    const auto shift = static_cast<float>(random.normal(0.0, 0.15));
    for (float& m : in.mel) m += shift;
    for (int stripe = 0; stripe < 2; ++stripe) {
        const auto width = random.below(7);
        const auto b0 = random.below(kVoiceBands - width);
        for (std::size_t f = 0; f < kVoiceFrames; ++f) {
            for (auto b = b0; b < b0 + width; ++b) in.mel[f * kVoiceBands + b] = 0.0F;
        }
        const auto length = random.below(22);
        const auto f0 = random.below(kVoiceFrames - length);
        for (auto f = f0; f < f0 + length; ++f) {
            for (std::size_t b = 0; b < kVoiceBands; ++b) in.mel[f * kVoiceBands + b] = 0.0F;
        }
    }
    const double jitter = 0.1;
    for (std::size_t i = 0; i < kVoiceStats; ++i) in.stats[i] += static_cast<float>(random.normal(0.0, jitter));
}

class FoldTrainer {
public:
    FoldTrainer(const VoiceTrainConfig& config, const Set& set, int fold, const std::vector<std::size_t>& train_clips)
        : config_(config), set_(set), fold_(fold) {
        std::vector<bool> in(set.clips.size());
        for (const auto c : train_clips) in[c] = true;
        for (std::size_t i = 0; i < set.stretches.size(); ++i) {
            if (in[set.stretches[i].clip] && set.stretches[i].view.frames > 0) chosen_.push_back(i);
        }
        torch::manual_seed(config.seed * 100 + static_cast<std::uint64_t>(fold));
        net_ = VoiceNet();
    }

    VoiceNet train() {
        const auto file = config_.out / ("voice_fold" + std::to_string(fold_) + ".checkpoint");
        if (std::filesystem::exists(file)) {
            torch::load(net_, file.string());
            std::fprintf(stderr, "voice: fold %d was trained before\n", fold_);
            return net_;
        }
        torch::optim::AdamW optimizer(net_->parameters(), torch::optim::AdamWOptions(config_.rate).weight_decay(0.02));
        // An epoch looks once at as many stretches as there are recordings, each in some variant.
        const std::size_t per_epoch = 2 * chosen_.size() / kVoiceVariants;
        const auto batch = static_cast<std::size_t>(config_.batch);
        const double all = static_cast<double>(config_.epochs) * static_cast<double>(per_epoch / batch);
        double step = 0.0;
        for (int epoch = 0; epoch < config_.epochs; ++epoch) {
            core::Random random(config_.seed, "train/voice-" + std::to_string(fold_) + "-" + std::to_string(epoch));
            net_->train();
            double loss = 0.0;
            const auto began = std::chrono::steady_clock::now();
            for (std::size_t n = 0; n + batch <= per_epoch; n += batch, step += 1.0) {
                const double p = step / all;
                const double rate = config_.rate * (p < 0.1 ? 0.1 + 9.0 * p : 0.5 * (1.0 + std::cos(3.14159265 * (p - 0.1) / 0.9)) + 1e-3);
                static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options()).lr(rate);
                loss += learn_batch(optimizer, random);
            }
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            if (epoch % 5 == 4) {
                std::fprintf(stderr, "voice: fold %d epoch %d/%d loss %.4f, %.1f s\n", fold_, epoch + 1, config_.epochs,
                             loss * static_cast<double>(batch) / static_cast<double>(per_epoch), took.count());
            }
        }
        torch::save(net_, file.string());
        return net_;
    }

private:
    signal::VoiceInput look(const Stretch& s, core::Random& random) const {
        VoiceBaseline baseline;
        if (!random.chance(config_.cold_share)) {
            baseline = set_.baselines[static_cast<std::size_t>(s.speaker)][static_cast<std::size_t>(s.variant)];
            baseline.remove(s.view);
        }
        const auto frames = static_cast<std::ptrdiff_t>(s.view.frames);
        const auto size = static_cast<std::ptrdiff_t>(signal::kVoiceFrames);
        const auto room = static_cast<std::uint64_t>(std::abs(size - frames)) + 1;
        const auto at = static_cast<std::ptrdiff_t>(random.below(room));
        auto in = signal::voice_input(s.view, baseline, frames <= size ? -at : at);
        spec_augment(in, random);
        return in;
    }

    double learn_batch(torch::optim::AdamW& optimizer, core::Random& random) {
        const auto n = static_cast<std::size_t>(config_.batch);
        VoiceBatch batch = empty_batch(n);
        auto target = torch::full({static_cast<long>(n), kVoiceClasses}, 0.1F / kVoiceClasses);
        for (std::size_t i = 0; i < n; ++i) {
            const Stretch& s = set_.stretches[chosen_[random.below(chosen_.size())]];
            put(batch, i, look(s, random));
            target.data_ptr<float>()[i * kVoiceClasses + static_cast<std::size_t>(s.label)] += 0.9F;
        }
        // Mixup (Zhang et al. 2018, arXiv:1710.09412): pairs of stretches and of their labels.
        const auto keep = static_cast<float>(random.chance(0.5) ? 1.0 : 1.0 - 0.4 * random.uniform());
        if (keep < 1.0F) {
            const auto blend = [keep](torch::Tensor& t) { t = keep * t + (1.0F - keep) * t.flip({0}); };
            blend(batch.mel);
            blend(batch.tracks);
            blend(batch.stats);
            blend(target);
        }
        const auto loss = -(target * torch::log_softmax(net_(batch), 1)).sum(1).mean();
        optimizer.zero_grad();
        loss.backward();
        torch::nn::utils::clip_grad_norm_(net_->parameters(), 5.0);
        optimizer.step();
        return loss.item<double>();
    }

    const VoiceTrainConfig& config_;
    const Set& set_;
    int fold_;
    std::vector<std::size_t> chosen_;
    VoiceNet net_{nullptr};
};

/// Mean logits over the looks of a stretch.
std::vector<double> answer(VoiceNet& net, const VoiceView& view, const VoiceBaseline& baseline) {
    torch::NoGradGuard guard;
    net->eval();
    const auto looks = signal::voice_looks(view.frames);
    VoiceBatch batch = empty_batch(looks.size());
    for (std::size_t i = 0; i < looks.size(); ++i) put(batch, i, signal::voice_input(view, baseline, looks[i]));
    const auto mean = net(batch).mean(0).to(torch::kDouble).contiguous();
    return {mean.data_ptr<double>(), mean.data_ptr<double>() + kVoiceClasses};
}

struct Answers {
    std::vector<double> warm, cold;  ///< clips x classes: with the speaker's baseline, without any
    std::vector<int> truth;
};

void report(const char* name, const std::vector<double>& logits, const std::vector<int>& truth, double temperature) {
    std::vector<double> p = logits;
    learn::softmax_rows(p, kVoiceClasses, temperature);
    const auto table = learn::confusion(truth, learn::argmax_rows(p, kVoiceClasses), kVoiceClasses);
    std::fprintf(stderr, "voice: %s UAR %.4f accuracy %.4f ECE %.4f\n", name, learn::balanced_accuracy(table),
                 learn::accuracy(table), learn::ece(p, truth, kVoiceClasses));
}

Result<void> write_answers(const Set& set, const Answers& answers, const std::vector<int>& fold_of,
                           const std::filesystem::path& file) {
    std::string text = "file,speaker,gender,fold,truth";
    for (const char* kind : {"baseline", "cold"}) {
        for (const char* label : learn::kVoiceLabels) text += std::string(",") + kind + "_" + label;
    }
    text += "\n";
    char number[32];
    for (std::size_t c = 0; c < set.clips.size(); ++c) {
        text += set.clips[c].file.filename().string() + "," + set.clips[c].speaker + "," + set.clips[c].gender + "," +
                std::to_string(fold_of[c]) + "," + learn::kVoiceLabels[static_cast<std::size_t>(set.clips[c].label)];
        for (const auto* logits : {&answers.warm, &answers.cold}) {
            for (std::size_t k = 0; k < kVoiceClasses; ++k) {
                std::snprintf(number, sizeof number, ",%.5f", (*logits)[c * kVoiceClasses + k]);
                text += number;
            }
        }
        text += "\n";
    }
    return core::write_file_atomically(file, text);
}

Result<void> run(const VoiceTrainConfig& config) {
    torch::set_num_threads(1);
    ATTUNE_TRY(const Set set, read_set(config.data, kVoiceVariants, config.seed));
    std::fprintf(stderr, "voice: %zu recordings of %zu speakers, %d variants\n", set.clips.size(), set.baselines.size(),
                 kVoiceVariants);
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(set.speakers, config.folds, config.seed));
    std::vector<VoiceNet> nets;
    Answers answers;
    answers.warm.resize(set.clips.size() * kVoiceClasses);
    answers.cold.resize(set.clips.size() * kVoiceClasses);
    for (const auto& clip : set.clips) answers.truth.push_back(clip.label);
    std::vector<int> fold_of(set.clips.size());
    for (std::size_t f = 0; f < split.folds().size(); ++f) {
        if (config.only_fold >= 0 && static_cast<int>(f) != config.only_fold) continue;
        const auto& fold = split.folds()[f];
        FoldTrainer trainer(config, set, static_cast<int>(f), fold.train());
        nets.push_back(trainer.train());
        std::vector<double> warm, cold;
        std::vector<int> truth;
        for (const auto c : fold.test()) {
            const Stretch& s = set.stretches[c * kVoiceVariants];
            VoiceBaseline baseline = set.baselines[static_cast<std::size_t>(s.speaker)][0];
            baseline.remove(s.view);
            const auto w = answer(nets.back(), s.view, baseline);
            const auto k = answer(nets.back(), s.view, VoiceBaseline{});
            std::ranges::copy(w, answers.warm.begin() + static_cast<std::ptrdiff_t>(c * kVoiceClasses));
            std::ranges::copy(k, answers.cold.begin() + static_cast<std::ptrdiff_t>(c * kVoiceClasses));
            warm.insert(warm.end(), w.begin(), w.end());
            cold.insert(cold.end(), k.begin(), k.end());
            truth.push_back(set.clips[c].label);
            fold_of[c] = static_cast<int>(f);
        }
        const std::string name = "fold " + std::to_string(f);
        report((name + " with baseline").c_str(), warm, truth, 1.0);
        report((name + " cold").c_str(), cold, truth, 1.0);
    }
    if (config.only_fold >= 0) return {};
    ATTUNE_TRY(const double temperature, learn::fit_temperature(answers.warm, answers.truth, kVoiceClasses));
    report("all folds with baseline", answers.warm, answers.truth, temperature);
    report("all folds cold", answers.cold, answers.truth, temperature);
    ATTUNE_CHECK(write_answers(set, answers, fold_of, config.out / "voice_folds.csv"));
    ATTUNE_CHECK(core::write_file_atomically(config.out / "voice_temperature.txt", std::to_string(temperature) + "\n"));
    const auto file = config.out / "voice.onnx";
    ATTUNE_CHECK(export_voice(nets, temperature, file));
    VoiceBatch sample = empty_batch(16);
    for (std::size_t i = 0; i < 16; ++i) {
        const auto& view = set.stretches[i * 61 * kVoiceVariants % set.stretches.size()].view;
        put(sample, i, signal::voice_input(view, VoiceBaseline{}, signal::voice_looks(view.frames).front()));
    }
    ATTUNE_TRY(const double apart, voice_parity(nets, temperature, sample, file));
    if (!(apart <= 1e-5)) {
        return fail(ErrorCode::kInternal, "the exported network differs by " + std::to_string(apart) + "; 1e-5 is allowed",
                    file.string());
    }
    std::fprintf(stderr, "voice: temperature %.3f, exported and equal to %.1e, %s\n", temperature, apart, file.string().c_str());
    return {};
}

}  // namespace

Result<void> train_voice(const VoiceTrainConfig& config) {
    ATTUNE_CHECK(core::make_folder(config.out));
    try {
        return run(config);
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, e.what(), "libtorch");
    }
}

}  // namespace attune::train
