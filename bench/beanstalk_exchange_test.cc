// SPDX-License-Identifier: Apache-2.0
#include "beanstalk_exchange.h"

#include <gtest/gtest.h>

namespace forebay::bench {
namespace {

using Reading = BeanstalkLane::Reading;

std::string written(const BeanstalkLane& lane) {
  std::string out;
  lane.write(out);
  return out;
}

TEST(BeanstalkExchange, ARoundIsPutReserveAndDelete) {
  BeanstalkLane lane({.window = 1, .body_bytes = 3, .round_trip = true});
  EXPECT_EQ(written(lane), "put 1024 0 3600 3\r\nxxx\r\n");
  EXPECT_EQ(lane.read("INSERTED 7\r\n"), Reading::kComplete);
  EXPECT_EQ(lane.exchange(), Exchange::kReserve);
  EXPECT_EQ(written(lane), "reserve\r\n");
  EXPECT_EQ(lane.read("RESERVED 12 3\r\nxxx\r\n"), Reading::kComplete);
  EXPECT_EQ(written(lane), "delete 12\r\n");
  EXPECT_EQ(lane.read("DELETED\r\n"), Reading::kComplete);
  EXPECT_EQ(lane.exchange(), Exchange::kPut);
}

TEST(BeanstalkExchange, AWindowNeedsAllItsAnswers) {
  BeanstalkLane lane({.window = 2, .body_bytes = 1});
  EXPECT_EQ(lane.messages(), 2u);
  EXPECT_EQ(written(lane), "put 1024 0 3600 1\r\nx\r\nput 1024 0 3600 1\r\nx\r\n");
  EXPECT_EQ(lane.read("INSERTED 1\r\n"), Reading::kIncomplete);
  EXPECT_EQ(lane.read("INSERTED 1\r\nINSERTED 2\r\n"), Reading::kComplete);
  EXPECT_EQ(lane.exchange(), Exchange::kPut);
}

TEST(BeanstalkExchange, RepliesThatAreCutShortAreIncomplete) {
  BeanstalkLane lane({.window = 1, .body_bytes = 3, .round_trip = true});
  const std::string_view put = "INSERTED 7\r\n";
  for (size_t length = 0; length < put.size(); ++length) {
    ASSERT_EQ(lane.read(put.substr(0, length)), Reading::kIncomplete) << length;
  }
  ASSERT_EQ(lane.read(put), Reading::kComplete);
  const std::string_view reserved = "RESERVED 7 3\r\nxxx\r\n";
  for (size_t length = 0; length < reserved.size(); ++length) {
    ASSERT_EQ(lane.read(reserved.substr(0, length)), Reading::kIncomplete) << length;
  }
  ASSERT_EQ(lane.read(reserved), Reading::kComplete);
  EXPECT_EQ(lane.read("DELE"), Reading::kIncomplete);
}

TEST(BeanstalkExchange, RefusalsAndSurplusAreWrong) {
  BeanstalkLane lane({.window = 1, .body_bytes = 3, .round_trip = true});
  EXPECT_EQ(lane.read("JOB_TOO_BIG\r\n"), Reading::kWrong);
  EXPECT_EQ(lane.read("INSERTED 7\r\nINSERTED 8\r\n"), Reading::kWrong);
  EXPECT_EQ(lane.exchange(), Exchange::kPut);
  ASSERT_EQ(lane.read("INSERTED 7\r\n"), Reading::kComplete);
  EXPECT_EQ(lane.read("DEADLINE_SOON\r\n"), Reading::kWrong);
  EXPECT_EQ(lane.read("RESERVED 7\r\n"), Reading::kWrong);
  EXPECT_EQ(lane.read("RESERVED 7 x\r\n"), Reading::kWrong);
  ASSERT_EQ(lane.read("RESERVED 7 0\r\n\r\n"), Reading::kComplete);
  EXPECT_EQ(lane.read("NOT_FOUND\r\n"), Reading::kWrong);
}

}  // namespace
}  // namespace forebay::bench
