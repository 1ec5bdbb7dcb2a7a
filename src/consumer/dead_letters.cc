// SPDX-License-Identifier: Apache-2.0
#include "consumer/dead_letters.h"

#include <string_view>
#include <utility>
#include <variant>

namespace forebay::sqs::detail {
namespace {

constexpr size_t kAttributesMax = 10;
constexpr size_t kAttributesOfOurs = 2;

/// At most `bytes_max` bytes, and no half characters.
std::string_view cut_text(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
  return text.substr(0, end);
}

/// The parts of "arn:aws:sqs:<region>:<account>:<name>" that name a queue.
struct ArnParts {
  std::string_view account;
  std::string_view name;
};
ArnParts arn_parts(std::string_view arn) {
  const size_t name = arn.rfind(':');
  if (name == std::string_view::npos || name == 0) return {};
  const size_t account = arn.rfind(':', name - 1);
  if (account == std::string_view::npos) return {};
  return {arn.substr(account + 1, name - account - 1), arn.substr(name + 1)};
}

}  // namespace

SendMessageRequest dead_letter_of(const Message& message, const std::string& reason,
                                  const std::string& dead_letter_queue_url) {
  SendMessageRequest request{.queue_url = dead_letter_queue_url,
                             .message_body = message.body,
                             .message_attributes = message.message_attributes};
  MessageAttributes& attributes = request.message_attributes;
  if (attributes.size() + kAttributesOfOurs <= kAttributesMax) {
    const std::string_view given = reason.empty() ? std::string_view("unknown") : reason;
    const std::string_view text = cut_text(given, Dead::kReasonBytesMax);
    attributes[std::string(Dead::kReasonAttribute)] =
        MessageAttributeValue::string(std::string(text));
    attributes[std::string(Dead::kReceiveCountAttribute)] =
        MessageAttributeValue::number(message.attributes.approximate_receive_count.value_or(1));
  }
  if (message.attributes.aws_trace_header) {
    request.message_system_attributes["AWSTraceHeader"] =
        MessageAttributeValue::string(*message.attributes.aws_trace_header);
  }
  request.message_group_id = message.attributes.message_group_id;
  // The message's own id: sending again within five minutes is then harmless.
  if (dead_letter_queue_url.ends_with(".fifo")) {
    request.message_deduplication_id = std::string(message.message_id.view());
  }
  return request;
}

DeadLetters::DeadLetters(Context& context, std::function<void(HeldMessage&, bool)> ended)
    : context_(context),
      ended_(std::move(ended)),
      queue_url_(context.options.dead_letter_queue_url) {}

void DeadLetters::send(HeldMessage& held) {
  if (!queue_url_.empty()) return send_now(held);
  waiting_.push_back(&held);
  if (waiting_.size() == 1) find_queue();
}

void DeadLetters::find_queue() {
  const GetQueueAttributesRequest request{.queue_url = context_.options.queue_url,
                                          .attribute_names = {"RedrivePolicy"}};
  context_.calls.get_queue_attributes(
      request, {},
      context_.on_own_thread<GetQueueAttributesReply>(
          [this](const Result<GetQueueAttributesReply>& reply) { found_policy(reply); }));
}

void DeadLetters::found_policy(const Result<GetQueueAttributesReply>& reply) {
  if (!reply.ok()) return cannot_find(reply.error());
  const auto& policy = reply->attributes.redrive_policy;
  const ArnParts arn = policy ? arn_parts(policy->dead_letter_target_arn) : ArnParts();
  if (arn.name.empty()) {
    return cannot_find(
        {.kind = ErrorKind::kConfiguration, .message = "The queue has no dead-letter queue."});
  }
  const GetQueueUrlRequest request{.queue_name = std::string(arn.name),
                                   .queue_owner_aws_account_id = std::string(arn.account)};
  context_.calls.get_queue_url(request, {},
                               context_.on_own_thread<QueueUrlReply>(
                                   [this](const Result<QueueUrlReply>& r) { found_queue(r); }));
}

void DeadLetters::found_queue(const Result<QueueUrlReply>& reply) {
  if (!reply.ok()) return cannot_find(reply.error());
  queue_url_ = reply->queue_url;
  for (HeldMessage* held : std::exchange(waiting_, {})) send_now(*held);
}

void DeadLetters::cannot_find(const Error& error) {
  context_.report("dead letter", error);
  for (HeldMessage* held : std::exchange(waiting_, {})) ended_(*held, false);
}

void DeadLetters::send_now(HeldMessage& held) {
  const auto& reason = std::get<Dead>(held.outcome).reason;
  context_.calls.send(dead_letter_of(held.message(), reason, queue_url_), {},
                      context_.on_own_thread<SendMessageReply>(
                          [this, &held](const Result<SendMessageReply>& reply) {
                            if (!reply.ok()) context_.report("dead letter", reply.error());
                            ended_(held, reply.ok());
                          }));
}

}  // namespace forebay::sqs::detail
