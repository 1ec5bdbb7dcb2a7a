// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <forebay/sqs/producer.h>

#include "base/result.h"
#include "env/clock.h"
#include "producer/alarm.h"
#include "producer/pending_send.h"
#include "producer/producer_core.h"

namespace forebay::sqs {
namespace {

Result<void> check_options(const ProducerOptions& options) {
  const auto refused = [](const char* what) {
    return Error{.kind = ErrorKind::kConfiguration, .message = what};
  };
  if (options.queue_url.empty()) return refused("queue_url is empty.");
  if (options.linger.count() < 0) return refused("linger must be 0 or more.");
  if (options.batch_entries_max < 1 || options.batch_entries_max > kBatchEntriesMax) {
    return refused("batch_entries_max must be 1 to 10.");
  }
  if (options.batch_bytes_max < 1 || options.batch_bytes_max > kBatchBytesMax) {
    return refused("batch_bytes_max must be 1 to 1 MiB.");
  }
  if (options.max_in_flight < 1) return refused("max_in_flight must be 1 or more.");
  if (options.buffer_messages_max < 1 || options.buffer_bytes_max < 1) {
    return refused("The buffer must have room for a message.");
  }
  if (options.delivery_timeout.count() <= 0)
    return refused("delivery_timeout must be more than 0.");
  if (options.retry.max_attempts && *options.retry.max_attempts < 1) {
    return refused("retry.max_attempts must be 1 or more.");
  }
  return {};
}

}  // namespace

// ---- SendFuture ----

SendFuture::~SendFuture() {
  if (pending_ != nullptr) pending_->release();
}

bool SendFuture::ready() const {
  return pending_->ready();
}

bool SendFuture::wait_for(std::chrono::milliseconds timeout) const {
  return pending_->wait_for(timeout);
}

Result<SendMessageReply> SendFuture::get() {
  return pending_->get();
}

bool SendFuture::await_suspend(std::coroutine_handle<> waiter) {
  return pending_->resume_later(waiter);
}

// ---- Producer ----

Result<Producer> Producer::create(Client& client, ProducerOptions options) {
  TRY(check_options(options));
  return Producer(std::make_unique<detail::ProducerCore>(
      detail::ProducerCore::Parts{.client = client,
                                  .options = std::move(options),
                                  .alarm = detail::make_thread_alarm(),
                                  .random = env::system_random()}));
}

Producer::Producer(std::unique_ptr<detail::ProducerCore> core) : core_(std::move(core)) {}
Producer::Producer(Producer&&) noexcept = default;
Producer::~Producer() = default;

Result<SendFuture> Producer::send(OutgoingMessage message, const Admission& admission) {
  return send_for_future(std::move(message), admission, /*urgent=*/false);
}

Result<SendFuture> Producer::send_for_future(OutgoingMessage message, const Admission& admission,
                                             bool urgent) {
  TRY_ASSIGN(detail::PendingSend* const pending, core_->prepare(std::move(message), nullptr));
  pending->message.urgent = urgent;
  pending->share();
  SendFuture future(*pending);
  const Result<void> accepted = core_->accept(*pending, admission);
  if (accepted.ok()) return future;
  pending->release();
  return accepted.error();
}

Result<void> Producer::send(OutgoingMessage message, SendCallback callback,
                            const Admission& admission) {
  TRY_ASSIGN(detail::PendingSend* const pending,
             core_->prepare(std::move(message), std::move(callback)));
  Result<void> accepted = core_->accept(*pending, admission);
  if (!accepted.ok()) pending->release();
  return accepted;
}

Result<SendMessageReply> Producer::send_and_wait(OutgoingMessage message,
                                                 const Admission& admission) {
  if (detail::is_telling()) {
    return Error{.kind = ErrorKind::kInvalidRequest,
                 .message = "Where results are told nobody can wait for one: use a callback."};
  }
  TRY_ASSIGN(SendFuture future, send_for_future(std::move(message), admission, /*urgent=*/true));
  return future.get();
}

FlushReport Producer::flush(std::optional<std::chrono::milliseconds> timeout) {
  return core_->flush(timeout);
}

FlushReport Producer::close(std::chrono::milliseconds timeout) {
  return core_->close(timeout);
}

ProducerStatistics Producer::statistics() const {
  return core_->statistics();
}

const std::string& Producer::queue_url() const {
  return core_->options().queue_url;
}

}  // namespace forebay::sqs
