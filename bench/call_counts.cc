// SPDX-License-Identifier: Apache-2.0
// Loaded into a server in front of the C library (LD_PRELOAD): counts its locks and its syncs.
//
// The counters stand in a file that FOREBAY_CALL_COUNTS names: 8 bytes each, in the machine's
// order, as in Counters below; whoever reads the file sees them grow. A lock counts as contended
// when it was not free at once. Waiting for a condition locks inside the C library and is not seen.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace {

struct Counters {
  std::atomic<uint64_t> locks = 0;
  std::atomic<uint64_t> contended = 0;
  std::atomic<uint64_t> syncs = 0;
};

/// Until the file is there: locks are taken before any constructor runs.
Counters early_counters;
std::atomic<Counters*> counters = &early_counters;

void add_one(std::atomic<uint64_t> Counters::* counter) {
  (counters.load(std::memory_order_relaxed)->*counter).fetch_add(1, std::memory_order_relaxed);
}

[[gnu::constructor]] void share_counters() {
  const char* const path = std::getenv("FOREBAY_CALL_COUNTS");
  if (path == nullptr) return;
  const int fd = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(Counters)) != 0) std::abort();
  void* const room = ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (room == MAP_FAILED) std::abort();
  ::close(fd);
  counters = std::construct_at(static_cast<Counters*>(room));
}

/// The C library's own function behind ours. Not kept in a static variable of the caller: its guard
/// may lock.
template <class Function>
Function* original(std::atomic<void*>& known, const char* name) {
  void* found = known.load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = ::dlsym(RTLD_NEXT, name);
    known.store(found, std::memory_order_relaxed);
  }
  return reinterpret_cast<Function*>(found);
}

std::atomic<void*> real_lock;
std::atomic<void*> real_trylock;
std::atomic<void*> real_fdatasync;

}  // namespace

extern "C" {

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  const int result = original<int(pthread_mutex_t*)>(real_trylock, "pthread_mutex_trylock")(mutex);
  if (result == 0) add_one(&Counters::locks);
  return result;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (pthread_mutex_trylock(mutex) == 0) return 0;
  add_one(&Counters::locks);
  add_one(&Counters::contended);
  return original<int(pthread_mutex_t*)>(real_lock, "pthread_mutex_lock")(mutex);
}

int fdatasync(int fd) {
  add_one(&Counters::syncs);
  return original<int(int)>(real_fdatasync, "fdatasync")(fd);
}
}
