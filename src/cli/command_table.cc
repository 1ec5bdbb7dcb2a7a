// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.h"

#include <algorithm>

#include "cli/bench_help.h"
#include "cli/completions.h"
#include "cli/journal_help.h"
#include "cli/man_page.h"
#include "commands/sqs_commands.h"
#include "server/config_help.h"

namespace forebay::cli {
namespace {

using commands::CommandSpec;
using commands::kManyArguments;
using commands::OptionSpec;

constexpr int64_t kManyMax = 1'000'000'000'000;
constexpr int64_t kVisibilityMax = 43'200;

constexpr OptionSpec kGlobal[] = {
    {.name = "endpoint-url",
     .value = "URL",
     .text = "the server, such as http://127.0.0.1:9324. Default: AWS_ENDPOINT_URL_SQS, "
             "AWS_ENDPOINT_URL, the profile's endpoint_url, AWS itself; and when no region is "
             "configured either, http://127.0.0.1:9324."},
    {.name = "region",
     .value = "NAME",
     .text = "Default: AWS_REGION, AWS_DEFAULT_REGION, the profile's region."},
    {.name = "profile",
     .value = "NAME",
     .text = "of ~/.aws/config and ~/.aws/credentials. Default: AWS_PROFILE."},
    {.name = "json", .text = "print JSON, also of errors; its members do not change"},
    {.name = "quiet", .letter = 'q', .text = "no remarks and no progress on standard error"},
};

// Of queue create and queue ensure.
constexpr OptionSpec kPreset = {
    .name = "preset",
    .value = "NAME",
    .text =
        "standard: visibility timeout 300 s, retention 14 days, long polls, 3 receives. fifo: "
        "the same, deduplication by content. high-performance: 60 s, 4 days, 5 receives. "
        "batch: 900 s, delay 300 s, 2 receives. priority: QUEUE-high-priority, "
        "-normal-priority and -low-priority. Each with the dead-letter queue QUEUE-dlq.",
    .choices = "standard fifo high-performance batch priority"};
constexpr OptionSpec kFifo = {.name = "fifo", .text = "a FIFO queue: adds .fifo to the name"};
constexpr OptionSpec kAttribute = {.name = "attribute",
                                   .letter = 'a',
                                   .value = "NAME=VALUE",
                                   .text = "by SQS's name: VisibilityTimeout=60. Several times.",
                                   .repeats = true};
constexpr OptionSpec kTag = {.name = "tag",
                             .letter = 't',
                             .value = "KEY=VALUE",
                             .text = "a tag. Several times.",
                             .repeats = true};
constexpr OptionSpec kDeadLetterQueue = {
    .name = "dead-letter-queue",
    .value = "QUEUE",
    .text = "where messages go that were received too often; made when it is missing"};
constexpr OptionSpec kMaxReceiveCount = {.name = "max-receive-count",
                                         .value = "N",
                                         .text = "how often that is. Default: 3, or the preset's.",
                                         .least = 1,
                                         .most = 1000};
constexpr OptionSpec kNoDeadLetterQueue = {.name = "no-dead-letter-queue",
                                           .text = "leave the preset's out"};
constexpr OptionSpec kCreateOptions[] = {
    kPreset, kFifo, kAttribute, kTag, kDeadLetterQueue, kMaxReceiveCount, kNoDeadLetterQueue};
constexpr OptionSpec kEnsureOptions[] = {
    kPreset,
    kFifo,
    kAttribute,
    kTag,
    kDeadLetterQueue,
    kMaxReceiveCount,
    kNoDeadLetterQueue,
    {.name = "only-these-tags", .text = "take other tags away"},
    {.name = "dry-run", .letter = 'n', .text = "change nothing, say what would be done"}};
constexpr OptionSpec kListOptions[] = {
    {.name = "counts",
     .letter = 'c',
     .text = "with the numbers of messages; a call for each queue"}};

constexpr OptionSpec kSureOptions[] = {{.name = "yes", .letter = 'y', .text = "do not ask"}};

constexpr OptionSpec kSendOptions[] = {
    {.name = "file", .letter = 'f', .value = "FILE", .text = "each line of a file is a message"},
    {.name = "json-lines",
     .text =
         "each line is a JSON object: body, and perhaps message_group_id, "
         "message_deduplication_id, delay_seconds, message_attributes: {\"tries\": 3, \"x\": "
         "{\"data_type\": \"Binary\", \"binary_value\": \"aGk=\"}}. What 'receive --json' prints "
         "can be sent."},
    {.name = "whole", .text = "all of the input is one message"},
    {.name = "group", .letter = 'g', .value = "ID", .text = "message group; FIFO queues need one"},
    {.name = "dedup", .value = "ID", .text = "deduplication id, of a single message"},
    {.name = "delay", .value = "SECONDS", .text = "0 to 900. Default: the queue's.", .most = 900},
    {.name = "attribute",
     .letter = 'a',
     .value = "NAME=TYPE:VALUE",
     .text = "a message attribute: tries=Number:3, key=Binary:<base64>; without a type a String. "
             "Several times.",
     .repeats = true}};

constexpr OptionSpec kBody = {.name = "body", .text = "print bodies only, a line each"};
constexpr OptionSpec kReceiveOptions[] = {
    {.name = "max",
     .letter = 'm',
     .value = "N",
     .text = "so many messages, in as many calls as it takes. Default: 1.",
     .least = 1,
     .most = kManyMax},
    {.name = "all", .text = "until the queue has no more"},
    {.name = "wait",
     .letter = 'w',
     .value = "SECONDS",
     .text = "wait for messages, 0 to 20. Default: the queue's; with --all 1.",
     .most = 20},
    {.name = "delete", .letter = 'd', .text = "delete what was printed"},
    {.name = "visibility",
     .value = "SECONDS",
     .text = "hide received messages so long, up to 43200. Default: the queue's.",
     .most = kVisibilityMax},
    kBody};
constexpr OptionSpec kTailOptions[] = {
    {.name = "delete", .letter = 'd', .text = "take out what is shown"},
    {.name = "count-receives",
     .text = "show messages also where receives count towards a dead-letter queue"},
    {.name = "max",
     .letter = 'm',
     .value = "N",
     .text = "end after so many messages. Default: go on.",
     .least = 1,
     .most = kManyMax},
    kBody};

constexpr OptionSpec kConsumeOptions[] = {
    {.name = "exec",
     .letter = 'e',
     .value = "CMD",
     .text = "a line for /bin/sh, run for each message"},
    {.name = "concurrency",
     .letter = 'c',
     .value = "N",
     .text = "so many messages at a time, up to 256. Default: 1.",
     .least = 1,
     .most = 256},
    {.name = "timeout",
     .value = "SECONDS",
     .text = "end a command that takes longer, up to 43200; its message is retried. Default: none.",
     .least = 1,
     .most = kVisibilityMax},
    {.name = "kill-after",
     .value = "SECONDS",
     .text = "between SIGTERM and SIGKILL, up to 3600. Default: 10.",
     .most = 3'600},
    {.name = "retry-after",
     .value = "SECONDS",
     .text = "what failed comes again so much later, up to 43200, in place of --backoff",
     .most = kVisibilityMax},
    {.name = "backoff",
     .value = "SECONDS",
     .text = "what failed comes again about so much later, twice as long each time, up to 43200. "
             "Default: 2.",
     .most = kVisibilityMax},
    {.name = "backoff-max",
     .value = "SECONDS",
     .text = "the longest of these, up to 43200. Default: 900.",
     .most = kVisibilityMax},
    {.name = "dead-letter-queue",
     .value = "QUEUE",
     .text = "for exit code 100. Default: the queue's own."},
    {.name = "visibility",
     .value = "SECONDS",
     .text = "hide a message so long at a time, 2 to 43200, renewed while its command runs. "
             "Default: 30.",
     .least = 2,
     .most = kVisibilityMax},
    {.name = "max-lease",
     .value = "SECONDS",
     .text = "renew it no longer than this; then the command is ended. 2 to 43200, the default.",
     .least = 2,
     .most = kVisibilityMax},
    {.name = "wait",
     .letter = 'w',
     .value = "SECONDS",
     .text = "of a long poll, 0 to 20: a stop of an idle worker takes as long. Default: 5; with "
             "--until-empty 1.",
     .most = 20},
    {.name = "grace",
     .value = "SECONDS",
     .text = "at a stop commands may run so long, up to 43200; then they are ended. Default: 30.",
     .most = kVisibilityMax},
    {.name = "max-messages",
     .letter = 'm',
     .value = "N",
     .text = "end after so many messages. Default: go on.",
     .least = 1,
     .most = kManyMax},
    {.name = "until-empty", .text = "end when there is nothing to receive"},
    {.name = "output",
     .value = "HOW",
     .text = "of commands. pass: as it is; prefix: each line behind its message's id; none: "
             "thrown away. Default: pass; with --json to standard error.",
     .choices = "pass prefix none"}};

constexpr OptionSpec kDlqShowOptions[] = {{.name = "max",
                                           .letter = 'm',
                                           .value = "N",
                                           .text = "at most so many, up to 1000. Default: 10.",
                                           .least = 1,
                                           .most = 1000},
                                          kBody};
constexpr OptionSpec kMoveOptions[] = {
    {.name = "to", .value = "QUEUE", .text = "to here. Default: each to the queue it came from."},
    {.name = "rate",
     .value = "N",
     .text = "at most so many a second, up to 500. Default: the server's.",
     .least = 1,
     .most = 500},
    {.name = "follow", .letter = 'f', .text = "show the progress, and end with the task"}};
constexpr OptionSpec kS3Endpoint = {
    .name = "s3-endpoint-url",
    .value = "URL",
    .text = "the S3 to use. Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS's own."};
constexpr OptionSpec kS3Region = {.name = "s3-region",
                                  .value = "REGION",
                                  .text = "the bucket's, when it is not that of the queue"};
constexpr OptionSpec kS3Style = {
    .name = "s3-style",
    .value = "STYLE",
    .text = "bucket in the path or before the host. Default: host at AWS, path elsewhere.",
    .choices = "path host"};
constexpr OptionSpec kRequeueDelay = {.name = "delay",
                                      .value = "SECONDS",
                                      .text = "what is sent is visible after this time, up to 900",
                                      .least = 0,
                                      .most = 900};
constexpr OptionSpec kDlqArchiveOptions[] = {
    {.name = "to", .value = "PLACE", .text = "a directory, or s3://BUCKET/PREFIX"},
    {.name = "event-type",
     .value = "TYPE",
     .text = "a rule: messages of this event type. Several times.",
     .repeats = true},
    {.name = "event-type-field",
     .value = "NAME",
     .text = "the attribute, or text in a JSON body, that is the type. Default: eventType."},
    {.name = "older-than",
     .value = "SECONDS",
     .text = "a rule: messages that were first sent so long ago",
     .least = 1,
     .most = 1'209'600},
    {.name = "received",
     .value = "N",
     .text = "a rule: messages that were received so often",
     .least = 1,
     .most = kManyMax},
    {.name = "requeue-others", .text = "send again what no rule archives"},
    {.name = "requeue-to",
     .value = "QUEUE",
     .text = "there. Default: where each message came from."},
    kRequeueDelay,
    {.name = "attempts",
     .value = "N",
     .text = "archive what was requeued so often. Default: 3.",
     .least = 1,
     .most = 1000},
    {.name = "dry-run", .text = "only count what each rule would take"},
    {.name = "max",
     .letter = 'm',
     .value = "N",
     .text = "end after so many messages. Default: 1,000,000.",
     .least = 1,
     .most = kManyMax},
    {.name = "wait",
     .value = "SECONDS",
     .text =
         "how long an empty receive waits, 0 to 20, before the queue counts as empty. Default: 1.",
     .least = 0,
     .most = 20},
    kS3Endpoint,
    kS3Region,
    kS3Style};
constexpr OptionSpec kDlqRestoreOptions[] = {
    {.name = "to", .value = "QUEUE", .text = "there. Default: where each message came from."},
    {.name = "from",
     .value = "NAME",
     .text = "only files from this name on; names begin with the time of the send: 20260131"},
    {.name = "before", .value = "NAME", .text = "only files before this name"},
    kRequeueDelay,
    {.name = "dry-run", .text = "read the files and send nothing"},
    kS3Endpoint,
    kS3Region,
    kS3Style};
constexpr OptionSpec kTaskListOptions[] = {
    {.name = "max",
     .letter = 'm',
     .value = "N",
     .text = "the latest so many, up to 10. Default: 10.",
     .least = 1,
     .most = 10},
    {.name = "follow", .letter = 'f', .text = "wait for the latest to end, and show its progress"}};
constexpr OptionSpec kCancelOptions[] = {
    {.name = "task-handle", .value = "HANDLE", .text = "this task, in place of a queue's"}};

const CommandSpec kCommands[] = {
    {.path = "queue create",
     .arguments = "QUEUE",
     .summary = "Make a queue",
     .details = "A queue that is there and as it is asked for is no error; one that differs is "
                "(exit code 6).\n\n"
                "  forebay queue create orders --preset standard\n"
                "  forebay queue create steps --fifo --attribute ContentBasedDeduplication=true\n",
     .options = kCreateOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_queue_create},
    {.path = "queue ensure",
     .arguments = "QUEUE",
     .summary = "Make a queue, or bring it to what is asked for, and say what changed",
     .details = "What is not named stays as it is. Run again, it changes nothing.\n\n"
                "  forebay queue ensure orders --preset standard --dry-run\n"
                "  forebay queue ensure orders -a VisibilityTimeout=60 -t team=shop\n",
     .options = kEnsureOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_queue_ensure},
    {.path = "queue list",
     .arguments = "[PREFIX]",
     .summary = "Names of queues",
     .options = kListOptions,
     .arguments_most = 1,
     .run = commands::run_queue_list},
    {.path = "queue show",
     .arguments = "QUEUE",
     .summary = "Attributes, counts and tags of a queue",
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_queue_show},
    {.path = "queue set",
     .arguments = "QUEUE NAME=VALUE...",
     .summary = "Set attributes of a queue",
     .details = "An empty value takes a policy away: RedrivePolicy=\n",
     .arguments_least = 2,
     .arguments_most = kManyArguments,
     .run = commands::run_queue_set},
    {.path = "queue delete",
     .arguments = "QUEUE...",
     .summary = "Delete queues and all that is in them",
     .details = "At a terminal it asks first. A script, whose input is none, is not asked.\n",
     .options = kSureOptions,
     .arguments_least = 1,
     .arguments_most = kManyArguments,
     .run = commands::run_queue_delete},
    {.path = "queue purge",
     .arguments = "QUEUE...",
     .summary = "Delete all messages of queues",
     .details = "At a terminal it asks first. A script, whose input is none, is not asked.\n",
     .options = kSureOptions,
     .arguments_least = 1,
     .arguments_most = kManyArguments,
     .run = commands::run_queue_purge},
    {.path = "queue tag",
     .arguments = "QUEUE KEY=VALUE...",
     .summary = "Put tags on a queue",
     .arguments_least = 2,
     .arguments_most = kManyArguments,
     .run = commands::run_queue_tag},
    {.path = "queue untag",
     .arguments = "QUEUE KEY...",
     .summary = "Take tags off a queue",
     .arguments_least = 2,
     .arguments_most = kManyArguments,
     .run = commands::run_queue_untag},
    {.path = "send",
     .arguments = "QUEUE [BODY... | -]",
     .summary = "Send messages: arguments, lines of standard input, or of a file",
     .details =
         "Without a body, and with '-', each line of standard input is a message; empty lines are\n"
         "left out. Lines go out in batches of ten, and at once when none follows. To a FIFO "
         "queue\n"
         "they go in order, and a message that fails ends it. Ctrl-C ends after the batches that\n"
         "are on the way, and says how many were sent.\n\n"
         "  forebay send orders 'one flat white'\n"
         "  forebay send orders.fifo --group table-7 --dedup o-1 'one flat white'\n"
         "  forebay receive old --all --delete --json | forebay send new --json-lines\n\n"
         "With --json a line for each message: {\"line\": 1, \"message_id\": ...}, with\n"
         "\"sequence_number\" for FIFO queues, or {\"line\": 2, \"error\": {\"code\", "
         "\"message\"}}.\n",
     .options = kSendOptions,
     .arguments_least = 1,
     .arguments_most = kManyArguments,
     .run = commands::run_send},
    {.path = "receive",
     .arguments = "QUEUE",
     .summary = "Receive messages and print them",
     .details = "Without --delete the messages are hidden from others until their visibility\n"
                "timeout is over, and then come back. With --delete each is deleted after it was\n"
                "printed. No message is no error.\n",
     .options = kReceiveOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_receive},
    {.path = "tail",
     .arguments = "QUEUE",
     .summary = "Show messages as they come, until Ctrl-C",
     .details =
         "SQS has no way to look at a message without receiving it. So tail receives each one,\n"
         "prints it once and gives it back at once: its receive count grows by one or more, other\n"
         "consumers do not get it for that moment, and of a FIFO queue its group waits. Messages\n"
         "that consumers take first are not seen. Where receives count towards a dead-letter\n"
         "queue, tail refuses unless it is told --count-receives or --delete.\n",
     .options = kTailOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_tail},
    {.path = "consume",
     .arguments = "QUEUE [COMMAND [ARGUMENT...]]",
     .summary = "Run a command for each message, until a signal comes",
     .details =
         "The body is the command's standard input; FOREBAY_MESSAGE_ID, FOREBAY_RECEIVE_COUNT,\n"
         "FOREBAY_QUEUE_NAME, FOREBAY_QUEUE_URL, FOREBAY_SENT_TIMESTAMP (ms),\n"
         "FOREBAY_MESSAGE_GROUP_ID, FOREBAY_MESSAGE_DEDUPLICATION_ID, FOREBAY_SEQUENCE_NUMBER,\n"
         "FOREBAY_TRACE_HEADER and FOREBAY_ATTRIBUTE_<NAME> (in capitals, '_' for other\n"
         "characters, binary values in base64) are in its environment. How it ends says what\n"
         "happens to the message:\n\n"
         "  0    done: it is deleted\n"
         "  75   not now: it is retried, and nothing is said about it\n"
         "  100  never: it goes to the dead-letter queue\n"
         "  others, signals and timeouts: it failed and is retried\n\n"
         "  forebay consume orders --exec './bake.sh' --concurrency 4 --timeout 60\n"
         "  forebay consume orders --until-empty -- jq -r .item\n\n"
         "A command whose lease is lost is ended, and its message left alone. On SIGTERM or "
         "Ctrl-C\n"
         "nothing more is begun, what runs may end (--grace), and nobody receives a message "
         "twice;\na second signal kills: the messages come back after --visibility. Of a FIFO "
         "queue groups\nrun beside each other, each in order; a failure holds up its own group "
         "only.\n\nWith --until-empty or --max-messages the exit code is 1 when a message was "
         "not done. With\n--json a line for each message: {\"event\": \"message\", "
         "\"message_id\",\n\"approximate_receive_count\", \"message_group_id\", \"outcome\": "
         "done, retried, dead or\nstopped, \"exit_code\" or \"signal\", \"timed_out\", "
         "\"duration_ms\"}, and at the end\n{\"event\": \"end\", \"received\", \"done\", "
         "\"retried\", \"dead\", \"stopped\", ...}.\n",
     .options = kConsumeOptions,
     .arguments_least = 1,
     .arguments_most = kManyArguments,
     .run = commands::run_consume,
     .takes_abort = true},
    {.path = "dlq list",
     .summary = "Dead-letter queues, how full they are, and whose they are",
     .details = "Asks for the attributes of every queue.\n",
     .run = commands::run_dlq_list},
    {.path = "dlq show",
     .arguments = "QUEUE",
     .summary = "Show dead letters without taking them out",
     .details =
         "QUEUE is the dead-letter queue, or a queue that has one. The messages are received "
         "for\nat most 30 s and given back at the end, which counts as a receive.\n",
     .options = kDlqShowOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_dlq_show},
    {.path = "dlq redrive",
     .arguments = "QUEUE",
     .summary = "Move dead letters back to where they came from, or elsewhere",
     .details =
         "QUEUE is the dead-letter queue. The server moves them; this is 'move-task start'.\n",
     .options = kMoveOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_dlq_redrive},
    {.path = "dlq archive",
     .arguments = "QUEUE",
     .summary = "Archive dead letters in a directory or in S3, and take them out",
     .details =
         "QUEUE is the dead-letter queue, or a queue that has one. All messages are archived, "
         "or with\nrules those that one of them fits; the others stay, or are sent again with\n"
         "--requeue-others. A message is taken out when it is safe elsewhere. Each has one JSON "
         "file;\narchiving a message twice leaves one.\n\n"
         "  forebay dlq archive orders --to /var/lib/dead-letters\n"
         "  forebay dlq archive orders --to s3://letters/orders --older-than 86400 "
         "--requeue-others\n",
     .options = kDlqArchiveOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_dlq_archive},
    {.path = "dlq restore",
     .arguments = "PLACE",
     .summary = "Send archived dead letters again",
     .details = "PLACE is what 'dlq archive --to' was given. The archive stays as it is.\n\n"
                "  forebay dlq restore /var/lib/dead-letters --from 20260131 --to orders\n",
     .options = kDlqRestoreOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_dlq_restore},
    {.path = "move-task start",
     .arguments = "QUEUE",
     .summary = "Let the server move all messages of a dead-letter queue",
     .options = kMoveOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_move_task_start},
    {.path = "move-task list",
     .arguments = "QUEUE",
     .summary = "Move tasks of a dead-letter queue and how far they are",
     .options = kTaskListOptions,
     .arguments_least = 1,
     .arguments_most = 1,
     .run = commands::run_move_task_list},
    {.path = "move-task cancel",
     .arguments = "[QUEUE]",
     .summary = "Cancel the running move task of a dead-letter queue",
     .options = kCancelOptions,
     .arguments_most = 1,
     .run = commands::run_move_task_cancel},
    {.path = "completions",
     .arguments = "bash|zsh|fish",
     .summary = "Print what the shell needs to complete commands and options",
     .details = "  forebay completions bash > /etc/bash_completion.d/forebay\n"
                "  forebay completions zsh > /usr/local/share/zsh/site-functions/_forebay\n"
                "  forebay completions fish > ~/.config/fish/completions/forebay.fish\n",
     .arguments_least = 1,
     .arguments_most = 1,
     .run = run_completions,
     .is_local = true},
    {.path = "man",
     .summary = "Print the manual page",
     .details = "  forebay man | man -l -\n",
     .run = run_man,
     .is_local = true},
};

}  // namespace

const commands::CommandTable& command_table() {
  static constexpr commands::CommandTable kTable = {.commands = kCommands,
                                                    .global_options = kGlobal};
  return kTable;
}

std::vector<OtherCommand> other_commands() {
  return {{.name = "serve", .summary = "Run the server", .help = server::serve_help(), .verbs = {}},
          {.name = "journal",
           .summary = "Look at, check, back up, restore and repair the data on disk",
           .help = std::string(journal_help({})),
           .verbs = {"verify", "dump", "backup", "restore", "repair"}},
          {.name = "bench",
           .summary = "Put load on this or any other SQS server, and measure it",
           .help = std::string(bench_help()),
           .verbs = {}}};
}

std::vector<std::string> options_in_help(std::string_view help) {
  std::vector<std::string> options;
  while (!help.empty()) {
    const size_t end = help.find('\n');
    std::string_view line = help.substr(0, end);
    help.remove_prefix(end == help.npos ? help.size() : end + 1);
    // "  -q, --quiet   no live line"
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.size() > 4 && line[0] == '-' && line[2] == ',') line.remove_prefix(4);
    if (!line.starts_with("--")) continue;
    const size_t length = std::min(line.find_first_of(" =,"), line.size());
    std::string option(line.substr(0, length));
    if (option.size() > 2 && std::ranges::find(options, option) == options.end()) {
      options.push_back(std::move(option));
    }
  }
  return options;
}

}  // namespace forebay::cli
