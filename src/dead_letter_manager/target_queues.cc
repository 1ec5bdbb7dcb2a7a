// SPDX-License-Identifier: Apache-2.0
#include "dead_letter_manager/target_queues.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <forebay/sqs/queue_manager.h>

#include "base/result.h"

namespace forebay::sqs::detail {
namespace {

/// The account of "arn:aws:sqs:<region>:<account>:<name>".
std::string account_of(std::string_view arn) {
  const size_t name = arn.rfind(':');
  const size_t account = arn.rfind(':', name - 1);
  return std::string(arn.substr(account + 1, name - account - 1));
}

/// "/<account>/<name>": a server may be known by several host names.
std::string_view path_of(std::string_view queue_url) {
  const size_t host = queue_url.find("//");
  const size_t path = queue_url.find('/', host == queue_url.npos ? 0 : host + 2);
  return path == queue_url.npos ? queue_url : queue_url.substr(path);
}

Error unclear(std::string text) {
  return {.kind = ErrorKind::kInvalidRequest, .message = std::move(text)};
}

}  // namespace

Result<std::string> find_queue_url(Client& client, const std::string& queue,
                                   const CallOptions& call) {
  if (queue.starts_with("http://") || queue.starts_with("https://")) return queue;
  GetQueueUrlRequest request{.queue_name = queue_name_of(queue)};
  if (queue.starts_with("arn:")) request.queue_owner_aws_account_id = account_of(queue);
  TRY_ASSIGN(QueueUrlReply reply, client.get_queue_url(request, call));
  return std::move(reply.queue_url);
}

bool ends_everything(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kThrottled:
    case ErrorKind::kOverLimit:
    case ErrorKind::kAuth:
    case ErrorKind::kNetwork:
    case ErrorKind::kTimeout:
    case ErrorKind::kCancelled:
    case ErrorKind::kServerFault:
    case ErrorKind::kConfiguration:
      return true;
    case ErrorKind::kQueueNotFound:
    case ErrorKind::kNotFound:
    case ErrorKind::kReceiptHandle:
    case ErrorKind::kConflict:
    case ErrorKind::kInvalidRequest:
    case ErrorKind::kTooLarge:
    case ErrorKind::kChecksumMismatch:
      return false;
  }
  return true;
}

Result<std::string> TargetQueues::find(const std::string& queue, const Message& message) {
  const auto& source = message.attributes.dead_letter_queue_source_arn;
  Result<std::string> url = !queue.empty() ? url_of(queue)
                            : source       ? url_of(*source)
                                           : only_source();
  // It would come here once more in the same pass, and once more.
  if (url.ok() && path_of(*url) == path_of(dead_letter_queue_url_)) {
    return unclear("A message cannot be requeued to the queue it is in.");
  }
  return url;
}

Result<std::string> TargetQueues::url_of(const std::string& queue) {
  const auto known = known_.find(queue);
  if (known != known_.end()) return known->second;
  Result<std::string> url = find_queue_url(client_, queue, call_);
  if (url.ok() || !ends_everything(url.error())) known_.emplace(queue, url);
  return url;
}

Result<std::string> TargetQueues::only_source() {
  if (only_source_) return *only_source_;
  if (dead_letter_queue_url_.empty()) {
    return unclear("The message does not tell where it came from: name a queue.");
  }
  TRY_ASSIGN(const QueueUrlsReply sources,
             client_.list_dead_letter_source_queues({.queue_url = dead_letter_queue_url_}, call_));
  if (sources.queue_urls.size() == 1) {
    only_source_ = sources.queue_urls.front();
  } else {
    only_source_ = unclear(
        fmt::format("The message does not tell where it came from, and {}: name a queue.",
                    sources.queue_urls.empty() ? "no queue sends its dead letters here"
                                               : "several queues send their dead letters here"));
  }
  return *only_source_;
}

}  // namespace forebay::sqs::detail
