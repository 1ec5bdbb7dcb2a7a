// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "base/check.h"
#include "http/parser.h"
#include "http/response_head.h"
#include "micro/benchmarks.h"
#include "micro/requests.h"

namespace forebay::bench {
namespace {

constexpr uint32_t kHeaderBytesMax = 16u << 10;
constexpr uint64_t kRequestBytesMax = 8u << 20;

/// One kept-alive connection: bytes as they come from the socket, to a described request.
void parse(benchmark::State& state, const std::string& bytes) {
  http::HttpParser parser(kHeaderBytesMax, kRequestBytesMax);
  for (auto _ : state) {
    std::string_view rest = bytes;
    while (parser.advance() == http::HttpParser::Progress::kNeedMore) {
      const std::span<char> room = parser.prepare();
      const size_t count = std::min(room.size(), rest.size());
      std::memcpy(room.data(), rest.data(), count);
      parser.commit(count);
      rest.remove_prefix(count);
    }
    http::HttpRequest request;
    parser.describe(request);
    CHECK(request.body.size() > 0);
    benchmark::DoNotOptimize(request);
    parser.next();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}

void format_head(benchmark::State& state) {
  http::HttpResponseHead head;
  http::HttpResponse response;
  response.content_type = "application/x-amz-json-1.0";
  response.request_id = "abababab-abab-4bab-abab-abababababab";
  response.body = std::string(116, 'b');
  const WallMs now(1'700'000'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(head.format(response, http::ConnectionHeader::kNone, now));
  }
}

}  // namespace

void register_http_benchmarks() {
  const Sample samples[] = {send_message(protocol::Wire::kJson),
                            send_message_batch(protocol::Wire::kJson)};
  for (const Sample& sample : samples) {
    benchmark::RegisterBenchmark(("http_parse/" + sample.action).c_str(), parse,
                                 http_bytes(sample));
  }
  benchmark::RegisterBenchmark("http_response_head", format_head);
}

}  // namespace forebay::bench
