// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_help.h"

namespace forebay::cli {
namespace {

constexpr std::string_view kHelp =
    R"(Usage:
  forebay bench [options]
  forebay bench --connections 64 --duration 30s
  forebay bench --mix roundtrip --batch 10 --groups 1000 --format json --output figures.json
  forebay bench --rate 5000 --connections 200 --endpoint http://10.0.0.7:9324

Puts load on a server and measures what it answers: any server that speaks SQS's AWS JSON
protocol. Makes queues of its own (forebay-bench-...) and deletes them at the end, also
after Ctrl-C. The server does the work of a real load, disk included: do not aim it at a
server whose other users would mind.

Server:
  --endpoint URL       http://host:port; TLS is not spoken. Default: http://127.0.0.1:9324.
  --queue-url URL      an existing queue: nothing is created or deleted, but messages are
                       sent, and mixes that delete take out whatever is in it. Connects to
                       --endpoint if that is given, else to the URL's host.
  --raw-target PATH    no queue at all: the SendMessage request is posted to PATH, and any
                       HTTP 200 is a success. For ceilings: nginx, a fixed reply.
  --keep-queues        leave the queues that were made, and what is in them

Load:
  --mix MIX            send               send messages (default)
                       receive-delete     each connection: receive, delete what came
                       roundtrip          each connection: send, receive, delete
                       send=2,receive=1,delete=1
                                          each request for itself, in this proportion
  --batch N            messages a request, 1 to 10. Default: 1.
  --body-bytes N       length of each message body, up to 1048576. Default: 1024.
  --queues N           queues to make and use in turn, up to 10000. Default: 1.
  --groups N           message groups to use in turn; makes FIFO queues. Default: 0, none.
  --preload N          messages to send before anything is measured: a backlog, and what
                       receive-delete takes out. Default: 0.
  --wait-seconds N     WaitTimeSeconds of receives, 0 to 20. Default: 0.

How much, how long:
  --connections N      connections, kept open, one request at a time each, up to 1000.
                       Default: 16.
  --rate N             open loop: N requests a second over all connections, whatever the
                       server does. Default: closed loop, each connection asks as soon as
                       it was answered.
  --warm-up TIME       load that is not measured, first. Default: 2s.
  --duration TIME      what is measured: 500ms, 10s, 2m. Default: 10s.
  --requests N         measure N requests instead of a time
  --threads N          threads of the load program, up to 64, each with its share of the
                       connections. Default: 1, which is enough for most servers.

Output:
  --format FORMAT      text, json or csv. Default: text.
  --output FILE        write the report here; an existing file is replaced. Default: the
                       standard output.
  -q, --quiet          no live line. It is shown on a terminal only, once a second.
  -h, --help           print this

What the figures mean:
  Latencies are those of requests, exact to 0.8 %; in JSON and CSV they are microseconds.
  With --rate they count from the moment a request was due (response time), so that what
  waits behind a slow answer is in the figures; the time from sending to answer is there
  too (service time). Without --rate a slow server slows the load down: look at the rate
  first.
  If the load program's processor time comes near 100 % of a core for each thread, it
  measures itself: give it more --threads, or a machine of its own.

Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, the
region from AWS_REGION or AWS_DEFAULT_REGION (us-east-1): requests are then signed. Without
them a constant Authorization header is sent, which emulators accept.

Ends with 0; 1 when it failed, when no request succeeded, or when it was interrupted (what
was measured until then is reported); 2: wrong use.
)";

}  // namespace

std::string_view bench_help() {
  return kHelp;
}

}  // namespace forebay::cli
