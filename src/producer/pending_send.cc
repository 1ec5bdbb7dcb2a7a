// SPDX-License-Identifier: Apache-2.0
#include "producer/pending_send.h"

#include <utility>

#include "base/check.h"

namespace forebay::sqs::detail {

void PendingSend::release() {
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  const std::shared_ptr<SendPool> pool = std::move(pool_);
  pool->give_back(*this);
}

void PendingSend::tell(Result<SendMessageReply> result) {
  if (callback) {
    callback(std::move(result));
  } else {
    std::coroutine_handle<> waiter;
    {
      const std::scoped_lock lock(mu_);
      CHECK(!result_.has_value());
      result_.emplace(std::move(result));
      waiter = std::exchange(waiter_, {});
    }
    told_.notify_all();
    if (waiter) waiter.resume();
  }
  release();
}

bool PendingSend::ready() const {
  const std::scoped_lock lock(mu_);
  return result_.has_value();
}

bool PendingSend::wait_for(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mu_);
  return told_.wait_for(lock, timeout, [this] { return result_.has_value(); });
}

Result<SendMessageReply> PendingSend::get() {
  std::unique_lock lock(mu_);
  told_.wait(lock, [this] { return result_.has_value(); });
  return *std::exchange(result_, Error{.kind = ErrorKind::kInvalidRequest,
                                       .message = "The result was taken before."});
}

bool PendingSend::resume_later(std::coroutine_handle<> waiter) {
  const std::scoped_lock lock(mu_);
  if (result_.has_value()) return false;
  waiter_ = waiter;
  return true;
}

PendingSend& SendPool::take() {
  std::unique_ptr<PendingSend> pending;
  {
    const std::scoped_lock lock(mu_);
    if (!free_.empty()) {
      pending = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (pending == nullptr) pending = std::make_unique<PendingSend>();
  pending->owners_ = 1;
  pending->pool_ = shared_from_this();
  return *pending.release();  // counts its owners from here
}

void SendPool::give_back(PendingSend& pending) {
  std::unique_ptr<PendingSend> mine(&pending);
  mine->message = {};
  mine->callback = nullptr;
  mine->result_.reset();
  const std::scoped_lock lock(mu_);
  if (free_.size() < kept_max_) free_.push_back(std::move(mine));
}

}  // namespace forebay::sqs::detail
