// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/strings.hpp"

#include <gtest/gtest.h>

namespace attune::core {
namespace {

TEST(Strings, ArgumentsFillTheirPlacesAndOthersStay) {
    const auto s = Strings::parse(R"({"a": {"b": "Hello {name}, {what}."}})", "t");
    ASSERT_TRUE(s);
    EXPECT_EQ(s->get("a.b", {{"name", "you"}}), "Hello you, {what}.");
}

TEST(Strings, AGapShowsItsKey) {
    const auto s = Strings::parse("{}", "t");
    EXPECT_EQ(s->get("x.y"), "x.y");
    EXPECT_FALSE(s->has("x.y"));
}

TEST(Strings, TheInstalledCatalogueReads) {
    const auto s = Strings::installed();
    ASSERT_TRUE(s) << s.error().describe();
    EXPECT_TRUE(s->has("app.name"));
}

TEST(Strings, BytesThatAreNoJsonNameTheirFile) {
    EXPECT_NE(Strings::parse("{", "x.json").error().context.find("x.json"), std::string::npos);
    EXPECT_FALSE(Strings::parse(R"({"a": 3})", "x.json"));
}

}  // namespace
}  // namespace attune::core
