// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose/midi_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace attune::compose {
namespace {

struct Event {
    Ticks tick = 0;
    int order = 0;  ///< at one tick: meta, controllers, offs, ons
    std::string bytes;
};

void put_be(std::string& out, std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
}

void put_variable(std::string& out, std::uint32_t value) {
    std::array<char, 5> digits{};
    int n = 0;
    do {
        digits[static_cast<std::size_t>(n++)] = static_cast<char>(value & 0x7FU);
        value >>= 7;
    } while (value > 0);
    while (n-- > 0) out.push_back(static_cast<char>(digits[static_cast<std::size_t>(n)] | (n > 0 ? static_cast<char>(0x80) : 0)));
}

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (int v : values) out.push_back(static_cast<char>(v));
    return out;
}

std::string meta(int type, const std::string& body) {
    std::string out = bytes({0xFF, type});
    put_variable(out, static_cast<std::uint32_t>(body.size()));
    return out + body;
}

std::string chunk(std::vector<Event> events, Ticks end) {
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
        return a.tick != b.tick ? a.tick < b.tick : a.order < b.order;
    });
    events.push_back({std::max(end, events.empty() ? Ticks{0} : events.back().tick), 9, meta(0x2F, "")});
    std::string body;
    Ticks at = 0;
    for (const Event& event : events) {
        put_variable(body, static_cast<std::uint32_t>(event.tick - at));
        at = event.tick;
        body += event.bytes;
    }
    std::string out = "MTrk";
    put_be(out, static_cast<std::uint32_t>(body.size()), 4);
    return out + body;
}

std::string conductor(const Score& score) {
    std::vector<Event> events;
    events.push_back({0, 0, meta(0x03, score.title.empty() ? "Attune" : score.title)});
    events.push_back({0, 0, meta(0x58, bytes({score.beats_per_bar, 2, 24, 8}))});
    events.push_back({0, 0, meta(0x59, bytes({signature(score.key), is_major(score.key.mode) ? 0 : 1}))});
    for (const TempoPoint& point : score.tempo) {
        std::string body;
        put_be(body, static_cast<std::uint32_t>(std::lround(60e6 / point.bpm)), 3);
        events.push_back({point.tick, 0, meta(0x51, body)});
    }
    return chunk(std::move(events), score.length());
}

std::string part_track(const Score& score, Part part) {
    const PartSetup& setup = score.parts[static_cast<std::size_t>(part)];
    const int channel = channel_of(part);
    std::vector<Event> events;
    events.push_back({0, 0, meta(0x03, to_string(part))});
    events.push_back({0, 1, bytes({0xC0 | channel, setup.program})});
    const double volume = std::clamp(100.0 * std::pow(10.0, setup.level_db / 40.0), 0.0, 127.0);
    events.push_back({0, 1, bytes({0xB0 | channel, 7, static_cast<int>(std::lround(volume))})});
    events.push_back({0, 1, bytes({0xB0 | channel, 10, static_cast<int>(std::lround(64 + 63 * setup.pan))})});
    std::array<Ticks, 128> until{};
    bool any = false;
    // One key sounds once at a time: a note ends where the same key is struck again.
    std::vector<Note> notes;
    for (const Note& note : score.notes)
        if (note.part == part) notes.push_back(note);
    for (std::size_t i = 0; i < notes.size(); ++i) {
        Note note = notes[i];
        if (until[static_cast<std::size_t>(note.pitch)] > note.start) continue;
        for (std::size_t j = i + 1; j < notes.size() && notes[j].start < note.start + note.length; ++j)
            if (notes[j].pitch == note.pitch && notes[j].start > note.start) {
                note.length = notes[j].start - note.start;
                break;
            }
        until[static_cast<std::size_t>(note.pitch)] = note.start + note.length;
        events.push_back({note.start, 3, bytes({0x90 | channel, note.pitch, note.velocity})});
        events.push_back({note.start + note.length, 2, bytes({0x80 | channel, note.pitch, 64})});
        any = true;
    }
    return any ? chunk(std::move(events), score.length()) : std::string();
}

}  // namespace

std::string to_midi(const Score& score) {
    std::vector<std::string> tracks{conductor(score)};
    for (int i = 0; i < kParts; ++i)
        if (auto track = part_track(score, static_cast<Part>(i)); !track.empty()) tracks.push_back(std::move(track));
    std::string out = "MThd";
    put_be(out, 6, 4);
    put_be(out, 1, 2);
    put_be(out, static_cast<std::uint32_t>(tracks.size()), 2);
    put_be(out, static_cast<std::uint32_t>(kTicksPerBeat), 2);
    for (const auto& track : tracks) out += track;
    return out;
}

}  // namespace attune::compose
