// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/archive_directory.h"

#include <mutex>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"

namespace forebay::sqs::detail {
namespace {

constexpr std::string_view kFileSuffix = ".json";
constexpr uint64_t kFileBytesMax = 64u << 20;

Error file_error(const forebay::Error& error) {
  return {.kind = ErrorKind::kServerFault, .message = error.message};
}

Error unusable(const forebay::Error& error) {
  return {.kind = ErrorKind::kConfiguration,
          .message = "The archive cannot be used: " + error.message + "."};
}

Error cancelled() {
  return {.kind = ErrorKind::kCancelled, .message = "The archive was asked to stop."};
}

class Directory final : public DeadLetterArchive {
 public:
  Directory(env::FileSystem& files, std::string path, std::unique_ptr<env::DirectoryLock> lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}

  std::vector<Result<void>> put(std::span<const ArchiveFile> files,
                                const std::stop_token& stop) override {
    const std::scoped_lock lock(mu_);
    std::vector<Result<void>> answers;
    for (const ArchiveFile& file : files) {
      answers.push_back(stop.stop_requested() ? Result<void>(cancelled()) : place(file));
    }
    // The names are safe only now: until then all of them could be lost.
    const forebay::Result<void> synced = files_.sync_directory(path_);
    if (synced.ok()) return answers;
    for (Result<void>& answer : answers) {
      if (answer.ok()) answer = file_error(synced.error());
    }
    return answers;
  }

  Result<std::vector<std::string>> list(const std::string& after, const std::stop_token&) override {
    forebay::Result<std::vector<std::string>> names = files_.list(path_);
    if (!names.ok()) return file_error(names.error());
    std::erase_if(*names, [&](const std::string& name) {
      return name <= after || !name.ends_with(kFileSuffix);
    });
    return std::move(names).value();
  }

  Result<std::string> get(const std::string& name, const std::stop_token&) override {
    forebay::Result<std::string> content = read(name);
    if (!content.ok()) return file_error(content.error());
    return std::move(content).value();
  }

 private:
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }

  Result<void> place(const ArchiveFile& file) {
    if (file.name.empty() || file.name.find('/') != file.name.npos || file.name.starts_with('.')) {
      return Error{.kind = ErrorKind::kInvalidRequest,
                   .message = fmt::format("\"{}\" cannot be a file's name.", file.name)};
    }
    const forebay::Result<void> placed = write(file);
    if (!placed.ok()) return file_error(placed.error());
    return {};
  }

  forebay::Result<void> write(const ArchiveFile& file) {
    const std::string beside = path_of(file.name + ".partial");
    TRY_ASSIGN(const bool left_over, files_.exists(beside));
    if (left_over) TRY(files_.remove(beside));
    {
      TRY_ASSIGN(const std::unique_ptr<env::File> out, files_.open(beside, env::OpenMode::kCreate));
      TRY(out->write(0, file.content));
      TRY(out->sync());
    }
    return files_.rename(beside, path_of(file.name));
  }

  forebay::Result<std::string> read(const std::string& name) {
    TRY_ASSIGN(const std::unique_ptr<env::File> in,
               files_.open(path_of(name), env::OpenMode::kRead));
    TRY_ASSIGN(const uint64_t bytes, in->size());
    if (bytes > kFileBytesMax) {
      return forebay::Error{ErrorCode::kStorageDamaged,
                            fmt::format("{} is too large for an archived message", name)};
    }
    std::string content(bytes, '\0');
    TRY(in->read(0, content));
    return content;
  }

  env::FileSystem& files_;
  const std::string path_;
  const std::unique_ptr<env::DirectoryLock> lock_;
  std::mutex mu_;  // two that write the same name would meet beside it
};

}  // namespace

Result<std::unique_ptr<DeadLetterArchive>> open_directory(env::FileSystem& files,
                                                          const std::string& path) {
  const forebay::Result<void> made = files.create_directory(path);
  if (!made.ok()) return unusable(made.error());
  forebay::Result<std::unique_ptr<env::DirectoryLock>> lock = files.lock(path);
  if (!lock.ok()) {
    return Error{.kind = ErrorKind::kConflict, .message = lock.error().message + "."};
  }
  return std::unique_ptr<DeadLetterArchive>(
      std::make_unique<Directory>(files, path, std::move(lock).value()));
}

}  // namespace forebay::sqs::detail

namespace forebay::sqs {

Result<std::unique_ptr<DeadLetterArchive>> open_archive_directory(const std::string& path) {
  return detail::open_directory(env::posix_file_system(), path);
}

}  // namespace forebay::sqs
