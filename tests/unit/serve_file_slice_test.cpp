// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/file_slice.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "serve/answer_file.hpp"

namespace attune::serve {
namespace {

using Kind = ByteRange::Kind;

void expect_part(const char* header, std::uint64_t offset, std::uint64_t length) {
    const ByteRange r = parse_range(header, 100);
    EXPECT_EQ(r.kind, Kind::kPart) << header;
    EXPECT_EQ(r.offset, offset) << header;
    EXPECT_EQ(r.length, length) << header;
}

TEST(ByteRange, ReadsTheThreeFormsOfARange) {
    expect_part("bytes=0-9", 0, 10);
    expect_part("bytes=90-", 90, 10);
    expect_part("bytes=-10", 90, 10);
}

TEST(ByteRange, EndsWithTheFile) {
    expect_part("bytes=90-1000", 90, 10);
    expect_part("bytes=-1000", 0, 100);
    expect_part("bytes=0-18446744073709551615", 0, 100);
}

TEST(ByteRange, SaysWhatCannotBeSatisfied) {
    for (const char* header : {"bytes=100-", "bytes=100-200", "bytes=-0"})
        EXPECT_EQ(parse_range(header, 100).kind, Kind::kUnsatisfiable) << header;
    EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::kUnsatisfiable);
}

TEST(ByteRange, IgnoresWhatIsMalformedOrManifold) {
    for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "items=0-5", "bytes=0-1,3-4",
                               "bytes=0-18446744073709551616", "bytes= 0-5", "bytes=+1-5", "bytes=1-2-3"}) {
        const ByteRange r = parse_range(header, 100);
        EXPECT_EQ(r.kind, Kind::kWhole) << header;
        EXPECT_EQ(r.length, 100U) << header;
    }
}

class AnswerFile : public testing::Test {
protected:
    AnswerFile() : path_(std::filesystem::path(testing::TempDir()) / "attune_answer_file") { std::ofstream(path_) << "0123456789"; }
    ~AnswerFile() override { std::filesystem::remove(path_); }
    static std::string header(const Response& r, const std::string& name) {
        for (const auto& [n, v] : r.headers) {
            if (n == name) return v;
        }
        return {};
    }
    static std::string bytes(const Response& r) {
        std::string out(r.file->length, '\0');
        out.resize(r.file->file->read(r.file->offset, out));
        return out;
    }
    Response ask(const std::string& range, const std::string& if_range = {}) const {
        Request request;
        if (!range.empty()) request.headers.emplace_back("range", range);
        if (!if_range.empty()) request.headers.emplace_back("if-range", if_range);
        return answer_file(request, path_, "audio/flac");
    }
    std::filesystem::path path_;
};

TEST_F(AnswerFile, GivesAllOfItOrThePartThatIsAskedFor) {
    const Response all = ask("");
    EXPECT_EQ(all.status, 200);
    EXPECT_EQ(bytes(all), "0123456789");
    EXPECT_EQ(header(all, "Accept-Ranges"), "bytes");
    const Response part = ask("bytes=2-4");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(bytes(part), "234");
    EXPECT_EQ(header(part, "Content-Range"), "bytes 2-4/10");
    EXPECT_EQ(ask("bytes=10-").status, 416);
}

TEST_F(AnswerFile, GivesAllOfItIfTheFileHasChangedSinceTheRangeWasChosen) {
    const std::string tag = header(ask(""), "ETag");
    EXPECT_EQ(ask("bytes=2-4", tag).status, 206);
    EXPECT_EQ(ask("bytes=2-4", "\"another\"").status, 200);
}

TEST_F(AnswerFile, NeverNamesThePathInAnError) {
    const Response gone = answer_file({}, path_.string() + ".gone", "audio/flac");
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body->find("attune_answer_file"), std::string::npos);
    EXPECT_EQ(answer_file({}, testing::TempDir(), "audio/flac").status, 500) << "a folder is no file";
}

}  // namespace
}  // namespace attune::serve
