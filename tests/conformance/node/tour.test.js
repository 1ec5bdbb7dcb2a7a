// SPDX-License-Identifier: Apache-2.0
// A tour of Forebay with the AWS SDK for JavaScript v3. Unlike botocore, this SDK recomputes the
// MD5 of what it sends and receives and refuses an answer whose digest differs.
//
// FOREBAY_ENDPOINT names the server: FOREBAY_ENDPOINT=http://127.0.0.1:9324 npm test

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  QueueDeletedRecently,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SQSClient,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import {
  attributesOf,
  bodies,
  createQueue,
  credentials,
  endpoint,
  receive,
  redrivePolicy,
  refused,
  send,
  sqs,
  uniqueName,
} from "./fixture.js";

after(() => sqs.destroy());

describe("queues", () => {
  test("case Q1: a queue is created, found and listed", async () => {
    const name = uniqueName();
    const url = await createQueue({ VisibilityTimeout: "45" }, name);
    assert.equal(new URL(url).origin, new URL(endpoint).origin);
    const found = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    assert.equal(found.QueueUrl, url);
    const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: name }));
    assert.deepEqual(listed.QueueUrls, [url]);
    const attributes = await attributesOf(url);
    assert.equal(attributes.VisibilityTimeout, "45");
    assert.match(attributes.QueueArn, new RegExp(`^arn:aws:sqs:us-east-1:\\d{12}:${name}$`));
  });

  test("case G2: tags are set, read and removed", async () => {
    const url = await createQueue();
    await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { team: "dam", empty: "" } }));
    const tagged = await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }));
    assert.deepEqual(tagged.Tags, { team: "dam", empty: "" });
    await sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ["team"] }));
    const rest = await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }));
    assert.deepEqual(rest.Tags, { empty: "" });
    await sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ["empty"] }));
    assert.equal((await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags, undefined);
  });

  test("case T7 Q5 Q10 Q37 V10 R1: errors have their classes and names", async () => {
    const missing = await refused(new GetQueueUrlCommand({ QueueName: uniqueName() }));
    assert.ok(missing instanceof QueueDoesNotExist);
    assert.equal(missing.name, "QueueDoesNotExist");
    assert.equal(missing.message, "The specified queue does not exist.");
    assert.equal(missing.$metadata.httpStatusCode, 400);
    assert.match(missing.$metadata.requestId, /^[0-9a-f-]{36}$/);

    const name = uniqueName();
    const url = await createQueue({ DelaySeconds: "1" }, name);
    const exists = await refused(
      new CreateQueueCommand({ QueueName: name, Attributes: { DelaySeconds: "2" } }),
    );
    assert.ok(exists instanceof QueueNameExists);
    const garbage = await refused(
      new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: "garbage" }),
    );
    assert.ok(garbage instanceof ReceiptHandleIsInvalid);
    const range = await refused(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 11 }),
    );
    assert.match(range.message, /^Value 11 for parameter MaxNumberOfMessages is invalid\./);

    await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    const recent = await refused(new CreateQueueCommand({ QueueName: name }));
    assert.ok(recent instanceof QueueDeletedRecently);
  });
});

describe("messages", () => {
  test("case S17 S19 T27: attributes of every type survive, digests included", async () => {
    const url = await createQueue();
    const attributes = {
      text: { DataType: "String", StringValue: "Grüße \u{1F30A}" },
      labelled: { DataType: "Number.java.lang.Long", StringValue: "1493147359900" },
      binary: { DataType: "Binary.gif", BinaryValue: new Uint8Array([0, 1, 2, 253, 254, 255]) },
    };
    const trace = {
      AWSTraceHeader: {
        DataType: "String",
        StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793",
      },
    };
    const body = 'line one\r\nline <two> & "three" \u{1F4A7}';
    const sent = await send(url, body, {
      MessageAttributes: attributes,
      MessageSystemAttributes: trace,
    });
    const [message] = await receive(url);
    assert.equal(message.Body, body);
    assert.equal(message.MessageId, sent.MessageId);
    assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    assert.equal(message.Attributes.AWSTraceHeader, trace.AWSTraceHeader.StringValue);
    assert.deepEqual(message.MessageAttributes.text, attributes.text);
    assert.deepEqual(message.MessageAttributes.labelled, attributes.labelled);
    assert.deepEqual([...message.MessageAttributes.binary.BinaryValue], [0, 1, 2, 253, 254, 255]);
  });

  test("case B1 B12 B14: a batch is sent, received and deleted", async () => {
    const url = await createQueue();
    const entries = Array.from({ length: 10 }, (_, index) => ({
      Id: `entry-${index}`,
      MessageBody: `body ${index}`,
      MessageAttributes: { index: { DataType: "Number", StringValue: String(index) } },
    }));
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    assert.deepEqual(
      sent.Successful.map((entry) => entry.Id),
      entries.map((entry) => entry.Id),
    );
    const messages = await receive(url);
    assert.deepEqual(bodies(messages).sort(), entries.map((entry) => entry.MessageBody).sort());
    const deleted = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          ...messages
            .slice(1)
            .map((message, index) => ({ Id: `d${index}`, ReceiptHandle: message.ReceiptHandle })),
          { Id: "junk", ReceiptHandle: "junk" },
        ],
      }),
    );
    assert.equal(deleted.Successful.length, 9);
    assert.deepEqual(
      deleted.Failed.map((entry) => [entry.Id, entry.Code]),
      [["junk", "ReceiptHandleIsInvalid"]],
    );
    assert.equal((await attributesOf(url)).ApproximateNumberOfMessagesNotVisible, "1");
  });

  test("case S3: a message of one mebibyte passes", async () => {
    const url = await createQueue();
    const body = "é".repeat(512 * 1024);
    await send(url, body);
    assert.deepEqual(bodies(await receive(url)), [body]);
  });

  test("case V3: visibility is changed by receipt handle", async () => {
    const url = await createQueue({ VisibilityTimeout: "600" });
    await send(url, "m");
    const [first] = await receive(url);
    assert.deepEqual(await receive(url), []);
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: first.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    const [second] = await receive(url);
    assert.equal(second.MessageId, first.MessageId);
    assert.equal(second.Attributes.ApproximateReceiveCount, "2");
  });

  test("case P1 P4: a purged queue is empty and is not purged again at once", async () => {
    const url = await createQueue();
    await send(url, "m");
    await sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
    assert.deepEqual(await receive(url), []);
    const again = await refused(new PurgeQueueCommand({ QueueUrl: url }));
    assert.equal(again.name, "PurgeQueueInProgress");
    assert.equal(again.$metadata.httpStatusCode, 403);
  });

  test("case R5: a send wakes a long poll", async () => {
    const url = await createQueue();
    const polling = receive(url, { WaitTimeSeconds: 20 });
    const started = Date.now();
    await send(url, "wake up");
    assert.deepEqual(bodies(await polling), ["wake up"]);
    assert.ok(Date.now() - started < 15_000);
  });
});

describe("FIFO", () => {
  test("case F15 F25: order is kept in a group and duplicates are dropped", async () => {
    const url = await createQueue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
    const sequence = [];
    for (const body of ["a", "b", "b", "c"]) {
      const sent = await send(url, body, { MessageGroupId: "group" });
      sequence.push(sent.SequenceNumber);
    }
    assert.equal(sequence[1], sequence[2]);
    const messages = await receive(url);
    assert.deepEqual(bodies(messages), ["a", "b", "c"]);
    assert.deepEqual(
      messages.map((message) => message.Attributes.SequenceNumber),
      [...new Set(sequence)],
    );
    assert.deepEqual([...new Set(sequence)].sort(), [...new Set(sequence)]);
  });

  test("case D3: a failing message goes to the dead-letter queue and frees its group", async () => {
    const dead = await createQueue({ FifoQueue: "true" });
    const arn = (await attributesOf(dead)).QueueArn;
    const url = await createQueue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
    await sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: url,
        Attributes: {
          RedrivePolicy: redrivePolicy(arn, 1),
        },
      }),
    );
    await send(url, "bad", { MessageGroupId: "group" });
    await send(url, "good", { MessageGroupId: "group" });
    assert.deepEqual(bodies(await receive(url, { VisibilityTimeout: 0, MaxNumberOfMessages: 1 })), [
      "bad",
    ]);
    assert.deepEqual(bodies(await receive(url, { WaitTimeSeconds: 10 })), ["good"]);
    const [moved] = await receive(dead, { WaitTimeSeconds: 10 });
    assert.equal(moved.Body, "bad");
    assert.equal(moved.Attributes.DeadLetterQueueSourceArn, (await attributesOf(url)).QueueArn);
  });
});

test("the SDK may also follow the queue URL instead of an endpoint", async () => {
  const url = await createQueue();
  const region = "us-east-1";
  const following = new SQSClient({
    region,
    credentials,
    maxAttempts: 1,
    useQueueUrlAsEndpoint: true,
  });
  try {
    await following.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "by URL" }));
    assert.deepEqual(bodies(await receive(url)), ["by URL"]);
  } finally {
    following.destroy();
  }
});
