// SPDX-License-Identifier: GPL-3.0-or-later
#include "library/tags.hpp"

#include <taglib/attachedpictureframe.h>
#include <taglib/fileref.h>
#include <taglib/flacfile.h>
#include <taglib/flacpicture.h>
#include <taglib/id3v2tag.h>
#include <taglib/mp4coverart.h>
#include <taglib/mp4file.h>
#include <taglib/mp4tag.h>
#include <taglib/mpegfile.h>
#include <taglib/opusfile.h>
#include <taglib/tpropertymap.h>
#include <taglib/vorbisfile.h>
#include <taglib/xiphcomment.h>

#include "core/text.hpp"
#include "flow/policy.hpp"

namespace attune::library {
namespace {

constexpr std::size_t kLongestText = 1000;  // bytes; longer tags are cut: they are not names
constexpr const char* kExplicit = "explicit";
constexpr const char* kAfterGenre = ", ";
constexpr std::size_t kLargestPicture = 16U << 20;

std::string text_of(const TagLib::String& s) {
    std::string text = core::to_utf8_lossy(std::string(core::trim(s.to8Bit(true))));
    while (text.size() > kLongestText || (!text.empty() && !core::is_utf8(text))) text.pop_back();
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return text;
}

/// 1 and 4 mean explicit, 2 a cleaned version, 0 nothing.
bool says_explicit(std::optional<std::int64_t> advisory) { return advisory && (*advisory == 1 || *advisory == 4); }

std::string first_of(const TagLib::PropertyMap& map, const char* name) {
    const auto at = map.find(name);
    return at == map.end() || at->second.isEmpty() ? std::string{} : text_of(at->second.front());
}

bool is_explicit(TagLib::File* file, const TagLib::PropertyMap& map) {
    if (says_explicit(core::parse_int(first_of(map, "ITUNESADVISORY")))) return true;
    auto* mp4 = dynamic_cast<TagLib::MP4::File*>(file);
    if (mp4 == nullptr || mp4->tag() == nullptr || !mp4->tag()->contains("rtng")) return false;
    return says_explicit(mp4->tag()->item("rtng").toByte());
}

Result<TagLib::FileRef> opened(const std::string& path, bool properties) {
    TagLib::FileRef file(path.c_str(), properties);
    if (file.isNull() || file.file() == nullptr || !file.file()->isValid()) {
        return fail(ErrorCode::kCorrupt, "no tags can be read from this file",
                    core::to_utf8_lossy(path));
    }
    return file;
}

Picture picture_of(const TagLib::ByteVector& data, const std::string& mime) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
    return {mime, std::vector<std::uint8_t>(bytes, bytes + data.size())};
}

template <typename List>
const TagLib::FLAC::Picture* front(const List& pictures) {
    const TagLib::FLAC::Picture* best = nullptr;
    for (const auto* p : pictures) {
        if (best == nullptr || p->type() == TagLib::FLAC::Picture::FrontCover) best = p;
        if (best->type() == TagLib::FLAC::Picture::FrontCover) break;
    }
    return best;
}

std::optional<Picture> find_picture(TagLib::File* file) {
    if (auto* mp3 = dynamic_cast<TagLib::MPEG::File*>(file); mp3 != nullptr && mp3->hasID3v2Tag()) {
        const TagLib::ID3v2::AttachedPictureFrame* best = nullptr;
        for (auto* frame : mp3->ID3v2Tag()->frameListMap()["APIC"]) {
            auto* p = dynamic_cast<TagLib::ID3v2::AttachedPictureFrame*>(frame);
            if (p != nullptr &&
                (best == nullptr || p->type() == TagLib::ID3v2::AttachedPictureFrame::FrontCover))
                best = p;
        }
        if (best != nullptr) return picture_of(best->picture(), text_of(best->mimeType()));
    }
    if (auto* flac = dynamic_cast<TagLib::FLAC::File*>(file)) {
        if (const auto* p = front(flac->pictureList()))
            return picture_of(p->data(), text_of(p->mimeType()));
    }
    TagLib::Ogg::XiphComment* comment = nullptr;
    if (auto* vorbis = dynamic_cast<TagLib::Ogg::Vorbis::File*>(file)) comment = vorbis->tag();
    if (auto* opus = dynamic_cast<TagLib::Ogg::Opus::File*>(file)) comment = opus->tag();
    if (comment != nullptr) {
        if (const auto* p = front(comment->pictureList()))
            return picture_of(p->data(), text_of(p->mimeType()));
    }
    if (auto* mp4 = dynamic_cast<TagLib::MP4::File*>(file);
        mp4 != nullptr && mp4->tag() != nullptr) {
        const auto covers = mp4->tag()->item("covr").toCoverArtList();
        if (!covers.isEmpty()) {
            return picture_of(covers.front().data(),
                              covers.front().format() == TagLib::MP4::CoverArt::PNG ? "image/png"
                                                                                    : "image/jpeg");
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> parse_year(std::string_view text) {
    for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
        const auto digits = text.substr(i, 4);
        if (digits.find_first_not_of("0123456789") != std::string_view::npos) continue;
        const bool alone = (i == 0 || text[i - 1] < '0' || text[i - 1] > '9');
        const auto year = core::parse_int(digits);
        if (alone && year && *year >= 1000 && *year <= 2999) return static_cast<int>(*year);
    }
    return std::nullopt;
}

bool has_advisory(std::string_view genre) { return flow::tag_matches(genre, kExplicit); }

std::string with_advisory(std::string_view genre) {
    if (has_advisory(genre)) return std::string(genre);
    return genre.empty() ? std::string(kExplicit) : std::string(genre) + kAfterGenre + kExplicit;
}

std::string without_advisory(std::string_view genre) {
    if (genre == kExplicit) return {};
    const std::string end = std::string(kAfterGenre) + kExplicit;
    return std::string(genre.ends_with(end) ? genre.substr(0, genre.size() - end.size()) : genre);
}

Result<flow::Tags> read_tags(const std::string& path) {
    try {
        ATTUNE_TRY(const auto file, opened(path, false));
        const auto map = file.file()->properties();
        flow::Tags tags;
        tags.title = first_of(map, "TITLE");
        tags.artist = first_of(map, "ARTIST");
        tags.album = first_of(map, "ALBUM");
        tags.album_artist = first_of(map, "ALBUMARTIST");
        tags.genre = first_of(map, "GENRE");
        if (is_explicit(file.file(), map)) tags.genre = with_advisory(tags.genre);
        tags.year = parse_year(first_of(map, "DATE"));
        const std::string number = first_of(map, "TRACKNUMBER");  // "3" or "3/12"
        if (const auto n = core::parse_int(std::string_view(number).substr(0, number.find('/')));
            n && *n > 0 && *n < 10000) {
            tags.track_number = static_cast<int>(*n);
        }
        return tags;
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("tags: ") + e.what(),
                    core::to_utf8_lossy(path));
    }
}

Result<Picture> read_picture(const std::string& path) {
    try {
        ATTUNE_TRY(const auto file, opened(path, false));
        auto picture = find_picture(file.file());
        if (!picture || picture->bytes.empty() || picture->bytes.size() > kLargestPicture) {
            return fail(ErrorCode::kNotFound, "the file holds no picture",
                        core::to_utf8_lossy(path));
        }
        return *std::move(picture);
    } catch (const std::exception& e) {
        return fail(ErrorCode::kCorrupt, std::string("picture: ") + e.what(),
                    core::to_utf8_lossy(path));
    }
}

}  // namespace attune::library
