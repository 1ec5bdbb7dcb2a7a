// SPDX-License-Identifier: Apache-2.0
// The MD5 values that go with messages: computed for what is sent, checked for what comes back
// (contract 4.5).
// Thread: any.
#pragma once

#include <vector>

#include <forebay/sqs/detail/exchange.h>
#include <forebay/sqs/messages.h>

namespace forebay::sqs {

/// Over all of them, in the order of their names. Empty for none.
Md5Digest md5_of(const MessageAttributes& attributes);

detail::SentDigests digests_of(const SendMessageRequest& request);
/// In the entries' order.
std::vector<detail::SentEntry> digests_of(const SendMessageBatchRequest& request);

/// Errors: kChecksumMismatch: the server has stored something else. A digest that the server leaves
/// out is not checked, but for the body's.
Result<void> check_sent(const SendMessageReply& reply, const detail::SentDigests& sent);
/// Each successful entry against the sent one of its id. Errors: as above, and for an id that was
/// not sent.
Result<void> check_sent(const SendMessageBatchReply& reply,
                        const std::vector<detail::SentEntry>& sent);
/// Body and attributes against their digests. Errors: kChecksumMismatch.
Result<void> check_received(const ReceiveMessageReply& reply);

}  // namespace forebay::sqs
