// SPDX-License-Identifier: Apache-2.0
// The commands that speak SQS, one function each.
// Thread: main.
#pragma once

#include <forebay/sqs/error.h>

namespace forebay::commands {

class Session;

/// Each returns the exit code.
/// Errors: what the user reads, and exit_code_of() it.
sqs::Result<int> run_queue_create(Session& session);
sqs::Result<int> run_queue_ensure(Session& session);
sqs::Result<int> run_queue_list(Session& session);
sqs::Result<int> run_queue_show(Session& session);
sqs::Result<int> run_queue_set(Session& session);
sqs::Result<int> run_queue_delete(Session& session);
sqs::Result<int> run_queue_purge(Session& session);
sqs::Result<int> run_queue_tag(Session& session);
sqs::Result<int> run_queue_untag(Session& session);

sqs::Result<int> run_send(Session& session);
sqs::Result<int> run_receive(Session& session);
sqs::Result<int> run_tail(Session& session);
sqs::Result<int> run_consume(Session& session);

sqs::Result<int> run_dlq_list(Session& session);
sqs::Result<int> run_dlq_show(Session& session);
sqs::Result<int> run_dlq_redrive(Session& session);
sqs::Result<int> run_dlq_archive(Session& session);
sqs::Result<int> run_dlq_restore(Session& session);

sqs::Result<int> run_move_task_start(Session& session);
sqs::Result<int> run_move_task_list(Session& session);
sqs::Result<int> run_move_task_cancel(Session& session);

}  // namespace forebay::commands
