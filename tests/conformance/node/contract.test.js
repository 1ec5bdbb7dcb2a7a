// SPDX-License-Identifier: Apache-2.0
// Cases of the SQS contract through the AWS SDK for JavaScript v3. A test names its cases:
// "case Q5 Q7: ...".

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import {
  AddPermissionCommand,
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueueTagsCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  RemovePermissionCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  paginateListQueues,
} from "@aws-sdk/client-sqs";
import {
  arnOf,
  attributesOf,
  bodies,
  createQueue,
  receive,
  redrivePolicy,
  refused,
  send,
  sqs,
  uniqueName,
} from "./fixture.js";

after(() => sqs.destroy());

const FIFO = { FifoQueue: "true", ContentBasedDeduplication: "true" };
const MEBIBYTE = 1024 * 1024;
const string = (value, type = "String") => ({ DataType: type, StringValue: value });
const entries = (count, entry) => Array.from({ length: count }, (_, index) => entry(index));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until `probe` returns something true. */
async function waitUntil(probe, what, seconds = 20) {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(20)) {
    const found = await probe();
    if (found) return found;
  }
  return assert.fail(`not within ${seconds} s: ${what}`);
}

/** Asserts what `command` is refused with: name, status, and the start of the text. */
async function expectRefusal(command, name, text = "", status = 400) {
  const error = await refused(command);
  assert.equal(error.name, name);
  assert.equal(error.$metadata.httpStatusCode, status);
  assert.ok(error.message.startsWith(text), error.message);
}

describe("queues", () => {
  test("case Q2 Q3 Q4: creating again", async () => {
    const name = uniqueName();
    const url = await createQueue({ VisibilityTimeout: "69" }, name);
    for (const attributes of [{}, { VisibilityTimeout: "69" }, { DelaySeconds: "0" }]) {
      assert.equal(await createQueue(attributes, name), url);
    }
  });

  test("case Q7 Q8: the current value counts", async () => {
    const name = uniqueName();
    const url = await createQueue({ VisibilityTimeout: "1" }, name);
    const attributes = { VisibilityTimeout: "2" };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
    const before = { QueueName: name, Attributes: { VisibilityTimeout: "1" } };
    await expectRefusal(new CreateQueueCommand(before), "QueueNameExists");
    assert.equal(await createQueue(attributes, name), url);
    assert.equal(await createQueue({}, name), url);
  });

  test("case Q11 Q12 Q13: names", async () => {
    for (const [name, attributes] of [
      ["a/b", {}],
      ["a.fifo", {}],
      ["a", { FifoQueue: "true" }],
    ]) {
      const command = new CreateQueueCommand({ QueueName: name, Attributes: attributes });
      await expectRefusal(command, "InvalidParameterValue");
    }
  });

  test("case Q14 Q15 Q16 Q17 Q40: attributes a standard queue does not have", async () => {
    const onlyFifo = (name) => `You can specify the ${name} only when FifoQueue is set to true.`;
    for (const [name, value, text] of [
      ["FifoQueue", "false", "Unknown Attribute FifoQueue."],
      ["ContentBasedDeduplication", "false", "Unknown Attribute ContentBasedDeduplication."],
      ["DeduplicationScope", "queue", onlyFifo("DeduplicationScope")],
      ["FifoThroughputLimit", "perQueue", onlyFifo("FifoThroughputLimit")],
      ["VisibilityTimeoutSeconds", "1", "Unknown Attribute VisibilityTimeoutSeconds."],
    ]) {
      const request = { QueueName: uniqueName(), Attributes: { [name]: value } };
      await expectRefusal(new CreateQueueCommand(request), "InvalidAttributeName", text);
    }
  });

  test("case Q38 Q39: values out of range", async () => {
    for (const [name, value] of [
      ["VisibilityTimeout", "43201"],
      ["MessageRetentionPeriod", "59"],
    ]) {
      const request = { QueueName: uniqueName(), Attributes: { [name]: value } };
      const text = `Invalid value for the parameter ${name}.`;
      await expectRefusal(new CreateQueueCommand(request), "InvalidAttributeValue", text);
    }
  });

  test("case Q19 Q20: all attributes of new queues", async () => {
    const standard = await attributesOf(await createQueue());
    assert.equal(Object.keys(standard).length, 12);
    assert.equal(standard.MaximumMessageSize, "1048576");
    const fifo = await attributesOf(await createQueue({ FifoQueue: "true" }));
    assert.equal(Object.keys(fifo).length, 16);
    assert.equal(fifo.DeduplicationScope, "queue");
  });

  test("case Q21 Q22 Q23: attributes by name", async () => {
    const url = await createQueue();
    const read = (names) =>
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names });
    assert.equal((await sqs.send(read(undefined))).Attributes, undefined);
    const found = (await sqs.send(read(["QueueArn"]))).Attributes;
    assert.deepEqual(Object.keys(found), ["QueueArn"]);
    await expectRefusal(read(["Foobar"]), "InvalidAttributeName", "Unknown Attribute Foobar.");
  });

  test("case Q34 Q35: lists and their pages", async () => {
    const prefix = uniqueName();
    const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix }));
    assert.equal(listed.QueueUrls, undefined);
    const urls = [];
    for (let n = 0; n < 5; ++n) urls.push(await createQueue({}, `${prefix}-${n}`));
    const found = [];
    const pages = paginateListQueues({ client: sqs, pageSize: 2 }, { QueueNamePrefix: prefix });
    for await (const page of pages) found.push(page.QueueUrls);
    assert.deepEqual(found, [urls.slice(0, 2), urls.slice(2, 4), urls.slice(4)]);
  });

  test("case G1 G6: tags", async () => {
    const tags = { one: "1", empty: "" };
    const created = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName(), tags }));
    const listed = await sqs.send(new ListQueueTagsCommand({ QueueUrl: created.QueueUrl }));
    assert.deepEqual(listed.Tags, tags);
    const unknown = { QueueUrl: `${created.QueueUrl}-not` };
    await expectRefusal(new ListQueueTagsCommand(unknown), "QueueDoesNotExist");
  });

  test("case G3 G5: tag keys", async () => {
    const url = await createQueue();
    for (const Tags of [{ MyTag: "a", mytag: "b" }, { mytag: "c" }]) {
      await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags }));
    }
    const listed = await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }));
    assert.deepEqual(listed.Tags, { MyTag: "a", mytag: "c" });
  });
});

describe("permissions", () => {
  const add = (queueUrl, label, accounts, actions) =>
    new AddPermissionCommand({
      QueueUrl: queueUrl,
      Label: label,
      AWSAccountIds: accounts,
      Actions: actions,
    });
  const policyOf = async (url) => JSON.parse((await attributesOf(url)).Policy);

  test("case G7 G8 G9 G11: statements come and go", async () => {
    const url = await createQueue();
    await sqs.send(add(url, "two", ["111111111111", "222222222222"], ["ReceiveMessage"]));
    await sqs.send(add(url, "one", ["111111111111"], ["SendMessage"]));
    const policy = await policyOf(url);
    const arn = await arnOf(url);
    assert.equal(policy.Version, "2008-10-17");
    assert.equal(policy.Id, `${arn}/SQSDefaultPolicy`);
    assert.deepEqual(
      policy.Statement.map((statement) => statement.Sid),
      ["two", "one"],
    );
    assert.deepEqual([...policy.Statement[0].Principal.AWS].sort(), [
      "arn:aws:iam::111111111111:root",
      "arn:aws:iam::222222222222:root",
    ]);
    assert.equal(policy.Statement[1].Principal.AWS, "arn:aws:iam::111111111111:root");
    for (const Label of ["two", "one"]) {
      await sqs.send(new RemovePermissionCommand({ QueueUrl: url, Label }));
    }
    assert.equal((await attributesOf(url)).Policy, undefined);
  });

  test("case G10 G12 G13: refusals", async () => {
    const url = await createQueue();
    await sqs.send(add(url, "label", ["111111111111"], ["SendMessage"]));
    await expectRefusal(
      add(url, "label", ["111111111111"], ["SendMessage"]),
      "InvalidParameterValue",
      "Value label for parameter Label is invalid. Reason: Already exists.",
    );
    await expectRefusal(
      new RemovePermissionCommand({ QueueUrl: url, Label: "other" }),
      "InvalidParameterValue",
      "Value other for parameter Label is invalid. Reason: can't find label.",
    );
    const eight = entries(8, () => "SendMessage");
    const text = "8 Actions were found, maximum allowed is 7.";
    await expectRefusal(add(url, "new", ["111111111111"], eight), "OverLimit", text, 403);
  });
});

describe("sending", () => {
  test("case S1: a plain message", async () => {
    const sent = await send(await createQueue(), "message");
    assert.equal(sent.MD5OfMessageBody, "78e731027d8fd50ed642340b7c9a63b3");
    assert.match(sent.MessageId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(sent.SequenceNumber, undefined);
  });

  test("case S15 S16 S18: digests of attributes", async () => {
    const url = await createQueue();
    for (const [name, value, digest] of [
      ["timestamp", string("1493147359900", "Number"), "235c5c510d26fb653d073faed50ae77c"],
      [
        "timestamp",
        string("1493147359900", "Number.java.lang.Long"),
        "2e2e4876d8e0bd6b8c2c8f556831c349",
      ],
      ["k", string("x"), "a45daa70926828a2f0a1db3418e6feb4"],
    ]) {
      const sent = await send(url, "m", { MessageAttributes: { [name]: value } });
      assert.equal(sent.MD5OfMessageAttributes, digest);
    }
  });

  test("case S2 S4 S8 S10 S14: refused messages", async () => {
    const url = await createQueue();
    const attempt = (body, attributes) =>
      new SendMessageCommand({ QueueUrl: url, MessageBody: body, MessageAttributes: attributes });
    const noBody = "The request must contain the parameter MessageBody.";
    await expectRefusal(attempt(""), "MissingParameter", noBody);
    const tooLong = attempt("x".repeat(MEBIBYTE + 1));
    const reason = "One or more parameters are invalid. Reason: Message must be shorter than 1048";
    await expectRefusal(tooLong, "InvalidParameterValue", reason);
    await expectRefusal(attempt("\uffff"), "InvalidMessageContents");
    for (const value of [string(""), string("x", "Invalid")]) {
      await expectRefusal(attempt("m", { a: value }), "InvalidParameterValue");
    }
  });

  test("case S21 S22: groups on a standard queue", async () => {
    const url = await createQueue();
    await send(url, "m", { MessageGroupId: "test" });
    assert.equal((await receive(url))[0].Attributes.MessageGroupId, "test");
    const empty = { QueueUrl: url, MessageBody: "m", MessageGroupId: "" };
    const text = "Value  for parameter MessageGroupId is invalid.";
    await expectRefusal(new SendMessageCommand(empty), "InvalidParameterValue", text);
  });

  test("case S25 S26 S27: what a FIFO queue wants", async () => {
    const url = await createQueue({ FifoQueue: "true" });
    const attempt = (options) =>
      new SendMessageCommand({ QueueUrl: url, MessageBody: "m", ...options });
    await expectRefusal(
      attempt({ MessageGroupId: "g" }),
      "InvalidParameterValue",
      "The queue should either have ContentBasedDeduplication enabled",
    );
    await expectRefusal(
      attempt({ MessageDeduplicationId: "d" }),
      "MissingParameter",
      "The request must contain the parameter MessageGroupId.",
    );
    await expectRefusal(
      attempt({ MessageGroupId: "g", MessageDeduplicationId: "d", DelaySeconds: 2 }),
      "InvalidParameterValue",
      "Value 2 for parameter DelaySeconds is invalid.",
    );
  });

  test("case B2 B4 B5 B6 B13: refused batches", async () => {
    const url = await createQueue();
    const batch = (list) => new SendMessageBatchCommand({ QueueUrl: url, Entries: list });
    const one = (id, body = "m") => ({ Id: id, MessageBody: body });
    const none = "There should be at least one SendMessageBatchRequestEntry in the request.";
    await expectRefusal(batch([]), "EmptyBatchRequest", none);
    await expectRefusal(batch([one("a:b")]), "InvalidBatchEntryId");
    const repeated = [one("a"), one("b"), one("b")];
    await expectRefusal(batch(repeated), "BatchEntryIdsNotDistinct", "Id b repeated.");
    const large = [one("a", "x".repeat(MEBIBYTE)), one("b", "y")];
    await expectRefusal(batch(large), "BatchRequestTooLong");
    const nothing = new DeleteMessageBatchCommand({ QueueUrl: url, Entries: [] });
    await expectRefusal(nothing, "EmptyBatchRequest");
  });

  test("case B3: more than ten entries", async () => {
    const url = await createQueue();
    const handles = entries(20, (n) => ({ Id: `${n}`, ReceiptHandle: "h", VisibilityTimeout: 1 }));
    const bodied = entries(20, (n) => ({ Id: `${n}`, MessageBody: "m" }));
    const text = "Maximum number of entries per request are 10. You have sent 20.";
    for (const [Command, Entries] of [
      [SendMessageBatchCommand, bodied],
      [DeleteMessageBatchCommand, handles],
      [ChangeMessageVisibilityBatchCommand, handles],
    ]) {
      const command = new Command({ QueueUrl: url, Entries });
      await expectRefusal(command, "TooManyEntriesInBatchRequest", text);
    }
  });

  test("case B7: an entry too large fails alone", async () => {
    const url = await createQueue({ MaximumMessageSize: "1024" });
    const list = [
      { Id: "large", MessageBody: "x".repeat(1025) },
      { Id: "small", MessageBody: "x" },
    ];
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: list }));
    assert.deepEqual(
      sent.Successful.map((entry) => entry.Id),
      ["small"],
    );
    assert.deepEqual(sent.Failed, [
      {
        Id: "large",
        Code: "InvalidParameterValue",
        Message:
          "One or more parameters cannot be validated. " +
          "Reason: Message must be shorter than 1024 bytes.",
        SenderFault: true,
      },
    ]);
  });
});

describe("receiving", () => {
  const THREE = { "Help.Me": string("Me"), Hello: string("There"), General: string("Kenobi") };

  /** Receives the message of a new queue with the three attributes by `names`. */
  async function chosen(names) {
    const url = await createQueue();
    await send(url, "m", { MessageAttributes: THREE });
    const options = { MessageAttributeNames: names, MessageSystemAttributeNames: [] };
    return (await receive(url, options))[0];
  }

  test("case R2: ranges", async () => {
    const url = await createQueue();
    for (const wait of [21, -1]) {
      const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: wait });
      const text = `Value ${wait} for parameter WaitTimeSeconds is invalid.`;
      await expectRefusal(command, "InvalidParameterValue", text);
    }
  });

  test("case R7 R16 R17: no attributes", async () => {
    for (const names of [[], ["Other"], ["AWS.", "..foo"]]) {
      const found = await chosen(names);
      assert.equal(found.MessageAttributes, undefined);
      assert.equal(found.MD5OfMessageAttributes, undefined);
    }
  });

  test("case R13 R14 R15: chosen attributes and their digests", async () => {
    for (const [names, digest] of [
      [["All"], "4c360f3fdafd970e05fae2f149d997f5"],
      [[".*"], "4c360f3fdafd970e05fae2f149d997f5"],
      [["*"], "4c360f3fdafd970e05fae2f149d997f5"],
      [["Hel.*"], "83fee93c1bcd8b9a5a923ffacdc636c7"],
      [["Hello", "General"], "fca026605781cb4126a1e9044df24232"],
    ]) {
      assert.equal((await chosen(names)).MD5OfMessageAttributes, digest);
    }
  });

  test("case R8 R10 R20: system attributes and the receive count", async () => {
    const url = await createQueue();
    await send(url, "m");
    for (const count of ["1", "2"]) {
      const [found] = await receive(url, { VisibilityTimeout: 0 });
      assert.deepEqual(Object.keys(found.Attributes).sort(), [
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "SenderId",
        "SentTimestamp",
      ]);
      assert.equal(found.Attributes.ApproximateReceiveCount, count);
    }
  });

  test("case V8 V9 V11: handles that are not valid, or no longer", async () => {
    const url = await createQueue();
    const change = (handle) =>
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: handle,
        VisibilityTimeout: 0,
      });
    await expectRefusal(change("INVALID"), "ReceiptHandleIsInvalid");
    await send(url, "m");
    const handle = (await receive(url))[0].ReceiptHandle;
    for (let n = 0; n < 2; ++n) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle }));
    }
    const text = `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not`;
    await expectRefusal(change(handle), "InvalidParameterValue", text);
  });

  test("case V12 V13: deleting after the timeout", async () => {
    for (const fifo of [false, true]) {
      const url = await createQueue({ ...(fifo ? FIFO : {}), VisibilityTimeout: "1" });
      await send(url, "m", fifo ? { MessageGroupId: "g" } : {});
      const handle = (await receive(url))[0].ReceiptHandle;
      const visible = async () => (await attributesOf(url)).ApproximateNumberOfMessages;
      await waitUntil(async () => (await visible()) === "1", "the message to come back");
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle });
      if (fifo) {
        const text = `Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt`;
        await expectRefusal(command, "InvalidParameterValue", text);
      } else {
        await sqs.send(command);
      }
      assert.equal(await visible(), fifo ? "1" : "0");
    }
  });

  test("case F1 F2 F10: groups", async () => {
    const url = await createQueue({ ...FIFO, VisibilityTimeout: "600" });
    for (const body of ["g1-m1", "g2-m1", "g1-m2", "g1-m3"]) {
      await send(url, body, { MessageGroupId: body.slice(0, 2) });
    }
    const first = await receive(url, { MaxNumberOfMessages: 2 });
    assert.deepEqual(bodies(first), ["g1-m1", "g1-m2"]);
    assert.deepEqual(bodies(await receive(url)), ["g2-m1"]);
    for (const { ReceiptHandle } of first) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
    assert.deepEqual(bodies(await receive(url)), ["g1-m3"]);
  });

  test("case F16 F24 P5: duplicates after a delete and after a purge", async () => {
    const url = await createQueue(FIFO);
    const options = { MessageGroupId: "g" };
    const sent = await send(url, "same", options);
    const [{ ReceiptHandle }] = await receive(url);
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    assert.equal((await send(url, "same", options)).MessageId, sent.MessageId);
    assert.deepEqual(await receive(url), []);
    await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    await send(url, "same", options);
    assert.deepEqual(bodies(await receive(url)), ["same"]);
  });
});

describe("dead-letter queues and move tasks", () => {
  /** A dead-letter queue and a queue whose messages go there after one receive. */
  async function pair() {
    const dead = await createQueue();
    const deadArn = await arnOf(dead);
    const url = await createQueue({ RedrivePolicy: redrivePolicy(deadArn, 1) });
    return { dead, deadArn, url, arn: await arnOf(url) };
  }

  const start = (options) => sqs.send(new StartMessageMoveTaskCommand(options));
  const tasksOf = async (arn) =>
    (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 10 }))).Results;
  const ended = (arn, status) =>
    waitUntil(async () => (await tasksOf(arn)).find((task) => task.Status === status), status);

  test("case D1 D2 D7: a dead letter and its source", async () => {
    const { dead, url, arn } = await pair();
    const listed = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    assert.deepEqual(listed.queueUrls, [url]);
    const sent = await send(url, "m", { MessageAttributes: { k: string("x") } });
    await receive(url, { VisibilityTimeout: 0 });
    assert.deepEqual(await receive(url), []);
    const [found] = await receive(dead, { WaitTimeSeconds: 10 });
    assert.equal(found.MessageId, sent.MessageId);
    assert.equal(found.Attributes.ApproximateReceiveCount, "2");
    assert.equal(found.Attributes.DeadLetterQueueSourceArn, arn);
    assert.equal(found.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  });

  test("case D5 D6 D8 D9: redrive policies that are refused", async () => {
    const { deadArn } = await pair();
    for (const [policy, name, text] of [
      [redrivePolicy(deadArn, "invalid"), "InvalidParameterValue", "Value {"],
      [redrivePolicy("dummy", 1), "InvalidParameterValue", "Value {"],
      [
        "not json",
        "InvalidAttributeValue",
        "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON",
      ],
      [redrivePolicy(`${deadArn}-not`, 1), "InvalidParameterValue", "Value {"],
    ]) {
      const request = { QueueName: uniqueName(), Attributes: { RedrivePolicy: policy } };
      await expectRefusal(new CreateQueueCommand(request), name, text);
    }
  });

  test("case M1: to a destination", async () => {
    const { dead, deadArn } = await pair();
    const target = await createQueue();
    for (const body of ["a", "b"]) await send(dead, body);
    await start({ SourceArn: deadArn, DestinationArn: await arnOf(target) });
    const task = await ended(deadArn, "COMPLETED");
    assert.equal(task.ApproximateNumberOfMessagesMoved, 2);
    assert.equal(task.ApproximateNumberOfMessagesToMove, 2);
    assert.equal(task.TaskHandle, undefined);
    assert.equal(task.DestinationArn, await arnOf(target));
    assert.deepEqual(bodies(await receive(target)), ["a", "b"]);
  });

  test("case M2: back to the source, with an id of its own", async () => {
    const { deadArn, dead, url } = await pair();
    const sent = await send(url, "m", { MessageAttributes: { k: string("x") } });
    await receive(url, { VisibilityTimeout: 0 });
    await receive(url);
    await waitUntil(
      async () => (await attributesOf(dead)).ApproximateNumberOfMessages === "1",
      "the dead letter",
    );
    await start({ SourceArn: deadArn });
    assert.equal((await ended(deadArn, "COMPLETED")).DestinationArn, undefined);
    const [found] = await receive(url, { WaitTimeSeconds: 10 });
    assert.notEqual(found.MessageId, sent.MessageId);
    assert.equal(found.Attributes.ApproximateReceiveCount, "1");
    assert.equal(found.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  });

  test("case M4 M5 M7: refusals", async () => {
    const { arn, deadArn } = await pair();
    const begin = (options) => new StartMessageMoveTaskCommand(options);
    const notDead = "Source queue must be configured as a Dead Letter Queue.";
    await expectRefusal(begin({ SourceArn: arn }), "InvalidParameterValue", notDead);
    await expectRefusal(
      begin({ SourceArn: deadArn, DestinationArn: `${arn}-not` }),
      "ResourceNotFoundException",
      "The resource that you specified for the DestinationArn parameter doesn't exist.",
      404,
    );
    const cancel = new CancelMessageMoveTaskCommand({ TaskHandle: "foobared" });
    const invalid = "Value for parameter TaskHandle is invalid.";
    await expectRefusal(cancel, "InvalidParameterValue", invalid);
  });

  test("case M6 M8 M9 M10 M11 M13: a task while it runs, and its end", async () => {
    const { dead, deadArn, arn } = await pair();
    const list = entries(10, (n) => ({ Id: `${n}`, MessageBody: `${n}` }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: dead, Entries: list }));
    const options = { SourceArn: deadArn, DestinationArn: arn, MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle } = await start(options);
    const handle = JSON.parse(Buffer.from(TaskHandle, "base64").toString());
    assert.equal(handle.sourceArn, deadArn);
    const [task] = await tasksOf(deadArn);
    assert.equal(task.Status, "RUNNING");
    assert.equal(task.TaskHandle, TaskHandle);
    assert.equal(task.MaxNumberOfMessagesPerSecond, 1);
    assert.equal(task.ApproximateNumberOfMessagesToMove, 10);
    const again = new StartMessageMoveTaskCommand(options);
    const text = "There is already a task running.";
    await expectRefusal(again, "InvalidParameterValue", text);
    for (const wrong of [
      { ...handle, sourceArn: `${deadArn}-not` },
      { ...handle, taskId: randomUUID() },
    ]) {
      const encoded = Buffer.from(JSON.stringify(wrong)).toString("base64");
      const command = new CancelMessageMoveTaskCommand({ TaskHandle: encoded });
      await expectRefusal(command, "ResourceNotFoundException", "", 404);
    }
    const cancelled = await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    assert.ok(cancelled.ApproximateNumberOfMessagesMoved < 10);
    assert.equal((await ended(deadArn, "CANCELLED")).TaskHandle, undefined);
  });

  test("case M12: the destination is deleted", async () => {
    const { dead, deadArn } = await pair();
    const target = await createQueue();
    for (let n = 0; n < 5; ++n) await send(dead, `${n}`);
    await start({
      SourceArn: deadArn,
      DestinationArn: await arnOf(target),
      MaxNumberOfMessagesPerSecond: 1,
    });
    await sqs.send(new DeleteQueueCommand({ QueueUrl: target }));
    const task = await ended(deadArn, "FAILED");
    assert.equal(task.FailureReason, "AWS.SimpleQueueService.NonExistentQueue");
    const gone = new GetQueueUrlCommand({ QueueName: target.split("/").at(-1) });
    await expectRefusal(gone, "QueueDoesNotExist");
  });
});
