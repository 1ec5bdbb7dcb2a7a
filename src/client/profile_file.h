// SPDX-License-Identifier: Apache-2.0
// The shared files of AWS's tools, ~/.aws/config and ~/.aws/credentials, read.
//
//   [profile work]            # config; in credentials just [work]; [default] in both
//   region = eu-west-1
//   services = local          # a value that is a block: its indented lines are named "block.key"
//   [services local]
//   sqs =
//     endpoint_url = http://127.0.0.1:9324
//
// Lines that are none of this are passed over, as the SDKs do.
// Thread: any.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace forebay::sqs {

using ProfileKeys = std::map<std::string, std::string, std::less<>>;

struct Profiles {
  std::map<std::string, ProfileKeys, std::less<>> profiles;  // both files; credentials' keys win
  std::map<std::string, ProfileKeys, std::less<>> services;  // [services name]
};

Profiles read_profiles(std::string_view config, std::string_view credentials);

/// A key that is there and not empty.
std::optional<std::string> find_key(const ProfileKeys& keys, std::string_view name);

}  // namespace forebay::sqs
