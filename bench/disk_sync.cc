// SPDX-License-Identifier: Apache-2.0
// disk_sync: how often this disk can make a group of records durable: one write of the whole group
// to a file whose blocks are there already, one fdatasync, and the next group.
//
//   disk_sync <directory> <record bytes> <records a group> <seconds>
//
// It prints one line of JSON: {"syncs":n,"seconds":x,"syncs_per_second":x,"records_per_second":x,
// "p50_us":n,"p99_us":n,"max_us":n}; the file is gone when it ends.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "load/histogram.h"

#include "number_argument.h"

namespace forebay::bench {
namespace {

constexpr size_t kFileBytes = 64 << 20;
constexpr size_t kFillBytes = 1 << 20;

struct Plan {
  std::string directory;
  size_t group_bytes = 0;
  uint32_t records = 0;
  uint32_t seconds = 0;
};

std::optional<Plan> parse(int argc, char** argv) {
  if (argc != 5) return std::nullopt;
  const auto record_bytes = parse_number(argv[2], 1 << 20);
  const auto records = parse_number(argv[3], 1024);
  const auto seconds = parse_number(argv[4], 600);
  if (!record_bytes || !records || !seconds) return std::nullopt;
  const size_t group_bytes = size_t{*record_bytes} * *records;
  if (group_bytes > kFileBytes) return std::nullopt;
  return Plan{argv[1], group_bytes, *records, *seconds};
}

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// A file of kFileBytes whose blocks were written before, so that a sync moves data and no
/// metadata. Has no name any more; -1 when the system refuses, and errno says why.
int prepared_file(const std::string& directory) {
  std::string path = directory + "/disk_sync.XXXXXX";
  const int fd = ::mkstemp(path.data());
  if (fd < 0) return -1;
  ::unlink(path.c_str());
  const std::string zeros(kFillBytes, '\0');
  for (size_t offset = 0; offset < kFileBytes; offset += zeros.size()) {
    const ssize_t wrote = ::pwrite(fd, zeros.data(), zeros.size(), static_cast<off_t>(offset));
    if (wrote != static_cast<ssize_t>(zeros.size())) return -1;
  }
  return ::fsync(fd) == 0 ? fd : -1;
}

/// False when the system refuses, and errno says why.
bool measure(const Plan& plan, int fd, load::Histogram& latencies) {
  const std::string group(plan.group_bytes, 'x');
  const int64_t end_us = now_us() + int64_t{plan.seconds} * 1'000'000;
  size_t offset = 0;
  for (int64_t begin = now_us(); begin < end_us;) {
    const ssize_t wrote = ::pwrite(fd, group.data(), group.size(), static_cast<off_t>(offset));
    if (wrote != static_cast<ssize_t>(group.size()) || ::fdatasync(fd) != 0) return false;
    offset += group.size();
    if (offset + group.size() > kFileBytes) offset = 0;
    const int64_t done = now_us();
    latencies.record(static_cast<uint64_t>(done - begin));
    begin = done;
  }
  return true;
}

int run(int argc, char** argv) {
  const std::optional<Plan> plan = parse(argc, argv);
  if (!plan) {
    fmt::print(stderr, "usage: disk_sync <directory> <record bytes> <records a group> <seconds>\n");
    return 2;
  }
  const int fd = prepared_file(plan->directory);
  load::Histogram latencies;
  const int64_t begin = now_us();
  if (fd < 0 || !measure(*plan, fd, latencies)) {
    fmt::print(stderr, "disk_sync: {}: {}\n", plan->directory, std::strerror(errno));
    return 1;
  }
  const double seconds = static_cast<double>(now_us() - begin) / 1e6;
  const double syncs_per_second = static_cast<double>(latencies.count()) / seconds;
  fmt::print(R"({{"syncs":{},"seconds":{:.3f},"syncs_per_second":{:.1f},)"
             R"("records_per_second":{:.1f},"p50_us":{},"p99_us":{},"max_us":{}}})"
             "\n",
             latencies.count(), seconds, syncs_per_second, syncs_per_second * plan->records,
             latencies.percentile(500), latencies.percentile(990), latencies.max());
  return 0;
}

}  // namespace
}  // namespace forebay::bench

int main(int argc, char** argv) {
  return forebay::bench::run(argc, argv);
}
