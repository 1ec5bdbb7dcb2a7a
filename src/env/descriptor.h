// SPDX-License-Identifier: Apache-2.0
// A file descriptor that closes itself. What close() may refuse says nothing that a sync or a write
// did not say before.
// Thread: one owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace forebay::env {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// -1: there is none.
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace forebay::env
