// SPDX-License-Identifier: Apache-2.0
#include "testkit/forced_error.h"

#include <string_view>
#include <utility>

#include "protocol/codec.h"
#include "protocol/envelope.h"
#include "protocol/error_table.h"
#include "server/uuid.h"

namespace forebay::testkit {
namespace {

constexpr std::string_view kModelled = "com.amazonaws.sqs#";

protocol::Classified classified(const http::HttpRequest& request) {
  return protocol::classify({request.method, request.target, request.content_type,
                             request.amz_target, request.accept, request.body});
}

/// Both names of the error that has `code` as one of them; null: SQS has none.
const protocol::ErrorRow* row_of(std::string_view code) {
  for (int i = 0; i < kErrorCodeCount; ++i) {
    const protocol::ErrorRow& row = protocol::error_row(static_cast<ErrorCode>(i));
    if (row.query_code == code || row.json_type.substr(row.json_type.find('#') + 1) == code) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace

std::string action_of(const http::HttpRequest& request) {
  const protocol::Classified found = classified(request);
  return found.envelope.ok() ? std::string(found.envelope.value().action) : std::string();
}

http::HttpResponse forced_error(const http::HttpRequest& request, const testing::Fault& fault,
                                env::Random& random) {
  const std::string json_type = std::string(kModelled) + fault.code;
  protocol::ErrorRow row{json_type, fault.code, fault.status, fault.status < 500};
  if (const protocol::ErrorRow* const known = row_of(fault.code)) {
    row.json_type = known->json_type;
    row.query_code = known->query_code;
  }
  const auto request_id = server::uuid_text(server::random_uuid(random));
  protocol::EncodedReply reply =
      protocol::encode_error(classified(request).wire, request_id, row, fault.message);
  return {reply.http_status, reply.content_type, request_id, std::move(reply.query_error),
          std::move(reply.body)};
}

}  // namespace forebay::testkit
