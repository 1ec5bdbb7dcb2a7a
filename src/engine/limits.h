// SPDX-License-Identifier: Apache-2.0
// SQS's numbers (contract sections 3.1 and 5.13) and the engine's own bounds.
#pragma once

#include <cstdint>

namespace forebay::engine {

inline constexpr int32_t kDelaySecondsMax = 900;
inline constexpr int32_t kMaximumMessageSizeMin = 1024;
inline constexpr int32_t kMaximumMessageSizeMax = 1'048'576;
inline constexpr int32_t kMessageRetentionPeriodMin = 60;
inline constexpr int32_t kMessageRetentionPeriodMax = 1'209'600;
inline constexpr int32_t kReceiveMessageWaitTimeSecondsMax = 20;
inline constexpr int32_t kVisibilityTimeoutMax = 43'200;
inline constexpr int32_t kKmsDataKeyReusePeriodSecondsMin = 60;
inline constexpr int32_t kKmsDataKeyReusePeriodSecondsMax = 86'400;
inline constexpr int32_t kMaxReceiveCountMax = 1000;
inline constexpr int32_t kMaxNumberOfMessagesMax = 10;
inline constexpr int32_t kListQueuesMax = 1000;
inline constexpr int32_t kTagsPerQueueMax = 50;
inline constexpr int32_t kInFlightMax = 120'000;
inline constexpr int32_t kMoveTaskRateMax = 500;      // messages a second
inline constexpr int32_t kMoveTasksKept = 10;         // finished ones, per source
inline constexpr int32_t kMoveTasksRunningMax = 100;  // per account

inline constexpr int64_t kDeduplicationWindowMs = 300'000;
inline constexpr int64_t kReceiveAttemptWindowMs = 300'000;
inline constexpr int64_t kMoveTaskMsMax = int64_t{36} * 3'600'000;
inline constexpr int64_t kCooldownMs = 60'000;  // between purges; before a deleted name may return

/// Dead-letter moves one receive may make before it answers, so that no receive is unbounded.
inline constexpr int32_t kMovesPerReceiveMax = 1000;

// Order of standard queues (contract 5.2, 5.12).
inline constexpr int32_t kReceivesBeforeYielding = 3;  // a poison pill, from this receive on
inline constexpr int64_t kNoisyInFlightMin = 30;
inline constexpr int64_t kNoisyPercent = 10;  // of the in-flight messages, of the processing time
inline constexpr int64_t kProcessingWindowMs = 60'000;
inline constexpr int64_t kFairnessMs = 300'000;  // after the last grouped send

/// Messages whose memory one step of housekeeping frees after a purge or a deletion.
inline constexpr uint32_t kReclaimPerSweep = 4096;
/// Deduplication ids and receive attempts freed after their windows: by each touch of their queue,
/// more than one touch can add; by one step of housekeeping.
inline constexpr int kWindowsPerTouch = 4;
inline constexpr int kWindowsPerSweep = 4096;
/// Messages one step of housekeeping, or one touch of a queue, removes at the end of their
/// retention period.
inline constexpr int kExpiredPerFact = 256;

/// How much of its pace a move task that is late may catch up.
inline constexpr int64_t kMoveTaskCatchUpUs = 100'000;

static_assert(kMaximumMessageSizeMin < kMaximumMessageSizeMax);

}  // namespace forebay::engine
