// SPDX-License-Identifier: Apache-2.0
#include "server/actions.h"

#include <algorithm>

#include "server/handlers/handlers.h"

namespace forebay::server {
namespace {

constexpr bool kOnQueuePath = true;
constexpr bool kNotOnQueuePath = false;

constexpr Action kActions[] = {
    {"AddPermission", handle_add_permission, kOnQueuePath},
    {"CancelMessageMoveTask", handle_cancel_message_move_task, kOnQueuePath},
    {"ChangeMessageVisibility", handle_change_message_visibility, kOnQueuePath},
    {"ChangeMessageVisibilityBatch", handle_change_message_visibility_batch, kOnQueuePath},
    {"CreateQueue", handle_create_queue, kNotOnQueuePath},
    {"DeleteMessage", handle_delete_message, kOnQueuePath},
    {"DeleteMessageBatch", handle_delete_message_batch, kOnQueuePath},
    {"DeleteQueue", handle_delete_queue, kOnQueuePath},
    {"GetQueueAttributes", handle_get_queue_attributes, kOnQueuePath},
    {"GetQueueUrl", handle_get_queue_url, kOnQueuePath},
    {"ListDeadLetterSourceQueues", handle_list_dead_letter_source_queues, kOnQueuePath},
    {"ListMessageMoveTasks", handle_list_message_move_tasks, kOnQueuePath},
    {"ListQueueTags", handle_list_queue_tags, kOnQueuePath},
    {"ListQueues", handle_list_queues, kNotOnQueuePath},
    {"PurgeQueue", handle_purge_queue, kOnQueuePath},
    {"ReceiveMessage", handle_receive_message, kOnQueuePath},
    {"RemovePermission", handle_remove_permission, kOnQueuePath},
    {"SendMessage", handle_send_message, kOnQueuePath},
    {"SendMessageBatch", handle_send_message_batch, kOnQueuePath},
    {"SetQueueAttributes", handle_set_queue_attributes, kOnQueuePath},
    {"StartMessageMoveTask", handle_start_message_move_task, kOnQueuePath},
    {"TagQueue", handle_tag_queue, kOnQueuePath},
    {"UntagQueue", handle_untag_queue, kOnQueuePath},
};

constexpr bool by_name(const Action& a, const Action& b) {
  return a.name < b.name;
}
static_assert(std::size(kActions) == 23);
static_assert(std::is_sorted(std::begin(kActions), std::end(kActions), by_name));

}  // namespace

std::span<const Action> all_actions() {
  return kActions;
}

const Action* find_action(std::string_view name) {
  const Action* const found = std::lower_bound(std::begin(kActions), std::end(kActions),
                                               Action{name, nullptr, false}, by_name);
  return found != std::end(kActions) && found->name == name ? found : nullptr;
}

}  // namespace forebay::server
