// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/crc32c.h"
#include "engine/receipt_handle.h"
#include "micro/benchmarks.h"
#include "micro/requests.h"
#include "protocol/codec.h"
#include "protocol/digests.h"

namespace forebay::bench {
namespace {

template <auto kDigest>
void digest(benchmark::State& state) {
  const std::string body = message_body(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(kDigest(body));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

InlineText<32> md5_of_body(std::string_view body) {
  return protocol::md5_hex(body);
}

void md5_of_ten_bodies(benchmark::State& state) {
  const std::string body = message_body(static_cast<size_t>(state.range(0)));
  const std::vector<std::string_view> bodies(10, body);
  std::vector<InlineText<32>> digests(bodies.size());
  for (auto _ : state) {
    protocol::md5_hex(bodies, digests);
    benchmark::DoNotOptimize(digests.data());
  }
  state.SetBytesProcessed(state.iterations() * 10 * state.range(0));
}

void md5_of_attributes(benchmark::State& state) {
  const Sample sample = send_message_with_attributes(protocol::Wire::kJson);
  protocol::Classified classified = protocol::classify(sample.parts());
  const auto request =
      protocol::decode_request<protocol::SendMessageRequest>(classified.envelope.value());
  CHECK(request.ok() && request.value().message_attributes.size() == 3);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        protocol::md5_of_message_attributes(request.value().message_attributes));
  }
}

void checksum(benchmark::State& state) {
  const std::string bytes(static_cast<size_t>(state.range(0)), 'c');
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

constexpr Bytes16 kSecret{7, 1, 3};
constexpr engine::ReceiptHandle kHandle{
    QueueId(17), {engine::Slot(4711), MessageNumber(123'456)}, 1};

void encode_handle(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(engine::encode_receipt_handle(kHandle, kSecret));
}

void decode_handle(benchmark::State& state) {
  const std::string text = engine::encode_receipt_handle(kHandle, kSecret);
  CHECK(engine::decode_receipt_handle(text, kSecret) == kHandle);
  for (auto _ : state) benchmark::DoNotOptimize(engine::decode_receipt_handle(text, kSecret));
}

}  // namespace

void register_digest_benchmarks() {
  benchmark::RegisterBenchmark("digest/md5_of_body", digest<md5_of_body>)
      ->Arg(kBodyBytes)
      ->Arg(256 << 10);
  benchmark::RegisterBenchmark("digest/md5_of_ten_bodies", md5_of_ten_bodies)->Arg(kBodyBytes);
  benchmark::RegisterBenchmark("digest/md5_of_three_attributes", md5_of_attributes);
  benchmark::RegisterBenchmark("digest/sha256_deduplication_id", digest<protocol::sha256_hex>)
      ->Arg(kBodyBytes);
  benchmark::RegisterBenchmark("digest/crc32c", checksum)->Arg(64)->Arg(kBodyBytes)->Arg(1 << 20);
  benchmark::RegisterBenchmark("receipt_handle/encode", encode_handle);
  benchmark::RegisterBenchmark("receipt_handle/decode", decode_handle);
}

}  // namespace forebay::bench
