// SPDX-License-Identifier: Apache-2.0
// beanstalk_load: sends to beanstalkd, or sends, reserves and deletes, as fast as one thread can.
//
//   beanstalk_load <port> <put|roundtrip> <window> <connections> <seconds>
//
// Closed loop, bodies of 1 KiB, a tube of its own; `window` puts are on their way at once on each
// connection. Prints what `forebay bench --format json` prints, with the actions send, receive and
// delete; a window counts as one request.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "load/histogram.h"

#include "beanstalk_exchange.h"
#include "number_argument.h"

namespace forebay::bench {
namespace {

constexpr size_t kReadBytes = 32 << 10;
constexpr int kSilenceMsMax = 30'000;
constexpr std::array<std::string_view, kExchangeCount> kActions = {"send", "receive", "delete"};

struct Plan {
  uint16_t port = 0;
  BeanstalkMix mix;
  uint32_t connections = 0;
  uint32_t seconds = 0;
};

struct Figures {
  uint64_t requests = 0;
  uint64_t messages = 0;
  load::Histogram latencies;
};

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string failed(const char* what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

/// A socket, what is on its way through it, and when that began.
class Connection {
 public:
  explicit Connection(const BeanstalkMix& mix) : lane_(mix) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const { return fd_; }
  const BeanstalkLane& lane() const { return lane_; }
  int64_t begun_us() const { return begun_us_; }

  /// Connects and moves to `tube`; waits for both. False when that failed, and errno says why.
  bool open(uint16_t port, const std::string& tube) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    return fd_ >= 0 &&
           ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
           ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
           say(fmt::format("use {}\r\n", tube)) && say(fmt::format("watch {}\r\n", tube)) &&
           say("ignore default\r\n");
  }

  bool begin() {
    out_.clear();
    lane_.write(out_);
    written_ = 0;
    read_ = 0;
    begun_us_ = now_us();
    return write_some();
  }

  bool write_some() {
    while (written_ < out_.size()) {
      const ssize_t wrote =
          ::send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (wrote < 0) return errno == EAGAIN;
      written_ += static_cast<size_t>(wrote);
    }
    return true;
  }

  /// What has come belongs to the exchange that lane() said before the call.
  BeanstalkLane::Reading read_some() {
    while (true) {
      if (in_.size() < read_ + kReadBytes) in_.resize(read_ + kReadBytes);
      const ssize_t got = ::recv(fd_, in_.data() + read_, in_.size() - read_, MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return BeanstalkLane::Reading::kIncomplete;
      if (got <= 0) return BeanstalkLane::Reading::kWrong;
      read_ += static_cast<size_t>(got);
      const auto reading = lane_.read(received());
      if (reading != BeanstalkLane::Reading::kIncomplete) return reading;
    }
  }

  std::string_view received() const { return std::string_view(in_).substr(0, read_); }

 private:
  /// One command with a reply of one line, which is not looked at; waits for it.
  bool say(const std::string& command) {
    if (::send(fd_, command.data(), command.size(), MSG_NOSIGNAL) < 0) return false;
    char c = 0;
    while (c != '\n') {
      if (::recv(fd_, &c, 1, 0) != 1) return false;
    }
    return true;
  }

  BeanstalkLane lane_;
  int fd_ = -1;
  std::string out_;
  size_t written_ = 0;
  std::string in_;
  size_t read_ = 0;  // bytes of in_ that the socket gave
  int64_t begun_us_ = 0;
};

class Load {
 public:
  explicit Load(const Plan& plan) : plan_(plan), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    if (epoll_ >= 0) ::close(epoll_);
  }

  /// Empty, or why it could not be measured.
  std::string run() {
    if (std::string problem = connect_all(); !problem.empty()) return problem;
    const int64_t begin_us = now_us();
    end_us_ = begin_us + int64_t{plan_.seconds} * 1'000'000;
    for (const auto& connection : connections_) {
      if (!connection->begin()) return failed("cannot send");
    }
    while (now_us() < end_us_) {
      if (std::string problem = serve_ready(); !problem.empty()) return problem;
    }
    seconds_ = static_cast<double>(now_us() - begin_us) / 1e6;
    return {};
  }

  std::string report() const {
    std::string actions;
    for (size_t i = 0; i < kExchangeCount; ++i) {
      if (figures_[i].requests > 0) actions += action_report(i) + ",";
    }
    if (!actions.empty()) actions.pop_back();
    return fmt::format(
        R"({{"actions":{{{}}},"seconds":{:.3f},"errors":{{}},"load_cpu_seconds":{:.3f}}})", actions,
        seconds_, cpu_seconds());
  }

 private:
  std::string connect_all() {
    const std::string tube = fmt::format("bench-{}", ::getpid());
    for (uint32_t i = 0; i < plan_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(plan_.mix));
      if (!connections_.back()->open(plan_.port, tube)) return failed("cannot connect");
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.u64 = i;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) != 0) {
        return failed("cannot watch a connection");
      }
    }
    return {};
  }

  std::string serve_ready() {
    std::array<epoll_event, 64> events;
    const int ready = ::epoll_wait(epoll_, events.data(), events.size(), kSilenceMsMax);
    if (ready < 0 && errno != EINTR) return failed("cannot wait");
    if (ready == 0) return "no answer for 30 seconds";
    for (int i = 0; i < ready; ++i) {
      Connection& connection = *connections_[events[static_cast<size_t>(i)].data.u64];
      if (std::string problem = advance(connection); !problem.empty()) return problem;
    }
    return {};
  }

  std::string advance(Connection& connection) {
    if (!connection.write_some()) return failed("cannot send");
    const Exchange exchange = connection.lane().exchange();
    const uint32_t messages = connection.lane().messages();
    switch (connection.read_some()) {
      case BeanstalkLane::Reading::kIncomplete:
        return {};
      case BeanstalkLane::Reading::kWrong:
        return fmt::format("unexpected reply: {}", connection.received().substr(0, 100));
      case BeanstalkLane::Reading::kComplete:
        break;
    }
    Figures& figures = figures_[static_cast<size_t>(exchange)];
    ++figures.requests;
    figures.messages += messages;
    figures.latencies.record(static_cast<uint64_t>(now_us() - connection.begun_us()));
    return connection.begin() ? std::string() : failed("cannot send");
  }

  std::string action_report(size_t action) const {
    const Figures& figures = figures_[action];
    const load::Histogram& us = figures.latencies;
    return fmt::format(R"("{}":{{"requests":{},"messages":{},"requests_per_second":{:.1f},)"
                       R"("messages_per_second":{:.1f},"errors":0,"latency_us":)"
                       R"({{"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}}}})",
                       kActions[action], figures.requests, figures.messages,
                       static_cast<double>(figures.requests) / seconds_,
                       static_cast<double>(figures.messages) / seconds_, us.percentile(500),
                       us.percentile(900), us.percentile(990), us.percentile(999), us.max());
  }

  const Plan plan_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::array<Figures, kExchangeCount> figures_;
  int64_t end_us_ = 0;
  double seconds_ = 0;
};

std::optional<Plan> parse(int argc, char** argv) {
  if (argc != 6) return std::nullopt;
  const auto port = parse_number(argv[1], 65'535);
  const std::string_view mix = argv[2];
  const auto window = parse_number(argv[3], 1000);
  const auto connections = parse_number(argv[4], 10'000);
  const auto seconds = parse_number(argv[5], 3600);
  const bool round_trip = mix == "roundtrip";
  if (!port || !window || !connections || !seconds) return std::nullopt;
  if ((mix != "put" && !round_trip) || (round_trip && *window != 1)) return std::nullopt;
  return Plan{static_cast<uint16_t>(*port),
              {.window = *window, .body_bytes = 1024, .round_trip = round_trip},
              *connections,
              *seconds};
}

int run(int argc, char** argv) {
  const std::optional<Plan> plan = parse(argc, argv);
  if (!plan) {
    fmt::print(stderr,
               "usage: beanstalk_load <port> <put|roundtrip> <window> <connections> <seconds>\n"
               "  a round trip has a window of 1\n");
    return 2;
  }
  Load load(*plan);
  if (const std::string problem = load.run(); !problem.empty()) {
    fmt::print(stderr, "beanstalk_load: {}\n", problem);
    return 1;
  }
  fmt::print("{}\n", load.report());
  return 0;
}

}  // namespace
}  // namespace forebay::bench

int main(int argc, char** argv) {
  return forebay::bench::run(argc, argv);
}
