// SPDX-License-Identifier: GPL-3.0-or-later
#include "learn/dataset_hash.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/hash.hpp"

namespace attune::learn {
namespace {

namespace fs = std::filesystem;

class DatasetHash : public ::testing::Test {
protected:
    fs::path root = fs::path(::testing::TempDir()) / ("dataset_hash_" + std::to_string(::getpid()));
    void SetUp() override {
        fs::create_directories(root / "deep" / "toyset" / "b");
        std::ofstream(root / "deep/toyset/a.txt") << "alpha";
        std::ofstream(root / "deep/toyset/b/c.txt") << "gamma";
    }
    void TearDown() override { fs::remove_all(root); }
};

TEST_F(DatasetHash, IsTheHashOfTheSortedLines) {
    const auto files = files_under(root / "deep/toyset");
    ASSERT_TRUE(files);
    ASSERT_EQ(files->size(), 2U);
    std::vector<std::string> lines = {core::sha256_hex(std::string_view("alpha")) + " a.txt\n",
                                      core::sha256_hex(std::string_view("gamma")) + " b/c.txt\n"};
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(data_sha256(root / "deep/toyset", *files).value(), core::sha256_hex(std::string_view(lines[0] + lines[1])));
}

TEST_F(DatasetHash, DoesNotDependOnTheOrderOfTheFiles) {
    auto files = files_under(root).value();
    const auto before = data_sha256(root, files).value();
    std::reverse(files.begin(), files.end());
    EXPECT_EQ(data_sha256(root, files).value(), before);
}

TEST_F(DatasetHash, SetIsFoundBelowAndAsTheFolderItself) {
    EXPECT_EQ(find_set(root, "toyset").value(), root / "deep/toyset");
    EXPECT_EQ(find_set(root / "deep/toyset", "toyset").value(), root / "deep/toyset");
    EXPECT_EQ(find_set(root / "deep/toyset/", "toyset").value(), root / "deep/toyset/");
    EXPECT_FALSE(find_set(root, "mitdb"));
}

TEST_F(DatasetHash, MissingFileIsAnError) {
    EXPECT_FALSE(data_sha256(root, std::vector<fs::path>{root / "nothing"}));
    EXPECT_FALSE(files_under(root / "nothing"));
}

}  // namespace
}  // namespace attune::learn
