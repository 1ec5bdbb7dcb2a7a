// SPDX-License-Identifier: Apache-2.0
// What `forebay consume` prints: the commands' own lines behind the id of their message, an event a
// message with --json, remarks without it, and the figures at the end.
// Thread: any.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <forebay/sqs/consumer.h>

#include "commands/exec_runner.h"
#include "commands/session.h"

namespace forebay::commands {

/// Cuts what comes in pieces into lines; a longer line than `bytes_max` becomes several.
class LineCutter {
 public:
  static constexpr size_t kBytesMax = 64u << 10;

  /// Calls `line` with each whole line, without its end.
  void add(std::string_view text, const std::function<void(std::string_view line)>& line);
  /// With what has no end.
  void end(const std::function<void(std::string_view line)>& line);

 private:
  std::string begun_;
};

class ConsumeReport final : public ExecListener {
 public:
  struct Counts {
    uint64_t done = 0;
    uint64_t retried = 0;
    uint64_t dead = 0;
    uint64_t stopped = 0;  // ended from outside, and back in the queue
  };

  /// `failed` is called once, when standard output cannot be written any more. Borrows: `session`.
  ConsumeReport(Session& session, std::function<void(const sqs::Error&)> failed)
      : session_(session), failed_(std::move(failed)) {}

  void output(const std::string& message_id, env::ChildStream stream,
              std::string_view text) override;
  void ended(const sqs::Message& message, const ExecResult& result,
             const sqs::Outcome& outcome) override;
  /// Beside the commands: `what` as ConsumerOptions::on_error has it.
  void trouble(std::string_view what, const sqs::Error& error);
  void remark(std::string_view text);
  /// The last line.
  void finish(const sqs::ConsumerStatistics& statistics, const sqs::StopReport& stop);

  Counts counts() const;

 private:
  using Stream = std::pair<std::string, env::ChildStream>;

  void write_line(const Stream& stream, std::string_view line);
  void write(env::ChildStream stream, const std::string& text);
  void event(const std::string& json);

  Session& session_;
  const std::function<void(const sqs::Error&)> failed_;

  mutable std::mutex mu_;
  // Guarded by mu_.
  Counts counts_;
  std::map<Stream, LineCutter> begun_;
  bool has_failed_ = false;
};

}  // namespace forebay::commands
