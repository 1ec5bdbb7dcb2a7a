// SPDX-License-Identifier: Apache-2.0
// SendMessageBatch (contract section 2.11).
#include <array>
#include <span>

#include <fmt/format.h>

#include "protocol/digests.h"
#include "server/batch.h"
#include "server/handlers/handlers.h"
#include "server/message_rules.h"
#include "server/parameter_errors.h"
#include "server/send_entry.h"

namespace forebay::server {
namespace {

constexpr std::string_view kNoun = "SendMessageBatchRequestEntry";

using GivenEntry = protocol::SendMessageBatchRequest::Entry;

Result<void> check_total_size(const std::vector<GivenEntry>& entries) {
  int64_t total = 0;
  for (const GivenEntry& entry : entries) {
    total += message_size(entry.message_body ? std::string_view(*entry.message_body) : "",
                          entry.message_attributes);
  }
  if (total > kBatchBytesMax) {
    return Error{ErrorCode::kBatchRequestTooLong,
                 fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} "
                             "bytes.",
                             kBatchBytesMax, total)};
  }
  return {};
}

/// What refuses a whole SendMessage but only one entry of a batch.
std::optional<Error> find_entry_error(const GivenEntry& entry, size_t position) {
  if (!entry.message_body || entry.message_body->empty()) {
    return missing_parameter(fmt::format("{}.{}.MessageBody", kNoun, position));
  }
  if (const auto delay = check_delay_seconds(entry.delay_seconds); !delay.ok()) {
    return delay.error();
  }
  return std::nullopt;
}

using BodyDigests = std::array<InlineText<32>, kBatchEntriesMax>;

/// Of each entry's body; one that is missing counts as empty.
BodyDigests body_digests(const std::vector<GivenEntry>& entries) {
  std::array<std::string_view, kBatchEntriesMax> bodies;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].message_body) bodies[i] = *entries[i].message_body;
  }
  BodyDigests digests;
  protocol::md5_hex(std::span(bodies).first(entries.size()),
                    std::span(digests).first(entries.size()));
  return digests;
}

/// The entry at 1-based `position`, in place so that its faults reach the engine as the entry's
/// own.
PreparedMessage prepare_entry(const SendCircumstances& circumstances, GivenEntry& entry,
                              size_t position, const InlineText<32>& body_md5) {
  const std::optional<Error> error = find_entry_error(entry, position);
  if (error) {
    if (!entry.message_body) entry.message_body.emplace();
    entry.delay_seconds.reset();
  }
  PreparedMessage prepared = prepare_message(circumstances, given_message(entry), body_md5);
  if (error) prepared.entry.content_error = error;
  return prepared;
}

/// A message's part in the answer, as it will be when the engine takes the message.
using Sent = protocol::SendMessageBatchReply::Entry;

struct Prepared {
  engine::SendMessages operation;
  std::vector<Sent> sent;
};

Result<Prepared> prepare(const Call& call) {
  TRY_ASSIGN(auto request, call.decode<protocol::SendMessageBatchRequest>());
  if (!request.queue_url || request.queue_url->empty()) return missing_parameter("QueueUrl");
  TRY(check_batch(request.entries, kNoun));
  std::vector<GivenEntry>& entries = *request.entries;
  TRY(check_total_size(entries));
  Prepared prepared;
  prepared.operation.batch = true;
  TRY_ASSIGN(prepared.operation.queue, call.queue(request.queue_url));
  const SendCircumstances circumstances{prepared.operation.queue, call.scope().account,
                                        call.http().trace_id, call.context().random};
  const BodyDigests body_md5s = body_digests(entries);
  prepared.operation.entries.reserve(entries.size());
  prepared.sent.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    PreparedMessage message = prepare_entry(circumstances, entries[i], i + 1, body_md5s[i]);
    prepared.operation.entries.push_back(std::move(message.entry));
    prepared.sent.push_back({std::move(*entries[i].id), message.reply});
  }
  return prepared;
}

protocol::SendMessageBatchReply batch_reply(std::vector<Sent> sent,
                                            const engine::SendMessages::Reply& engine_reply) {
  CHECK(engine_reply.results.size() == sent.size());
  protocol::SendMessageBatchReply reply;
  reply.successful.reserve(sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    const Result<engine::SentMessage>& result = engine_reply.results[i];
    if (result.ok()) {
      finish_reply(sent[i].result, *result);
      reply.successful.push_back(std::move(sent[i]));
    } else {
      reply.failed.push_back(failed_entry(std::move(sent[i].id), result.error()));
    }
  }
  return reply;
}

}  // namespace

void handle_send_message_batch(const CallPtr& call) {
  Result<Prepared> prepared = prepare(*call);
  if (!prepared.ok()) return call->fail(prepared.error());
  perform(call, Result(std::move(prepared->operation)),
          [sent = std::move(prepared->sent)](const engine::SendMessages::Reply& reply) mutable {
            return batch_reply(std::move(sent), reply);
          });
}

}  // namespace forebay::server
