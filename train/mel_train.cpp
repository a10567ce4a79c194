// SPDX-License-Identifier: GPL-3.0-or-later
#include "mel_train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "core/paths.hpp"
#include "core/random.hpp"
#include "learn/calibration.hpp"
#include "learn/metrics.hpp"
#include "learn/split.hpp"
#include "library/music_evaluation.hpp"
#include "library/music_training.hpp"
#include "media/decoder.hpp"
#include "mel_export.hpp"
#include "mel_net.hpp"
#include "signal/resampler.hpp"

namespace attune::train {
namespace {

using library::Indices;
constexpr std::size_t kClipSize = static_cast<std::size_t>(kMelBands) * kMelFrames;  ///< row-major bands × frames
constexpr int kClasses = 4;

/// ln of mel power of the middle kMelFrames, less its mean; a shorter clip is gone through again.
Result<std::vector<float>> log_mel(const std::filesystem::path& file) {
    ATTUNE_TRY(const auto decoder, media::Decoder::open(file.string()));
    ATTUNE_TRY(auto resampler, signal::Resampler::create(decoder->info().rate_hz, signal::MusicFrames::kRate));
    signal::MusicFramer framer;
    signal::MusicFrames frames;
    std::vector<float> left(16384), right(16384), mono, reduced;
    while (true) {
        ATTUNE_TRY(const auto n, decoder->read(left, right));
        if (n == 0) break;
        mono.resize(n);
        for (std::size_t i = 0; i < n; ++i) mono[i] = 0.5F * (left[i] + right[i]);
        reduced.clear();
        resampler.push(mono, reduced);
        framer.push(reduced, frames);
        frames.tonal.clear(), frames.onset.clear();
    }
    const std::size_t have = frames.timbre.size();
    if (have == 0) return fail(ErrorCode::kCorrupt, "the clip is too short", file.string());
    const std::size_t first = have > kMelFrames ? (have - kMelFrames) / 2 : 0;
    std::vector<float> out(kClipSize);
    double mean = 0.0;
    for (std::size_t t = 0; t < kMelFrames; ++t)
        for (std::size_t b = 0; b < kMelBands; ++b) {
            const float v = std::log(frames.timbre[(first + t) % have].mel[b] + 1e-9F);
            out[b * kMelFrames + t] = v;
            mean += static_cast<double>(v) / kClipSize;
        }
    for (float& v : out) v = (v - static_cast<float>(mean)) / 3.0F;
    return out;
}

/// Of every clip, in order; kept in OUT/mel_cache.f32.
Result<std::vector<float>> all_mels(const library::MusicSets& sets, const std::filesystem::path& out) {
    const auto cache = out / "mel_cache.f32";
    std::vector<float> mels(sets.clips.size() * kClipSize);
    if (const auto kept = core::read_file(cache, 1U << 30); kept && kept->size() == mels.size() * sizeof(float)) {
        std::memcpy(mels.data(), kept->data(), kept->size());
        return mels;
    }
    for (std::size_t i = 0; i < sets.clips.size(); ++i) {
        ATTUNE_TRY(const auto mel, log_mel(sets.clips[i].file));
        std::copy(mel.begin(), mel.end(), mels.begin() + static_cast<std::ptrdiff_t>(i * kClipSize));
        if (i % 100 == 99) std::fprintf(stderr, "mel: %zu of %zu clips read\n", i + 1, sets.clips.size());
    }
    ATTUNE_CHECK(core::write_file_atomically(cache, {reinterpret_cast<const char*>(mels.data()), mels.size() * sizeof(float)}));
    return mels;
}

class FoldTrainer {
public:
    FoldTrainer(const MelTrainConfig& config, const library::MusicSets& sets, const std::vector<float>& mels, int fold, const Indices& clips)
        : config_(config), sets_(sets), mels_(mels), fold_(fold), clips_(clips) {
        torch::manual_seed(config.seed * 100 + static_cast<std::uint64_t>(fold));
        net_ = MelNet();
    }

    MelNet train() {
        const auto file = config_.out / ("mel_fold" + std::to_string(fold_) + ".checkpoint");
        if (std::filesystem::exists(file)) {
            torch::load(net_, file.string());
            return net_;
        }
        torch::optim::AdamW optimizer(net_->parameters(), torch::optim::AdamWOptions(config_.rate).weight_decay(0.02));
        const auto batch = static_cast<std::size_t>(config_.batch);
        const double all = static_cast<double>(config_.epochs) * static_cast<double>(clips_.size() / batch);
        double step = 0.0;
        for (int epoch = 0; epoch < config_.epochs; ++epoch) {
            core::Random random(config_.seed, "train/mel-" + std::to_string(fold_) + "-" + std::to_string(epoch));
            net_->train();
            double loss = 0.0;
            for (std::size_t n = 0; n + batch <= clips_.size(); n += batch, step += 1.0) {
                const double p = step / all;
                const double rate = config_.rate * (p < 0.1 ? 0.1 + 9.0 * p : 0.5 * (1.0 + std::cos(3.14159265 * (p - 0.1) / 0.9)) + 1e-3);
                static_cast<torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options()).lr(rate);
                loss += learn_batch(optimizer, random);
            }
            if (epoch % 4 == 3)
                std::fprintf(stderr, "mel: fold %d epoch %d/%d loss %.4f\n", fold_, epoch + 1, config_.epochs,
                             loss * static_cast<double>(batch) / static_cast<double>(clips_.size()));
        }
        torch::save(net_, file.string());
        return net_;
    }

private:
    /// A stretch of a clip, its level shifted by band, one stripe of bands blanked (Park et al. 2019, arXiv:1904.08779).
    void put(float* to, std::size_t clip, core::Random& random) const {
        const std::size_t at = random.below(kMelFrames - kMelCropFrames + 1), blank = random.below(kMelBands), width = random.below(6);
        const auto tilt = static_cast<float>(random.normal(0.0, 0.15)), shift = static_cast<float>(random.normal(0.0, 0.05));
        for (std::size_t b = 0; b < kMelBands; ++b) {
            const float* from = mels_.data() + clip * kClipSize + b * kMelFrames + at;
            const float more = shift + tilt * (static_cast<float>(b) / kMelBands - 0.5F);
            for (std::size_t t = 0; t < kMelCropFrames; ++t) to[b * kMelCropFrames + t] = b >= blank && b < blank + width ? 0.0F : from[t] + more;
        }
    }

    double learn_batch(torch::optim::AdamW& optimizer, core::Random& random) {
        const long n = config_.batch;
        auto x = torch::empty({n, kMelBands, kMelCropFrames, 1});
        auto classes = torch::zeros({n, kClasses}), points = torch::zeros({n, 2}), rated = torch::zeros({n, 1});
        for (long i = 0; i < n; ++i) {
            const std::size_t clip = clips_[random.below(clips_.size())];
            put(x.data_ptr<float>() + i * kMelBands * kMelCropFrames, clip, random);
            const auto& c = sets_.clips[clip];
            if (c.quadrant) {
                classes[i].fill_(0.1F / kClasses);
                classes[i][*c.quadrant] += 0.9F;
            } else {
                points[i][0] = *c.valence, points[i][1] = *c.arousal, rated[i][0] = 1.0F;
            }
        }
        const auto keep = static_cast<float>(random.chance(0.5) ? 1.0 : 1.0 - 0.4 * random.uniform());
        if (keep < 1.0F) {  // Mixup (Zhang et al. 2018, arXiv:1710.09412)
            const auto blend = [keep](torch::Tensor& t) { t = keep * t + (1.0F - keep) * t.flip({0}); };
            blend(x), blend(classes), blend(points), blend(rated);
        }
        const auto y = net_(x);
        const auto cross = -(classes * torch::log_softmax(y.slice(1, 0, kClasses), 1)).sum() / classes.sum().clamp_min(1.0);
        const auto square = (rated * (y.slice(1, kClasses, kMelOutputs) - points / rated.clamp_min(1e-3)).pow(2)).sum() / rated.sum().clamp_min(1.0);
        const auto loss = cross + 2.0 * square;
        optimizer.zero_grad();
        loss.backward();
        torch::nn::utils::clip_grad_norm_(net_->parameters(), 5.0);
        optimizer.step();
        return loss.item<double>();
    }

    const MelTrainConfig& config_;
    const library::MusicSets& sets_;
    const std::vector<float>& mels_;
    int fold_;
    Indices clips_;
    MelNet net_{nullptr};
};

/// A clip as a batch of one.
torch::Tensor whole(const std::vector<float>& mels, std::size_t clip) {
    return torch::from_blob(const_cast<float*>(mels.data() + clip * kClipSize), {1, kMelBands, kMelFrames, 1});
}

Result<void> evaluate(const MelTrainConfig& config, const library::MusicSets& sets, const std::vector<double>& answers, const std::string& protocol) {
    learn::Evaluation e;
    e.model = "mel-cnn", e.version = "1", e.data = sets.found, e.data_sha256 = sets.data_sha256, e.protocol = protocol;
    const Indices panda = sets.of("panda_4q"), musifeast = sets.of("musifeast17");
    std::vector<double> p;
    for (const std::size_t i : panda)
        for (int k = 0; k < kClasses; ++k) p.push_back(answers[i * kMelOutputs + static_cast<std::size_t>(k)]);
    learn::softmax_rows(p, kClasses, 1.0);
    const auto truth = library::quadrants(sets, panda);
    const auto groups = library::artists(sets, panda);
    library::class_figures(e, "panda_4q", {"Q1", "Q2", "Q3", "Q4"}, groups, p, truth, false);
    learn::EvaluateRequest request;
    ATTUNE_TRY(const auto described, library::cross_validated(sets, panda, musifeast, kClasses,
                                                              [&](const Indices& train, const Indices&) { return library::train_quadrant(sets, train); }, request));
    std::vector<double> both(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) both[i] = 0.5 * (p[i] + described.predicted[i]);
    const auto f1 = [&](const std::vector<double>& x, library::Pick s) {
        const auto named = learn::argmax_rows(x, kClasses);
        return learn::macro_f1(learn::confusion(library::at(truth, s), library::at(named, s), kClasses));
    };
    const auto figure = [&](const std::vector<double>& x, const char* note) {
        auto m = library::metric("macro_f1", "panda_4q", groups, [&](library::Pick s) { return f1(x, s); });
        m.note = note;
        e.metrics.push_back(m);
    };
    e.metrics.front().note = "the mel network alone";
    figure(described.predicted, "the descriptor model alone, ten folds by artist");
    figure(both, "mean of both models' probabilities, weights fixed beforehand");
    auto gain = library::metric("macro_f1_gain", "panda_4q", groups, [&](library::Pick s) { return f1(both, s) - f1(described.predicted, s); });
    gain.note = "both less descriptors alone, paired bootstrap: the network ships only if the interval lies above 0";
    e.metrics.push_back(gain);
    const auto rated = library::artists(sets, musifeast);
    for (std::size_t d = 0; d < 2; ++d) {
        std::vector<double> t, y;
        for (const std::size_t i : musifeast) t.push_back(d == 0 ? *sets.clips[i].valence : *sets.clips[i].arousal), y.push_back(answers[i * kMelOutputs + kClasses + d]);
        auto m = library::metric(d == 0 ? "r2_valence" : "r2_arousal", "musifeast17", rated, [&](library::Pick s) { return learn::r2(library::at(t, s), library::at(y, s)); });
        m.note = "the mel network alone";
        e.metrics.push_back(m);
    }
    library::count(e, sets, panda);
    ATTUNE_CHECK(library::fuzzy_baseline(e, sets, panda, truth, kClasses, "panda_4q"));
    std::fprintf(stderr, "%s\n", learn::to_text(e).c_str());
    return core::write_file_atomically(config.out / "mel-cnn.evaluation.json", learn::to_json(e, 1) + "\n");
}

Result<void> run(const MelTrainConfig& config) {
    torch::set_num_threads(1);
    ATTUNE_TRY(const auto sets, library::load_music_sets(config.data, core::data_dir(config.data_dir), library::kBothSets, {}, nullptr));
    ATTUNE_TRY(const auto mels, all_mels(sets, config.out));
    const Indices every = library::all_of(sets.clips.size());
    const auto groups = library::artists(sets, every);
    ATTUNE_TRY(const auto split, learn::Split::grouped_k_fold(groups, config.folds, config.seed));
    std::vector<MelNet> nets;
    std::vector<double> answers(sets.clips.size() * kMelOutputs);
    for (std::size_t f = 0; f < split.folds().size(); ++f) {
        const auto& fold = split.folds()[f];
        nets.push_back(FoldTrainer(config, sets, mels, static_cast<int>(f), fold.train()).train());
        nets.back()->eval();
        torch::NoGradGuard guard;
        for (const std::size_t i : fold.test()) {
            const auto y = nets.back()(whole(mels, i)).to(torch::kDouble).contiguous();
            std::copy_n(y.data_ptr<double>(), kMelOutputs, answers.begin() + static_cast<std::ptrdiff_t>(i * kMelOutputs));
        }
    }
    std::string csv = "set,clip,artist,q1,q2,q3,q4,valence,arousal\n";
    for (const std::size_t i : every) {
        const auto& c = sets.clips[i];
        csv += c.set + "," + c.name + "," + c.artist;
        for (int k = 0; k < kMelOutputs; ++k) csv += "," + std::to_string(answers[i * kMelOutputs + static_cast<std::size_t>(k)]);
        csv += "\n";
    }
    ATTUNE_CHECK(core::write_file_atomically(config.out / "mel_folds.csv", csv));
    const auto file = config.out / "mel-cnn.onnx";
    ATTUNE_CHECK(export_mel(nets, file));
    std::vector<torch::Tensor> some;
    for (std::size_t i = 0; i < 8; ++i) some.push_back(whole(mels, i * 61 % sets.clips.size()));
    ATTUNE_TRY(const double apart, mel_parity(nets, torch::cat(some), file));
    if (!(apart <= 1e-4))
        return fail(ErrorCode::kInternal, "the exported network differs by " + std::to_string(apart) + "; 1e-4 is allowed", file.string());
    std::fprintf(stderr, "mel: exported and equal to %.1e, %s\n", apart, file.string().c_str());
    return evaluate(config, sets, answers, split.protocol() + " (artist, over both sets); the descriptor model beside it in ten folds by artist");
}

}  // namespace

Result<void> train_mel(const MelTrainConfig& config) {
    std::error_code error;
    std::filesystem::create_directories(config.out, error);
    if (error) return fail(ErrorCode::kIo, "cannot make the folder: " + error.message(), config.out.string());
    try {
        return run(config);
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, e.what(), "libtorch");
    }
}

}  // namespace attune::train
