// SPDX-License-Identifier: Apache-2.0
#include "client/moments.h"

#include <chrono>

#include <gtest/gtest.h>

namespace forebay::sqs {
namespace {

TEST(IsoTime, IsReadOrRefused) {
  EXPECT_EQ(read_iso_time("1970-01-02T00:00:01Z"), Timestamp(std::chrono::seconds(86'401)));
  EXPECT_EQ(read_iso_time("1970-01-02T00:00:01+00:00"), read_iso_time("1970-01-02T00:00:01Z"));
  for (const char* bad : {"", "Z", "1970-01-02 00:00:01Z", "1970-13-02T00:00:01Z",
                          "1970-01-02T00:00:01", "19x0-01-02T00:00:01Z"}) {
    EXPECT_FALSE(read_iso_time(bad).has_value()) << bad;
  }
}

TEST(HttpDate, IsReadOrRefused) {
  EXPECT_EQ(read_http_date("Tue, 14 Nov 2023 22:13:20 GMT"),
            Timestamp(std::chrono::seconds(1'700'000'000)));
  for (const char* bad : {"", "Tue, 14 Nov 2023 22:13:20 UTC", "Tue, 14 ovD 2023 22:13:20 GMT",
                          "Tue, 31 Feb 2023 22:13:20 GMT", "Tuesday, 14-Nov-23 22:13:20 GMT",
                          "Tue, 14 Nov 2023 2x:13:20 GMT", "Tue Nov 14 22:13:20 2023 GMT  "}) {
    EXPECT_FALSE(read_http_date(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace forebay::sqs
