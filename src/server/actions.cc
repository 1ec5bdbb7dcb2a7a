// SPDX-License-Identifier: Apache-2.0
#include "server/actions.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/handlers/handlers.h"

namespace forebay::server {
namespace {

/// For the actions of the API that this server does not carry out.
void handle_unsupported(const CallPtr& call) {
  call->fail({ErrorCode::kUnsupportedOperation,
              fmt::format("The action {} is not supported by Forebay.", call->envelope().action)});
}

constexpr bool kOnQueuePath = true;
constexpr bool kNotOnQueuePath = false;

constexpr Action kActions[] = {
    {"AddPermission", handle_unsupported, kOnQueuePath},
    {"CancelMessageMoveTask", handle_unsupported, kOnQueuePath},
    {"ChangeMessageVisibility", handle_change_message_visibility, kOnQueuePath},
    {"ChangeMessageVisibilityBatch", handle_change_message_visibility_batch, kOnQueuePath},
    {"CreateQueue", handle_create_queue, kNotOnQueuePath},
    {"DeleteMessage", handle_delete_message, kOnQueuePath},
    {"DeleteMessageBatch", handle_delete_message_batch, kOnQueuePath},
    {"DeleteQueue", handle_delete_queue, kOnQueuePath},
    {"GetQueueAttributes", handle_get_queue_attributes, kOnQueuePath},
    {"GetQueueUrl", handle_get_queue_url, kOnQueuePath},
    {"ListDeadLetterSourceQueues", handle_unsupported, kOnQueuePath},
    {"ListMessageMoveTasks", handle_unsupported, kOnQueuePath},
    {"ListQueueTags", handle_list_queue_tags, kOnQueuePath},
    {"ListQueues", handle_list_queues, kNotOnQueuePath},
    {"PurgeQueue", handle_purge_queue, kOnQueuePath},
    {"ReceiveMessage", handle_receive_message, kOnQueuePath},
    {"RemovePermission", handle_unsupported, kOnQueuePath},
    {"SendMessage", handle_send_message, kOnQueuePath},
    {"SendMessageBatch", handle_send_message_batch, kOnQueuePath},
    {"SetQueueAttributes", handle_set_queue_attributes, kOnQueuePath},
    {"StartMessageMoveTask", handle_unsupported, kOnQueuePath},
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
