// SPDX-License-Identifier: Apache-2.0
// libcurl's functions for the program `forebay`, which load the library when a command first calls
// one.
//
// The server needs none of it, and linked as usual it would bring thirty libraries along: 4 MB of
// memory and a third of the time to start. The names are libcurl's own; that they are defined here
// keeps the linker from taking the library in. A program that links libforebay has libcurl itself.
// Thread: any.
#include <dlfcn.h>

#include <cstdarg>
#include <string>

#include "base/check.h"

// Not seen by libcurl, which calls some of them itself.
#define FOREBAY_HIDDEN extern "C" __attribute__((visibility("hidden")))

namespace {

// Every value that is passed on through `...`: a pointer, a long or a curl_off_t.
static_assert(sizeof(long) == sizeof(void*) && sizeof(long long) == sizeof(void*));

void* function(const char* name) {
  static void* const kLibrary = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (kLibrary == nullptr) {
    forebay::fatal(std::string("this command needs libcurl; install the package libcurl4: ") +
                   dlerror());
  }
  void* const found = dlsym(kLibrary, name);
  if (found == nullptr) forebay::fatal(std::string("libcurl.so.4 has no ") + name);
  return found;
}

}  // namespace

#define FOREBAY_FORWARD(result, name, parameters, arguments)                             \
  FOREBAY_HIDDEN result name parameters;                                                 \
  FOREBAY_HIDDEN result name parameters {                                                \
    static auto* const kFound = reinterpret_cast<result(*) parameters>(function(#name)); \
    return kFound arguments;                                                             \
  }
#define FOREBAY_FORWARD_OPTION(name)                                                         \
  FOREBAY_HIDDEN int name(void* handle, int option, ...);                                    \
  FOREBAY_HIDDEN int name(void* handle, int option, ...) {                                   \
    static auto* const kFound = reinterpret_cast<int (*)(void*, int, ...)>(function(#name)); \
    va_list rest;                                                                            \
    va_start(rest, option);                                                                  \
    void* const value = va_arg(rest, void*);                                                 \
    va_end(rest);                                                                            \
    return kFound(handle, option, value);                                                    \
  }

FOREBAY_FORWARD(int, curl_global_init, (long flags), (flags))
FOREBAY_FORWARD(void*, curl_easy_init, (), ())
FOREBAY_FORWARD(void, curl_easy_cleanup, (void* easy), (easy))
FOREBAY_FORWARD(const char*, curl_easy_strerror, (int code), (code))
FOREBAY_FORWARD_OPTION(curl_easy_setopt)
FOREBAY_FORWARD_OPTION(curl_easy_getinfo)
FOREBAY_FORWARD(void*, curl_multi_init, (), ())
FOREBAY_FORWARD(int, curl_multi_cleanup, (void* multi), (multi))
FOREBAY_FORWARD(int, curl_multi_add_handle, (void* multi, void* easy), (multi, easy))
FOREBAY_FORWARD(int, curl_multi_remove_handle, (void* multi, void* easy), (multi, easy))
FOREBAY_FORWARD(void*, curl_multi_info_read, (void* multi, int* left), (multi, left))
FOREBAY_FORWARD(int, curl_multi_socket_action, (void* multi, int fd, int events, int* running),
                (multi, fd, events, running))
FOREBAY_FORWARD_OPTION(curl_multi_setopt)
