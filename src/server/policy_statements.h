// SPDX-License-Identifier: Apache-2.0
// A queue's Policy with one statement more or less (contract sections 2.8, 2.9).
//
// What is not touched keeps its place and its meaning, but not its white space: the document is
// written anew. Policies are those that check_policy() (queue_policy_text.h) lets in, or empty.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/queue_attributes.h"

namespace forebay::server {

/// An AddPermission, checked.
struct Permission {
  engine::QueueAddress queue;
  std::string label;
  std::vector<std::string> account_ids;
  std::vector<std::string> actions;  // without "SQS:"
};

/// `policy` with a statement for `permission` at its end; a new policy when it is empty.
/// Errors: kInvalidParameterValue: the label is taken; kOverLimit: 21 statements, or longer than a
/// policy may be.
Result<std::string> with_statement(std::string_view policy, const Permission& permission);

/// `policy` without the statement labelled `label`; empty when that was the last one.
/// Errors: kInvalidParameterValue: there is none.
Result<std::string> without_statement(std::string_view policy, std::string_view label);

}  // namespace forebay::server
