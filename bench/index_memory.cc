// SPDX-License-Identifier: Apache-2.0
// What a queued message costs in memory, and what the engine's operations cost with many of them.
//
//   index_memory [messages, default 1000000] [name of a case]...
//
// Fills an engine through decide and apply, as a shard does, but without journal and server; each
// case in a process of its own, so that none finds memory another gave back. All FIFO sends fall
// within one deduplication window, which is the most memory they can take.
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/engine.h"

namespace forebay::engine {
namespace {

struct Case {
  const char* name;
  bool fifo;
  uint64_t queues;
  uint64_t groups;  // in each queue; 0: none
};

constexpr Case kCases[] = {
    {"standard-1-queue", false, 1, 0},
    {"standard-10000-queues", false, 10'000, 0},
    {"standard-100000-tenants", false, 1, 100'000},
    {"standard-1000000-tenants", false, 1, 1'000'000},
    {"fifo-1-group", true, 1, 1},
    {"fifo-100000-groups", true, 1, 100'000},
    {"fifo-1000000-groups", true, 1, 1'000'000},
    {"fifo-10000-queues", true, 10'000, 10},
};
/// Queues only: memory is per queue then.
constexpr uint64_t kEmptyQueues = 100'000;
/// Messages that are received and deleted, at most.
constexpr uint64_t kDrained = 1'000'000;

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Of this thread: time during which the kernel gave the processor to others does not count.
int64_t processor_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Times calls one by one: on average by the wall clock, which is quick to read, the slow ones by
/// processor time, together with the little that happened since the call before.
class Stopwatch {
 public:
  template <class Call>
  void time(Call&& call) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    const int64_t took = (std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds(1);
    ++calls_;
    const int64_t processor = processor_ns();
    const int64_t worked = std::min(took, processor - std::exchange(processor_ns_, processor));
    if (worked >= kSlowNs) ++slow_;
    if (worked > slowest_ns_) {
      slowest_ns_ = worked;
      slowest_call_ = calls_;
    }
    sum_ns_ += took;
  }
  int64_t mean_ns() const { return calls_ == 0 ? 0 : sum_ns_ / calls_; }
  int64_t slowest_us() const { return slowest_ns_ / 1000; }
  /// Its number. What a structure does when it grows, it does at the same call in each run; what
  /// other processes cause comes anywhere.
  int64_t slowest_call() const { return slowest_call_; }
  int64_t slow() const { return slow_; }

 private:
  static constexpr int64_t kSlowNs = 100'000;
  int64_t calls_ = 0;
  int64_t sum_ns_ = 0;
  int64_t slowest_ns_ = 0;
  int64_t slowest_call_ = 0;
  int64_t slow_ = 0;
  int64_t processor_ns_ = processor_ns();
};

class Load {
 public:
  explicit Load(const Case& what) : case_(what) {
    apply({*engine_.decide_shard(Bytes16{7, 1, 3})});
    for (uint64_t i = 0; i < what.queues; ++i) {
      CreateQueue create;
      create.address = {"us-east-1", "000000000000",
                        fmt::format("queue-number-{}{}", i, what.fifo ? ".fifo" : "")};
      if (what.fifo) create.attributes.fifo_queue = true;
      Facts facts;
      CHECK(engine_.decide(create, now_, facts).ok());
      apply(facts);
      queues_.push_back(*engine_.find(create.address));
    }
  }

  void send(uint64_t number) {
    SendEntry entry;
    entry.message_id = Bytes16{1};
    std::memcpy(entry.message_id.data(), &number, sizeof number);
    if (case_.groups > 0) {  // as long as a UUID
      const uint64_t group = number / case_.queues % case_.groups;
      entry.message_group_id = fmt::format("customer-00000000-0000-4000-{:08}", group);
    }
    if (case_.fifo) entry.message_deduplication_id = fmt::format("order-{}", number);
    if (number % 100 == 0) now_ = now_ + 1;
    const QueueId queue = queues_[number % queues_.size()];
    sends_.time([&] {
      CHECK(engine_.decide_send(queue, entry, false, now_, facts_).ok());
      apply_all();
    });
  }

  /// Receives up to ten messages and deletes them; the number of those.
  uint64_t receive_and_delete(uint64_t turn) {
    const QueueId queue = queues_[turn % queues_.size()];
    ReceiveMessages request;
    request.max_number_of_messages = 10;
    std::vector<Delivery> deliveries;
    receives_.time([&] {
      Result<ReceiveDecision> decision =
          engine_.decide_receive(queue, request, false, now_, facts_);
      CHECK(decision.ok());
      deliveries = std::move(decision->deliveries);
      apply_all();
    });
    for (const Delivery& each : deliveries) {
      deletes_.time([&] {
        CHECK(engine_.decide_delete(queue, each.receipt_handle, now_, facts_).ok());
        apply_all();
      });
    }
    return deliveries.size();
  }

  const Stopwatch& sends() const { return sends_; }
  const Stopwatch& receives() const { return receives_; }
  const Stopwatch& deletes() const { return deletes_; }

 private:
  void apply_all() {
    apply(facts_);
    facts_.clear();
  }
  void apply(const Facts& facts) {
    for (const Fact& fact : facts) {
      engine_.apply(fact, now_, {position_, kRecordBytes});
      position_ = position_ + kRecordBytes;
    }
    engine_.take_released();
  }

  static constexpr uint32_t kRecordBytes = 1100;
  const Case& case_;
  Engine engine_;
  WallMs now_{1'700'000'000'000};
  LogPosition position_;
  Facts facts_;
  std::vector<QueueId> queues_;
  Stopwatch sends_;
  Stopwatch receives_;
  Stopwatch deletes_;
};

void run(const Case& what, uint64_t messages) {
  const uint64_t before = resident_bytes();
  Load load(what);
  for (uint64_t i = 0; i < messages; ++i) load.send(i);
  const double bytes = static_cast<double>(resident_bytes() - before);
  uint64_t drained = 0;
  for (uint64_t turn = 0; drained < std::min(messages, kDrained); ++turn) {
    drained += load.receive_and_delete(turn);
  }
  fmt::print("{:<26} {:>9} {:>8.1f} {:>8} {:>12} {:>9} {:>10} {:>12} {:>10} {:>10}\n", what.name,
             messages, bytes / static_cast<double>(messages), load.sends().mean_ns(),
             load.sends().slowest_us(), load.sends().slowest_call(), load.sends().slow(),
             load.receives().mean_ns(), load.deletes().mean_ns(),
             std::max(load.receives().slowest_us(), load.deletes().slowest_us()));
}

void run_empty_queues(bool fifo) {
  const uint64_t before = resident_bytes();
  const Case what{"", fifo, kEmptyQueues, 0};
  const Load load(what);
  fmt::print("{} empty {} queues: {} bytes each\n", kEmptyQueues, fifo ? "FIFO" : "standard",
             (resident_bytes() - before) / kEmptyQueues);
}

/// In a process of its own, one after the other.
template <class Call>
void in_child(Call&& call) {
  std::fflush(stdout);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    call();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(int argc, char** argv) {
  const uint64_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::vector<std::string> wanted(argv + std::min(argc, 2), argv + argc);
  fmt::print("{:<26} {:>9} {:>8} {:>8} {:>12} {:>9} {:>10} {:>12} {:>10} {:>10}\n", "case",
             "messages", "bytes", "send ns", "slowest us", "at call", ">=100 us", "receive10 ns",
             "delete ns", "slowest us");
  for (const Case& each : kCases) {
    if (!wanted.empty() && std::ranges::find(wanted, each.name) == wanted.end()) continue;
    in_child([&] { run(each, messages); });
  }
  if (!wanted.empty()) return 0;
  in_child([] { run_empty_queues(false); });
  in_child([] { run_empty_queues(true); });
  return 0;
}

}  // namespace
}  // namespace forebay::engine

int main(int argc, char** argv) {
  return forebay::engine::main(argc, argv);
}
