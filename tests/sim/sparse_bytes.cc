// SPDX-License-Identifier: Apache-2.0
#include "sim/sparse_bytes.h"

#include <algorithm>
#include <cstring>

namespace forebay::sim {
namespace {

bool all_zero(std::string_view bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

void SparseBytes::write(uint64_t offset, std::string_view data) {
  size_ = std::max(size_, offset + data.size());
  while (!data.empty()) {
    const uint64_t at = offset % kPageBytes;
    const uint64_t part = std::min<uint64_t>(kPageBytes - at, data.size());
    if (part == kPageBytes && all_zero(data.substr(0, part))) {
      pages_.erase(offset / kPageBytes);
    } else {
      std::shared_ptr<Page>& page = pages_[offset / kPageBytes];
      if (page == nullptr) {
        page = std::make_shared<Page>();
      } else if (page.use_count() > 1) {
        page = std::make_shared<Page>(*page);
      }
      std::memcpy(page->data() + at, data.data(), part);
    }
    offset += part;
    data.remove_prefix(part);
  }
}

void SparseBytes::read(uint64_t offset, std::span<char> out) const {
  while (!out.empty()) {
    const uint64_t at = offset % kPageBytes;
    const uint64_t part = std::min<uint64_t>(kPageBytes - at, out.size());
    const auto page = pages_.find(offset / kPageBytes);
    if (page == pages_.end()) {
      std::memset(out.data(), 0, part);
    } else {
      std::memcpy(out.data(), page->second->data() + at, part);
    }
    offset += part;
    out = out.subspan(part);
  }
}

void SparseBytes::copy_pages(const SparseBytes& from, uint64_t offset, uint64_t bytes) {
  if (bytes == 0) return;
  const uint64_t first = offset / kPageBytes;
  const uint64_t end = (offset + bytes - 1) / kPageBytes + 1;
  pages_.erase(pages_.lower_bound(first), pages_.lower_bound(end));
  for (auto it = from.pages_.lower_bound(first); it != from.pages_.end() && it->first < end; ++it) {
    pages_.insert(*it);
  }
}

}  // namespace forebay::sim
