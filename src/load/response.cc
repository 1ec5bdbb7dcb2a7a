// SPDX-License-Identifier: Apache-2.0
#include "load/response.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"

namespace forebay::load {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr size_t kHeadBytesMax = 16 << 10;
constexpr uint64_t kBodyBytesMax = 64 << 20;

Error not_a_response(std::string_view bytes) {
  return Error{ErrorCode::kServiceUnavailable,
               "cannot read this response: " + std::string(bytes.substr(0, 200))};
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Whether `text` begins with `lower_prefix`, in any case.
bool begins(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char wanted, char c) { return wanted == lower(c); });
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<uint64_t> whole_number(std::string_view text, int base = 10) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What the header lines say about the body.
struct Framing {
  std::optional<uint64_t> length;
  bool chunked = false;
  std::optional<bool> closes;
  bool valid = true;
};

void read_header(std::string_view line, Framing& framing) {
  constexpr std::string_view kLength = "content-length:";
  constexpr std::string_view kEncoding = "transfer-encoding:";
  constexpr std::string_view kConnection = "connection:";
  if (begins(line, kLength)) {
    framing.length = whole_number(without_blanks(line.substr(kLength.size())));
    framing.valid = framing.valid && framing.length && *framing.length <= kBodyBytesMax;
  } else if (begins(line, kEncoding)) {
    framing.chunked = begins(without_blanks(line.substr(kEncoding.size())), "chunked");
    framing.valid = framing.valid && framing.chunked;
  } else if (begins(line, kConnection)) {
    framing.closes = begins(without_blanks(line.substr(kConnection.size())), "close");
  }
}

/// `lines` are the header lines, each with its line end.
Framing read_framing(std::string_view lines) {
  Framing framing;
  while (!lines.empty()) {
    const size_t end = lines.find(kLineEnd);
    // Only these three headers matter; most lines are passed over by their first letter.
    const char first = lower(lines.front());
    if (first == 'c' || first == 't') read_header(lines.substr(0, end), framing);
    lines.remove_prefix(end + kLineEnd.size());
  }
  return framing;
}

/// One frame of a chunked body: where its content begins and how long it is.
struct Chunk {
  size_t begin = 0;
  uint64_t size = 0;
};

/// The frame at `at`; nothing when it is not complete.
Result<std::optional<Chunk>> read_chunk(std::string_view bytes, size_t at) {
  const size_t line_end = bytes.find(kLineEnd, at);
  if (line_end == std::string_view::npos) return std::optional<Chunk>();
  const std::string_view line = bytes.substr(at, line_end - at);
  const std::optional<uint64_t> size =
      whole_number(without_blanks(line.substr(0, line.find(';'))), 16);
  if (!size || *size > kBodyBytesMax) return not_a_response(bytes);
  const size_t begin = line_end + kLineEnd.size();
  if (*size > 0 && bytes.size() < begin + *size + kLineEnd.size()) return std::optional<Chunk>();
  return std::optional<Chunk>({.begin = begin, .size = *size});
}

/// Where the chunked body that begins at `at` ends, trailers included; nothing when it has not all
/// come.
Result<std::optional<size_t>> chunked_end(std::string_view bytes, size_t at) {
  while (true) {
    TRY_ASSIGN(const std::optional<Chunk> chunk, read_chunk(bytes, at));
    if (!chunk) return std::optional<size_t>();
    at = chunk->begin + chunk->size;
    if (chunk->size > 0) {
      at += kLineEnd.size();
      continue;
    }
    while (!bytes.substr(at).starts_with(kLineEnd)) {
      const size_t trailer_end = bytes.find(kLineEnd, at);
      if (trailer_end == std::string_view::npos) return std::optional<size_t>();
      at = trailer_end + kLineEnd.size();
    }
    return std::optional<size_t>(at + kLineEnd.size());
  }
}

/// Where the response ends whose body begins at `at`.
Result<std::optional<size_t>> response_end(std::string_view bytes, size_t at,
                                           const Framing& framing, bool ended) {
  if (framing.chunked) return chunked_end(bytes, at);
  if (framing.length) {
    const size_t end = at + *framing.length;
    return bytes.size() < end ? std::optional<size_t>() : std::optional<size_t>(end);
  }
  return ended ? std::optional<size_t>(bytes.size()) : std::optional<size_t>();
}

bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

Result<std::optional<Response>> parse_response(std::string_view bytes, bool ended) {
  const size_t head_end = bytes.find(kHeadEnd);
  if (!kVersion.starts_with(bytes.substr(0, kVersion.size()))) return not_a_response(bytes);
  if (head_end == std::string_view::npos) {
    if (bytes.size() > kHeadBytesMax) return not_a_response(bytes);
    return std::optional<Response>();
  }
  // "HTTP/1.1 200 OK", then header lines.
  const std::string_view head = bytes.substr(0, head_end + kLineEnd.size());
  constexpr size_t kStatusAt = 9;
  const std::optional<uint64_t> status =
      head.size() < kStatusAt + 3 ? std::nullopt : whole_number(head.substr(kStatusAt, 3));
  if (!status || *status < 100) return not_a_response(bytes);
  Framing framing = read_framing(head.substr(head.find(kLineEnd) + kLineEnd.size()));
  if (!framing.valid) return not_a_response(bytes);
  Response response{.status = static_cast<int>(*status), .chunked = framing.chunked};
  if (has_no_body(response.status) && !framing.chunked) framing.length = 0;
  const size_t body_at = head_end + kHeadEnd.size();
  TRY_ASSIGN(const std::optional<size_t> end, response_end(bytes, body_at, framing, ended));
  if (!end) return std::optional<Response>();
  const bool version_closes = head[kVersion.size()] == '0';
  response.closes = framing.closes.value_or(version_closes) || !(framing.length || framing.chunked);
  response.body = bytes.substr(body_at, *end - body_at);
  response.bytes = *end;
  return std::optional<Response>(response);
}

std::string_view join_chunks(std::span<char> body) {
  const std::string_view bytes(body.data(), body.size());
  size_t joined = 0;
  for (size_t at = 0;;) {
    const auto chunk = read_chunk(bytes, at);
    CHECK(chunk.ok() && chunk.value().has_value());
    const auto [begin, size] = *chunk.value();
    if (size == 0) return bytes.substr(0, joined);
    std::memmove(body.data() + joined, body.data() + begin, size);
    joined += size;
    at = begin + size + kLineEnd.size();
  }
}

}  // namespace forebay::load
