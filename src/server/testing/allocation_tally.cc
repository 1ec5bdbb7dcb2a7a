// SPDX-License-Identifier: Apache-2.0
#include "server/testing/allocation_tally.h"

#include <cxxabi.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::server::testing {
namespace {

constexpr int kFramesMax = 40;
constexpr size_t kSitesMax = 2048;

struct Site {
  size_t bytes;
  int depth;
  std::array<void*, kFramesMax> frames;
};

thread_local Tally tally;
thread_local bool noting = false;
// Fixed, for it is filled from within operator new.
std::array<Site, kSitesMax> sites;
size_t site_count = 0;

void note(size_t bytes) {
  ++tally.allocations;
  tally.bytes += bytes;
  if (!noting || site_count == kSitesMax) return;
  noting = false;  // backtrace() may allocate
  Site& site = sites[site_count++];
  site.bytes = bytes;
  site.depth = backtrace(site.frames.data(), kFramesMax);
  noting = true;
}

void* allocate(size_t bytes) {
  note(bytes);
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  CHECK(memory != nullptr);
  return memory;
}

void* allocate(size_t bytes, std::align_val_t alignment) {
  note(bytes);
  void* memory = nullptr;
  CHECK(posix_memalign(&memory, static_cast<size_t>(alignment), bytes) == 0);
  return memory;
}

/// "forebay::http::f(int)" of "./program(_ZN...+0x12) [0x34]"; empty for a function of others.
std::string own_function(std::string_view symbol) {
  const size_t open = symbol.find('(');
  const size_t plus = symbol.find('+', std::min(open, symbol.size()));
  if (open == std::string_view::npos || plus == std::string_view::npos) return {};
  const std::string mangled(symbol.substr(open + 1, plus - open - 1));
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  if (status != 0) return {};
  const std::string name = plain.get();
  const bool ours = name.find("forebay::") < std::min(name.find('('), name.find('<'));
  return ours && name.find("::testing::") == std::string::npos ? name : std::string();
}

std::string stack_text(const Site& site) {
  constexpr int kFunctionsShown = 4;
  const std::unique_ptr<char*, decltype(&std::free)> symbols(
      backtrace_symbols(site.frames.data(), site.depth), &std::free);
  std::string text;
  int shown = 0;
  for (int i = 0; i < site.depth && shown < kFunctionsShown; ++i) {
    const std::string name = own_function(symbols.get()[i]);
    if (name.empty()) continue;
    text += fmt::format("      {}\n", std::string_view(name).substr(0, 160));
    ++shown;
  }
  return text;
}

}  // namespace

Tally take_tally() {
  return std::exchange(tally, Tally());
}

void note_allocation_sites() {
  site_count = 0;
  noting = true;
}

std::string take_allocation_sites() {
  noting = false;
  std::map<std::string, Tally> by_stack;
  for (size_t i = 0; i < site_count; ++i) {
    Tally& of_stack = by_stack[stack_text(sites[i])];
    ++of_stack.allocations;
    of_stack.bytes += sites[i].bytes;
  }
  std::vector<std::pair<std::string, Tally>> ordered(by_stack.begin(), by_stack.end());
  std::ranges::sort(ordered, std::greater(), [](const auto& entry) {
    return std::pair(entry.second.allocations, std::string_view(entry.first));
  });
  std::string text;
  for (const auto& [stack, cost] : ordered) {
    text += fmt::format("  {} x, {} bytes\n{}", cost.allocations, cost.bytes, stack);
  }
  return text;
}

}  // namespace forebay::server::testing

using forebay::server::testing::allocate;

// All of them: with only some replaced, the sanitizers see memory of one kind freed as another.
void* operator new(size_t bytes) {
  return allocate(bytes);
}
void* operator new[](size_t bytes) {
  return allocate(bytes);
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes);
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes);
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, alignment);
}
void* operator new(size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, alignment);
}
void* operator new[](size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, alignment);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
