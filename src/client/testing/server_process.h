// SPDX-License-Identifier: Apache-2.0
// The real forebay as a process beside a test: started on a free port, stopped, started again
// there.
//
// The binary is FOREBAY_TEST_BINARY, a path that CMake gives.
// Thread: the test's own.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/check.h"

namespace forebay::sqs::testing {

class ServerProcess {
 public:
  /// Keeps nothing, when `data` is empty; else what is in that folder.
  explicit ServerProcess(std::string data = "") : data_(std::move(data)) { start(); }
  ~ServerProcess() { stop(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Returns when it answers; the port is that of the run before.
  void start() {
    int out[2];
    CHECK(::pipe(out) == 0);
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) run(out);
    ::close(out[1]);
    read_address(out[0]);
    // Kept open: the server writes to it once more when it stops.
    if (out_ >= 0) ::close(out_);
    out_ = out[0];
  }

  void stop(int signal = SIGTERM) {
    if (pid_ <= 0) return;
    CHECK(::kill(pid_, signal) == 0);
    int status = 0;
    CHECK(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
  }

  std::string endpoint() const { return "http://127.0.0.1:" + port_; }

 private:
  [[noreturn]] void run(const int (&out)[2]) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing behind
    ::dup2(out[1], STDOUT_FILENO);
    ::close(out[0]);
    const std::string listen = "127.0.0.1:" + port_;
    std::vector<const char*> words = {FOREBAY_TEST_BINARY, "serve",       "--listen",
                                      listen.c_str(),      "--log-level", "error"};
    if (data_.empty()) {
      words.push_back("--memory");
    } else {
      words.insert(words.end(), {"--data", data_.c_str()});
    }
    words.push_back(nullptr);
    ::execv(FOREBAY_TEST_BINARY, const_cast<char* const*>(words.data()));
    ::_exit(127);
  }

  /// "... listening on http://127.0.0.1:<port>" is printed once requests are answered.
  void read_address(int fd) {
    std::string text;
    while (true) {
      char c = 0;
      CHECK(::read(fd, &c, 1) == 1);
      if (c == '\n') break;
      text.push_back(c);
    }
    port_ = text.substr(text.rfind(':') + 1);
  }

  const std::string data_;
  std::string port_ = "0";
  pid_t pid_ = -1;
  int out_ = -1;
};

}  // namespace forebay::sqs::testing
