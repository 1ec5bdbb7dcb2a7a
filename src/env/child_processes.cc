// SPDX-License-Identifier: Apache-2.0
#include "env/child_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace forebay::env {
namespace {

constexpr size_t kPieceBytes = 64u << 10;
/// What a pipe can still hold when its writer has ended.
constexpr size_t kPipeBytes = 64u << 10;

constexpr int kCodeMax = 255;

/// What an event of the epoll is about, in the low bits beside the child's id.
constexpr uint64_t kOutputEvent = 0;
constexpr uint64_t kErrorsEvent = 1;
constexpr uint64_t kEndEvent = 2;
constexpr uint64_t kWakeEvent = 3;
constexpr uint64_t kWhatBits = 2;

Error failure(std::string_view what, int code) {
  return {ErrorCode::kStorageFailure,
          fmt::format("{}: {}", what, std::generic_category().message(code))};
}

Error cannot_run(const std::string& program, int code) {
  const bool wrong = code == ENOENT || code == EACCES || code == ENOEXEC || code == ENOTDIR;
  return {wrong ? ErrorCode::kInvalidConfiguration : ErrorCode::kStorageFailure,
          fmt::format("cannot run {}: {}", program, std::generic_category().message(code))};
}

/// A file without a name that holds `text`, at its beginning.
Result<Descriptor> input_file(std::string_view text) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) return failure("cannot keep a program's input", errno);
  for (size_t done = 0; done < text.size();) {
    const ssize_t count =
        ::pwrite(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("cannot keep a program's input", errno);
    done += static_cast<size_t>(count);
  }
  return file;
}

struct Pipe {
  Descriptor read;  // does not block
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failure("cannot make a pipe", errno);
  Pipe pipe{.read = Descriptor(ends[0]), .write = Descriptor(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return failure("cannot use a pipe", errno);
  return pipe;
}

/// How a program is started: its files, its process group, its signals.
class Spawning {
 public:
  Spawning() {
    CHECK(posix_spawn_file_actions_init(&files_) == 0);
    CHECK(posix_spawnattr_init(&attributes_) == 0);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    CHECK(posix_spawnattr_setsigmask(&attributes_, &none) == 0);
    CHECK(posix_spawnattr_setsigdefault(&attributes_, &all) == 0);
    CHECK(posix_spawnattr_setpgroup(&attributes_, 0) == 0);
    CHECK(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                     POSIX_SPAWN_SETPGROUP) == 0);
  }
  ~Spawning() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;

  void use(int fd, int as) { CHECK(posix_spawn_file_actions_adddup2(&files_, fd, as) == 0); }
  void open_nothing(int as) {
    CHECK(posix_spawn_file_actions_addopen(&files_, as, "/dev/null", O_WRONLY, 0) == 0);
  }

  /// 0, or the error of the system. `pid` is the new process's, and its group's.
  int start(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
            pid_t& pid) {
    std::vector<char*> argument_list = pointers(arguments);
    std::vector<char*> variable_list = pointers(variables);
    for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
      if (!is_among(*each, variables)) variable_list.insert(variable_list.end() - 1, *each);
    }
    return posix_spawnp(&pid, argument_list[0], &files_, &attributes_, argument_list.data(),
                        variable_list.data());
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
  }
  static bool is_among(std::string_view variable, const std::vector<std::string>& variables) {
    const std::string_view name = variable.substr(0, variable.find('=') + 1);
    return std::ranges::any_of(variables,
                               [name](const std::string& each) { return each.starts_with(name); });
  }

  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

struct ChildProcesses::Child {
  ChildId id = 0;
  pid_t pid = 0;
  Descriptor process = {};                 // a pidfd
  std::array<Descriptor, 2> outputs = {};  // by ChildStream; to read from
  bool signalled = false;                  // guarded by mu_
  std::function<void(ChildId, ChildStream, std::string_view)> output = {};
  std::function<void(ChildId, ChildExit)> ended = {};
};

/// Not when somebody else has asked how it ended: its number may be another's by now.
void ChildProcesses::signal_group(const Child& child, int number) {
  if (::syscall(SYS_pidfd_send_signal, child.process.get(), 0, nullptr, 0) != 0) return;
  ::kill(-child.pid, number);
}

ChildProcesses::ChildProcesses()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(epoll_.get() >= 0 && wake_.get() >= 0);
  CHECK(add_to_epoll(wake_.get(), 0, kWakeEvent));
  thread_ = std::thread([this] { run(); });
}

ChildProcesses::~ChildProcesses() {
  {
    const std::lock_guard lock(mu_);
    ending_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  for (const auto& [id, child] : children_) {
    signal_group(*child, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(child->process.get()), &info, WEXITED);
  }
}

Result<ChildId> ChildProcesses::start(const ChildOptions& options) {
  CHECK(!options.arguments.empty());
  TRY_ASSIGN(const Descriptor input, input_file(options.input));
  auto child = std::make_unique<Child>();
  child->output = options.output;
  child->ended = options.ended;
  Spawning spawning;
  spawning.use(input.get(), STDIN_FILENO);
  std::array<Descriptor, 2> written;  // closed here once the program has them
  constexpr std::array kTargets = {STDOUT_FILENO, STDERR_FILENO};
  for (size_t i = 0; i < kTargets.size(); ++i) {
    if (options.output_goes == ChildOutput::kNone) spawning.open_nothing(kTargets[i]);
    if (options.output_goes != ChildOutput::kToUs) continue;
    TRY_ASSIGN(Pipe pipe, make_pipe());
    child->outputs[i] = std::move(pipe.read);
    written[i] = std::move(pipe.write);
    spawning.use(written[i].get(), kTargets[i]);
  }
  if (options.output_goes == ChildOutput::kOurErrors) spawning.use(STDERR_FILENO, STDOUT_FILENO);
  const int failed = spawning.start(options.arguments, options.variables, child->pid);
  if (failed != 0) return cannot_run(options.arguments.front(), failed);
  return watch(std::move(child));
}

bool ChildProcesses::add_to_epoll(int fd, ChildId id, uint64_t what) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = id << kWhatBits | what}};
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

Result<ChildId> ChildProcesses::watch(std::unique_ptr<Child> child) {
  // Nobody else collects its end, so the id is its own until then.
  child->process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child->pid, 0)));
  // Where SIGCHLD is ignored it may be gone already: then its end is told by what is ready at once.
  const bool is_gone = child->process.get() < 0 && errno == ESRCH;
  if (is_gone) child->process = Descriptor(::eventfd(1, EFD_CLOEXEC));
  const std::lock_guard lock(mu_);
  const ChildId id = child->id = ++last_id_;
  const auto watched = [&](const Descriptor& output, uint64_t what) {
    return output.get() < 0 || add_to_epoll(output.get(), id, what);
  };
  if (child->process.get() < 0 || !watched(child->outputs[0], kOutputEvent) ||
      !watched(child->outputs[1], kErrorsEvent) ||
      !add_to_epoll(child->process.get(), id, kEndEvent)) {
    const int code = errno;
    if (!is_gone) {
      ::kill(-child->pid, SIGKILL);
      ::waitpid(child->pid, nullptr, 0);
    }
    return failure("cannot watch a program", code);
  }
  children_.emplace(id, std::move(child));
  return id;
}

void ChildProcesses::signal(ChildId id, int number) {
  const std::lock_guard lock(mu_);
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  found->second->signalled = true;
  signal_group(*found->second, number);
}

void ChildProcesses::run() {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const uint64_t data = events[static_cast<size_t>(i)].data.u64;
      take_event(data >> kWhatBits, data & ((1u << kWhatBits) - 1));
    }
    const std::lock_guard lock(mu_);
    if (ending_) return;
  }
}

void ChildProcesses::take_event(ChildId id, uint64_t what) {
  Child* child = nullptr;
  {
    const std::lock_guard lock(mu_);
    // It may be gone: its end stood before its output among these events.
    const auto found = children_.find(id);
    if (ending_ || found == children_.end()) return;
    child = found->second.get();  // until its end, which is taken on this thread
  }
  if (what == kEndEvent) return take_end(*child);
  take_output(*child, what == kOutputEvent ? ChildStream::kOutput : ChildStream::kErrors);
}

void ChildProcesses::take_output(Child& child, ChildStream stream) {
  Descriptor& output = child.outputs[static_cast<size_t>(stream)];
  std::array<char, kPieceBytes> piece;
  const ssize_t count = ::read(output.get(), piece.data(), piece.size());
  if (count > 0 && child.output) {
    child.output(child.id, stream, {piece.data(), static_cast<size_t>(count)});
  }
  if (count == 0) output.close();  // which takes it out of the epoll
}

void ChildProcesses::take_end(Child& child) {
  siginfo_t info{};
  bool known = false;
  std::unique_ptr<Child> ended;
  {
    const std::lock_guard lock(mu_);
    // As long as nobody has asked how it ended, its number is not another's.
    if (child.signalled) signal_group(child, SIGKILL);
    known = ::waitid(P_PIDFD, static_cast<id_t>(child.process.get()), &info, WEXITED) == 0;
    const auto found = children_.find(child.id);
    ended = std::move(found->second);
    children_.erase(found);
  }
  // Somebody it has left behind may write on: what was in the pipe by now is all of its own.
  for (const ChildStream stream : {ChildStream::kOutput, ChildStream::kErrors}) {
    for (size_t taken = 0; taken < kPipeBytes; taken += kPieceBytes) {
      if (ended->outputs[static_cast<size_t>(stream)].get() >= 0) take_output(*ended, stream);
    }
  }
  if (!ended->ended) return;
  if (!known) return ended->ended(ended->id, {.known = false, .code = kCodeMax});
  const bool exited = info.si_code == CLD_EXITED;
  ended->ended(ended->id,
               exited ? ChildExit{.code = info.si_status} : ChildExit{.signal = info.si_status});
}

Result<void> check_program(const std::string& name) {
  if (name.find('/') != name.npos) {
    return ::access(name.c_str(), X_OK) == 0 ? Result<void>() : cannot_run(name, errno);
  }
  const char* set = std::getenv("PATH");
  std::string_view path = set != nullptr ? set : "/bin:/usr/bin";  // as the C library has it
  while (!name.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    const std::string file = fmt::format("{}/{}", end == 0 ? "." : path.substr(0, end), name);
    if (::access(file.c_str(), X_OK) == 0) return {};
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  return cannot_run(name, ENOENT);
}

}  // namespace forebay::env
