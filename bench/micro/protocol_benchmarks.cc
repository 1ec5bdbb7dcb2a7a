// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/check.h"
#include "micro/benchmarks.h"
#include "micro/requests.h"
#include "protocol/codec.h"

namespace forebay::bench {
namespace {

using protocol::Wire;

constexpr std::string_view kUuid = "abababab-abab-4bab-abab-abababababab";
constexpr std::string_view kMd5 = "0123456789abcdef0123456789abcdef";

/// From the parts of an HTTP request to the request's own type.
template <class Request>
void decode(benchmark::State& state, const Sample& sample) {
  const protocol::HttpParts parts = sample.parts();
  for (auto _ : state) {
    const protocol::Classified classified = protocol::classify(parts);
    Result<Request> request = protocol::decode_request<Request>(classified.envelope.value());
    CHECK(request.ok());
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(sample.body.size()));
}

template <class Reply>
void encode(benchmark::State& state, Wire wire, std::string_view action, const Reply& reply) {
  int64_t bytes = 0;
  for (auto _ : state) {
    const protocol::EncodedReply encoded = protocol::encode_reply(wire, action, kUuid, reply);
    bytes += static_cast<int64_t>(encoded.body.size());
    benchmark::DoNotOptimize(encoded.body.data());
  }
  state.SetBytesProcessed(bytes);
}

protocol::SendMessageReply send_reply() {
  protocol::SendMessageReply reply;
  reply.message_id = kUuid;
  reply.md5_of_message_body = kMd5;
  return reply;
}

protocol::SendMessageBatchReply batch_reply() {
  protocol::SendMessageBatchReply reply;
  for (int i = 1; i <= kBatchEntries; ++i) {
    reply.successful.push_back({fmt::format("entry-{}", i), send_reply()});
  }
  return reply;
}

protocol::ReceiveMessageReply receive_reply() {
  protocol::ReceiveMessageReply reply;
  static const std::string handle(52, 'A');
  static const std::string body = message_body(kBodyBytes);
  for (int i = 0; i < kBatchEntries; ++i) {
    protocol::ReceivedMessage& message = reply.messages.emplace_back();
    message.message_id = kUuid;
    message.receipt_handle = handle;
    message.md5_of_body = kMd5;
    message.body = body;
  }
  return reply;
}

void register_wire(Wire wire, const std::string& name) {
  using benchmark::RegisterBenchmark;
  RegisterBenchmark((name + "_decode/SendMessage").c_str(), decode<protocol::SendMessageRequest>,
                    send_message(wire));
  RegisterBenchmark((name + "_decode/SendMessage_with_attributes").c_str(),
                    decode<protocol::SendMessageRequest>, send_message_with_attributes(wire));
  RegisterBenchmark((name + "_decode/SendMessageBatch").c_str(),
                    decode<protocol::SendMessageBatchRequest>, send_message_batch(wire));
  RegisterBenchmark((name + "_decode/ReceiveMessage").c_str(),
                    decode<protocol::ReceiveMessageRequest>, receive_message(wire));
  RegisterBenchmark((name + "_encode/SendMessage").c_str(), encode<protocol::SendMessageReply>,
                    wire, "SendMessage", send_reply());
  RegisterBenchmark((name + "_encode/SendMessageBatch").c_str(),
                    encode<protocol::SendMessageBatchReply>, wire, "SendMessageBatch",
                    batch_reply());
  RegisterBenchmark((name + "_encode/ReceiveMessage").c_str(),
                    encode<protocol::ReceiveMessageReply>, wire, "ReceiveMessage", receive_reply());
}

}  // namespace

void register_protocol_benchmarks() {
  register_wire(Wire::kJson, "json");
  register_wire(Wire::kQuery, "query");
}

}  // namespace forebay::bench
