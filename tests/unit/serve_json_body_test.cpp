// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/json_body.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace attune::serve {
namespace {

TEST(JsonBody, NamesFieldValueAndRangeInItsErrors) {
    const auto body = JsonBody::parse(R"({"minutes":999,"goal":"fly","who":7})");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->number("minutes", 1, 180).error().message,
              "'minutes' is 999; allowed is a number from 1 to 180");
    EXPECT_NE(body->one_of("goal", {"calm", "lift"}).error().message.find("calm, lift"), std::string::npos);
    EXPECT_FALSE(body->text("who", 10));
    EXPECT_FALSE(body->number("missing", 0, 1));
}

TEST(JsonBody, RefusesWhatIsNotAnObjectOfReasonableDepth) {
    for (const char* text : {"[]", "1", "\"a\"", "{", "{\"a\":}", "{}{}", "nul", "\xff"}) {
        EXPECT_FALSE(JsonBody::parse(text)) << text;
    }
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
    EXPECT_FALSE(JsonBody::parse(deep));
    deep.clear();
    for (int i = 0; i < 20; ++i) deep += "{\"a\":";
    deep += "1" + std::string(20, '}');
    EXPECT_EQ(JsonBody::parse(deep).error().code, ErrorCode::kBadArgument);
}

TEST(JsonBody, TakesNullAsMissingAndNothingAsEmpty) {
    EXPECT_FALSE(JsonBody::parse(R"({"from":null})")->has("from"));
    EXPECT_TRUE(JsonBody::parse("")->raw().empty());
    EXPECT_FALSE(JsonBody::parse("{}")->maybe_number("x", 0, 1)->has_value());
}

TEST(JsonText, AQuotedTextIsWhatTheTreeWouldSay) {
    for (const std::string& text : {std::string(), std::string("Kind of Blue"), std::string("a\"b\\c\n\t\x01"), std::string("Björk 静か 🎵"),
                                    std::string("caf\xE9"), std::string("\x7F\0x", 3), std::string("\xC3")}) {
        std::string out = "x";
        append_quoted(out, text);
        EXPECT_EQ(out, "x" + to_text(nlohmann::json(text)));
    }
}

TEST(JsonBody, RefusesNumbersThatAreNotWhole) {
    const auto body = JsonBody::parse(R"({"a":1.5,"b":18446744073709551615,"c":7,"d":1e400})");
    if (body) {
        EXPECT_FALSE(body->integer("a", 0, 10));
        EXPECT_FALSE(body->integer("b", 0, INT64_MAX));
        EXPECT_EQ(*body->integer("c", 0, 10), 7);
    }
}

}  // namespace
}  // namespace attune::serve
