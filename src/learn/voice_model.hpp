// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The voice model: softmax regression over 328 numbers of a stretch of speech, each set against what is usual
/// for the speaker.
///
/// z_i = 4 tanh((x_i - usual_i) / sd_i / 4); probabilities = softmax((W z + b) / temperature). What is usual is
/// the mean of the speaker's earlier stretches, mixed with that of all speakers as long as there are few. The
/// temperature grows with the distance from what was trained on (voice_domain.hpp): T (1 + growth max(0, score - 1)).
/// In       signal::voice_functionals of the stretch; signal::VoiceUsual of the speaker, without the stretch
/// Out      eight probabilities, in the order of kVoiceLabels
/// Threads  const after load(); any thread
/// Errors   load(): kNotFound, kCorrupt (names what is wrong).  fit(): kBadArgument
/// Method   L2-penalised multinomial regression by Nesterov's accelerated gradient from zero, fixed steps, so
///          that the same data give the same bits; speaker normalisation after Busso et al. 2011,
///          doi:10.1109/ICASSP.2011.5947652
#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/voice_domain.hpp"
#include "learn/voice_set.hpp"
#include "signal/voice_functionals.hpp"

namespace attune::learn {

using VoiceProbabilities = std::array<double, kVoiceClasses>;

struct VoiceSample {
    signal::VoiceFunctionals x{};
    std::string speaker;
    int label = 0;
};

class VoiceModel {
public:
    /// Trained on every sample; each is set against the others of its speaker.
    [[nodiscard]] static Result<VoiceModel> fit(std::span<const VoiceSample> samples);
    [[nodiscard]] static Result<VoiceModel> load(const std::filesystem::path& file);
    [[nodiscard]] Result<void> save(const std::filesystem::path& file) const;

    /// Logits before the temperature.
    [[nodiscard]] VoiceProbabilities logits(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const;
    [[nodiscard]] VoiceProbabilities classify(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const;
    /// Root mean square of z: about 1 on speech like that trained on. Well above: another kind of sound.
    [[nodiscard]] double strangeness(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const;
    /// VoiceDomain's score of the stretch; above domain_limit() the model should not speak.
    [[nodiscard]] double out_of_domain(const signal::VoiceFunctionals& x) const { return domain_.score(x); }
    [[nodiscard]] double domain_limit() const noexcept { return domain_limit_; }
    void set_domain_limit(double score) noexcept { domain_limit_ = score; }
    [[nodiscard]] double temperature() const noexcept { return temperature_; }
    void set_temperature(double t, double growth) noexcept { temperature_ = t, growth_ = growth; }
    /// What the temperature is multiplied by at this distance.
    [[nodiscard]] static double hotter(double growth, double score) noexcept { return 1.0 + growth * std::max(0.0, score - 1.0); }

private:
    using Numbers = std::array<double, signal::kVoiceFunctionals>;
    [[nodiscard]] Numbers normalised(const signal::VoiceFunctionals& x, const signal::VoiceUsual& usual) const;
    Numbers mean_{}, variance_{};  ///< of all speakers; within a speaker
    std::array<Numbers, kVoiceClasses> weights_{};
    VoiceProbabilities bias_{};
    VoiceDomain domain_;
    double temperature_ = 1.0, growth_ = 0.0, domain_limit_ = 1e9;
};

/// What is usual for each speaker of the samples.
[[nodiscard]] std::vector<std::pair<std::string, signal::VoiceUsual>> voice_usual_of(std::span<const VoiceSample> samples);

}  // namespace attune::learn
