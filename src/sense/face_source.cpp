// SPDX-License-Identifier: GPL-3.0-or-later
// The camera's thread talks to nobody but its queue; it stops within one picture of close().
#include "sense/face_source.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

#include "core/cancel.hpp"
#include "learn/crop_jpeg.hpp"
#include "learn/face_finder.hpp"
#include "media/video.hpp"

namespace attune::sense {
namespace {

constexpr std::size_t kQueue = 8;
constexpr int kMaxWidth = 640;
constexpr double kFarSearchS = 2.0;  // while no face is there; each takes about a tenth of a second of one core

Time at_seconds(double s) { return Time{from_seconds(s).ns}; }

/// Pictures in, crops out: searches now and then, follows in between.
class CropMaker {
public:
    CropMaker(learn::FaceFinder finder, std::string source, flow::Origin origin, double search_s)
        : finder_(std::move(finder)), source_(std::move(source)), origin_(origin), search_s_(search_s) {}

    /// In words: who finds the faces.
    [[nodiscard]] const std::string& finder() const { return finder_.describe(); }

    Result<flow::Crop> make(const media::Picture& picture, Time t) {
        const learn::RgbView view{picture.width, picture.height, picture.rgb};
        flow::Crop crop;
        crop.source = source_;
        crop.origin = origin_;
        crop.t = t;
        std::optional<learn::FoundFace> face;
        const bool due = picture.t_s - searched_s_ >= search_s_;
        if (last_ && !due) {
            ATTUNE_TRY(face, finder_.follow(view, *last_, gain_));
        }
        if (!face) {
            const bool far = !last_ && picture.t_s - searched_far_s_ >= kFarSearchS;
            if (far) searched_far_s_ = picture.t_s;
            ATTUNE_TRY(const auto scene, finder_.find(view, far, last_));
            searched_s_ = picture.t_s;
            gain_ = scene.gain;
            n_faces_ = static_cast<int>(scene.faces.size());
            crop.light = scene.light;
            if (!scene.faces.empty()) face = nearest(scene.faces);
        }
        crop.n_faces = face ? n_faces_ : 0;
        last_ = face;
        if (!face) return crop;
        crop.light = learn::face_light_of(view, *face);
        crop.roll_deg = face->roll_deg;
        crop.score = face->score;
        crop.face_px = static_cast<int>(std::lround(face->width));
        ATTUNE_TRY(crop.jpeg, learn::encode_crop(finder_.cut(view, *face, gain_)));
        return crop;
    }

private:
    /// The face that was there before, else the best.
    learn::FoundFace nearest(const std::vector<learn::FoundFace>& faces) const {
        if (!last_) return faces.front();
        return *std::ranges::min_element(faces, {}, [&](const learn::FoundFace& f) {
            return std::hypot(f.x + f.width / 2 - last_->x - last_->width / 2,
                              f.y + f.height / 2 - last_->y - last_->height / 2) - 0.2 * f.width * f.score;
        });
    }

    learn::FaceFinder finder_;
    std::string source_;
    flow::Origin origin_;
    double search_s_;
    std::optional<learn::FoundFace> last_;
    double searched_s_ = -1e9, searched_far_s_ = -1e9, gain_ = 1.0;
    int n_faces_ = 0;
};

class FaceSource : public Source {
public:
    FaceSource(std::unique_ptr<media::VideoReader> reader, CropMaker maker, FaceSourceOptions options, std::string device,
               std::string place)
        : reader_(std::move(reader)), maker_(std::move(maker)), options_(std::move(options)), device_(std::move(device)),
          place_(std::move(place)) {}
    ~FaceSource() override { stop(); }

    const std::string& id() const noexcept override { return options_.id; }
    flow::SourceKind kind() const noexcept override { return flow::SourceKind::kFace; }
    flow::Provenance provenance() const override {
        flow::Provenance p;
        p.origin = live() ? flow::Origin::kLive : flow::Origin::kReplayed;
        p.device = device_;
        p.driver = maker_.finder();
        return p;
    }
    std::vector<ChannelInfo> channels() const override { return {}; }
    bool live() const noexcept override { return reader_ && reader_->info().camera; }
    bool finished() const noexcept override { return finished_; }
    void close() noexcept override {
        stop();
        finished_ = true;
    }

    Result<void> pull(Time until, Batch& out) override {
        if (finished_) return {};
        return live() ? pull_camera(until, out) : pull_file(until, out);
    }

private:
    Result<void> pull_file(Time until, Batch& out) {
        while (true) {
            if (!ahead_) {
                auto next = reader_->next();
                if (!next) {
                    finished_ = true;
                    return tl::unexpected<Error>(std::move(next).error());
                }
                if (!*next) {
                    finished_ = true;
                    return whole();
                }
                ahead_ = **std::move(next);
                got_s_ = ahead_->t_s + 1.0 / reader_->info().frames_per_s.value_or(25.0);
            }
            if (!(at_seconds(ahead_->t_s) < until)) return {};
            if (ahead_->t_s >= due_s_) {
                due_s_ = std::max(due_s_, ahead_->t_s) + 1.0 / options_.max_hz - 1e-6;
                ATTUNE_TRY(auto crop, maker_.make(*ahead_, at_seconds(ahead_->t_s)));
                out.crops.push_back(std::move(crop));
            }
            ahead_.reset();
        }
    }

    /// A file that holds less than its header promised was cut off.
    Result<void> whole() const {
        const double promised_s = reader_->info().duration_s.value_or(0.0);
        if (got_s_ >= promised_s - std::max(1.0, 0.02 * promised_s)) return {};
        char text[128];
        std::snprintf(text, sizeof text, "the video ends after %.1f s; its header promises %.1f s, so it was cut off", got_s_, promised_s);
        return fail(ErrorCode::kCorrupt, text, place_);
    }

    /// The camera's first pull fixes what session time its clock's zero is.
    Result<void> pull_camera(Time until, Batch& out) {
        if (!thread_.joinable()) {
            offset_ = until;
            thread_ = std::thread([this] { read_camera(); });
        }
        std::lock_guard lock(mutex_);
        while (!queue_.empty()) {
            out.crops.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        out.dropped += dropped_;
        dropped_ = 0;
        if (failed_) {
            finished_ = true;
            return tl::unexpected<Error>(*failed_);
        }
        return {};
    }

    void read_camera() noexcept {
        try {
            double due_s = 0.0;
            while (!stop_) {
                auto next = reader_->next();
                if (!next) return report(std::move(next).error());
                if (!*next) return report({ErrorCode::kUnavailable, "the camera gives no more pictures", device_});
                if ((*next)->t_s < due_s) continue;
                due_s = (*next)->t_s + 1.0 / options_.max_hz - 0.01;
                auto crop = maker_.make(**next, offset_ + (at_seconds((*next)->t_s) - Time{}));
                if (!crop) return report(std::move(crop).error());
                std::lock_guard lock(mutex_);
                if (queue_.size() == kQueue) {
                    queue_.pop_front();
                    ++dropped_;
                }
                queue_.push_back(*std::move(crop));
            }
        } catch (const std::exception& e) {
            report({ErrorCode::kInternal, e.what(), device_});
        }
    }

    void report(Error error) {
        std::lock_guard lock(mutex_);
        if (!stop_) failed_ = std::move(error);
    }
    void stop() noexcept {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
        reader_.reset();
    }

    std::unique_ptr<media::VideoReader> reader_;
    CropMaker maker_;
    FaceSourceOptions options_;
    std::string device_, place_;
    std::optional<media::Picture> ahead_;
    double due_s_ = 0.0, got_s_ = 0.0;
    bool finished_ = false;
    Time offset_;
    std::thread thread_;
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;  ///< guards the four below
    std::deque<flow::Crop> queue_;
    std::uint64_t dropped_ = 0;
    std::optional<Error> failed_;
};

Result<std::unique_ptr<Source>> open(const std::string& place, const FaceSourceOptions& options, const std::string& device) {
    if (!(options.max_hz >= 0.5 && options.max_hz <= 30.0)) {
        return fail(ErrorCode::kBadArgument, "faces " + std::to_string(options.max_hz) + " times a second; 0.5..30 is possible");
    }
    ATTUNE_TRY(auto finder, learn::FaceFinder::create(options.data_dir));
    media::VideoOptions video;
    video.max_width = kMaxWidth;
    ATTUNE_TRY(auto reader, media::VideoReader::open(place, video));
    const flow::Origin origin = reader->info().camera ? flow::Origin::kLive : flow::Origin::kReplayed;
    CropMaker maker(std::move(finder), options.id, origin, options.search_s);
    return std::make_unique<FaceSource>(std::move(reader), std::move(maker), options, device, place);
}

}  // namespace

Result<std::unique_ptr<Source>> open_face_video(const std::string& file, const FaceSourceOptions& options) {
    return open(file, options, "video file");
}

Result<std::unique_ptr<Source>> open_face_camera(int device, const FaceSourceOptions& options) {
    if (device < 0 || device > 63) {
        return fail(ErrorCode::kBadArgument, "camera " + std::to_string(device) + "; 0..63 exist");
    }
    return open("camera:" + std::to_string(device), options, "camera " + std::to_string(device));
}

}  // namespace attune::sense
