// SPDX-License-Identifier: GPL-3.0-or-later
#include "face_train.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <set>

#include "core/folders.hpp"
#include "core/random.hpp"
#include "face_augment.hpp"
#include "face_export.hpp"
#include "face_net.hpp"
#include "face_refit.hpp"
#include "learn/calibration.hpp"
#include "learn/fer2013.hpp"

namespace attune::train {
namespace {

using learn::FerFace;
using Clock = std::chrono::steady_clock;
constexpr int kFull = 48;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Data {
    std::vector<FerFace> train;
    std::vector<FerFace> held_out;
};

/// Whole groups of identical pictures go to one side; blank pictures teach nothing and are left out.
Data split(std::vector<FerFace> faces, double share, std::uint64_t seed) {
    core::Random random(seed, "train/face-split");
    std::set<int> held_groups;
    std::set<int> seen_groups;
    Data data;
    for (FerFace& face : faces) {
        const auto [low, high] = std::ranges::minmax(face.pixels);
        if (high - low < 4) continue;
        const bool draw = random.chance(share);
        bool held = draw;
        if (face.dup_group >= 0) {
            if (seen_groups.insert(face.dup_group).second && draw) held_groups.insert(face.dup_group);
            held = held_groups.contains(face.dup_group);
        }
        (held ? data.held_out : data.train).push_back(std::move(face));
    }
    return data;
}

/// Label, a share of the ten opinions, a share of nothing known.
void target_of(const FerFace& face, const FaceTrainConfig& config, float* label, float* votes) {
    static constexpr std::array<int, learn::kFerVotes> kToFer = {6, 3, 5, 4, 0, 1, 2, -1, -1, -1};
    std::array<double, learn::kFerClasses> opinion{};
    double known = 0.0;
    double all = 0.0;
    for (std::size_t v = 0; v < kToFer.size(); ++v) {
        const double n = face.votes ? (*face.votes)[v] : 0.0;
        all += n;
        votes[v] = static_cast<float>(n);
        if (kToFer[v] >= 0) {
            opinion[static_cast<std::size_t>(kToFer[v])] += n;
            known += n;
        }
    }
    for (std::size_t v = 0; v < kToFer.size(); ++v) votes[v] = all > 0 ? votes[v] / static_cast<float>(all) : 0.0F;
    const double blend = known > 0 ? config.votes_blend : 0.0;
    for (int k = 0; k < learn::kFerClasses; ++k) {
        const double own = k == face.label ? 1.0 - blend - config.smoothing : 0.0;
        const double others = known > 0 ? blend * opinion[static_cast<std::size_t>(k)] / known : 0.0;
        label[k] = static_cast<float>(own + others + config.smoothing / learn::kFerClasses);
    }
}

struct Ema {
    std::vector<torch::Tensor> values;  ///< parameters, then buffers, in the module's order
};

std::vector<torch::Tensor> state_of(FaceNet& net) {
    std::vector<torch::Tensor> all;
    for (auto& p : net->parameters()) all.push_back(p.detach());
    for (auto& b : net->buffers()) all.push_back(b);
    return all;
}

void update(Ema& ema, FaceNet& net, double decay) {
    torch::NoGradGuard guard;
    const auto now = state_of(net);
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (now[i].is_floating_point()) {
            ema.values[i].lerp_(now[i], 1.0 - decay);
        } else {
            ema.values[i].copy_(now[i]);
        }
    }
}

/// Puts the averaged weights into the net for its lifetime.
class Averaged {
public:
    Averaged(FaceNet& net, const Ema& ema) : state_(state_of(net)) {
        torch::NoGradGuard guard;
        for (std::size_t i = 0; i < state_.size(); ++i) {
            kept_.push_back(state_[i].clone());
            state_[i].copy_(ema.values[i]);
        }
        net->eval();
    }
    ~Averaged() {
        torch::NoGradGuard guard;
        for (std::size_t i = 0; i < state_.size(); ++i) state_[i].copy_(kept_[i]);
    }

private:
    std::vector<torch::Tensor> state_;
    std::vector<torch::Tensor> kept_;
};

/// Mean over a face and its mirror image of what `look` gives.
template <typename Look>
torch::Tensor over_faces(FaceNet& net, const std::vector<FerFace>& faces, Look&& look) {
    torch::NoGradGuard guard;
    net->eval();
    std::vector<torch::Tensor> parts;
    constexpr std::size_t kBatch = 128;
    for (std::size_t at = 0; at < faces.size(); at += kBatch) {
        const std::size_t n = std::min(kBatch, faces.size() - at);
        torch::Tensor mean;
        for (int side = 0; side < 2; ++side) {
            auto x = torch::empty({static_cast<long>(n), 1, kFull, kFull});
            for (std::size_t i = 0; i < n; ++i) {
                plain_face(faces[at + i].pixels, kFull, side == 1,
                           {x.data_ptr<float>() + i * learn::kFerPixels, learn::kFerPixels});
            }
            const torch::Tensor out = look(x.contiguous(torch::MemoryFormat::ChannelsLast));
            mean = side == 0 ? out : (mean + out) / 2;
        }
        parts.push_back(mean);
    }
    return torch::cat(parts);
}

torch::Tensor logits_of(FaceNet& net, const std::vector<FerFace>& faces) {
    return over_faces(net, faces, [&](const torch::Tensor& x) { return net(x).label; });
}

torch::Tensor labels_of(const std::vector<FerFace>& faces) {
    const auto labels = torch::empty({static_cast<long>(faces.size())}, torch::kLong);
    for (std::size_t i = 0; i < faces.size(); ++i) labels.data_ptr<std::int64_t>()[i] = faces[i].label;
    return labels;
}

struct Score { double accuracy = 0.0; double loss = 0.0; };

Score score(const torch::Tensor& logits, const std::vector<FerFace>& faces) {
    const auto labels = labels_of(faces);
    return {(logits.argmax(1) == labels).to(torch::kFloat).mean().item<double>(),
            torch::cross_entropy_loss(logits, labels).item<double>()};
}

class Trainer {
public:
    Trainer(const FaceTrainConfig& config, Data data)
        : config_(config), data_(std::move(data)), net_(FaceNetShape{}), optimizer_(groups(), {config.rate}) {
        for (auto& p : net_->parameters()) {
            if (p.dim() == 4) p.set_data(p.contiguous(torch::MemoryFormat::ChannelsLast));
        }
        for (const auto& t : state_of(net_)) ema_.values.push_back(t.clone());
        long n = 0;
        for (const auto& p : net_->parameters()) n += p.numel();
        std::fprintf(stderr, "face: %zu faces to learn from, %zu held out, %ld parameters\n",
                     data_.train.size(), data_.held_out.size(), n);
    }

    void run() {
        load();
        const auto start = Clock::now();
        started_ = start;
        while (epoch_ < config_.epochs && progress() < 1.0 && since_best_ < config_.patience) {
            const auto began = Clock::now();
            const double loss = learn_epoch();
            if (config_.stop_after_steps > 0) return;
            ++epoch_;
            const double took = seconds_since(began);
            const Score held = watch();
            since_best_ = held.loss < best_loss_ ? 0 : since_best_ + 1;
            best_loss_ = std::min(best_loss_, held.loss);
            save();
            std::fprintf(stderr, "face: epoch %d/%d progress %.3f side %d loss %.4f held-out accuracy %.4f loss %.4f, %.0f s, %.0f faces/s\n",
                         epoch_, config_.epochs, progress(), side(), loss, held.accuracy, held.loss, took,
                         static_cast<double>(data_.train.size()) / took);
        }
    }

    /// The averaged network on the held-out slice.
    Score watch() {
        Averaged averaged(net_, ema_);
        return score(logits_of(net_, data_.held_out), data_.held_out);
    }

    /// The label's layer on plain faces; says what that does on the held-out slice.
    void refit() {
        if (config_.refit_penalty < 0.0) return;
        const Score before = score(logits_of(net_, data_.held_out), data_.held_out);
        const auto features = over_faces(net_, data_.train, [&](const torch::Tensor& x) { return net_->features(x); });
        refit_label_head(net_, features, labels_of(data_.train), config_.refit_penalty);
        const Score after = score(logits_of(net_, data_.held_out), data_.held_out);
        std::fprintf(stderr, "face: last layer again: held-out accuracy %.4f -> %.4f, loss %.4f -> %.4f\n", before.accuracy,
                     after.accuracy, before.loss, after.loss);
    }

    /// Temperature from the held-out slice, the network as ONNX, its answers checked against libtorch's.
    Result<void> finish(const std::vector<FerFace>& report) {
        average();
        Averaged averaged(net_, ema_);
        refit();
        const auto logits = logits_of(net_, data_.held_out).to(torch::kDouble).contiguous();
        std::vector<int> labels;
        for (const auto& face : data_.held_out) labels.push_back(face.label);
        ATTUNE_TRY(const double temperature,
                   learn::fit_temperature({logits.data_ptr<double>(), static_cast<std::size_t>(logits.numel())},
                                          labels, learn::kFerClasses));
        const auto file = config_.out / "face.onnx";
        ATTUNE_CHECK(export_face(net_, temperature, file));
        auto sample = torch::empty({64, 1, kFull, kFull});
        for (std::size_t i = 0; i < 64; ++i) {
            plain_face(data_.held_out.at(i).pixels, kFull, false,
                       {sample.data_ptr<float>() + i * learn::kFerPixels, learn::kFerPixels});
        }
        ATTUNE_TRY(const double apart, face_parity(net_, temperature, sample, file));
        if (!(apart <= 1e-5)) {
            return fail(ErrorCode::kInternal, "the exported network differs by " + std::to_string(apart) +
                                                  "; 1e-5 is allowed", file.string());
        }
        std::fprintf(stderr, "face: temperature %.3f, exported and equal to %.1e, %s\n", temperature, apart,
                     file.string().c_str());
        if (!report.empty()) {
            std::fprintf(stderr, "face: PublicTest accuracy %.4f\n",
                         score(logits_of(net_, report), report).accuracy);
        }
        return {};
    }

    void save() {
        torch::serialize::OutputArchive archive;
        torch::serialize::OutputArchive net;
        net_->save(net);
        archive.write("net", net);
        torch::serialize::OutputArchive optimizer;
        optimizer_.save(optimizer);
        archive.write("optimizer", optimizer);
        for (std::size_t i = 0; i < ema_.values.size(); ++i) archive.write("ema" + std::to_string(i), ema_.values[i]);
        archive.write("epoch", torch::tensor(static_cast<std::int64_t>(epoch_)));
        archive.write("steps", torch::tensor(steps_));
        archive.write("spent_s", torch::tensor(spent_s_, torch::kDouble));
        archive.write("best_loss", torch::tensor(best_loss_, torch::kDouble));
        archive.write("since_best", torch::tensor(static_cast<std::int64_t>(since_best_)));
        const auto file = checkpoint().string();
        archive.save_to(file + ".new");
        std::filesystem::rename(file + ".new", file);
    }

private:
    std::filesystem::path checkpoint() const { return config_.out / "face.checkpoint"; }

    /// Biases and the norms' parameters are not decayed.
    std::vector<torch::optim::OptimizerParamGroup> groups() {
        std::vector<torch::Tensor> decayed;
        std::vector<torch::Tensor> free;
        for (auto& p : net_->parameters()) (p.dim() > 1 ? decayed : free).push_back(p);
        auto options = [&](double decay) {
            return std::make_unique<torch::optim::SGDOptions>(
                torch::optim::SGDOptions(config_.rate).momentum(0.9).nesterov(true).weight_decay(decay));
        };
        std::vector<torch::optim::OptimizerParamGroup> out;
        out.emplace_back(decayed, options(config_.weight_decay));
        out.emplace_back(free, options(0.0));
        return out;
    }

    void load() {
        if (!std::filesystem::exists(checkpoint())) return;
        torch::serialize::InputArchive archive;
        archive.load_from(checkpoint().string());
        torch::serialize::InputArchive net;
        archive.read("net", net);
        net_->load(net);
        torch::serialize::InputArchive optimizer;
        archive.read("optimizer", optimizer);
        optimizer_.load(optimizer);
        for (std::size_t i = 0; i < ema_.values.size(); ++i) archive.read("ema" + std::to_string(i), ema_.values[i]);
        const auto number = [&archive](const char* name) {
            torch::Tensor value;
            archive.read(name, value);
            return value.item<double>();
        };
        epoch_ = static_cast<int>(number("epoch"));
        steps_ = static_cast<std::int64_t>(number("steps"));
        spent_before_s_ = spent_s_ = number("spent_s");
        torch::Tensor best, since;   // not in checkpoints of before
        if (archive.try_read("best_loss", best) && archive.try_read("since_best", since)) {
            best_loss_ = best.item<double>();
            since_best_ = since.item<int>();
        }
        std::fprintf(stderr, "face: goes on after epoch %d, %lld steps, %.0f s\n", epoch_,
                     static_cast<long long>(steps_), spent_s_);
    }

    /// The mean of these weights and another checkpoint's.
    void average() {
        if (config_.average.empty()) return;
        torch::NoGradGuard guard;
        torch::serialize::InputArchive archive;
        archive.load_from(config_.average.string());
        for (std::size_t i = 0; i < ema_.values.size(); ++i) {
            torch::Tensor other;
            archive.read("ema" + std::to_string(i), other);
            if (other.is_floating_point()) ema_.values[i].lerp_(other, 0.5);
        }
    }

    double progress() const {
        if (config_.polish_minutes > 0.0) return (spent_s_ - spent_before_s_) / (60.0 * config_.polish_minutes);
        const double steps_all = static_cast<double>(config_.epochs) *
                                 static_cast<double>(data_.train.size() / static_cast<std::size_t>(config_.batch));
        const double by_steps = static_cast<double>(steps_) / steps_all;
        const double by_time = config_.max_minutes > 0.0 ? spent_s_ / (60.0 * config_.max_minutes) : 0.0;
        return std::max(by_steps, by_time);
    }

    /// Rises over the first 15 %, then a cosine down to nothing.
    double rate_now() const {
        constexpr double kRise = 0.15;
        const double p = std::min(1.0, progress());
        if (config_.polish_minutes > 0.0) {
            return config_.polish_rate * std::max(0.01, 0.5 * (1.0 + std::cos(std::numbers::pi * p)));
        }
        if (p < kRise) return config_.rate * (0.1 + 0.9 * p / kRise);
        const double q = (p - kRise) / (1.0 - kRise);
        return config_.rate * std::max(0.002, 0.5 * (1.0 + std::cos(std::numbers::pi * q)));
    }

    int side() const {
        const double p = progress();
        if (config_.polish_minutes > 0.0) return kFull;
        return p < 0.30 ? 32 : p < 0.70 ? 40 : kFull;
    }

    double learn_epoch() {
        net_->train();
        core::Random random(config_.seed, "train/face-epoch-" + std::to_string(epoch_));
        torch::manual_seed(config_.seed * 1000 + static_cast<std::uint64_t>(epoch_));
        std::vector<std::size_t> order(data_.train.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
        const auto batch = static_cast<std::size_t>(config_.batch);
        double loss = 0.0;
        std::size_t n = 0;
        const auto began = Clock::now();
        for (std::size_t at = 0; at + batch <= order.size() && progress() < 1.0; at += batch, ++n) {
            loss += step({order.data() + at, batch}, random);
            spent_s_ = spent_before_s_ + seconds_since(started_);
            if (config_.stop_after_steps > 0 && static_cast<int>(n) + 1 >= config_.stop_after_steps) {
                std::fprintf(stderr, "face: %.0f faces/s at side %d\n",
                             static_cast<double>((n + 1) * batch) / seconds_since(began), side());
                return loss;
            }
            if (n % 100 == 99) {
                std::fprintf(stderr, "face: epoch %d step %zu loss %.4f, %.0f faces/s\n", epoch_ + 1, n + 1,
                             loss / static_cast<double>(n + 1),
                             static_cast<double>((n + 1) * batch) / seconds_since(began));
            }
        }
        return n > 0 ? loss / static_cast<double>(n) : 0.0;
    }

    double step(std::span<const std::size_t> chosen, core::Random& random) {
        const int s = side();
        const auto n = static_cast<long>(chosen.size());
        auto x = torch::empty({n, 1, s, s});
        auto labels = torch::empty({n, learn::kFerClasses});
        auto votes = torch::empty({n, learn::kFerVotes});
        const auto pixels = static_cast<std::size_t>(s * s);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const FerFace& face = data_.train[chosen[i]];
            augment_face(face.pixels, config_.augment, s, random, {x.data_ptr<float>() + i * pixels, pixels});
            target_of(face, config_, labels.data_ptr<float>() + i * learn::kFerClasses,
                      votes.data_ptr<float>() + i * learn::kFerVotes);
        }
        for (auto& group : optimizer_.param_groups()) {
            static_cast<torch::optim::SGDOptions&>(group.options()).lr(rate_now());
        }
        const auto out = net_(x.contiguous(torch::MemoryFormat::ChannelsLast));
        const auto label_loss = -(labels * torch::log_softmax(out.label, 1)).sum(1).mean();
        const auto votes_loss = -(votes * torch::log_softmax(out.votes, 1)).sum(1).mean();
        const auto loss = label_loss + config_.votes_weight * votes_loss;
        optimizer_.zero_grad();
        loss.backward();
        optimizer_.step();
        ++steps_;
        update(ema_, net_, std::min(config_.ema, (1.0 + static_cast<double>(steps_)) / (10.0 + static_cast<double>(steps_))));
        return label_loss.item<double>();
    }

    FaceTrainConfig config_;
    Data data_;
    FaceNet net_;
    torch::optim::SGD optimizer_;
    Ema ema_;
    int epoch_ = 0;
    std::int64_t steps_ = 0;
    double spent_before_s_ = 0.0;
    double best_loss_ = 1e300;
    int since_best_ = 0;   ///< epochs since the held-out loss was lowest
    double spent_s_ = 0.0;
    Clock::time_point started_ = Clock::now();
};

}  // namespace

Result<void> train_face(const FaceTrainConfig& config) {
    constexpr std::array kTraining = {learn::FerSplit::kTraining};
    ATTUNE_TRY(auto faces, learn::read_fer2013(config.data, kTraining));
    ATTUNE_CHECK(core::make_folder(config.out));
    try {
        torch::set_num_threads(1);
        torch::manual_seed(config.seed);
        Trainer trainer(config, split(std::move(faces), config.held_out_share, config.seed));
        trainer.run();
        if (config.stop_after_steps > 0) return {};
        constexpr std::array kPublic = {learn::FerSplit::kPublicTest};
        ATTUNE_TRY(const auto report, learn::read_fer2013(config.data, kPublic));
        ATTUNE_CHECK(trainer.finish(report));
    } catch (const std::exception& e) {
        return fail(ErrorCode::kInternal, e.what(), "libtorch");
    }
    return {};
}

}  // namespace attune::train
