// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/target.hpp"

#include <gtest/gtest.h>

namespace attune::serve {
namespace {

TEST(Target, ReadsPathAndQuery) {
    const auto t = parse_target("/api/v1/library/tracks?q=caf%C3%A9+noir&limit=200&limit=3");
    ASSERT_TRUE(t) << t.error().describe();
    EXPECT_EQ(t->path, "/api/v1/library/tracks");
    EXPECT_EQ(t->query.at("q"), "café noir");
    EXPECT_EQ(t->query.at("limit"), "200");
}

TEST(Target, KeepsAPlusInAPath) { EXPECT_EQ(parse_target("/a+b")->path, "/a+b"); }

TEST(Target, RefusesEveryWayOutOfTheFolder) {
    for (const char* target :
         {"/..", "/../etc/passwd", "/a/../b", "/a/./b", "/%2e%2e/etc/passwd", "/a/%2E%2e", "/a%2fb", "/a%5cb",
          "/a\\b", "//etc/passwd", "/a//b", "/%00", "/a%0ab", "/%", "/%4", "/%zz", "/a#b", "a/b", "", "*",
          "http://host/", "/%c0%af", "/\xff"}) {
        EXPECT_FALSE(parse_target(target)) << target;
    }
}

TEST(Target, RefusesWhatIsTooLong) {
    EXPECT_TRUE(parse_target("/" + std::string(kMaxTargetBytes - 1, 'a')));
    EXPECT_FALSE(parse_target("/" + std::string(kMaxTargetBytes, 'a')));
    std::string many = "/?";
    for (std::size_t i = 0; i <= kMaxQueryPairs; ++i) many += "a" + std::to_string(i) + "=1&";
    EXPECT_FALSE(parse_target(many));
}

}  // namespace
}  // namespace attune::serve
