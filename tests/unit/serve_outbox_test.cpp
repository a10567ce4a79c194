// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/outbox.hpp"

#include <gtest/gtest.h>

namespace attune::serve {
namespace {

TEST(Outbox, GivesMessagesBackInOrder) {
    Outbox outbox;
    EXPECT_TRUE(outbox.push_text("one"));
    EXPECT_TRUE(outbox.push_binary("two"));
    EXPECT_EQ(outbox.queued_bytes(), 6U);
    EXPECT_EQ(*outbox.pop()->bytes, "one");
    EXPECT_TRUE(outbox.pop()->binary);
    EXPECT_FALSE(outbox.pop());
}

TEST(Outbox, DropsAReaderThatDoesNotKeepUp) {
    Outbox outbox(100, 1000);
    EXPECT_TRUE(outbox.push_text(std::string(60, 'a')));
    EXPECT_FALSE(outbox.push_text(std::string(60, 'b')));
    EXPECT_EQ(outbox.closed(), CloseReason::kTooSlow);
    EXPECT_EQ(outbox.queued_bytes(), 0U) << "nothing is kept for a reader that was dropped";
    EXPECT_FALSE(outbox.push_text("c"));
}

TEST(Outbox, BoundsTheNumberOfMessagesToo) {
    Outbox outbox(1000, 2);
    EXPECT_TRUE(outbox.push_text(""));
    EXPECT_TRUE(outbox.push_text(""));
    EXPECT_FALSE(outbox.push_text(""));
}

TEST(Outbox, SendsWhatIsQueuedBeforeItCloses) {
    Outbox outbox;
    outbox.push_text("last words");
    outbox.close(CloseReason::kNormal);
    outbox.close(CloseReason::kTooSlow);
    EXPECT_EQ(outbox.closed(), CloseReason::kNormal) << "the first reason stays";
    EXPECT_TRUE(outbox.pop());
}

TEST(Outbox, WakesItsReaderOnceAnEmptyOutboxGetsAMessage) {
    Outbox outbox;
    int woken = 0;
    outbox.on_ready([&] { ++woken; });
    outbox.push_text("a");
    outbox.push_text("b");
    EXPECT_EQ(woken, 1);
    outbox.close(CloseReason::kNormal);
    EXPECT_EQ(woken, 2);
}

}  // namespace
}  // namespace attune::serve
