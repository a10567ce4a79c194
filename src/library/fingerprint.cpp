// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/fingerprint.hpp"

#include <chromaprint.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

namespace attune::library {
namespace {

constexpr double kSeconds = 120.0;
constexpr double kWordsPerSecond = 11025.0 / 1365.0;
constexpr double kSame =
    0.85;  // unrelated tracks: 0.5 ± 0.03; MP3 64 kb/s against FLAC: 0.93 and more

std::vector<std::uint32_t> words_of(std::span<const std::uint8_t> bytes) {
    std::vector<std::uint32_t> words(bytes.size() / 4);
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (std::size_t b = 0; b < 4; ++b)
            words[i] |= static_cast<std::uint32_t>(bytes[4 * i + b]) << (8 * b);
    }
    return words;
}

double similarity_of(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    const auto reach = static_cast<std::ptrdiff_t>(6.0 * kWordsPerSecond),
               least = static_cast<std::ptrdiff_t>(10.0 * kWordsPerSecond);
    const auto na = static_cast<std::ptrdiff_t>(a.size()),
               nb = static_cast<std::ptrdiff_t>(b.size());
    double best = 0.0;
    for (std::ptrdiff_t shift = -reach; shift <= reach; ++shift) {
        const std::ptrdiff_t from = std::max<std::ptrdiff_t>(0, -shift),
                             to = std::min(na, nb - shift);
        if (to - from < least) continue;
        int different = 0;
        for (std::ptrdiff_t i = from; i < to; ++i)
            different += std::popcount(a[static_cast<std::size_t>(i)] ^
                                       b[static_cast<std::size_t>(i + shift)]);
        best = std::max(best, 1.0 - different / (32.0 * static_cast<double>(to - from)));
    }
    return best;
}

}  // namespace

struct Fingerprinter::State {
    ChromaprintContext* context = nullptr;
    std::vector<std::int16_t> block;
    std::int64_t left = 0;  ///< samples still wanted
    bool works = false;
    ~State() {
        if (context != nullptr) chromaprint_free(context);
    }
};

Fingerprinter::Fingerprinter(int rate_hz) : state_(std::make_unique<State>()) {
    state_->context = chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
    state_->left = static_cast<std::int64_t>(kSeconds * rate_hz);
    state_->works =
        state_->context != nullptr && chromaprint_start(state_->context, rate_hz, 1) == 1;
}
Fingerprinter::~Fingerprinter() = default;
Fingerprinter::Fingerprinter(Fingerprinter&&) noexcept = default;
Fingerprinter& Fingerprinter::operator=(Fingerprinter&&) noexcept = default;

void Fingerprinter::push(std::span<const float> mono) {
    State& s = *state_;
    const auto n = static_cast<std::size_t>(
        std::min<std::int64_t>(s.left, static_cast<std::int64_t>(mono.size())));
    if (!s.works || n == 0) return;
    s.block.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        const float v = std::isfinite(mono[i]) ? std::clamp(mono[i], -1.0F, 1.0F) : 0.0F;
        s.block[i] = static_cast<std::int16_t>(std::lround(v * 32767.0F));
    }
    s.works = chromaprint_feed(s.context, s.block.data(), static_cast<int>(n)) == 1;
    s.left -= static_cast<std::int64_t>(n);
}

std::vector<std::uint8_t> Fingerprinter::finish() {
    State& s = *state_;
    std::vector<std::uint8_t> out;
    std::uint32_t* words = nullptr;
    int size = 0;
    if (!s.works || chromaprint_finish(s.context) != 1 ||
        chromaprint_get_raw_fingerprint(s.context, &words, &size) != 1)
        return out;
    for (int i = 0; i < size; ++i) {
        for (int shift = 0; shift < 32; shift += 8)
            out.push_back(static_cast<std::uint8_t>(words[i] >> shift));
    }
    chromaprint_dealloc(words);
    return out;
}

double similarity(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
    return similarity_of(words_of(a), words_of(b));
}

std::map<ContentKey, std::string>
recording_groups(const std::map<ContentKey, std::vector<std::uint8_t>>& fingerprints) {
    std::vector<ContentKey> keys;
    std::vector<std::vector<std::uint32_t>> words;
    // Candidates share a word exactly (14 of 32 bits suffice to narrow, whole words keep the lists
    // short).
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> by_word;
    for (const auto& [key, bytes] : fingerprints) {
        keys.push_back(key);
        words.push_back(words_of(bytes));
        auto unique = words.back();
        std::sort(unique.begin(), unique.end());
        unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
        for (const std::uint32_t w : unique) by_word[w].push_back(keys.size() - 1);
    }
    std::vector<std::size_t> root(keys.size());
    for (std::size_t i = 0; i < root.size(); ++i) root[i] = i;
    const auto find = [&](std::size_t i) {
        while (root[i] != i) i = root[i] = root[root[i]];
        return i;
    };
    std::vector<std::size_t> seen_by(keys.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        for (const std::uint32_t w : words[i]) {
            const auto& list = by_word[w];
            if (list.size() > 200) continue;  // a word of silence or hum, shared by everything
            for (const std::size_t j : list) {
                if (j <= i || seen_by[j] == i || find(i) == find(j)) continue;
                seen_by[j] = i;
                if (similarity_of(words[i], words[j]) >= kSame) root[find(j)] = find(i);
            }
        }
    }
    std::map<std::size_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < keys.size(); ++i) members[find(i)].push_back(i);
    std::map<ContentKey, std::string> out;
    for (const auto& [first, all] : members) {
        if (all.size() < 2) continue;
        const std::string name = keys[*std::min_element(all.begin(), all.end())].hex();
        for (const std::size_t i : all) out[keys[i]] = name;
    }
    return out;
}

}  // namespace attune::library
