// SPDX-License-Identifier: Apache-2.0
// Programs that this one starts, each in a process group of its own, and their ends: one thread
// watches them all.
//
//   ChildProcesses children;
//   Result<ChildId> child = children.start({.arguments = {"/bin/sh", "-c", "wc -c"}, .input = body,
//                                           .ended = [](ChildId, ChildExit how) { ... }});
//   children.signal(*child, SIGTERM);
//
// A program begins with no signal blocked or ignored, with the input as its standard input, and
// with no other file of ours. What it leaves behind when it ends by itself (a daemon) lives on;
// after a signal() its whole group is killed.
// Thread: any; `output` and `ended` are called on the watching thread, one at a time, and must not
// wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "env/descriptor.h"

namespace forebay::env {

using ChildId = uint64_t;

/// How a program ended: with an exit code, or by a signal.
struct ChildExit {
  bool known = true;  // false: somebody else in this process has asked first, or ignores SIGCHLD
  int code = 0;       // 0 to 255
  int signal = 0;     // 0: none; then `code` counts
};

/// Where standard output and standard error of a program go.
enum class ChildOutput : uint8_t {
  kOurs,       // to ours
  kOurErrors,  // both to our standard error
  kNone,       // both are thrown away
  kToUs,       // ChildOptions::output is given what is written
};

enum class ChildStream : uint8_t { kOutput, kErrors };

struct ChildOptions {
  std::vector<std::string> arguments = {};  // the program, looked for in PATH, and what it is given
  std::vector<std::string> variables = {};  // "NAME=value", beside our own or in their place
  std::string_view input = {};              // used within start()
  ChildOutput output_goes = ChildOutput::kOurs;
  /// With kToUs: as it comes, in pieces of at most 64 KiB.
  std::function<void(ChildId, ChildStream, std::string_view)> output = {};
  /// Once, after all output.
  std::function<void(ChildId, ChildExit)> ended = {};
};

class ChildProcesses {
 public:
  /// Starts the thread. Leaves SIGCHLD to the program.
  ChildProcesses();
  /// Kills what still runs, with its groups, and calls nobody any more.
  ~ChildProcesses();
  ChildProcesses(const ChildProcesses&) = delete;
  ChildProcesses& operator=(const ChildProcesses&) = delete;

  /// Errors: kInvalidConfiguration (there is no such program, or it may not be run),
  /// kStorageFailure (no process, memory or file to be had now). `ended` is not called then.
  Result<ChildId> start(const ChildOptions& options);

  /// To the whole group; nothing when the program has ended.
  void signal(ChildId id, int number);

 private:
  struct Child;

  Result<ChildId> watch(std::unique_ptr<Child> child);
  bool add_to_epoll(int fd, ChildId id, uint64_t what);
  void run();
  void take_event(ChildId id, uint64_t what);
  void take_output(Child& child, ChildStream stream);
  void take_end(Child& child);
  static void signal_group(const Child& child, int number);

  Descriptor epoll_;
  Descriptor wake_;  // an eventfd: the end

  std::mutex mu_;
  // Guarded by mu_.
  ChildId last_id_ = 0;
  bool ending_ = false;
  std::map<ChildId, std::unique_ptr<Child>> children_;

  std::thread thread_;
};

/// Whether start() would find the program. Errors: kInvalidConfiguration: as start().
Result<void> check_program(const std::string& name);

}  // namespace forebay::env
