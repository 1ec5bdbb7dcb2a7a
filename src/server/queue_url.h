// SPDX-License-Identifier: Apache-2.0
// QueueUrls: from text to a queue's address, and back (contract section 1.2).
//
// In a QueueUrl only the path counts: the host is whatever the client happened to reach us by.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/queue_attributes.h"
#include "http/server.h"
#include "server/config.h"
#include "server/request_scope.h"

namespace forebay::server {

/// 1 to 80 letters, digits, '-' and '_'; ".fifo" at the end counts towards the 80.
bool is_queue_name(std::string_view name);
bool is_fifo_name(std::string_view name);

/// A full URL, a path ("/000000000000/jobs", also behind further leading segments) or a bare name.
/// Errors: kQueueDoesNotExist for everything else: never a parse error.
Result<engine::QueueAddress> parse_queue_url(const RequestScope& scope, std::string_view queue_url);

/// "<base>/<account>/<name>" where base is config.public_url, else the scheme and host the client
/// used, else the address listened on.
std::string make_queue_url(const Config& config, const http::HttpRequest& request,
                           const engine::QueueAddress& queue);

}  // namespace forebay::server
