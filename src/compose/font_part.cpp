// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/font_part.hpp"

#include <algorithm>
#include <bitset>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace attune::compose {
namespace {

constexpr int kDrumBank = 128;
constexpr std::size_t kMostSteps = 20'000'000;   // generators read; a General MIDI font needs 0.2 million
constexpr std::size_t kMostTable = 64U << 20;   // of one table [bytes]; General MIDI fonts have 0.1 MB
// Generators (SoundFont 2.04, §8.1.2) and sizes of records.
constexpr int kInstrument = 41, kKeyRange = 43, kVelocityRange = 44, kSampleId = 53;
constexpr std::size_t kPresetBytes = 38, kBagBytes = 4, kGeneratorBytes = 4, kInstrumentBytes = 22, kSampleBytes = 46;
constexpr std::size_t kSampleSpan = 20, kSampleSpanBytes = 16, kSampleKind = 44;   // start, end, loop; type

struct Table {
    std::int64_t offset = 0;
    std::vector<std::uint8_t> bytes;
    [[nodiscard]] int u16(std::size_t at) const { return bytes[at] | bytes[at + 1] << 8; }
    [[nodiscard]] std::uint32_t u32(std::size_t at) const {
        return static_cast<std::uint32_t>(u16(at)) | static_cast<std::uint32_t>(u16(at + 2)) << 16;
    }
};

struct Range {
    int low = 0, high = 127;
};
struct Zone {
    Range key, velocity;
    int target = -1;   ///< instrument or sample
};

/// Which notes a part plays: [key * 128 + velocity].
using Played = std::bitset<128 * 128>;

class Font {
public:
    static Result<Font> read(const std::filesystem::path& path) {
        Font font;
        std::ifstream file(path, std::ios::binary);
        if (!file) return fail(ErrorCode::kIo, "cannot be read", path.string());
        ATTUNE_CHECK(font.tables(file, path));
        for (const auto& [name, size] : {std::pair{"phdr", kPresetBytes}, {"pbag", kBagBytes}, {"pgen", kGeneratorBytes}, {"inst", kInstrumentBytes},
                                         {"ibag", kBagBytes}, {"igen", kGeneratorBytes}, {"shdr", kSampleBytes}}) {
            const auto at = font.tables_.find(name);
            if (at == font.tables_.end() || at->second.bytes.size() < 2 * size || at->second.bytes.size() % size != 0)
                return fail(ErrorCode::kCorrupt, std::string("the table '") + name + "' is missing or has a broken length", path.string());
        }
        return font;
    }

    /// The zones of record `index` of `heads`, whose first bag is named at `bag_at`.
    [[nodiscard]] std::vector<Zone> zones(const char* heads, std::size_t head_bytes, std::size_t bag_at, std::size_t index, const char* bags,
                                          const char* generators, int target) const {
        const Table &head = tables_.at(heads), &bag = tables_.at(bags), &generator = tables_.at(generators);
        std::vector<Zone> out;
        if ((index + 2) * head_bytes > head.bytes.size()) return out;
        const auto first = static_cast<std::size_t>(head.u16(index * head_bytes + bag_at));
        const auto last = static_cast<std::size_t>(head.u16((index + 1) * head_bytes + bag_at));
        for (std::size_t z = first; z < last && (z + 2) * kBagBytes <= bag.bytes.size() && steps_ < kMostSteps; ++z, ++steps_) {
            const auto from = static_cast<std::size_t>(bag.u16(z * kBagBytes)), to = static_cast<std::size_t>(bag.u16((z + 1) * kBagBytes));
            Zone zone;
            for (std::size_t g = from; g < to && (g + 1) * kGeneratorBytes <= generator.bytes.size() && steps_ < kMostSteps; ++g, ++steps_) {
                const int what = generator.u16(g * kGeneratorBytes);
                const Range range{generator.bytes[g * kGeneratorBytes + 2], generator.bytes[g * kGeneratorBytes + 3]};
                const bool after_key = g == from + 1 && generator.u16(from * kGeneratorBytes) == kKeyRange;
                if (what == kKeyRange && g == from) zone.key = range;
                if (what == kVelocityRange && (g == from || after_key)) zone.velocity = range;
                if (what == target) zone.target = generator.u16(g * kGeneratorBytes + 2);
            }
            if (zone.target >= 0) out.push_back(zone);   // without one it is the global zone
        }
        return out;
    }

    [[nodiscard]] std::optional<std::size_t> preset(int bank, int program) const {
        const Table& head = tables_.at("phdr");
        for (std::size_t i = 0; (i + 2) * kPresetBytes <= head.bytes.size(); ++i)
            if (head.u16(i * kPresetBytes + 20) == program && head.u16(i * kPresetBytes + 22) == bank) return i;
        return std::nullopt;
    }

    /// Marks what the preset has, and what of it the notes reach.
    void mark(std::size_t preset, const Played& played, std::vector<bool>& has, std::vector<bool>& needs) const {
        for (const Zone& outer : zones("phdr", kPresetBytes, 24, preset, "pbag", "pgen", kInstrument)) {
            for (const Zone& inner : zones("inst", kInstrumentBytes, 20, static_cast<std::size_t>(outer.target), "ibag", "igen", kSampleId)) {
                const auto sample = static_cast<std::size_t>(inner.target);
                if (sample >= has.size()) continue;
                has[sample] = true;
                if (!needs[sample] && reached(outer, inner, played)) needs[sample] = true;
            }
        }
    }

    [[nodiscard]] const Table& samples() const { return tables_.at("shdr"); }
    /// Its records point at one another so often that no instrument can be meant.
    [[nodiscard]] bool endless() const { return steps_ >= kMostSteps; }

private:
    static bool reached(const Zone& a, const Zone& b, const Played& played) {
        for (int key = std::max(a.key.low, b.key.low); key <= std::min({a.key.high, b.key.high, 127}); ++key)
            for (int v = std::max(a.velocity.low, b.velocity.low); v <= std::min({a.velocity.high, b.velocity.high, 127}); ++v)
                if (played[static_cast<std::size_t>(key * 128 + v)]) return true;
        return false;
    }

    /// The chunks of LIST pdta. Lengths that are odd are followed by a byte of padding in some fonts and by none in others.
    Result<void> tables(std::ifstream& file, const std::filesystem::path& path) {
        std::array<std::uint8_t, 12> head{};
        const auto chunk = [&](std::int64_t at) -> std::optional<std::pair<std::string, std::int64_t>> {
            file.clear();
            file.seekg(at);
            if (!file.read(reinterpret_cast<char*>(head.data()), 8)) return std::nullopt;
            const std::int64_t size = head[4] | head[5] << 8 | head[6] << 16 | std::int64_t{head[7]} << 24;
            return std::pair{std::string(head.begin(), head.begin() + 4), size};
        };
        const auto riff = chunk(0);
        if (!riff || riff->first != "RIFF") return fail(ErrorCode::kCorrupt, "does not begin with RIFF", path.string());
        for (std::int64_t at = 12;;) {
            const auto list = chunk(at);
            if (!list) break;
            std::array<char, 4> kind{};
            file.read(kind.data(), 4);
            if (list->first == "LIST" && std::string_view(kind.data(), 4) == "pdta") {
                for (std::int64_t in = at + 12; in < at + 8 + list->second;) {
                    const auto table = chunk(in);
                    if (!table || table->second > static_cast<std::int64_t>(kMostTable)) break;
                    Table& t = tables_[table->first];
                    t.offset = in + 8;
                    t.bytes.resize(static_cast<std::size_t>(table->second));
                    if (!file.read(reinterpret_cast<char*>(t.bytes.data()), static_cast<std::streamsize>(t.bytes.size()))) return fail(ErrorCode::kCorrupt, "ends inside the table '" + table->first + "'", path.string());
                    in += 8 + table->second;
                }
                return {};
            }
            at += 8 + list->second;
            if (list->second % 2 == 1 && file.seekg(at) && file.peek() == 0) ++at;
        }
        return fail(ErrorCode::kCorrupt, "has no list of presets (pdta)", path.string());
    }

    std::map<std::string, Table, std::less<>> tables_;
    mutable std::size_t steps_ = 0;
};

}  // namespace

Result<FontPart> font_part(const std::filesystem::path& soundfont, const std::array<PartSetup, kParts>& parts, std::span<const Note> notes) {
    ATTUNE_TRY(const auto font, Font::read(soundfont));
    std::array<Played, kParts> played{};
    for (const Note& note : notes)
        played[static_cast<std::size_t>(note.part)][static_cast<std::size_t>(std::clamp(note.pitch, 0, 127) * 128 + std::clamp(note.velocity, 0, 127))] = true;
    const Table& samples = font.samples();
    const std::size_t n = samples.bytes.size() / kSampleBytes;
    std::vector<bool> has(n), needs(n);
    for (int i = 0; i < kParts; ++i) {
        const int bank = static_cast<Part>(i) == Part::kDrums ? kDrumBank : 0, program = parts[static_cast<std::size_t>(i)].program;
        const auto preset = font.preset(bank, program);
        if (!preset) return fail(ErrorCode::kNotFound, "no program " + std::to_string(program) + " in bank " + std::to_string(bank), soundfont.string());
        font.mark(*preset, played[static_cast<std::size_t>(i)], has, needs);
    }
    if (font.endless()) return fail(ErrorCode::kCorrupt, "its instruments have more than " + std::to_string(kMostSteps) + " generators", soundfont.string());
    FontPart part{samples.offset, samples.bytes, 0, 0};
    const auto length = [&](std::size_t s) { return samples.u32(s * kSampleBytes + 24) - samples.u32(s * kSampleBytes + 20); };
    std::optional<std::size_t> shortest;
    for (std::size_t s = 0; s < n; ++s) {
        if (!has[s]) continue;
        if (!shortest || length(s) < length(*shortest)) shortest = s;
        ++part.of;
        part.kept += needs[s] ? 1 : 0;
    }
    for (std::size_t s = 0; s < n; ++s) {
        if (!has[s] || needs[s] || !shortest) continue;
        const auto from = samples.bytes.begin() + static_cast<std::ptrdiff_t>(*shortest * kSampleBytes);
        const auto to = part.table.begin() + static_cast<std::ptrdiff_t>(s * kSampleBytes);
        std::copy_n(from + kSampleSpan, kSampleSpanBytes, to + kSampleSpan);
        std::copy_n(from + kSampleKind, 2, to + kSampleKind);
    }
    return part;
}

}  // namespace attune::compose
