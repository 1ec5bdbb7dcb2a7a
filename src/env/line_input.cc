// SPDX-License-Identifier: Apache-2.0
#include "env/line_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace forebay::env {
namespace {

constexpr size_t kReadBytes = 256u << 10;

Error failure(std::string_view what) {
  return Error{ErrorCode::kStorageFailure,
               std::string(what) + ": " + std::generic_category().message(errno)};
}

}  // namespace

Result<LineInput> LineInput::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure("cannot open " + path);
  return LineInput(fd, true);
}

LineInput LineInput::standard() {
  return {STDIN_FILENO, false};
}

LineInput::LineInput(LineInput&& other) noexcept
    : fd_(other.fd_),
      owned_(std::exchange(other.owned_, false)),
      ended_(other.ended_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      searched_(other.searched_),
      taken_(other.taken_) {}

LineInput::~LineInput() {
  if (owned_) ::close(fd_);
}

Result<bool> LineInput::fill(int wait_ms) {
  pollfd polled{.fd = fd_, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&polled, 1, wait_ms);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  if (ready < 0) return failure("cannot wait for input");
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const size_t had = buffer_.size();
  buffer_.resize(had + kReadBytes);
  const ssize_t got = ::read(fd_, buffer_.data() + had, kReadBytes);
  buffer_.resize(had + static_cast<size_t>(got > 0 ? got : 0));
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (got < 0) return failure("cannot read the input");
  ended_ = got == 0;
  return true;
}

Result<LineInput::Next> LineInput::next(std::string& line, int wait_ms) {
  while (true) {
    const size_t end = buffer_.find('\n', searched_);
    const bool last = end == std::string::npos && ended_;
    if (last && begin_ == buffer_.size()) return Next::kEnd;
    if (end != std::string::npos || last) {
      const size_t length = (last ? buffer_.size() : end) - begin_;
      line.assign(buffer_, begin_, length);
      if (line.ends_with('\r')) line.pop_back();
      begin_ += length + (last ? 0 : 1);
      taken_ += length + (last ? 0 : 1);
      searched_ = begin_;
      return Next::kLine;
    }
    searched_ = buffer_.size();
    if (searched_ - begin_ > kLineBytesMax) {
      return Error{ErrorCode::kInvalidParameterValue, "a line is longer than 16 MiB"};
    }
    TRY_ASSIGN(const bool filled, fill(wait_ms));
    if (!filled) return Next::kPending;
  }
}

Result<bool> LineInput::rest(std::string& text, int wait_ms) {
  while (!ended_) {
    if (buffer_.size() - begin_ > kLineBytesMax) {
      return Error{ErrorCode::kInvalidParameterValue, "the input is longer than 16 MiB"};
    }
    TRY_ASSIGN(const bool filled, fill(wait_ms));
    if (!filled) return false;
  }
  text = buffer_.substr(begin_);
  taken_ += text.size();
  begin_ = searched_ = buffer_.size();
  return true;
}

std::optional<uint64_t> LineInput::size() const {
  struct stat info = {};
  if (::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace forebay::env
