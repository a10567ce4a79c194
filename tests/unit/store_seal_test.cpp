// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/seal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace attune::store {
namespace {

const Blob kSecret{'s', 'e', 'c', 'r', 'e', 't'};

Seal with_key() { return Seal({{1, DataKey{7}}}, 1); }

TEST(Seal, SealedBytesOpenAndDoNotShowThePlaintext) {
    const Seal seal = with_key();
    const Blob sealed = *seal.seal(kSecret);
    EXPECT_EQ(std::search(sealed.begin(), sealed.end(), kSecret.begin(), kSecret.end()), sealed.end());
    EXPECT_EQ(*seal.open(1, sealed), kSecret);
}

TEST(Seal, AlteredBytesAreCorrupt) {
    const Seal seal = with_key();
    Blob sealed = *seal.seal(kSecret);
    sealed.back() ^= 1;
    EXPECT_EQ(seal.open(1, sealed).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(seal.open(1, Blob(3)).error().code, ErrorCode::kCorrupt);
}

TEST(Seal, WithoutTheKeyNothingOpens) {
    const Blob sealed = *with_key().seal(kSecret);
    EXPECT_EQ(Seal().open(1, sealed).error().code, ErrorCode::kRefused);
}

TEST(Seal, KeyZeroIsPlain) {
    EXPECT_EQ(*Seal().seal(kSecret), kSecret);
    EXPECT_EQ(*with_key().open(0, kSecret), kSecret);
}

}  // namespace
}  // namespace attune::store
