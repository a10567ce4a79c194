// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/midi_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "core/paths.hpp"
#include "core/text.hpp"

namespace attune::compose {
namespace {

constexpr std::size_t kMostNotes = 1'000'000, kMostBytes = 16U << 20, kMostTracks = 1024;
constexpr std::int64_t kLongestTicks = std::int64_t{1} << 40;

class Bytes {
public:
    Bytes(std::span<const std::uint8_t> bytes, std::size_t offset) : bytes_(bytes), offset_(offset) {}
    [[nodiscard]] bool empty() const { return at_ >= bytes_.size(); }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
    [[nodiscard]] std::size_t place() const { return offset_ + at_; }

    Result<int> byte() {
        if (empty()) return fail(ErrorCode::kCorrupt, "the file ends inside an event", where());
        return static_cast<int>(bytes_[at_++]);
    }
    [[nodiscard]] int peek() const { return empty() ? -1 : static_cast<int>(bytes_[at_]); }
    Result<std::uint32_t> number(int n) {
        std::uint32_t value = 0;
        for (int i = 0; i < n; ++i) {
            ATTUNE_TRY(const int b, byte());
            value = value << 8 | static_cast<std::uint32_t>(b);
        }
        return value;
    }
    Result<std::uint32_t> variable() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) {
            ATTUNE_TRY(const int b, byte());
            value = value << 7 | static_cast<std::uint32_t>(b & 0x7F);
            if (b < 0x80) return value;
        }
        return fail(ErrorCode::kCorrupt, "a length of more than four bytes", where());
    }
    Result<std::span<const std::uint8_t>> take(std::size_t n) {
        if (n > left()) return fail(ErrorCode::kCorrupt, "a length of " + std::to_string(n) + " with " + std::to_string(left()) + " bytes left", where());
        const auto part = bytes_.subspan(at_, n);
        at_ += n;
        return part;
    }
    [[nodiscard]] std::string where() const { return "byte " + std::to_string(place()); }

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t offset_, at_ = 0;
};

struct Open {
    std::int64_t start = 0;
    int velocity = 0;
};

class TrackReader {
public:
    TrackReader(MidiFile& file, int division, std::size_t& total, bool& metre_known)
        : file_(file), division_(division), total_(total), metre_known_(metre_known) {}

    Result<void> read(Bytes in) {
        while (!in.empty() && !ended_) {
            ATTUNE_TRY(const auto delta, in.variable());
            now_ += delta;
            if (now_ > kLongestTicks) return fail(ErrorCode::kCorrupt, "a time beyond any music", in.where());
            ATTUNE_CHECK(event(in));
        }
        for (auto& [key, open] : open_) close(key.first, key.second, open);
        for (auto& [channel, track] : tracks_) {
            if (track.notes.empty()) continue;
            std::sort(track.notes.begin(), track.notes.end(), [](const MidiNote& a, const MidiNote& b) {
                return std::tie(a.start, a.pitch, a.length) < std::tie(b.start, b.pitch, b.length);
            });
            track.name = core::to_utf8_lossy(name_);
            track.channel = channel;
            file_.tracks.push_back(std::move(track));
        }
        return {};
    }

private:
    [[nodiscard]] Ticks ticks(std::int64_t t) const { return t * kTicksPerBeat / division_; }

    void close(int channel, int pitch, const Open& open) {
        const Ticks start = ticks(open.start), length = std::max<Ticks>(1, ticks(now_) - start);
        tracks_[channel].notes.push_back({start, length, pitch, open.velocity});
    }

    Result<void> event(Bytes& in) {
        int status = in.peek();
        if (status >= 0x80) {
            ATTUNE_TRY(status, in.byte());
        } else {
            status = running_;
        }
        if (status == 0xFF) return meta(in);
        if (status == 0xF0 || status == 0xF7) {
            ATTUNE_TRY(const auto n, in.variable());
            ATTUNE_TRY(const auto skipped, in.take(n));
            static_cast<void>(skipped);
            return {};
        }
        if (status < 0x80 || status > 0xEF) return fail(ErrorCode::kCorrupt, "status byte " + std::to_string(status) + " has no meaning in a file", in.where());
        running_ = status;
        return channel_event(in, status >> 4, status & 0x0F);
    }

    Result<void> channel_event(Bytes& in, int kind, int channel) {
        ATTUNE_TRY(const int first, in.byte());
        int second = 0;
        if (kind != 0xC && kind != 0xD) {
            ATTUNE_TRY(second, in.byte());
        }
        if (first > 127 || second > 127) return fail(ErrorCode::kCorrupt, "a data byte above 127", in.where());
        if (kind == 0xC) tracks_[channel].program = first;
        if (kind != 0x8 && kind != 0x9) return {};
        const auto key = std::pair(channel, first);
        if (const auto found = open_.find(key); found != open_.end()) {
            close(channel, first, found->second);
            open_.erase(found);
        }
        if (kind == 0x9 && second > 0) {
            if (++total_ > kMostNotes) return fail(ErrorCode::kDiskFull, "more than 1000000 notes", in.where());
            open_[key] = {now_, second};
        }
        return {};
    }

    Result<void> meta(Bytes& in) {
        ATTUNE_TRY(const int type, in.byte());
        ATTUNE_TRY(const auto n, in.variable());
        ATTUNE_TRY(const auto body, in.take(n));
        if (type == 0x2F) ended_ = true;
        if (type == 0x03 && name_.empty()) name_.assign(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(body.size(), 256)));
        if (type == 0x51 && body.size() == 3) {
            const int us = body[0] << 16 | body[1] << 8 | body[2];
            if (us > 0 && file_.tempo.size() < kMostNotes) file_.tempo.push_back({ticks(now_), 60e6 / us});
        }
        if (type == 0x58 && body.size() >= 2 && !metre_known_ && body[0] > 0 && body[1] <= 5) {
            metre_known_ = true;
            file_.beats_per_bar = std::clamp(4 * body[0] / (1 << body[1]), 1, 16);
        }
        return {};
    }

    MidiFile& file_;
    int division_;
    std::size_t& total_;
    bool& metre_known_;
    std::int64_t now_ = 0;
    int running_ = 0;
    bool ended_ = false;
    std::string name_;
    std::map<int, MidiTrack> tracks_;
    std::map<std::pair<int, int>, Open> open_;
};

/// Share of the sounding time in which more than one note sounds.
double overlap(const std::vector<MidiNote>& notes) {
    Ticks sounding = 0, doubled = 0, until = 0;
    for (const MidiNote& note : notes) {
        sounding += note.length;
        // A short legato overlap is no second voice.
        if (until > note.start + kSixteenth / 2) doubled += std::min(until, note.start + note.length) - note.start;
        until = std::max(until, note.start + note.length);
    }
    return sounding == 0 ? 1.0 : static_cast<double>(doubled) / static_cast<double>(sounding);
}

double mean_pitch(const std::vector<MidiNote>& notes) {
    double sum = 0;
    for (const MidiNote& n : notes) sum += n.pitch;
    return sum / static_cast<double>(notes.size());
}

/// One voice: the highest at each start, each ending where the next begins.
std::vector<MidiNote> single(const std::vector<MidiNote>& notes) {
    std::vector<MidiNote> line;
    for (const MidiNote& note : notes) {
        if (!line.empty() && note.start - line.back().start < kSixteenth / 4) {
            if (note.pitch > line.back().pitch) line.back() = note;
            continue;
        }
        if (!line.empty()) line.back().length = std::min(line.back().length, note.start - line.back().start);
        line.push_back(note);
    }
    return line;
}

}  // namespace

double MidiFile::seconds_at(Ticks tick) const noexcept {
    double seconds = 0.0;
    for (std::size_t i = 0; i < tempo.size() && tempo[i].tick < tick; ++i) {
        const Ticks to = i + 1 < tempo.size() ? std::min(tempo[i + 1].tick, tick) : tick;
        seconds += static_cast<double>(to - tempo[i].tick) * 60.0 / (tempo[i].bpm * static_cast<double>(kTicksPerBeat));
    }
    return seconds;
}

std::size_t MidiFile::notes() const noexcept {
    std::size_t n = 0;
    for (const auto& track : tracks) n += track.notes.size();
    return n;
}

Result<MidiFile> read_midi(std::span<const std::uint8_t> bytes) {
    if (bytes.size() > kMostBytes) return fail(ErrorCode::kUnsupported, "a MIDI file of " + std::to_string(bytes.size()) + " bytes; 16 MiB are read");
    Bytes in(bytes, 0);
    ATTUNE_TRY(const auto magic, in.take(std::min<std::size_t>(4, bytes.size())));
    if (std::string(magic.begin(), magic.end()) != "MThd") return fail(ErrorCode::kCorrupt, "not a MIDI file: it does not begin with MThd", "byte 0");
    ATTUNE_TRY(const auto header, in.number(4));
    if (header < 6) return fail(ErrorCode::kCorrupt, "a header of " + std::to_string(header) + " bytes; 6 are needed", in.where());
    ATTUNE_TRY(const auto format, in.number(2));
    ATTUNE_TRY(const auto count, in.number(2));
    ATTUNE_TRY(const auto division, in.number(2));
    if (format > 1) return fail(ErrorCode::kUnsupported, "MIDI file format " + std::to_string(format) + "; 0 and 1 are read", "byte 8");
    if (division == 0 || division >= 0x8000) return fail(ErrorCode::kUnsupported, "a MIDI file in SMPTE time; beats are read", "byte 12");
    ATTUNE_TRY(const auto rest, in.take(header - 6));
    static_cast<void>(rest);

    MidiFile file;
    std::size_t total = 0;
    bool metre_known = false;
    for (std::uint32_t i = 0; i < count && i < kMostTracks && in.left() >= 8; ++i) {
        ATTUNE_TRY(const auto tag, in.take(4));
        ATTUNE_TRY(const auto size, in.number(4));
        const auto place = in.place();
        ATTUNE_TRY(const auto body, in.take(size));
        if (std::string(tag.begin(), tag.end()) != "MTrk") continue;
        ATTUNE_CHECK(TrackReader(file, static_cast<int>(division), total, metre_known).read(Bytes(body, place)));
    }
    std::stable_sort(file.tempo.begin(), file.tempo.end(), [](const auto& a, const auto& b) { return a.tick < b.tick; });
    if (file.tempo.empty() || file.tempo.front().tick > 0) file.tempo.insert(file.tempo.begin(), {0, 120.0});
    return file;
}

Result<MidiFile> read_midi(const std::filesystem::path& file) {
    ATTUNE_TRY(const auto bytes, core::read_file(file, kMostBytes));
    auto midi = read_midi(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    if (!midi) return fail_in(midi.error(), file.string());
    return midi;
}

Result<std::vector<MidiNote>> extract_melody(const MidiFile& file) {
    constexpr double kOneVoice = .20;
    const MidiTrack* best = nullptr;
    double least = 1.0;
    for (const auto& track : file.tracks) {
        if (track.channel == 9 || track.notes.size() < 4) continue;
        const double both = overlap(track.notes);
        least = std::min(least, both);
        const auto name = core::to_lower_ascii(track.name);
        if (name.find("melody") != std::string::npos && both < .5) return single(track.notes);
        if (both < kOneVoice && (best == nullptr || mean_pitch(track.notes) > mean_pitch(best->notes))) best = &track;
    }
    if (best != nullptr) return single(best->notes);
    if (file.notes() == 0) return fail(ErrorCode::kNotFound, "the MIDI file has no notes, so there is no melody to vary");
    return fail(ErrorCode::kUnsupported, "no melody: even the most melodic track sounds several notes at once for " +
                                             std::to_string(static_cast<int>(std::lround(100 * least))) + " % of its time; up to 20 % is followed");
}

}  // namespace attune::compose
