// SPDX-License-Identifier: Apache-2.0
// Several queues share slots: whole consumers against the whole server, on virtual time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <forebay/sqs/priority_consumer.h>
#include <forebay/testing/server.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "consumer/priority_core.h"
#include "consumer/testing/fake_queue.h"
#include "consumer/testing/server_consumer.h"

namespace forebay::sqs {
namespace {

using forebay::testing::Fault;
using forebay::testing::Server;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::client_of;

// ---- Against the server ----

/// A priority consumer of a server's queues, on one virtual time with it; handlers note bodies.
class Rig final : public testing::ServerRig {
 public:
  Rig(Server& server, std::vector<PriorityQueue> queues, PriorityConsumerOptions options = {})
      : ServerRig(server) {
    options.queues = std::move(queues);
    if (std::holds_alternative<std::monostate>(options.consumer.handler)) {
      options.consumer.handler = Handler([this](Delivery& d) -> Outcome {
        handled.emplace_back(d.body());
        if (d.receive_count() != 1) ++redelivered;
        return Ack{};
      });
    }
    options.consumer.settle.linger = milliseconds(0);
    EXPECT_TRUE(detail::check_options(options).ok());
    core = std::make_unique<detail::PriorityCore>(
        options, parts(), [this](StopReport how) { stopped.push_back(how); });
    core->start();
    run_calls();
  }
  ~Rig() {
    core->abort();
    wait_for_calls();
    core->close();
  }

  /// One handler after the other, until `count` have run.
  void handle(size_t count) {
    const size_t until = handled.size() + count;
    while (handled.size() < until && run_job()) run_calls();
  }
  std::map<char, int> counts() const {
    std::map<char, int> counts;
    for (const std::string& body : handled) ++counts[body[0]];
    return counts;
  }
  std::string letters() const {
    std::string letters;
    for (const std::string& body : handled) letters.push_back(body[0]);
    return letters;
  }

  std::vector<std::string> handled;
  int redelivered = 0;
  std::unique_ptr<detail::PriorityCore> core;
};

/// Sends "h1" ... for the queue "high", and so on.
void send(Server& server, Client& client, const std::string& queue, int count) {
  for (int i = 0; i < count; ++i) {
    const auto sent = client.send_message({.queue_url = server.queue_url(queue),
                                           .message_body = queue.substr(0, 1) + std::to_string(i)});
    ASSERT_TRUE(sent.ok()) << sent.error();
  }
}

std::vector<PriorityQueue> urls(const Server& server, const std::vector<std::string>& names,
                                const std::vector<size_t>& weights = {}) {
  std::vector<PriorityQueue> queues;
  for (const std::string& name : names) queues.push_back({.queue_url = server.queue_url(name)});
  for (size_t i = 0; i < weights.size(); ++i) queues[i].weight = weights[i];
  return queues;
}

const std::vector<std::string> kThree = {"high", "normal", "low"};

forebay::testing::ServerOptions three_queues() {
  return {.queues = {{.name = "high"}, {.name = "normal"}, {.name = "low"}}};
}

PriorityConsumerOptions strictly(size_t slots,
                                 StarvationLimits limits = {.one_in = 0, .wait_max = {}}) {
  return {.starvation = limits, .consumer = {.concurrency = slots}};
}

PriorityConsumerOptions by_weight(size_t slots) {
  return {.policy = PriorityPolicy::kWeighted, .consumer = {.concurrency = slots}};
}

TEST(Priorities, StrictlyTheHigherQueueIsEmptiedFirst) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : kThree) send(server, sender, queue, 12);
  Rig rig(server, urls(server, kThree), strictly(2));
  // Nothing is taken from lower queues meanwhile: others can have it.
  EXPECT_EQ(server.message_count("high").not_visible, 2);
  EXPECT_EQ(server.message_count("normal").visible, 12);
  EXPECT_EQ(server.message_count("low").visible, 12);
  rig.handle(9);
  EXPECT_EQ(server.message_count("low").visible, 12);
  rig.run();
  EXPECT_EQ(rig.letters(), std::string(12, 'h') + std::string(12, 'n') + std::string(12, 'l'));
}

TEST(Priorities, AMessageOfAHigherQueueGetsTheNextSlot) {
  Server server(three_queues());
  Client sender = client_of(server);
  send(server, sender, "low", 30);
  Rig rig(server, urls(server, kThree), strictly(3));
  rig.handle(5);
  send(server, sender, "high", 1);
  send(server, sender, "normal", 2);
  rig.run_calls();
  // Three of "low" are in handlers, and no other of it is here.
  EXPECT_EQ(server.message_count("low").not_visible, 3);
  rig.handle(6);
  EXPECT_EQ(rig.letters(), "llllllllhnn");
  rig.run();
  EXPECT_EQ(rig.counts(), (std::map<char, int>{{'h', 1}, {'l', 30}, {'n', 2}}));
}

TEST(Priorities, NoQueueStarvesByCount) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : kThree) send(server, sender, queue, 30);
  Rig rig(server, urls(server, kThree), strictly(1, {.one_in = 5, .wait_max = milliseconds(0)}));
  rig.handle(21);
  EXPECT_EQ(rig.letters(), "hhhhnlhhhnlhhhnlhhhnl");
}

TEST(Priorities, NoQueueStarvesByTime) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : {"high", "low"}) send(server, sender, queue, 30);
  Rig rig(server, urls(server, kThree), strictly(1, {.one_in = 0, .wait_max = seconds(10)}));
  rig.handle(9);
  rig.pass(seconds(10));
  rig.handle(3);
  rig.pass(seconds(10));
  rig.handle(3);
  // The one that runs when time is over had its slot before.
  EXPECT_EQ(rig.letters(), "hhhhhhhhhhlhhlh");
}

TEST(Priorities, SharesFollowTheWeights) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : kThree) send(server, sender, queue, 60);
  Rig rig(server, urls(server, kThree, {3, 2, 1}), by_weight(6));
  rig.handle(90);
  EXPECT_EQ(rig.counts(), (std::map<char, int>{{'h', 45}, {'n', 30}, {'l', 15}}));
}

TEST(Priorities, AnIdleQueuesShareGoesToTheOthers) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : {"high", "low"}) send(server, sender, queue, 60);
  Rig rig(server, urls(server, kThree, {3, 2, 1}), by_weight(4));
  rig.handle(40);
  EXPECT_EQ(rig.counts(), (std::map<char, int>{{'h', 30}, {'l', 10}}));
  rig.run();
  EXPECT_EQ(rig.counts(), (std::map<char, int>{{'h', 60}, {'l', 60}}));
}

TEST(Priorities, NoSlotIsIdleWhileAnyQueueHasMessages) {
  Server server(three_queues());
  Client sender = client_of(server);
  Rig rig(server, urls(server, kThree), strictly(8));
  EXPECT_EQ(server.parked_count(), 3u);  // a poll for each, in spite of one set of slots
  send(server, sender, "low", 20);
  rig.run_calls();
  EXPECT_EQ(rig.workers.jobs.size(), 8u);
  for (size_t left = 19; left > 0; --left) {
    rig.handle(1);
    ASSERT_EQ(rig.workers.jobs.size(), std::min<size_t>(left, 8));
  }
}

TEST(Priorities, ParkedPollsBringFewWhenAllWakeAtOnce) {
  Server server(three_queues());
  Client sender = client_of(server);
  Rig rig(server, urls(server, kThree), strictly(2));
  for (const std::string& queue : kThree) send(server, sender, queue, 10);
  rig.run_calls();
  EXPECT_EQ(rig.workers.jobs.size(), 2u);
  for (const std::string& queue : kThree) {
    EXPECT_LE(server.message_count(queue).not_visible, 2) << queue;
  }
  rig.run();
  EXPECT_EQ(rig.handled.size(), 30u);
  EXPECT_EQ(rig.redelivered, 0);
}

TEST(Priorities, WhatComesOneByOneCostsOneReceiveEach) {
  Server server(three_queues());
  Client sender = client_of(server);
  Rig rig(server, urls(server, kThree), strictly(4));
  send(server, sender, "normal", 1);
  rig.run();
  const uint64_t before = server.request_count("ReceiveMessage");
  for (int i = 0; i < 20; ++i) {
    send(server, sender, "normal", 1);
    rig.run();
  }
  EXPECT_EQ(rig.handled.size(), 21u);
  EXPECT_EQ(server.request_count("ReceiveMessage") - before, 20u);
}

TEST(Priorities, FreeSlotsAreFetchedTogether) {
  Server server(three_queues());
  Client sender = client_of(server);
  send(server, sender, "high", 100);
  Rig rig(server, urls(server, kThree), strictly(20));
  for (int round = 0; round < 5; ++round) {
    while (rig.run_job()) {
    }
    rig.run_calls();
  }
  EXPECT_EQ(rig.handled.size(), 100u);
  const ConsumerStatistics high = rig.core->statistics()[0];
  EXPECT_EQ(high.received, 100u);
  EXPECT_LE(high.polls, 14u);
}

TEST(Priorities, AQueueThatDisappearsOrFailsStopsNoOther) {
  Server server(three_queues());
  Client sender = client_of(server);
  std::vector<std::string> told;
  PriorityConsumerOptions options = strictly(2);
  options.on_error = [&](std::string_view url, std::string_view what, const Error& error) {
    told.push_back(std::string(url.substr(url.rfind('/') + 1)) + " " + std::string(what) + ": " +
                   std::string(to_string(error.kind)));
  };
  Rig rig(server, urls(server, kThree), std::move(options));
  ASSERT_TRUE(sender.delete_queue({.queue_url = server.queue_url("high")}).ok());
  rig.pass(seconds(21));  // whatever was parked has ended
  send(server, sender, "normal", 10);
  rig.run_calls();
  send(server, sender, "low", 10);
  rig.run();
  EXPECT_EQ(rig.letters(), std::string(10, 'n') + std::string(10, 'l'));
  ASSERT_FALSE(told.empty());
  for (const std::string& line : told) EXPECT_EQ(line, "high poll: queue not found");
  // It is asked again now and then, and goes on when it is back.
  rig.pass(seconds(60));
  ASSERT_TRUE(sender.create_queue({.queue_name = "high"}).ok());
  send(server, sender, "high", 3);
  rig.pass(seconds(21));
  rig.run();
  EXPECT_EQ(rig.counts()['h'], 3);
}

TEST(Priorities, AReplyThatDoesNotComeHoldsUpNoOtherQueue) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : kThree) send(server, sender, queue, 5);
  server.inject(Fault::delay_reply(seconds(8)), 1, "ReceiveMessage");  // the one for "high"
  Rig rig(server, urls(server, kThree), strictly(4));
  EXPECT_EQ(rig.workers.jobs.size(), 0u);
  rig.pass(milliseconds(990));
  EXPECT_EQ(rig.workers.jobs.size(), 0u);
  rig.pass(milliseconds(10));
  rig.run();
  EXPECT_EQ(rig.counts(), (std::map<char, int>{{'h', 1}, {'l', 5}, {'n', 5}}));
  rig.advance(seconds(8));
  EXPECT_EQ(rig.counts()['h'], 5);
  EXPECT_EQ(rig.redelivered, 0);
}

TEST(Priorities, EachQueueHasItsOwnFiguresHandlerAndTimeout) {
  Server server(three_queues());
  Client sender = client_of(server);
  std::vector<PriorityQueue> queues = urls(server, {"high", "low"});
  std::vector<PendingDelivery> pending;
  queues[1].handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); });
  queues[1].visibility_timeout = seconds(600);
  Metrics metrics;
  PriorityConsumerOptions options = strictly(4);
  options.consumer.observer = &metrics;
  Rig rig(server, queues, std::move(options));
  send(server, sender, "high", 3);
  send(server, sender, "low", 1);
  rig.run();
  rig.advance(seconds(40));
  EXPECT_EQ(rig.letters(), "hhh");
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(metrics.count(server.queue_url("high"), Counter::kAcked), 3u);
  EXPECT_EQ(metrics.level(server.queue_url("low"), Level::kHandling), 1);
  EXPECT_EQ(rig.core->statistics()[1].running, 1u);
  EXPECT_EQ(rig.core->statistics()[1].extended, 0u);  // 600 s are not half over
  pending[0].complete(Ack{});
  rig.run();
  rig.pass(seconds(1));
  EXPECT_EQ(metrics.count(server.queue_url("low"), Counter::kAcked), 1u);
}

TEST(Priorities, MoreSlotsAreUsedAtOnceAndFewerAsTheyEnd) {
  Server server(three_queues());
  Client sender = client_of(server);
  send(server, sender, "low", 20);
  Rig rig(server, urls(server, kThree), strictly(2));
  EXPECT_EQ(rig.workers.jobs.size(), 2u);
  rig.core->set_slots(5);
  rig.run_calls();
  EXPECT_EQ(rig.workers.jobs.size(), 5u);
  EXPECT_EQ(rig.workers.threads_max, 5u);
  rig.core->set_slots(1);
  rig.run_calls();
  EXPECT_EQ(rig.workers.jobs.size(), 5u);
  rig.handle(5);
  EXPECT_EQ(rig.workers.jobs.size(), 1u);
}

TEST(Priorities, AStopHandlesWhatIsHereAndRepeatsNothing) {
  Server server(three_queues());
  Client sender = client_of(server);
  Rig rig(server, urls(server, kThree), strictly(2));
  for (const std::string& queue : kThree) send(server, sender, queue, 10);
  rig.run_calls();
  rig.handle(3);
  rig.core->request_stop();
  rig.run();
  rig.pass(seconds(21));  // parked polls end
  rig.run();
  ASSERT_EQ(rig.stopped.size(), 1u);
  EXPECT_TRUE(rig.stopped[0].clean);
  for (const std::string& queue : kThree) {
    EXPECT_EQ(server.message_count(queue).not_visible, 0) << queue;
  }
  Rig next(server, urls(server, kThree), strictly(2));
  next.run();
  EXPECT_EQ(rig.handled.size() + next.handled.size(), 30u);
  EXPECT_EQ(next.redelivered, 0);
}

TEST(Priorities, AStopIsOverWhenEachQueueHasStopped) {
  Server server(three_queues());
  Client sender = client_of(server);
  std::vector<PendingDelivery> pending;
  std::vector<PriorityQueue> queues = urls(server, kThree);
  queues[2].handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); });
  send(server, sender, "low", 1);
  {
    Rig rig(server, queues, strictly(2));
    rig.run();
    rig.core->request_stop();
    rig.pass(seconds(21));
    EXPECT_EQ(rig.stopped.size(), 0u);
    ASSERT_EQ(pending.size(), 1u);
    pending[0].complete(Retry{.after = seconds(0)});
    rig.run();
    ASSERT_EQ(rig.stopped.size(), 1u);
    EXPECT_TRUE(rig.stopped[0].clean);
  }
  Rig rig(server, queues, strictly(2));
  rig.run();
  ASSERT_EQ(pending.size(), 2u);
  rig.core->abort();
  rig.run_calls();
  ASSERT_EQ(rig.stopped.size(), 1u);
  EXPECT_FALSE(rig.stopped[0].clean);
  EXPECT_EQ(rig.stopped[0].handlers_left, 1u);
  pending.clear();
}

TEST(Priorities, FifoQueuesKeepTheirGroupsInOrder) {
  Server server({.queues = {{.name = "high.fifo"}, {.name = "low.fifo"}}});
  Client sender = client_of(server);
  for (const char* queue : {"high.fifo", "low.fifo"}) {
    for (int i = 0; i < 6; ++i) {
      const std::string body = std::string(1, *queue) + std::to_string(i);
      ASSERT_TRUE(sender
                      .send_message({.queue_url = server.queue_url(queue),
                                     .message_body = body,
                                     .message_deduplication_id = body,
                                     .message_group_id = i % 2 == 0 ? "even" : "odd"})
                      .ok());
    }
  }
  Rig rig(server, urls(server, {"high.fifo", "low.fifo"}), strictly(3));
  rig.advance(seconds(1));
  std::map<std::string, std::string> groups;
  for (const std::string& body : rig.handled) {
    groups[body.substr(0, 1) + ((body[1] - '0') % 2 == 0 ? "even" : "odd")].push_back(body[1]);
  }
  EXPECT_EQ(groups, (std::map<std::string, std::string>{
                        {"heven", "024"}, {"hodd", "135"}, {"leven", "024"}, {"lodd", "135"}}));
}

// ---- With answers of the test's ----

/// Queues "http://queue/a" and so on, each poll of which the test answers.
class FakeRig {
 public:
  FakeRig(int queues, PriorityConsumerOptions options, const std::string& suffix = {}) {
    for (int i = 0; i < queues; ++i) {
      options.queues.push_back(
          {.queue_url = "http://queue/" + std::string(1, static_cast<char>('a' + i)) + suffix});
    }
    options.consumer.settle.linger = milliseconds(0);
    options.consumer.handler = Handler([](Delivery&) -> Outcome { return Ack{}; });
    core = std::make_unique<detail::PriorityCore>(
        options, detail::ConsumerParts{queue, executor, workers, clock, fine_clock, random},
        [this](StopReport how) { stopped.push_back(how); });
    core->start();
    executor.run_posted();
  }
  ~FakeRig() {
    core->abort();
    executor.run_posted();
    core->close();
  }

  /// To the poll that has waited longest.
  void give(int count) {
    std::vector<Message> messages;
    for (int i = 0; i < count; ++i) messages.push_back(testing::message(std::to_string(i)));
    queue.give(std::move(messages));
    executor.run_posted();
  }
  void run_job() {
    const auto job = std::move(workers.jobs.front());
    workers.jobs.pop_front();
    job();
    executor.run_posted();
  }
  void refuse(ErrorKind kind) {
    queue.refuse(kind);
    executor.run_posted();
  }
  void advance(milliseconds span) {
    clock.ms += span.count();
    executor.advance(span.count());
    executor.run_posted();
  }
  /// The queues that are asked, the one that has waited longest first: "abc".
  std::string asked_queues() const {
    std::string letters;
    for (const auto& poll : queue.polls) letters.push_back(poll.request.queue_url.back());
    return letters;
  }

  testing::FakeQueue queue;
  testing::FakeWorkers workers;
  testing::FakeClock clock;
  testing::FakeFineClock fine_clock{clock};
  testing::FakeRandom random;
  env::PumpedExecutor executor;
  std::vector<StopReport> stopped;
  std::unique_ptr<detail::PriorityCore> core;
};

TEST(Priorities, SlotsThatBroughtNoMessageAreNotCountedAsAShare) {
  FakeRig rig(2, by_weight(8));
  ASSERT_EQ(rig.queue.asked(), (std::vector<int>{4, 4}));
  std::swap(rig.queue.polls[0], rig.queue.polls[1]);
  rig.give(4);  // to "b"
  rig.give(1);  // to "a", as AWS answers short polls: not all that is there
  ASSERT_EQ(rig.queue.asked(), std::vector<int>{3});
  EXPECT_EQ(rig.queue.polls[0].request.queue_url, "http://queue/a");
}

TEST(Priorities, SlotsThatBecomeFreeDuringAFetchAreFetchedTogether) {
  FakeRig rig(1, strictly(4));
  rig.give(4);
  EXPECT_EQ(rig.queue.asked(), std::vector<int>{});
  for (int i = 0; i < 3; ++i) {
    rig.run_job();
    EXPECT_EQ(rig.queue.asked(), std::vector<int>{1});
  }
  rig.give(1);
  EXPECT_EQ(rig.queue.asked(), std::vector<int>{2});
}

TEST(Priorities, OptionsThatCannotWorkAreRefusedByName) {
  const auto problem = [](PriorityConsumerOptions options) {
    options.consumer.handler = Handler([](Delivery&) -> Outcome { return Ack{}; });
    const Result<void> checked = detail::check_options(options);
    return checked.ok() ? std::string() : checked.error().message;
  };
  EXPECT_EQ(problem({.queues = {{.queue_url = "a"}, {.queue_url = "b"}}}), "");
  EXPECT_EQ(problem({}), "queues must be 1 to 100.");
  EXPECT_EQ(problem({.queues = {{.queue_url = "a"}, {.queue_url = "a"}}}),
            "The queue a is given twice.");
  EXPECT_EQ(problem({.queues = {{.queue_url = "a", .weight = 0}}}), "weight must be 1 to 1,000.");
  EXPECT_EQ(problem({.queues = {{.queue_url = "a", .visibility_timeout = seconds(1)}}}),
            "lease.visibility_timeout must be 2 s to 12 h.");
  EXPECT_EQ(problem({.queues = {{.queue_url = "a"}}, .starvation = {.wait_max = seconds(-1)}}),
            "wait_max must be 0 or more.");
}

// ---- A consumer that ends by itself ----

TEST(PriorityEnd, TheMessagesOfAllQueuesAreAddedUp) {
  Server server(three_queues());
  Client sender = client_of(server);
  for (const std::string& queue : kThree) send(server, sender, queue, 10);
  PriorityConsumerOptions options = strictly(4);
  options.consumer.end.messages_max = 14;
  Rig rig(server, urls(server, kThree), std::move(options));
  rig.advance(seconds(3));
  EXPECT_EQ(rig.letters(), std::string(10, 'h') + std::string(4, 'n'));
  ASSERT_EQ(rig.stopped.size(), 1u);
  EXPECT_TRUE(rig.stopped[0].clean);
  for (const std::string& queue : kThree) {
    EXPECT_EQ(server.message_count(queue).not_visible, 0) << queue;
  }
}

TEST(PriorityEnd, NoMoreAreAskedForThanAreLeftWhateverComes) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    uint64_t state = seed;
    const auto below = [&](uint64_t limit) {
      state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      return (state >> 33) % limit;
    };
    PriorityConsumerOptions options = seed % 2 == 0 ? strictly(4) : by_weight(4);
    options.consumer.end.messages_max = 30;
    FakeRig rig(3, std::move(options));
    int received = 0;
    while (rig.stopped.empty()) {
      const std::vector<int> asked = rig.queue.asked();
      ASSERT_LE(received + std::accumulate(asked.begin(), asked.end(), 0), 30) << seed;
      ASSERT_TRUE(!asked.empty() || !rig.workers.jobs.empty()) << seed;
      if (!asked.empty() && (rig.workers.jobs.empty() || below(2) == 0)) {
        std::swap(rig.queue.polls[0], rig.queue.polls[below(asked.size())]);
        const int count = static_cast<int>(below(rig.queue.asked()[0] + 1));
        received += count;
        rig.give(count);
      } else {
        rig.run_job();
      }
    }
    EXPECT_EQ(received, 30) << seed;
    EXPECT_TRUE(rig.stopped[0].clean) << seed;
  }
}

TEST(PriorityEnd, QueuesShareTheLastMessageInTurn) {
  PriorityConsumerOptions options = strictly(4);
  options.consumer.end.messages_max = 1;
  FakeRig rig(3, std::move(options));
  std::string order;
  for (int i = 0; i < 9; ++i) {
    ASSERT_EQ(rig.queue.asked(), std::vector<int>{1});
    order += rig.asked_queues();
    const seconds wait = *rig.queue.polls[0].request.wait_time_seconds;
    EXPECT_EQ(wait, seconds(i < 3 ? 0 : 1));
    rig.give(0);
  }
  EXPECT_EQ(order, "abcabcabc");
  rig.give(1);
  rig.run_job();
  EXPECT_EQ(rig.stopped.size(), 1u);
}

TEST(PriorityEnd, WhatALostAnswerMayHaveBroughtIsAskedOfNoOtherQueue) {
  PriorityConsumerOptions options = strictly(4);
  options.consumer.end.messages_max = 3;
  FakeRig rig(2, std::move(options), ".fifo");
  ASSERT_EQ(rig.queue.asked(), std::vector<int>{3});
  const std::string url = rig.queue.polls[0].request.queue_url;
  rig.refuse(ErrorKind::kTimeout);
  EXPECT_EQ(rig.queue.asked(), std::vector<int>{});
  rig.advance(seconds(1));
  ASSERT_EQ(rig.queue.asked(), std::vector<int>{3});
  EXPECT_EQ(rig.queue.polls[0].request.queue_url, url);
  rig.give(2);
  ASSERT_EQ(rig.queue.asked(), std::vector<int>{1});
  rig.refuse(ErrorKind::kAuth);  // nothing was received: another queue may bring it
  EXPECT_EQ(rig.asked_queues(), "o");
  EXPECT_EQ(rig.queue.polls[0].request.queue_url, "http://queue/b.fifo");
}

TEST(PriorityEnd, WhenEveryQueueIsEmptyAndNothingIsInHand) {
  Server server(three_queues());
  Client sender = client_of(server);
  std::vector<PriorityQueue> queues = urls(server, kThree);
  std::vector<PendingDelivery> pending;
  queues[2].handler = AsyncHandler([&](PendingDelivery d) { pending.push_back(std::move(d)); });
  for (const std::string& queue : kThree) send(server, sender, queue, 1);
  PriorityConsumerOptions options = strictly(4);
  options.consumer.end.when_empty = true;
  Rig rig(server, queues, std::move(options));
  rig.advance(seconds(100));
  EXPECT_EQ(rig.stopped.size(), 0u);
  send(server, sender, "high", 1);  // each is asked as long as something is in hand
  rig.run();
  EXPECT_EQ(rig.letters(), "hnh");
  ASSERT_EQ(pending.size(), 1u);
  pending[0].complete(Ack{});
  rig.run();
  EXPECT_EQ(rig.stopped.size(), 0u) << "the polls under way may still bring something";
  rig.advance(seconds(21));
  ASSERT_EQ(rig.stopped.size(), 1u);
  EXPECT_TRUE(rig.stopped[0].clean);
}

TEST(PriorityEnd, AQueueThatFoundNothingWaitsForTheOthersUnlessTheyBringSomething) {
  PriorityConsumerOptions options = strictly(4);
  options.consumer.end.when_empty = true;
  FakeRig rig(2, std::move(options));
  rig.give(0);
  ASSERT_EQ(rig.asked_queues(), "ab");
  rig.give(0);
  EXPECT_EQ(rig.asked_queues(), "b");
  rig.give(0);
  EXPECT_EQ(rig.asked_queues(), "b");  // now by a long poll
  rig.give(1);
  EXPECT_EQ(rig.asked_queues(), "ab");
  rig.run_job();
  EXPECT_EQ(rig.asked_queues(), "ab");
  rig.give(0);
  EXPECT_EQ(rig.asked_queues(), "b");
  EXPECT_EQ(rig.stopped.size(), 0u);
  rig.give(0);
  EXPECT_EQ(rig.asked_queues(), "");
  EXPECT_EQ(rig.stopped.size(), 1u);
}

TEST(PriorityEnd, WhatIsInHandIsWaitedForWhenNoSlotIsFreeToLookAgain) {
  PriorityConsumerOptions options = strictly(2);
  options.consumer.end.when_empty = true;
  FakeRig rig(2, std::move(options));
  while (rig.workers.jobs.empty()) rig.give(rig.asked_queues() == "b" ? 1 : 0);
  ASSERT_EQ(rig.asked_queues(), "ab");
  rig.core->set_slots(1);
  rig.give(0);
  rig.give(0);
  EXPECT_EQ(rig.asked_queues(), "");
  EXPECT_EQ(rig.stopped.size(), 0u);
  rig.run_job();
  while (!rig.queue.polls.empty()) rig.give(0);
  EXPECT_EQ(rig.stopped.size(), 1u);
}

TEST(PriorityEnd, AQueueThatFailsIsNotEmptyAndTheOthersGoOn) {
  Server server(three_queues());
  Client sender = client_of(server);
  ASSERT_TRUE(sender.delete_queue({.queue_url = server.queue_url("low")}).ok());
  PriorityConsumerOptions options = strictly(4);
  options.consumer.end.when_empty = true;
  Rig rig(server, urls(server, kThree), std::move(options));
  rig.advance(seconds(100));
  EXPECT_EQ(rig.stopped.size(), 0u);
  send(server, sender, "high", 1);
  rig.run();
  EXPECT_EQ(rig.letters(), "h");
  ASSERT_TRUE(sender.create_queue({.queue_name = "low"}).ok());
  rig.advance(seconds(60));
  EXPECT_EQ(rig.stopped.size(), 1u);
}

// ---- Real threads ----

TEST(RealThreads, PriorityConsumersThatEndAreWaitedFor) {
  Server server(three_queues());
  Client client = client_of(server);
  for (const std::string& queue : kThree) send(server, client, queue, 10);
  std::atomic<int> handled = 0;
  const auto run = [&](EndOptions end) {
    auto consumer = PriorityConsumer::create(
        client, {.queues = urls(server, kThree),
                 .consumer = {.handler = Handler([&](Delivery&) -> Outcome {
                                ++handled;
                                return Ack{};
                              }),
                              .lease = {.visibility_timeout = hours(12)},
                              .end = end}});
    CHECK(consumer.ok());
    consumer->start();
    auto report = std::async(std::launch::async, [&] { return consumer->wait(); });
    while (report.wait_for(milliseconds(1)) != std::future_status::ready) {
      server.advance(seconds(1));
    }
    return report.get().clean;
  };
  EXPECT_TRUE(run({.messages_max = 17}));
  EXPECT_EQ(handled, 17);
  EXPECT_TRUE(run({.when_empty = true}));
  EXPECT_EQ(handled, 30);
}

TEST(RealThreads, PriorityConsumersAreRestartedUnderLoadAndRepeatNothing) {
  Server server(three_queues());
  Client client = client_of(server);
  std::mutex mu;
  std::map<std::string, int> handled;
  int redelivered = 0;
  PriorityConsumerOptions options{.queues = urls(server, kThree, {3, 2, 1}),
                                  .consumer = {.handler = Handler([&](Delivery& d) -> Outcome {
                                                 const std::lock_guard lock(mu);
                                                 ++handled[std::string(d.body())];
                                                 if (d.receive_count() != 1) ++redelivered;
                                                 return Ack{};
                                               }),
                                               .worker_threads_max = 4,
                                               .poll = {.wait_time = seconds(1)},
                                               .lease = {.visibility_timeout = hours(12)},
                                               .settle = {.linger = milliseconds(2)}}};
  for (int round = 0; round < 6; ++round) {
    options.policy = round % 2 == 0 ? PriorityPolicy::kStrict : PriorityPolicy::kWeighted;
    auto consumer = PriorityConsumer::create(client, options);
    ASSERT_TRUE(consumer.ok()) << consumer.error();
    consumer->start();
    for (int i = 0; i < 60; ++i) {
      const std::string body = std::to_string(round * 60 + i);
      ASSERT_TRUE(
          client.send_message({.queue_url = server.queue_url(kThree[i % 3]), .message_body = body})
              .ok());
    }
    if (round == 5) {
      for (const std::string& queue : kThree) {
        while (server.message_count(queue).total() > 0) server.advance(seconds(1));
      }
    }
    auto report = std::async(std::launch::async, [&] { return consumer->stop(); });
    while (report.wait_for(milliseconds(1)) != std::future_status::ready) {
      server.advance(seconds(1));
    }
    EXPECT_TRUE(report.get().clean);
  }
  EXPECT_EQ(handled.size(), 360u);
  EXPECT_EQ(redelivered, 0);
}

}  // namespace
}  // namespace forebay::sqs
