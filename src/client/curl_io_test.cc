// SPDX-License-Identifier: Apache-2.0
// The real transport against a server of a few lines; and the client over it where the server must
// misbehave: altered digests, answers that never come, metadata services.
#include "client/curl_io.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <forebay/sqs/client.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "client/credentials_fetcher.h"
#include "client/http_fetches.h"
#include "env/testing/fake_http_server.h"
#include "env/testing/temporary_directory.h"

namespace forebay::sqs {
namespace {

using env::testing::FakeHttpServer;
using env::testing::http_answer;

class CurlIoTest : public ::testing::Test {
 protected:
  /// On the I/O thread; returns when that has run it.
  void on_io(const std::function<void()>& task) {
    std::promise<void> ran;
    io_->post([&] {
      task();
      ran.set_value();
    });
    ran.get_future().get();
  }
  HttpResponse fetch(HttpRequest request, int attempts = 1) {
    std::promise<HttpResponse> got;
    if (request.timeout_ms == 0) request.timeout_ms = 20'000;
    on_io([&] {
      fetches_.start(std::move(request), attempts,
                     [&](const HttpResponse& response) { got.set_value(response); });
    });
    return got.get_future().get();
  }

  std::unique_ptr<Io> io_ = make_curl_io({}, env::system_clock());
  HttpFetches fetches_{*io_};
};

TEST_F(CurlIoTest, CarriesARequestAndItsResponse) {
  std::string seen;
  FakeHttpServer server([&](std::string_view request) {
    seen = request;
    return http_answer(201, "body", "X-Some: a\r\nx-some:  b \r\n");
  });
  HttpRequest request{.method = "POST", .url = server.url() + "/path", .body = "payload"};
  request.headers.add("X-Mine", "1");
  request.headers.begin("X-Two");
  request.headers.append("a");
  request.headers.append("b");
  request.headers.add("Expect", "");
  const HttpResponse response = fetch(std::move(request));
  EXPECT_EQ(response.end, HttpEnd::kResponse);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "body");
  EXPECT_EQ(response.header("X-SOME"), "b");
  EXPECT_EQ(response.header("X-Som"), std::nullopt);
  server.stop();
  EXPECT_TRUE(seen.starts_with("POST /path HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nX-Mine: 1\r\n"), std::string::npos);
  EXPECT_NE(seen.find("\r\nX-Two: ab\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("Expect"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\npayload"));
}

TEST_F(CurlIoTest, SpeaksEveryMethodOnOneConnection) {
  std::vector<std::string> seen;
  FakeHttpServer server([&](std::string_view request) {
    seen.emplace_back(request.substr(0, request.find(' ')));
    return http_answer(200, "");
  });
  for (const char* method : {"PUT", "GET", "POST", "DELETE", "GET", "PUT"}) {
    EXPECT_EQ(fetch({.method = method, .url = server.url()}).status, 200);
  }
  server.stop();
  EXPECT_EQ(seen, (std::vector<std::string>{"PUT", "GET", "POST", "DELETE", "GET", "PUT"}));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(io_->connections_opened(), 1u);
}

TEST_F(CurlIoTest, TellsHowAnExchangeFailed) {
  uint16_t port = 0;
  {
    FakeHttpServer gone([](std::string_view) { return ""; });
    port = gone.port();
    EXPECT_EQ(fetch({.url = gone.url()}).end, HttpEnd::kBroken);
  }
  EXPECT_EQ(fetch({.url = "http://127.0.0.1:" + std::to_string(port)}).end, HttpEnd::kNoConnection);
  EXPECT_EQ(fetch({.url = "http://name.invalid"}).end, HttpEnd::kNoConnection);
  FakeHttpServer large([](std::string_view) { return http_answer(200, std::string(9'000, 'x')); });
  HttpRequest request{.method = "GET", .url = large.url()};
  request.response_bytes_max = 8'000;
  EXPECT_EQ(fetch(std::move(request)).end, HttpEnd::kTooLarge);
}

TEST_F(CurlIoTest, AnAnswerThatDoesNotComeIsATimeout) {
  // Half of an answer: the rest never comes.
  FakeHttpServer server(
      [](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"; });
  const HttpResponse response = fetch({.method = "GET", .url = server.url(), .timeout_ms = 30});
  EXPECT_EQ(response.end, HttpEnd::kTimeout);
  EXPECT_FALSE(response.failure.empty());
}

TEST_F(CurlIoTest, TriesAgainWhatTheServerCouldNot) {
  int asked = 0;
  FakeHttpServer server([&](std::string_view) { return http_answer(++asked < 3 ? 500 : 200, ""); });
  EXPECT_EQ(fetch({.method = "GET", .url = server.url()}, 3).status, 200);
}

TEST_F(CurlIoTest, TimersRunInTheirOrderUnlessCancelled) {
  std::promise<void> last;
  std::vector<int> ran;
  on_io([&] {
    io_->after(3, [&] {
      ran.push_back(3);
      last.set_value();
    });
    io_->after(1, [&] { ran.push_back(1); });
    const auto cancelled = io_->after(2, [&] { ran.push_back(2); });
    io_->cancel(cancelled);
  });
  last.get_future().get();
  EXPECT_EQ(ran, (std::vector<int>{1, 3}));
}

// ---- Services that give credentials ----

class CredentialsServiceTest : public CurlIoTest {
 protected:
  /// What the source that `make` makes gets, with these variables.
  CredentialsOutcome ask(std::unique_ptr<CredentialsFetcher> (*make)(const CredentialsContext&),
                         std::map<std::string, std::string> variables) {
    const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    const CredentialsContext context{
        .surroundings = {.environment = environment, .files = env::posix_file_system()},
        .settings = {.region = "us-east-1",
                     .endpoint = {},
                     .profile_name = {},
                     .profile = {},
                     .ca_file = {}},
        .io = *io_,
        .clock = env::system_clock()};
    const std::unique_ptr<CredentialsFetcher> fetcher = make(context);
    std::promise<CredentialsOutcome> outcome;
    on_io([&] {
      fetcher->fetch([&](CredentialsOutcome got) { outcome.set_value(std::move(got)); });
    });
    return outcome.get_future().get();
  }
  static std::string id_of(const CredentialsOutcome& outcome) {
    const auto* credentials = std::get_if<Credentials>(&outcome);
    return credentials == nullptr ? "none" : credentials->access_key_id;
  }
};

TEST_F(CredentialsServiceTest, AnInstancesServiceIsAskedInThreeSteps) {
  FakeHttpServer service([](std::string_view request) {
    if (request.starts_with("PUT /latest/api/token ")) return http_answer(200, "session");
    if (request.find("X-aws-ec2-metadata-token: session\r\n") == request.npos) {
      return http_answer(401, "");
    }
    if (request.starts_with("GET /latest/meta-data/iam/security-credentials/ ")) {
      return http_answer(200, "role");
    }
    return http_answer(200, R"({"AccessKeyId":"id","SecretAccessKey":"s","Token":"t"})");
  });
  EXPECT_EQ(
      id_of(ask(make_instance_credentials, {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url()}})),
      "id");
}

TEST_F(CredentialsServiceTest, AContainersServiceIsShownItsToken) {
  FakeHttpServer service([](std::string_view request) {
    const bool known = request.starts_with("GET /creds?id=1 ") &&
                       request.find("\r\nAuthorization: Bearer x\r\n") != request.npos;
    return http_answer(known ? 200 : 403, R"({"AccessKeyId":"id","SecretAccessKey":"s"})");
  });
  EXPECT_EQ(id_of(ask(make_container_credentials,
                      {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", service.url() + "/creds?id=1"},
                       {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer x"}})),
            "id");
}

TEST_F(CredentialsServiceTest, StsTakesAWebIdentity) {
  const env::TemporaryDirectory folder;
  std::ofstream(folder / "token") << "the-token";
  FakeHttpServer sts([](std::string_view request) {
    const bool known =
        request.starts_with("POST / ") &&
        request.ends_with("RoleArn=role&RoleSessionName=me&WebIdentityToken=the-token");
    return http_answer(known ? 200 : 403,
                       "<AccessKeyId>id</AccessKeyId><SecretAccessKey>s</SecretAccessKey>");
  });
  EXPECT_EQ(
      id_of(ask(make_web_identity_credentials, {{"AWS_WEB_IDENTITY_TOKEN_FILE", folder / "token"},
                                                {"AWS_ROLE_ARN", "role"},
                                                {"AWS_ROLE_SESSION_NAME", "me"},
                                                {"AWS_ENDPOINT_URL_STS", sts.url()}})),
      "id");
}

// ---- TLS ----

/// `openssl s_server` with a certificate for 127.0.0.1 that only itself has signed.
class TlsServer {
 public:
  TlsServer() {
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key() + " -out " + certificate() + " 2>/dev/null";
    CHECK(std::system(make.c_str()) == 0);
    CHECK(::pipe(out_) == 0);
    pid_ = ::fork();
    if (pid_ == 0) run();
    ::close(out_[1]);
    // "ACCEPT 127.0.0.1:<port>", after other lines.
    std::string line;
    while (!line.starts_with("ACCEPT")) {
      line.clear();
      char c = 0;
      while (CHECK(::read(out_[0], &c, 1) == 1), c != '\n') line.push_back(c);
    }
    port_ = line.substr(line.rfind(':') + 1);
  }
  ~TlsServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(out_[0]);
  }
  std::string certificate() const { return folder_ / "certificate.pem"; }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + port_;
  }

 private:
  std::string key() const { return folder_ / "key.pem"; }
  [[noreturn]] void run() const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out_[1], STDOUT_FILENO);
    ::execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-key",
             key().c_str(), "-cert", certificate().c_str(), nullptr);
    ::_exit(127);
  }

  env::TemporaryDirectory folder_;
  std::string port_;
  int out_[2] = {-1, -1};
  pid_t pid_ = -1;
};

TEST(Tls, OnlyTrustedCertificatesWillDo) {
  const TlsServer server;
  const auto get = [](const std::string& ca_file, const std::string& url) {
    const std::unique_ptr<Io> io = make_curl_io({.ca_file = ca_file}, env::system_clock());
    HttpFetches fetches(*io);
    std::promise<HttpResponse> got;
    io->post([&] {
      fetches.start({.method = "GET", .url = url, .timeout_ms = 20'000}, 1,
                    [&](const HttpResponse& response) { got.set_value(response); });
    });
    return got.get_future().get();
  };
  const HttpResponse trusted = get(server.certificate(), server.url());
  EXPECT_EQ(trusted.status, 200) << trusted.failure;
  EXPECT_EQ(get("", server.url()).end, HttpEnd::kTlsRefused);
  EXPECT_EQ(get(server.certificate(), server.url("localhost")).end, HttpEnd::kTlsRefused);
}

// ---- The client, where servers go wrong ----

Client make_client(const FakeHttpServer& server, CredentialsChoice credentials) {
  ClientOptions options{.region = "us-east-1", .endpoint_url = server.url()};
  options.credentials = std::move(credentials);
  return *Client::create(std::move(options));
}

TEST(ClientAndBadServer, AlteredMessagesAreFound) {
  FakeHttpServer server([](std::string_view) {
    return http_answer(200, R"({"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":"messagE",)"
                            R"("MD5OfBody":"78e731027d8fd50ed642340b7c9a63b3"}]})");
  });
  Client client = make_client(server, UnsignedRequests());
  const auto received = client.receive_message({.queue_url = "u"});
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(received.error().kind, ErrorKind::kChecksumMismatch);
  const auto sent = client.send_message({.queue_url = "u", .message_body = "message"});
  ASSERT_FALSE(sent.ok());  // no digest at all
  EXPECT_EQ(sent.error().kind, ErrorKind::kChecksumMismatch);
}

TEST(ClientAndBadServer, ACallIsStoppedWhileTheServerSaysNothing) {
  std::promise<void> arrived;
  FakeHttpServer server([&](std::string_view) {
    arrived.set_value();
    return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";  // and no more
  });
  Client client = make_client(server, UnsignedRequests());
  std::stop_source stop;
  std::promise<Result<QueueUrlsReply>> ended;
  client.call(ListQueuesRequest{}, {.stop = stop.get_token()},
              [&](Result<QueueUrlsReply> reply) { ended.set_value(std::move(reply)); });
  arrived.get_future().get();
  stop.request_stop();
  const auto result = ended.get_future().get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kCancelled);
}

TEST(ClientAndBadServer, ACallEndsInItsTime) {
  FakeHttpServer server(
      [](std::string_view) { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"; });
  Client client = make_client(server, UnsignedRequests());
  const auto result =
      client.list_queues({}, {.attempt_timeout = std::chrono::milliseconds(20), .max_attempts = 1});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::kTimeout);
}

TEST(ClientAndBadServer, AUsersCredentialsSignAndAreRenewed) {
  std::vector<std::string> heads;
  FakeHttpServer server([&](std::string_view request) {
    heads.emplace_back(request);
    if (heads.size() > 1) return http_answer(200, "{}");
    return http_answer(403, R"({"__type":"ExpiredTokenException","message":"old"})");
  });
  int given = 0;
  {
    Client client = make_client(server, [&given]() -> Result<Credentials> {
      return Credentials{.access_key_id = "user" + std::to_string(++given),
                         .secret_access_key = "s"};
    });
    EXPECT_TRUE(client.list_queues({}).ok());
  }
  server.stop();
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_NE(heads[0].find("Credential=user1/"), std::string::npos);
  EXPECT_NE(heads[1].find("Credential=user2/"), std::string::npos);
}

TEST(ClientAndBadServer, BadOptionsAreRefused) {
  const auto kind = [](ClientOptions options) {
    options.region = "r";
    const auto client = Client::create(std::move(options));
    return client.ok() ? ErrorKind::kServerFault : client.error().kind;
  };
  EXPECT_EQ(kind({.endpoint_url = "localhost"}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.ca_file = "/nowhere/ca.pem"}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.max_connections = 0}), ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.timeouts = {.attempt = std::chrono::milliseconds(0)}}),
            ErrorKind::kConfiguration);
  EXPECT_EQ(kind({.credentials = CredentialsSource()}), ErrorKind::kConfiguration);
}

}  // namespace
}  // namespace forebay::sqs
