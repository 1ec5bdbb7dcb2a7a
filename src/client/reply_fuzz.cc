// SPDX-License-Identifier: Apache-2.0
// Whatever a server, a file or a variable says, the client's readers come back: every reply,
// errors, credentials, shared files, endpoints.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <forebay/sqs/detail/exchange.h>

#include "base/check.h"
#include "client/credentials_fetcher.h"
#include "client/errors.h"
#include "client/profile_file.h"
#include "client/request_members.h"
#include "client/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace forebay::sqs;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<std::string> answer{std::string(text)};
  const detail::Sent sent{};
#define DECODE(Request)                                                        \
  if (const auto reply = detail::decode<Request>(answer, sent); !reply.ok()) { \
    CHECK(!reply.error().message.empty());                                     \
  }
  FOREBAY_SQS_FOR_EACH_REQUEST(DECODE)
  const Error error = read_error({.http_status = 400, .query_error = text, .body = text});
  CHECK(!error.message.empty());
  read_credentials_json(text);
  read_iso_time(text);
  read_profiles(text, text);
  if (const auto endpoint = parse_endpoint(text); endpoint.ok()) {
    // What was accepted stays as it is.
    CHECK(parse_endpoint(endpoint->url)->url == endpoint->url);
  }
  return 0;
}
