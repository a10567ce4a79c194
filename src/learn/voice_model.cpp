// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/voice_model.hpp"

#include <algorithm>
#include <cmath>

#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::learn {
namespace {

constexpr std::size_t kN = signal::kVoiceFunctionals;
constexpr double kPenalty = 0.1;       // chosen by speaker-disjoint folds among .003 .01 .03 .1 .2 .4
constexpr int kSteps = 300;
constexpr double kMeanTrust = 1.0;     // stretches that the mean of all speakers counts for
constexpr double kSpreadTrust = 8.0;
constexpr double kMinVariance = 1e-6;
constexpr const char* kMagic = "attune-voice-model/2";
constexpr std::size_t kMaxBytes = 4U << 20;
constexpr std::size_t kDomainLine = 5 + kVoiceClasses, kLines = kDomainLine + 3 + VoiceDomain::kComponents;

VoiceProbabilities softmax(const VoiceProbabilities& z, double temperature) {
    const double top = *std::ranges::max_element(z);
    VoiceProbabilities p{};
    double sum = 0.0;
    for (std::size_t k = 0; k < p.size(); ++k) sum += p[k] = std::exp((z[k] - top) / temperature);
    for (double& v : p) v /= sum;
    return p;
}

using Row = std::array<double, kN + 1>;  // the last is the constant 1
using Weights = std::array<Row, kVoiceClasses>;

VoiceProbabilities times(const Weights& w, const Row& x) {
    VoiceProbabilities z{};
    for (std::size_t k = 0; k < z.size(); ++k) {
        double sum = 0.0;
        for (std::size_t i = 0; i <= kN; ++i) sum += w[k][i] * x[i];
        z[k] = sum;
    }
    return z;
}

/// Largest eigenvalue of X'X/n, by the power method.
double curvature(const std::vector<Row>& rows) {
    Row v{};
    v.fill(1.0);
    double size = 0.0;
    for (int step = 0; step < 30; ++step) {
        Row next{};
        for (const Row& x : rows) {
            double dot = 0.0;
            for (std::size_t i = 0; i <= kN; ++i) dot += x[i] * v[i];
            for (std::size_t i = 0; i <= kN; ++i) next[i] += dot * x[i];
        }
        double norm = 0.0;
        for (const double a : next) norm += a * a;
        norm = std::sqrt(norm);
        if (!(norm > 0.0)) return 1.0;
        for (std::size_t i = 0; i <= kN; ++i) v[i] = next[i] / norm;
        size = norm / static_cast<double>(rows.size());
    }
    return size;
}

Weights regress(const std::vector<Row>& rows, std::span<const VoiceSample> samples) {
    Weights w{}, ahead{};
    const double step = 1.0 / (0.55 * curvature(rows) + kPenalty);
    for (int t = 0; t < kSteps; ++t) {
        Weights gradient{};
        for (std::size_t s = 0; s < rows.size(); ++s) {
            VoiceProbabilities p = softmax(times(ahead, rows[s]), 1.0);
            p[static_cast<std::size_t>(samples[s].label)] -= 1.0;
            for (std::size_t k = 0; k < p.size(); ++k) {
                for (std::size_t i = 0; i <= kN; ++i) gradient[k][i] += p[k] * rows[s][i];
            }
        }
        const double momentum = t / (t + 3.0);
        for (std::size_t k = 0; k < w.size(); ++k) {
            for (std::size_t i = 0; i <= kN; ++i) {
                const double g = gradient[k][i] / static_cast<double>(rows.size()) + (i < kN ? kPenalty * ahead[k][i] : 0.0);
                const double next = ahead[k][i] - step * g;
                ahead[k][i] = next + momentum * (next - w[k][i]);
                w[k][i] = next;
            }
        }
    }
    return w;
}

signal::VoiceUsual* find(std::vector<std::pair<std::string, signal::VoiceUsual>>& all, const std::string& speaker) {
    const auto it = std::ranges::find(all, speaker, &std::pair<std::string, signal::VoiceUsual>::first);
    return it == all.end() ? nullptr : &it->second;
}

}  // namespace

std::vector<std::pair<std::string, signal::VoiceUsual>> voice_usual_of(std::span<const VoiceSample> samples) {
    std::vector<std::pair<std::string, signal::VoiceUsual>> all;
    for (const auto& s : samples) {
        if (find(all, s.speaker) == nullptr) all.emplace_back(s.speaker, signal::VoiceUsual{});
        find(all, s.speaker)->add(s.x);
    }
    return all;
}

Result<VoiceModel> VoiceModel::fit(std::span<const VoiceSample> samples) {
    auto usual = voice_usual_of(samples);
    if (samples.size() < 50 || usual.size() < 2) {
        return fail(ErrorCode::kBadArgument, std::to_string(samples.size()) + " stretches of " + std::to_string(usual.size()) +
                                                 " speakers; 50 of 2 are needed");
    }
    VoiceModel m;
    for (std::size_t i = 0; i < kN; ++i) {
        for (const auto& [speaker, u] : usual) {
            m.mean_[i] += u.mean(i) / static_cast<double>(usual.size());
            m.variance_[i] += u.variance(i) / static_cast<double>(usual.size());
        }
        m.variance_[i] = std::max(m.variance_[i], kMinVariance);
    }
    std::vector<Row> rows(samples.size());
    for (std::size_t s = 0; s < samples.size(); ++s) {
        signal::VoiceUsual others = *find(usual, samples[s].speaker);
        others.remove(samples[s].x);
        const Numbers z = m.normalised(samples[s].x, others);
        std::ranges::copy(z, rows[s].begin());
        rows[s][kN] = 1.0;
    }
    const Weights w = regress(rows, samples);
    for (std::size_t k = 0; k < w.size(); ++k) {
        std::copy_n(w[k].begin(), kN, m.weights_[k].begin());
        m.bias_[k] = w[k][kN];
    }
    std::vector<signal::VoiceFunctionals> stretches;
    for (const auto& s : samples) stretches.push_back(s.x);
    ATTUNE_TRY(m.domain_, VoiceDomain::fit(stretches));
    return m;
}

VoiceModel::Numbers VoiceModel::normalised(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const {
    const double known = usual.n() / (usual.n() + kMeanTrust);
    const double sure = usual.n() / (usual.n() + kSpreadTrust);
    Numbers z{};
    for (std::size_t i = 0; i < kN; ++i) {
        const double centre = known * usual.mean(i) + (1.0 - known) * mean_[i];
        const double variance = sure * usual.variance(i) + (1.0 - sure) * variance_[i];
        const double apart = (static_cast<double>(x[i]) - centre) / std::sqrt(std::max(variance, kMinVariance));
        z[i] = 4.0 * std::tanh(apart / 4.0);
    }
    return z;
}

VoiceProbabilities VoiceModel::logits(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const {
    const Numbers z = normalised(x, usual);
    VoiceProbabilities out = bias_;
    for (std::size_t k = 0; k < out.size(); ++k) {
        for (std::size_t i = 0; i < kN; ++i) out[k] += weights_[k][i] * z[i];
    }
    return out;
}

VoiceProbabilities VoiceModel::classify(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const {
    return softmax(logits(x, usual), temperature_ * hotter(growth_, domain_.score(x)));
}

double VoiceModel::strangeness(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const {
    const Numbers z = normalised(x, usual);
    double sum = 0.0;
    for (const double v : z) sum += v * v;
    return std::sqrt(sum / static_cast<double>(kN));
}

Result<void> VoiceModel::save(const std::filesystem::path& file) const {
    std::string text = std::string(kMagic) + "\n" + core::format_double(temperature_) + "\n";
    const auto line = [&text](std::span<const double> numbers) {
        for (const double v : numbers) text += core::format_double(v) + " ";
        text.back() = '\n';
    };
    line(bias_);
    line(mean_);
    line(variance_);
    for (const auto& w : weights_) line(w);
    const VoiceDomain::Parts& domain = domain_.parts();
    line(std::array{growth_, domain_limit_, domain.noise});
    line(domain.mean);
    line(domain.sd);
    for (const auto& c : domain.components) line(c);
    return core::write_file_atomically(file, text);
}

Result<VoiceModel> VoiceModel::load(const std::filesystem::path& file) {
    ATTUNE_TRY(const std::string text, core::read_file(file, kMaxBytes));
    const auto lines = core::split(text, '\n');
    if (lines.size() < kLines || lines[0] != kMagic) {
        return fail(ErrorCode::kCorrupt, "not a voice model of the kind attune-voice-model/2", file.string());
    }
    VoiceModel m;
    const auto read = [&](std::size_t line, std::span<double> out) {
        const auto words = core::split(core::trim(lines[line]), ' ');
        if (words.size() != out.size()) return false;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto v = core::parse_double(words[i]);
            if (!v) return false;
            out[i] = *v;
        }
        return true;
    };
    bool good = read(1, std::span(&m.temperature_, 1)) && read(2, m.bias_) && read(3, m.mean_) && read(4, m.variance_);
    for (std::size_t k = 0; k < m.weights_.size(); ++k) good = good && read(5 + k, m.weights_[k]);
    VoiceDomain::Parts& domain = m.domain_.parts();
    std::array<double, 3> numbers{};
    good = good && read(kDomainLine, numbers) && read(kDomainLine + 1, domain.mean) && read(kDomainLine + 2, domain.sd);
    for (std::size_t k = 0; k < domain.components.size(); ++k) good = good && read(kDomainLine + 3 + k, domain.components[k]);
    m.growth_ = numbers[0];
    m.domain_limit_ = numbers[1];
    domain.noise = numbers[2];
    const auto not_positive = [](double v) { return !(v > 0.0); };
    if (!good || !(m.temperature_ > 0.0) || m.growth_ < 0.0 || !(domain.noise > 0.0) || std::ranges::any_of(m.variance_, not_positive) ||
        std::ranges::any_of(domain.sd, not_positive)) {
        return fail(ErrorCode::kCorrupt, "a line has another count of numbers than 328, or a spread that is not positive",
                    file.string());
    }
    return m;
}

}  // namespace attune::learn
