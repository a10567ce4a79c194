// SPDX-License-Identifier: GPL-3.0-or-later
// The library as planning saw it, as bytes: columns in the order of LibraryView, little end first.
#include <cstring>

#include "core/hash.hpp"
#include "session/record.hpp"

namespace attune::session {
namespace {

constexpr std::uint32_t kFormat = 1;

/// One list of the columns, walked by the writer and by the reader.
template <typename View, typename Visit>
void visit_columns(View& view, Visit& visit) {
    for (auto* column : {&view.valence, &view.valence_sd, &view.arousal, &view.arousal_sd,
                         &view.first_valence, &view.first_arousal, &view.last_valence,
                         &view.last_arousal, &view.arousal_p95, &view.startle_lu, &view.tempo_bpm,
                         &view.loudness_lufs, &view.first_loudness_lufs, &view.last_loudness_lufs,
                         &view.true_peak_dbtp, &view.vocals, &view.duration_s, &view.calming,
                         &view.embedding}) {
        visit(*column);
    }
    for (auto* column : {&view.artist, &view.genre}) visit(*column);
    for (auto* column : {&view.artists, &view.genres, &view.title}) visit(*column);
}

class Writer {
public:
    void number(std::uint64_t v) {
        for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    }
    template <typename T>
    void operator()(const std::vector<T>& column) {
        number(column.size());
        if constexpr (std::is_same_v<T, std::string>) {
            for (const std::string& text : column) {
                number(text.size());
                bytes.insert(bytes.end(), text.begin(), text.end());
            }
        } else {
            const auto* raw = reinterpret_cast<const std::uint8_t*>(column.data());
            bytes.insert(bytes.end(), raw, raw + column.size() * sizeof(T));
        }
    }
    std::vector<std::uint8_t> bytes;
};

class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
    std::uint64_t number() {
        std::uint64_t v = 0;
        const auto raw = take(8);
        for (std::size_t i = 0; i < raw.size(); ++i) v |= static_cast<std::uint64_t>(raw[i]) << (8 * i);
        return v;
    }
    template <typename T>
    void operator()(std::vector<T>& column) {
        const std::uint64_t n = number();
        if constexpr (std::is_same_v<T, std::string>) {
            for (std::uint64_t i = 0; i < n && ok; ++i) {
                const auto raw = take(number());
                column.emplace_back(raw.begin(), raw.end());
            }
        } else {
            if (n > rest_.size() / sizeof(T)) {
                ok = false;
                return;
            }
            const auto raw = take(n * sizeof(T));
            column.resize(raw.size() / sizeof(T));
            std::memcpy(column.data(), raw.data(), raw.size());
        }
    }
    std::span<const std::uint8_t> take(std::uint64_t n) {
        if (n > rest_.size()) {
            ok = false;
            return {};
        }
        const auto part = rest_.first(n);
        rest_ = rest_.subspan(n);
        return part;
    }
    bool ok = true;

private:
    std::span<const std::uint8_t> rest_;
};

}  // namespace

std::vector<std::uint8_t> view_bytes(const flow::LibraryView& view) {
    Writer out;
    out.number(kFormat);
    out.number(view.version);
    out.number(view.simulated ? 1 : 0);
    out.number(view.embedding_dims);
    out.number(view.key.size());
    for (const ContentKey& key : view.key) out.bytes.insert(out.bytes.end(), key.bytes.begin(), key.bytes.end());
    visit_columns(view, out);
    return std::move(out.bytes);
}

Result<std::string> keep_view(store::Connection& db, const flow::LibraryView& view) {
    store::Blob bytes = view_bytes(view);
    core::Blake2b hash(32);
    hash.update(bytes);
    const std::string name = core::to_hex(hash.finish());
    ATTUNE_TRY(const auto there, db.query_maybe("SELECT 1 FROM view_snapshot WHERE hash = $1", {name}));
    if (there) return name;
    ATTUNE_CHECK(db.execute(
        "INSERT INTO view_snapshot (hash, bytes) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        {name, std::move(bytes)}));
    return name;
}

Result<flow::LibraryViewPtr> read_view(store::Connection& db, std::string_view hash) {
    ATTUNE_TRY(const auto row, db.query_one("SELECT bytes FROM view_snapshot WHERE hash = $1", {hash},
                                            "library snapshot " + std::string(hash)));
    Reader in(row[0].blob());
    if (in.number() != kFormat) return fail(ErrorCode::kVersion, "unknown format of a library snapshot", std::string(hash));
    auto view = std::make_shared<flow::LibraryView>();
    view->version = in.number();
    view->simulated = in.number() != 0;
    view->embedding_dims = in.number();
    const std::uint64_t n = in.number();
    for (std::uint64_t i = 0; i < n && in.ok; ++i) {
        const auto raw = in.take(16);
        ContentKey key;
        std::copy(raw.begin(), raw.end(), key.bytes.begin());
        view->key.push_back(key);
    }
    visit_columns(*view, in);
    if (!in.ok) return fail(ErrorCode::kCorrupt, "a library snapshot is cut short", std::string(hash));
    return flow::LibraryViewPtr(std::move(view));
}

}  // namespace attune::session
