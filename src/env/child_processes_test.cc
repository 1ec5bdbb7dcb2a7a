// SPDX-License-Identifier: Apache-2.0
// Real programs: what they are given, what they tell, how they end.
#include "env/child_processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "env/testing/temporary_directory.h"

namespace forebay::env {
namespace {

/// What was told about one program.
class Watcher {
 public:
  ChildOptions shell(std::string script, std::string_view input = {}) {
    return {.arguments = {"/bin/sh", "-c", std::move(script)},
            .input = input,
            .output_goes = ChildOutput::kToUs,
            .output =
                [this](ChildId, ChildStream stream, std::string_view text) {
                  const std::lock_guard lock(mu_);
                  (stream == ChildStream::kOutput ? output_ : errors_) += text;
                  changed_.notify_all();
                },
            .ended =
                [this](ChildId, ChildExit how) {
                  const std::lock_guard lock(mu_);
                  exit_ = how;
                  changed_.notify_all();
                }};
  }
  ChildExit wait_for_end() {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [this] { return exit_.has_value(); });
    return *std::exchange(exit_, std::nullopt);
  }
  void wait_for_output(std::string_view text) {
    std::unique_lock lock(mu_);
    changed_.wait(lock, [&] { return output_.find(text) != output_.npos; });
  }
  // After the end.
  const std::string& output() const { return output_; }
  const std::string& errors() const { return errors_; }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  std::string output_;
  std::string errors_;
  std::optional<ChildExit> exit_;
};

TEST(ChildProcess, HasInputVariablesAndOutput) {
  ChildProcesses children;
  Watcher watcher;
  ::setenv("FOREBAY_TEST_OLD", "old", 1);
  ::setenv("FOREBAY_TEST_KEPT", "kept", 1);
  ChildOptions options =
      watcher.shell("cat; echo $FOREBAY_TEST_OLD $FOREBAY_TEST_KEPT; echo bad >&2; exit 3", "in\n");
  options.variables = {"FOREBAY_TEST_OLD=new"};
  ASSERT_TRUE(children.start(options).ok());
  const ChildExit how = watcher.wait_for_end();
  EXPECT_EQ(how.code, 3);
  EXPECT_EQ(how.signal, 0);
  EXPECT_EQ(watcher.output(), "in\nnew kept\n");
  EXPECT_EQ(watcher.errors(), "bad\n");
}

TEST(ChildProcess, TakesAndGivesMoreThanAPipeHolds) {
  ChildProcesses children;
  Watcher watcher;
  const std::string body(1 << 20, 'x');
  ASSERT_TRUE(children.start(watcher.shell("cat", body)).ok());
  EXPECT_EQ(watcher.wait_for_end().code, 0);
  EXPECT_EQ(watcher.output(), body);
}

TEST(ChildProcess, WhoseInputIsNotReadEndsAllTheSame) {
  ChildProcesses children;
  Watcher watcher;
  ASSERT_TRUE(children.start(watcher.shell("exit 0", std::string(1 << 20, 'x'))).ok());
  EXPECT_EQ(watcher.wait_for_end().code, 0);
}

TEST(ChildProcess, BeginsWithoutOurBlockedAndIgnoredSignals) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  ChildProcesses children;
  Watcher watcher;
  const char* script = "sed -n 's/^Sig\\(Blk\\|Ign\\):.//p' /proc/self/status";
  ASSERT_TRUE(children.start(watcher.shell(script)).ok());
  watcher.wait_for_end();
  EXPECT_EQ(watcher.output().substr(0, 17), "0000000000000000\n");
  // 32 and 33 are the C library's own: nobody can set them.
  const uint64_t ignored = std::stoull(watcher.output().substr(17), nullptr, 16);
  EXPECT_EQ(ignored & ~0x180000000u, 0u);
  ::signal(SIGPIPE, old);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST(ChildProcess, HasNoOtherFilesOfOurs) {
  const char* script = "for f in /proc/$$/fd/*; do echo ${f##*/}; done";
  ChildProcesses children;
  Watcher before;
  ASSERT_TRUE(children.start(before.shell(script)).ok());
  before.wait_for_end();
  Watcher first;
  ASSERT_TRUE(children.start(first.shell("echo up; exec cat /dev/zero >/dev/null")).ok());
  first.wait_for_output("up");
  Watcher second;
  ASSERT_TRUE(children.start(second.shell(script)).ok());
  second.wait_for_end();
  EXPECT_EQ(second.output(), before.output());
}

TEST(ChildProcess, ASignalGoesToTheWholeGroup) {
  ChildProcesses children;
  Watcher watcher;
  // The outer shell outlives the signal, and goes on when the inner one has died of it.
  const auto id = children.start(
      watcher.shell("trap : TERM; sh -c 'echo up; exec cat /dev/zero >/dev/null'; exit 3"));
  ASSERT_TRUE(id.ok());
  watcher.wait_for_output("up");
  children.signal(*id, SIGTERM);
  EXPECT_EQ(watcher.wait_for_end().code, 3);
  children.signal(*id, SIGTERM);  // nobody any more
}

TEST(ChildProcess, AfterASignalNothingOfTheGroupIsLeft) {
  ChildProcesses children;
  Watcher watcher;
  const auto id = children.start(
      watcher.shell("trap 'exit 5' TERM; (trap '' TERM; echo up; exec cat /dev/zero >/dev/null) & "
                    "echo pid $!.; wait"));
  ASSERT_TRUE(id.ok());
  watcher.wait_for_output("up");
  watcher.wait_for_output(".");
  const int pid = std::stoi(watcher.output().substr(watcher.output().find("pid ") + 4));
  const Descriptor grandchild(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ASSERT_GE(grandchild.get(), 0);
  children.signal(*id, SIGTERM);
  EXPECT_EQ(watcher.wait_for_end().code, 5);
  pollfd ended{.fd = grandchild.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, /*timeout=*/30'000), 1);
}

TEST(ChildProcess, WhoseEndNobodyMayAskForIsToldAllTheSame) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  ChildProcesses children;
  Watcher watcher;
  const bool started = children.start(watcher.shell("echo out; exit 3")).ok();
  if (started) {
    EXPECT_FALSE(watcher.wait_for_end().known);
  }
  ::signal(SIGCHLD, before);
  ASSERT_TRUE(started);
  EXPECT_EQ(watcher.output(), "out\n");
}

TEST(ChildProcess, AProgramThatIsNotThereIsRefused) {
  ChildProcesses children;
  const TemporaryDirectory directory;
  const std::vector<std::vector<std::string>> cases = {
      {"/no/such/program"}, {"no-such-program-anywhere"}, {directory.path()}};
  for (const auto& arguments : cases) {
    const auto started = children.start({.arguments = arguments});
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, ErrorCode::kInvalidConfiguration) << started.error().message;
  }
  EXPECT_FALSE(check_program("no-such-program-anywhere").ok());
  EXPECT_FALSE(check_program("/etc/passwd").ok());
  EXPECT_FALSE(check_program("").ok());
  EXPECT_TRUE(check_program("sh").ok());
  EXPECT_TRUE(check_program("/bin/sh").ok());
}

TEST(ChildProcess, ManyAtATime) {
  ChildProcesses children;
  std::mutex mu;
  std::condition_variable changed;
  std::map<ChildId, int> codes;
  constexpr int kCount = 50;
  std::map<ChildId, int> expected;
  for (int i = 0; i < kCount; ++i) {
    const auto id = children.start({.arguments = {"/bin/sh", "-c", "exit " + std::to_string(i)},
                                    .ended = [&](ChildId child, ChildExit how) {
                                      const std::lock_guard lock(mu);
                                      codes[child] = how.code;
                                      changed.notify_all();
                                    }});
    ASSERT_TRUE(id.ok());
    expected[*id] = i;
  }
  std::unique_lock lock(mu);
  changed.wait(lock, [&] { return codes.size() == kCount; });
  EXPECT_EQ(codes, expected);
}

TEST(ChildProcesses, KillsWhatRunsAtItsEnd) {
  Watcher watcher;
  std::optional<ChildProcesses> children(std::in_place);
  ASSERT_TRUE(
      children->start(watcher.shell("trap '' TERM; echo $$ up; exec cat /dev/zero >&2")).ok());
  watcher.wait_for_output("up");
  children.reset();
  const int pid = std::atoi(watcher.output().c_str());
  ASSERT_GT(pid, 1);
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace forebay::env
