// SPDX-License-Identifier: Apache-2.0
#include "client/curl_io.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"

namespace forebay::sqs {
namespace {

constexpr size_t kSpareTransfersMax = 256;  // easy handles kept for later
constexpr int kEventsMax = 256;

/// libcurl's own start is once for the process.
CURLM* make_multi() {
  static const bool kStarted = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  CHECK(kStarted);
  return curl_multi_init();
}

HttpEnd end_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpEnd::kResponse;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpEnd::kTimeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
      return HttpEnd::kNoConnection;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return HttpEnd::kTlsRefused;
    case CURLE_WRITE_ERROR:
      return HttpEnd::kTooLarge;
    default:
      return HttpEnd::kBroken;
  }
}

}  // namespace

class CurlIo final : public Io {
 public:
  CurlIo(CurlOptions options, const env::Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        multi_(make_multi()),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    CHECK(multi_ != nullptr && epoll_ >= 0 && wake_ >= 0);
    epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
    CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlIo::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlIo::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(options_.idle_connections_max));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    thread_ = std::thread([this] { run(); });
  }

  ~CurlIo() override {
    finish();
    for (const auto& transfer : transfers_) curl_easy_cleanup(transfer->easy);
    curl_multi_cleanup(multi_);
    ::close(epoll_);
    ::close(wake_);
  }

  // ---- Executor ----

  void post(Task task) override {
    bool sleeping = false;
    {
      const std::scoped_lock lock(mu_);
      posted_.push_back(std::move(task));
      sleeping = std::exchange(sleeping_, false);
    }
    if (sleeping) wake_up();
  }
  TimerId after(int64_t delay_ms, Task task) override {
    const TimerId id = ++last_timer_;
    timers_.emplace(std::pair(now_ms() + delay_ms, id), std::move(task));
    due_of_.emplace(id, now_ms() + delay_ms);
    return id;
  }
  void cancel(TimerId timer) override {
    const auto found = due_of_.find(timer);
    if (found == due_of_.end()) return;
    timers_.erase({found->second, timer});
    due_of_.erase(found);
  }

  // ---- HttpTransport ----

  void start(HttpExchange& exchange) override;
  void abandon(HttpExchange& exchange) override;

  // ---- Io ----

  void finish() override {
    if (!thread_.joinable()) return;
    CHECK(!on_io_thread());
    {
      const std::scoped_lock lock(mu_);
      finishing_ = true;
    }
    wake_up();
    thread_.join();
  }
  bool on_io_thread() const override { return std::this_thread::get_id() == thread_.get_id(); }
  uint64_t connections_opened() const override { return connections_opened_; }

 private:
  /// What libcurl needs beside an exchange.
  struct Transfer {
    CURL* easy = nullptr;
    HttpExchange* exchange = nullptr;
    std::vector<curl_slist> headers = {};
    char failure[CURL_ERROR_SIZE] = {};
  };
  /// What epoll knows of a socket, and what libcurl wants of it.
  struct Socket {
    bool connection = false;  // we opened it, so we are told when it is closed
    uint32_t watched = 0;
    uint32_t wanted = 0;
  };

  int64_t now_ms() const { return clock_.monotonic().value; }
  void wake_up() { CHECK(eventfd_write(wake_, 1) == 0); }

  void run();
  bool run_posted();
  void run_timers();
  int sleep_ms();
  void wait_for_sockets(int timeout_ms);
  void finish_transfers();
  void finish_transfer(Transfer& transfer, CURLcode code);

  CURL* make_easy();
  void set_up(Transfer& transfer);
  void release(Transfer& transfer);
  Socket& socket_of(curl_socket_t fd) {
    if (sockets_.size() <= static_cast<size_t>(fd)) sockets_.resize(fd + 1);
    return sockets_[fd];
  }
  void watch(curl_socket_t fd, uint32_t wanted);

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* note);
  static int on_timer(CURLM* multi, long timeout_ms, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t fd);
  static size_t on_body(char* bytes, size_t size, size_t count, void* transfer);
  static size_t on_header(char* bytes, size_t size, size_t count, void* transfer);

  const CurlOptions options_;
  const env::Clock& clock_;
  CURLM* const multi_;
  const int epoll_;
  const int wake_;
  std::atomic<uint64_t> connections_opened_ = 0;

  std::mutex mu_;
  std::vector<Task> posted_;  // guarded by mu_
  bool sleeping_ = false;     // guarded by mu_
  bool finishing_ = false;    // guarded by mu_

  // I/O thread only.
  std::vector<Task> running_;
  std::map<std::pair<int64_t, TimerId>, Task> timers_;  // by when they are due
  std::map<TimerId, int64_t> due_of_;
  TimerId last_timer_ = 0;
  int64_t curl_due_ms_ = -1;                          // when libcurl wants to be called; -1: not
  std::vector<Socket> sockets_;                       // by descriptor
  std::vector<std::unique_ptr<Transfer>> transfers_;  // all there are, in use or not
  std::vector<Transfer*> free_;

  std::thread thread_;
};

// ---- The loop ----

void CurlIo::run() {
  while (true) {
    const bool finishing = run_posted();
    run_timers();
    if (curl_due_ms_ >= 0 && curl_due_ms_ <= now_ms()) {
      curl_due_ms_ = -1;
      int running = 0;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish_transfers();
    if (finishing) {
      const std::scoped_lock lock(mu_);
      if (posted_.empty()) return;
    }
    wait_for_sockets(sleep_ms());
  }
}

/// Whether the thread is to end.
bool CurlIo::run_posted() {
  bool finishing = false;
  {
    const std::scoped_lock lock(mu_);
    sleeping_ = false;
    running_.swap(posted_);
    finishing = finishing_;
  }
  for (Task& task : running_) task();
  running_.clear();
  return finishing;
}

void CurlIo::run_timers() {
  const int64_t now = now_ms();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto first = timers_.begin();
    const Task task = std::move(first->second);
    due_of_.erase(first->first.second);
    timers_.erase(first);
    task();
  }
}

int CurlIo::sleep_ms() {
  int64_t due = curl_due_ms_;
  if (!timers_.empty() && (due < 0 || timers_.begin()->first.first < due)) {
    due = timers_.begin()->first.first;
  }
  const std::scoped_lock lock(mu_);
  if (!posted_.empty() || finishing_) return 0;
  sleeping_ = true;
  if (due < 0) return -1;
  return static_cast<int>(std::clamp<int64_t>(due - now_ms(), 0, 1'000'000));
}

void CurlIo::wait_for_sockets(int timeout_ms) {
  std::array<epoll_event, kEventsMax> events;
  const int count = epoll_wait(epoll_, events.data(), kEventsMax, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wake_) {
      eventfd_t value = 0;
      eventfd_read(wake_, &value);
      continue;
    }
    Socket& socket = socket_of(fd);
    if (socket.wanted == 0) {
      // An idle connection that the server has closed, most likely. libcurl sees that itself.
      epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
      socket.watched = 0;
      continue;
    }
    int what = 0;
    if ((events[i].events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
    if ((events[i].events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
    int running = 0;
    curl_multi_socket_action(multi_, fd, what, &running);
  }
}

// ---- Transfers ----

void CurlIo::start(HttpExchange& exchange) {
  CHECK(exchange.transfer_ == nullptr);
  if (free_.empty()) {
    transfers_.push_back(std::make_unique<Transfer>());
    free_.push_back(transfers_.back().get());
  }
  Transfer& transfer = *free_.back();
  free_.pop_back();
  transfer.exchange = &exchange;
  exchange.transfer_ = &transfer;
  exchange.response.status = 0;
  exchange.response.head.clear();
  exchange.response.body.clear();
  exchange.response.failure.clear();
  if (transfer.easy == nullptr) transfer.easy = make_easy();
  set_up(transfer);
  CHECK(curl_multi_add_handle(multi_, transfer.easy) == CURLM_OK);
}

void CurlIo::abandon(HttpExchange& exchange) {
  auto* const transfer = static_cast<Transfer*>(exchange.transfer_);
  if (transfer == nullptr) return;
  curl_multi_remove_handle(multi_, transfer->easy);
  release(*transfer);
}

/// Set once for all requests that the handle will carry.
CURL* CurlIo::make_easy() {
  CURL* const easy = curl_easy_init();
  CHECK(easy != nullptr);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlIo::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlIo::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlIo::on_body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlIo::on_header);
  return easy;
}

void CurlIo::set_up(Transfer& transfer) {
  const HttpRequest& request = transfer.exchange->request;
  CURL* const easy = transfer.easy;
  // The list that libcurl reads is made in place over lines that are there already.
  transfer.headers.resize(request.headers.size());
  for (size_t i = 0; i < transfer.headers.size(); ++i) {
    transfer.headers[i].data = const_cast<char*>(request.headers.line(i));
    transfer.headers[i].next = i + 1 < transfer.headers.size() ? &transfer.headers[i + 1] : nullptr;
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                   transfer.headers.empty() ? nullptr : transfer.headers.data());
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  if (request.method == "GET" || request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    // Ends with a zero byte: methods are literals.
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                     request.method == "POST" ? nullptr : request.method.data());
  }
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<int64_t>(request.timeout_ms, 1)));
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  transfer.failure[0] = '\0';
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.failure);
}

void CurlIo::finish_transfers() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_, easy);  // `message` is gone from here
    finish_transfer(*transfer, code);
  }
}

void CurlIo::finish_transfer(Transfer& transfer, CURLcode code) {
  HttpExchange& exchange = *transfer.exchange;
  HttpResponse& response = exchange.response;
  response.end = end_of(code);
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
  } else {
    response.failure = transfer.failure[0] != '\0' ? transfer.failure : curl_easy_strerror(code);
  }
  release(transfer);
  exchange.ended();
}

void CurlIo::release(Transfer& transfer) {
  transfer.exchange->transfer_ = nullptr;
  transfer.exchange = nullptr;
  free_.push_back(&transfer);
  if (free_.size() <= kSpareTransfersMax) return;
  curl_easy_cleanup(transfer.easy);
  transfer.easy = nullptr;
}

// ---- What libcurl calls ----

/// A socket stays in epoll between requests: its next user most often wants the same.
void CurlIo::watch(curl_socket_t fd, uint32_t wanted) {
  Socket& socket = socket_of(fd);
  socket.wanted = wanted;
  if (wanted == 0 && !socket.connection && socket.watched != 0) {
    // The resolver's: it is closed behind our back.
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    socket.watched = 0;
  }
  if (wanted == 0 || wanted == socket.watched) return;
  epoll_event event{.events = wanted, .data = {.fd = fd}};
  const int how = socket.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  CHECK(epoll_ctl(epoll_, how, fd, &event) == 0);
  socket.watched = wanted;
}

int CurlIo::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  uint32_t wanted = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) wanted |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) wanted |= EPOLLOUT;
  static_cast<CurlIo*>(self)->watch(fd, wanted);
  return 0;
}

int CurlIo::on_timer(CURLM*, long timeout_ms, void* self) {
  auto* const io = static_cast<CurlIo*>(self);
  io->curl_due_ms_ = timeout_ms < 0 ? -1 : io->now_ms() + timeout_ms;
  return 0;
}

curl_socket_t CurlIo::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  auto* const io = static_cast<CurlIo*>(self);
  ++io->connections_opened_;
  io->socket_of(fd) = Socket{.connection = true};
  return fd;
}

int CurlIo::on_close(void* self, curl_socket_t fd) {
  static_cast<CurlIo*>(self)->socket_of(fd) = Socket();  // closing takes it out of epoll
  return ::close(fd);
}

size_t CurlIo::on_body(char* bytes, size_t size, size_t count, void* transfer) {
  HttpExchange& exchange = *static_cast<Transfer*>(transfer)->exchange;
  if (exchange.response.body.size() + size * count > exchange.request.response_bytes_max) return 0;
  exchange.response.body.append(bytes, size * count);
  return size * count;
}

size_t CurlIo::on_header(char* bytes, size_t size, size_t count, void* transfer) {
  std::string& head = static_cast<Transfer*>(transfer)->exchange->response.head;
  const std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) head.clear();  // after "100 Continue" comes the real one
  head.append(line);
  return size * count;
}

std::unique_ptr<Io> make_curl_io(const CurlOptions& options, const env::Clock& clock) {
  return std::make_unique<CurlIo>(options, clock);
}

}  // namespace forebay::sqs
