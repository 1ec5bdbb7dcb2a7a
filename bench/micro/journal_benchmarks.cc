// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/facts.h"
#include "journal/batch.h"
#include "micro/benchmarks.h"
#include "micro/requests.h"

namespace forebay::bench {
namespace {

constexpr WallMs kNow(1'700'000'000'000);
constexpr Epoch kEpoch(1);

/// One batch of `records` sends, as the shard makes it from its facts.
std::string encode(journal::BatchWriter& writer, const engine::Fact& sent, int64_t records) {
  for (int64_t i = 0; i < records; ++i) {
    writer.add([&](std::string& out) { engine::encode_fact(sent, kNow, out); });
  }
  return writer.seal(kEpoch);
}

engine::Fact a_send(std::string_view content) {
  engine::MessageSent sent;
  sent.queue = QueueId(17);
  sent.message = {engine::Slot(4711), MessageNumber(123'456)};
  sent.sent = sent.visible_at = kNow;
  sent.message_id = Bytes16{1, 2, 3};
  sent.content = content;
  return sent;
}

void encode_batch(benchmark::State& state) {
  const std::string content = message_body(kBodyBytes);
  const engine::Fact sent = a_send(content);
  journal::BatchWriter writer(LogPosition(0));
  int64_t bytes = 0;
  for (auto _ : state) {
    const std::string batch = encode(writer, sent, state.range(0));
    bytes += static_cast<int64_t>(batch.size());
    benchmark::DoNotOptimize(batch.data());
  }
  state.SetBytesProcessed(bytes);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Every checksum, and every fact: what a start does with the log.
void decode_batch(benchmark::State& state) {
  const std::string content = message_body(kBodyBytes);
  journal::BatchWriter writer(LogPosition(0));
  const std::string batch = encode(writer, a_send(content), state.range(0));
  for (auto _ : state) {
    int64_t facts = 0;
    const Result<void> visited =
        journal::visit_records(batch, [&](LogPosition, std::string_view record) -> Result<void> {
          facts += engine::decode_fact(record).ok() ? 1 : 0;
          return {};
        });
    CHECK(visited.ok() && facts == state.range(0));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

void register_journal_benchmarks() {
  benchmark::RegisterBenchmark("journal_batch/encode", encode_batch)->Arg(1)->Arg(10)->Arg(640);
  benchmark::RegisterBenchmark("journal_batch/decode", decode_batch)->Arg(1)->Arg(10)->Arg(640);
}

}  // namespace forebay::bench
