// SPDX-License-Identifier: Apache-2.0
// One function per served action; each has a file of its own. `server/actions.cc` lists them.
//
// Each decodes, checks in the order of contract section 2.0, asks the engine for one operation (or
// for the few that the file says) and answers the call, now or later.
// Thread: the io thread of the request's connection.
#pragma once

#include "server/call.h"

namespace forebay::server {

void handle_add_permission(const CallPtr& call);
void handle_cancel_message_move_task(const CallPtr& call);
void handle_change_message_visibility(const CallPtr& call);
void handle_change_message_visibility_batch(const CallPtr& call);
void handle_create_queue(const CallPtr& call);
void handle_delete_message(const CallPtr& call);
void handle_delete_message_batch(const CallPtr& call);
void handle_delete_queue(const CallPtr& call);
void handle_get_queue_attributes(const CallPtr& call);
void handle_get_queue_url(const CallPtr& call);
void handle_list_dead_letter_source_queues(const CallPtr& call);
void handle_list_message_move_tasks(const CallPtr& call);
void handle_list_queue_tags(const CallPtr& call);
void handle_list_queues(const CallPtr& call);
void handle_purge_queue(const CallPtr& call);
void handle_receive_message(const CallPtr& call);
void handle_remove_permission(const CallPtr& call);
void handle_send_message(const CallPtr& call);
void handle_send_message_batch(const CallPtr& call);
void handle_set_queue_attributes(const CallPtr& call);
void handle_start_message_move_task(const CallPtr& call);
void handle_tag_queue(const CallPtr& call);
void handle_untag_queue(const CallPtr& call);

}  // namespace forebay::server
