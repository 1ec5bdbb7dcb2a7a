# SPDX-License-Identifier: Apache-2.0
# The SQS API between a decoded HTTP request and the engine's operations.
find_package(simdjson 3 REQUIRED)

forebay_module(api
  SOURCES
    actions.cc
    api_handler.cc
    batch.cc
    call.cc
    message_rules.cc
    move_task_rules.cc
    parameter_errors.cc
    permission_rules.cc
    policy_statements.cc
    predefined_queues.cc
    queue_attribute_text.cc
    queue_name_rules.cc
    queue_pages.cc
    queue_policy_text.cc
    queue_url.cc
    received_attributes.cc
    request_scope.cc
    send_entry.cc
    stored_message.cc
    tag_rules.cc
    unicode_text.cc
    uuid.cc
    handlers/add_permission.cc
    handlers/cancel_message_move_task.cc
    handlers/change_message_visibility.cc
    handlers/change_message_visibility_batch.cc
    handlers/create_queue.cc
    handlers/dead_letter_permission.cc
    handlers/delete_message.cc
    handlers/delete_message_batch.cc
    handlers/delete_queue.cc
    handlers/get_queue_attributes.cc
    handlers/get_queue_url.cc
    handlers/list_dead_letter_source_queues.cc
    handlers/list_message_move_tasks.cc
    handlers/list_queue_tags.cc
    handlers/list_queues.cc
    handlers/policy_edit.cc
    handlers/purge_queue.cc
    handlers/receive_message.cc
    handlers/remove_permission.cc
    handlers/send_message.cc
    handlers/send_message_batch.cc
    handlers/set_queue_attributes.cc
    handlers/start_message_move_task.cc
    handlers/tag_queue.cc
    handlers/untag_queue.cc
  DEPENDS base env engine protocol
  LIBRARIES fmt::fmt
  PRIVATE_LIBRARIES simdjson::simdjson)
set_source_files_properties(api_handler.cc api_handler_test.cc PROPERTIES
  COMPILE_DEFINITIONS "FOREBAY_VERSION=\"${PROJECT_VERSION}\"")

forebay_test(api_tests
  SOURCES
    api_handler_test.cc
    batch_test.cc
    message_rules_test.cc
    move_task_rules_test.cc
    policy_statements_test.cc
    predefined_queues_test.cc
    queue_attribute_text_test.cc
    queue_name_rules_test.cc
    queue_policy_text_test.cc
    queue_url_test.cc
    received_attributes_test.cc
    request_scope_test.cc
    stored_message_test.cc
    tag_rules_test.cc
    unicode_text_test.cc
    uuid_test.cc
    handlers/move_task_actions_test.cc
    handlers/permission_actions_test.cc
    handlers/queue_actions_test.cc
    handlers/receive_actions_test.cc
    handlers/send_actions_test.cc
  DEPENDS api)
