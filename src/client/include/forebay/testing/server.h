// SPDX-License-Identifier: Apache-2.0
// `forebay::testing::Server`: a whole SQS-compatible server inside the test's process, on virtual
// time.
//
// Any SQS client talks to it over HTTP on 127.0.0.1. Time stands still until the test lets it pass:
//
//   forebay::testing::Server server({.queues = {{.name = "jobs"}}});
//   client.send(server.queue_url("jobs"), "hello");
//   server.advance(std::chrono::days(4));                 // retention: a millisecond
//   EXPECT_EQ(server.message_count("jobs").visible, 0);
//
// Virtual are delays, visibility timeouts, retention, deduplication, waits of long polls, the rate
// of move tasks, time stamps in answers. Real is the network only: connections have no timeouts, so
// they survive any step. Ids are drawn from the seed: the same requests give the same ids.
//
// Starting and stopping takes milliseconds and one thread; a process can have any number of
// servers, each with its own time. A server takes up to 500 connections. The destructor answers
// parked long polls with nothing.
//
// Thread: any. What several threads ask is done one after the other.
// Durable: nothing, unless ServerOptions::directory is given; see restart().
// Errors: only a mistake in the test can cause them (a queue attribute that does not exist, a
// directory that cannot be written, a count below 1). start() returns them; elsewhere they end the
// process with a line that says what is wrong.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forebay::testkit {
class EmbeddedServer;
}

namespace forebay::testing {

/// A moment of virtual time, UTC.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
/// Any span of time, from std::chrono::milliseconds to std::chrono::days.
using Span = std::chrono::milliseconds;

/// A queue that exists from the start, and again after reset() and restart().
struct QueueOptions {
  std::string name;  // ".fifo" at the end makes it a FIFO queue
  /// As for CreateQueue: {"VisibilityTimeout", "60"}.
  std::vector<std::pair<std::string, std::string>> attributes = {};
  std::string dead_letter_queue = {};  // name of another one; or empty
  int max_receive_count = 0;           // with dead_letter_queue; 0: 3
};

struct ServerOptions {
  std::vector<QueueOptions> queues = {};
  std::string region = "us-east-1";
  std::string account = "000000000000";  // 12 digits
  /// AWS's rules of 60 seconds: between two purges of a queue, and before the name of a deleted
  /// queue can be used again.
  bool cooldowns = true;
  /// When the server starts: a fixed date, so that every run of a test is the same. Where a
  /// directory holds a journal of later days, time goes on from there.
  Time start_time = Time(std::chrono::seconds(1'767'225'600));  // 2026-01-01T00:00:00Z
  uint64_t seed = 1;  // of message ids, receipt handles, request ids
  uint16_t port = 0;  // 0: one that is free
  /// Where the journal is kept, so that restart() finds it; made when missing. Empty: in memory.
  std::string directory = {};
  /// With a directory: answers are sent before they are on the disk, which takes this much longer;
  /// 0: never before.
  Span sync_interval = Span(0);
};

/// What a queue holds. All -1 when it does not exist.
struct MessageCount {
  int64_t visible = -1;      // can be received; on FIFO queues also those their group holds back
  int64_t not_visible = -1;  // received, and neither deleted nor visible again
  int64_t delayed = -1;

  int64_t total() const { return visible < 0 ? -1 : visible + not_visible + delayed; }
  bool exists() const { return visible >= 0; }
};

/// Something that goes wrong with a request; see Server::inject().
struct Fault {
  enum class Kind : uint8_t { kError, kDropRequest, kDropReply, kDelayReply };

  /// Refused with an HTTP status of 300 to 599 and a code of SQS's ("RequestThrottled") or any
  /// other, written as the request's protocol wants it. Nothing is carried out.
  static Fault error(int status, std::string code, std::string message = "injected by the test") {
    return {Kind::kError, status, std::move(code), std::move(message), {}};
  }
  /// As SQS says that the client is too fast: 403 RequestThrottled.
  static Fault throttled() { return error(403, "RequestThrottled", "Rate exceeded"); }
  static Fault internal_failure() { return error(500, "InternalFailure"); }
  /// The connection is closed and nothing is carried out.
  static Fault drop_request() { return {Kind::kDropRequest, 0, {}, {}, {}}; }
  /// The request is carried out; then the connection is closed in place of an answer, so that the
  /// client cannot know.
  static Fault drop_reply() { return {Kind::kDropReply, 0, {}, {}, {}}; }
  /// The request is carried out; its answer comes when so much virtual time has passed.
  static Fault delay_reply(Span delay) { return {Kind::kDelayReply, 0, {}, {}, delay}; }

  Kind kind;
  int status;           // kError
  std::string code;     // kError
  std::string message;  // kError
  Span delay;           // kDelayReply
};

/// How a server ends before it starts again.
enum class Restart : uint8_t {
  kClean,         // what is asked is answered, everything is on the disk
  kKilled,        // at once, as by kill -9: what was written to files is there
  kPowerFailure,  // what was not synced is lost, or parts of it
};

class Server {
 public:
  /// For inject(): every time, until clear_faults().
  static constexpr int kAlways = -1;
  /// How long, in real time, wait functions wait for something that does not happen.
  static constexpr Span kPatience = std::chrono::seconds(10);

  /// Listens and answers when it returns. A server that cannot start says why and ends the process.
  explicit Server(ServerOptions options = {});
  /// The same for who wants to know: null when it cannot start, and `*problem` says why.
  static std::unique_ptr<Server> start(ServerOptions options, std::string* problem);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // ---- For the client ----

  /// "http://127.0.0.1:<port>"; the same for the server's whole life.
  std::string endpoint() const;
  uint16_t port() const;
  const std::string& region() const;
  /// Any key does, signatures are not verified; these are the same in every test. (One of 12 digits
  /// acts in that account.)
  std::string access_key_id() const { return "forebay-testing"; }
  std::string secret_access_key() const { return "forebay-testing-secret"; }
  /// The QueueUrl of a queue in the configured account, whether it exists or not.
  std::string queue_url(std::string_view queue) const;

  // ---- Time ----

  /// Now, in virtual time.
  Time now() const;
  /// Lets time pass, 0 or more: everything that falls due happens in its order, at its moment. When
  /// this returns, it is done, and the answers it has caused were handed to their sockets. Requests
  /// that were not read by then find the new time: wait for them first (wait_until_parked()).
  /// Cost: what falls due; time in which nothing does costs nothing.
  void advance(Span span);

  // ---- Looking ----

  /// The messages of a queue in the configured region and account.
  MessageCount message_count(std::string_view queue);
  /// Long polls that wait for a message now.
  size_t parked_count() const;
  /// Answers that a fault delays now.
  size_t delayed_count() const;
  /// Requests for `action` ("SendMessage"; empty: any) that have come, and those of them that were
  /// answered, with whatever, since the start or reset().
  uint64_t request_count(std::string_view action) const;
  uint64_t answer_count(std::string_view action) const;

  // ---- Waiting for clients on other threads; false when `patience` of real time is over ----

  /// Until at least `count` long polls are parked.
  [[nodiscard]] bool wait_until_parked(size_t count, Span patience = kPatience);
  /// Until at least `count` answers are being delayed.
  [[nodiscard]] bool wait_until_delayed(size_t count, Span patience = kPatience);
  /// Until at least `count` requests for `action` (empty: any) were answered.
  [[nodiscard]] bool wait_until_answered(std::string_view action, uint64_t count,
                                         Span patience = kPatience);

  // ---- Trouble ----

  /// The next `count` requests (>= 1, or kAlways) for `action` (empty: any) meet this fault. A
  /// request meets one fault: the first injected of those that fit.
  void inject(Fault fault, int count = 1, std::string action = {});
  /// Later requests meet no fault. Answers that are being delayed stay so.
  void clear_faults();

  /// Ends and starts again, on the same port and at the same time. All connections are closed,
  /// answers that are being delayed are lost. Without a directory all queues are gone, except that
  /// those of the options are made anew.
  void restart(Restart how = Restart::kClean);

  /// Everything as it was after the start: queues, time, random numbers, counts, faults, and what a
  /// directory holds. Requests in hand lose their connections; idle connections stay.
  /// Cost: less than a millisecond in memory.
  void reset();

 private:
  explicit Server(std::unique_ptr<testkit::EmbeddedServer> embedded);

  const std::unique_ptr<testkit::EmbeddedServer> embedded_;
};

}  // namespace forebay::testing
