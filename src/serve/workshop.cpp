// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/workshop.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <thread>
#include <vector>

#include "core/folders.hpp"
#include "core/log.hpp"
#include "media/encoder.hpp"

namespace attune::serve {
namespace fs = std::filesystem;
namespace {

constexpr int kFrames = media::OpusPacketizer::kFrames;
constexpr std::chrono::milliseconds kPacket{20};
constexpr std::size_t kPrefill = 8;  ///< packets that a page gets at once: its jitter buffer fills
constexpr auto kAlone = std::chrono::seconds(10);
constexpr auto kLongest = std::chrono::hours(1);

}  // namespace

/// I talk to LiveSource (compose, render) and to the outboxes of the pages. I never wait for a page.
class Workshop::Play {
public:
    static Result<std::shared_ptr<Play>> start(const compose::Brief& brief) {
        auto play = std::make_shared<Play>();  // shared with whoever is calling while it is taken away
        ATTUNE_TRY(play->source_, compose::LiveSource::create(brief));
        ATTUNE_CHECK(play->source_->prepare(kFrames));
        ATTUNE_TRY(play->encoder_, media::OpusPacketizer::create());
        play->thread_ = std::thread([self = play.get()] { self->run(); });
        return play;
    }
    ~Play() {
        stop();
        if (thread_.joinable()) thread_.join();
    }
    void stop() { stopping_.store(true); }
    [[nodiscard]] bool over() const { return over_.load(); }

    Result<void> steer(const flow::Va& target, const compose::Controls& controls, compose::When when) {
        const std::lock_guard lock(steering_);  // set() is for one thread at a time
        return source_->set(target, controls, when);
    }
    void join(const std::shared_ptr<Outbox>& page) {
        const std::lock_guard lock(mutex_);
        for (const Bytes& bytes : recent_) page->push(bytes, true);
        pages_.push_back(page);
    }

private:
    void run() noexcept {
        try {
            auto due = std::chrono::steady_clock::now();
            const auto begun = due;
            auto heard = due;
            while (!stopping_.load() && !source_->finished() && due - begun < kLongest) {
                source_->work();
                if (send(next_packet())) heard = due;
                if (due - heard > kAlone) break;
                due += kPacket;
                // The first packets go out at once; after a stall the time is not made up for.
                if (frame_ > static_cast<std::int64_t>(kPrefill) * kFrames) std::this_thread::sleep_until(due);
                due = std::max(due, std::chrono::steady_clock::now() - kPacket);
            }
        } catch (const std::exception& e) {
            core::log(core::LogLevel::kError, "serve", std::string("a composition ended by ") + typeid(e).name());
        }
        const std::lock_guard lock(mutex_);
        for (const auto& weak : pages_) {
            if (const auto page = weak.lock()) page->close(CloseReason::kNormal);
        }
        pages_.clear();
        over_.store(true);
    }

    Bytes next_packet() {
        std::array<float, kFrames> left{}, right{};
        std::array<float, 2 * kFrames> both{};
        static_cast<void>(source_->process(left, right));  // what is not there yet is silence
        for (std::size_t i = 0; i < kFrames; ++i) {
            both[2 * i] = left[i];
            both[2 * i + 1] = right[i];
        }
        std::string bytes(8, '\0');
        for (std::size_t i = 0; i < 8; ++i)
            bytes[i] = static_cast<char>(static_cast<std::uint64_t>(frame_) >> (8 * i) & 0xFF);
        const auto packet = encoder_->encode(both);
        bytes.append(packet.begin(), packet.end());
        frame_ += kFrames;
        return std::make_shared<const std::string>(std::move(bytes));
    }

    /// True if somebody listens.
    bool send(const Bytes& bytes) {
        const std::lock_guard lock(mutex_);
        recent_.push_back(bytes);
        if (recent_.size() > kPrefill) recent_.pop_front();
        std::erase_if(pages_, [&](const std::weak_ptr<Outbox>& weak) {
            const auto page = weak.lock();
            return !page || !page->push(bytes, true);
        });
        return !pages_.empty();
    }

    std::unique_ptr<compose::LiveSource> source_;
    std::unique_ptr<media::OpusPacketizer> encoder_;
    std::int64_t frame_ = 0;
    std::atomic<bool> stopping_{false}, over_{false};
    std::mutex steering_;  ///< orders the callers of source_->set()
    std::mutex mutex_;     ///< guards recent_, pages_
    std::deque<Bytes> recent_;
    std::vector<std::weak_ptr<Outbox>> pages_;
    std::thread thread_;
};

Workshop::Workshop(const fs::path& data_dir) : data_dir_(fs::absolute(data_dir)) {}
Workshop::~Workshop() {
    for (const auto& [id, play] : plays_) play->stop();
}

void Workshop::reap() {
    std::vector<std::shared_ptr<Play>> over;  // joined outside the lock
    const std::lock_guard lock(mutex_);
    std::erase_if(plays_, [&](const auto& entry) {
        if (!entry.second->over()) return false;
        over.push_back(entry.second);
        return true;
    });
}

Result<Id> Workshop::play(const compose::Brief& brief) {
    reap();
    {
        const std::lock_guard lock(mutex_);
        if (plays_.size() + opening_ >= kMostPlays)
            return fail(ErrorCode::kBusy, "four pieces are being played already; stop one first");
        ++opening_;
    }
    auto play = Play::start(brief);
    const Id id = ids_.next();
    const std::lock_guard lock(mutex_);
    --opening_;
    if (!play) return tl::unexpected(std::move(play).error());
    plays_.emplace(id, *std::move(play));
    return id;
}

Result<void> Workshop::steer(const Id& id, const flow::Va& target, const compose::Controls& controls,
                             compose::When when) {
    std::shared_ptr<Play> play;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = plays_.find(id); found != plays_.end()) play = found->second;
    }
    if (!play || play->over()) return fail(ErrorCode::kNotFound, "this music is no longer playing");
    return play->steer(target, controls, when);
}

Result<void> Workshop::listen(const Id& id, const std::shared_ptr<Outbox>& page) {
    const std::lock_guard lock(mutex_);
    const auto found = plays_.find(id);
    if (found == plays_.end() || found->second->over())
        return fail(ErrorCode::kNotFound, "this music is no longer playing");
    found->second->join(page);
    return {};
}

Result<void> Workshop::stop(const Id& id) {
    std::shared_ptr<Play> play;
    {
        const std::lock_guard lock(mutex_);
        const auto found = plays_.find(id);
        if (found == plays_.end()) return fail(ErrorCode::kNotFound, "this music is no longer playing");
        play = std::move(found->second);
        plays_.erase(found);
    }
    play->stop();
    return {};
}

Result<Workshop::Piece> Workshop::make(const compose::Brief& brief) {
    const std::unique_lock one_at_a_time(making_, std::try_to_lock);
    if (!one_at_a_time.owns_lock())
        return fail(ErrorCode::kBusy, "a piece is being composed already; try again when it is there");
    Piece piece;
    piece.id = ids_.next();
    const fs::path folder = data_dir_ / "cache" / "compose";
    ATTUNE_CHECK(core::make_folder(folder));
    piece.audio = folder / (piece.id.text() + ".flac");
    piece.midi = folder / (piece.id.text() + ".mid");
    compose::ExportOptions options;
    options.audio = piece.audio;
    options.midi = piece.midi;
    options.album = "Composed by Attune";
    ATTUNE_TRY(piece.made, compose::make(brief, options));
    const std::lock_guard lock(mutex_);
    if (pieces_.size() >= kKeptPieces) {
        std::error_code ec;
        fs::remove(pieces_.begin()->second.audio, ec);
        fs::remove(pieces_.begin()->second.midi, ec);
        pieces_.erase(pieces_.begin());
    }
    return pieces_.emplace(piece.id, piece).first->second;
}

Result<Workshop::Piece> Workshop::piece(const Id& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = pieces_.find(id);
    if (found == pieces_.end())
        return fail(ErrorCode::kNotFound, "this piece is no longer here; compose it again with the same seed");
    return found->second;
}

Result<fs::path> Workshop::save(const Id& id) {
    ATTUNE_TRY(const Piece piece, this->piece(id));
    const fs::path folder = data_dir_ / "composed";
    ATTUNE_CHECK(core::make_folder(folder));
    std::error_code ec;
    const fs::path to = folder / piece.audio.filename();
    fs::copy_file(piece.audio, to, fs::copy_options::overwrite_existing, ec);
    if (ec == std::errc::no_space_on_device)
        return fail(ErrorCode::kDiskFull, "the disk is full; free some space, then save again", to);
    if (ec) return fail(ErrorCode::kIo, "the piece cannot be saved: " + ec.message(), to);
    return to;
}

}  // namespace attune::serve
