// SPDX-License-Identifier: Apache-2.0
#include "server/policy_statements.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "protocol/escape.h"
#include "protocol/json_document.h"
#include "server/parameter_errors.h"
#include "server/permission_rules.h"
#include "server/queue_policy_text.h"

namespace forebay::server {
namespace {

using protocol::JsonMember;

struct Statement {
  std::string label;  // Sid; empty: none
  std::string text;   // JSON
};

/// A policy taken apart.
struct Document {
  std::vector<JsonMember> before;
  std::vector<Statement> statements;  // the member Statement
  std::vector<JsonMember> after;
};

Statement read_statement(std::string text) {
  const auto members = protocol::json_members(text);
  const JsonMember* const sid = members ? protocol::find_member(*members, "Sid") : nullptr;
  const auto label = sid == nullptr ? std::nullopt : protocol::json_string(sid->value);
  return {label.value_or(""), std::move(text)};
}

/// A single statement may stand without a list around it.
std::vector<Statement> read_statements(const std::string& value) {
  auto items = protocol::json_items(value);
  if (!items) return {read_statement(value)};
  std::vector<Statement> statements;
  for (std::string& item : *items) statements.push_back(read_statement(std::move(item)));
  return statements;
}

Result<Document> read_document(std::string_view policy) {
  auto members = protocol::json_members(policy);
  if (!members) return invalid_attribute_value("Policy");
  Document document;
  bool found = false;
  for (JsonMember& member : *members) {
    if (!found && member.name == "Statement") {
      found = true;
      document.statements = read_statements(member.value);
    } else {
      (found ? document.after : document.before).push_back(std::move(member));
    }
  }
  return document;
}

std::string json_text(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

std::string document_text(const Document& document) {
  std::string members;
  const auto append = [&](std::string_view name, std::string_view value) {
    if (!members.empty()) members += ',';
    members.append(json_text(name)).append(":").append(value);
  };
  for (const auto& [name, value] : document.before) append(name, value);
  std::string statements;
  for (const Statement& statement : document.statements) {
    if (!statements.empty()) statements += ',';
    statements += statement.text;
  }
  append("Statement", "[" + statements + "]");
  for (const auto& [name, value] : document.after) append(name, value);
  return "{" + members + "}";
}

/// One text stands for itself, several are a list.
std::string one_or_list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json_text(texts.front());
  std::string out;
  for (const std::string& text : texts) out.append(out.empty() ? "[" : ",").append(json_text(text));
  return out + "]";
}

/// The account as such, in the partition of the queue.
std::string root_arn(std::string_view queue_arn, std::string_view account_id) {
  constexpr size_t kPartition = std::string_view("arn:").size();
  return fmt::format("{}:iam::{}:root", queue_arn.substr(0, queue_arn.find(':', kPartition)),
                     account_id);
}

/// Accounts and actions in the order they were sent; AWS's own order varies [S].
Statement make_statement(const Permission& permission, const std::string& queue_arn) {
  std::vector<std::string> principals;
  for (const std::string& id : permission.account_ids) {
    principals.push_back(root_arn(queue_arn, id));
  }
  std::vector<std::string> actions;
  for (const std::string& action : permission.actions) actions.push_back("SQS:" + action);
  return {permission.label,
          fmt::format(R"({{"Sid":{},"Effect":"Allow","Principal":{{"AWS":{}}},"Action":{},)"
                      R"("Resource":{}}})",
                      json_text(permission.label), one_or_list(principals), one_or_list(actions),
                      json_text(queue_arn))};
}

auto find_label(Document& document, std::string_view label) {
  return std::find_if(document.statements.begin(), document.statements.end(),
                      [label](const Statement& statement) { return statement.label == label; });
}

}  // namespace

Result<std::string> with_statement(std::string_view policy, const Permission& permission) {
  const std::string queue_arn = engine::queue_arn(permission.queue);
  Document document;
  if (policy.empty()) {
    document.before = {{"Version", json_text("2008-10-17")},
                       {"Id", json_text(queue_arn + "/SQSDefaultPolicy")}};
  } else {
    TRY_ASSIGN(document, read_document(policy));
  }
  if (find_label(document, permission.label) != document.statements.end()) {
    return label_exists(permission.label);
  }
  document.statements.push_back(make_statement(permission, queue_arn));
  if (document.statements.size() > kPolicyStatementsMax) {
    return too_many_statements(document.statements.size(), kPolicyStatementsMax);
  }
  std::string text = document_text(document);
  if (text.size() > kPolicyBytesMax) return policy_too_long(text.size(), kPolicyBytesMax);
  return text;
}

Result<std::string> without_statement(std::string_view policy, std::string_view label) {
  if (policy.empty()) return label_not_found(label);
  TRY_ASSIGN(Document document, read_document(policy));
  const auto found = find_label(document, label);
  if (found == document.statements.end()) return label_not_found(label);
  document.statements.erase(found);
  return document.statements.empty() ? std::string() : document_text(document);
}

}  // namespace forebay::server
