// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ids.hpp"

#include <gtest/gtest.h>

#include <set>

namespace attune {
namespace {

TEST(Id, TextReadsBackAsTheSameId) {
    core::IdSource ids(7);
    const Id id = ids.next();
    EXPECT_EQ(id.text().size(), 36U);
    EXPECT_EQ(Id::parse(id.text()).value(), id);
}

TEST(Id, ParseNamesTheTextThatIsNoId) {
    const auto bad = Id::parse("not-an-id");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::kBadArgument);
    EXPECT_NE(bad.error().message.find("not-an-id"), std::string::npos);
}

TEST(IdSource, TwoSeededSourcesAgreeAndOthersDiffer) {
    core::IdSource a(7), b(7), c(8);
    const Id first = a.next();
    EXPECT_EQ(first, b.next());
    EXPECT_NE(first, c.next());
}

TEST(IdSource, TenThousandIdsRiseAndNeverRepeat) {
    core::IdSource ids;
    Id last = ids.next();
    for (int i = 0; i < 10000; ++i) {
        const Id id = ids.next();
        ASSERT_LT(last, id);
        last = id;
    }
}

TEST(IdSource, IdsCarryVersionSevenAndTheVariant) {
    core::IdSource ids;
    const Id id = ids.next();
    EXPECT_EQ(id.bytes[6] >> 4, 7);
    EXPECT_EQ(id.bytes[8] >> 6, 2);
}

}  // namespace
}  // namespace attune
