// SPDX-License-Identifier: Apache-2.0
// What a fault needs to know of a request: the action it names, and how its protocol writes an
// error that the API itself would not give.
// Thread: any; `random` as it says.
#pragma once

#include <string>

#include <forebay/testing/server.h>

#include "env/clock.h"
#include "http/server.h"

namespace forebay::testkit {

/// "SendMessage", as sent; empty for what is no request of the API's.
std::string action_of(const http::HttpRequest& request);

/// The status, code and message of a kError. A code that SQS has is written as SQS does in each
/// protocol, whichever of its names is given; any other stands as it is.
http::HttpResponse forced_error(const http::HttpRequest& request, const testing::Fault& fault,
                                env::Random& random);

}  // namespace forebay::testkit
