// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/music_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

#include "core/assert.hpp"
#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/onnx_metadata.hpp"
#include "learn/onnx_model.hpp"
#include "learn/onnx_writer.hpp"
#include "signal/music_descriptors.hpp"

namespace attune::library {
namespace {

constexpr std::string_view kExtractor = "music-descriptors 1";
constexpr const char *kFormat = "music 1", *kInput = "descriptors", *kOutput = "scores";
constexpr const char *kWhole = "whole", *kWithHalves = "whole and halves";
const std::string kConstant = "attune.constant.";
constexpr std::array<std::string_view, 3> kKinds{"regression", "classes", "probability"};  // in the order of Kind

}  // namespace

/// One network a thread that asks: those that are idle wait here, and a new one is read when there is none.
class MusicModel::Network {
public:
    static Result<std::shared_ptr<Network>> create(std::string_view bytes, std::size_t labels) {
        auto out = std::make_shared<Network>();
        out->bytes_ = bytes;
        out->shape_ = {{{kInput, {1, static_cast<int>(signal::descriptor_names().size())}}}, {{kOutput, {1, static_cast<int>(labels)}}}};
        ATTUNE_TRY(auto net, out->read());
        out->idle_.push_back(std::move(net));
        return out;
    }

    std::vector<double> scores(std::span<const float> descriptors) {
        auto net = taken();
        const auto said = net.run(descriptors);
        ATTUNE_ASSERT(said.has_value());  // read() has tried the network, and descriptors are finite
        std::vector<double> out(said->begin(), said->end());
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(net));
        return out;
    }

private:
    Result<learn::OnnxModel> read() const { return learn::OnnxModel::parse(bytes_, shape_, "music model"); }
    learn::OnnxModel taken() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto net = std::move(idle_.back());
                idle_.pop_back();
                return net;
            }
        }
        auto net = read();
        ATTUNE_ASSERT(net.has_value());  // these bytes were read before
        return *std::move(net);
    }

    std::string bytes_;
    learn::OnnxShape shape_;
    std::mutex mutex_;
    std::vector<learn::OnnxModel> idle_;  ///< guarded by mutex_
};

std::string descriptor_fingerprint() {
    core::Blake2b hash(16);
    hash.update(kExtractor);
    for (const std::string& name : signal::descriptor_names()) {
        hash.update(name);
        hash.update("\n");
    }
    return core::to_hex(hash.finish());
}

std::string genre_key(std::string_view genre) {
    std::string key;
    for (const char c : core::to_lower_ascii(genre)) {
        const auto u = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || u >= 0x80) key.push_back(c);
        if (c == '&') key.push_back('n');
    }
    return key;
}

double MusicModel::constant(const std::string& name, double otherwise) const {
    const auto at = constants.find(name);
    return at == constants.end() ? otherwise : at->second;
}

std::optional<double> MusicModel::sd(const std::string& label, std::string_view genre) const {
    auto at = constants.find("sd_" + label + " of " + genre_key(genre));
    if (at == constants.end()) at = constants.find("sd_" + label);
    return at == constants.end() ? std::nullopt : std::optional(at->second);
}

std::vector<double> MusicModel::scores(std::span<const float> descriptors) const {
    if (network_) return network_->scores(descriptors);
    std::vector<double> out(labels.size());
    if (forest) {
        forest->predict(descriptors, out);
        return out;
    }
    if (pairs) {
        pairs->predict(descriptors, out);
        return out;
    }
    std::vector<float> x(descriptors.begin(), descriptors.end());
    if (first) {
        std::vector<double> early(first->outputs());
        first->predict(descriptors, early);
        for (const double v : early) x.push_back(static_cast<float>(v));
    }
    if (second) second->predict(x, out);
    return out;
}

std::vector<double> MusicModel::predict(std::span<const float> descriptors) const { return linked(scores(descriptors)); }

std::vector<double> MusicModel::predict_mean(std::span<const std::vector<float>* const> windows) const {
    std::vector<double> mean(labels.size(), 0.0);
    for (const auto* w : windows) {
        const auto p = by_views ? scores(*w) : predict(*w);
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += p[i] / static_cast<double>(windows.size());
    }
    return by_views ? linked(std::move(mean)) : mean;
}

/// Scores through softmax or sigmoid.
std::vector<double> MusicModel::linked(std::vector<double> out) const {
    if (kind == Kind::kRegression || (kind == Kind::kClasses && !constants.contains("temperature"))) return out;
    if (kind == Kind::kProbability) {
        out[0] = 1.0 / (1.0 + std::exp(-(constant("platt_slope", 1.0) * out[0] +
                                         constant("platt_offset", 0.0))));
        return out;
    }
    const double temperature = constant("temperature", 1.0),
                 top = *std::max_element(out.begin(), out.end());
    double sum = 0.0;
    for (double& v : out) sum += v = std::exp((v - top) / temperature);
    for (double& v : out) v /= sum;
    return out;
}

Result<std::string> MusicModel::to_bytes() const {
    learn::OnnxWriter w("attune-music");
    const auto d = static_cast<std::int64_t>(signal::descriptor_names().size());
    const auto x = w.input(kInput, {1, d});
    std::string scores;
    if (forest) scores = forest->draw(w, x);
    else if (pairs) scores = pairs->draw(w, x);
    else if (first && second) scores = second->draw(w, w.concat({x, first->draw(w, x)}, 1));
    else if (second) scores = second->draw(w, x);
    else return fail(ErrorCode::kBadArgument, "there is no machine to write");
    w.output(scores, kOutput, {1, static_cast<std::int64_t>(labels.size())});
    w.metadata("attune.format", kFormat);
    w.metadata("attune.descriptors", descriptor_fingerprint());
    w.metadata("attune.kind", std::string(kKinds[static_cast<std::size_t>(kind)]));
    std::string names;
    for (const auto& l : labels) names += (names.empty() ? "" : "\n") + l;
    w.metadata("attune.labels", names);
    w.metadata("attune.windows", by_views ? kWithHalves : kWhole);
    for (const auto& [name, value] : constants) w.metadata(kConstant + name, core::format_double(value));
    return w.bytes();
}

Result<MusicModel> MusicModel::described_by(const std::map<std::string, std::string>& texts) {
    const auto text = [&](const char* key) {
        const auto at = texts.find(key);
        return at == texts.end() ? std::string{} : at->second;
    };
    if (text("attune.format").empty()) return fail(ErrorCode::kCorrupt, "this is no music model: attune.format is missing");
    if (text("attune.format") != kFormat)
        return fail(ErrorCode::kVersion, "the model file is of format " + text("attune.format") + "; this program reads " + kFormat);
    if (const auto fits = text("attune.descriptors"); fits != descriptor_fingerprint())
        return fail(ErrorCode::kVersion, "the model was trained on other descriptors (" + fits + ", this program has " +
                                             descriptor_fingerprint() + "); train it again");
    MusicModel m;
    const auto kind = std::find(kKinds.begin(), kKinds.end(), text("attune.kind"));
    if (kind == kKinds.end()) return fail(ErrorCode::kCorrupt, "attune.kind is '" + text("attune.kind") + "'");
    m.kind = static_cast<Kind>(kind - kKinds.begin());
    const std::string labels = text("attune.labels");  // split() gives views of it
    for (const auto label : core::split(labels, '\n')) m.labels.emplace_back(label);
    if (m.labels.size() > 1000 || std::any_of(m.labels.begin(), m.labels.end(), [](const auto& l) { return l.empty(); }) ||
        (m.kind == Kind::kProbability && m.labels.size() != 1))
        return fail(ErrorCode::kCorrupt, "attune.labels do not fit a model of kind " + text("attune.kind"));
    if (text("attune.windows") != kWhole && text("attune.windows") != kWithHalves)
        return fail(ErrorCode::kCorrupt, "attune.windows is '" + text("attune.windows") + "'");
    m.by_views = text("attune.windows") == kWithHalves;
    for (const auto& [key, value] : texts) {
        if (!key.starts_with(kConstant)) continue;
        const auto number = core::parse_double(value);
        if (!number || !std::isfinite(*number)) return fail(ErrorCode::kCorrupt, key + " is '" + value + "', no finite number");
        m.constants[key.substr(kConstant.size())] = *number;
    }
    return m;
}

Result<MusicModel> MusicModel::from_bytes(std::string_view bytes) {
    ATTUNE_TRY(const auto texts, learn::onnx_metadata(bytes));
    ATTUNE_TRY(auto m, described_by(texts));
    ATTUNE_TRY(m.network_, Network::create(bytes, m.labels.size()));
    return m;
}

Result<MusicModel> MusicModel::load(const std::filesystem::path& file) {
    ATTUNE_TRY(const auto bytes, core::read_file(file));
    auto model = from_bytes(bytes);
    if (!model) return fail_in(std::move(model).error(), file.string());
    return model;
}

}  // namespace attune::library
