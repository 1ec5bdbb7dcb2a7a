// SPDX-License-Identifier: Apache-2.0
// Any bytes in any pieces: the parser keeps its limits, and how the bytes were cut changes nothing.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/parser.h"

namespace {

using forebay::http::HttpParser;
using forebay::http::HttpRequest;

constexpr uint32_t kHeaderBytesMax = 512;
constexpr uint64_t kBodyBytesMax = 1024;

void add(std::string& out, std::string_view part) {
  out.append(part).push_back('\n');
}

void serve(HttpParser& parser, std::string& out) {
  while (parser.advance() == HttpParser::Progress::kComplete) {
    HttpRequest request;
    parser.describe(request);
    CHECK(request.body.size() <= kBodyBytesMax);
    CHECK(!request.method.empty() && !request.target.empty());
    for (std::string_view part :
         {request.method, request.target, request.body, request.host, request.content_type,
          request.accept, request.authorization, request.amz_target, request.trace_id,
          request.forwarded_proto, request.forwarded_host}) {
      add(out, part);
    }
    add(out, parser.keep_alive() ? "keep" : "close");
    parser.next();
  }
}

/// Everything the parser tells about `bytes`, given in pieces of `first`, then `step` bytes.
std::string outcome(std::string_view bytes, size_t first, size_t step) {
  HttpParser parser(kHeaderBytesMax, kBodyBytesMax);
  std::string out;
  size_t piece = first;
  while (!bytes.empty()) {
    const auto room = parser.prepare();
    CHECK(!room.empty());
    CHECK(parser.capacity() <= 4u * (kHeaderBytesMax + kBodyBytesMax) + 16u * 1024);
    const size_t count = std::min({piece, room.size(), bytes.size()});
    std::memcpy(room.data(), bytes.data(), count);
    parser.commit(count);
    bytes.remove_prefix(count);
    serve(parser, out);
    parser.take_continue();
    if (parser.advance() == HttpParser::Progress::kRefused) {
      add(out, parser.refusal_status() == 0 ? "" : "refused");
      return out;
    }
    piece = step;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t first = 1 + data[0];
  const size_t step = 1 + data[1] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = outcome(bytes, bytes.size(), 1);
  CHECK(outcome(bytes, first, step) == whole);
  CHECK(outcome(bytes, 1, 1) == whole);
  return 0;
}
