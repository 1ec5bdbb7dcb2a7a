// SPDX-License-Identifier: Apache-2.0
// What is sent when a dead letter is sent again: the same message, and how often that was done.
// Thread: pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <forebay/sqs/dead_letter_archive.h>
#include <forebay/sqs/dead_letter_rules.h>
#include <forebay/sqs/producer_message.h>

namespace forebay::sqs::detail {

/// SQS's limit.
inline constexpr size_t kMessageAttributesMax = 10;

bool is_fifo(std::string_view queue_url);

/// Whether the count of attempts can be added: not to 10 attributes, nor beyond 1 MiB.
bool has_room_for_attempt(const DeadLetter& letter);

/// For a letter with room. Without room for the time of its first failure it goes without that.
/// The deduplication id is made of message and attempt: whoever sends the same letter again within
/// five minutes sends nothing.
OutgoingMessage requeued(const DeadLetter& letter, std::chrono::seconds delay,
                         const std::string& target_url);

/// The message as it was archived.
OutgoingMessage restored(const ArchivedLetter& letter, std::chrono::seconds delay,
                         const std::string& target_url);

}  // namespace forebay::sqs::detail
