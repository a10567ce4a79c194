// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/music_model.hpp"

#include <algorithm>
#include <cmath>

#include "core/hash.hpp"
#include "core/paths.hpp"
#include "core/text.hpp"
#include "learn/detail/byte_stream.hpp"
#include "signal/music_descriptors.hpp"

namespace attune::library {
namespace {

constexpr std::string_view kMagic = "ATTUNE-MUSIC-MODEL 1\n";
constexpr std::string_view kExtractor = "music-descriptors 1";

}  // namespace

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
        const auto p = by_views() ? scores(*w) : predict(*w);
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += p[i] / static_cast<double>(windows.size());
    }
    return by_views() ? linked(std::move(mean)) : mean;
}

/// Scores through softmax or sigmoid.
std::vector<double> MusicModel::linked(std::vector<double> out) const {
    if (forest || kind == Kind::kRegression) return out;
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

std::string MusicModel::to_bytes() const {
    std::string bytes(kMagic);
    learn::detail::ByteWriter w(bytes);
    w.text(descriptor_fingerprint());
    w.u64(static_cast<std::uint64_t>(kind));
    w.u64(labels.size());
    for (const auto& l : labels) w.text(l);
    w.u64(constants.size());
    for (const auto& [name, value] : constants) {
        w.text(name);
        w.f64(value);
    }
    w.u64((first ? 1U : 0U) | (second ? 2U : 0U) | (forest ? 4U : 0U) | (pairs ? 8U : 0U));
    if (first) first->save(bytes);
    if (second) second->save(bytes);
    if (forest) forest->save(bytes);
    if (pairs) pairs->save(bytes);
    return bytes;
}

Result<MusicModel> MusicModel::from_bytes(std::string_view bytes) {
    if (!bytes.starts_with(kMagic)) {
        const bool newer = bytes.starts_with(kMagic.substr(0, 18));
        return fail(newer ? ErrorCode::kVersion : ErrorCode::kCorrupt,
                    newer ? "the model file is of a newer format" : "this is no music model");
    }
    learn::detail::ByteReader r(bytes.substr(kMagic.size()));
    MusicModel m;
    const std::string fits = r.text(64, "descriptor fingerprint");
    if (r.good() && fits != descriptor_fingerprint()) {
        return fail(ErrorCode::kVersion, "the model was trained on other descriptors (" + fits +
                                             ", this program has " + descriptor_fingerprint() +
                                             "); train it again");
    }
    m.kind = static_cast<Kind>(r.u64(2, "kind"));
    const std::uint64_t labels = r.u64(1000, "labels");
    for (std::uint64_t i = 0; i < labels && r.good(); ++i) m.labels.push_back(r.text(200, "label"));
    const std::uint64_t constants = r.u64(1000, "constants");
    for (std::uint64_t i = 0; i < constants && r.good(); ++i) {
        auto name = r.text(200, "name of a constant");
        m.constants[std::move(name)] = r.f64();
    }
    const std::uint64_t parts = r.u64(15, "parts");
    if (!r.good()) return r.failed("music model");
    std::string_view rest = r.rest();
    if ((parts & 1U) != 0) {
        ATTUNE_TRY(m.first, learn::KernelMachine::load(rest));
    }
    if ((parts & 2U) != 0) {
        ATTUNE_TRY(m.second, learn::KernelMachine::load(rest));
    }
    if ((parts & 4U) != 0) {
        ATTUNE_TRY(m.forest, learn::Forest::load(rest));
    }
    if ((parts & 8U) != 0) {
        ATTUNE_TRY(m.pairs, learn::PairMachine::load(rest));
    }
    const std::size_t d = signal::descriptor_names().size();
    const bool machines =
        m.second &&
        (m.first ? m.first->inputs() == d && m.second->inputs() == d + m.first->outputs()
                 : m.second->inputs() == d) &&
        m.second->outputs() == m.labels.size();
    const bool trees =
        m.forest && m.forest->inputs() == d && m.forest->classes() == m.labels.size();
    const bool votes = m.pairs && m.pairs->inputs() == d && m.pairs->classes() == m.labels.size();
    if (int{machines} + int{trees} + int{votes} != 1 || (m.kind == Kind::kProbability && m.labels.size() != 1))
        return fail(ErrorCode::kCorrupt, "music model: its parts do not fit each other");
    return m;
}

Result<MusicModel> MusicModel::load(const std::filesystem::path& file) {
    ATTUNE_TRY(const auto bytes, core::read_file(file));
    auto model = from_bytes(bytes);
    if (!model) return fail_in(std::move(model).error(), file.string());
    return model;
}

}  // namespace attune::library
