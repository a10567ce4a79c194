// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/samples.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

#include "core/hash.hpp"

namespace attune::session {

namespace {

using flow::Channel;

constexpr int kVersion = 1;
constexpr std::size_t kChainBytes = 16;

/// At its place is its number in the payload: append only.
constexpr std::array kChannels = {Channel::kEcg, Channel::kPpg, Channel::kRr, Channel::kHeartRate, Channel::kEda, Channel::kSkinTemp,
                                  Channel::kRespiration, Channel::kAccelX, Channel::kAccelY, Channel::kAccelZ};

// ---- bytes: numbers as LEB128, signed ones zigzag; samples and the rate as their bits, little end first ----

class Packer {
public:
    void number(std::uint64_t v) {
        for (; v >= 0x80; v >>= 7) bytes_.push_back(static_cast<std::uint8_t>(v | 0x80));
        bytes_.push_back(static_cast<std::uint8_t>(v));
    }
    void difference(std::int64_t v) { number((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
    void bits(std::uint64_t v, int n) {
        for (int i = 0; i < n; ++i) bytes_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
    void text(const std::string& s) {
        number(s.size());
        bytes_.insert(bytes_.end(), s.begin(), s.end());
    }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
};

/// After the first byte that is missing everything reads as zero and ok() is false.
class Unpacker {
public:
    explicit Unpacker(std::span<const std::uint8_t> bytes) : left_(bytes) {}
    std::uint64_t number() {
        std::uint64_t v = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint64_t byte = bits(1);
            v |= (byte & 0x7F) << shift;
            if (byte < 0x80) return v;
        }
        ok_ = false;
        return 0;
    }
    std::int64_t difference() {
        const std::uint64_t v = number();
        return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
    }
    std::uint64_t bits(std::size_t n) {
        if (left_.size() < n) ok_ = false;
        if (!ok_) return 0;
        std::uint64_t v = 0;
        for (std::size_t i = 0; i < n; ++i) v |= std::uint64_t{left_[i]} << (8 * i);
        left_ = left_.subspan(n);
        return v;
    }
    std::string text() {
        const std::size_t n = count(1);
        std::string s(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(n));
        left_ = left_.subspan(n);
        return s;
    }
    /// A number of things of at least `each` bytes that must still be there.
    std::size_t count(std::size_t each) {
        const std::uint64_t n = number();
        if (n > left_.size() / each) ok_ = false;
        return ok_ ? static_cast<std::size_t>(n) : 0;
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool whole() const { return ok_ && left_.empty(); }

private:
    std::span<const std::uint8_t> left_;
    bool ok_ = true;
};

/// Device and driver are the same in all frames of a chunk, but for a source that merges two: each is written once.
std::size_t place(std::vector<std::string>& words, const std::string& word) {
    const auto at = std::find(words.begin(), words.end(), word);
    if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
    words.push_back(word);
    return words.size() - 1;
}

void pack_frame(const KeptFrame& kept, std::size_t device, std::size_t driver, Packer& out) {
    const flow::SensorFrame& f = kept.frame;
    const auto channel = std::find(kChannels.begin(), kChannels.end(), f.channel) - kChannels.begin();
    out.number(static_cast<std::uint64_t>(channel));
    out.number(kept.order);
    out.number(static_cast<std::uint64_t>(f.quality) | static_cast<std::uint64_t>(f.provenance.origin) << 2 | (kept.of_listener ? 16U : 0U));
    out.number(device);
    out.number(driver);
    out.number(f.seq);
    out.difference(f.t.ns);
    out.bits(std::bit_cast<std::uint64_t>(f.rate_hz), 8);
    out.difference(f.gap_ns);
    out.difference(f.t_sigma_ns);
    out.number(f.samples.size());
    for (const float x : f.samples) out.bits(std::bit_cast<std::uint32_t>(x), 4);
    out.number(f.times.size());
    std::int64_t before = f.t.ns;
    for (const Time t : f.times) out.difference(t.ns - std::exchange(before, t.ns));
}

/// False: not a frame that pack_frame makes.
bool unpack_frame(const std::vector<std::string>& words, Unpacker& in, KeptFrame& kept) {
    flow::SensorFrame& f = kept.frame;
    const std::uint64_t channel = in.number();
    kept.order = static_cast<std::uint32_t>(in.number());
    const std::uint64_t flags = in.number();
    const std::uint64_t device = in.number(), driver = in.number();
    if (!in.ok() || channel >= kChannels.size() || flags > 31 || (flags >> 2 & 3) > 2 || device >= words.size() || driver >= words.size())
        return false;
    f.channel = kChannels[static_cast<std::size_t>(channel)];
    f.quality = static_cast<flow::Quality>(flags & 3);
    kept.of_listener = (flags & 16) != 0;
    f.provenance = {static_cast<flow::Origin>(flags >> 2 & 3), words[static_cast<std::size_t>(device)], words[static_cast<std::size_t>(driver)]};
    f.seq = in.number();
    f.t.ns = in.difference();
    f.rate_hz = std::bit_cast<double>(in.bits(8));
    f.gap_ns = in.difference();
    f.t_sigma_ns = in.difference();
    f.samples.resize(in.count(4));
    for (float& x : f.samples) x = std::bit_cast<float>(static_cast<std::uint32_t>(in.bits(4)));
    f.times.resize(in.count(1));
    std::int64_t before = f.t.ns;
    for (Time& t : f.times) t.ns = before += in.difference();
    return in.ok();
}

store::Blob chain_of(std::span<const std::uint8_t> before, std::int64_t second, std::int64_t version, std::int64_t key_id,
                     std::span<const std::uint8_t> payload) {
    core::Blake2b hash(kChainBytes);
    hash.update(before);
    hash.update_u64(static_cast<std::uint64_t>(second));
    hash.update_u64(static_cast<std::uint64_t>(version));
    hash.update_u64(static_cast<std::uint64_t>(key_id));
    hash.update(payload);
    return hash.finish();
}

/// Where the chain of a source stands.
struct Head {
    std::int64_t chunks = 0, bytes = 0, last_chunk = -1, erased_ns = 0;
    store::Blob chain = store::Blob(kChainBytes);
};

Result<std::map<std::string, Head>> heads_of(store::Connection& db, const store::Blob& session) {
    ATTUNE_TRY(const auto rows, db.query("SELECT source, chunks, bytes, last_chunk, last_chain, erased_ns FROM session_sample_source "
                                         "WHERE session_id = $1", {session}));
    std::map<std::string, Head> heads;
    for (const store::Row& row : rows)
        heads[row[0].text()] = {row[1].integer(), row[2].integer(), row[3].integer(), row[5].integer(), row[4].blob()};
    return heads;
}

/// What was erased stays erased, whoever was writing meanwhile.
Result<void> set_head(store::Connection& db, const store::Blob& session, const std::string& source, const Head& head) {
    ATTUNE_TRY(const auto changed, db.execute(
        "INSERT INTO session_sample_source (session_id, source, chunks, bytes, last_chunk, last_chain, erased_ns) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (session_id, source) DO UPDATE SET chunks = excluded.chunks, "
        "bytes = excluded.bytes, last_chunk = excluded.last_chunk, last_chain = excluded.last_chain, erased_ns = excluded.erased_ns "
        "WHERE session_sample_source.erased_ns = 0 OR excluded.erased_ns <> 0",
        {session, source, head.chunks, head.bytes, head.last_chunk, head.chain, head.erased_ns}));
    if (changed == 0) return fail(ErrorCode::kBusy, "the samples were erased while more of them were written", source);
    return {};
}

Error broken(const Id& session, const std::string& source, std::int64_t second, const std::string& what) {
    return {ErrorCode::kCorrupt, "the samples do not hold together: " + what,
            "session " + session.text() + ", source " + source + ", second " + std::to_string(second)};
}

Result<void> append_chunk(store::Connection& db, const Id& session, const SampleSecond& second, const std::string& source, Head& head,
                          const store::Seal& seal) {
    if (second.second <= head.last_chunk) {
        return fail(ErrorCode::kInternal, "second " + std::to_string(second.second) + " was given after second " + std::to_string(head.last_chunk),
                    session.text());
    }
    std::vector<const KeptFrame*> mine;
    for (const KeptFrame& kept : second.frames)
        if (kept.frame.source == source) mine.push_back(&kept);
    ATTUNE_TRY(auto sealed, seal.seal(pack(mine)));
    head.chain = chain_of(head.chain, second.second, kVersion, seal.key_id(), sealed);
    head.last_chunk = second.second;
    ++head.chunks;
    head.bytes += static_cast<std::int64_t>(sealed.size());
    ATTUNE_CHECK(db.execute("INSERT INTO session_sample (session_id, chunk, source, version, key_id, payload, chain) "
                            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                            {store::to_blob(session), second.second, source, kVersion, seal.key_id(), std::move(sealed), head.chain}));
    return {};
}

/// Those of a second, in the order in which they first pushed.
std::vector<std::string> sources_in(const SampleSecond& second) {
    std::vector<std::string> sources;
    for (const KeptFrame& kept : second.frames) static_cast<void>(place(sources, kept.frame.source));
    return sources;
}

}  // namespace

bool is_kept(Channel channel) noexcept { return std::find(kChannels.begin(), kChannels.end(), channel) != kChannels.end(); }

std::size_t SampleSecond::bytes() const noexcept {
    std::size_t bytes = sizeof *this;
    for (const KeptFrame& kept : frames)
        bytes += sizeof kept + kept.frame.samples.size() * sizeof(float) + kept.frame.times.size() * sizeof(Time);
    return bytes;
}

std::vector<std::uint8_t> pack(std::span<const KeptFrame* const> frames) {
    std::vector<std::string> words;
    std::vector<std::pair<std::size_t, std::size_t>> said;
    for (const KeptFrame* kept : frames) {
        const std::size_t device = place(words, kept->frame.provenance.device);
        said.emplace_back(device, place(words, kept->frame.provenance.driver));
    }
    Packer out;
    out.number(words.size());
    for (const std::string& word : words) out.text(word);
    out.number(frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) pack_frame(*frames[i], said[i].first, said[i].second, out);
    return out.take();
}

Result<std::vector<KeptFrame>> unpack(const std::string& source, std::span<const std::uint8_t> bytes) {
    Unpacker in(bytes);
    std::vector<std::string> words(in.count(1));
    for (std::string& word : words) word = in.text();
    std::vector<KeptFrame> frames(in.count(1));
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (!unpack_frame(words, in, frames[i])) return fail(ErrorCode::kCorrupt, "frame " + std::to_string(i) + " does not decode", source);
        frames[i].frame.source = source;
    }
    if (!in.whole()) return fail(ErrorCode::kCorrupt, "the chunk is cut off or too long", source);
    return frames;
}

Result<void> append_samples(store::Connection& db, const Id& session, std::span<const SampleSecond> seconds, const store::Seal& seal) {
    if (seconds.empty()) return {};
    const store::Blob id = store::to_blob(session);
    // Takes the lock: an erasure comes before this group or after it, never between.
    ATTUNE_CHECK(db.execute("UPDATE session_sample_source SET chunks = chunks WHERE session_id = $1", {id}));
    ATTUNE_TRY(auto heads, heads_of(db, id));
    std::vector<std::string> written;
    for (const SampleSecond& second : seconds) {
        for (const std::string& source : sources_in(second)) {
            Head& head = heads[source];
            if (head.erased_ns != 0) continue;
            ATTUNE_CHECK(append_chunk(db, session, second, source, head, seal));
            static_cast<void>(place(written, source));
        }
    }
    for (const std::string& source : written) ATTUNE_CHECK(set_head(db, id, source, heads[source]));
    return {};
}

Result<std::vector<SampleSecond>> read_samples(store::Connection& db, const Id& session, const store::Seal& seal) {
    const store::Blob id = store::to_blob(session);
    ATTUNE_TRY(const auto moment, store::Transaction::snapshot(db));   // the heads are of these seconds, though the session runs on
    ATTUNE_TRY(const auto heads, heads_of(db, id));
    std::map<std::string, Head> read;
    std::vector<SampleSecond> seconds;
    std::optional<Error> error;
    ATTUNE_CHECK(db.for_each(
        "SELECT chunk, source, version, key_id, payload, chain FROM session_sample WHERE session_id = $1 ORDER BY chunk, source", {id},
        [&](const store::Row& row) {
            const std::int64_t second = row[0].integer(), version = row[2].integer(), key_id = row[3].integer();
            const std::string& source = row[1].text();
            Head& head = read[source];
            head.chain = chain_of(head.chain, second, version, key_id, row[4].blob());
            ++head.chunks;
            if (head.chain != row[5].blob()) {
                error = broken(session, source, second, "this second was altered, or one before it was deleted or moved");
            } else if (version != kVersion) {
                error = Error{ErrorCode::kVersion, "samples of version " + std::to_string(version) + " are unknown; this program reads version " + std::to_string(kVersion), source};
            }
            if (error) return false;
            const auto plain = seal.open(key_id, row[4].blob());
            auto frames = plain ? unpack(source, *plain) : Result<std::vector<KeptFrame>>(tl::unexpected<Error>(plain.error()));
            if (!frames) {
                error = frames.error();
                return false;
            }
            if (seconds.empty() || seconds.back().second != second) seconds.push_back({second, {}});
            auto& all = seconds.back().frames;
            all.insert(all.end(), std::make_move_iterator(frames->begin()), std::make_move_iterator(frames->end()));
            return true;
        }));
    if (error) return tl::unexpected(*std::move(error));
    for (const auto& [source, head] : heads) static_cast<void>(read[source]);
    for (const auto& [source, found] : read) {
        const auto head = heads.find(source);
        if (head == heads.end() || found.chunks != head->second.chunks || found.chain != head->second.chain)
            return tl::unexpected(broken(session, source, head == heads.end() ? 0 : head->second.last_chunk, "seconds at the end were deleted"));
    }
    for (SampleSecond& second : seconds)
        std::stable_sort(second.frames.begin(), second.frames.end(), [](const auto& a, const auto& b) { return a.order < b.order; });
    return seconds;
}

Result<std::vector<KeptSamples>> kept_samples(store::Connection& db, const Id& session) {
    ATTUNE_TRY(const auto heads, heads_of(db, store::to_blob(session)));
    std::vector<KeptSamples> kept;
    for (const auto& [source, head] : heads)
        kept.push_back({source, head.chunks, head.bytes, head.erased_ns != 0 ? std::optional(head.erased_ns) : std::nullopt});
    return kept;
}

Result<std::int64_t> erase_samples(store::Connection& db, const Id& session, const std::string& source, std::int64_t wall_ns) {
    ATTUNE_TRY(auto transaction, store::Transaction::begin(db));
    const store::Blob id = store::to_blob(session);
    Head head;
    head.erased_ns = wall_ns;
    ATTUNE_CHECK(set_head(db, id, source, head));   // first: who writes at the same time waits for it, or it for them
    ATTUNE_TRY(const auto erased, db.execute("DELETE FROM session_sample WHERE session_id = $1 AND source = $2", {id, source}));
    ATTUNE_CHECK(transaction.commit());
    return erased;
}

}  // namespace attune::session
