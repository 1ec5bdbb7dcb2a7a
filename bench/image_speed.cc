// SPDX-License-Identifier: Apache-2.0
// What an image costs: bytes a message, time of a piece, time to load.
//
//   image_speed [messages, default 10000000] [name of a case]...
//
// Fills an engine through apply, as a restart does, takes its image in pieces of 64 KiB, and loads
// it into a second engine. Each case runs in a process of its own, so that none finds memory
// another gave back.
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/engine.h"

namespace forebay::engine {
namespace {

struct Case {
  const char* name;
  bool fifo;
  uint32_t queues;
  uint32_t groups;  // in each queue; 0: none
  bool shuffled;    // slots taken in no order, as after long use
};

constexpr Case kCases[] = {
    {"standard-1-queue", false, 1, 0, false},
    {"standard-1-queue-shuffled", false, 1, 0, true},
    {"standard-10000-queues", false, 10'000, 0, false},
    {"standard-10000-queues-shuffled", false, 10'000, 0, true},
    {"standard-100000-tenants", false, 1, 100'000, false},
    {"fifo-100000-groups", true, 1, 100'000, false},
    {"fifo-100000-groups-shuffled", true, 1, 100'000, true},
};
constexpr size_t kPieceBytes = 64 << 10;
constexpr uint32_t kRecordBytes = 1100;
constexpr WallMs kStart(1'750'000'000'000);

/// Of this thread: time during which the kernel gave the processor to others does not count.
int64_t processor_us() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return at.tv_sec * 1'000'000 + at.tv_nsec / 1000;
}

int64_t peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void create_queues(const Case& each, Engine& engine) {
  engine.apply(ShardCreated{{1, 2, 3}}, kStart, {});
  QueueAttributes attributes;
  attributes.fifo_queue = each.fifo;
  for (uint32_t i = 1; i <= each.queues; ++i) {
    const QueueAddress address{"us-east-1", "000000000000", fmt::format("queue-{}", i)};
    engine.apply(QueueCreated{QueueId(i), address, attributes, {}}, kStart, {});
  }
}

/// Ten messages a millisecond.
WallMs fill(const Case& each, uint32_t count, Engine& engine) {
  std::vector<uint32_t> slots(count);
  std::iota(slots.begin(), slots.end(), 0);
  if (each.shuffled) std::ranges::shuffle(slots, std::mt19937(1));
  WallMs now = kStart;
  for (uint32_t i = 0; i < count; ++i) {
    now = kStart + i / 10;
    MessageSent sent;
    sent.queue = QueueId(1 + i % each.queues);
    sent.message = {Slot(slots[i]), MessageNumber(i + 1)};
    sent.sent = sent.visible_at = now;
    const std::string group = each.groups > 0 ? fmt::format("group-{}", i % each.groups) : "";
    sent.group = group;
    if (each.fifo) std::memcpy(sent.deduplication_key.data(), &sent.message.number, 8);
    engine.apply(sent, now, {LogPosition(uint64_t{i} * kRecordBytes), kRecordBytes - 8});
  }
  return now;
}

struct Image {
  std::vector<std::string> pieces;
  int64_t begin_us = 0;
  std::vector<int64_t> piece_us;
};

Image take(Engine& engine, WallMs now) {
  Image image;
  int64_t before = processor_us();
  engine.begin_image(now);
  image.begin_us = processor_us() - before;
  for (;;) {
    before = processor_us();
    std::string piece = engine.take_image_piece(kPieceBytes);
    image.piece_us.push_back(processor_us() - before);
    if (piece.empty()) break;
    image.pieces.push_back(std::move(piece));
  }
  std::ranges::sort(image.piece_us);
  return image;
}

void measure(const Case& each, uint32_t count) {
  auto engine = std::make_unique<Engine>();
  create_queues(each, *engine);
  const WallMs now = fill(each, count, *engine);
  const int64_t filled_mib = peak_mib();
  const Image image = take(*engine, now);
  uint64_t bytes = 0;
  for (const std::string& piece : image.pieces) bytes += piece.size();
  engine.reset();

  const int64_t begun = processor_us();
  Engine loaded;
  for (const std::string& piece : image.pieces) {
    if (!loaded.load_image_piece(piece).ok()) std::abort();
  }
  const int64_t read = processor_us();
  if (!loaded.finish_image().ok() || loaded.message_count() != count) std::abort();
  const int64_t finished = processor_us();
  const auto share = [&](size_t percent) {
    return image.piece_us[(image.piece_us.size() - 1) * percent / 100];
  };
  fmt::print(
      "{:<32}{:>7.1f} bytes a message; begin {} us, {} pieces: median {} us, p99 {} us, longest {} "
      "us; load {} ms = {} reading + {} building; engine {} MiB, peak {} MiB\n",
      each.name, static_cast<double>(bytes) / count, image.begin_us, image.pieces.size(), share(50),
      share(99), share(100), (finished - begun) / 1000, (read - begun) / 1000,
      (finished - read) / 1000, filled_mib, peak_mib());
}

bool wanted(const Case& each, int argc, char** argv) {
  return argc < 3 || std::any_of(
                         argv + 2, argv + argc,
                         [&](const char* name) { return std::string(name) == each.name; });
}

int run(int argc, char** argv) {
  const auto count = static_cast<uint32_t>(argc > 1 ? std::atoi(argv[1]) : 10'000'000);
  for (const Case& each : kCases) {
    if (!wanted(each, argc, argv)) continue;
    const pid_t child = fork();
    if (child == 0) {
      measure(each, count);
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace forebay::engine

int main(int argc, char** argv) {
  return forebay::engine::run(argc, argv);
}
