// SPDX-License-Identifier: Apache-2.0
// What is the memory log's own; the rest is in log_contract_test.cc.
#include "journal/memory/memory_log.h"

#include <gtest/gtest.h>

#include "journal/testing/log_driver.h"

namespace forebay::journal {
namespace {

class MemoryLogTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(owner_.acquire().ok()); }
  bool readable(LogPosition at, uint32_t bytes) {
    std::string out;
    return log_->read(at, bytes, out).ok();
  }

  env::PumpedExecutor executor_;
  const std::unique_ptr<Log> log_ = make_memory_log(
      executor_, [](std::string_view record) { return record.starts_with("keep"); });
  LogDriver owner_{*log_, executor_};
};

TEST_F(MemoryLogTest, KeepsOnlyWhatItIsToldToKeep) {
  ASSERT_EQ(owner_.append({"keep this", "drop this"}), AppendOutcome::kDurable);
  EXPECT_TRUE(readable(owner_.positions()[0], 9));
  EXPECT_FALSE(readable(owner_.positions()[1], 9));
}

TEST_F(MemoryLogTest, AReleasedRecordIsGone) {
  ASSERT_EQ(owner_.append({"keep a", "keep b", "drop c"}), AppendOutcome::kDurable);
  for (const LogPosition at : {owner_.positions()[0], owner_.positions()[2]}) log_->release(at, 6);
  EXPECT_FALSE(readable(owner_.positions()[0], 6));
  EXPECT_TRUE(readable(owner_.positions()[1], 6));
}

TEST_F(MemoryLogTest, ANewOwnerStartsEmpty) {
  ASSERT_EQ(owner_.append({"keep this"}), AppendOutcome::kDurable);
  const LogPosition at = owner_.positions()[0];
  ASSERT_TRUE(owner_.acquire().ok());
  EXPECT_FALSE(readable(at, 9));
}

}  // namespace
}  // namespace forebay::journal
