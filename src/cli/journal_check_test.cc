// SPDX-License-Identifier: Apache-2.0
// What a damage means, on journals with snapshots, holes and relocated messages.
#include "cli/journal_check.h"

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "cli/lost_messages.h"
#include "journal/file/file_snapshots.h"
#include "journal/file/segment.h"
#include "journal/testing/journal_directory.h"
#include "journal/testing/snapshot_driver.h"

namespace forebay::cli {
namespace {

using engine::Fact;
using engine::MessageRef;
using journal::DamageKind;

constexpr size_t kLarge = 900'000;  // ten fill a segment
const WallMs kNow(1'795'298'881'000);

/// An owner that keeps an engine and its journal in step, as a shard does.
class JournalCheckTest : public testing::Test {
 protected:
  JournalCheckTest() : session_(journal_.open()), engine_(std::make_unique<engine::Engine>()) {
    record({*engine_->decide_shard({1, 2, 3})});
    orders_ = create("orders");
    dead_ = create("dead");
  }

  QueueId create(const std::string& name) {
    engine::Facts facts;
    CHECK(engine_->decide(engine::CreateQueue{address(name), {}, {}}, kNow, facts).ok());
    record(facts);
    return *engine_->find(address(name));
  }
  MessageRef send(QueueId queue, std::string content) {
    engine::SendEntry entry;
    entry.content = std::move(content);
    engine::Facts facts;
    CHECK(engine_->decide_send(queue, entry, false, kNow, facts).ok());
    record(facts);
    return std::get<engine::MessageSent>(facts.front()).message;
  }
  std::vector<MessageRef> send_large(QueueId queue, int count) {
    std::vector<MessageRef> sent;
    for (int i = 0; i < count; ++i) sent.push_back(send(queue, std::string(kLarge, 'x')));
    return sent;
  }
  void remove(QueueId queue, const std::vector<MessageRef>& messages) {
    for (const MessageRef& message : messages) record({engine::MessageDeleted{queue, message}});
  }

  /// One batch.
  void record(const engine::Facts& facts) {
    std::vector<std::string> records;
    for (const Fact& fact : facts) engine::encode_fact(fact, kNow, records.emplace_back());
    append(records);
    const auto& positions = session_->owner().positions();
    for (size_t i = 0; i < facts.size(); ++i) {
      engine_->apply(facts[i], kNow, {positions[i], static_cast<uint32_t>(records[i].size())});
    }
  }
  void append(const std::vector<std::string>& records) {
    ASSERT_EQ(session_->owner().append(records), journal::AppendOutcome::kDurable);
  }

  /// A snapshot of the state as it is.
  void snapshot() {
    const LogPosition at = session_->owner().tail();
    auto first = journal::open_segment(files_, journal_.path(), 1, env::OpenMode::kRead);
    journal::FileSnapshots::Options options;
    options.directory = journal_.path();
    options.log_id = (*first)->header().log_id;
    options.tail = at;
    options.found = *journal::find_snapshots(files_, journal_.path());
    journal::FileSnapshots snapshots(options, files_, session_->worker());
    std::vector<std::string> pieces;
    engine_->begin_image(kNow);
    for (std::string piece; !(piece = engine_->take_image_piece(1000)).empty();) {
      pieces.push_back(piece);
    }
    journal::SnapshotDriver driver(snapshots, session_->executor());
    ASSERT_TRUE(driver.make(at, pieces, at).ok());
  }

  void harm(const std::string& path, uint64_t offset) {
    journal::write_at(path, offset, std::string(1, '\x01'));
  }
  void close() {
    append({});
    session_.reset();
  }
  JournalCheck check() {
    Result<JournalCheck> checked = check_journal(files_, journal_.path(), nullptr);
    CHECK(checked.ok());
    return std::move(checked).value();
  }
  std::string snapshot_path(int number) const {
    return journal_.path() + "/0000000000000000000" + std::to_string(number) + ".snapshot";
  }
  static engine::QueueAddress address(const std::string& name) {
    return {"us-east-1", "000000000000", name};
  }

  journal::JournalDirectory journal_;
  env::FileSystem& files_ = env::posix_file_system();
  std::unique_ptr<journal::Session> session_;
  std::unique_ptr<engine::Engine> engine_;
  QueueId orders_;
  QueueId dead_;
};

TEST_F(JournalCheckTest, WithoutASnapshotEveryFactIsApplied) {
  remove(orders_, {send(orders_, "gone")});
  send(orders_, "kept");
  close();
  const JournalCheck checked = check();
  EXPECT_TRUE(checked.intact());
  EXPECT_FALSE(checked.snapshot);
  EXPECT_EQ(checked.state.fact_count(), 6u);
  EXPECT_EQ(checked.live_count, 1u);
  EXPECT_EQ(checked.state.now(), kNow);
}

TEST_F(JournalCheckTest, WithASnapshotOnlyWhatFollowsIsApplied) {
  send_large(orders_, 12);
  snapshot();
  send(dead_, "behind it");
  close();
  JournalCheck checked = check();
  EXPECT_TRUE(checked.intact());
  EXPECT_EQ(checked.snapshot, 1u);
  EXPECT_EQ(checked.state.fact_count(), 1u);
  EXPECT_EQ(checked.live_count, 13u);
  EXPECT_GT(checked.live_bytes, 12 * kLarge);
  EXPECT_EQ(checked.state.names().text(orders_), "orders");
  EXPECT_EQ(checked.state.queues()[1].message_count, 12);
}

TEST_F(JournalCheckTest, ADamagedSnapshotFallsBackToTheOneBefore) {
  send(orders_, "a");
  snapshot();
  send(orders_, "b");
  snapshot();
  send(orders_, "c");
  close();
  harm(snapshot_path(2), 4096 + 40);
  const JournalCheck checked = check();
  EXPECT_EQ(checked.snapshot, 1u);
  EXPECT_EQ(checked.state.fact_count(), 2u);
  EXPECT_EQ(checked.live_count, 3u);
  ASSERT_EQ(checked.findings.size(), 1u);
  EXPECT_EQ(checked.findings[0].damage.kind, DamageKind::kSnapshot);
  EXPECT_TRUE(effects(checked.findings[0], checked.state.names()).empty());
}

TEST_F(JournalCheckTest, AContentThatIsDamagedBeforeTheSnapshotCostsItsMessageOnly) {
  send(orders_, "before");
  const uint64_t offset = 4096 + session_->owner().tail().value;
  send_large(dead_, 1);
  send(orders_, "after");
  snapshot();
  close();
  harm(journal_.segment(1), offset + 1000);
  const JournalCheck checked = check();
  ASSERT_EQ(checked.findings.size(), 1u);
  EXPECT_EQ(checked.findings[0].damage.offset, offset);
  EXPECT_EQ(checked.lost.size(), 1u);
  EXPECT_EQ(effects(checked.findings[0], checked.state.names()),
            std::vector<std::string>{"1 message of dead cannot be read"});
}

TEST_F(JournalCheckTest, TheSameDamageBehindTheSnapshotCostsFacts) {
  snapshot();
  send(orders_, "before");
  const uint64_t offset = 4096 + session_->owner().tail().value;
  send_large(dead_, 1);
  send(orders_, "after");
  close();
  harm(journal_.segment(1), offset + 1000);
  const JournalCheck checked = check();
  ASSERT_EQ(checked.findings.size(), 1u);
  EXPECT_EQ(checked.live_count, 2u);
  EXPECT_EQ(effects(checked.findings[0], checked.state.names()),
            (std::vector<std::string>{
                "1 message was sent or moved there",
                "sent there, as far as the damaged bytes tell: 1 message to dead",
                "what else happened there is not known: deleted messages may be back"}));
}

TEST_F(JournalCheckTest, ARemovedSegmentIsNoDamageWhenNothingInItLives) {
  remove(orders_, send_large(orders_, 20));
  send(orders_, "kept");
  snapshot();
  close();
  std::filesystem::remove(journal_.segment(1));
  const JournalCheck checked = check();
  EXPECT_TRUE(checked.intact());
  EXPECT_EQ(checked.inspection.missing_segment_count, 1u);
}

TEST_F(JournalCheckTest, ARemovedSegmentThatMessagesNeedIsDamage) {
  send(dead_, "also there");
  send_large(orders_, 20);
  snapshot();
  close();
  std::filesystem::remove(journal_.segment(1));
  const JournalCheck checked = check();
  ASSERT_EQ(checked.findings.size(), 1u);
  const Finding& finding = checked.findings[0];
  EXPECT_EQ(finding.damage.kind, DamageKind::kSegmentMissing);
  EXPECT_EQ(finding.damage.path, journal_.segment(1));
  EXPECT_EQ(checked.lost.size(), finding.contents_lost.at(orders_) + 1);
  EXPECT_EQ(finding.contents_lost.at(dead_), 1u);
  EXPECT_EQ(finding.contents_lost.at(orders_), 9u);
}

TEST_F(JournalCheckTest, ARelocatedMessageIsLookedForWhereItIsNow) {
  engine::MessageSent sent;
  sent.queue = orders_;
  sent.message = send(orders_, "to be moved");
  sent.content = "moved";
  send_large(dead_, 20);
  std::string record_of_it;
  engine::encode_fact(sent, kNow, record_of_it);
  record({engine::MessageRelocated{sent.message, record_of_it}});
  snapshot();
  close();
  std::filesystem::remove(journal_.segment(1));
  const JournalCheck checked = check();
  ASSERT_EQ(checked.findings.size(), 1u);
  EXPECT_FALSE(checked.findings[0].contents_lost.contains(orders_));
  EXPECT_TRUE(checked.findings[0].contents_lost.contains(dead_));
}

TEST_F(JournalCheckTest, FactsOfANewerProgramAreNamed) {
  append({std::string("\xC8 something new")});
  const uint64_t offset = 4096 + session_->owner().positions().front().value;
  close();
  const JournalCheck checked = check();
  ASSERT_EQ(checked.findings.size(), 1u);
  EXPECT_EQ(checked.findings[0].damage.offset, offset);
  EXPECT_NE(checked.findings[0].damage.what.find("type 200"), std::string::npos);
}

TEST_F(JournalCheckTest, MessagesWithoutContentAreDeletedByTheOwner) {
  send_large(orders_, 20);
  send(dead_, "kept");
  snapshot();
  close();
  std::filesystem::remove(journal_.segment(1));
  const size_t lost = check().lost.size();
  ASSERT_GT(lost, 0u);
  const auto deleted = delete_lost_messages(files_, env::system_clock(), journal_.path(), nullptr);
  ASSERT_TRUE(deleted.ok());
  EXPECT_EQ(deleted->messages.size(), lost);
  const JournalCheck after = check();
  EXPECT_TRUE(after.intact());
  EXPECT_EQ(after.live_count, 21 - lost);
}

TEST_F(JournalCheckTest, NothingIsDeletedWhileAnotherOwnsTheJournal) {
  send(orders_, "kept");
  const auto refused = delete_lost_messages(files_, env::system_clock(), journal_.path(), nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("another process"), std::string::npos);
}

}  // namespace
}  // namespace forebay::cli
