// SPDX-License-Identifier: Apache-2.0
// Which account and region a request acts in (contract section 1.2).
//
// AWS knows the account from the access key; here it is, in this order, what the configuration's
// [[access_key]] says of the key, the key itself when it is 12 digits (as other servers for
// development have it), the configured account. The region is that of the credential's scope, else
// that in the host's name (sqs.eu-west-1.example.com), else the configured one. All this is
// convention, none of it AWS's; nothing is verified here.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "http/server.h"
#include "server/config.h"

namespace forebay::server {

struct RequestScope {
  std::string region;
  std::string account;  // 12 digits
};

/// Reads the credential from an AWS4 `Authorization` header, else from the query parameter
/// `X-Amz-Credential` of a presigned URL. A malformed one counts as none.
RequestScope request_scope(const Config& config, const http::HttpRequest& request);

/// The host, and perhaps the port, by which the client reaches us: X-Forwarded-Host, else Host.
/// Empty when neither can stand in a URL.
std::string_view client_host(const http::HttpRequest& request);

/// The first of several proxies' values.
std::string_view first_of_list(std::string_view header);

bool is_account_id(std::string_view text);

}  // namespace forebay::server
