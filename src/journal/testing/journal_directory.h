// SPDX-License-Identifier: Apache-2.0
// For tests: a file log in a temporary directory that can be opened, closed and damaged at will.
// Thread: the test's own.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "env/testing/pumped_executor.h"
#include "env/testing/temporary_directory.h"
#include "journal/file/file_log.h"
#include "journal/testing/log_driver.h"

namespace forebay::journal {

/// One life of a process: worker, log, owner.
class Session {
 public:
  Session(const FileLogOptions& options, env::FileSystem& files)
      : worker_(env::make_thread_worker(executor_)) {
    auto opened = open_file_log(options, files, *worker_, *worker_);
    if (!opened.ok()) {
      status_ = opened.error();
      return;
    }
    log_ = std::move(opened).value();
    owner_.emplace(*log_, executor_);
    status_ = owner_->acquire();
  }

  /// Whether opening and acquiring went well; log() needs an open, owner() an acquired log.
  const Result<void>& status() const { return status_; }
  Log& log() { return *log_; }
  LogDriver& owner() { return *owner_; }
  env::PumpedExecutor& executor() { return executor_; }
  env::Worker& worker() { return *worker_; }

  /// Waits until everything submitted to the worker so far, and what that submits, has been done.
  void run_worker_dry() {
    for (int rounds = 0; rounds < 16; ++rounds) {
      bool idle = false;
      worker_->submit([] {}, [&] { idle = true; });
      executor_.run_until([&] { return idle; });
    }
  }

 private:
  env::PumpedExecutor executor_;
  std::unique_ptr<env::Worker> worker_;
  std::unique_ptr<Log> log_;
  std::optional<LogDriver> owner_;
  Result<void> status_;
};

class JournalDirectory {
 public:
  std::unique_ptr<Session> open(env::FileSystem& files = env::posix_file_system()) {
    return std::make_unique<Session>(options(), files);
  }
  std::unique_ptr<Session> open(const FileLogOptions& options,
                                env::FileSystem& files = env::posix_file_system()) {
    return std::make_unique<Session>(options, files);
  }
  /// Small segments, so that few records fill several; to be changed by a test as it needs.
  FileLogOptions options() const {
    FileLogOptions options;
    options.directory = path();
    options.segment_bytes = kSegmentBytesMin;
    return options;
  }
  std::string path() const { return directory_ / "journal"; }
  std::string segment(int number) const {
    std::string digits = std::to_string(number);
    digits.insert(0, 20 - digits.size(), '0');
    return path() + "/" + digits + ".segment";
  }

 private:
  env::TemporaryDirectory directory_;
};

inline std::string read_file(const std::string& path) {
  std::string bytes(std::filesystem::file_size(path), '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  CHECK(in.good());
  return bytes;
}

/// Overwrites part of a file that exists.
inline void write_at(const std::string& path, uint64_t offset, std::string_view bytes) {
  std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(offset));
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  CHECK(out.good());
}

}  // namespace forebay::journal
