// SPDX-License-Identifier: Apache-2.0
// Descriptions of what requests and replies have in common (see shape_members.h).
// Thread: constants.
#pragma once

#include <tuple>

#include "protocol/member.h"
#include "protocol/shapes.h"

namespace forebay::protocol {

template <class Shape>
inline constexpr Member kQueueUrl{.json = "QueueUrl", .field = &Shape::queue_url};

template <class Shape>
inline constexpr Member kTags{.json = "Tags", .field = &Shape::tags, .query = "Tag", .key = "Key"};

template <class Shape>
inline constexpr Member kAttributes{
    .json = "Attributes", .field = &Shape::attributes, .query = "Attribute"};

template <>
inline constexpr std::tuple kMembers<MessageAttributeValue>{
    Member{.json = "StringValue", .field = &MessageAttributeValue::string_value},
    Member{.json = "BinaryValue",
           .field = &MessageAttributeValue::binary_value,
           .spelling = Spelling::kBase64},
    Member{.json = "StringListValues",
           .field = &MessageAttributeValue::has_list_values,
           .query = "StringListValue",
           .spelling = Spelling::kNotEmpty},
    Member{.json = "BinaryListValues",
           .field = &MessageAttributeValue::has_list_values,
           .query = "BinaryListValue",
           .spelling = Spelling::kNotEmpty},
    Member{.json = "DataType", .field = &MessageAttributeValue::data_type}};

}  // namespace forebay::protocol
