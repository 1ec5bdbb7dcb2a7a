// SPDX-License-Identifier: Apache-2.0
#include "queue_manager/convergence.h"

#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

using Changes = std::vector<QueueChange>;

TEST(AttributeChanges, AreWhatDiffers) {
  EXPECT_EQ(attribute_changes({{"DelaySeconds", "0"}, {"VisibilityTimeout", "30"}},
                              {{"DelaySeconds", "0"}, {"VisibilityTimeout", "60"}}),
            (Changes{{.name = "VisibilityTimeout", .old_value = "30", .new_value = "60"}}));
}

TEST(AttributeChanges, WhatIsNotWantedStays) {
  EXPECT_EQ(attribute_changes({{"DelaySeconds", "5"}}, {}), Changes());
}

TEST(AttributeChanges, WhiteSpaceAndOrderInJsonAreNone) {
  EXPECT_EQ(attribute_changes({{"RedrivePolicy", R"({"maxReceiveCount": 3, "a": "b"})"}},
                              {{"RedrivePolicy", R"({"a":"b","maxReceiveCount":3})"}}),
            Changes());
  EXPECT_EQ(attribute_changes({{"RedrivePolicy", R"({"maxReceiveCount":3})"}},
                              {{"RedrivePolicy", R"({"maxReceiveCount":4})"}})
                .size(),
            1u);
}

TEST(AttributeChanges, AnEmptyTextTakesAway) {
  EXPECT_EQ(attribute_changes({{"RedrivePolicy", "{}"}}, {{"RedrivePolicy", ""}}),
            (Changes{{.name = "RedrivePolicy", .old_value = "{}"}}));
  EXPECT_EQ(attribute_changes({}, {{"RedrivePolicy", ""}}), Changes());
}

TEST(TagChanges, OtherTagsStayUnlessOnlyTheseAreWanted) {
  const Tags have = {{"team", "shop"}, {"stage", "test"}, {"old", "x"}};
  const Tags wanted = {{"team", "shop"}, {"stage", "live"}, {"new", ""}};
  using enum QueueChange::Kind;
  Changes changes = {{.kind = kTag, .name = "new", .new_value = ""},
                     {.kind = kTag, .name = "stage", .old_value = "test", .new_value = "live"}};
  EXPECT_EQ(tag_changes(have, wanted, false), changes);
  changes.push_back({.kind = kTag, .name = "old", .old_value = "x"});
  EXPECT_EQ(tag_changes(have, wanted, true), changes);
}

}  // namespace
}  // namespace forebay::sqs
