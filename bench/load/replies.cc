// SPDX-License-Identifier: Apache-2.0
#include "load/replies.h"

namespace forebay::load {

std::vector<std::string> receipt_handles(std::string_view body) {
  static constexpr std::string_view kMember = R"("ReceiptHandle":")";
  std::vector<std::string> handles;
  size_t at = body.find(kMember);
  while (at != std::string_view::npos) {
    const size_t begin = at + kMember.size();
    const size_t end = body.find('"', begin);
    if (end == std::string_view::npos) break;
    handles.emplace_back(body.substr(begin, end - begin));
    at = body.find(kMember, end);
  }
  return handles;
}

uint64_t failed_entries(std::string_view body) {
  static constexpr std::string_view kMember = R"("SenderFault":)";
  size_t at = body.find(R"("Failed":[)");
  if (at == std::string_view::npos) return 0;
  uint64_t failed = 0;
  for (at = body.find(kMember, at); at != std::string_view::npos;
       at = body.find(kMember, at + kMember.size())) {
    ++failed;
  }
  return failed;
}

}  // namespace forebay::load
